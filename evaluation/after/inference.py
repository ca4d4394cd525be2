"""Which test to believe: by the number and the likeness of the program areas, with every p-value shown.

Ordinary clustered standard errors reject far too often with few program areas (one of 36: 75 % of true nulls
at 5 %), the wild bootstrap then almost never. So a test of the whole set is picked whose size holds, the others
are shown and marked, and where no test can hold its size the result says so. METHODS.md has the measured sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import NDArray

from evaluation.after.area_contrast import OWN_VARIANCE_FROM, Contrast
from evaluation.after.area_randomization import Randomization, invert, randomization
from evaluation.after.cluster_tests import area_t, cluster_robust, jackknife, welch, wild_cluster_bootstrap
from evaluation.after.results import PValue
from evaluation.after.unequal_areas import rescaled_bootstrap

Array = NDArray[np.float64]
ALPHA = 0.05
LEAST_ATTAINABLE = 0.03  # an exact test that can only reject 1 in 36 true nulls is not a 5 % test
ALIKE = 2.0  # program areas between half and twice the comparison areas in size
LEAST_AREAS_CR1 = 10
LEAST_PROGRAM_AREAS_CR3 = 4
LEAST_PROGRAM_AREAS_WILD = 6
LEAST_AREAS_WELCH = 5
LEAST_COMPARISON_ONE = 19  # one program area: fewer comparison areas cannot show what 1 in 20 looks like
LEAST_COMPARISON_RESCALED = 9

RANDOMIZATION = "randomization inference (t-statistic)"
WELCH = "t-test on area changes, own spread on either side (Welch)"
RESCALED = "rescaled area bootstrap (Ferman–Pinto)"


@dataclass(frozen=True)
class Inference:
    """All tests, the one to believe (None: no test holds here), and its 95 % interval."""

    p_values: tuple[PValue, ...]
    p_value: PValue | None
    low: float | None
    high: float | None
    interval_method: str
    notes: tuple[str, ...] = ()


def attainable(randomized: Randomization) -> float:
    """The largest rejection rate ≤ 5 % that the number of arrangements allows."""
    arrangements = len(randomized.arrangements.labels)
    return floor(ALPHA * arrangements + 1e-9) / arrangements


def randomization_p_value(randomized: Randomization, alike: bool, random_rollout: bool) -> PValue:
    """The randomization test as a PValue, valid where it can reach 5 % and areas can change places."""
    ways = randomized.arrangements
    kind = f"all {ways.total:,}" if ways.exact else f"{len(ways.labels) - 1:,} drawn of {ways.total:.3g}"
    if attainable(randomized) < LEAST_ATTAINABLE:
        reason = (
            f"There are only {ways.total:,} arrangements: p cannot fall below {randomized.smallest_possible:.3f}, "
            f"and a true null would be rejected in {attainable(randomized):.1%} of cases at most."
        )
        return PValue(RANDOMIZATION, randomized.p_value, False, reason, randomized.smallest_possible)
    if random_rollout:
        reason = f"Which areas start (and when) was drawn by lot; {kind} arrangements compared."
        return PValue(RANDOMIZATION, randomized.p_value, True, reason, randomized.smallest_possible)
    if not alike:
        groups = np.bincount(ways.labels[0].astype(np.int64))
        studentized = bool(groups.min() >= OWN_VARIANCE_FROM)
        reason = (
            f"{kind.capitalize()} arrangements compared; the program areas are more than twice or less than half as "
            "large as the comparison areas, "
        ) + ("which the t-statistic allows for." if studentized else "so they cannot change places.")
        return PValue(RANDOMIZATION, randomized.p_value, studentized, reason, randomized.smallest_possible)
    reason = (
        f"{kind.capitalize()} arrangements compared; holds if any of these areas could have got the program."
    )
    return PValue(RANDOMIZATION, randomized.p_value, True, reason, randomized.smallest_possible)


def sizes_alike(size: Array, program: NDArray[np.bool_]) -> bool:
    """Whether program areas are between half and twice the size of comparison areas, on average."""
    others = float(np.abs(size[~program]).mean())
    ratio = float(np.abs(size[program]).mean()) / others if others > 0 else np.inf
    return 1 / ALIKE <= ratio <= ALIKE


def clustered_p_value(
    method: str, value: float | None, program: int, others: int, conservative: bool
) -> PValue:
    """CR1 (conservative False) or CR3/jackknife (True) marked by the number of areas on either side."""
    if value is None:
        return PValue(
            method, None, False, f"Cannot be computed with {program} program and {others} other areas."
        )
    least = LEAST_PROGRAM_AREAS_CR3 if conservative else LEAST_AREAS_CR1
    few = program < least or others < least or (conservative and others / program > 9)
    if few:
        reason = f"{program} program and {others} comparison areas: rejects true nulls too often."
        return PValue(method, value, False, reason)
    return PValue(method, value, True, f"{program} program and {others} comparison areas are enough.")


def for_one_start(
    contrast: Contrast,
    *,
    size: Array,
    periods: int,
    random_rollout: bool = False,
    seed: int = 0,
    interval: bool = True,
) -> Inference:
    """All tests of a difference-in-differences with one start, and the chosen one.

    Chosen: randomization inference where its arrangements allow a 5 % test and the areas are alike in size (or
    were drawn by lot); else Welch's t with five areas on either side; else the rescaled bootstrap with enough
    comparison areas; else randomization inference or the jackknife with four program areas or more; else none.
    """
    program, change = contrast.group == 1, contrast.numbers[:, 1]
    treated, others = int(program.sum()), int((~program).sum())
    alike = sizes_alike(size, program)
    randomized = randomization(contrast, seed=seed, interval=interval)
    by_lot = randomization_p_value(randomized, alike, random_rollout)
    rescaled = rescaled_bootstrap(change, program, np.maximum(np.abs(size), 1e-9), seed=seed)
    by_size = rescaled_p_value(rescaled, treated, others)
    cr1 = clustered_p_value(
        "cluster-robust (CR1)", cluster_robust(change, program, periods).p_value, treated, others, False
    )
    cr3 = clustered_p_value(
        "jackknife (CR3)", jackknife(change, program, periods).p_value, treated, others, True
    )
    wild = PValue(
        "wild cluster bootstrap",
        wild_cluster_bootstrap(change, program, seed=seed),
        min(treated, others) >= LEAST_PROGRAM_AREAS_WILD,
        "Enough program areas for it to hold."
        if treated >= LEAST_PROGRAM_AREAS_WILD
        else "With so few program areas it rejects almost never or too often.",
    )
    pooled = PValue(
        "t-test on area changes",
        area_t(change, program).p_value,
        alike,
        "Holds if the areas' changes are about normal and vary alike."
        if alike
        else "Program and comparison areas differ in size, so their changes do not vary alike.",
    )
    own_spread = _welch_p_value(change, program)
    every = (by_lot, by_size, own_spread, cr3, wild, pooled, cr1)
    fallback = own_spread if own_spread.valid else cr3
    unlike = own_spread if own_spread.valid else by_size
    chosen = first_valid(by_lot, unlike, fallback, areas_alike=alike or random_rollout)
    if chosen is None:
        return Inference(every, None, None, None, "none", (no_test(treated, others),))
    if chosen is by_lot:
        return Inference(every, chosen, randomized.low, randomized.high, "randomization inference, inverted")
    if chosen is own_spread:
        return Inference(every, chosen, *_welch_interval(change, program), WELCH)
    low, high = _interval(contrast, chosen is by_size, size, periods, seed) if interval else (None, None)
    method = "rescaled area bootstrap, inverted" if chosen is by_size else "jackknife (CR3)"
    return Inference(every, chosen, low, high, method)


def _welch_p_value(change: Array, program: NDArray[np.bool_]) -> PValue:
    least = min(int(program.sum()), int((~program).sum()))
    if least < 2:
        return PValue(WELCH, None, False, "One area on a side has no spread.")
    valid = least >= LEAST_AREAS_WELCH
    reason = (
        "Holds though areas differ in size." if valid else f"{LEAST_AREAS_WELCH} areas on either side needed."
    )
    return PValue(WELCH, welch(change, program)[0].p_value, valid, reason)


def _welch_interval(change: Array, program: NDArray[np.bool_]) -> tuple[float, float]:
    from scipy import stats

    found, freedom = welch(change, program)
    reach = float(stats.t.isf(ALPHA / 2, freedom)) * (found.standard_error or 0.0)
    return found.estimate - reach, found.estimate + reach


def rescaled_p_value(value: float, treated: int, others: int) -> PValue:
    """The rescaled bootstrap as a PValue, valid with enough comparison areas."""
    least = LEAST_COMPARISON_ONE if treated == 1 else LEAST_COMPARISON_RESCALED
    if others >= least:
        return PValue(RESCALED, value, True, f"{others} comparison areas show how chance depends on size.")
    reason = f"{others} comparison areas are too few to learn from them what chance does ({least} needed)."
    return PValue(RESCALED, value, False, reason)


def first_valid(by_lot: PValue, by_size: PValue, jackknife: PValue, *, areas_alike: bool) -> PValue | None:
    """The test to believe: by lot first where areas can change places, by size first where they cannot."""
    order = (by_lot, by_size, jackknife) if areas_alike else (by_size, by_lot, jackknife)
    return next((one for one in order if one.valid), None)


def no_test(treated: int, others: int) -> str:
    """The sentence where nothing can be tested."""
    return (
        f"With {treated} program and {others} comparison area(s) no test holds its error rate at 5 %: the estimate "
        "is shown without a verdict. More comparison areas would allow one."
    )


def _interval(
    contrast: Contrast, by_size: bool, size: Array, periods: int, seed: int
) -> tuple[float | None, float | None]:
    program, change, shift = contrast.group == 1, contrast.numbers[:, 1], contrast.shift[:, 1]
    fitted = jackknife(change, program, periods)
    unit = fitted.standard_error or float(change.std()) or 1.0
    positive = np.maximum(np.abs(size), 1e-9)

    def p_value(effect: float) -> float:
        if by_size:
            return rescaled_bootstrap(change - effect * shift, program, positive, seed=seed)
        return jackknife(change - effect * shift, program, periods).p_value or 0.0

    return invert(p_value, fitted.estimate, unit, ALPHA)


def for_schedule(
    contrast: Contrast,
    *,
    size: Array,
    clustered: tuple[PValue, ...],
    clustered_interval: tuple[float, float] | None,
    random_rollout: bool = False,
    seed: int = 0,
) -> Inference:
    """The tests of a staggered roll-out: randomization over areas and schedules, and the design's own clustered test.

    Chosen: randomization inference as with one start; else the clustered test where it is marked valid; else none.
    """
    program = contrast.group > 0
    randomized = randomization(contrast, seed=seed)
    by_lot = randomization_p_value(randomized, sizes_alike(size, program), random_rollout)
    every = (by_lot, *clustered)
    if by_lot.valid:
        return Inference(every, by_lot, randomized.low, randomized.high, "randomization inference, inverted")
    valid = next((one for one in clustered if one.valid), None)
    if valid is None or clustered_interval is None:
        treated = int(program.sum())
        return Inference(every, None, None, None, "none", (no_test(treated, len(program) - treated),))
    return Inference(every, valid, *clustered_interval, valid.method)
