"""To follow."""

from __future__ import annotations

from evaluation.after.panel import Panel
from evaluation.after.results import Effect, Refusal


def sun_abraham(
    panel: Panel,
    outcome: str,
    *,
    seed: int = 0,
) -> Effect | Refusal:
    """Sun-Abraham: event study by start date, averaged with the right weights."""
    raise NotImplementedError
