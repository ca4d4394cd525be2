"""An effect as a sum of group means of area numbers, and its t-statistic under every arrangement of the starts.

Difference-in-differences and Callaway–Sant'Anna without covariates are both linear in the outcome, with weights
that depend on group sizes and start dates only. So each area has one number per group it could fall into, and
thousands of arrangements cost one matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.after.area_matrix import AreaMatrix

Array = NDArray[np.float64]
OWN_VARIANCE_FROM = 4  # below so many areas a group's own variance is too rough; the groups share one


@dataclass(frozen=True)
class Contrast:
    """estimate = Σ over groups of the mean of that group's column over its areas.

    - group: the group of each area: 0 = never starts, 1, 2 … = start dates in order.
    - numbers: areas × groups, what the area contributes if it falls into the group.
    - shift: the same for an effect of 1 on every treated area and period as they really were.
    """

    group: NDArray[np.int64]
    numbers: Array
    shift: Array

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Areas per group."""
        return np.bincount(self.group, minlength=self.numbers.shape[1])


def groups_of(matrix: AreaMatrix) -> NDArray[np.int64]:
    """0 = never starts; 1, 2 … = the start dates in order."""
    return np.where(matrix.ever, np.searchsorted(np.array(matrix.starts), matrix.start) + 1, 0)


def before_after_contrast(matrix: AreaMatrix) -> Contrast:
    """Difference-in-differences with one start: mean after minus mean before, program minus comparison areas."""
    start, periods = matrix.starts[0], len(matrix.periods)
    change = np.where(np.arange(periods) >= start, 1 / (periods - start), -1 / start)
    return _contrast(matrix, np.vstack([-change, change]))


def start_date_contrast(matrix: AreaMatrix, comparison: str = "never") -> Contrast:
    """Callaway–Sant'Anna without covariates, all ATT(g, t) from the start on averaged by group size ("simple").

    Callaway & Sant'Anna 2021, J. Econometrics 225, equations 2.8–2.10 and 3.10 without covariates; base period
    is the last one before the start.
    """
    starts, periods = matrix.starts, len(matrix.periods)
    group = groups_of(matrix)
    sizes = np.bincount(group)
    weights = np.zeros((len(starts) + 1, periods))
    cells = sum(int(sizes[k + 1]) * (periods - start) for k, start in enumerate(starts))
    for k, start in enumerate(starts):
        for period in range(start, periods):
            share = sizes[k + 1] / cells
            weights[k + 1, period] += share
            weights[k + 1, start - 1] -= share
            others = [0]
            if comparison == "not_yet":
                others += [j + 1 for j, later in enumerate(starts) if later > period]
            size = sizes[others].sum()
            for other in others:
                weights[other, period] -= share * sizes[other] / size
                weights[other, start - 1] += share * sizes[other] / size
    return _contrast(matrix, weights)


def _contrast(matrix: AreaMatrix, weights: Array) -> Contrast:
    return Contrast(
        group=groups_of(matrix),
        numbers=matrix.values @ weights.T,
        shift=matrix.treated.astype(np.float64) @ weights.T,
    )


def estimates(numbers: Array, labels: NDArray[np.integer]) -> tuple[Array, Array]:
    """Estimate and its variance for each arrangement (row of labels).

    Variance: Σ over groups of s²/n, s² of the group itself when every group has four areas or more (so that
    program areas may vary more than the others), else one s² from the deviations of all areas from their
    group's mean.
    """
    groups = numbers.shape[1]
    sizes = np.bincount(np.asarray(labels[0], dtype=np.int64), minlength=groups)
    own = bool((sizes >= OWN_VARIANCE_FROM).all())
    estimate = np.zeros(len(labels))
    variance = np.zeros(len(labels))
    within = np.tile((numbers**2).sum(axis=0), (len(labels), 1))
    for group in range(groups):
        member = (labels == group).astype(np.float64)
        sums = member @ numbers
        estimate += sums[:, group] / sizes[group]
        within -= sums**2 / sizes[group]
        if own:
            squares = member @ (numbers[:, group] ** 2) - sums[:, group] ** 2 / sizes[group]
            variance += squares / ((sizes[group] - 1) * sizes[group])
    if not own:
        left = labels.shape[1] - groups
        variance = (within / left) @ (1 / sizes) if left > 0 else np.full(len(labels), np.nan)
    return estimate, np.maximum(variance, 0.0)
