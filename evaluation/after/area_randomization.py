"""Randomization inference over areas and schedules: is the effect unusual among all the ways to place the program?

The t-statistic is compared, not the coefficient (MacKinnon & Webb 2020, J. Econometrics 218: less misled by
program areas that vary more than others). The interval holds every constant effect that the test does not
reject.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evaluation.after.area_contrast import Array, Contrast, estimates
from evaluation.after.arrangements import Arrangements, arrangements


@dataclass(frozen=True)
class Randomization:
    """p_value of "no effect in any area"; low, high: 95 % interval, None where no effect can be rejected."""

    p_value: float
    smallest_possible: float
    arrangements: Arrangements
    low: float | None
    high: float | None


def share_as_extreme(statistics: Array) -> float:
    """Share of arrangements whose |statistic| is at least that of the real one (the first)."""
    size = np.abs(statistics)
    return float((size >= size[0] * (1 - 1e-10)).mean())


def randomization(
    contrast: Contrast, *, seed: int = 0, alpha: float = 0.05, interval: bool = True
) -> Randomization:
    """Randomization test of a contrast, exact where the arrangements can be listed."""
    ways = arrangements(contrast.group, seed)
    estimate, variance = estimates(contrast.numbers, ways.labels)
    unit = float(np.sqrt(variance[0])) or 1.0
    smallest = 1 / len(ways.labels)

    def statistic_at(effect: float) -> Array:
        return _statistic(estimate, variance)

    low = high = None
    if interval and smallest <= alpha:
        shift, _ = estimates(contrast.shift, ways.labels)
        # The variance is a parabola in the effect: three points fix it, and any effect then costs nothing.
        up = estimates(contrast.numbers - unit * contrast.shift, ways.labels)[1]
        down = estimates(contrast.numbers + unit * contrast.shift, ways.labels)[1]
        curve, slope = (up + down) / 2 - variance, (up - down) / 2

        def statistic_at(effect: float) -> Array:
            scaled = effect / unit
            spread = variance + slope * scaled + curve * scaled**2
            return _statistic(estimate - effect * shift, np.maximum(spread, 0.0))

        low, high = invert(
            lambda effect: share_as_extreme(statistic_at(effect)), float(estimate[0]), unit, alpha
        )
    p_value = share_as_extreme(statistic_at(0.0))
    return Randomization(p_value, smallest, ways, low, high)


def _statistic(estimate: Array, variance: Array) -> Array:
    floor = 1e-12 * float(np.max(variance, initial=0.0)) + 1e-300
    return np.asarray(estimate / np.sqrt(np.maximum(variance, floor)))


def invert(
    p_value: Callable[[float], float], centre: float, step: float, alpha: float
) -> tuple[float | None, float | None]:
    """The two ends of the effects that a test does not reject, by bisection; None where no end is found."""
    ends: list[float | None] = []
    for sign in (-1.0, 1.0):
        inside, outside, size = centre, None, step
        for _ in range(40):
            tried = centre + sign * size
            if p_value(tried) <= alpha:
                outside = tried
                break
            inside, size = tried, size * 1.6
        if outside is None:
            ends.append(None)
            continue
        for _ in range(30):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if p_value(middle) <= alpha else (middle, outside)
        ends.append(outside)
    return ends[0], ends[1]
