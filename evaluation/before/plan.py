"""A program before its launch: what it would meet, serve, free and cost on the city's own calls, and what could be told.

Puts the parts of this folder in order over the classified calls of a run. Everything is per replication of the
data's own whole weeks, and yearly where it says so. `rightcall plan`, its report and the page all call this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl

from call_codes.errors import InputError
from call_codes.hours import parse_hours
from call_codes.policy import Policy
from evaluation.before.cascade import add_reasons, cascade
from evaluation.before.cost import Amount, Balance, load_costs, yearly_balance
from evaluation.before.coverage import NINE_TO_FIVE, area_coverage, coverage_grid, covered
from evaluation.before.demand import EVERYWHERE, Demand, demand_from_calls, log_normal_seconds
from evaluation.before.forecast import Forecast, forecast_demand
from evaluation.before.plan_settings import PlanSettings
from evaluation.before.plan_steps import officer_hours_freed, plan_steps
from evaluation.before.power import Power, power_on_history
from evaluation.before.rollout import drawn_rollout
from evaluation.before.schedule import BestSchedule, best_schedule
from evaluation.before.simulation import Simulated, simulate
from evaluation.before.sizing import WEEKS_PER_YEAR, people_needed
from officer_time.cells import HOURS, category_means, time_cells, with_hours
from officer_time.spans import CAP_HOURS

ALWAYS: Final = parse_hours("mon-sun 00:00-24:00")


@dataclass(frozen=True)
class Plan:
    """The plan's results; parts that the data do not allow are None, with the reason in `left_out`.

    - steps: step, label, calls_low, calls_policy, calls_high, unit_hours (central, policy reading): from all calls
      of the export to those that teams serve without police. losses: step, reason, calls.
    - grid, nine_to_five, by_area: coverage of eligible calls by hours and areas.
    - schedule: the best week for as many team-hours as the plan has.
    - officer_hours_freed: per year, low, central, high; net of calls to which police go as well.
    """

    steps: pl.DataFrame
    losses: pl.DataFrame
    demand: Demand
    grid: pl.DataFrame
    nine_to_five: dict[str, float | None]
    by_area: pl.DataFrame
    simulated: Simulated
    schedule: BestSchedule
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
) -> Plan:
    """The plan for classified calls and units (classifier.assign, with hour_of_week) under `policy`.

    The policy's own hours are replaced by the teams' shifts. Raises RightcallError in a sentence for a plan that
    cannot be, and where no call is eligible.
    """
    means = category_means(time_cells(calls, units, ("category",), cap_hours))
    open_policy = replace(policy, hours=ALWAYS)
    found = cascade(calls, units, means, open_policy, cap_hours)
    calls, units = (add_reasons(rows, found, open_policy) for rows in (calls, units))
    eligible = calls.filter("passes_policy")
    demand = _demand(eligible, settings, time_zone)
    by_hour, by_area = (
        with_hours(
            time_cells(eligible, units.filter("passes_policy"), ("category", key), cap_hours),
            means,
            cap_hours,
        )
        .rename({HOURS[1]: "unit_hours_central"})
        .select(key, "calls", pl.col("unit_hours_central").alias("unit_hours"))
        for key in ("hour_of_week", "area")
    )
    simulated = simulate(
        demand, settings.teams, settings.rules, replications=settings.replications, seed=settings.seed
    )
    per_hour = (
        simulated.by_hour["eligible_calls"].to_numpy() * settings.rules.accepted_share / simulated.weeks
    )
    minutes = float(demand.service_seconds.mean() + demand.travel_seconds.mean()) / 60
    left_out: dict[str, str] = {}
    forecast = _or_reason(left_out, "forecast", lambda: forecast_demand(demand.calls["arrival_local"]))
    steps, losses = plan_steps(found, calls, units, simulated, settings, means, cap_hours)
    freed = officer_hours_freed(steps, simulated)
    if freed is None:
        left_out["officer hours freed"] = "The export has no times from which unit-hours could be measured."
    people = (
        people_needed(settings.teams, settings.people.per_team, settings.people.net_hours_per_year)
        if settings.people.net_hours_per_year
        else None
    )
    balance = _balance(settings, simulated, freed, people, left_out)
    power, rollout = _power(demand, settings, left_out)
    return Plan(
        steps=steps,
        losses=losses,
        demand=demand,
        grid=coverage_grid(by_hour),
        nine_to_five=covered(by_hour, parse_hours(NINE_TO_FIVE)),
        by_area=area_coverage(by_area),
        simulated=simulated,
        schedule=best_schedule(
            per_hour.tolist(), minutes, round(sum(team.hours_per_week for team in settings.teams))
        ),
        forecast=forecast,
        people=people,
        officer_hours_freed=freed,
        balance=balance,
        power=power,
        rollout=rollout,
        left_out=left_out,
    )


def _demand(eligible: pl.LazyFrame, settings: PlanSettings, time_zone: str | None) -> Demand:
    """Demand with the plan's durations: the city's records where the plan gives no numbers of its own."""
    given = settings.durations
    service, travel = (
        log_normal_seconds(*pair) if pair else None for pair in (given.service_minutes, given.travel_minutes)
    )
    return demand_from_calls(
        eligible,
        time_zone=time_zone,
        service_factor=given.factor,
        service_seconds=service,
        travel_seconds=travel,
    )


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
    }
    eligible = simulated.summary.filter(measure="eligible_calls")["mean"].item() * yearly
    return yearly_balance(load_costs(settings.costs), quantities, eligible_calls=eligible, seed=settings.seed)


def _power(
    demand: Demand, settings: PlanSettings, left_out: dict[str, str]
) -> tuple[Power | None, pl.DataFrame | None]:
    """Power on monthly eligible calls by area, and the lot for the roll-out."""
    monthly = area_months(demand)
    wanted = settings.rollout
    treated = wanted.treated_areas or max(1, len(monthly) // 2)

    def measured() -> Power:
        if len(monthly) < 2 or monthly.shape[1] < 6:
            raise InputError(
                found=f"{len(monthly)} areas and {monthly.shape[1] if monthly.ndim > 1 else 0} whole months of eligible calls.",
                expected="2 areas or more and 6 months or more.",
                action="Use an export with areas and a longer period.",
            )
        return power_on_history(
            monthly,
            treated,
            wanted.months_before,
            wanted.months_after,
            waves=wanted.waves,
            seed=settings.seed,
        )

    power = _or_reason(left_out, "power", measured)
    volumes = demand.calls.filter(pl.col("area") != EVERYWHERE).group_by("area").agg(pl.len().alias("calls"))
    rollout = _or_reason(
        left_out, "roll-out by lot", lambda: drawn_rollout(volumes, wanted.waves, seed=settings.seed)
    )
    return power, rollout


def area_months(demand: Demand) -> np.ndarray:
    """Eligible calls per area and whole calendar month: areas × months, areas sorted, unknown areas left out."""
    local = pl.from_epoch("arrival_local", "s").dt
    table = demand.calls.filter(pl.col("area") != EVERYWHERE).with_columns(
        local.truncate("1mo").alias("month"), local.day().alias("day")
    )
    if table.is_empty():
        return np.empty((0, 0))
    months = table["month"].unique().sort()
    # A first month that starts late and a last one that ends early are no whole months.
    first_day = table.filter(pl.col("month") == months[0])["day"].min()
    last = table.filter(pl.col("month") == months[-1])["arrival_local"].max()
    next_day_month = pl.Series([last]).cast(pl.Int64) + 86_400
    ends_early = pl.from_epoch(next_day_month, "s").dt.truncate("1mo")[0] == months[-1]
    whole = months[(1 if first_day != 1 else 0) : (len(months) - 1 if ends_early else len(months))]
    grid = pl.DataFrame({"area": table["area"].unique().sort()}).join(
        pl.DataFrame({"month": whole}), how="cross"
    )
    counts = table.group_by("area", "month").agg(pl.len().alias("calls"))
    return (
        grid.join(counts, on=["area", "month"], how="left", maintain_order="left")["calls"]
        .fill_null(0)
        .to_numpy()
        .reshape(-1, len(whole))
    )


def _or_reason(left_out: dict[str, str], name: str, make: Any) -> Any:
    """What `make` returns; where the data do not allow it, None and the reason."""
    from call_codes.errors import RightcallError

    try:
        return make()
    except RightcallError as error:
        left_out[name] = str(error)
        return None
