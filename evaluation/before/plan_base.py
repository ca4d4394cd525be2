"""What a plan stands on before any team is chosen: the eligible calls, when and where they come, how long they take.

It depends on the calls, the policy and the plan's durations only, so that trying other teams need not find it anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from call_codes.hours import parse_hours
from call_codes.policy import Policy
from evaluation.before.cascade import Cascade, add_reasons, cascade
from evaluation.before.demand import Demand, demand_from_calls, log_normal_seconds
from evaluation.before.export_days import ExportDays, export_days
from evaluation.before.plan_settings import Durations
from officer_time.cells import HOURS, category_means, time_cells, with_hours

ALWAYS: Final = parse_hours("mon-sun 00:00-24:00")


@dataclass(frozen=True)
class PlanBase:
    """The cascade at any hour, the calls and units with its reasons, the demand, and its sums by hour and by area.

    means: category means of unit time. by_hour, by_area: hour_of_week or area, calls, unit_hours (eligible calls).
    period: the days that the export holds, None where no time could be read.
    """

    means: pl.DataFrame
    found: Cascade
    calls: pl.LazyFrame
    units: pl.LazyFrame
    areas: tuple[str, ...]
    period: ExportDays | None
    demand: Demand
    by_hour: pl.DataFrame
    by_area: pl.DataFrame

    def calls_within(self) -> pl.LazyFrame:
        """Calls of the days that the export holds; those without a time stay."""
        return self.calls if self.period is None else self.period.within(self.calls)


def plan_base(
    calls: pl.LazyFrame,
    units: pl.LazyFrame,
    policy: Policy,
    durations: Durations,
    *,
    time_zone: str | None,
    cap_hours: float,
) -> PlanBase:
    """The base for classified calls and units (classifier.assign, with hour_of_week) under `policy` at any hour.

    The demand has the plan's durations, and the city's records where the plan gives no numbers of its own. Raises
    InputError where no call is eligible.
    """
    means = category_means(time_cells(calls, units, ("category",), cap_hours))
    open_policy = replace(policy, hours=ALWAYS)
    found = cascade(calls, units, means, open_policy, cap_hours)
    areas = tuple(calls.select(pl.col("area").drop_nulls().unique()).collect()["area"].sort())
    period = export_days(calls)
    calls, units = (add_reasons(rows, found, open_policy) for rows in (calls, units))
    eligible = calls.filter("passes_policy")
    service, travel = (
        log_normal_seconds(*pair) if pair else None
        for pair in (durations.service_minutes, durations.travel_minutes)
    )
    demand = demand_from_calls(
        eligible if period is None else period.within(eligible),
        time_zone=time_zone,
        service_factor=durations.factor,
        service_seconds=service,
        travel_seconds=travel,
        known_areas=areas,
        period=period,
    )
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
    return PlanBase(means, found, calls, units, areas, period, demand, by_hour, by_area)
