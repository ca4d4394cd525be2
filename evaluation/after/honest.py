"""What is left of an effect if the areas would have drifted apart anyway: HonestDiD of Rambachan and Roth (2023).

Two ways to say how far: no more than so many times the largest drift before the start (relative magnitudes, own
code in relative_magnitudes.py), or no sharper a bend in the trend than so much (smoothness, by diff-diff). Long
event studies are first averaged into a few blocks of periods, because a drift allowed anew in every single month
soon covers anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp

import numpy as np
import polars as pl

from evaluation.after.relative_magnitudes import Array, EventStudy, confidence_set, holds
from evaluation.after.results import Check, Effect
from evaluation.after.versions import detected

MAGNITUDES = (0.0, 0.5, 1.0, 1.5, 2.0)
MOST_BLOCKS_AFTER = 3
FRAIL = 0.5  # a result that half of the drift seen before would undo does not stand
_NOTHING = "The main analysis detects no effect, so there is nothing to shake; the figures show how wide the doubt becomes."
_RELATIVE, _SMOOTH = "honest_relative_magnitudes", "honest_smoothness"
_RELATIVE_LABEL = "Larger drifts after the start than before (HonestDiD, relative magnitudes)"
_SMOOTH_LABEL = "A trend that bends (HonestDiD, smoothness)"


@dataclass(frozen=True)
class BlockedStudy:
    """An event study in blocks of `length` periods; periods_after: how many periods after the start it covers."""

    study: EventStudy
    length: int
    periods_after: int

    @property
    def average(self) -> Array:
        """Weights of the blocks after the start in the average effect: equal."""
        return np.full(self.study.after, 1 / self.study.after)


def event_study_of(effect: Effect) -> EventStudy | None:
    """The event study of a design from event_times, event_estimates and event_covariance of its details.

    None where the design has none or times are missing in between. Staggered designs print each period before
    the start against the one before it; these steps are summed up to distances from the last period before.
    """
    details = effect.details
    if not {"event_times", "event_estimates", "event_covariance"} <= details.keys():
        return None
    times = [int(time) for time in details["event_times"]]
    estimates = np.asarray(details["event_estimates"], dtype=np.float64)
    covariance = np.asarray(details["event_covariance"], dtype=np.float64)
    before = sum(time < 0 for time in times)
    short = -1 in times
    wanted = list(range(-before if short else -before - 1, len(times) - before))
    if not short:
        wanted.remove(-1)
    if times != wanted or before == 0 or before == len(times) or not np.isfinite(covariance).all():
        return None
    if short:
        # distance of −2 from −1 = −(step into −1); of −3 = −(steps into −2 and −1); and so on.
        change = np.zeros((len(times), len(times)))
        change[:before, :before] = -np.triu(np.ones((before, before)))
        change[before:, before:] = np.eye(len(times) - before)
        estimates, covariance = change @ estimates, change @ covariance @ change.T
    return EventStudy(estimates, covariance, before)


def in_blocks(study: EventStudy) -> BlockedStudy | None:
    """The event study averaged into at most three blocks after the start and equally long ones before it.

    The block right before the start is the reference. None with fewer than two blocks before the start.
    """
    periods_before = study.before + 1  # the reference period itself, whose effect is 0
    length = min(ceil(study.after / MOST_BLOCKS_AFTER), periods_before // 2)
    if length < 1:
        return None
    after = min(study.after // length, MOST_BLOCKS_AFTER)
    before = periods_before // length - 1
    blocks = np.zeros((before + after, periods_before + study.after))
    reference = np.zeros(blocks.shape[1])
    reference[periods_before - length : periods_before] = 1 / length
    for row, block in enumerate([*range(-before - 1, -1), *range(after)]):
        first = periods_before + block * length
        blocks[row, first : first + length] = 1 / length
    blocks = np.delete(blocks - reference, study.before, axis=1)
    joined = EventStudy(blocks @ study.estimates, blocks @ study.covariance @ blocks.T, before)
    return BlockedStudy(joined, length, after * length)


def smoothness_interval(study: EventStudy, weights: Array, bend: float) -> tuple[float, float]:
    """95 % fixed-length interval if the trend's slope changes by at most `bend` from period to period.

    diff-diff's optimal FLCI (equal to R's HonestDiD to four digits); weights as in `confidence_set`.
    """
    # The public class reads its own result objects only; the function takes the numbers.
    from diff_diff.honest_did import _compute_optimal_flci

    before, after = study.estimates[: study.before], study.estimates[study.before :]
    low, high = _compute_optimal_flci(
        before, after, study.covariance, weights, study.before, study.after, bend
    )
    return float(low), float(high)


def breakdown_magnitude(
    study: EventStudy, weights: Array, *, seed: int = 0, most: float = 8.0
) -> float | None:
    """The smallest magnitude at which an effect of zero can no longer be rejected, to 0.01; None beyond `most`."""
    if holds(study, weights, 0.0, seed=seed):
        return 0.0
    low, high = 0.0, most
    if not holds(study, weights, most, seed=seed):
        return None
    while high - low > 0.01:
        middle = (low + high) / 2
        low, high = (low, middle) if holds(study, weights, middle, seed=seed) else (middle, high)
    return high


def relative_magnitudes_check(effect: Effect, *, seed: int = 0) -> Check:
    """Does the effect survive drifts after the start as large as the largest before? table: magnitude, low, high.

    passed: True where 0 lies outside the set at magnitude 1, False where it enters below 0.5, None between, without an
    event study, and where nothing was detected that could be shaken. Ratios for rate-ratio effects.
    """
    found = _blocked(effect)
    if isinstance(found, str):
        return Check(_RELATIVE, _RELATIVE_LABEL, None, found)
    study, average = found.study, found.average
    rows = [(one, *confidence_set(study, average, one, seed=seed)) for one in MAGNITUDES]
    broken = breakdown_magnitude(study, average, seed=seed)
    if broken == 0.0:
        passed, tail = (
            None,
            "Even without any drift the interval includes zero, so there is nothing to shake.",
        )
    elif broken is None:
        passed, tail = (
            True,
            "An effect of zero stays ruled out even if areas drift 8 times as much after the start as before it.",
        )
    else:
        passed = True if broken > 1 else (False if broken < FRAIL else None)
        tail = (
            "The data rule out an effect of zero as long as program and comparison areas drift apart after the start by less "
            f"than {broken:.2f} times the largest drift between neighboring blocks before it."
        )
    return Check(
        _RELATIVE,
        _RELATIVE_LABEL,
        passed,
        f"{tail} {_blocks_words(found)}",
        _table(rows, "magnitude", effect),
    )


def smoothness_check(effect: Effect) -> Check:
    """Does the effect survive a trend that goes on and bends? table: bend (in largest bends before), low, high.

    A bend of 0 allows any straight line. passed: True where 0 is ruled out with a straight line allowed for, None
        elsewhere: how much bend is too much is not for a computer to say.
    """
    found = _blocked(effect)
    if isinstance(found, str):
        return Check(_SMOOTH, _SMOOTH_LABEL, None, found)
    study = found.study
    if study.before < 2:
        return Check(
            _SMOOTH, _SMOOTH_LABEL, None, "Too few blocks of periods before the start to see a trend bend."
        )
    path = np.append(study.estimates[: study.before], 0.0)
    largest = float(np.abs(np.diff(path, 2)).max())
    rows = [(one, *smoothness_interval(study, found.average, one * largest)) for one in MAGNITUDES]
    excluded = {one: low > 0 or high < 0 for one, low, high in rows}
    if detected(effect) is False:
        passed, tail = None, _NOTHING
    elif not excluded[0.0]:
        passed, tail = None, "If a straight difference in trends is allowed for, the interval includes zero."
    else:
        passed = True
        most = max(
            one for one, out in excluded.items() if out and all(excluded[o] for o in excluded if o <= one)
        )
        tail = "With a straight difference in trends taken out, an effect of zero is ruled out"
        tail += (
            f", and still is if that trend bends by {most:g} times its sharpest bend before the start in every block."
            if most
            else "; not if that trend also bends by half of its sharpest bend before the start in every block."
        )
    return Check(
        _SMOOTH, _SMOOTH_LABEL, passed, f"{tail} {_blocks_words(found)}", _table(rows, "bend", effect)
    )


def _blocked(effect: Effect) -> BlockedStudy | str:
    study = event_study_of(effect)
    if study is None:
        why = effect.details.get("no_course")
        return (
            str(why)
            if why
            else "This design has no event study with its covariance, so drifts cannot be judged."
        )
    return in_blocks(study) or "Too few periods before the start to see how areas drift apart."


def _blocks_words(found: BlockedStudy) -> str:
    size = "single periods" if found.length == 1 else f"blocks of {found.length} periods"
    return (
        f"Judged in {size}, {found.study.before + 1} before the start and {found.study.after} after it (the first "
        f"{found.periods_after} periods), with the areas' clustered covariance."
    )


def _table(
    rows: Sequence[tuple[float, float | None, float | None]], key: str, effect: Effect
) -> pl.DataFrame:
    ratio = effect.scale == "rate_ratio"
    shown = [(one, *(exp(end) if ratio and end is not None else end for end in ends)) for one, *ends in rows]
    return pl.DataFrame(shown, schema={key: pl.Float64, "low": pl.Float64, "high": pl.Float64}, orient="row")
