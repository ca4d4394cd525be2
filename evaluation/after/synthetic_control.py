"""To follow."""

from __future__ import annotations

from evaluation.after.panel import Panel
from evaluation.after.results import Effect, Refusal


def synthetic_control(
    panel: Panel, outcome: str, *, seed: int = 0, augmented: bool = True, penalty: float | None = None
) -> Effect | Refusal:
    """(Augmented) synthetic control of one program area."""
    raise NotImplementedError
