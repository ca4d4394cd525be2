"""Panels for the tests of the designs: from a long table, and made up with a known effect."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from evaluation.after.panel import Panel

FIRST = date(2020, 1, 6)


def panel_of(table: pl.DataFrame, *outcomes: str, excluded: tuple[int, ...] = ()) -> Panel:
    """A Panel from columns area, period (0-based), start (null = never) and outcomes."""
    full = table.with_columns(
        pl.col("area").cast(pl.String),
        pl.col("period").cast(pl.Int64),
        pl.col("start").cast(pl.Int64),
        *(pl.col(outcome).cast(pl.Float64) for outcome in outcomes),
        exposure=pl.col("exposure") if "exposure" in table.columns else pl.lit(1.0),
        excluded=pl.col("period").is_in(excluded),
    ).with_columns(
        treated=(pl.col("period") >= pl.col("start")).fill_null(False).cast(pl.Int8),
        period_start=pl.lit(FIRST) + pl.duration(days=7 * pl.col("period")),
    )
    last = FIRST + timedelta(days=7 * (int(full["period"].max()) + 1) - 1)  # type: ignore[arg-type]
    return Panel(full.sort("area", "period"), outcomes, (), "1w", FIRST, last)


def made_up(
    areas: int,
    periods: int,
    starts: dict[int, int],
    *,
    effect: float = 0.0,
    seed: int = 0,
    counts: bool = False,
) -> Panel:
    """Areas with AR(1) noise (ρ = 0.5) or Poisson counts; starts: area → start; effect added, or as a log rate."""
    generator = np.random.default_rng(seed)
    start = np.array([starts.get(area, periods) for area in range(areas)])
    treated = np.arange(periods)[None, :] >= start[:, None]
    if counts:
        season = 0.2 * np.sin(2 * np.pi * np.arange(periods) / 12)
        rate = np.exp(generator.normal(3, 0.3, areas)[:, None] + season[None, :] + effect * treated)
        values = generator.poisson(rate).astype(float)
    else:
        noise = np.empty((areas, periods))
        noise[:, 0] = generator.normal(size=areas) / np.sqrt(0.75)
        for period in range(1, periods):
            noise[:, period] = 0.5 * noise[:, period - 1] + generator.normal(size=areas)
        level = 10.0 + generator.normal(size=areas)[:, None] + 0.05 * np.arange(periods)[None, :]
        values = level + noise + effect * treated
    table = pl.DataFrame(
        {
            "area": [f"area {area:03d}" for area in np.repeat(np.arange(areas), periods)],
            "period": np.tile(np.arange(periods), areas),
            "start": np.repeat(np.where(start < periods, start, -1), periods),
            "outcome": values.ravel(),
        }
    ).with_columns(start=pl.when(pl.col("start") >= 0).then(pl.col("start")))
    return panel_of(table, "outcome")
