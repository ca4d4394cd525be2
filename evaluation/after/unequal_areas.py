"""A test for few program areas of unequal size: the comparison areas' residuals, rescaled to the area's own size.

Large areas change less by chance (in means) or more (in counts) than small ones, so areas are not
interchangeable and permuting them misleads. Ferman & Pinto 2019, REStat 101: learn from the comparison areas
how the spread depends on size, and draw what chance would do in an area of the program area's size.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
DRAWS = 9_999


def rescaled_bootstrap(
    change: Array, program: NDArray[np.bool_], size: Array, *, weights: Array | None = None, seed: int = 0
) -> float:
    """p-value of "no effect" for the (weighted) mean change of the program areas against the comparison areas.

    change: one number per area, after minus before. size: what the spread depends on (mean count before the
    start, or people × days); positive. The spread is modelled as variance = a + b × size, a and b ≥ 0, from the
    residuals under "no effect", with a floor at a tenth of their mean.
    """
    from scipy.optimize import nnls

    areas = len(change)
    weights = np.ones(areas) if weights is None else weights
    residual = (change - np.average(change, weights=weights)) * np.sqrt(areas / (areas - 1))
    line = np.column_stack([np.ones(areas), size / size.mean()])
    coefficients, _ = nnls(line, residual**2)
    variance = np.maximum(line @ coefficients, 0.1 * (residual**2).mean())
    contrast = np.where(program, weights / weights[program].sum(), -weights / weights[~program].sum())
    by_chance = (residual / np.sqrt(variance))[_picks(areas, seed)] @ (contrast * np.sqrt(variance))
    return float((1 + (np.abs(by_chance) >= abs(float(contrast @ change))).sum()) / (DRAWS + 1))


@lru_cache(maxsize=16)
def _picks(areas: int, seed: int) -> NDArray[np.int32]:
    """Which area's residual stands in for which, draw by draw."""
    return np.random.default_rng(seed).integers(0, areas, size=(DRAWS, areas), dtype=np.int32)
