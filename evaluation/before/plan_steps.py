"""The plan's own steps after the cascade: area, hours on duty, screening, a free team, police along or not.

The first two are counted on the calls; the others are shares from the plan's rules and from the simulation. Every
call that is lost on the way has a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from call_codes.hours import parse_hours
from evaluation.before.cascade import READINGS, STEPS, Cascade
from evaluation.before.cost import Amount
from evaluation.before.demand import EVERYWHERE, Demand
from evaluation.before.known_totals import ON_DUTY, with_known_totals
from evaluation.before.plan_settings import PlanSettings
from evaluation.before.simulation import Simulated
from evaluation.before.sizing import WEEKS_PER_YEAR
from officer_time.cells import HOURS, time_cells, with_hours

WEEK_MINUTES: Final = 7 * 24 * 60
NO_TIME: Final = "time of the call not known"
# What follows the steps of the cascade, in the order in which a call passes them.
PLAN_STEPS: Final = {
    "in_area": "In an area that a team serves",
    "in_hours": "While a team is on duty",
    "accepted": "Accepted by the screening",
    "team_free": "A team is free in time",
    "served_without_police": "Served without police",
}


def plan_steps(
    found: Cascade,
    calls: pl.LazyFrame,
    units: pl.LazyFrame,
    simulated: Mapping[str, Simulated],
    settings: PlanSettings,
    means: pl.DataFrame,
    cap_hours: float,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The cascade's steps and the plan's own after them, in calls of the whole export, and the losses by reason.

    found: the cascade under the policy at any hour; calls, units: with its reasons added. simulated: the demand of each
    reading, run by itself, because more calls find fewer free teams. Columns out: step, label,
    calls_low, calls_policy, calls_high, unit_hours (central, policy reading; null without times); and step, reason,
    calls. After in_hours the counts are expectations over the simulation's replications.
    """
    before = found.steps.filter(pl.col("step") != "in_hours").select(
        "step",
        "label",
        *(pl.col(f"calls_{r}").cast(pl.Float64) for r in READINGS),
        pl.col("unit_hours_policy"),
    )
    keys = ("category", "in_area", "in_hours", "hour_known", *(f"passes_{r}" for r in READINGS))
    cells = with_hours(
        time_cells(_where_and_when(calls, settings), _where_and_when(units, settings), keys, cap_hours),
        means,
        cap_hours,
    )
    shares = _shares(simulated, settings)
    rows = []
    for step in ("in_area", "in_hours"):
        inside = pl.col("in_area") & (pl.col("in_hours") if step == "in_hours" else True)
        rows.append(
            cells.select(
                pl.lit(step).alias("step"),
                pl.lit(PLAN_STEPS[step]).alias("label"),
                *(
                    pl.col("calls")
                    .filter(pl.col(f"passes_{r}") & inside)
                    .sum()
                    .cast(pl.Float64)
                    .alias(f"calls_{r}")
                    for r in READINGS
                ),
                pl.col(HOURS[1]).filter(pl.col("passes_policy") & inside).sum().alias("unit_hours_policy"),
            )
        )
    last = rows[-1].row(0, named=True)
    for step, (low, central, high) in shares.items():
        last = {
            "step": step,
            "label": PLAN_STEPS[step],
            "calls_low": last["calls_low"] * low,
            "calls_policy": last["calls_policy"] * central,
            "calls_high": last["calls_high"] * high,
            "unit_hours_policy": None
            if last["unit_hours_policy"] is None
            else last["unit_hours_policy"] * central,
        }
        rows.append(pl.DataFrame([last], schema=rows[0].schema))
    table = pl.concat([before, *rows], how="vertical_relaxed").rename({"unit_hours_policy": "unit_hours"})
    if found.steps["unit_hours_policy"].null_count():
        table = table.with_columns(pl.lit(None, pl.Float64).alias("unit_hours"))
    reasons = {
        "in_area": "no team serves the area",
        "in_hours": "no team on duty",
        "accepted": "not accepted by the screening",
        "team_free": "no team free in time",
        "served_without_police": "police go as well, or are called by the team",
    }
    passed = dict(table.select("step", "calls_policy").iter_rows())
    previous = [*STEPS][-2]
    lost = []
    no_hour = float(
        cells.filter(pl.col("passes_policy") & pl.col("in_area") & ~pl.col("hour_known"))["calls"].sum()
    )
    for step, reason in reasons.items():
        calls_lost = passed[previous] - passed[step]
        if step == "in_hours" and no_hour:
            lost.append({"step": step, "reason": NO_TIME, "calls": no_hour})
            calls_lost -= no_hour
        lost.append({"step": step, "reason": reason, "calls": calls_lost})
        previous = step
    losses = pl.concat(
        [
            found.losses.select("step", "reason", pl.col("calls").cast(pl.Float64)),
            pl.DataFrame(lost, schema={"step": pl.String, "reason": pl.String, "calls": pl.Float64}),
        ]
    )
    return table, losses


def _where_and_when(rows: pl.LazyFrame, settings: PlanSettings) -> pl.LazyFrame:
    """`rows` with in_area (some team serves it), in_hours (a team that serves it is on duty, or comes on duty while
    the call may wait) and hour_known."""
    teams, hold = settings.teams, settings.rules.hold_minutes
    area = pl.col("area").fill_null(EVERYWHERE)
    minute = (pl.col("started_local") // 60 + 3 * 1440) % (7 * 1440)
    serves = [pl.lit(True) if team.areas is None else area.is_in(list(team.areas)) for team in teams]
    on_duty = [
        serve
        & pl.any_horizontal(
            _within(minute, start - (WEEK_MINUTES if hold is None else hold), end)
            for start, end in parse_hours(team.schedule).spans
        ).fill_null(False)
        for team, serve in zip(teams, serves, strict=True)
    ]
    return rows.with_columns(
        pl.any_horizontal(serves).alias("in_area"),
        pl.any_horizontal(on_duty).alias("in_hours"),
        minute.is_not_null().alias("hour_known"),
    )


def _within(minute: pl.Expr, start: float, end: int) -> pl.Expr:
    """Whether a minute of the week lies in [start, end); a start below 0 reaches back into the week before."""
    inside = (minute >= start) & (minute < end)
    return inside if start >= 0 else inside | (minute >= start + WEEK_MINUTES)


def _shares(simulated: Mapping[str, Simulated], settings: PlanSettings) -> dict[str, tuple[float, ...]]:
    """For the last steps the share that passes: low, central, high."""
    rules = settings.rules
    alone = (1 - rules.joint_share) * (1 - rules.back_up_share)
    return {
        "accepted": (rules.accepted_low, rules.accepted_share, rules.accepted_high),
        "team_free": tuple(_free_share(simulated.get(reading), reading) for reading in READINGS),
        "served_without_police": (alone, alone, alone),
    }


def _free_share(simulated: Simulated | None, reading: str) -> float:
    """Share of accepted calls within hours that find a team in time: that of all replications together for the policy
    reading, the less (the more) favorable end of their middle 95 % for low (high); 0 where no call comes."""
    if simulated is None:
        return 0.0
    table = simulated.replications
    came = table.select(pl.sum_horizontal(ON_DUTY)).to_series()
    share = (table["served"] / came).fill_nan(None).drop_nulls().to_numpy()
    if not len(share):
        return 0.0
    ends = {"low": 0.025, "high": 0.975}
    return float(
        np.quantile(share, ends[reading])
        if reading in ends
        else float(table["served"].sum()) / float(came.sum())
    )


def in_known_totals(
    simulated: Simulated, steps: pl.DataFrame, losses: pl.DataFrame, demand: Demand
) -> Simulated:
    """The policy's simulation brought to the counted steps, so that a served call is one number everywhere."""
    counted = dict(steps.select("step", "calls_policy").iter_rows())
    no_time = losses.filter(reason=NO_TIME)["calls"].sum()
    eligible = counted[[*STEPS][-2]] - no_time
    on_duty = counted["in_hours"]
    accepted = counted["accepted"] / on_duty if on_duty else 1.0
    # Where the steps hold a stray call of another year, the time that they stand for is longer by as much.
    longer = eligible / demand.calls.height
    return with_known_totals(
        simulated,
        eligible=eligible,
        on_duty=counted["accepted"],
        accepted_share=accepted,
        weeks=demand.weeks * longer,
        weekdays=tuple(n * longer for n in demand.days.weekdays),
    )


def officer_hours_freed(steps: pl.DataFrame, weeks: float) -> Amount | None:
    """Officer unit-hours a year on calls that teams would serve alone. weeks: the length of the export."""
    last = steps.row(-1, named=True)
    if last["unit_hours"] is None:
        return None
    yearly = WEEKS_PER_YEAR / weeks
    per_call = last["unit_hours"] / last["calls_policy"] if last["calls_policy"] else 0.0
    low, central, high = (last[f"calls_{r}"] * per_call * yearly for r in READINGS)
    return Amount(
        central, min(low, central), max(high, central), "the plan's steps, from the city's unit-hours"
    )
