"""Officer time by anything: calls, minutes (mean, median) and unit-hours as low, central and high.

Tables are made from additive cells (`cells`), so every breakdown of the same calls has the same totals. Medians
cannot be added up; they are taken from a histogram of whole seconds, which is exact and, unlike the values
themselves, does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from officer_time.cells import CALL_TIMES, HOURS, UNIT_TIMES, police_units, roll_up
from officer_time.spans import CAP_HOURS, waiting_seconds

# Medians cost a histogram per group; of more groups than this nobody reads them.
MOST_GROUPS_WITH_MEDIANS: Final = 200


def officer_time(
    calls: pl.LazyFrame,
    units: pl.LazyFrame,
    cells: pl.DataFrame,
    by: Sequence[str],
    cap_hours: float = CAP_HOURS,
) -> pl.DataFrame:
    """Calls, minutes and unit-hours for every combination of the columns `by`.

    Columns in: cells as with_hours returns them, their keys including `by`, made from the same calls and units.
    Columns out, sorted by unit_hours then calls, largest first: the keys (null is a group of its own), calls,
    unit_rows, unit_rows_measured, unit_hours_low, unit_hours, unit_hours_high (null: not in the export), and for
    every kind of minutes …_mean, …_median (null in tables of more than MOST_GROUPS_WITH_MEDIANS groups) and …_measured.
    """
    keys = list(by)
    table = roll_up(cells, keys)
    if table.height <= MOST_GROUPS_WITH_MEDIANS:
        of_calls = median_seconds(waiting_seconds(calls, cap_hours), keys, CALL_TIMES)
        of_units = median_seconds(police_units(units, cap_hours), keys, UNIT_TIMES)
        for medians in (of_calls, of_units):
            table = table.join(medians, on=keys, how="left", nulls_equal=True)
    minutes = []
    for name in (*CALL_TIMES, *UNIT_TIMES):
        measured = pl.col(f"{name}_measured")
        mean = pl.when(measured > 0).then(pl.col(f"{name}_seconds") / 60 / measured)
        median = (
            pl.col(f"{name}_median") / 60 if f"{name}_median" in table.columns else pl.lit(None, pl.Float64)
        )
        minutes += [
            mean.alias(f"{name}_minutes_mean"),
            median.alias(f"{name}_minutes_median"),
            measured.alias(f"{name}_minutes_measured"),
        ]
    return table.select(*keys, "calls", "unit_rows", "unit_rows_measured", *HOURS, *minutes).sort(
        [HOURS[1], "calls", *keys], descending=[True, True, *([False] * len(keys))], nulls_last=True
    )


def median_seconds(rows: pl.LazyFrame, keys: Sequence[str], times: Sequence[str]) -> pl.DataFrame:
    """The exact median of each of `times` (columns …_seconds, whole numbers) per group: keys, …_median (Float64).

    Made from counts per distinct second, so memory is bounded by groups × seconds of a shift. Groups without any
    value are absent; of an even number of values it is the mean of the middle two.
    """
    one_below_another = pl.concat(
        rows.select(*keys, pl.lit(name).alias("_time"), pl.col(f"{name}_seconds").alias("_seconds"))
        for name in times
    )
    groups = [*keys, "_time"]
    histogram = (
        one_below_another.filter(pl.col("_seconds").is_not_null())
        .group_by(*groups, "_seconds")
        .agg(pl.len().cast(pl.Int64).alias("_n"))
        .collect()
        .sort(*groups, "_seconds")
        .with_columns(
            pl.col("_n").cum_sum().over(groups).alias("_up_to"), pl.col("_n").sum().over(groups).alias("_all")
        )
    )
    lower, upper = (pl.col("_all") + 1) // 2, pl.col("_all") // 2 + 1
    seconds, up_to = pl.col("_seconds"), pl.col("_up_to")
    middle = (seconds.filter(up_to >= lower).first() + seconds.filter(up_to >= upper).first()) / 2
    return (
        histogram.group_by(groups)
        .agg(middle.alias("_median"))
        .pivot(on="_time", on_columns=list(times), index=list(keys), values="_median")
        .rename({name: f"{name}_median" for name in times})
    )
