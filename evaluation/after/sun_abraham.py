"""Event study by start date, averaged so that no start date's effect contaminates another's (Sun–Abraham)."""

from __future__ import annotations

from evaluation.after.area_matrix import area_matrix
from evaluation.after.did_library import sun_abraham_fit
from evaluation.after.panel import Panel
from evaluation.after.results import Effect, Refusal
from evaluation.after.second_opinion import as_effect, sun_abraham_again

MOST_TERMS = 800


def sun_abraham(panel: Panel, outcome: str, *, seed: int = 0) -> Effect | Refusal:
    """Average effect from the start on, with the effect at every event time. Needs areas that never start.

    seed: not used (nothing is drawn); every design takes it. Same refusals as `imputation`.
    """
    matrix = area_matrix(panel, outcome, "sun_abraham")
    if isinstance(matrix, Refusal):
        return matrix
    terms = len(matrix.starts) * len(matrix.periods)
    if terms > MOST_TERMS:
        return Refusal(
            "sun_abraham",
            f"{terms:,} start × period terms would take minutes.",
            f"At most {MOST_TERMS:,}: longer periods, or imputation as the second opinion.",
        )
    return as_effect(
        sun_abraham_fit(matrix), sun_abraham_again, matrix, "sun_abraham", outcome, "clustered by area (CR1)"
    )
