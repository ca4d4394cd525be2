"""Additive cells: counts and sums of calls and unit time for every combination of some keys, nothing else.

Sums and counts of two files, months or partitions add up to those of both, so a cell table can be made in one
streaming pass over any number of rows, merged, and rolled up to coarser keys without going back to the data.
Means follow from sums; hours with their bounds follow from measured sums and counts of what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from officer_time.spans import CAP_HOURS, unit_spans, waiting_seconds

# Units whose time is officer time. An export that does not say is a police export.
POLICE_RESPONDERS: Final = ("police", "co_response", "unknown")
CALL_TIMES: Final = ("call_processing", "queue", "response")
UNIT_TIMES: Final = ("travel", "on_scene", "committed")
HOURS: Final = ("unit_hours_low", "unit_hours", "unit_hours_high")
# Fewer measured spans than this make no mean of their own: the mean over all categories is used.
LEAST_MEASURED: Final = 5

_COUNTS: Final = ("calls", "unit_rows", "unit_rows_measured")
_SUMS: Final = tuple(f"{t}_{what}" for t in (*CALL_TIMES, *UNIT_TIMES) for what in ("seconds", "measured"))


def police_units(units: pl.LazyFrame, cap_hours: float = CAP_HOURS) -> pl.LazyFrame:
    """The unit rows whose time is officer time, with their spans (see officer_time.spans.unit_spans)."""
    return unit_spans(units.filter(pl.col("responder").is_in(POLICE_RESPONDERS)), cap_hours)


def time_cells(
    calls: pl.LazyFrame, units: pl.LazyFrame, keys: Sequence[str], cap_hours: float = CAP_HOURS
) -> pl.DataFrame:
    """One row per combination of `keys`, sorted by them; null is a key value like any other.

    Columns in: calls and units both with the columns of `keys`; the stamps of calls.schema in both.
    Columns out: the keys; calls, unit_rows, unit_rows_measured; …_seconds (summed) and …_measured (how many the
    sum rests on) for each of CALL_TIMES and UNIT_TIMES. Integers, 0 where there is nothing, never null.
    """
    of_calls = (
        waiting_seconds(calls, cap_hours)
        .group_by(keys)
        .agg(pl.len().cast(pl.Int64).alias("calls"), *_sums(CALL_TIMES))
    )
    of_units = (
        police_units(units, cap_hours)
        .group_by(keys)
        .agg(
            pl.len().cast(pl.Int64).alias("unit_rows"),
            (pl.col("span_status") == "measured").sum().cast(pl.Int64).alias("unit_rows_measured"),
            *_sums(UNIT_TIMES),
        )
    )
    call_side, unit_side = (frame.collect() for frame in (of_calls, of_units))
    return (
        call_side.join(unit_side, on=keys, how="full", nulls_equal=True, coalesce=True)
        .with_columns(pl.col(_COUNTS).fill_null(0), pl.col(_SUMS).fill_null(0))
        .sort(keys)
    )


def _sums(names: Sequence[str]) -> list[pl.Expr]:
    return [
        expression
        for name in names
        for expression in (
            pl.col(f"{name}_seconds").sum(),
            pl.col(f"{name}_seconds").count().cast(pl.Int64).alias(f"{name}_measured"),
        )
    ]


def roll_up(cells: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """The cells summed to coarser keys `by`, sorted by them. No keys: one row for everything."""
    added = [c for c in cells.columns if c in {*_COUNTS, *_SUMS, *HOURS}]
    sums = [_sum_or_null(c) if c in HOURS else pl.col(c).sum() for c in added]
    if not by:
        return cells.select(sums)
    return cells.group_by(by).agg(sums).sort(by)


def _sum_or_null(name: str) -> pl.Expr:
    # A sum over nothing but unknowns is unknown, not zero.
    return pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)


def category_means(cells: pl.DataFrame) -> pl.DataFrame:
    """Mean committed minutes of measured spans per category: category, mean_minutes (null: nothing measured).

    Columns in: cells with `category` among their keys. A category with fewer than LEAST_MEASURED measured spans
    takes the mean over all categories.
    """
    by_category = roll_up(cells, ["category"])
    total, measured = (int(by_category[f"committed_{what}"].sum()) for what in ("seconds", "measured"))
    overall = total / 60 / measured if measured else None
    return by_category.select(
        "category",
        pl.when(pl.col("committed_measured") >= LEAST_MEASURED)
        .then(pl.col("committed_seconds") / 60 / pl.col("committed_measured"))
        .otherwise(pl.lit(overall, pl.Float64))
        .alias("mean_minutes"),
    )


def with_hours(cells: pl.DataFrame, means: pl.DataFrame, cap_hours: float = CAP_HOURS) -> pl.DataFrame:
    """Add unit_hours_low, unit_hours and unit_hours_high to cells that have `category` among their keys.

    low: measured spans only. central: each missing span at its category's mean. high: each at the cap. Null in
    every row where `means` knows of no measured span at all: zero would be a lie.
    """
    joined = cells.join(means, on="category", how="left", nulls_equal=True, maintain_order="left")
    known = means["mean_minutes"].is_not_null().any()
    low = pl.col("committed_seconds") / 3600
    missing = pl.col("unit_rows") - pl.col("unit_rows_measured")
    bounds = (low, low + missing * pl.col("mean_minutes").fill_null(0) / 60, low + missing * cap_hours)
    return joined.with_columns(
        (bound if known else pl.lit(None, pl.Float64)).alias(name)
        for name, bound in zip(HOURS, bounds, strict=True)
    ).drop("mean_minutes")
