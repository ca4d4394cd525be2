"""One unit cannot be in two places: time that a unit's calls share is counted once, beside the plain sum.

Units are sent to a second call before the first is closed in CAD, so the sum of spans over calls holds some hours
twice. Here the shared part belongs to the call that the unit was assigned to first, so that merged hours still add
up over categories, areas and hours.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from officer_time.spans import CAP_HOURS, interval_seconds, span_start

# Wide enough for every second from year 0 to year 3100, so that unit and second fit into one Int64.
_SHIFT: Final = 2**36
_OFFSET: Final = 2**35


def add_merged_seconds(
    units: pl.LazyFrame, unit: tuple[str, ...] = ("responder", "unit_id"), cap_hours: float = CAP_HOURS
) -> pl.LazyFrame:
    """`units` with merged_seconds: the part of each measured span that no earlier span of the same unit covers.

    Columns in: those of `unit` (which together name one unit: two departments may use the same call sign),
    call_id, and the stamps. merged_seconds is Int64, null where the span was not measured; a unit without a name
    cannot overlap itself and keeps its whole span. Summed over a unit's rows it is the length of the union of its
    spans. Of spans that start together the shorter comes first, then the smaller call_id. Rows come back in that order.
    """
    start = span_start()
    seconds = interval_seconds(start, pl.col("cleared_at"), cap_hours)
    named = pl.col(unit[-1]).is_not_null()
    # The unit's number above, the end of its span below: one running maximum then serves all units at once,
    # because a later unit's number outweighs every end of an earlier unit.
    packed = pl.col("_unit") * _SHIFT + pl.col("_end") + _OFFSET
    before = packed.cum_max().shift(1)
    same_unit = (before // _SHIFT == pl.col("_unit")).fill_null(False)
    covered_to = pl.when(same_unit & named).then(before % _SHIFT - _OFFSET)
    new = pl.col("_end") - pl.max_horizontal("_start", covered_to)
    measured = pl.col("_seconds").is_not_null()
    return (
        units.with_columns(start.alias("_start"), seconds.alias("_seconds"))
        .with_columns((pl.col("_start") + pl.col("_seconds")).alias("_end"))
        .sort(*unit, "_start", "_end", "call_id", nulls_last=True)
        .with_columns(pl.struct(unit).rle_id().cast(pl.Int64).alias("_unit"))
        # Rows without a span do not move the running maximum.
        .with_columns(pl.when(measured).then(pl.col("_end")).otherwise(-_OFFSET).alias("_end"))
        .with_columns(pl.when(measured).then(new.clip(lower_bound=0)).alias("merged_seconds"))
        .drop("_start", "_seconds", "_end", "_unit")
    )
