"""Augmented synthetic control that is to be alike in predictors as well as in the course before the start.

The predictors stand beside the periods as further rows to be matched, and a ridge correction takes up what weights of
at least 0 leave over (Ben-Michael, Feller & Rothstein 2021, JASA 116, section 5).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evaluation.after.donor_effect import donor_effect, gap_table, rank_p_value, ranked_by_errors
from evaluation.after.donor_library import PENALTIES
from evaluation.after.panel import Panel
from evaluation.after.predictor_facts import predictor_facts
from evaluation.after.results import Effect, Refusal

NAME = "augmented_predictors"
Array = NDArray[np.float64]


def augmented_with_predictors(
    panel: Panel, outcome: str, *, seed: int = 0, penalty: float | None = None
) -> Effect | Refusal:
    """Average gap after the start between the one program area and its weighted comparison areas.

    Reads panel.predictors; weights may be negative where the correction needs it. penalty: ridge penalty; None =
    one-standard-error rule. seed: not used (nothing is drawn).
    p: rank of the ratio mean square after / before over all areas, each fitted with the penalty of the program area.
    details: l2_imbalance of the course, penalty, predictors (predictor, program, weighted, comparison), placebos.
    """
    found = predictor_facts(panel, outcome, NAME)
    if isinstance(found, Refusal):
        return found
    matrix, before = found.matrix, found.matrix.starts[0]
    program = int(matrix.ever.argmax())
    rows, target = _rows(matrix.values[:, :before], found.facts, program)
    if penalty is None:
        penalty = _penalty(rows, target, before)
    gaps = []
    for area in range(len(matrix.areas)):
        weights = _weights(*_rows(matrix.values[:, :before], found.facts, area), penalty)
        gaps.append(matrix.values[area] - weights @ np.delete(matrix.values, area, axis=0))
    gap = np.array(gaps)
    own = _weights(rows, target, penalty)
    ranked = ranked_by_errors(matrix.areas, gap, before)
    rank = ranked.row(by_predicate=pl.col("area") == matrix.areas[program], named=True)["rank"]
    others = [area for place, area in enumerate(matrix.areas) if place != program]
    facts = np.delete(found.facts, program, axis=1)
    return donor_effect(
        matrix,
        NAME,
        outcome,
        synthetic=matrix.values[program] - gap[program],
        weights=dict(zip(others, own.tolist(), strict=True)),
        placebo_gaps=gap_table(matrix.areas, gap),
        p_values=(rank_p_value(rank / len(matrix.areas), len(matrix.areas)),),
        notes=found.notes,
        details={
            "l2_imbalance": float(np.sqrt((gap[program, :before] ** 2).sum())),
            "penalty": penalty,
            "predictors": pl.DataFrame(
                {
                    "predictor": list(found.names),
                    "program": found.facts[:, program],
                    "weighted": facts @ own,
                    "comparison": facts.mean(axis=1),
                }
            ),
            "placebos": ranked,
        },
    )


def _rows(course: Array, facts: Array, target: int) -> tuple[Array, Array]:
    """What is matched, rows × donors and rows: periods, then predictors with the spread of the outcome; centred."""
    donors, own = np.delete(course, target, axis=0).T, course[target]
    middle = donors.mean(axis=1)
    donors, own = donors - middle[:, None], own - middle
    others, mine = np.delete(facts, target, axis=1), facts[:, target]
    level = others.mean(axis=1)
    scale = float(donors.std(ddof=1)) / np.maximum(others.std(axis=1, ddof=1), 1e-300)
    others, mine = (others - level[:, None]) * scale[:, None], (mine - level) * scale
    return np.ascontiguousarray(np.vstack([donors, others])), np.concatenate([own, mine])


def _weights(rows: Array, target: Array, penalty: float) -> Array:
    """Simplex weights w plus X'(XX' + penalty · I)⁻¹ (target − X w)."""
    from evaluation.after.nearest_mixture import nearest_mixture

    simplex = nearest_mixture(np.ascontiguousarray(rows - target[:, None]))
    system = rows @ rows.T + penalty * np.eye(len(rows))
    return np.asarray(simplex + rows.T @ np.linalg.solve(system, target - rows @ simplex))


def _penalty(rows: Array, target: Array, periods: int) -> float:
    """The one-standard-error rule of donor_library: each period left out in turn and predicted from the other rows.

    The authors' code also leaves out the predictors in turn, all but the last, so that the order in which they are
    named decides (on the Kansas example −0.061 or −0.052); here no order does.
    """
    from evaluation.after.nearest_mixture import nearest_mixture

    penalties = float(np.linalg.svd(rows, compute_uv=False)[0] ** 2) * np.logspace(0, -8, PENALTIES)
    errors = np.zeros((periods, PENALTIES))
    for out in range(periods):
        kept, wanted = np.delete(rows, out, axis=0), np.delete(target, out)
        simplex = nearest_mixture(np.ascontiguousarray(kept - wanted[:, None]))
        # One decomposition serves all penalties.
        left, values, right = np.linalg.svd(kept, full_matrices=False)
        over = left.T @ (wanted - kept @ simplex)
        shrunk = (values * over)[:, None] / (values[:, None] ** 2 + penalties[None, :])
        predicted = rows[out] @ simplex + rows[out] @ (right.T @ shrunk)
        errors[out] = (target[out] - predicted) ** 2
    mean, spread = errors.mean(axis=0), errors.std(axis=0, ddof=1) / np.sqrt(len(errors))
    best = int(mean.argmin())
    return float(penalties[mean <= mean[best] + spread[best]].max())
