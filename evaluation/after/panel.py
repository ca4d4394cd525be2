"""The panel that the area designs stand on: one row per area and period, with zeros, exposure and launch.

A panel is made from calls or from any outcome table by `build_panel.py`; the designs only read it. Periods are
numbered 0, 1, 2 … without gaps, so that arithmetic on them needs no calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl


@dataclass(frozen=True)
class Predictors:
    """What the comparison areas that stand in for the program area shall be alike in, one number per area.

    table, sorted by predictor and area: predictor and area (String), value (Float64, null = not known there) and
    last_period (Int64, the last period that the value rests on). fit_from: the first period of the course by which
    the weights of the predictors are judged.
    """

    table: pl.DataFrame
    fit_from: int = 0


@dataclass(frozen=True)
class Panel:
    """Area × period with the outcomes of a study.

    table, sorted by area and period, every area has every period:

    - area: String
    - period: Int64, 0-based; period_start: Date
    - start: Int64, the period in which the program starts in the area; null = never in these data
    - treated: Int8, 1 from `start` on
    - exposure: Float64, what a count is divided by (days, residents × days …); never null or 0
    - excluded: Boolean, a period that the study leaves out (June 2020 …), kept so that it can be shown
    - one Float64 column per outcome and placebo outcome, 0 where nothing happened, null only where unknown
    """

    table: pl.DataFrame
    outcomes: tuple[str, ...]
    placebo_outcomes: tuple[str, ...]
    every: str  # "1w" or "1mo"
    first: date
    last: date
    neighbors: dict[str, tuple[str, ...]] | None = None  # areas that touch, for spill-over rings
    predictors: Predictors | None = (
        None  # for the synthetic control that is to be alike in more than the course
    )

    @property
    def used(self) -> pl.DataFrame:
        """The rows that estimates rest on: without the excluded periods."""
        return self.table.filter(~pl.col("excluded"))

    @property
    def treated_areas(self) -> tuple[str, ...]:
        """Areas with a start in the data, sorted."""
        return tuple(self.table.filter(pl.col("start").is_not_null())["area"].unique().sort())

    @property
    def comparison_areas(self) -> tuple[str, ...]:
        """Areas without a start in the data, sorted."""
        return tuple(self.table.filter(pl.col("start").is_null())["area"].unique().sort())
