"""A program before its launch: what it would meet, serve, free and cost on the city's own calls, and what could be told.

Puts the parts of this folder in order over the classified calls of a run. Everything is in calls of the whole export,
over the days that it holds, and yearly where it says so. `rightcall plan`, its report and the page all call this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from call_codes.hours import parse_hours
from call_codes.policy import Policy
from evaluation.before.cost import Amount, Balance, cost_items, yearly_balance
from evaluation.before.coverage import NINE_TO_FIVE, area_coverage, coverage_grid, covered, on_even_weeks
from evaluation.before.demand import Demand, arrivals
from evaluation.before.forecast import Forecast, forecast_demand
from evaluation.before.plan_base import plan_base
from evaluation.before.plan_power import or_reason, power_and_lot
from evaluation.before.plan_settings import PlanSettings, alike
from evaluation.before.plan_steps import in_known_totals, officer_hours_freed, plan_steps
from evaluation.before.power import Power
from evaluation.before.schedule import BestSchedule, best_schedule, counted_calls
from evaluation.before.simulation import Rules, Simulated, simulate
from evaluation.before.sizing import WEEKS_PER_YEAR, Sizing, fewest_teams, people_needed
from officer_time.spans import CAP_HOURS

# Asked for a part by its name; gives what it remembers, or makes it.
Keep = Callable[[tuple[Any, ...], Callable[[], Any]], Any]


@dataclass(frozen=True)
class Plan:
    """The plan's results; parts that the data do not allow are None, with the reason in `left_out`.

    - steps: step, label, calls_low, calls_policy, calls_high, unit_hours (central, policy reading): from all calls
      of the export to those that teams serve without police. losses: step, reason, calls.
    - grid, nine_to_five, by_area: coverage of eligible calls by hours and areas.
    - settings: the settings, with the teams that a target asked for. sizing: how they were found, where there is a
      target.
    - schedule: the best week for as many team-hours as the plan has; own_calls_per_week: what the plan's own shifts
      reach in the same objective.
    - officer_hours_freed: per year, low, central, high; net of calls to which police go as well.
    """

    steps: pl.DataFrame
    losses: pl.DataFrame
    demand: Demand
    grid: pl.DataFrame
    nine_to_five: dict[str, float | None]
    by_area: pl.DataFrame
    simulated: Simulated
    settings: PlanSettings
    sizing: Sizing | None
    schedule: BestSchedule | None
    own_calls_per_week: float | None
    forecast: Forecast | None
    people: int | None
    officer_hours_freed: Amount | None
    balance: Balance | None
    power: Power | None
    rollout: pl.DataFrame | None
    left_out: Mapping[str, str]


def make_plan(
    calls: pl.LazyFrame,
    units: pl.LazyFrame,
    policy: Policy,
    settings: PlanSettings,
    *,
    time_zone: str | None,
    cap_hours: float = CAP_HOURS,
    keep: Keep = lambda name, make: make(),
) -> Plan:
    """The plan for classified calls and units (classifier.assign, with hour_of_week) under `policy`.

    The policy's own hours are replaced by the teams' shifts. keep: is asked for each part that most settings leave as
    it is, with a name that holds the settings on which the part depends; a page that plans again and again answers
    from memory. Raises RightcallError in a sentence for a plan that
    cannot be, and where no call is eligible.
    """
    base = keep(
        ("base", settings.durations),
        lambda: plan_base(calls, units, policy, settings.durations, time_zone=time_zone, cap_hours=cap_hours),
    )
    demand: Demand = base.demand
    by_hour = on_even_weeks(base.by_hour, demand.days.weekdays) if demand.days.gaps else base.by_hour
    sizing = _sizing(demand, settings)
    if sizing:
        tried = int(sizing.tried["teams"].max())  # type: ignore[arg-type]
        settings = replace(settings, teams=alike(settings.teams[0], sizing.teams or tried))
    readings = _readings(base.calls_within(), demand, settings, base.areas)
    steps, losses = plan_steps(base.found, base.calls, base.units, readings, settings, base.means, cap_hours)
    simulated = in_known_totals(readings["policy"], steps, losses, demand)
    per_hour, minutes = accepted_per_hour(simulated, settings.rules), minutes_per_call(demand)
    left_out: dict[str, str] = {}

    def kept(name: str, parts: tuple[Any, ...], make: Callable[[dict[str, str]], Any]) -> Any:
        """What `make` returns; the reasons that it gives for what it leaves out join the plan's."""

        def made() -> tuple[Any, dict[str, str]]:
            reasons: dict[str, str] = {}
            return make(reasons), reasons

        found, reasons = keep((name, *parts), made)
        left_out.update(reasons)
        return found

    forecast = kept(
        "forecast",
        (),
        lambda reasons: or_reason(
            reasons, "forecast", lambda: forecast_demand(demand.calls["arrival_local"], gaps=demand.days.gaps)
        ),
    )
    freed = officer_hours_freed(steps, simulated.weeks)
    if freed is None:
        left_out["officer hours freed"] = "The export has no times from which unit-hours could be measured."
    people = (
        people_needed(settings.teams, settings.people.per_team, settings.people.net_hours_per_year)
        if settings.people.net_hours_per_year
        else None
    )
    balance = _balance(settings, simulated, freed, people, left_out)
    power, rollout = kept(
        "power",
        (settings.rollout, settings.seed),
        lambda reasons: power_and_lot(demand, settings, reasons),
    )
    return Plan(
        steps=steps,
        losses=losses,
        demand=demand,
        grid=coverage_grid(by_hour),
        nine_to_five=covered(by_hour, parse_hours(NINE_TO_FIVE)),
        by_area=area_coverage(base.by_area),
        simulated=simulated,
        settings=settings,
        sizing=sizing,
        own_calls_per_week=or_reason(
            left_out,
            "best schedule",
            lambda: counted_calls(per_hour, minutes, [team.schedule for team in settings.teams]),
        ),
        schedule=or_reason(
            left_out,
            "best schedule",
            lambda: best_schedule(
                per_hour,
                minutes,
                int(sum(team.hours_per_week for team in settings.teams)),
                most_teams=max(12, len(settings.teams)),
            ),
        ),
        forecast=forecast,
        people=people,
        officer_hours_freed=freed,
        balance=balance,
        power=power,
        rollout=rollout,
        left_out=left_out,
    )


def _sizing(demand: Demand, settings: PlanSettings) -> Sizing | None:
    if settings.target is None:
        return None
    return fewest_teams(
        demand,
        lambda count: alike(settings.teams[0], count),
        settings.rules,
        served_share=settings.target.served_share,
        response_p90_minutes=settings.target.response_p90_minutes,
        replications=min(settings.replications, 20),
        seed=settings.seed,
    )


def _readings(
    calls: pl.LazyFrame, demand: Demand, settings: PlanSettings, areas: tuple[str, ...]
) -> dict[str, Simulated]:
    """The simulation of each reading's own demand: as many calls as it lets in, at its end of the screening's range.

    A reading without any call has no simulation.
    """

    def run(wanted: Demand, rules: Rules) -> Simulated:
        return simulate(wanted, settings.teams, rules, replications=settings.replications, seed=settings.seed)

    rules = settings.rules
    found = {"policy": run(demand, rules)}
    for reading, share in (("low", rules.accepted_low), ("high", rules.accepted_high)):
        own = arrivals(calls.filter(f"passes_{reading}"))
        if own.height:
            fixed = replace(rules, accepted_low=share, accepted_share=share, accepted_high=share)
            found[reading] = run(replace(demand, calls=own, known_areas=areas), fixed)
    return found


def accepted_per_hour(simulated: Simulated, rules: Rules) -> list[float]:
    """168 eligible calls that the screening accepts, per hour of an average week, Monday 00:00 first."""
    calls = simulated.by_hour["eligible_calls"].to_list()
    days = simulated.weekdays
    return [
        calls[hour] * rules.accepted_share / days[hour // 24] if days[hour // 24] else 0.0
        for hour in range(168)
    ]


def minutes_per_call(demand: Demand) -> float:
    """Mean travel and service of a call, in minutes."""
    return float(demand.service_seconds.mean() + demand.travel_seconds.mean()) / 60


def _balance(
    settings: PlanSettings,
    simulated: Simulated,
    freed: Amount | None,
    people: int | None,
    left_out: dict[str, str],
) -> Balance | None:
    if settings.costs is None:
        left_out["cost"] = (
            'No cost file: amounts are the city\'s own, none is preset (costs = "costs.toml" in the plan).'
        )
        return None
    if people is None:
        left_out["cost"] = (
            "net_hours_per_year in [people] is missing: without it nobody knows how many people to pay."
        )
        return None
    yearly = WEEKS_PER_YEAR / simulated.weeks
    served, low, high = (
        v * yearly for v in simulated.summary.filter(measure="served").select("mean", "low", "high").row(0)
    )
    exact = f"{settings.people.source}; the plan's teams"

    def given(value: float) -> Amount:
        return Amount(value, value, value, exact)

    vehicles = len(settings.teams) if settings.people.vehicles is None else settings.people.vehicles
    quantities = {
        "people": given(people),
        "vehicles": given(vehicles),
        "supervisors": given(settings.people.supervisors),
        "served_calls": Amount(served, min(low, served), max(high, served), "the simulation"),
        **({"officer_hours_freed": freed} if freed else {}),
        **{
            cost_items()[item]["per"]: Amount(
                share.value / 100 * served,
                share.low / 100 * min(low, served),
                share.high / 100 * max(high, served),
                share.source,
            )
            for item, share in settings.avoided.items()
        },
    }
    eligible = simulated.summary.filter(measure="eligible_calls")["mean"].item() * yearly
    return yearly_balance(settings.costs, quantities, eligible_calls=eligible, seed=settings.seed)
