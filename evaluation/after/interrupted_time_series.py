"""Interrupted time series: level and slope at launch in the program areas' own series, without a comparison area."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import polars as pl

from evaluation.after.area_matrix import area_matrix
from evaluation.after.difference_in_differences import with_relative
from evaluation.after.pandas_border import held_back
from evaluation.after.panel import Panel
from evaluation.after.results import Effect, PValue, Refusal

NAME = "interrupted_time_series"
LEAST_BEFORE = 24
LEAST_AFTER = 6
PERIODS_PER_YEAR = {"1mo": 12.0, "1w": 365.25 / 7}


def interrupted_time_series(
    panel: Panel,
    outcome: str,
    *,
    seed: int = 0,
    family: Literal["poisson", "negative_binomial"] = "negative_binomial",
    harmonics: int = 2,
) -> Effect | Refusal:
    """Counts after the start over the counts that the earlier level, trend and seasons would have given.

    log E[count_t] = log exposure_t + level + trend·t + seasons + step·after_t + slope·(periods since start);
    variance by Newey–West with ⌊4(T/100)^(2/9)⌋ + 1 lags. harmonics: pairs of yearly sine and cosine, left out
    with less than two years before the start. Bernal, Cummins & Gasparrini 2017, Int. J. Epidemiology 46.
    seed: not used. Refuses with fewer than 24 periods before or 6 after, and where starts differ.
    """
    matrix = area_matrix(panel, outcome, NAME, one_start=True, comparison=False, counts=True)
    if isinstance(matrix, Refusal):
        return matrix
    before, periods = matrix.starts[0], len(matrix.periods)
    if before < LEAST_BEFORE or periods - before < LEAST_AFTER:
        return Refusal(
            NAME,
            f"{before} periods before and {periods - before} after the start.",
            f"At least {LEAST_BEFORE} before and {LEAST_AFTER} after.",
        )
    counts, exposure = matrix.values[matrix.ever].sum(axis=0), matrix.exposure[matrix.ever].sum(axis=0)
    calendar = np.array(matrix.periods, dtype=np.float64)
    year = PERIODS_PER_YEAR.get(panel.every, 12.0)
    pairs = harmonics if before >= 2 * year else 0
    after = (np.arange(periods) >= before).astype(np.float64)
    columns = [np.ones(periods), (calendar - calendar.mean()) / periods]
    for pair in range(1, pairs + 1):
        columns += [np.sin(2 * np.pi * pair * calendar / year), np.cos(2 * np.pi * pair * calendar / year)]
    without = np.column_stack([*columns, np.zeros(periods), np.zeros(periods)])
    with_program = np.column_stack([*columns, after, after * (calendar - calendar[before]) / periods])
    lags = int(np.floor(4 * (periods / 100) ** (2 / 9))) + 1
    fit = _fit(counts, exposure, with_program, family, lags)
    coefficients, covariance = np.asarray(fit.params), np.asarray(fit.cov_params())
    observed_rate = exposure * np.exp(with_program @ coefficients)
    expected = exposure * np.exp(without @ coefficients)
    late = after == 1
    log_ratio = float(np.log(observed_rate[late].sum() / expected[late].sum()))
    slope = (observed_rate[late] @ with_program[late]) / observed_rate[late].sum() - (
        expected[late] @ without[late]
    ) / expected[late].sum()
    error = float(np.sqrt(slope @ covariance @ slope))
    ratio, low, high = (float(np.exp(log_ratio + shift * error)) for shift in (0, -1.959964, 1.959964))
    from scipy import stats

    test = PValue(
        "Newey–West (normal)",
        float(2 * stats.norm.sf(abs(log_ratio) / error)),
        True,
        "Allows for serial correlation, not for anything else that changed at launch: there is no comparison area.",
    )
    spread = np.sqrt(np.einsum("ij,jk,ik->i", without, covariance, without))
    return with_relative(
        Effect(
            design=NAME,
            outcome=outcome,
            estimand="counts after the start as a multiple of what the earlier course would have given",
            scale="rate_ratio",
            estimate=ratio,
            standard_error=ratio * error,
            low=low,
            high=high,
            interval_method=f"Newey–West, {lags} lags",
            baseline=float(expected[late].mean()),
            relative=None,
            relative_low=None,
            relative_high=None,
            treated_areas=int(matrix.ever.sum()),
            comparison_areas=0,
            periods=periods,
            observations=periods,
            p_values=(test,),
            p_value=test,
            path=pl.DataFrame(
                {
                    "event_time": np.arange(periods) - before,
                    "estimate": counts / expected,
                    "low": counts / (expected * np.exp(1.959964 * spread)),
                    "high": counts / (expected * np.exp(-1.959964 * spread)),
                    "observed": counts,
                    "counterfactual": expected,
                }
            ),
            notes=(*matrix.notes, "No comparison area: whatever else changed at launch is in this number."),
            details={
                "step_log": float(coefficients[-2]),
                "slope_log_per_period": float(coefficients[-1]) / periods,
                "log_standard_error": error,
                "harmonics": pairs,
            },
        )
    )


def _fit(counts: np.ndarray, exposure: np.ndarray, design: np.ndarray, family: str, lags: int) -> Any:
    """GLM with log link; the negative binomial's dispersion by moments from the Poisson fit."""
    import statsmodels.api as sm

    with held_back():
        model = sm.GLM(counts, design, family=sm.families.Poisson(), offset=np.log(exposure))
        if family == "negative_binomial":
            mean = np.asarray(model.fit().mu)
            freedom = len(counts) - design.shape[1]
            dispersion = float((((counts - mean) ** 2 - mean) / mean**2).sum() / freedom)
            if dispersion > 1e-6:
                chosen = sm.families.NegativeBinomial(alpha=dispersion)
                model = sm.GLM(counts, design, family=chosen, offset=np.log(exposure))
        return model.fit(cov_type="HAC", cov_kwds={"maxlags": lags})
