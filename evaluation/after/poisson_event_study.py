"""The course of counts around the start, before and after it alike: what judges of trends need of a staggered roll-out.

Imputation shrinks the periods before the start towards zero, because the program areas help to fit them, and would
set a jump at the start where there is none (Roth 2024). So every period is compared in the same way here: with the
areas that never start, at the group's own level before its start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.after.area_matrix import AreaMatrix
from evaluation.after.poisson_imputation import Array

MOSTLY_SEEN = 0.75  # an event time that fewer of the program areas reach shows who they are, not a course


@dataclass(frozen=True)
class RatioCourse:
    """Log rate ratio by event time, and the same with each area left out (areas × event times).

    A ratio of 0 on this scale is the group's own mean before the start. Event times without gaps, −2, −1 and 0
    among them, which three quarters of the program areas reach; every ratio exists, whichever area is left out.
    """

    times: tuple[int, ...]
    estimates: Array
    without: Array

    @property
    def errors(self) -> Array:
        """Jackknife standard error of each ratio to the mean before the start."""
        return np.asarray(np.sqrt(np.diag(_jackknife(self.without - self.estimates))))

    @property
    def details(self) -> dict[str, Any]:
        """event_times, event_estimates, event_covariance against the last period before the start (without it)."""
        reference = self.times.index(-1)
        kept = [place for place in range(len(self.times)) if place != reference]
        estimates = self.estimates - self.estimates[reference]
        moved = self.without - self.without[:, reference, None] - estimates
        return {
            "event_times": [self.times[place] for place in kept],
            "event_estimates": estimates[kept],
            "event_covariance": _jackknife(moved[:, kept]),
        }


def ratio_course(matrix: AreaMatrix) -> RatioCourse | str:
    """The course of a staggered roll-out of counts, or why there is none, in a sentence.

    At event time e, over the groups of one start that are observed then: log(Σ counts / Σ expected counts), where a
    group's expected count is that of the never-starters × the group's counts before its start ÷ theirs. Counts are
    first brought to the area's mean exposure. With one start and equal exposures, differences from event time −1
    are the coefficients of the Poisson event study.
    """
    if int(matrix.ever.sum()) < 2 or int((~matrix.ever).sum()) < 2:
        return (
            "One program or comparison area has no spread, so its course before the start cannot be judged."
        )
    rates = matrix.values / matrix.exposure * matrix.exposure.mean(axis=1, keepdims=True)
    areas, periods = rates.shape
    starts = np.array(matrix.starts)
    member = (matrix.start[:, None] == starts[None, :]).astype(np.float64)
    totals = member.T @ rates
    never = rates[~matrix.ever].sum(axis=0)
    # Row 0 is all areas, row 1 + i is without area i.
    left_out = np.concatenate([np.zeros((1, areas)), np.eye(areas)])
    group_totals = totals[None] - np.einsum("bi,ig,it->bgt", left_out, member, rates, optimize=True)
    never_totals = never[None] - (left_out * ~matrix.ever) @ rates
    before = np.arange(periods)[None, :] < starts[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        level = (group_totals * before).sum(axis=2) / (never_totals @ before.T)
        expected = level[:, :, None] * never_totals[:, None, :]
        since = np.arange(periods)[None, :] - starts[:, None]
        times = np.arange(-int(starts.max()), periods - int(starts.min()))
        observed_sums, expected_sums = (_by_time(cells, since, times) for cells in (group_totals, expected))
        ratios = np.log(observed_sums) - np.log(expected_sums)
    sizes = member.sum(axis=0)
    seen = ((times[:, None] >= -starts) & (times[:, None] < periods - starts)) @ sizes
    usable = _around_start(times, np.isfinite(ratios).all(axis=0) & (seen >= MOSTLY_SEEN * sizes.sum()))
    if usable is None:
        return "In the periods next to the start, some areas count nothing at all, so no course can be drawn."
    kept = ratios[:, usable]
    return RatioCourse(tuple(int(time) for time in times[usable]), kept[0], kept[1:])


def _by_time(cells: Array, since: NDArray[np.int64], times: NDArray[np.int64]) -> Array:
    """Sums over groups by event time. cells: rows × groups × periods."""
    sums = np.zeros((len(cells), len(times)))
    for group, own in enumerate(since):
        sums[:, own - times[0]] += cells[:, group, :]
    return sums


def _around_start(times: NDArray[np.int64], known: NDArray[np.bool_]) -> NDArray[np.int64] | None:
    """Places of the unbroken run of known event times that holds −2, −1 and 0; None where there is none."""
    zero = int(np.flatnonzero(times == 0)[0])
    if zero < 2 or not known[zero - 2 : zero + 1].all():
        return None
    unknown = np.flatnonzero(~known)
    first = int(max((place for place in unknown if place < zero), default=-1)) + 1
    last = int(min((place for place in unknown if place > zero), default=len(times)))
    return np.arange(first, last)


def _jackknife(moved: Array) -> Array:
    areas = len(moved)
    return np.asarray((areas - 1) / areas * moved.T @ moved)
