"""To follow."""

from __future__ import annotations

from evaluation.after.panel import Panel
from evaluation.after.results import Effect, Refusal


def synthetic_did(
    panel: Panel,
    outcome: str,
    *,
    seed: int = 0,
) -> Effect | Refusal:
    """Synthetic difference-in-differences with every placebo area enumerated."""
    raise NotImplementedError
