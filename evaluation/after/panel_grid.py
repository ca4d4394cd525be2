"""The empty panel: every area in every period, with the launch, the days left out, and what a count is divided by."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from call_codes.errors import InputError
from evaluation.after.area_facts import AreaFacts
from evaluation.after.panel_areas import some
from evaluation.after.periods import Calendar
from evaluation.after.study import Study
from evaluation.after.study_check import excluded_periods, first_treated_periods, partial_periods


def panel_grid(study: Study, calendar: Calendar, areas: Sequence[str], facts: AreaFacts) -> pl.DataFrame:
    """Every area in every period with start, treated, treated_share, exposure, excluded, excluded_why."""
    starts = first_treated_periods(study, calendar)
    excluded = excluded_periods(study, calendar)
    partial = partial_periods(study, calendar)
    days_of = dict(study.program.starts)
    of_area = pl.DataFrame(
        {
            "area": list(areas),
            "start": [starts.get(area) for area in areas],
            "_day": [days_of.get(area) for area in areas],
            "_partial": [partial.get(area) for area in areas],
        },
        schema={"area": pl.String, "start": pl.Int64, "_day": pl.Date, "_partial": pl.Int64},
    )
    grid = of_area.join(calendar.table(), how="cross")
    into = (pl.col("period_start") + pl.duration(days=pl.col("days")) - pl.col("_day")).dt.total_days()
    own = pl.col("period") == pl.col("_partial")
    why = pl.col("period").replace_strict(excluded, default=None, return_dtype=pl.String)
    if study.program.partial_period == "exclude_area":
        why = why.fill_null(
            pl.when(own.fill_null(False)).then(pl.lit("the program starts in the middle of it"))
        )
    grid = grid.with_columns(
        (pl.col("period") >= pl.col("start")).fill_null(False).cast(pl.Int8).alias("treated"),
        (into.clip(lower_bound=0) / pl.col("days"))
        .clip(0, 1)
        .fill_null(0.0)
        .cast(pl.Float64)
        .alias("treated_share"),
        why.alias("excluded_why"),
    ).with_columns(pl.col("excluded_why").is_not_null().alias("excluded"))
    if facts.table is not None:
        grid = grid.join(facts.table, on="area", how="left", maintain_order="left")
    return (
        grid.with_columns(_exposure(study, grid).alias("exposure"))
        .select(
            "area", "period", "period_start", "start", "treated", "treated_share", "exposure", "excluded", "excluded_why",
            *([c for c in facts.table.columns if c != "area"] if facts.table is not None else []),
        )
        .sort("area", "period")
    )  # fmt: skip


def _exposure(study: Study, grid: pl.DataFrame) -> pl.Expr:
    days = pl.col("days").cast(pl.Float64)
    if study.exposure == "open_hours" and study.program.hours is not None:
        open_by_day = [0.0] * 7
        for start, end in study.program.hours.spans:
            for day in range(7):
                overlap = min(end, (day + 1) * 1440) - max(start, day * 1440)
                open_by_day[day] += max(overlap, 0) / 60
        hours = [
            sum(open_by_day[(start.weekday() + step) % 7] for step in range(days))
            for start, days in grid.select("period_start", "days").iter_rows()
        ]
        return pl.lit(pl.Series(hours, dtype=pl.Float64))
    if study.exposure == "residents":
        unknown = sorted(grid.filter(~(pl.col("residents") > 0).fill_null(False))["area"].unique())
        if unknown:
            raise InputError(
                found=f"no residents, or none known, in {some(unknown)}",
                expected="a number of residents above 0 for every area, to divide by",
                action='complete the areas\' table, leave these areas out, or write exposure = "days"',
            )
        return days * pl.col("residents")
    return days
