"""The cells behind the page of officer time: made once for a file, a policy and a kind of area, then only summed.

A filter is a choice of cells, so that it costs the same whether a city has ten thousand calls or a million.
The hours of a cell are those of `officer_time.cells`: its missing spans were given their category's mean over the
whole file before anything is filtered, so that the parts add up to the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from app.area_choices import AreaChoice
from app.job import Job
from evaluation.before.cascade import STEPS, add_reasons
from officer_time.breakdown import with_keys
from officer_time.cells import HOURS, police_units, roll_up, time_cells, with_hours
from officer_time.denominators import ADMINISTRATIVE_CATEGORY
from officer_time.measures import median_seconds

PLACE: Final = "place"
SUMS: Final = ("unit_rows", "unit_rows_measured", *HOURS)
# What can be filtered by; in every cell.
_FILTERS: Final = (PLACE, "initiated_by", "month", "in_base", "administrative", "eligible")
_NAMES: Final = list(STEPS)
_BEFORE_BASE: Final = _NAMES[1 : _NAMES.index("community_initiated") + 1]


@dataclass(frozen=True)
class FilterCells:
    """by_category and by_hour: additive cells of the same calls, with category or hour_of_week among their keys.

    Further keys: place (the area of the choice, null where none), initiated_by, month (12 × year + month − 1, local;
    null: no time), in_base (in the cascade's denominator), administrative, eligible (passes the policy, at any
    hour). Sums: calls, unit_rows, unit_rows_measured, unit_hours_low, unit_hours, unit_hours_high. days: month, days
    (local days with a call). cap_hours: of one unit's time on one call.
    """

    by_category: pl.DataFrame
    by_hour: pl.DataFrame
    days: pl.DataFrame
    cap_hours: float


def filter_cells(job: Job, choice: AreaChoice | None) -> FilterCells:
    """The cells of a finished job, with the areas of `choice` (None: the export has no area of any kind)."""
    calls, units = (
        choice.add_place(job.calls, job.units, PLACE)
        if choice
        else tuple(rows.with_columns(pl.lit(None, pl.String).alias(PLACE)) for rows in (job.calls, job.units))
    )
    keys = ("category", "hour_of_week", *_FILTERS)
    cap = job.settings.cap_hours
    cells = time_cells(_with_filters(calls, job), _with_filters(units, job), keys, cap)
    cells = with_hours(cells, job.means, cap).select(*keys, "calls", *SUMS)
    narrow = cells.with_columns(_enum(cells[name]) for name in ("category", PLACE, "initiated_by"))
    day = (pl.col("started_local") // 86400).alias("day")
    days = with_keys(job.calls.select("started_local").drop_nulls(), ["month"]).select("month", day).unique()
    return FilterCells(
        by_category=roll_up(narrow, ["category", *_FILTERS]),
        by_hour=roll_up(narrow, ["hour_of_week", *_FILTERS]),
        days=days.group_by("month").agg(pl.len().cast(pl.Int64).alias("days")).collect().sort("month"),
        cap_hours=cap,
    )


def median_minutes(job: Job, *, in_base: bool) -> dict[str, float]:
    """Category → the median of the measured minutes of one police unit on one call, of the whole file.

    in_base: only calls of the cascade's denominator. Medians cannot be added up, so this scans the units.
    """
    units = _with_filters(job.units, job)
    if in_base:
        units = units.filter("in_base")
    found = median_seconds(police_units(units, job.settings.cap_hours), ["category"], ["committed"])
    return {category: seconds / 60 for category, seconds in found.drop_nulls().iter_rows()}


def _with_filters(rows: pl.LazyFrame, job: Job) -> pl.LazyFrame:
    lost_at = pl.col("lost_at")
    return with_keys(add_reasons(rows, job.cascade, job.policy), ["month"]).with_columns(
        lost_at.is_in(_BEFORE_BASE).not_().fill_null(True).alias("in_base"),
        (pl.col("category") == ADMINISTRATIVE_CATEGORY).fill_null(False).alias("administrative"),
        # As the cascade's share: whether the program is open at that hour is a question of its own.
        (lost_at.is_null() | (lost_at == "in_hours")).alias("eligible"),
    )


def _enum(column: pl.Series) -> pl.Series:
    """Text as a small number: a filter compares numbers."""
    return column.cast(pl.Enum(column.drop_nulls().unique().sort()))
