"""What a call's way through the cascade depends on, and the additive cells in which calls of one way are counted.

A city has a few thousand kinds of call in this sense, however many calls it has. So a policy is judged on kinds, and
calls are only counted into them.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from call_codes.hours import MINUTES_PER_WEEK, Hours
from officer_time.cells import time_cells
from officer_time.spans import CAP_HOURS

# Everything but the hour. Calls that agree in these take the same way as long as the doors are open.
KIND_KEYS: Final = (
    "outcome",
    "call_responder",
    "initiated_by",
    "category",
    "hazard",
    "hazard_kinds",
    "needs_review",
    "final_category",
    "final_hazard",
    "final_hazard_kinds",
)
# Calls that agree in these take the same way.
PATH_KEYS: Final = (*KIND_KEYS, "in_program_hours")
# Minute of the week from Monday 00:00 in which a call started; 1970-01-01 was a Thursday.
MINUTE_OF_WEEK: Final = (pl.col("started_local") // 60 + 3 * 1440) % MINUTES_PER_WEEK


def in_program_hours(hours: Hours, minute_of_week: pl.Expr) -> pl.Expr:
    """Whether a call of that minute falls within `hours`; null where the minute is not known."""
    # A program that never closes has every call in its hours, whenever it was.
    if hours.open_minutes_per_week == MINUTES_PER_WEEK:
        return pl.lit(True)
    is_open = pl.any_horizontal(
        pl.lit(False), *((minute_of_week >= start) & (minute_of_week < end) for start, end in hours.spans)
    )
    return pl.when(minute_of_week.is_not_null()).then(is_open)


def with_call_responder(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Calls or units with call_responder: a unit row carries its call's responder beside its own; a call's own is it."""
    name = "call_responder" if "call_responder" in rows.collect_schema() else "responder"
    return rows.with_columns(pl.col(name).alias("call_responder"))


def with_path_keys(rows: pl.LazyFrame, hours: Hours) -> pl.LazyFrame:
    """Calls or units with call_responder and in_program_hours (null: the hour is not known)."""
    inside = in_program_hours(hours, MINUTE_OF_WEEK)
    return with_call_responder(rows).with_columns(inside.alias("in_program_hours"))


def path_cells(
    calls: pl.LazyFrame, units: pl.LazyFrame, hours: Hours, cap_hours: float = CAP_HOURS, *more: str
) -> pl.DataFrame:
    """officer_time.cells.time_cells by PATH_KEYS and the columns `more`, for a program that answers in `hours`.

    Columns in: calls and units as classifier.assign returns them.
    """
    keys = (*PATH_KEYS, *more)
    return time_cells(with_path_keys(calls, hours), with_path_keys(units, hours), keys, cap_hours)
