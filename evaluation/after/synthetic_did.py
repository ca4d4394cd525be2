"""Synthetic difference-in-differences: comparison areas and periods weighted to run parallel to the program areas,
with every comparison area tried as a placebo.
"""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import polars as pl

from evaluation.after.area_matrix import area_matrix
from evaluation.after.did_library import synthetic_did_fit
from evaluation.after.difference_in_differences import with_relative
from evaluation.after.panel import Panel
from evaluation.after.results import Effect, PValue, Refusal

LEAST_DONORS = 15
LEAST_BEFORE = 10
GOOD_BEFORE = 20
MOST_PROGRAM_AREAS = 5
MOST_PLACEBOS = 500


def synthetic_did(panel: Panel, outcome: str, *, seed: int = 0) -> Effect | Refusal:
    """Average effect in one to five program areas with one start, against weighted comparison areas.

    Standard error: the spread of the placebo effects, from every comparison area (or group of as many as there
    are program areas; 500 seeded ones where there are more). path: observed and counterfactual, the latter moved
    to the program areas' own level. details: placebos, period_weights, pre_fit_rmse.
    """
    name = "synthetic_did"
    matrix = area_matrix(panel, outcome, name, one_start=True)
    if isinstance(matrix, Refusal):
        return matrix
    comparison, before = matrix.values[~matrix.ever].T, matrix.starts[0]
    program = matrix.values[matrix.ever].mean(axis=0)
    treated, donors = int(matrix.ever.sum()), comparison.shape[1]
    after = len(program) - before
    if treated > MOST_PROGRAM_AREAS:
        return Refusal(
            name, f"{treated} program areas.", "One to five; with more, difference-in-differences."
        )
    if donors < LEAST_DONORS:
        return Refusal(name, f"{donors} comparison areas.", f"At least {LEAST_DONORS} comparison areas.")
    if before < LEAST_BEFORE:
        return Refusal(
            name, f"{before} periods before the start.", f"At least {LEAST_BEFORE}, better {GOOD_BEFORE}."
        )
    found = synthetic_did_fit(comparison, program, before, (treated, after))
    groups, exact = placebo_groups(donors, treated, seed)
    placebos = np.array([_placebo(comparison, group, before, after) for group in groups])
    error = float(placebos.std())
    counterfactual = comparison @ found.area_weights
    counterfactual = counterfactual + float(found.period_weights @ (program - counterfactual)[:before])
    rmse = float(np.sqrt(((program - counterfactual)[:before] ** 2).mean()))
    notes = list(matrix.notes)
    if before < GOOD_BEFORE:
        notes.append(f"Only {before} periods before the start; {GOOD_BEFORE} make the weights steadier.")
    if rmse > float(program[:before].std()):
        notes.append("Before the start the weighted areas follow the program areas poorly: read with care.")
    p_values = placebo_p_values(found.estimate, placebos, error, exact)
    chosen = next((one for one in p_values if one.valid), None)
    observed = float(program[before:].mean())
    areas = [area for area, ever in zip(matrix.areas, matrix.ever, strict=True) if not ever]
    return with_relative(
        Effect(
            design=name,
            outcome=outcome,
            estimand="average effect in the program areas after the start (ATT), per area and period",
            scale="difference",
            estimate=found.estimate,
            standard_error=error,
            low=found.estimate - 1.959964 * error,
            high=found.estimate + 1.959964 * error,
            interval_method="placebo spread, normal",
            baseline=observed - found.estimate,
            relative=None,
            relative_low=None,
            relative_high=None,
            treated_areas=treated,
            comparison_areas=donors,
            periods=len(matrix.periods),
            observations=matrix.values.size,
            p_values=p_values,
            p_value=chosen,
            path=pl.DataFrame(
                {
                    "event_time": np.arange(len(program)) - before,
                    "estimate": program - counterfactual,
                    "observed": program,
                    "counterfactual": counterfactual,
                }
            ),
            weights=pl.DataFrame({"donor": areas, "weight": found.area_weights}).sort(
                "weight", descending=True
            ),
            notes=tuple(notes),
            details={"placebos": placebos, "period_weights": found.period_weights, "pre_fit_rmse": rmse},
        )
    )


def placebo_groups(donors: int, size: int, seed: int) -> tuple[list[tuple[int, ...]], bool]:
    """All groups of comparison areas of that size, or 500 seeded ones; True where they are all."""
    if comb(donors, size) <= MOST_PLACEBOS:
        return list(combinations(range(donors), size)), True
    generator = np.random.default_rng(seed)
    return [tuple(generator.choice(donors, size, replace=False)) for _ in range(MOST_PLACEBOS)], False


def _placebo(comparison: np.ndarray, group: tuple[int, ...], before: int, after: int) -> float:
    others = np.setdiff1d(np.arange(comparison.shape[1]), group)
    path = comparison[:, list(group)].mean(axis=1)
    return synthetic_did_fit(comparison[:, others], path, before, (len(group), after)).estimate


def placebo_p_values(estimate: float, placebos: np.ndarray, error: float, exact: bool) -> tuple[PValue, ...]:
    """Rank of the effect among the placebos, and the normal test with their spread."""
    from scipy import stats

    smallest = 1 / (len(placebos) + 1)
    rank = float((1 + (np.abs(placebos) >= abs(estimate)).sum()) / (len(placebos) + 1))
    reach = smallest <= 0.05
    kind = "every" if exact else "500 drawn"
    reason = f"The program areas ranked among {kind} placebo group(s) of comparison areas ({len(placebos)})."
    if not reach:
        reason += f" p cannot fall below {smallest:.3f}."
    normal = float(2 * stats.norm.sf(abs(estimate) / error)) if error > 0 else None
    return (
        PValue("placebo rank", rank, reach, reason, smallest),
        PValue("placebo spread (normal)", normal, normal is not None, "Takes the placebo effects as normal."),
    )
