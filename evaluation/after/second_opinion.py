"""How a library's estimate with a standard error by area becomes an Effect: for the second opinions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from evaluation.after.area_contrast import estimates, start_date_contrast
from evaluation.after.area_matrix import AreaMatrix
from evaluation.after.did_library import LibraryEffect
from evaluation.after.difference_in_differences import t_interval, t_p_value, with_relative
from evaluation.after.inference import clustered_p_value, no_test
from evaluation.after.results import Effect

MOST_REFITS = 60  # areas; with more, leaving each out once takes too long


def as_effect(
    found: LibraryEffect,
    again: Callable[[AreaMatrix], float],
    matrix: AreaMatrix,
    design: str,
    outcome: str,
    variance: str,
) -> Effect:
    """The estimate with its clustered test, and a jackknife over areas where they are too few for that one.

    again: the same estimate without the library, fast enough for a jackknife. variance: how the library's
    standard error is made, for the label of the test. No interval where neither test holds.
    """
    treated, others = int(matrix.ever.sum()), int((~matrix.ever).sum())
    freedom = treated + others - 1
    error = found.standard_error
    value = t_p_value(found.estimate, error, freedom) if error > 0 else None
    test = clustered_p_value(variance, value, treated, others, False)
    tests, chosen, width = [test], test if test.valid else None, error
    if not test.valid and len(matrix.areas) <= MOST_REFITS and min(treated, others) > 1:
        left_out = _jackknife_error(again, matrix, found.estimate)
        second = clustered_p_value(
            "jackknife (CR3)", t_p_value(found.estimate, left_out, freedom), treated, others, True
        )
        tests.insert(0, second)
        chosen, width = (second, left_out) if second.valid else (None, error)
    low, high = t_interval(found.estimate, width, freedom) if chosen else (None, None)
    reach = t_interval(0.0, 1.0, freedom)[1]
    path = found.path.with_columns(
        low=pl.col("estimate") - reach * pl.col("standard_error"),
        high=pl.col("estimate") + reach * pl.col("standard_error"),
    )
    observed = float(matrix.values[matrix.treated].mean())
    return with_relative(
        Effect(
            design=design,
            outcome=outcome,
            estimand="average effect in the program areas from their start on (ATT), per area and period",
            scale="difference",
            estimate=found.estimate,
            standard_error=error,
            low=low,
            high=high,
            interval_method=chosen.method if chosen else "none",
            baseline=observed - found.estimate,
            relative=None,
            relative_low=None,
            relative_high=None,
            treated_areas=treated,
            comparison_areas=others,
            periods=len(matrix.periods),
            observations=matrix.values.size,
            p_values=tuple(tests),
            p_value=chosen,
            path=path,
            notes=(*matrix.notes, *(() if chosen else (no_test(treated, others),))),
        )
    )


def _jackknife_error(again: Callable[[AreaMatrix], float], matrix: AreaMatrix, estimate: float) -> float:
    """√((n − 1)/n · Σ (estimate without the area − estimate)²)."""
    areas = len(matrix.areas)
    without = []
    for out in range(areas):
        keep = np.arange(areas) != out
        names = tuple(name for name, kept in zip(matrix.areas, keep, strict=True) if kept)
        rest = AreaMatrix(
            names, matrix.periods, matrix.values[keep], matrix.exposure[keep], matrix.start[keep]
        )
        without.append(again(rest))
    return float(np.sqrt((areas - 1) / areas * ((np.array(without) - estimate) ** 2).sum()))


def imputed_again(matrix: AreaMatrix) -> float:
    """The estimate of imputation: mean of observed − (area + period), both from untreated cells, by turns."""
    free = (~matrix.treated).astype(np.float64)
    known = matrix.values * free
    period = np.zeros(matrix.values.shape[1])
    for _ in range(5_000):
        area = (known - free * period).sum(axis=1) / np.maximum(free.sum(axis=1), 1)
        fresh = (known - free * area[:, None]).sum(axis=0) / np.maximum(free.sum(axis=0), 1)
        change = float(np.abs(fresh - period).max())
        period = fresh
        if change < 1e-10 * (1 + float(np.abs(fresh).max())):
            break
    gap = matrix.values - area[:, None] - period
    return float(gap[matrix.treated].mean())


def sun_abraham_again(matrix: AreaMatrix) -> float:
    """The estimate of Sun–Abraham with never-starters: that of Callaway–Sant'Anna's average by group size."""
    contrast = start_date_contrast(matrix)
    return float(estimates(contrast.numbers, contrast.group[None, :])[0][0])
