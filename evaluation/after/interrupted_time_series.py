"""To follow."""

from __future__ import annotations

from typing import Literal

from evaluation.after.panel import Panel
from evaluation.after.results import Effect, Refusal


def interrupted_time_series(
    panel: Panel,
    outcome: str,
    *,
    seed: int = 0,
    family: Literal["poisson", "negative_binomial"] = "negative_binomial",
    harmonics: int = 2,
) -> Effect | Refusal:
    """Level and slope at launch in one series, with the seasons and serial correlation allowed for."""
    raise NotImplementedError
