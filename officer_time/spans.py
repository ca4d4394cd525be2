"""Unit spans: the interval in which one unit was committed to one call, and what is wrong where there is none.

A span runs from the unit's assignment to its clear. Where the assignment is missing it starts at the enroute
or arrival stamp, which can only make it shorter. A span that is impossible, missing or longer than the cap is
not used as measured; it keeps a status that says which, and `cells` bounds it. METHODS.md has every formula.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from calls.schema import UNIT_STAMPS

# No unit stays on one call for longer than a 12-hour shift: a longer span was most likely never cleared.
CAP_HOURS: Final = 12.0
WAITING_CAP_HOURS: Final = 72.0
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


def interval_seconds(start: pl.Expr, end: pl.Expr, cap_hours: float = CAP_HOURS) -> pl.Expr:
    """Whole seconds (Int64) from `start` to `end`, both Int64 seconds.

    Null where either is null, where the end precedes the start by more than a minute, or beyond the cap; an
    end up to a minute early counts as zero seconds. Narrower integers are widened first: sums must not overflow.
    """
    seconds = end.cast(pl.Int64) - start.cast(pl.Int64)
    usable = seconds.is_between(-TOLERANCE_SECONDS, int(cap_hours * 3600))
    return pl.when(usable).then(seconds.clip(lower_bound=0))


def span_start() -> pl.Expr:
    """When a unit's time begins: assigned, else driving, else arrived. Int64 seconds."""
    return pl.coalesce("dispatched_at", "enroute_at", "arrived_at").cast(pl.Int64)


def unit_spans(units: pl.LazyFrame, cap_hours: float = CAP_HOURS) -> pl.LazyFrame:
    """`units` (calls.schema.UNIT_COLUMNS) with span_status, committed_seconds, travel_seconds, on_scene_seconds.

    - committed_seconds: assignment (else enroute, else arrival) → clear; only where span_status is measured.
    - travel_seconds: enroute (else assignment) → arrival.
    - on_scene_seconds: arrival → clear, where the arrival lies inside the span. An arrival up to a minute before
      the span counts as its start; one further out is a fault of that stamp and measures nothing.

    Int64 seconds, so that sums do not depend on the order of rows; null = could not be measured.
    """
    dispatched, enroute, arrived = (pl.col(c).cast(pl.Int64) for c in UNIT_STAMPS[:3])
    start, end = span_start(), pl.col("cleared_at").cast(pl.Int64)
    length = end - start
    status = (
        pl.when(start.is_null() & end.is_null()).then(pl.lit("not_recorded"))
        .when(end.is_null()).then(pl.lit("missing_end"))
        .when(start.is_null()).then(pl.lit("missing_start"))
        .when(length < -TOLERANCE_SECONDS).then(pl.lit("wrong_order"))
        .when(length > int(cap_hours * 3600)).then(pl.lit("over_cap"))
        .otherwise(pl.lit("measured"))
    )  # fmt: skip
    inside = pl.when(arrived >= start - TOLERANCE_SECONDS).then(pl.max_horizontal(arrived, start))
    return units.with_columns(
        status.alias("span_status"),
        interval_seconds(start, end, cap_hours).alias("committed_seconds"),
        interval_seconds(pl.coalesce(enroute, dispatched), arrived, cap_hours).alias("travel_seconds"),
        interval_seconds(inside, end, cap_hours).alias("on_scene_seconds"),
    )


def waiting_seconds(calls: pl.LazyFrame, cap_hours: float = CAP_HOURS) -> pl.LazyFrame:
    """`calls` with what the caller and the dispatcher live through (Int64 seconds; null = not measurable).

    - call_processing_seconds: received → queued.
    - queue_seconds: queued (else received) → first unit assigned.
    - dispatch_delay_seconds: received → first unit assigned (CPSM's dispatch delay).
    - response_seconds: received → first unit's arrival: the public view, as the caller lives it.
    - response_agency_seconds: first unit assigned → first unit's arrival: the agency view.

    Waiting knows no shifts, so its cap is three days where the span's cap is shorter.
    """
    wait_cap = max(cap_hours, WAITING_CAP_HOURS)
    received, queued = pl.col("received_at"), pl.col("queued_at")
    dispatched, arrived = pl.col("dispatched_at"), pl.col("arrived_at")
    return calls.with_columns(
        interval_seconds(received, queued, wait_cap).alias("call_processing_seconds"),
        interval_seconds(pl.coalesce(queued, received), dispatched, wait_cap).alias("queue_seconds"),
        interval_seconds(received, dispatched, wait_cap).alias("dispatch_delay_seconds"),
        interval_seconds(received, arrived, wait_cap).alias("response_seconds"),
        interval_seconds(dispatched, arrived, wait_cap).alias("response_agency_seconds"),
    )
