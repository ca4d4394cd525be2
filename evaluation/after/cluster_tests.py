"""Cluster-robust tests for difference-in-differences with one start, from one number per area.

With a complete panel, area and period effects and clusters = areas, everything that the usual tests need is the
change of each area from before to after. So CR1, CR3 and the wild cluster bootstrap are short and fast, and
equal what the regression packages print.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MOST_SIGN_PATTERNS = 12  # up to 2**12 sign patterns are all listed
DRAWS = 9_999


@dataclass(frozen=True)
class ClusterTest:
    """Standard error (None where it does not exist) and two-sided p-value of "no effect"."""

    estimate: float
    standard_error: float | None
    p_value: float | None


def _t_test(estimate: float, variance: float, freedom: float) -> ClusterTest:
    from scipy import stats

    error = float(np.sqrt(variance))
    if not np.isfinite(error) or error == 0:
        return ClusterTest(estimate, None, None)
    return ClusterTest(estimate, error, float(2 * stats.t.sf(abs(estimate) / error, freedom)))


def _fit(change: Array, program: NDArray[np.bool_]) -> tuple[float, Array, Array]:
    """Effect, residual of each area, and each area's weight in the effect."""
    weight = program - program.mean()
    weight = weight / (weight**2).sum()
    effect = float(weight @ change)
    residual = change - np.where(program, change[program].mean(), change[~program].mean())
    return effect, residual, weight


def cluster_robust(change: Array, program: NDArray[np.bool_], periods: int) -> ClusterTest:
    """CR1: sandwich by area with the small-sample factor of fixest and pyfixest, t with areas − 1 degrees."""
    effect, residual, weight = _fit(change, program)
    areas = len(change)
    return _t_test(effect, _factor(areas, periods) * float(((weight * residual) ** 2).sum()), areas - 1)


def _factor(areas: int, periods: int) -> float:
    """Small-sample factor G/(G−1) · (n−1)/(n−K); area effects are nested in the clusters and do not count."""
    return areas / (areas - 1) * (areas * periods - 1) / (areas * periods - periods - 1)


def jackknife(change: Array, program: NDArray[np.bool_], periods: int) -> ClusterTest:
    """CR3: leave one area out at a time (MacKinnon, Nielsen & Webb 2023, J. Econometrics 232).

    Scaled as pyfixest prints it, by the factor of CR1 where the paper has (areas − 1)/areas: a little wider.
    """
    effect, _, _ = _fit(change, program)
    areas = len(change)
    if min(program.sum(), areas - program.sum()) < 2:
        return ClusterTest(effect, None, None)
    sums = np.where(program, change[program].sum(), change[~program].sum())
    counts = np.where(program, program.sum(), areas - program.sum())
    without = (sums - change) / (counts - 1)
    other = np.where(program, change[~program].mean(), change[program].mean())
    left_out = np.where(program, without - other, other - without)
    return _t_test(effect, _factor(areas, periods) * float(((left_out - effect) ** 2).sum()), areas - 1)


def area_t(change: Array, program: NDArray[np.bool_]) -> ClusterTest:
    """Two-sample t-test of the areas' changes with one variance for all, areas − 2 degrees."""
    effect, residual, weight = _fit(change, program)
    freedom = len(change) - 2
    return _t_test(effect, float((residual**2).sum() / freedom * (weight**2).sum()), freedom)


def welch(change: Array, program: NDArray[np.bool_]) -> tuple[ClusterTest, float]:
    """Two-sample t-test of the areas' changes, each side with its own variance, and its degrees of freedom.

    The degrees of freedom are Satterthwaite's. For program areas that vary more than the others.
    """
    parts = [(side.var(ddof=1) / len(side), len(side) - 1) for side in (change[program], change[~program])]
    variance = float(sum(part for part, _ in parts))
    spread = float(sum(part**2 / freedom for part, freedom in parts))
    freedom = variance**2 / spread if spread > 0 else float(len(change) - 2)
    effect = float(change[program].mean() - change[~program].mean())
    return _t_test(effect, variance, freedom), freedom


def wild_cluster_bootstrap(
    change: Array, program: NDArray[np.bool_], *, seed: int = 0, weights: str = "rademacher"
) -> float:
    """p-value of the restricted wild cluster bootstrap-t (Cameron, Gelbach & Miller 2008, REStat 90).

    Rademacher signs, all listed up to 12 areas and drawn above; or Webb's six points, drawn.
    """
    effect, residual, weight = _fit(change, program)
    areas = len(change)
    observed = abs(effect) / np.sqrt(((weight * residual) ** 2).sum())
    generator = np.random.default_rng(seed)
    if weights == "webb":
        points = np.array([-np.sqrt(1.5), -1, -np.sqrt(0.5), np.sqrt(0.5), 1, np.sqrt(1.5)])
        drawn = generator.choice(points, size=(DRAWS, areas))
    elif areas <= MOST_SIGN_PATTERNS:
        drawn = np.array(list(product((-1.0, 1.0), repeat=areas)))
    else:
        drawn = generator.choice((-1.0, 1.0), size=(DRAWS, areas))
    star = drawn * (change - change.mean())[None, :]
    means = np.where(
        program[None, :], star[:, program].mean(axis=1)[:, None], star[:, ~program].mean(axis=1)[:, None]
    )
    spread = np.sqrt((((star - means) * weight[None, :]) ** 2).sum(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.abs(star @ weight) / spread
    return float((statistic > observed * (1 + 1e-10)).mean())
