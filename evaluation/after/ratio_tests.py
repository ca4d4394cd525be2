"""Tests of a rate ratio before and after, from two counts per area.

With one start, Poisson with area and period effects fits the four cell totals exactly, so the rate ratio is
(program after / before) ÷ (comparison after / before), and every arrangement of the program costs a few sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.after.area_contrast import OWN_VARIANCE_FROM, Array
from evaluation.after.area_matrix import AreaMatrix
from evaluation.after.area_randomization import Randomization, invert, share_as_extreme
from evaluation.after.arrangements import arrangements
from evaluation.after.cluster_tests import ClusterTest


@dataclass(frozen=True)
class TwoCounts:
    """before, after: counts per area, after scaled to the exposure before; program: which areas got it."""

    before: Array
    after: Array
    program: NDArray[np.bool_]

    def without(self, log_ratio: float) -> TwoCounts:
        """What would have been counted if the program had not changed the rate by exp(log_ratio)."""
        return TwoCounts(
            self.before, np.where(self.program, self.after * np.exp(-log_ratio), self.after), self.program
        )

    @property
    def drift(self) -> Array:
        """Change of each area relative to what the change of all areas together would give; weights: before."""
        expected = self.before * self.after.sum() / self.before.sum()
        return np.asarray(self.after / np.maximum(expected, 1e-9) - 1)


def two_counts(matrix: AreaMatrix) -> TwoCounts:
    """Counts before and after the one start of a panel."""
    start = matrix.starts[0]
    exposure = matrix.exposure[:, :start].sum(axis=1) / matrix.exposure[:, start:].sum(axis=1)
    after = matrix.values[:, start:].sum(axis=1) * exposure
    return TwoCounts(matrix.values[:, :start].sum(axis=1), after, matrix.ever)


def log_ratios(counts: TwoCounts, labels: NDArray[np.integer]) -> tuple[Array, Array]:
    """Log rate ratio and its variance by area for each arrangement (1 = program).

    Variance: Σ over groups of s²/n of z = n · (area's share of the group's count after − before); one s² for
    both groups where a group has fewer than four areas.
    """
    estimate = np.zeros(len(labels))
    spreads = []
    areas = labels.shape[1]
    for group, sign in ((1, 1.0), (0, -1.0)):
        member = (labels == group).astype(np.float64)
        size = float(member[0].sum())
        after, before = member @ counts.after, member @ counts.before
        with np.errstate(divide="ignore", invalid="ignore"):
            estimate = estimate + sign * (np.log(after) - np.log(before))
            spread = (
                (member @ counts.after**2) / after**2
                - 2 * (member @ (counts.after * counts.before)) / (after * before)
                + (member @ counts.before**2) / before**2
            )
        spreads.append((size, spread))
    if min(size for size, _ in spreads) >= OWN_VARIANCE_FROM:
        variance = sum(size / (size - 1) * spread for size, spread in spreads)
    else:
        pooled = sum(size**2 * spread for size, spread in spreads) / max(areas - 2, 1)
        variance = pooled * sum(1 / size for size, _ in spreads)
    return estimate, np.asarray(variance)


def ratio_randomization(
    counts: TwoCounts, *, seed: int = 0, alpha: float = 0.05, interval: bool = True
) -> Randomization:
    """Randomization inference for the log rate ratio; low and high on the log scale."""
    ways = arrangements(counts.program.astype(np.int64), seed)

    def p_value(log_ratio: float) -> float:
        estimate, variance = log_ratios(counts.without(log_ratio), ways.labels)
        # An arrangement without any count on one side says nothing: it counts as extreme, which is careful.
        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = estimate / np.sqrt(np.maximum(variance, 1e-300))
        return share_as_extreme(np.nan_to_num(statistic, nan=np.inf, posinf=np.inf, neginf=-np.inf))

    low = high = None
    real, variance = log_ratios(counts, ways.labels[:1])
    smallest = 1 / len(ways.labels)
    if interval and smallest <= alpha and np.isfinite(real[0]):
        low, high = invert(p_value, float(real[0]), float(np.sqrt(variance[0])) or 0.1, alpha)
    return Randomization(p_value(0.0), smallest, ways, low, high)


def ratio_jackknife(counts: TwoCounts) -> float:
    """Leave-one-area-out standard error √((n−1)/n · Σ (without area − all)²) of the log rate ratio."""
    program = counts.program

    def without(values: Array) -> tuple[Array, Array]:
        own = np.where(program, values, 0.0)
        other = np.where(program, 0.0, values)
        return own.sum() - own, other.sum() - other

    (after_own, after_other), (before_own, before_other) = without(counts.after), without(counts.before)
    with np.errstate(divide="ignore", invalid="ignore"):
        left_out = np.log(after_own / before_own) - np.log(after_other / before_other)
    estimate, _ = log_ratios(counts, program.astype(np.int64)[None, :])
    areas = len(program)
    return float(np.sqrt((areas - 1) / areas * ((left_out - estimate[0]) ** 2).sum()))


def ratio_area_t(counts: TwoCounts) -> ClusterTest:
    """t-test of the log rate ratio on the areas' own drifts with one variance, areas − 2 degrees."""
    from scipy import stats

    labels = counts.program.astype(np.int16)[None, :]
    estimate, _ = log_ratios(counts, labels)
    freedom, squares, places = len(counts.program) - 2, 0.0, 0.0
    for group in (counts.program, ~counts.program):
        size = float(group.sum())
        shares = (
            counts.after[group] / counts.after[group].sum()
            - counts.before[group] / counts.before[group].sum()
        )
        squares, places = squares + float(((size * shares) ** 2).sum()), places + 1 / size
    error = float(np.sqrt(squares / max(freedom, 1) * places))
    if error == 0 or not np.isfinite(estimate[0]):
        return ClusterTest(float(estimate[0]), None, None)
    return ClusterTest(float(estimate[0]), error, float(2 * stats.t.sf(abs(estimate[0]) / error, freedom)))
