"""Staggered roll-out: each start date against areas that have not started (Callaway–Sant'Anna), never the
already treated.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import polars as pl

from evaluation.after.area_contrast import start_date_contrast
from evaluation.after.area_matrix import AreaMatrix, area_matrix
from evaluation.after.difference_in_differences import with_relative
from evaluation.after.doubly_robust_did import Array, Method, SeparatedGroupsError
from evaluation.after.group_time import (
    Aggregation,
    GroupTime,
    by_event_time,
    group_time_effects,
    overall,
    pretest,
    simultaneous_factor,
)
from evaluation.after.inference import clustered_p_value, for_schedule
from evaluation.after.panel import Panel
from evaluation.after.results import Effect, Refusal

AGGREGATIONS: tuple[Aggregation, ...] = ("simple", "event", "group", "calendar")


def staggered(
    panel: Panel,
    outcome: str,
    *,
    seed: int = 0,
    comparison: Literal["never", "not_yet"] = "never",
    method: Method = "none",
    covariates: tuple[str, ...] = (),
    aggregation: Aggregation = "simple",
    random_rollout: bool = False,
) -> Effect | Refusal:
    """Effect of the program in the areas and periods that had it, averaged over start dates.

    covariates: Float64 columns of the panel, taken as of the first used period; method: how they are used.
    details: group_time (table start, period, effect, standard_error; periods as in the panel), aggregations
    (all four with standard errors), pretest (statistic, p), event_times/estimates/covariance.
    Randomization inference permutes start dates over areas with the statistic without covariates.
    """
    matrix = area_matrix(panel, outcome, "staggered", comparison=comparison == "never", periods_before=1)
    if isinstance(matrix, Refusal):
        return matrix
    refused = _too_short(matrix)
    if refused:
        return refused
    wide = _covariates(panel, matrix, covariates)
    if isinstance(wide, Refusal):
        return wide
    try:
        found = group_time_effects(matrix, wide, method if covariates else "none", comparison)
    except SeparatedGroupsError:
        return Refusal(
            "staggered",
            "The covariates tell program and comparison areas apart completely.",
            'Fewer covariates, or method = "regression" or "none".',
        )
    main = overall(found, aggregation)
    reach = 1.959964 * main.standard_error
    treated, others = int(matrix.ever.sum()), int((~matrix.ever).sum())
    clustered = clustered_p_value(
        "clustered by area (influence function)",
        _normal(main.estimate, main.standard_error),
        treated,
        others,
        False,
    )
    if (~matrix.ever).any():
        tests = for_schedule(
            start_date_contrast(matrix, comparison),
            size=matrix.level_before(),
            clustered=(clustered,),
            clustered_interval=(main.estimate - reach, main.estimate + reach),
            random_rollout=random_rollout,
            seed=seed,
        )
        p_values, chosen = tests.p_values, tests.p_value
        low, high, how, notes = tests.low, tests.high, tests.interval_method, tests.notes
    else:
        p_values, chosen, notes = (clustered,), clustered if clustered.valid else None, ()
        low, high, how = main.estimate - reach, main.estimate + reach, clustered.method
    if aggregation != "simple" and chosen is not None and chosen.method != clustered.method:
        low, high, how = main.estimate - reach, main.estimate + reach, clustered.method
        notes = (
            *notes,
            "Randomization inference tests the average by group size; the interval is the clustered one.",
        )
    observed = float(matrix.values[matrix.treated].mean())
    return with_relative(
        Effect(
            design="staggered",
            outcome=outcome,
            estimand="average effect in the program areas from their start on (ATT), per area and period",
            scale="difference",
            estimate=main.estimate,
            standard_error=main.standard_error,
            low=low,
            high=high,
            interval_method=how,
            baseline=observed - main.estimate,
            relative=None,
            relative_low=None,
            relative_high=None,
            treated_areas=treated,
            comparison_areas=others,
            periods=len(matrix.periods),
            observations=matrix.values.size,
            p_values=p_values,
            p_value=chosen,
            notes=(*matrix.notes, *notes),
            **_path_and_details(found, matrix, seed),
        )
    )


def _too_short(matrix: AreaMatrix) -> Refusal | None:
    if max(matrix.starts) >= 2:
        return None
    return Refusal(
        "staggered", "Only one used period before the latest start.", "Two periods before some start."
    )


def _covariates(panel: Panel, matrix: AreaMatrix, names: tuple[str, ...]) -> Array | Refusal:
    missing = [name for name in names if name not in panel.table.columns]
    if missing:
        return Refusal(
            "staggered", f"The panel has no column {missing[0]!r}.", "Covariates that are in the panel."
        )
    first = panel.used.filter(pl.col("period") == matrix.periods[0], pl.col("area").is_in(list(matrix.areas)))
    table = first.sort("area").select(pl.col(name).cast(pl.Float64) for name in names)
    if any(table[name].null_count() for name in names):
        return Refusal(
            "staggered", "A covariate is unknown for some area.", "Covariates known for every area."
        )
    return table.to_numpy().reshape(len(matrix.areas), len(names))


def _normal(estimate: float, error: float) -> float | None:
    from scipy import stats

    return float(2 * stats.norm.sf(abs(estimate) / error)) if error > 0 else None


def _path_and_details(found: GroupTime, matrix: AreaMatrix, seed: int) -> dict[str, Any]:
    times, parts = by_event_time(found)
    estimates = np.array([part.estimate for part in parts])
    errors = np.array([part.standard_error for part in parts])
    factor = simultaneous_factor(parts, seed=seed)
    path = pl.DataFrame(
        {
            "event_time": times,
            "estimate": estimates,
            "low": estimates - 1.959964 * errors,
            "high": estimates + 1.959964 * errors,
            "band_low": estimates - factor * errors,
            "band_high": estimates + factor * errors,
            "standard_error": errors,
        }
    )
    influence = np.column_stack([part.influence for part in parts])
    calendar = np.array(matrix.periods)
    table = pl.DataFrame(
        {
            "start": calendar[found.starts],
            "period": calendar[found.periods],
            "effect": found.effects,
            "standard_error": found.standard_errors,
        }
    )
    return {
        "path": path,
        "details": {
            "group_time": table,
            "aggregations": {
                one: (overall(found, one).estimate, overall(found, one).standard_error)
                for one in AGGREGATIONS
            },
            "pretest": pretest(found),
            "event_times": times.tolist(),
            "event_estimates": estimates,
            "event_covariance": influence.T @ influence / len(influence) ** 2,
        },
    }
