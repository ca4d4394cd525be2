"""The inference chooser for rate ratios: the same rules as for differences, on the log scale."""

from __future__ import annotations

import numpy as np

from evaluation.after.area_randomization import invert
from evaluation.after.inference import (
    ALPHA,
    Inference,
    clustered_p_value,
    first_valid,
    no_test,
    randomization_p_value,
    rescaled_p_value,
    sizes_alike,
)
from evaluation.after.ratio_tests import TwoCounts, log_ratios, ratio_area_t, ratio_randomization
from evaluation.after.results import PValue
from evaluation.after.unequal_areas import rescaled_bootstrap


def for_ratio(
    counts: TwoCounts,
    *,
    cr1: float | None,
    cr3: float | None,
    cr3_interval: tuple[float, float] | None,
    random_rollout: bool = False,
    seed: int = 0,
    interval: bool = True,
) -> Inference:
    """All tests of a rate ratio with one start, and the chosen one; the interval is on the log scale.

    cr1, cr3: p-values of the clustered Poisson regression; cr3_interval: its jackknife interval, log scale.
    """
    program = counts.program
    treated, others = int(program.sum()), int((~program).sum())
    alike = sizes_alike(counts.before, program)
    randomized = ratio_randomization(counts, seed=seed, interval=interval)
    by_lot = randomization_p_value(randomized, alike, random_rollout)
    by_size = rescaled_p_value(_rescaled(counts, seed), treated, others)
    jackknife = clustered_p_value("jackknife (CR3)", cr3, treated, others, True)
    sandwich = clustered_p_value("cluster-robust (CR1)", cr1, treated, others, False)
    pooled = PValue(
        "t-test on area changes",
        ratio_area_t(counts).p_value,
        alike,
        "Holds if areas are alike in size and change."
        if alike
        else "Program and comparison areas differ in size.",
    )
    every = (by_lot, by_size, jackknife, pooled, sandwich)
    chosen = first_valid(by_lot, by_size, jackknife, areas_alike=alike or random_rollout)
    if chosen is None:
        return Inference(every, None, None, None, "none", (no_test(treated, others),))
    if chosen is by_lot:
        return Inference(every, chosen, randomized.low, randomized.high, "randomization inference, inverted")
    if chosen is jackknife:
        low, high = cr3_interval or (None, None)
        return Inference(every, chosen, low, high, "jackknife (CR3)")
    low, high = None, None
    if interval:
        centre = float(log_ratios(counts, program.astype(np.int16)[None, :])[0][0])
        low, high = invert(lambda effect: _rescaled(counts.without(effect), seed), centre, 0.1, ALPHA)
    return Inference(every, chosen, low, high, "rescaled area bootstrap, inverted")


def _rescaled(counts: TwoCounts, seed: int) -> float:
    """Relative changes vary as a + b / count, so the size that the spread depends on is 1 / count before."""
    weights = np.maximum(counts.before, 0.5)
    return rescaled_bootstrap(counts.drift, counts.program, 1 / weights, weights=weights, seed=seed)
