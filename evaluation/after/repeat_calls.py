"""To follow."""

from __future__ import annotations

import polars as pl

from evaluation.after.results import Effect, Refusal


def repeat_calls(
    calls: pl.DataFrame,
    outcome: str = "repeat_call",
    *,
    seed: int = 0,
    treated: str = "treated",
    place: str = "place_key",
    received: str = "received_s",
    data_end: int | None = None,
    window_days: int = 30,
    fixed_effects: tuple[str, ...] = (),
    covariates: tuple[str, ...] = (),
) -> Effect | Refusal:
    """Time to the next call from the same place or person, with calls near the data's end censored."""
    raise NotImplementedError
