"""Staggered roll-out of counts: observed counts over those expected without the program, as a rate ratio."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from evaluation.after.area_contrast import groups_of
from evaluation.after.area_matrix import AreaMatrix, area_matrix
from evaluation.after.area_randomization import Randomization, share_as_extreme
from evaluation.after.arrangements import arrangements
from evaluation.after.difference_in_differences import t_interval, t_p_value, with_relative
from evaluation.after.inference import clustered_p_value, no_test, randomization_p_value, sizes_alike
from evaluation.after.panel import Panel
from evaluation.after.poisson_event_study import RatioCourse, ratio_course
from evaluation.after.poisson_imputation import Array, area_and_period_effects, expected_without, log_ratio
from evaluation.after.results import Effect, Refusal

NAME = "poisson_staggered"
DRAWN = 1_999  # placements compared where they cannot all be listed
BATCH_CELLS = 4_000_000


def poisson_staggered(
    panel: Panel, outcome: str, *, seed: int = 0, random_rollout: bool = False
) -> Effect | Refusal:
    """Rate ratio over all areas and periods with the program: observed counts / counts expected without it.

    E[count_it] = exposure_it · exp(area_i + period_t) for untreated cells, never-starters and not-yet-starters.
    Standard error: leave one area out (CR3). path: rate ratio by event time, before the start against the
    never-starters at the group's own level (`poisson_event_study`). details: that course's event_times,
    event_estimates and event_covariance (log scale) for the judges of trends, or no_course: why it has none.
    Refuses as `staggered`, and counts that never happen in untreated cells of some program area.
    """
    matrix = area_matrix(panel, outcome, NAME, counts=True)
    if isinstance(matrix, Refusal):
        return matrix
    values, exposure, treated = matrix.values, matrix.exposure, matrix.treated
    expected = expected_without(values, exposure, treated)
    if expected[treated].sum() <= 0 or values[treated].sum() == 0:
        return Refusal(
            NAME, f"{outcome} never happens before or after the start.", "An outcome that happens in both."
        )
    times = np.arange(values.shape[1])[None, :] - matrix.start[:, None]
    since, event = np.unique(times[treated], return_inverse=True)
    estimates, errors = _left_out(matrix, expected, event)
    freedom = len(matrix.areas) - 1
    estimate, error = float(estimates[0]), float(errors[0])
    program, others = int(matrix.ever.sum()), int((~matrix.ever).sum())
    usable = bool(np.isfinite(error) and error > 0)
    clustered = clustered_p_value(
        "jackknife (CR3)", t_p_value(estimate, error, freedom) if usable else None, program, others, True
    )
    alike = sizes_alike(matrix.level_before(), matrix.ever)
    by_lot = randomization_p_value(_randomization(matrix, seed), alike, random_rollout)
    by_lot = replace(
        by_lot,
        method="randomization inference (rate ratio)",
        valid=by_lot.valid and (alike or random_rollout),
    )
    chosen = next((one for one in (by_lot, clustered) if one.valid), None)
    low, high = t_interval(estimate, error, freedom) if clustered.valid else (None, None)
    course = ratio_course(matrix)
    path = _path(since, estimates[1:], errors[1:], course, freedom)
    ratio = float(np.exp(estimate))
    return with_relative(
        Effect(
            design=NAME,
            outcome=outcome,
            estimand="rate in the program areas from their start on as a multiple of the rate expected without it",
            scale="rate_ratio",
            estimate=ratio,
            standard_error=ratio * error if usable else None,
            low=None if low is None else float(np.exp(low)),
            high=None if high is None else float(np.exp(high)),
            interval_method="jackknife (CR3)" if clustered.valid else "none",
            baseline=float(expected[treated].mean()),
            relative=None,
            relative_low=None,
            relative_high=None,
            treated_areas=program,
            comparison_areas=others,
            periods=len(matrix.periods),
            observations=values.size,
            p_values=(by_lot, clustered),
            p_value=chosen,
            path=path,
            notes=(*matrix.notes, *(() if chosen else (no_test(program, others),))),
            details={
                "log_estimate": estimate,
                "log_standard_error": error,
                **({"no_course": course} if isinstance(course, str) else course.details),
            },
        )
    )


def _left_out(matrix: AreaMatrix, expected: Array, event: np.ndarray) -> tuple[Array, Array]:
    """Log ratios over all treated cells and by event time, with jackknife errors √((n−1)/n · Σ (without area − all)²).

    expected: from all areas; event: which event time each treated cell (in row order) belongs to.
    """
    values, exposure, treated = matrix.values, matrix.exposure, matrix.treated
    areas, events = len(values), int(event.max()) + 1
    row = np.nonzero(treated)[0]
    observed = np.bincount(row * events + event, weights=values[treated], minlength=areas * events)
    own = observed.reshape(areas, events)

    def ratios(counted: np.ndarray, predicted: np.ndarray) -> Array:
        with np.errstate(
            divide="ignore", invalid="ignore"
        ):  # an event time without a single count has no ratio
            return np.asarray(
                np.log(np.append(counted.sum(), counted)) - np.log(np.append(predicted.sum(), predicted))
            )

    estimates = ratios(own.sum(axis=0), np.bincount(event, weights=expected[treated], minlength=events))
    _, period = area_and_period_effects(values, exposure, treated)
    totals = np.zeros(events + 1)
    for area in range(areas):
        keep = np.arange(areas) != area
        level, again = area_and_period_effects(values[keep], exposure[keep], treated[keep], 1e-8, period)
        without = (exposure[keep] * level[:, None] * again[None, :])[treated[keep]]
        predicted = np.bincount(event[row != area], weights=without, minlength=events)
        with np.errstate(invalid="ignore"):
            totals += (ratios(own.sum(axis=0) - own[area], predicted) - estimates) ** 2
    return estimates, np.sqrt((areas - 1) / areas * totals)


def _path(
    since: np.ndarray, estimates: Array, errors: Array, course: RatioCourse | str, freedom: int
) -> pl.DataFrame:
    """event_time, estimate, low, high as ratios; the periods before the start come from the course, if there is one."""
    times = [int(time) for time in since]
    if isinstance(course, RatioCourse):
        before = [place for place, time in enumerate(course.times) if time < 0]
        times = [course.times[place] for place in before] + times
        estimates = np.concatenate([course.estimates[before], estimates])
        errors = np.concatenate([course.errors[before], errors])
    reach = t_interval(0.0, 1.0, freedom)[1]
    return pl.DataFrame(
        {
            "event_time": times,
            "estimate": np.exp(estimates),
            "low": np.exp(estimates - reach * errors),
            "high": np.exp(estimates + reach * errors),
        }
    ).with_columns(pl.col("low", "high").fill_nan(None))


def _randomization(matrix: AreaMatrix, seed: int) -> Randomization:
    """Log ratio for every placement of the start dates, from the totals of each group of areas.

    Areas of one start share their untreated periods, so their totals fit the same; exposures are first evened
    out within each area.
    """
    ways = arrangements(groups_of(matrix), seed)
    labels = ways.labels if ways.exact else ways.labels[: DRAWN + 1]
    rates = matrix.values / matrix.exposure * matrix.exposure.mean(axis=1, keepdims=True)
    groups, periods = len(matrix.starts) + 1, rates.shape[1]
    start = np.array([periods, *matrix.starts])
    treated = np.arange(periods)[None, :] >= start[:, None]
    batch = max(1, BATCH_CELLS // (groups * periods))
    statistics = []
    for first in range(0, len(labels), batch):
        part = labels[first : first + batch]
        totals = np.stack([(part == group).astype(np.float64) @ rates for group in range(groups)], axis=1)
        expected = expected_without(totals, np.ones((groups, periods)), treated, 1e-7)
        statistics.append(log_ratio(totals, expected, treated))
    found = np.nan_to_num(np.concatenate(statistics), nan=np.inf, posinf=np.inf, neginf=-np.inf)
    kept = type(ways)(labels, ways.total, ways.exact)
    return Randomization(share_as_extreme(found), 1 / len(labels), kept, None, None)
