"""Synthetic control by predictors: comparison areas weighted to be like the program area in named facts.

How much each fact counts is chosen so that the weighted areas follow the program area's course before the start
(Abadie, Diamond & Hainmueller 2010, JASA 105).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evaluation.after.donor_effect import donor_effect, gap_table, rank_p_value, ranked_by_errors
from evaluation.after.panel import Panel
from evaluation.after.predictor_facts import predictor_facts
from evaluation.after.results import Effect, Refusal

NAME = "predictor_weights"
LEAST_FITTED = 2
MOST_SEARCHES = 6
STEPS_PER_PREDICTOR = 100  # of one search
LEAST_GAIN = 1e-3  # share of the error that a further search must gain to be followed by another
Array = NDArray[np.float64]


@dataclass(frozen=True)
class PredictorFit:
    """donors: weight of each other area; importance: of each predictor, sums to 1; error: mean square, as fitted."""

    donors: Array
    importance: Array
    error: float


def predictor_weighted_control(panel: Panel, outcome: str, *, seed: int = 0) -> Effect | Refusal:
    """Average gap after the start between the one program area and the areas that are like it in the predictors.

    Reads panel.predictors. seed: not used (nothing is drawn). p: rank of the ratio mean square after / before over all areas, each fitted as if it had got the
    program, the others being its comparison areas. details: predictors (predictor, importance, program, weighted,
    comparison), fitted_error (mean square over the periods fitted), placebos (area, before, after, ratio, rank).
    """
    found = predictor_facts(panel, outcome, NAME)
    if isinstance(found, Refusal):
        return found
    matrix, facts, before = found.matrix, found.facts, found.matrix.starts[0]
    periods = np.array(matrix.periods)
    fit_from = panel.predictors.fit_from if panel.predictors is not None else 0
    fitted = (periods >= fit_from) & (np.arange(len(periods)) < before)
    if fitted.sum() < LEAST_FITTED:
        return Refusal(
            NAME,
            f"{int(fitted.sum())} used period(s) from fit_first to the start.",
            f"At least {LEAST_FITTED}.",
        )
    course = matrix.values[:, fitted]
    fits = [predictor_fit(facts, course, target) for target in range(len(matrix.areas))]
    gaps = np.array(
        [
            matrix.values[target] - fit.donors @ np.delete(matrix.values, target, axis=0)
            for target, fit in enumerate(fits)
        ]
    )
    program = int(matrix.ever.argmax())
    ranked = ranked_by_errors(matrix.areas, gaps, before)
    own = ranked.row(by_predicate=pl.col("area") == matrix.areas[program], named=True)
    others = [area for place, area in enumerate(matrix.areas) if place != program]
    fit = fits[program]
    return donor_effect(
        matrix,
        NAME,
        outcome,
        synthetic=matrix.values[program] - gaps[program],
        weights=dict(zip(others, fit.donors.tolist(), strict=True)),
        placebo_gaps=gap_table(matrix.areas, gaps),
        p_values=(rank_p_value(float(own["rank"]) / len(matrix.areas), len(matrix.areas)),),
        notes=found.notes,
        details={
            "predictors": _balance(found.names, facts, fit, program),
            "fitted_error": fit.error,
            "placebos": ranked,
        },
    )


def predictor_fit(facts: Array, course: Array, target: int) -> PredictorFit:
    """The nested choice for one area: donors' weights given the predictors', and those by the error of the course.

    facts: predictors × areas; course: areas × periods fitted. Inner problem: w = argmin Σₖ vₖ (x₁ₖ − Σⱼ wⱼ xⱼₖ)²
    over w ≥ 0, Σ w = 1, each predictor divided by its standard deviation over all areas. Outer: v = argmin of the
    mean square of the course, by Nelder–Mead from equal weights and from the size of each predictor's coefficients
    in regressions of the course on all predictors; the better end is taken. It is the best found, not proved best:
    the error has several local minima in v.
    """
    from evaluation.after.nearest_mixture import nearest_mixture

    scaled = facts / facts.std(axis=1, ddof=1, keepdims=True)
    apart = np.ascontiguousarray(np.delete(scaled, target, axis=1) - scaled[:, [target]])
    own, donors = course[target], np.ascontiguousarray(np.delete(course, target, axis=0).T)
    ends = [_search(begin, apart, own, donors) for begin in _beginnings(scaled, course)]
    error, importance = min(ends, key=lambda end: end[0])
    weights = nearest_mixture(np.ascontiguousarray(apart * np.sqrt(importance)[:, None]))
    return PredictorFit(weights, importance, error)


def _search(begin: Array, apart: Array, own: Array, donors: Array) -> tuple[float, Array]:
    """The smallest error found from one beginning, and the predictors' weights there.

    The search stops early where the error has an edge, so it begins anew from its end until that gains nothing.
    """
    from scipy.optimize import minimize

    from evaluation.after.nearest_mixture import course_error

    error, importance = float(course_error(begin, apart, own, donors)), begin
    steps = STEPS_PER_PREDICTOR * len(begin)
    options = {"xatol": 1e-4, "fatol": 1e-7 * error, "maxfev": steps, "maxiter": steps}
    for _ in range(MOST_SEARCHES):
        found = minimize(
            course_error, importance, args=(apart, own, donors), method="Nelder-Mead", options=options
        )
        gained = error - float(found.fun)
        if gained > 0:
            error, importance = float(found.fun), np.abs(found.x) / np.abs(found.x).sum()
        if gained <= LEAST_GAIN * error:
            break
    return error, importance


def _beginnings(scaled: Array, course: Array) -> list[Array]:
    """Where the search for the predictors' weights begins: equal, and by regression where there are areas enough."""
    count, areas = scaled.shape
    equal = np.full(count, 1 / count)
    design = np.column_stack([np.ones(areas), scaled.T])
    if count == 1 or np.linalg.matrix_rank(design) <= count:
        return [equal]
    slopes = np.linalg.lstsq(design, course, rcond=None)[0][1:]
    size = (slopes**2).sum(axis=1)
    return [equal, size / size.sum()]


def _balance(names: tuple[str, ...], facts: Array, fit: PredictorFit, program: int) -> pl.DataFrame:
    others = np.delete(facts, program, axis=1)
    return pl.DataFrame(
        {
            "predictor": list(names),
            "importance": fit.importance,
            "program": facts[:, program],
            "weighted": others @ fit.donors,
            "comparison": others.mean(axis=1),
        }
    )
