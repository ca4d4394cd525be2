"""To follow."""

from __future__ import annotations

from evaluation.after.panel import Panel
from evaluation.after.results import Effect, Refusal


def poisson_staggered(
    panel: Panel, outcome: str, *, seed: int = 0, random_rollout: bool = False
) -> Effect | Refusal:
    """Staggered starts for counts: Poisson with start-date × period effects; rate ratio."""
    raise NotImplementedError
