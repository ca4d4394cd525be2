"""To follow."""

from __future__ import annotations

from typing import Literal

from evaluation.after.panel import Panel
from evaluation.after.results import Effect, Refusal


def staggered(
    panel: Panel,
    outcome: str,
    *,
    seed: int = 0,
    comparison: Literal["never", "not_yet"] = "never",
    method: Literal["none", "regression", "doubly_robust", "weighting"] = "none",
    covariates: tuple[str, ...] = (),
    random_rollout: bool = False,
) -> Effect | Refusal:
    """Callaway-Sant'Anna: each start date against areas that have not started."""
    raise NotImplementedError
