"""Imputation: area and period effects from untreated cells only, which then fill in the treated ones
(Borusyak–Jaravel–Spiess).
"""

from __future__ import annotations

from evaluation.after.area_matrix import area_matrix
from evaluation.after.did_library import imputed
from evaluation.after.panel import Panel
from evaluation.after.results import Effect, Refusal
from evaluation.after.second_opinion import as_effect, imputed_again


def imputation(panel: Panel, outcome: str, *, seed: int = 0) -> Effect | Refusal:
    """Average effect from the start on, every treated area and period weighing the same. One or several starts.

    seed: not used (nothing is drawn); every design takes it. Refuses without a comparison area and with fewer
    than two periods before the latest start.
    """
    matrix = area_matrix(panel, outcome, "imputation")
    if isinstance(matrix, Refusal):
        return matrix
    return as_effect(
        imputed(matrix), imputed_again, matrix, "imputation", outcome, "clustered by area (conservative)"
    )
