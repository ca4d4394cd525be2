"""Difference-in-differences with one start date: by least squares, and for counts by Poisson as a rate ratio.

Both come with their event study (every period against the last one before the start), fitted by pyfixest with
area and period effects, and with the tests of the inference chooser.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from evaluation.after.area_contrast import before_after_contrast
from evaluation.after.area_matrix import AreaMatrix, area_matrix
from evaluation.after.cluster_tests import cluster_robust
from evaluation.after.fixed_effects import Fit, least_squares, poisson
from evaluation.after.inference import for_one_start
from evaluation.after.panel import Panel
from evaluation.after.ratio_inference import for_ratio
from evaluation.after.ratio_tests import ratio_jackknife, two_counts
from evaluation.after.results import Effect, Refusal

EFFECTS = ["area", "period"]
MOST_REFITS = 60


def difference_in_differences(
    panel: Panel, outcome: str, *, seed: int = 0, random_rollout: bool = False, course: bool = True
) -> Effect | Refusal:
    """Change of the outcome per area and period in the program areas beyond that of the comparison areas.

    outcome_it = area_i + period_t + effect · treated_it; path: effect by event time, −1 = 0 by definition.
    details: event_times, event_estimates and event_covariance (CR1 by area) of the path without −1, for
    sensitivity analyses. Refuses without a comparison area, with two or more start dates, with fewer than two
    periods before the start, and with an outcome that does not vary. course False: the same effect without its
    path, which costs a small part of the time (checks estimate it again and again).
    """
    matrix = area_matrix(panel, outcome, "difference_in_differences", one_start=True)
    if isinstance(matrix, Refusal):
        return matrix
    contrast = before_after_contrast(matrix)
    path: pl.DataFrame | None = None
    details: dict[str, object] = {}
    estimate: float
    error: float | None
    if course:
        estimate, error = least_squares(matrix.long(), "outcome", ["treated"], EFFECTS, "area").of("treated")
        event_table, names, times = event_time_columns(matrix)
        events = least_squares(event_table, "outcome", names, EFFECTS, "area")
        path, details = event_path(events, names, times, ratio=False), event_details(events, names, times)
    else:
        own = cluster_robust(contrast.numbers[:, 1], contrast.group == 1, len(matrix.periods))
        estimate, error = own.estimate, own.standard_error
    tests = for_one_start(
        contrast,
        size=matrix.level_before(),
        periods=len(matrix.periods),
        random_rollout=random_rollout,
        seed=seed,
    )
    after = float(matrix.values[matrix.treated].mean())
    baseline = after - estimate
    effect = Effect(
        design="difference_in_differences",
        outcome=outcome,
        estimand="average effect in the program areas after the start (ATT), per area and period",
        scale="difference",
        estimate=estimate,
        standard_error=error,
        low=tests.low,
        high=tests.high,
        interval_method=tests.interval_method,
        baseline=baseline,
        relative=None,
        relative_low=None,
        relative_high=None,
        treated_areas=int(matrix.ever.sum()),
        comparison_areas=int((~matrix.ever).sum()),
        periods=len(matrix.periods),
        observations=matrix.values.size,
        p_values=tests.p_values,
        p_value=tests.p_value,
        path=path,
        notes=(*matrix.notes, *tests.notes),
        details=details,
    )
    return with_relative(effect)


def poisson_difference_in_differences(
    panel: Panel, outcome: str, *, seed: int = 0, random_rollout: bool = False
) -> Effect | Refusal:
    """Rate of the outcome in the program areas, as a multiple of what the comparison areas' course would give.

    E[count_it] = exposure_it · exp(area_i + period_t + log ratio · treated_it). Same path, details (log scale)
    and refusals as `difference_in_differences`; also refuses negative values and counts that never happen.
    """
    design = "poisson_difference_in_differences"
    matrix = area_matrix(panel, outcome, design, one_start=True, counts=True)
    if isinstance(matrix, Refusal):
        return matrix
    counts = two_counts(matrix)
    if min(counts.before[counts.program].sum(), counts.after[counts.program].sum()) == 0:
        return Refusal(
            design, f"{outcome} never happens before or after the start.", "An outcome that happens in both."
        )
    table = matrix.long().with_columns(log_exposure=pl.col("exposure").log())
    fit = poisson(table, "outcome", ["treated"], EFFECTS, "area", offset="log_exposure")
    estimate, error = fit.of("treated")
    jackknife = None
    if counts.program.sum() > 1 and (~counts.program).sum() > 1:
        if len(matrix.areas) > MOST_REFITS:
            # As many regressions as areas; from the four totals the same leave-one-out ratios cost nothing.
            jackknife = ratio_jackknife(counts)
        else:
            _, jackknife = poisson(
                table, "outcome", ["treated"], EFFECTS, "area", offset="log_exposure", jackknife=True
            ).of("treated")
    tests = for_ratio(
        counts,
        cr1=t_p_value(estimate, error, fit.freedom),
        cr3=t_p_value(estimate, jackknife, fit.freedom) if jackknife else None,
        cr3_interval=t_interval(estimate, jackknife, fit.freedom) if jackknife else None,
        random_rollout=random_rollout,
        seed=seed,
    )
    event_table, names, times = event_time_columns(matrix)
    event_table = event_table.with_columns(log_exposure=pl.col("exposure").log())
    events = poisson(event_table, "outcome", names, EFFECTS, "area", offset="log_exposure")
    after = float(matrix.values[matrix.treated].mean())
    effect = Effect(
        design=design,
        outcome=outcome,
        estimand="rate in the program areas after the start as a multiple of the rate expected without the program",
        scale="rate_ratio",
        estimate=float(np.exp(estimate)),
        standard_error=float(np.exp(estimate) * error),
        low=None if tests.low is None else float(np.exp(tests.low)),
        high=None if tests.high is None else float(np.exp(tests.high)),
        interval_method=tests.interval_method,
        baseline=after / float(np.exp(estimate)),
        relative=None,
        relative_low=None,
        relative_high=None,
        treated_areas=int(matrix.ever.sum()),
        comparison_areas=int((~matrix.ever).sum()),
        periods=len(matrix.periods),
        observations=table.height,
        p_values=tests.p_values,
        p_value=tests.p_value,
        path=event_path(events, names, times, ratio=True),
        notes=(*matrix.notes, *tests.notes),
        details={
            "log_estimate": estimate,
            "log_standard_error": error,
            **event_details(events, names, times),
        },
    )
    return with_relative(effect)


def t_p_value(estimate: float, error: float, freedom: int) -> float:
    """Two-sided p-value of t."""
    from scipy import stats

    return float(2 * stats.t.sf(abs(estimate) / error, freedom))


def t_interval(estimate: float, error: float, freedom: int) -> tuple[float, float]:
    """95 % interval by t."""
    from scipy import stats

    reach = float(stats.t.isf(0.025, freedom)) * error
    return estimate - reach, estimate + reach


def event_time_columns(matrix: AreaMatrix) -> tuple[pl.DataFrame, list[str], list[int]]:
    """The long table with one 0/1 column per event time of the program areas, −1 left out as the reference."""
    table, start = matrix.long(), matrix.starts[0]
    times = [time for time in range(-start, len(matrix.periods) - start) if time != -1]
    names = [f"event_{place}" for place in range(len(times))]
    since = pl.col("period") - pl.col("start")
    columns = [
        ((pl.col("start") > 0) & (since == time)).cast(pl.Int64).alias(name)
        for time, name in zip(times, names, strict=True)
    ]
    return table.with_columns(columns), names, times


def event_path(fit: Fit, names: list[str], times: list[int], *, ratio: bool) -> pl.DataFrame:
    """event_time, estimate, low, high (pointwise, CR1 by area, t) with the reference −1; as ratios if asked."""
    rows = [{"event_time": -1, "estimate": 0.0, "low": 0.0, "high": 0.0}]
    for name, time in zip(names, times, strict=True):
        if name in fit.names:
            estimate, error = fit.of(name)
            low, high = t_interval(estimate, error, fit.freedom)
            rows.append({"event_time": time, "estimate": estimate, "low": low, "high": high})
    path = pl.DataFrame(rows).sort("event_time")
    return path.with_columns(pl.col("estimate", "low", "high").exp()) if ratio else path


def event_details(fit: Fit, names: list[str], times: list[int]) -> dict[str, object]:
    """event_times, event_estimates and event_covariance of the path without its reference period."""
    kept = [place for place, name in enumerate(names) if name in fit.names]
    order = [fit.names.index(names[place]) for place in kept]
    return {
        "event_times": [times[place] for place in kept],
        "event_estimates": fit.estimates[order],
        "event_covariance": fit.covariance[np.ix_(order, order)],
    }


def with_relative(effect: Effect) -> Effect:
    """The effect with its size as a share of the baseline; None where the baseline is not positive."""
    if effect.scale == "rate_ratio":
        shares = [None if one is None else one - 1 for one in (effect.estimate, effect.low, effect.high)]
    elif effect.baseline is not None and effect.baseline > 0:
        base = effect.baseline
        shares = [None if one is None else one / base for one in (effect.estimate, effect.low, effect.high)]
    else:
        shares = [None, None, None]
    return replace(effect, relative=shares[0], relative_low=shares[1], relative_high=shares[2])
