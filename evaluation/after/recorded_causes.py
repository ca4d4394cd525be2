"""How strongly each recorded covariate moves program and outcome: the yardstick for what was not recorded.

"An unrecorded cause twice as strong as the priority" means something to a dispatcher; a partial R² does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evaluation.after.call_clusters import group_codes
from evaluation.after.checks_unmeasured import Benchmark

Array = NDArray[np.float64]
MOST_LEVELS = 50  # of a text column; the rest is one level


@dataclass(frozen=True)
class RecordedCauses:
    """benchmarks: one per covariate, strongest first; standard_error, freedom: of the regression they come from.

    Strongest: by what a cause as strong would take from the estimate.
    """

    benchmarks: tuple[Benchmark, ...]
    standard_error: float
    freedom: int


def recorded_causes(
    calls: pl.DataFrame, treated: str, outcome: str, covariates: tuple[str, ...]
) -> RecordedCauses | None:
    """Partial R² of every covariate with the program and with the outcome, given the others, by least squares.

    Columns in: treated (0/1), outcome, covariates (numbers; text as categories, all its levels together). None
    without covariates or where the program follows from them exactly. Cinelli & Hazlett 2020, section 4.4.
    """
    table = calls.filter(pl.col(outcome).is_not_null() & pl.col(treated).is_not_null())
    if not covariates or table.height < 10:
        return None
    y, d = (table[name].cast(pl.Float64).to_numpy() for name in (outcome, treated))
    blocks = [_columns(table[name]) for name in covariates]
    one = np.ones((len(y), 1))
    everything = np.column_stack([one, *blocks])
    left_d = _left(everything, d)
    with_d = np.column_stack([everything, d])
    left_y = _left(with_d, y)
    freedom = len(y) - int(np.linalg.matrix_rank(with_d))
    if left_d < 1e-9 * len(y) or left_y < 1e-12 or freedom < 1:
        return None
    found = []
    for place, name in enumerate(covariates):
        others = np.column_stack([one, *(block for other, block in enumerate(blocks) if other != place)])
        without_d, without_y = _left(others, d), _left(np.column_stack([others, d]), y)
        found.append(Benchmark(name, 1 - left_d / without_d, max(1 - left_y / without_y, 0.0)))
    found.sort(key=lambda one: (-one.with_program * one.with_outcome, one.name))
    return RecordedCauses(tuple(found), float(np.sqrt(left_y / freedom / left_d)), freedom)


def _columns(series: pl.Series) -> Array:
    """A covariate as columns: a number with its median for the unknown, or one column per level but the first."""
    if series.dtype.is_numeric():
        known = series.cast(pl.Float64)
        return known.fill_null(known.median()).to_numpy().reshape(-1, 1)
    codes = group_codes(series.cast(pl.String).fill_null("unknown"))
    order = np.argsort(np.argsort(-np.bincount(codes), kind="stable"), kind="stable")
    return np.asarray(np.eye(MOST_LEVELS)[np.minimum(order[codes], MOST_LEVELS - 1)][:, 1:])


def _left(columns: Array, values: Array) -> float:
    """Sum of squares that least squares leaves."""
    fitted = columns @ np.linalg.lstsq(columns, values, rcond=None)[0]
    return float(((values - fitted) ** 2).sum())
