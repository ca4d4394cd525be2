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
from evaluation.after.poisson_imputation import Array, expected_without, log_ratio
from evaluation.after.results import Effect, Refusal

NAME = "poisson_staggered"
DRAWN = 1_999  # placements compared where they cannot all be listed
BATCH_CELLS = 4_000_000


def poisson_staggered(
    panel: Panel, outcome: str, *, seed: int = 0, random_rollout: bool = False
) -> Effect | Refusal:
    """Rate ratio over all areas and periods with the program: observed counts / counts expected without it.

    E[count_it] = exposure_it · exp(area_i + period_t) for untreated cells, never-starters and not-yet-starters.
    Standard error: leave one area out (CR3). path: rate ratio by event time from the start on. Refuses as
    `staggered`, and counts that never happen in untreated cells of some program area.
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
    since = [int(time) for time in np.unique(times[treated])]
    cells = [treated, *(treated & (times == time) for time in since)]
    estimates = np.array([float(log_ratio(values, expected, one)) for one in cells])
    errors, freedom = _left_out(matrix, cells, estimates), len(matrix.areas) - 1
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
    reach = t_interval(0.0, 1.0, freedom)[1]
    path = pl.DataFrame(
        {
            "event_time": since,
            "estimate": np.exp(estimates[1:]),
            "low": np.exp(estimates[1:] - reach * errors[1:]),
            "high": np.exp(estimates[1:] + reach * errors[1:]),
        }
    ).with_columns(pl.col("low", "high").fill_nan(None))
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
            details={"log_estimate": estimate, "log_standard_error": error},
        )
    )


def _left_out(matrix: AreaMatrix, cells: list[np.ndarray], estimates: Array) -> Array:
    """Jackknife standard errors of all log ratios at once: √((n−1)/n · Σ (without area − all)²)."""
    areas = len(matrix.areas)
    totals = np.zeros(len(cells))
    for area in range(areas):
        keep = np.arange(areas) != area
        expected = expected_without(matrix.values[keep], matrix.exposure[keep], matrix.treated[keep], 1e-8)
        without = np.array([float(log_ratio(matrix.values[keep], expected, one[keep])) for one in cells])
        with np.errstate(invalid="ignore"):  # an event time without a single count has no ratio
            totals += (without - estimates) ** 2
    return np.sqrt((areas - 1) / areas * totals)


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
