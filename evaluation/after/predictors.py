"""The predictors of a study, one number per area: what a measure was on average over some periods before the start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import polars as pl

from call_codes.errors import InputError
from evaluation.after.outcome_cells import outcome_cells
from evaluation.after.outcome_rows import OutcomeRows
from evaluation.after.panel import Predictors
from evaluation.after.periods import Calendar, whole_periods
from evaluation.after.study import Predictor, Study
from evaluation.after.study_check import excluded_periods, first_treated_periods


def panel_predictors(
    study: Study, sources: Mapping[str, OutcomeRows], calendar: Calendar, areas: Sequence[str]
) -> tuple[Predictors | None, list[str]]:
    """The study's predictors for these areas, and notes; None where it names none.

    sources: the rows of each table by its name. A period that is left out in every area is left out of the averages,
    too.
    """
    if not study.predictors:
        return None, []
    parts, notes = [], []
    for predictor in study.predictors:
        part, note = _averages(predictor, sources[predictor.number.table], study, calendar, areas)
        parts.append(part)
        notes += note
    fit_from = 0 if study.fit_first is None else max(calendar.number(study.fit_first), 0)
    return Predictors(pl.concat(parts).sort("predictor", "area"), fit_from), notes


def _averages(
    predictor: Predictor, source: OutcomeRows, study: Study, calendar: Calendar, areas: Sequence[str]
) -> tuple[pl.DataFrame, list[str]]:
    """predictor, area, value, last_period of one predictor."""
    begin = 0 if predictor.first is None else calendar.number(predictor.first)
    starts = first_treated_periods(study, calendar)
    end = min(starts.values()) - 1 if predictor.last is None else calendar.number(predictor.last)
    wanted = (calendar.start(begin), calendar.start(end + 1) - timedelta(days=1))
    window = whole_periods(calendar.every, max(wanted[0], source.first), min(wanted[1], source.last))
    if window is None or end < begin:
        raise InputError(
            found=f"no whole {calendar.every} of the table {source.name} ({source.first} to {source.last}) from "
            f"{wanted[0]} to {wanted[1]}, for predictors.{predictor.name}",
            expected=f"{calendar.every}s of the table to average over",
            action=f"correct first and last in [predictors.{predictor.name}]",
        )
    shift = calendar.number(window.first)
    out = [number - shift for number in excluded_periods(study, calendar)]
    cells = outcome_cells(predictor.number, source, window).filter(~pl.col("period").is_in(out))
    grid = pl.DataFrame({"area": list(areas)}, schema={"area": pl.String}).join(
        pl.DataFrame({"period": [number for number in range(window.count) if number not in out]}), how="cross"
    )
    filled = grid.join(cells, on=["area", "period"], how="left")
    value = pl.col("value")
    if predictor.number.is_count:
        # No row is nothing; a row whose number could not be read is unknown.
        value = pl.when(pl.col("rows").is_null()).then(0.0).otherwise(value)
    means = filled.group_by("area").agg(value.mean().alias("value")).sort("area")
    table = means.select(
        pl.lit(predictor.name).alias("predictor"),
        "area",
        pl.col("value").round(9),
        pl.lit(shift + window.count - 1, pl.Int64).alias("last_period"),
    )
    cut = (window.first, window.last) != wanted
    note = f"predictors.{predictor.name} rests on {window.first} to {window.last}, as far as its table goes."
    return table, [note] if cut else []
