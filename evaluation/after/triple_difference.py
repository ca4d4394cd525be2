"""Triple difference: the outcome's rate ratio divided by that of an outcome which the program cannot change.

What moves both outcomes alike in the program areas (fewer people in town, fewer calls of any kind) cancels out.
"""

from __future__ import annotations

import numpy as np

from evaluation.after.area_matrix import area_matrix
from evaluation.after.area_randomization import Randomization, invert, share_as_extreme
from evaluation.after.arrangements import arrangements
from evaluation.after.difference_in_differences import t_interval, t_p_value, with_relative
from evaluation.after.inference import clustered_p_value, no_test, randomization_p_value, sizes_alike
from evaluation.after.panel import Panel
from evaluation.after.ratio_tests import TwoCounts, log_ratios, two_counts
from evaluation.after.results import Effect, Refusal

NAME = "triple_difference"


def triple_difference(
    panel: Panel, outcome: str, *, seed: int = 0, unaffected: str | None = None, random_rollout: bool = False
) -> Effect | Refusal:
    """Rate ratio of the outcome ÷ rate ratio of `unaffected`, same areas, periods and one start.

    Equal to Poisson with area × outcome and period × outcome effects. Randomization inference moves both
    outcomes of an area together. details: rate_ratio_outcome, rate_ratio_unaffected.
    """
    if unaffected is None:
        return Refusal(NAME, "No unaffected outcome was named.", "An outcome that the program cannot change.")
    matrix = area_matrix(panel, outcome, NAME, one_start=True, counts=True)
    if isinstance(matrix, Refusal):
        return matrix
    other = area_matrix(panel, unaffected, NAME, one_start=True, counts=True)
    if isinstance(other, Refusal):
        return other
    if other.areas != matrix.areas:
        return Refusal(
            NAME, "The two outcomes are known in different areas.", "Both outcomes in the same areas."
        )
    counts, control = two_counts(matrix), two_counts(other)
    program, others = int(matrix.ever.sum()), int((~matrix.ever).sum())
    estimate = _log_ratio(counts, control, np.arange(len(matrix.areas)))
    if not np.isfinite(estimate):
        return Refusal(NAME, "One of the outcomes never happens before or after.", "Counts before and after.")
    error = _jackknife(counts, control)
    freedom = program + others - 1
    randomized = _randomization(counts, control, estimate, error or 0.1, seed)
    by_lot = randomization_p_value(randomized, sizes_alike(counts.before, counts.program), random_rollout)
    clustered = clustered_p_value(
        "jackknife (CR3)", t_p_value(estimate, error, freedom) if error else None, program, others, True
    )
    chosen = next((one for one in (by_lot, clustered) if one.valid), None)
    low, high, how = None, None, "none"
    if chosen is by_lot:
        low, high, how = randomized.low, randomized.high, "randomization inference, inverted"
    elif chosen is clustered and error:
        low, high = t_interval(estimate, error, freedom)
        how = "jackknife (CR3)"
    ratio = float(np.exp(estimate))
    labels = counts.program.astype(np.int16)[None, :]
    return with_relative(
        Effect(
            design=NAME,
            outcome=outcome,
            estimand=f"rate ratio of {outcome} relative to that of {unaffected}, in the program areas after the start",
            scale="rate_ratio",
            estimate=ratio,
            standard_error=ratio * error if error else None,
            low=None if low is None else float(np.exp(low)),
            high=None if high is None else float(np.exp(high)),
            interval_method=how,
            baseline=float(matrix.values[matrix.treated].mean()) / ratio,
            relative=None,
            relative_low=None,
            relative_high=None,
            treated_areas=program,
            comparison_areas=others,
            periods=len(matrix.periods),
            observations=2 * matrix.values.size,
            p_values=(by_lot, clustered),
            p_value=chosen,
            notes=(*matrix.notes, *(() if chosen else (no_test(program, others),))),
            details={
                "rate_ratio_outcome": float(np.exp(log_ratios(counts, labels)[0][0])),
                "rate_ratio_unaffected": float(np.exp(log_ratios(control, labels)[0][0])),
                "log_standard_error": error,
            },
        )
    )


def _log_ratio(counts: TwoCounts, control: TwoCounts, kept: np.ndarray) -> float:
    total = 0.0
    for sign, one in ((1.0, counts), (-1.0, control)):
        labels = one.program[kept].astype(np.int16)[None, :]
        part = TwoCounts(one.before[kept], one.after[kept], one.program[kept])
        total += sign * float(log_ratios(part, labels)[0][0])
    return total


def _jackknife(counts: TwoCounts, control: TwoCounts) -> float | None:
    areas = len(counts.program)
    if min(counts.program.sum(), areas - counts.program.sum()) < 2:
        return None
    without = np.array(
        [_log_ratio(counts, control, np.delete(np.arange(areas), out)) for out in range(areas)]
    )
    all_areas = _log_ratio(counts, control, np.arange(areas))
    error = float(np.sqrt((areas - 1) / areas * ((without - all_areas) ** 2).sum()))
    return error if np.isfinite(error) and error > 0 else None


def _randomization(
    counts: TwoCounts, control: TwoCounts, estimate: float, step: float, seed: int
) -> Randomization:
    ways = arrangements(counts.program.astype(np.int64), seed)
    fixed = log_ratios(control, ways.labels)[0]

    def p_value(effect: float) -> float:
        statistic = log_ratios(counts.without(effect), ways.labels)[0] - fixed
        return share_as_extreme(np.nan_to_num(statistic, nan=np.inf, posinf=np.inf, neginf=-np.inf))

    low = high = None
    smallest = 1 / len(ways.labels)
    if smallest <= 0.05:
        low, high = invert(p_value, estimate, step, 0.05)
    return Randomization(p_value(0.0), smallest, ways, low, high)
