"""Effects by start date and period (ATT(g, t)), and their averages with the variance of the averaging weights.

Callaway & Sant'Anna 2021, J. Econometrics 225. Every number carries its influence function over areas, so a
standard error is a mean of squares and simultaneous bands come from one multiplier bootstrap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.after.area_matrix import AreaMatrix
from evaluation.after.doubly_robust_did import Array, Method, two_periods

Aggregation = Literal["simple", "event", "group", "calendar"]


@dataclass(frozen=True)
class Averaged:
    """An effect with its influence function; standard error = √(mean of squares / areas)."""

    estimate: float
    influence: Array

    @property
    def standard_error(self) -> float:
        """Standard error, clustered by area."""
        return float(np.sqrt((self.influence**2).mean() / len(self.influence)))


@dataclass(frozen=True)
class GroupTime:
    """starts, periods, effects: one entry per (start, period); influence: areas × entries; start of each area."""

    starts: NDArray[np.int64]
    periods: NDArray[np.int64]
    effects: Array
    influence: Array
    start: NDArray[np.int64]

    @property
    def standard_errors(self) -> Array:
        """One per (start, period)."""
        return np.asarray(np.sqrt((self.influence**2).mean(axis=0) / len(self.start)))


def group_time_effects(
    matrix: AreaMatrix, covariates: Array, method: Method, comparison: Literal["never", "not_yet"]
) -> GroupTime:
    """ATT(g, t) for every start g and period t ≥ 1: against the period before the start from then on, against
    the period before t earlier on ("varying" base).

    comparison "not_yet": areas that have not started by the later of the two periods, never-starters included.
    """
    areas, periods = matrix.values.shape
    entries: list[tuple[int, int, float]] = []
    columns: list[Array] = []
    never = ~matrix.ever
    for start in matrix.starts:
        for period in range(1, periods):
            base = start - 1 if period >= start else period - 1
            members = matrix.start == start
            others = never if comparison == "never" else (matrix.start > max(period, base)) & ~members
            used = members | others
            if not others.any():
                continue
            change = matrix.values[used, period] - matrix.values[used, base]
            found = two_periods(change, members[used], covariates[used], method)
            column = np.zeros(areas)
            column[used] = found.influence * (areas / used.sum())
            entries.append((start, period, found.estimate))
            columns.append(column)
    starts, times, effects = zip(*entries, strict=True)
    return GroupTime(
        np.array(starts), np.array(times), np.array(effects), np.column_stack(columns), matrix.start
    )


def averaged(found: GroupTime, chosen: NDArray[np.bool_], *, by_size: bool = True) -> Averaged:
    """Average of the chosen entries, by the size of their start's group (estimated, hence in the variance) or equal."""
    places = np.flatnonzero(chosen)
    effects, influence = found.effects[places], found.influence[:, places]
    if not by_size:
        return Averaged(float(effects.mean()), influence.mean(axis=1))
    member = (found.start[:, None] == found.starts[places][None, :]).astype(np.float64)
    share = member.mean(axis=0)
    weights = share / share.sum()
    centred = member - share
    of_weights = centred / share.sum() - np.outer(centred.sum(axis=1), share) / share.sum() ** 2
    return Averaged(float(weights @ effects), influence @ weights + of_weights @ effects)


def average_of(parts: list[Averaged], weights: Array | None = None) -> Averaged:
    """Plain (or given) average of averages."""
    weights = np.full(len(parts), 1 / len(parts)) if weights is None else weights
    estimate = float(sum(weight * part.estimate for weight, part in zip(weights, parts, strict=True)))
    influence = np.column_stack([part.influence for part in parts]) @ weights
    return Averaged(estimate, influence)


def overall(found: GroupTime, aggregation: Aggregation) -> Averaged:
    """One number from all entries after the start.

    simple: all entries by group size; event: mean over event times; group: mean over starts by group size;
    calendar: mean over periods.
    """
    after = found.periods >= found.starts
    if aggregation == "simple":
        return averaged(found, after)
    if aggregation == "event":
        times = np.unique((found.periods - found.starts)[after])
        return average_of([averaged(found, found.periods - found.starts == time) for time in times])
    if aggregation == "calendar":
        return average_of(
            [averaged(found, after & (found.periods == one)) for one in np.unique(found.periods[after])]
        )
    groups = np.unique(found.starts[after])
    parts = [averaged(found, after & (found.starts == group), by_size=False) for group in groups]
    member = (found.start[:, None] == groups[None, :]).astype(np.float64)
    share = member.mean(axis=0)
    centred = member - share
    of_weights = centred / share.sum() - np.outer(centred.sum(axis=1), share) / share.sum() ** 2
    mean = average_of(parts, share / share.sum())
    return Averaged(mean.estimate, mean.influence + of_weights @ np.array([part.estimate for part in parts]))


def by_event_time(found: GroupTime) -> tuple[NDArray[np.int64], list[Averaged]]:
    """Event times (0 = first period with the program) and the effect at each, by group size."""
    times = np.unique(found.periods - found.starts)
    return times, [averaged(found, found.periods - found.starts == time) for time in times]


def simultaneous_factor(parts: list[Averaged], *, seed: int, draws: int = 999) -> float:
    """How many standard errors wide a band must be to hold all of them at once with 95 % (multiplier bootstrap)."""
    influence = np.column_stack([part.influence for part in parts])
    errors = np.array([part.standard_error for part in parts])
    influence, errors = influence[:, errors > 0], errors[errors > 0]
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), size=(draws, len(influence)))
    largest = np.abs(signs @ influence / len(influence) / errors).max(axis=1)
    return float(max(np.quantile(largest, 0.95), 1.959964))


def pretest(found: GroupTime) -> tuple[float, float] | None:
    """Wald statistic and p-value of "all effects before the start are zero"; None where the matrix is singular."""
    from scipy import stats

    before = found.periods < found.starts
    count = int(before.sum())
    if count == 0 or count >= len(found.start):
        return None
    areas = len(found.start)
    covariance = found.influence[:, before].T @ found.influence[:, before] / areas
    if np.linalg.matrix_rank(covariance) < count:
        return None
    effects = found.effects[before]
    statistic = float(areas * effects @ np.linalg.solve(covariance, effects))
    return statistic, float(stats.chi2.sf(statistic, count))
