"""To follow."""

from __future__ import annotations

import polars as pl

from evaluation.after.results import Effect, Refusal


def randomised(
    calls: pl.DataFrame,
    outcome: str,
    *,
    seed: int = 0,
    assigned: str = "assigned",
    served: str | None = None,
    covariates: tuple[str, ...] = (),
    strata: str | None = None,
    cluster: str | None = None,
    draws: int = 9_999,
) -> Effect | Refusal:
    """Calls or shifts assigned by lot: effect of the offer, of being served, and the balance of the lots."""
    raise NotImplementedError
