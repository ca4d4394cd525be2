"""Unit spans: the interval in which one unit was committed to one call, and what is wrong where there is none.

A span runs from the unit's assignment to its clear. Where the assignment is missing it starts at the enroute
or arrival stamp, which can only make it shorter. A span that is impossible, missing or longer than the cap is
not used as measured; it keeps a status that says which, and measures.py bounds it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

# No unit stays on one call for longer than a 12-hour shift: a longer span was most likely never cleared.
CAP_HOURS: Final = 12.0
STATUSES: Final = {
    "measured": "start and end known, in order, within the cap",
    "over_cap": "longer than the cap: most likely never cleared",
    "wrong_order": "the end is before the start",
    "missing_end": "no clear time",
    "missing_start": "a clear time, but nothing to start from",
    "not_recorded": "neither a start nor an end",
}
# Stamps of different systems disagree by seconds; below this a negative interval counts as zero.
TOLERANCE_SECONDS: Final = 60


def interval_minutes(start: pl.Expr, end: pl.Expr, cap_hours: float = CAP_HOURS) -> pl.Expr:
    """Minutes (Float64) from `start` to `end`, both Int64 seconds.

    Null where either is null, where the end precedes the start by more than a minute, or beyond the cap; an
    end up to a minute early counts as zero minutes.
    """
    seconds = end - start
    usable = seconds.is_between(-TOLERANCE_SECONDS, cap_hours * 3600)
    return pl.when(usable).then(seconds.clip(lower_bound=0) / 60)


def unit_spans(units: pl.DataFrame, cap_hours: float = CAP_HOURS) -> pl.DataFrame:
    """`units` (calls.schema.UNIT_COLUMNS) with span_status, committed_minutes, travel_minutes, on_scene_minutes.

    - committed_minutes: assignment (else enroute, else arrival) → clear; only where span_status is measured.
    - travel_minutes: enroute (else assignment) → arrival.
    - on_scene_minutes: arrival → clear.

    Minutes are Float64; null = could not be measured. Rows and their order stay.
    """
    start = pl.coalesce("dispatched_at", "enroute_at", "arrived_at")
    end = pl.col("cleared_at")
    length = end - start
    status = (
        pl.when(start.is_null() & end.is_null()).then(pl.lit("not_recorded"))
        .when(end.is_null()).then(pl.lit("missing_end"))
        .when(start.is_null()).then(pl.lit("missing_start"))
        .when(length < -TOLERANCE_SECONDS).then(pl.lit("wrong_order"))
        .when(length > cap_hours * 3600).then(pl.lit("over_cap"))
        .otherwise(pl.lit("measured"))
    )  # fmt: skip
    return units.with_columns(
        status.alias("span_status"),
        interval_minutes(start, end, cap_hours).alias("committed_minutes"),
        interval_minutes(pl.coalesce("enroute_at", "dispatched_at"), pl.col("arrived_at"), cap_hours).alias(
            "travel_minutes"
        ),
        interval_minutes(pl.col("arrived_at"), end, cap_hours).alias("on_scene_minutes"),
    )
