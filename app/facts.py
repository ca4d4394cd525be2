"""Small counts over all calls and police unit rows that the summary, the notices and the report quote."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from officer_time.cells import police_units


@dataclass(frozen=True)
class Facts:
    """Small counts over all calls and police unit rows, taken once.

    initiated_by: initiated_by, initiated_by_basis, calls; span_status: span_status, unit_rows. first and last:
    local seconds of the first and last call start, None where no time could be read. days_with_calls: local days
    on which a call started.
    """

    calls: int
    first: int | None
    last: int | None
    days_with_calls: int
    agencies: tuple[str, ...]
    initiated_by: pl.DataFrame
    span_status: pl.DataFrame


def facts_of(calls: pl.LazyFrame, units: pl.LazyFrame, cap_hours: float) -> Facts:
    """The facts of classified calls and units."""
    one = calls.select(
        pl.len().alias("calls"),
        pl.col("started_local").min().alias("first"),
        pl.col("started_local").max().alias("last"),
        (pl.col("started_local").drop_nulls() // 86400).n_unique().cast(pl.Int64).alias("days"),
    ).collect()
    agencies = calls.select(pl.col("agency").drop_nulls().unique()).collect().to_series().sort()
    started = calls.group_by("initiated_by", "initiated_by_basis").agg(pl.len().cast(pl.Int64).alias("calls"))
    spans = (
        police_units(units, cap_hours).group_by("span_status").agg(pl.len().cast(pl.Int64).alias("unit_rows"))
    )
    return Facts(
        calls=one["calls"].item(),
        first=one["first"].item(),
        last=one["last"].item(),
        days_with_calls=one["days"].item(),
        agencies=tuple(agencies),
        initiated_by=started.collect().sort(
            "calls", "initiated_by", "initiated_by_basis", descending=[True, False, False]
        ),
        span_status=spans.collect().sort("span_status"),
    )
