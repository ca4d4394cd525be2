"""Did program and comparison areas run parallel before the start, and would the test have noticed if they had not?

A test of earlier trends that finds nothing says little when it could not have found anything (Roth 2022, AER:
Insights 4). So the drift that it would find in 4 of 5 cases stands beside it, with what that drift would add to
the estimate.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp

import numpy as np
import polars as pl

from evaluation.after.area_matrix import area_matrix
from evaluation.after.honest import MOST_BLOCKS_AFTER, event_study_of, in_blocks
from evaluation.after.panel import Panel
from evaluation.after.results import Check, Effect, Refusal
from evaluation.after.versions import size

POWER = 0.8
NAME, LABEL = "pre_trends", "The same course before the start (pre-trends, with their power)"


@dataclass(frozen=True)
class _Distances:
    """Blocks before the one before the start: mean distance between the groups, its covariance, degrees of freedom.

    factor: what makes F of the quadratic form; length: periods in a block; after: blocks after the start.
    """

    estimates: np.ndarray
    covariance: np.ndarray
    freedom: int
    factor: float
    length: int
    after: int


def pre_trends_check(effect: Effect, panel: Panel | None = None) -> Check:
    """Joint test of the blocks of periods before the start, and its power against a straight drift.

    With one start and the panel: Hotelling's T² of the areas' own courses (relative to the area's level for rate
    ratios), which keeps its size with few areas; else Wald's statistic of the event study, scaled as Hotelling's T². Power by the non-central F. passed: False where the test rejects; None where a drift as
    large as the whole effect would mostly go unnoticed or no test is possible; else True. table: block, estimate,
    low, high (distance from the block before the start; as ratio for rate-ratio effects).
    """
    from scipy import optimize, stats

    found = _of_areas(effect, panel) or _of_event_study(effect)
    if found is None:
        return Check(
            NAME, LABEL, None, "Too few periods before the start, or no event study, to see a course."
        )
    count = len(found.estimates)
    table = _table(found, effect)
    if found.freedom < 1 or np.linalg.matrix_rank(found.covariance) < count:
        return Check(
            NAME, LABEL, None, "Too few areas for a joint test of the periods before the start.", table
        )
    inverse = np.linalg.inv(found.covariance)
    statistic = float(found.estimates @ inverse @ found.estimates) * found.factor
    p_value = float(stats.f.sf(statistic, count, found.freedom))
    line = np.arange(-count, 0, dtype=np.float64)
    curvature = float(line @ inverse @ line)
    critical = float(stats.f.isf(0.05, count, found.freedom))

    def short_of_power(slope: float) -> float:
        return float(stats.ncf.sf(critical, count, found.freedom, slope**2 * curvature)) - POWER

    unit = 1 / np.sqrt(curvature)
    slope = float(optimize.brentq(short_of_power, 0.01 * unit, 200 * unit))
    added = slope * float(np.arange(1, found.after + 1).mean())
    if effect.scale == "rate_ratio":
        drift = f"a steady drift that would by itself change the rate by {exp(added) - 1:.1%} after the start"
    else:
        drift = f"a steady drift that would by itself add {added:.3g} to the estimate"
    if p_value <= 0.05:
        passed, verdict = False, "The areas did not run parallel before the start"
    elif added >= abs(size(effect)):
        passed, verdict = (
            None,
            "No difference in course was detected, but the test could hardly have found one that matters",
        )
    else:
        passed, verdict = True, "No difference in course was detected before the start"
    sentence = (
        f"{verdict} (F = {statistic:.2f}, p = {p_value:.3f}; {count} block(s) of {found.length} period(s) before the last one "
        f"before the start). In 4 of 5 cases the test would find {drift}; the effect itself is {size_words(effect)}."
    )
    return Check(NAME, LABEL, passed, sentence, table)


def _of_areas(effect: Effect, panel: Panel | None) -> _Distances | None:
    """Two groups of areas, one course of block means each, one covariance for all areas."""
    matrix = None if panel is None else area_matrix(panel, effect.outcome, NAME)
    if matrix is None or isinstance(matrix, Refusal) or len(matrix.starts) != 1:
        return None
    start, periods = matrix.starts[0], len(matrix.periods)
    length = min(ceil((periods - start) / MOST_BLOCKS_AFTER), start // 2)
    values = matrix.values
    if effect.scale == "rate_ratio":
        values = values / matrix.exposure
        level = values[:, :start].mean(axis=1, keepdims=True)
        if not (level > 0).all():
            return None
        values = values / level
    count = start // length - 1
    firsts = [start - length * block for block in range(count + 1, 0, -1)]
    blocks = np.column_stack([values[:, first : first + length].mean(axis=1) for first in firsts])
    course = blocks[:, :-1] - blocks[:, -1:]
    program, others = course[matrix.ever], course[~matrix.ever]
    n1, n0 = len(program), len(others)
    freedom = n1 + n0 - count - 1
    if freedom < 1:
        return None
    spread = sum((group - group.mean(axis=0)).T @ (group - group.mean(axis=0)) for group in (program, others))
    covariance = np.atleast_2d(spread) / (n1 + n0 - 2) * (1 / n1 + 1 / n0)
    after = min((periods - start) // length, MOST_BLOCKS_AFTER)
    factor = freedom / ((n1 + n0 - 2) * count)
    return _Distances(program.mean(axis=0) - others.mean(axis=0), covariance, freedom, factor, length, after)


def _of_event_study(effect: Effect) -> _Distances | None:
    study = event_study_of(effect)
    found = in_blocks(study) if study is not None else None
    if found is None or found.study.before < 1:
        return None
    count = found.study.before
    areas = (effect.treated_areas or 0) + (effect.comparison_areas or 0)
    freedom = areas - count - 1
    return _Distances(
        found.study.estimates[:count],
        found.study.covariance[:count, :count],
        max(freedom, 0),
        freedom / ((areas - 2) * count) if freedom > 0 else 0.0,
        found.length,
        found.study.after,
    )


def size_words(effect: Effect) -> str:
    """The main effect on the same footing: percent for rate ratios, the outcome's unit otherwise."""
    return f"{effect.estimate - 1:+.1%}" if effect.scale == "rate_ratio" else f"{effect.estimate:+.3g}"


def _table(found: _Distances, effect: Effect) -> pl.DataFrame:
    from scipy import stats

    reach = np.sqrt(np.diag(found.covariance)) * float(stats.t.isf(0.025, max(found.freedom, 1)))
    estimates = found.estimates
    rows = pl.DataFrame(
        {
            "block": np.arange(-len(estimates), 0) - 1,
            "estimate": estimates,
            "low": estimates - reach,
            "high": estimates + reach,
        }
    )
    return (
        rows.with_columns(pl.col("estimate", "low", "high").exp()) if effect.scale == "rate_ratio" else rows
    )
