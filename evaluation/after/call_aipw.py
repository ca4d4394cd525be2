"""To follow."""

from __future__ import annotations

from typing import Literal

import polars as pl

from evaluation.after.results import Effect, Refusal


def call_level_aipw(
    calls: pl.DataFrame,
    outcome: str,
    *,
    seed: int = 0,
    covariates: tuple[str, ...],
    treated: str = "treated",
    cluster: str | None = None,
    estimand: Literal["att", "ate"] = "att",
    folds: int = 5,
) -> Effect | Refusal:
    """Call-level doubly robust comparison (AIPW), cross-fitted, variance by area or place."""
    raise NotImplementedError
