"""Robust confidence sets of Rambachan and Roth under relative magnitudes: the conditional least-favourable test.

The areas may drift apart after the start by at most `magnitude` times the largest drift between two neighbouring
periods before it. The published test solves a linear program at every point of a grid; the program's corners do
not depend on the point, so here they are listed once and everything else is matrix arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ALPHA = 0.05
FIRST_STAGE = ALPHA / 10  # share of the error spent on the least-favourable first step, as in the paper
GRID_POINTS = 400
REACH = 20.0  # the grid runs this many standard errors to either side of zero and of the estimate
DRAWS = 10_000
MOST_CORNERS = 200_000
_TINY = 1e-9


@dataclass(frozen=True)
class EventStudy:
    """Event-study estimates around a reference period with effect 0, in order of time, and their covariance.

    before: how many of the estimates lie before the reference period; the others lie after it.
    """

    estimates: Array
    covariance: Array
    before: int

    @property
    def after(self) -> int:
        """Estimates after the reference period."""
        return len(self.estimates) - self.before


def confidence_set(
    study: EventStudy, weights: Array, magnitude: float, *, seed: int = 0
) -> tuple[float | None, float | None]:
    """Lowest and highest effect that the C-LF test does not reject at 5 %; None where the search met no end.

    weights: of the estimates after the reference; the effect is their weighted sum. The set is the union over
    the neighbouring pair of periods before the start that drifted most, up or down. Rambachan & Roth 2023, Rev.
    Econ. Stud. 90, section 4; tests of Andrews, Roth & Pakes 2023, Rev. Econ. Stud. 90.
    """
    error = float(np.sqrt(weights @ study.covariance[study.before :, study.before :] @ weights))
    centre = float(weights @ study.estimates[study.before :])
    tests = list(_tests(study, weights, magnitude, seed))
    reach = REACH * error + abs(centre)
    for _ in range(4):
        grid = np.linspace(-reach, reach, GRID_POINTS + 1)
        kept = np.zeros(len(grid), dtype=bool)
        for test in tests:
            kept |= test.accepts(grid)
        if not (kept[0] or kept[-1]):
            break
        reach *= 4
    if not kept.any():
        return None, None
    first, last = int(np.argmax(kept)), len(kept) - 1 - int(np.argmax(kept[::-1]))
    low = None if first == 0 else _edge(tests, grid[first], grid[first - 1])
    high = None if last == len(grid) - 1 else _edge(tests, grid[last], grid[last + 1])
    return low, high


def holds(study: EventStudy, weights: Array, magnitude: float, effect: float = 0.0, *, seed: int = 0) -> bool:
    """Whether `effect` lies in the confidence set."""
    return any(test.accepts(np.array([effect]))[0] for test in _tests(study, weights, magnitude, seed))


def _edge(tests: list[_Test], inside: float, outside: float) -> float:
    for _ in range(12):
        middle = np.array([(inside + outside) / 2])
        if any(test.accepts(middle)[0] for test in tests):
            inside = float(middle[0])
        else:
            outside = float(middle[0])
    return inside


@dataclass(frozen=True)
class _Test:
    """One pair of periods and one sign: moments `level − slope · effect` ≤ 0 up to the other effects, free.

    corners: corners of the dual program, one a row; least_favourable: critical value of the first step.
    """

    level: Array
    slope: Array
    corners: Array
    covariance: Array  # of corners · moments
    least_favourable: float

    def accepts(self, effects: Array) -> NDArray[np.bool_]:
        """For each effect, whether it is not rejected."""
        from scipy.special import log_ndtr

        values = (self.corners @ self.level)[None, :] - effects[:, None] * (self.corners @ self.slope)[
            None, :
        ]
        best = values.argmax(axis=1)
        top = values[np.arange(len(effects)), best]
        spread = np.diag(self.covariance)[best]
        kept = np.ones(len(effects), dtype=bool)
        noiseless = spread < _TINY * self.covariance.diagonal().max()
        kept[noiseless] = top[noiseless] <= 0
        kept[top > self.least_favourable] = False
        size = (ALPHA - FIRST_STAGE) / (1 - FIRST_STAGE)
        for place in np.flatnonzero(kept & ~noiseless & (top > 0)):
            # Given that this corner is the best one, its value is a normal variable between low and high.
            along = self.covariance[:, best[place]] / spread[place]
            rest, room = values[place] - along * top[place], 1 - along
            below, above = room > _TINY, room < -_TINY
            low = float(np.max(rest[below] / room[below], initial=-np.inf))
            high = float(np.min(rest[above] / room[above], initial=np.inf))
            high = min(high, self.least_favourable)
            deviation = float(np.sqrt(spread[place]))
            at, start, end = (log_ndtr(-one / deviation) for one in (top[place], low, high))
            # P(Z > at | start ≤ Z ≤ end), from upper tails in logarithms: far out, the tails themselves are 0.
            tail = -np.expm1(min(end - at, 0.0)) * np.exp(min(at - start, 0.0))
            whole = -np.expm1(min(end - start, 0.0))
            kept[place] = whole <= 0 or tail / whole >= size
        return kept


def _tests(study: EventStudy, weights: Array, magnitude: float, seed: int) -> Iterator[_Test]:
    before, after = study.before, study.after
    steps = np.diff(np.insert(np.eye(before + after), before, 0.0, axis=0), axis=0)
    # The effect of interest first, the other effects after the start as free parameters.
    order = np.argsort(-np.abs(weights), kind="stable")
    basis = np.vstack([weights, np.eye(after)[order[1:]]])
    effects = np.linalg.inv(basis)
    for pair in range(before):
        for sign in (1.0, -1.0):
            bound = magnitude * sign * steps[pair]
            moments = np.vstack([steps[before:] - bound, -steps[before:] - bound])
            covariance = moments @ study.covariance @ moments.T
            deviation = np.sqrt(np.diag(covariance))
            on_effects = moments[:, before:] @ effects
            corners = _corners(on_effects[:, 1:], deviation)
            spread = corners @ covariance @ corners.T
            yield _Test(
                level=moments @ study.estimates,
                slope=on_effects[:, 0],
                corners=corners,
                covariance=spread,
                least_favourable=_least_favourable(corners, covariance, seed),
            )


def _corners(free: Array, deviation: Array) -> Array:
    """Corners of {c ≥ 0, c · free = 0, c · deviation = 1}: each has at most columns of `free` + 1 entries above 0."""
    rows, wide = len(deviation), free.shape[1] + 1
    if comb(rows, wide) > MOST_CORNERS:
        raise ValueError(f"{rows} moments with {wide - 1} free effects: join periods into blocks first.")
    system = np.column_stack([deviation, free])
    target = np.zeros(wide)
    target[0] = 1.0
    chosen = np.array(list(combinations(range(rows), wide)))
    blocks = np.swapaxes(system[chosen], 1, 2)
    scale = np.abs(blocks).max(axis=(1, 2)) ** wide
    regular = np.abs(np.linalg.det(blocks)) > 1e-12 * scale
    solved = np.linalg.solve(blocks[regular], np.broadcast_to(target, (int(regular.sum()), wide))[..., None])[
        ..., 0
    ]
    feasible = (solved > -1e-9 * np.abs(solved).max(axis=1, keepdims=True)).all(axis=1)
    found = np.zeros((int(feasible.sum()), rows))
    np.put_along_axis(found, chosen[regular][feasible], np.maximum(solved[feasible], 0.0), axis=1)
    return np.unique(np.round(found, 12), axis=0)


def _least_favourable(corners: Array, covariance: Array, seed: int) -> float:
    """The value that the largest moment exceeds with probability FIRST_STAGE when every moment binds."""
    root, shape = np.linalg.eigh(covariance)
    draws = np.random.default_rng(seed).standard_normal((DRAWS, len(root)))
    moments = draws @ (shape * np.sqrt(np.maximum(root, 0.0))).T
    return float(np.quantile((moments @ corners.T).max(axis=1), 1 - FIRST_STAGE))
