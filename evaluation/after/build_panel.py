"""From a study and its data to the panel: every area in every period, zeros included, exposure and launch beside.

What needs the data is refused here in a sentence: a treated area that is not in them, a start outside them, an
outcome that never varies. What was decided on the way (a half month dropped, an area too small to be one) is told
in notes, so that the report can print it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from call_codes.errors import InputError, UsageError
from evaluation.after.area_facts import area_facts
from evaluation.after.cohort import Cohort, EligibilityRule, StudyCalls, build_cohort
from evaluation.after.linked_rows import link_to_calls
from evaluation.after.outcome_cells import outcome_cells
from evaluation.after.outcome_rows import OutcomeRows, rows_of_calls, rows_of_table
from evaluation.after.panel import Panel
from evaluation.after.panel_areas import panel_areas, some
from evaluation.after.panel_grid import panel_grid
from evaluation.after.periods import Calendar, whole_periods
from evaluation.after.predictors import panel_predictors
from evaluation.after.study import CALLS, Outcome, Study
from evaluation.after.study_check import (
    check_calendar,
    excluded_periods,
    partial_periods,
)


@dataclass(frozen=True)
class BuiltPanel:
    """panel: what the designs stand on. Its table has more columns than they need:

    - treated_share: Float64, the share of the period's days with the program (1 after a whole-period start).
    - …_rows: Int64, what a mean or a share of an outcome rests on in the cell.
    - excluded_why: String, why a row is left out; residents and covariates of areas, where the study has them.

    facts: one row per outcome: outcome, label, better, generated_by, placebo, rows, cells, zero_share, mean. notes:
    what was decided on the way, in sentences. cohort: None where the study has no calls.
    """

    panel: Panel
    facts: pl.DataFrame
    notes: tuple[str, ...]
    cohort: Cohort | None


def build_panel(
    study: Study, calls: StudyCalls | None = None, *, rule: EligibilityRule = "policy"
) -> BuiltPanel:
    """The panel of a study.

    calls: the classified calls, where the study has [tables.calls]. rule: an alternative reading of who is eligible.
    Raises UsageError or InputError in sentences for what the data do not allow.
    """
    cohort = None
    sources: dict[str, OutcomeRows] = {}
    numbers = (*study.outcomes, *(one.number for one in study.predictors))
    linked = {table.name for table in study.tables if table.call_id is not None}
    used = {number.table for number in numbers}
    if CALLS in used or used & linked:
        if calls is None or study.calls is None:
            raise InputError(
                found="a study of calls without the calls",
                expected="the calls as rightcall run classifies them",
                action="correct run in [tables.calls]",
            )
        cohort = build_cohort(calls, study.program.hours, where=study.calls.where, rule=rule)
    if cohort is not None and CALLS in used:
        sources[CALLS] = rows_of_calls(cohort, numbers)
    for table in study.tables:
        if table.name in used:
            rows_of = rows_of_table(study, table)
            if cohort is not None and table.call_id is not None:
                rows_of = link_to_calls(rows_of, table, cohort)
            sources[table.name] = rows_of
    # A table that only predictors use, such as of a census, bounds neither the days nor the areas of the panel.
    measured = {name: sources[name] for name in sources if name in {one.table for one in study.outcomes}}
    calendar, notes = _calendar(study, measured)
    check_calendar(study, calendar, "the data")
    facts = area_facts(study)
    areas, more = panel_areas(study, measured, facts, calendar)
    notes = [note for source in sources.values() for note in source.notes] + notes + more
    grid = panel_grid(study, calendar, areas, facts)
    rows = []
    for outcome in study.outcomes:
        cells = outcome_cells(outcome, sources[outcome.table], calendar)
        grid, fact = _with_outcome(grid, outcome, cells, study)
        rows.append(fact)
    predictors, unknown = panel_predictors(study, sources, calendar, areas)
    notes += unknown
    panel = Panel(
        table=grid.sort("area", "period"),
        outcomes=tuple(o.name for o in study.outcomes if not o.placebo),
        placebo_outcomes=tuple(o.name for o in study.outcomes if o.placebo),
        every=study.period.polars_every,
        first=calendar.first,
        last=calendar.last,
        neighbors=facts.neighbors,
        predictors=predictors,
    )
    return BuiltPanel(panel, pl.DataFrame(rows), tuple(notes + _start_notes(study, calendar)), cohort)


def _calendar(study: Study, sources: Mapping[str, OutcomeRows]) -> tuple[Calendar, list[str]]:
    """The whole periods that every table covers, within the study's own days."""
    every, notes = study.period.every, []
    for source in sources.values():
        if source.grain == "month" and every == "week":
            raise UsageError(
                found=f"weeks as periods, and the table {source.name} by month",
                expected='every = "month", since a monthly figure cannot be split into weeks',
                action="change every in [period]",
            )
    first = max([source.first for source in sources.values()])
    last = min([source.last for source in sources.values()])
    # A table of rare events begins with its first event: the study's own first day is believed.
    wanted_first, wanted_last = study.period.first, study.period.last
    if wanted_first is not None:
        late = [s.name for s in sources.values() if s.first > wanted_first]
        if late and first > wanted_first:
            notes.append(f"The study begins on {wanted_first}, the data ({', '.join(late)}) on {first}.")
        first = max(first, wanted_first)
    short = [s.name for s in sources.values() if wanted_last is not None and s.last < wanted_last]
    if short:
        notes.append(f"The study ends on {wanted_last}, the data ({', '.join(short)}) on {last}.")
    last = min(last, wanted_last) if wanted_last is not None else last
    calendar = whole_periods(every, first, last) if first <= last else None
    if calendar is None:
        raise InputError(
            found=f"no whole {every} that all tables cover: " + "; ".join(
                f"{s.name} from {s.first} to {s.last}" for s in sources.values()
            ),
            expected=f"tables that cover the same {every}s",
            action="correct first and last in [period], or take out the table that covers other days",
        )  # fmt: skip
    if calendar.last < last:
        notes.append(
            f"The {every} that begins on {calendar.start(calendar.count)} is not whole in the data (they end on {last}) "
            "and is left out."
        )
    if calendar.first > first:
        notes.append(f"The days before {calendar.first} are no whole {every} and are left out.")
    return calendar, notes


def _with_outcome(
    grid: pl.DataFrame, outcome: Outcome, cells: pl.DataFrame, study: Study
) -> tuple[pl.DataFrame, dict[str, object]]:
    known = cells.select("area", "period", pl.col("value").alias(outcome.name), "rows")
    grid = grid.join(known, on=["area", "period"], how="left", maintain_order="left").with_columns(
        pl.col("rows").fill_null(0)
    )
    if outcome.is_count:
        # No row is nothing; a row whose number could not be read is unknown, and stays so.
        grid = grid.with_columns(
            pl.when(pl.col("rows") == 0).then(0.0).otherwise(outcome.name).alias(outcome.name)
        )
    used = grid.filter(~pl.col("excluded"))
    values = used[outcome.name].drop_nulls()
    if values.n_unique() < 2:
        what = (
            f"is {values[0]:g} in every area and period"
            if len(values)
            else "is not known in any area and period"
        )
        raise InputError(
            found=f'no variation: the outcome "{outcome.name}" {what}',
            expected="an outcome that differs between areas or over time",
            action=f"check table, where and measure of outcomes.{outcome.name}"
            + (f' (where = "{outcome.where}")' if outcome.where else ""),
        )
    treated = used.filter(pl.col("area").is_in(study.program.areas))[outcome.name]
    if treated.null_count() == treated.len():
        raise InputError(
            found=f'the outcome "{outcome.name}" is not known in any of the program\'s areas',
            expected="values in the program's areas, before and after the start",
            action=f"check table and where of outcomes.{outcome.name}",
        )
    fact: dict[str, object] = {
        "outcome": outcome.name,
        "label": outcome.label,
        "better": outcome.better,
        "generated_by": outcome.generated_by,
        "placebo": outcome.placebo,
        "rows": int(used["rows"].sum()),
        "cells": len(values),
        "zero_share": float((values.to_numpy() == 0).mean()),
        "mean": float(values.to_numpy().mean()),
    }
    if outcome.is_count:
        return grid.drop("rows"), fact
    return grid.rename({"rows": f"{outcome.name}_rows"}), fact


def _start_notes(study: Study, calendar: Calendar) -> list[str]:
    notes = []
    partial = partial_periods(study, calendar)
    rule = {
        "exclude": "it is left out in every area, and the next one is the first with the program",
        "exclude_area": "it is left out there, and the next one is the first with the program",
        "fraction": "it counts as with the program, which makes the effect look smaller; treated_share says how much",
    }[study.program.partial_period]
    for number in sorted(set(partial.values())):
        areas = [area for area, n in partial.items() if n == number]
        notes.append(
            f"In {some(areas)} the program starts in the middle of the {study.period.every} of "
            f"{calendar.start(number)}: {rule}."
        )
    out = excluded_periods(study, calendar)
    if len(out) > calendar.count / 4:
        notes.append(
            f"{len(out)} of {calendar.count} {study.period.every}s are left out in every area"
            + (
                '; partial_period = "exclude_area" keeps more, for designs that take areas with gaps.'
                if partial and study.program.partial_period == "exclude"
                else "."
            )
        )
    return notes
