"""To follow."""

from __future__ import annotations

import polars as pl

from evaluation.after.results import Effect, Refusal


def hour_boundary(
    calls: pl.DataFrame,
    outcome: str,
    *,
    seed: int = 0,
    minutes_from_edge: str = "minutes_from_edge",
    program_day: str = "program_day",
    cluster: str = "date",
    donut_minutes: float = 15.0,
    bandwidth_minutes: float | None = None,
) -> Effect | Refusal:
    """Calls just inside against just outside the service hours, minus the same clock edge on days without the program."""
    raise NotImplementedError
