"""The mixture of comparison areas that comes nearest to one area: weights of at least 0 that sum to 1, least squares.

Compiled, since choosing predictor weights asks for thousands of such mixtures. Import it inside functions: numba is
heavy.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]


@njit(cache=True)
def nearest_mixture(apart: Array) -> Array:
    """Weights w ≥ 0, Σ w = 1, that make ‖apart · w‖ smallest; exact up to rounding.

    apart: contiguous, facts × areas, how far each area lies from the one to be matched. With t > 0, the u ≥ 0 that
    minimises ‖apart · u‖² + t² (Σ u − 1)² is a multiple of w, so that non-negative least squares answers it
    (Lawson & Hanson 1974, Solving Least Squares Problems, chapter 23: one area joins at a time, those whose weight
    would turn negative leave).
    """
    areas = apart.shape[1]
    gram = apart.T @ apart
    pull = max(np.trace(gram) / areas, 1e-300)
    gram += pull
    weights = np.zeros(areas)
    inside = np.zeros(areas, np.bool_)
    tolerance = 1e-11 * (np.trace(gram) / areas)
    for _ in range(10 * areas):
        gain = pull - gram @ weights
        joins, most = -1, tolerance
        for area in range(areas):
            if not inside[area] and gain[area] > most:
                joins, most = area, gain[area]
        if joins < 0:
            break
        inside[joins] = True
        while True:
            places = np.flatnonzero(inside)
            count = len(places)
            system = np.empty((count, count))
            for row in range(count):
                for column in range(count):
                    system[row, column] = gram[places[row], places[column]]
                # Areas that are alike in everything would make the system singular.
                system[row, row] *= 1 + 1e-13
            wanted = np.linalg.solve(system, np.full(count, pull))
            if wanted.min() > 0:
                for row in range(count):
                    weights[places[row]] = wanted[row]
                break
            step = 1.0
            for row in range(count):
                if wanted[row] <= 0:
                    now = weights[places[row]]
                    step = min(step, now / (now - wanted[row]) if now > 0 else 0.0)
            for row in range(count):
                place = places[row]
                weights[place] += step * (wanted[row] - weights[place])
                if weights[place] <= 1e-14:
                    weights[place] = 0.0
                    inside[place] = False
    return weights / weights.sum()


@njit(cache=True)
def course_error(importance: Array, apart: Array, course: Array, donors: Array) -> float:
    """Mean squared distance of the course from that of the mixture nearest in the predictors so weighted.

    importance: one number per predictor, only their ratios and not their signs count; apart: predictors × areas;
    course: periods; donors: periods × areas.
    """
    total = np.abs(importance).sum()
    if total == 0:
        return np.inf
    root = np.sqrt(np.abs(importance) / total)
    left = course - donors @ nearest_mixture(apart * root.reshape(-1, 1))
    return float((left**2).mean())
