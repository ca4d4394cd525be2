"""Poisson with area and period effects on untreated cells, and what it expects in the treated ones.

The same numbers as a Poisson regression with a term for every start date and period (Wooldridge 2023,
Econometrics J. 26), since each such term fits its cells exactly; found by alternating area and period totals, so
thousands of placements of the program cost seconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MOST_ROUNDS = 2_000


def expected_without(
    counts: Array, exposure: Array, treated: NDArray[np.bool_], tolerance: float = 1e-10
) -> Array:
    """Expected counts in every cell from the untreated ones: exposure · area · period.

    counts, exposure: (…, areas, periods); treated: the same or (areas, periods). Areas without any untreated
    count get 0.
    """
    area, period = area_and_period_effects(counts, exposure, treated, tolerance)
    return exposure * area[..., :, None] * period[..., None, :]


def area_and_period_effects(
    counts: Array,
    exposure: Array,
    treated: NDArray[np.bool_],
    tolerance: float = 1e-10,
    period: Array | None = None,
) -> tuple[Array, Array]:
    """The factors of area and period behind `expected_without`. period: where the search starts from, to save rounds."""
    free = ~treated
    known = np.where(free, counts, 0.0)
    weight = np.where(free, exposure, 0.0)
    area_totals, period_totals = known.sum(axis=-1), known.sum(axis=-2)
    if period is None:
        period = np.ones(known.shape[:-2] + known.shape[-1:])
    for _ in range(MOST_ROUNDS):
        area = area_totals / np.maximum((weight @ period[..., :, None])[..., 0], 1e-300)
        fresh = period_totals / np.maximum((area[..., None, :] @ weight)[..., 0, :], 1e-300)
        change = np.abs(fresh - period).max() / max(float(np.abs(fresh).max()), 1e-300)
        period = fresh
        if change < tolerance:
            break
    return area_totals / np.maximum((weight @ period[..., :, None])[..., 0], 1e-300), period


def log_ratio(counts: Array, expected: Array, cells: NDArray[np.bool_]) -> Array:
    """log(observed / expected) over the chosen cells."""
    observed = np.where(cells, counts, 0.0).sum(axis=(-2, -1))
    predicted = np.where(cells, expected, 0.0).sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(observed) - np.log(predicted))
