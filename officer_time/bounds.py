"""Unit-hours as low, central and high, from additive cells: what missing and impossible stamps can hide.

Low leaves spans that could not be measured out, central takes each at the mean of its category, high at the cap.
The imputed part is kept in whole milliseconds per cell, so that the hours of parts add up to those of the whole
to the last digit, in any order.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from officer_time.cells import HOURS, IMPUTED

_MILLISECONDS_PER_MINUTE: Final = 60_000


def with_imputed(cells: pl.DataFrame, means: pl.DataFrame) -> pl.DataFrame:
    """Cells with imputed_milliseconds (Int64): missing spans × their category's mean. Additive.

    Columns in: cells with `category`, unit_rows and unit_rows_measured; means as cells.category_means. Null in
    every row where nothing was measured at all: zero would be a lie.
    """
    known = bool(means["mean_minutes"].is_not_null().any())
    missing = pl.col("unit_rows") - pl.col("unit_rows_measured")
    imputed = (missing * pl.col("mean_minutes").fill_null(0) * _MILLISECONDS_PER_MINUTE).round()
    joined = cells.join(means, on="category", how="left", nulls_equal=True, maintain_order="left")
    return joined.with_columns((imputed if known else pl.lit(None)).cast(pl.Int64).alias(IMPUTED)).drop(
        "mean_minutes"
    )


def bounded_hours(cap_hours: float) -> list[pl.Expr]:
    """unit_hours_low, unit_hours, unit_hours_high and imputed_share of rolled-up cells with imputed_milliseconds.

    imputed_share: the part of the central hours that rests on imputation, 0–1; null where there are none.
    """
    known = pl.col(IMPUTED).is_not_null()
    low, imputed = pl.col("committed_seconds") / 3600, pl.col(IMPUTED) / 3_600_000
    missing = pl.col("unit_rows") - pl.col("unit_rows_measured")
    bounds = (low, low + imputed, low + missing * cap_hours)
    return [
        *(pl.when(known).then(bound).alias(name) for bound, name in zip(bounds, HOURS, strict=True)),
        pl.when(known & (low + imputed > 0)).then(imputed / (low + imputed)).alias("imputed_share"),
    ]
