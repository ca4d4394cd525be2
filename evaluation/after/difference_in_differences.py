"""To follow."""

from __future__ import annotations

from evaluation.after.panel import Panel
from evaluation.after.results import Effect, Refusal


def difference_in_differences(
    panel: Panel, outcome: str, *, seed: int = 0, random_rollout: bool = False
) -> Effect | Refusal:
    """Difference-in-differences by ordinary least squares with area and period effects, and its event study."""
    raise NotImplementedError


def poisson_difference_in_differences(
    panel: Panel, outcome: str, *, seed: int = 0, random_rollout: bool = False
) -> Effect | Refusal:
    """The same for counts: Poisson with the exposure as offset; the effect is a rate ratio."""
    raise NotImplementedError
