"""To follow."""

from __future__ import annotations

import polars as pl

from evaluation.after.results import Effect, Refusal


def availability_instrument(
    calls: pl.DataFrame,
    outcome: str,
    *,
    seed: int = 0,
    served: str = "served",
    available: str = "team_available",
    fixed_effects: tuple[str, ...] = ("area", "hour_of_week", "month"),
    covariates: tuple[str, ...] = (),
    cluster: str = "date",
) -> Effect | Refusal:
    """Whether a team happened to be free, as an instrument for being served (2SLS with fixed effects)."""
    raise NotImplementedError
