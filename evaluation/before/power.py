"""Could we ever tell? The smallest effect that an evaluation would find, from the city's own history.

Stretches of the areas' real past are taken as they are, with their season, their drift and their shared shocks; some
areas are called treated, an effect is put in, and the test that the evaluation will use is run: fixed effects for
areas and periods, and randomization over the areas' schedules. The smallest effect found in 80 of 100 such trials is
the minimum detectable effect. Formulas for independent months flatter; history does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, sqrt
from typing import Final, Literal

import numpy as np
import polars as pl

from call_codes.errors import InputError, UsageError

EFFECTS: Final = tuple(-step / 100 for step in range(5, 45, 5))
LEVEL: Final = 0.05
POWER: Final = 0.80


@dataclass(frozen=True)
class Power:
    """What a roll-out could show.

    - curve: effect (−0.2 = 20 % fewer, or in units of the outcome), power (share of trials in which the test finds
      it at 5 %), low, high (95 % interval of that share).
    - minimum_detectable_effect: the size found with 80 % power, between two tried effects by straight line; None
      where even the largest tried is not.
    - false_alarms: share of trials without any effect in which the test finds one: it should be near 0.05.
    - arrangements: in how many ways the schedules could have been dealt to areas; under 20 no test can reach 5 %.
    - sentence: the answer in words.
    """

    curve: pl.DataFrame
    minimum_detectable_effect: float | None
    false_alarms: float
    arrangements: int
    treated_areas: int
    comparison_areas: int
    periods_before: int
    periods_after: int
    sentence: str


def analytic_minimum_detectable_effect(
    treated_areas: int, comparison_areas: int, periods_before: int, periods_after: int
) -> float:
    """In standard deviations of one area and period: 2.8·√((1/n₁ + 1/n₀)(1/T₀ + 1/T₁)), 80 % power at 5 %.

    Holds for independent, equally noisy periods only: the anchor against which the simulation is tested.
    """
    return 2.8 * sqrt((1 / treated_areas + 1 / comparison_areas) * (1 / periods_before + 1 / periods_after))


def power_on_history(
    history: np.ndarray,
    treated_areas: int,
    periods_before: int,
    periods_after: int,
    *,
    waves: int = 1,
    effects: Sequence[float] = EFFECTS,
    scale: Literal["relative", "difference"] = "relative",
    statistic: Literal["coefficient", "cluster_t"] = "coefficient",
    trials: int = 400,
    arrangements: int = 199,
    seed: int = 0,
    outcome: str = "the outcome",
    period: str = "period",
) -> Power:
    """Power of a roll-out in `treated_areas` of the areas of `history`.

    history: areas × periods of the outcome, complete. scale "relative": each area's outcome is divided by its own
    mean, and an effect of −0.2 takes 20 % off; "difference": effects are in the outcome's unit. waves: the treated
    areas start in so many equal groups, spread over the first half of the time after. Where the history is shorter
    than before + after, stretches of half of it are put together. The test: β of the two-way fixed-effects regression
    against its values under `arrangements` other dealings of the schedules; statistic "cluster_t" compares β over
    its area-clustered error instead, which guards against treated areas of another size and finds less.
    outcome, period: what they are called in the sentence.
    Raises UsageError where areas or periods do not suffice, InputError for an area without a single event.
    """
    areas, periods = history.shape
    _check(areas, periods, treated_areas, periods_before, periods_after, waves)
    base = history.astype(float)
    if scale == "relative":
        means = base.mean(axis=1, keepdims=True)
        if (means <= 0).any():
            raise InputError(
                found=f"{int((means <= 0).sum())} of {areas} areas without a single event in the history.",
                expected="events in every area, since an effect is a share of them.",
                action="Use larger areas, a more frequent outcome, or leave those areas out.",
            )
        base = base / means
    starts = _starts(areas, treated_areas, waves, periods_before, periods_after)
    length = periods_before + periods_after
    treated = (np.arange(length)[None, :] >= starts[:, None]).astype(float)
    design = treated - treated.mean(0) - treated.mean(1, keepdims=True) + treated.mean()
    found = np.zeros(len(effects) + 1)
    for number in range(trials):
        rng = np.random.default_rng([seed, number])
        path = _stretch(base, length, rng)[rng.permutation(areas)]
        orders = np.argsort(rng.random((arrangements, areas)), axis=1)
        change = treated * path if scale == "relative" else treated
        observed, others = _statistics(path, change, design, np.array([0.0, *effects]), orders, statistic)
        # One of 1 + arrangements equally likely values, the observed one among them.
        ranks = 1 + (others >= observed[:, None] - 1e-12).sum(axis=1)
        found += ranks <= LEVEL * (1 + arrangements)
    shares = found / trials
    margin = 1.96 * np.sqrt(shares * (1 - shares) / trials)
    curve = pl.DataFrame(
        {
            "effect": list(effects),
            "power": shares[1:],
            "low": np.maximum(shares - margin, 0)[1:],
            "high": np.minimum(shares + margin, 1)[1:],
        }
    )
    smallest = _crossing(np.abs(effects), shares[1:])
    ways = _ways(areas, treated_areas, waves)
    return Power(
        curve,
        None if ways < 1 / LEVEL else smallest,
        float(shares[0]),
        ways,
        treated_areas,
        areas - treated_areas,
        periods_before,
        periods_after,
        _sentence(
            smallest,
            ways,
            treated_areas,
            areas,
            periods_before,
            periods_after,
            effects,
            scale,
            outcome,
            period,
        ),
    )


def _check(areas: int, periods: int, treated: int, before: int, after: int, waves: int) -> None:
    if not 1 <= treated < areas or not 1 <= waves <= treated:
        raise UsageError(
            found=f"{treated} treated of {areas} areas in {waves} waves.",
            expected="at least one treated area, one that stays for comparison, and no more waves than treated areas.",
            action="Correct the numbers.",
        )
    if before < 2 or after < 1 or periods < 6:
        raise UsageError(
            found=f"{before} periods before, {after} after, {periods} in the history.",
            expected="2 or more before, 1 or more after, 6 or more in the history.",
            action="Use months instead of a single total, or a longer export.",
        )


def _starts(areas: int, treated: int, waves: int, before: int, after: int) -> np.ndarray:
    """The period in which each area starts: treated ones first, in equal waves; the others never."""
    starts = np.full(areas, before + after)
    wave = np.arange(treated) * waves // treated
    starts[:treated] = before + np.round(wave * (after / 2) / max(1, waves)).astype(int)
    return starts


def _stretch(base: np.ndarray, length: int, rng: np.random.Generator) -> np.ndarray:
    """`length` periods of history: one real stretch where it is long enough, else stretches of half of it."""
    periods = base.shape[1]
    if length <= periods:
        start = rng.integers(0, periods - length + 1)
        return base[:, start : start + length]
    block = max(2, periods // 2)
    pieces = [
        base[:, start : start + block] for start in rng.integers(0, periods - block + 1, -(-length // block))
    ]
    return np.concatenate(pieces, axis=1)[:, :length]


def _statistics(
    path: np.ndarray,
    change: np.ndarray,
    design: np.ndarray,
    effects: np.ndarray,
    orders: np.ndarray,
    statistic: str,
) -> tuple[np.ndarray, np.ndarray]:
    """The test's statistic for each effect, as dealt and under `orders` (permutations of areas): E and E × K.

    The outcome is path + effect × change, so everything is linear in the effect and is summed only once. By
    Frisch, Waugh and Lovell β is the sum over areas of outcome × demeaned design, over the design's square.
    """
    total, square = (design**2).sum(), (design**2).sum(axis=1)
    orders = np.vstack([np.arange(len(path)), orders])
    # The design is demeaned both ways, so the outcome needs no demeaning: products are summed per area. Every area's
    # product with every area's design is made once; an order only picks from them.
    own = np.arange(len(path))
    products = [(part @ design.T)[orders, own] for part in (path, change)]
    by_area = products[0][None] + effects[:, None, None] * products[1][None]
    beta = by_area.sum(axis=2) / total
    if statistic == "coefficient":
        value = np.abs(beta)
    else:
        fitted = _area_means_out(path, change, effects, orders, design)
        scores = by_area - fitted - beta[:, :, None] * square
        value = np.abs(beta) / np.maximum(np.sqrt((scores**2).sum(axis=2)) / total, 1e-12)
    return value[:, 0], value[:, 1:]


def _area_means_out(
    path: np.ndarray, change: np.ndarray, effects: np.ndarray, orders: np.ndarray, design: np.ndarray
) -> np.ndarray:
    """What the fixed effects of periods take from each area's product with the design (areas' own take nothing)."""
    period = np.stack(
        [part.mean(axis=0) for part in (path, change)]
    )  # a permutation of areas leaves it as it is
    taken = period @ design.T
    both = taken[0][None] + effects[:, None] * taken[1][None]
    return np.repeat(both[:, None, :], len(orders), axis=1)


def _ways(areas: int, treated: int, waves: int) -> int:
    """In how many ways areas can be dealt to the waves and the comparison."""
    ways, left = 1, areas
    for wave in range(waves):
        size = sum(1 for k in range(treated) if k * waves // treated == wave)
        ways *= comb(left, size)
        left -= size
    return ways


def _crossing(sizes: np.ndarray, shares: np.ndarray) -> float | None:
    """The size at which power reaches 80 %, by straight line between tried sizes (from 0, where it is the level)."""
    order = np.argsort(sizes)
    x, y = np.append(0.0, sizes[order]), np.append(LEVEL, np.maximum.accumulate(shares[order]))
    above = np.flatnonzero(y >= POWER)
    if not len(above):
        return None
    k = above[0]
    return float(x[k - 1] + (POWER - y[k - 1]) / (y[k] - y[k - 1]) * (x[k] - x[k - 1]))


def _sentence(
    smallest: float | None,
    ways: int,
    treated: int,
    areas: int,
    before: int,
    after: int,
    effects: Sequence[float],
    scale: str,
    outcome: str,
    period: str,
) -> str:
    roll_out = f"{treated} of {areas} areas, {before} {period}s before and {after} after"
    if ways < 1 / LEVEL:
        return (
            f"With {roll_out} there are only {ways} ways to deal the start, so no honest test can reach 5%: "
            "add areas or take turns in starting."
        )

    def told(size: float) -> str:
        return f"{100 * size:.0f}%" if scale == "relative" else f"{size:.3g}"

    if smallest is None:
        return f"With {roll_out}, not even a change of {told(max(map(abs, effects)))} in {outcome} would be found reliably."
    return (
        f"With {roll_out}, a change of {told(smallest)} in {outcome} would be found in 8 of 10 cases; "
        "smaller ones may be missed."
    )
