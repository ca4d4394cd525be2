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
from officer_time.units_sent import COUNTS, SECONDS, STAMP_COUNTS

# Units whose time is officer time. An export that does not say is a police export.
POLICE_RESPONDERS: Final = ("police", "co_response", "unknown")
CALL_TIMES: Final = ("call_processing", "queue", "dispatch_delay", "response", "response_agency")
UNIT_TIMES: Final = ("travel", "on_scene", "committed")
HOURS: Final = ("unit_hours_low", "unit_hours", "unit_hours_high")
# Fewer measured spans than this make no mean of their own: the mean over all categories is used.
LEAST_MEASURED: Final = 5

_COUNTS: Final = ("calls", "unit_rows", "unit_rows_measured")
# What imputation adds to the measured time (officer_time.bounds).
IMPUTED: Final = "imputed_milliseconds"
# Sums that cells may hold besides: see officer_time.units_sent.
MORE_SUMS: Final = (*COUNTS, *(f"{name}_seconds" for name in SECONDS), *STAMP_COUNTS)
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
    return joined_cells(call_cells(calls, keys, cap_hours), unit_cells(units, keys, cap_hours), keys)


def call_cells(calls: pl.LazyFrame, keys: Sequence[str], cap_hours: float = CAP_HOURS) -> pl.DataFrame:
    """The calls' half of time_cells: keys, calls, …_seconds and …_measured of CALL_TIMES. Additive."""
    grouped = waiting_seconds(calls, cap_hours).group_by(keys)
    return grouped.agg(pl.len().cast(pl.Int64).alias("calls"), *_sums(CALL_TIMES)).collect().sort(keys)


def unit_cells(
    units: pl.LazyFrame, keys: Sequence[str], cap_hours: float = CAP_HOURS, *more: pl.Expr
) -> pl.DataFrame:
    """The units' half of time_cells, with the sums `more` of further columns. Additive."""
    grouped = police_units(units, cap_hours).group_by(keys)
    counts = (
        pl.len().cast(pl.Int64).alias("unit_rows"),
        # Exactly the spans whose status is "measured", without making ten million texts of it.
        pl.col("committed_seconds").count().cast(pl.Int64).alias("unit_rows_measured"),
    )
    return grouped.agg(*counts, *_sums(UNIT_TIMES), *more).collect().sort(keys)


def joined_cells(of_calls: pl.DataFrame, of_units: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Both halves side by side, 0 where one has no row, sorted by the keys."""
    sums = [c for frame in (of_calls, of_units) for c in frame.columns if c not in keys]
    return (
        of_calls.join(of_units, on=keys, how="full", nulls_equal=True, coalesce=True)
        .with_columns(pl.col(sums).fill_null(0))
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
    added = [c for c in cells.columns if c in {*_COUNTS, *_SUMS, *MORE_SUMS, *HOURS, IMPUTED}]
    sums = [_sum_or_null(c) if c in (*HOURS, IMPUTED) else pl.col(c).sum() for c in added]
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
