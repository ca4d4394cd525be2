"""Minutes as counts per whole second or whole minute: additive, and exact quantiles without keeping the values.

A quantile of two files cannot be had from the quantiles of each, but the counts per second can be added up. A
histogram of a shift has at most 43,200 seconds, whatever the number of calls, so memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from officer_time.dense_bins import dense_histograms

# Finer bins for tables that people read line by line; coarser ones where groups are many.
MOST_GROUPS_TO_THE_SECOND: Final = 200
MOST_GROUPS_TO_THE_MINUTE: Final = 5_000
# Of millions of calls a minute is fine enough, and a tenth of the time.
MOST_CALLS_TO_THE_SECOND: Final = 2_000_000


def bin_seconds(groups: int, calls: int) -> int | None:
    """Width of a bin in a table of so many groups and calls: 1 second, 60, or None (means only, no quantiles)."""
    if groups <= MOST_GROUPS_TO_THE_SECOND and calls <= MOST_CALLS_TO_THE_SECOND:
        return 1
    return 60 if groups <= MOST_GROUPS_TO_THE_MINUTE else None


def histogram(
    rows: pl.LazyFrame, keys: Sequence[str], times: Sequence[str], width_seconds: int | None = 1
) -> pl.DataFrame:
    """Counts of each of the times per group and bin, time by time, sorted.

    Columns in: keys and `{time}_seconds` (Int64; null = not measured, not counted) of each of `times`. Columns out:
    keys, measure (the time's name), seconds (start of the bin, Int64; null where width_seconds is None: one bin for
    everything), count, total (the sum of the exact seconds in the bin, so that means stay exact).
    """
    counted = dense_histograms(rows, keys, times, width_seconds)
    if counted is None:
        counted = pl.concat(_grouped(rows, keys, time, width_seconds) for time in times)
    order = pl.col("measure").replace_strict(list(times), list(range(len(times))), return_dtype=pl.Int8)
    return counted.sort(order, *keys, "seconds")


def _grouped(rows: pl.LazyFrame, keys: Sequence[str], time: str, width_seconds: int | None) -> pl.DataFrame:
    """The histogram of one time by an ordinary group-by, unsorted: for any kind and number of groups."""
    value = pl.col(f"{time}_seconds")
    bins = pl.lit(0, pl.Int64) if width_seconds is None else value - value % width_seconds
    counted = (
        rows.select(*keys, value)
        .filter(value.is_not_null())
        .group_by([*keys, bins.alias("seconds")])
        .agg(pl.len().cast(pl.Int64).alias("count"), value.sum().cast(pl.Int64).alias("total"))
        .collect()
    )
    if width_seconds is None:
        counted = counted.with_columns(pl.lit(None, pl.Int64).alias("seconds"))
    return counted.select(*keys, pl.lit(time).alias("measure"), "seconds", "count", "total")


def describe(bins: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Per group and measure: measured, total_seconds, mean_minutes, median_minutes, p90_minutes.

    Columns in: as `histogram` returns them, of any number of measures, bins of one width per measure. The median
    of an even number is the mean of the middle two; p90 is the smallest value that at least 90 % do not exceed
    (inverse of the distribution function). Both are null where bins have no seconds (too many groups). Sorted.
    """
    groups = [*keys, "measure"]
    ordered = (
        bins.group_by(*groups, "seconds")
        .agg(pl.col("count", "total").sum())
        .sort(*groups, "seconds")
        .with_columns(
            pl.col("count").cum_sum().over(groups).alias("_up_to"),
            pl.col("count").sum().over(groups).alias("_all"),
        )
    )
    seconds, up_to, n = pl.col("seconds"), pl.col("_up_to"), pl.col("_all")

    def value_at(rank: pl.Expr) -> pl.Expr:
        return seconds.filter(up_to >= rank).first()

    median = (value_at((n + 1) // 2) + value_at(n // 2 + 1)) / 2
    return (
        ordered.group_by(groups)
        .agg(
            pl.col("count").sum().alias("measured"),
            pl.col("total").sum().alias("total_seconds"),
            (median / 60).alias("median_minutes"),
            # Integers: ceil(0.9 n) without the rounding of a product of floats.
            (value_at((9 * n + 9) // 10) / 60).alias("p90_minutes"),
        )
        .with_columns((pl.col("total_seconds") / 60 / pl.col("measured")).alias("mean_minutes"))
        .sort(groups)
    )
