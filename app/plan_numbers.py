"""The plan's numbers as they are told: what was counted stands exactly, what was simulated is rounded to what it bears.

Page, report and command take them from here, so that one thing is one number wherever it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10
from typing import Final

import polars as pl

from app import wording
from app.wording import count
from calls.small_counts import POOLED, pool
from evaluation.before.cascade import READINGS
from evaluation.before.plan import Plan
from evaluation.before.sizing import WEEKS_PER_YEAR

# Steps that are simulated, or shares of what is simulated.
_SIMULATED: Final = ("team_free", "served_without_police")


@dataclass(frozen=True)
class Served:
    """Calls that teams serve: in the export, in a year, and as a share of eligible calls.

    share_low, share_high: over the readings of the policy and the middle 95 of 100 replays together. unit: what a
    number of served calls is rounded to.
    """

    share: float | None
    share_low: float | None
    share_high: float | None
    a_year: str
    eligible_a_year: str
    unit: int


def served(plan: Plan) -> Served:
    """What teams serve, as it is told everywhere."""
    rows = {row["step"]: row for row in plan.steps.iter_rows(named=True)}
    taken, eligible = rows["team_free"], rows["no_hazard"]
    drawn = plan.simulated.summary.filter(measure="served_share").row(0, named=True)
    readings = [taken[f"calls_{r}"] / eligible[f"calls_{r}"] for r in READINGS if eligible[f"calls_{r}"]]
    ends = [one for one in (drawn["mean"], drawn["low"], drawn["high"], *readings) if one is not None]
    yearly = WEEKS_PER_YEAR / plan.simulated.weeks
    means = dict(plan.simulated.summary.select("measure", "mean").iter_rows())
    return Served(
        drawn["mean"],
        min(ends, default=None),
        max(ends, default=None),
        count(rounded(means["served"] * yearly, _unit(taken, yearly))),
        count(rounded(means["eligible_calls"] * yearly, _unit(eligible, yearly))),
        _unit(taken),
    )


def steps_as_told(plan: Plan) -> pl.DataFrame:
    """plan.steps with its simulated calls rounded to what their range bears."""
    simulated = (*_SIMULATED, *(["accepted"] if _screened(plan) else []))
    units = [_unit(row) if row["step"] in simulated else 1 for row in plan.steps.iter_rows(named=True)]
    unit = pl.Series(units, dtype=pl.Float64)
    return plan.steps.with_columns((pl.col(f"calls_{r}") / unit).round() * unit for r in READINGS)


def loss_as_told(plan: Plan, step: str, calls: float) -> str:
    """A loss: counted ones exactly, simulated ones to two figures."""
    simulated = step in _SIMULATED or (step == "accepted" and _screened(plan))
    return count(rounded(calls)) if simulated else count(calls)


def measure_as_told(plan: Plan, measure: str, value: float, mean: float) -> str:
    """A number of calls or hours of the simulation's summary: its mean, or an end of its range."""
    if measure == "served":
        return count(rounded(value, served(plan).unit))
    # How many calls there are, and how many come while nobody is on duty, is counted.
    if abs(value - mean) < 0.5 and (
        measure == "eligible_calls" or (measure == "no team on duty" and not _screened(plan))
    ):
        return count(value)
    return count(rounded(value))


def rounded(value: float, unit: float = 1) -> float:
    """`value` to a whole number of `unit`, and to no more than two figures where the unit is 1."""
    if unit == 1 and abs(value) >= 100:
        unit = _two_figures(value)
    return round(value / unit) * unit


def weeks_as_told(plan: Plan) -> str:
    """The length of the export: "104.4 weeks"."""
    return f"{plan.simulated.weeks:.1f}".removesuffix(".0") + " weeks"


def lost_by_hour(plan: Plan, smallest_count: int) -> tuple[dict[int, float], float]:
    """Eligible calls that no team serves by hour of the week, and those of the hours too small to be shown together."""
    table = pool(
        plan.simulated.by_hour.select("hour_of_week", pl.col("lost_calls").alias("calls")),
        ["hour_of_week"],
        "calls",
        [],
        smallest_count,
    )
    shown = {int(hour): float(calls) for hour, calls in table.iter_rows() if hour != POOLED}
    return shown, float(table.filter(hour_of_week=POOLED)["calls"].sum())


def lost_finding(plan: Plan, shown: dict[int, float]) -> str:
    """Which hour loses most calls, and how much of all that is: one hour is seldom the whole story."""
    hour, most = max(shown.items(), key=lambda one: (one[1], -one[0]))
    total = float(plan.simulated.by_hour["lost_calls"].sum())
    return (
        f"The single hour of the week that loses most calls is {wording.DAYS[hour // 24]} from "
        f"{wording.clock_hour(hour % 24)}: about {count(rounded(most))} of {count(rounded(total))} lost calls "
        f"({wording.percent(most / total)})."
    )


def _unit(row: dict[str, float], times: float = 1.0) -> int:
    """The power of ten to which a number between a step's low and high is told: two figures at least."""
    value = row["calls_policy"] * times
    width = (row["calls_high"] - row["calls_low"]) * times
    return 1 if value < 100 else min(_two_figures(value), 10 ** max(1, floor(log10(max(width, 1)))))


def _two_figures(value: float) -> int:
    return int(10 ** (floor(log10(abs(value))) - 1))


def _screened(plan: Plan) -> bool:
    return plan.settings.rules.accepted_share < 1
