"""To follow."""

from __future__ import annotations

from evaluation.after.panel import Panel
from evaluation.after.results import Effect, Refusal


def triple_difference(
    panel: Panel, outcome: str, *, seed: int = 0, unaffected: str | None = None, random_rollout: bool = False
) -> Effect | Refusal:
    """Difference-in-differences of the outcome, minus that of an outcome the program cannot change."""
    raise NotImplementedError
