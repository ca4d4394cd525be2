"""Officer time by anything: calls, minutes (mean, median) and unit-hours as low, central and high.

Tables are made from additive cells (`cells`), so every breakdown of the same calls has the same totals. Medians
cannot be added up; they are taken from the rows, for breakdowns by up to two keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from officer_time.cells import CALL_TIMES, HOURS, UNIT_TIMES, police_units, roll_up
from officer_time.spans import CAP_HOURS, waiting_seconds

_MOST_KEYS_WITH_MEDIANS: Final = 2


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
    every kind of minutes …_mean, …_median (null with more than two keys) and …_measured.
    """
    keys = list(by)
    table = roll_up(cells, keys)
    if len(keys) <= _MOST_KEYS_WITH_MEDIANS:
        table = table.join(_medians(calls, units, keys, cap_hours), on=keys, how="left", nulls_equal=True)
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


def _medians(calls: pl.LazyFrame, units: pl.LazyFrame, keys: list[str], cap_hours: float) -> pl.DataFrame:
    of_calls = waiting_seconds(calls, cap_hours).group_by(keys).agg(_median(name) for name in CALL_TIMES)
    of_units = police_units(units, cap_hours).group_by(keys).agg(_median(name) for name in UNIT_TIMES)
    return of_calls.collect().join(of_units.collect(), on=keys, how="full", nulls_equal=True, coalesce=True)


def _median(name: str) -> pl.Expr:
    return pl.col(f"{name}_seconds").median().alias(f"{name}_median")
