"""To follow."""

from __future__ import annotations

from evaluation.after.panel import Panel
from evaluation.after.results import Effect, Refusal


def imputation(
    panel: Panel,
    outcome: str,
    *,
    seed: int = 0,
) -> Effect | Refusal:
    """Borusyak-Jaravel-Spiess: fit area and period effects on untreated cells, impute the rest."""
    raise NotImplementedError
