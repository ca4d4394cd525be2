"""The table that call-level designs stand on: one row per eligible call, with its treatment, covariates, outcomes.

Treatment is that the program worked at the call's place, day and hour; whether the team came is beside it, for
designs with an instrument. Covariates are only what was known before anyone was sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from call_codes.errors import InputError, UsageError
from call_codes.hours import MINUTES_PER_WEEK, Hours
from evaluation.after.area_facts import area_facts
from evaluation.after.cohort import Cohort, EligibilityRule, StudyCalls, build_cohort, offered
from evaluation.after.condition import holds
from evaluation.after.linked_rows import link_to_calls, per_call
from evaluation.after.outcome_cells import number_in
from evaluation.after.outcome_rows import OutcomeRows, rows_of_table
from evaluation.after.panel_areas import some
from evaluation.after.study import CALLS, Outcome, Study
from evaluation.after.team_free import TeamsFree, teams_free

_OF_ELIGIBLE: Final = ("eligible_in_hours", "eligible")
_KEPT: Final = (
    "call_id", "area", "place_key", "category", "in_hours", "hour_of_week", "hour_of_day", "day_of_week", "month_of_year",
)  # fmt: skip


@dataclass(frozen=True)
class BuiltCalls:
    """table, one row per eligible call of the study's areas and days, sorted by time and number:

    - call_id, area, place_key, category: String; date: Date; month: Date, its first day; hour_of_week, hour_of_day,
      day_of_week (1 = Monday), month_of_year; received_s: Int64 seconds UTC.
    - treated: Boolean, the program worked at this place, day and hour. program_day: it worked at this place on this
      day. in_hours: within its hours, whether it worked or not: call-level comparisons keep to these.
    - served: Boolean, the team was sent; null without unit rows. team_available: Boolean, a team was free when the call
      came in; null where the program did not work, not there where nobody can know.
    - minutes_from_edge: Float64, minutes from the nearest opening or closing, ≥ 0 in hours; null if always open.
    - the study's covariates, and a Float64 column per outcome (null = not judged for this call).

    outcomes: their names. left_out: outcomes that single eligible calls cannot have, with the reason. availability: how
    many calls found a team free, or why nobody can know.
    """

    table: pl.DataFrame
    outcomes: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    cohort: Cohort
    availability: str


def build_calls(study: Study, calls: StudyCalls, *, rule: EligibilityRule = "policy") -> BuiltCalls:
    """The call table of a study. Raises UsageError without [tables.calls], InputError where a treated area is absent."""
    if study.calls is None:
        raise UsageError(
            found="a study without [tables.calls]",
            expected="the calls, when single calls are compared",
            action="add [tables.calls] with run and policy",
        )
    cohort = build_cohort(calls, study.program.hours, where=study.calls.where, rule=rule)
    table = offered(cohort.table, study.program.starts).filter("eligible")
    table = _within_study(table, study)
    exact = (pl.col("started_local") + 3 * 86_400) % (MINUTES_PER_WEEK * 60) / 60
    starts = dict(study.program.starts)
    start = pl.col("area").replace_strict(starts, default=None, return_dtype=pl.Date)
    outcomes, left_out = [], []
    expressions: dict[str, pl.Expr] = {}
    for outcome in study.outcomes:
        linked = next((one for one in study.tables if one.name == outcome.table and one.call_id), None)
        if outcome.table != CALLS and linked is None:
            continue
        reason = _not_of_single_calls(outcome)
        if reason is not None:
            left_out.append((outcome.name, reason))
            continue
        outcomes.append(outcome.name)
        if linked is None:
            expressions[outcome.name] = _per_call(outcome, table)
        else:
            rows = link_to_calls(rows_of_table(study, linked), linked, cohort)
            table = _with_linked(table, outcome, rows)
            expressions[outcome.name] = pl.col(f"_linked_{outcome.name}")
    covariates = [name for name in study.covariates if name not in _KEPT]
    built = (
        table.select(
            *_KEPT,
            *covariates,
            pl.col("day").alias("date"),
            pl.col("day").dt.truncate("1mo").alias("month"),
            pl.col("started_at").alias("received_s"),
            "started_local",
            pl.col("offered").alias("treated"),
            (pl.col("day") >= start).fill_null(False).alias("program_day"),
            pl.col("team_sent").alias("served"),
            _minutes_from_edge(exact, study.program.hours).alias("minutes_from_edge"),
            *(expression.cast(pl.Float64).alias(name) for name, expression in expressions.items()),
        )
        .collect()
        .sort("received_s", "call_id")
    )
    absent = sorted(set(study.program.areas) - set(built["area"]))
    if absent:
        raise InputError(
            found=f"no eligible call in the program's area {some(absent)}",
            expected=f"areas as the data write them: {some(sorted(set(built['area'])))}",
            action="correct the name in the study; check that the data cover the area",
        )
    free = teams_free(study, built)
    built = built.with_columns(free.available) if isinstance(free, TeamsFree) else built
    return BuiltCalls(
        built.drop("started_local"),
        tuple(outcomes),
        tuple(left_out),
        cohort,
        free.note if isinstance(free, TeamsFree) else free,
    )


def _within_study(table: pl.LazyFrame, study: Study) -> pl.LazyFrame:
    """The study's days without the windows left out, and its areas."""
    period = study.period
    if period.first is not None:
        table = table.filter(pl.col("day") >= period.first)
    if period.last is not None:
        table = table.filter(pl.col("day") <= period.last)
    for window in period.exclude:
        table = table.filter(~pl.col("day").is_between(window.first, window.last))
    table = table.filter(~pl.col("area").is_in(list(study.comparison.exclude)))
    if study.comparison.areas != "all_others":
        return table.filter(pl.col("area").is_in([*study.program.areas, *study.comparison.areas]))
    known = area_facts(study).areas
    return table if known is None else table.filter(pl.col("area").is_in(list(known)))


def _not_of_single_calls(outcome: Outcome) -> str | None:
    if outcome.among not in _OF_ELIGIBLE:
        return "it is not about eligible calls in the program's hours"
    if outcome.measure == "repeat_share":
        return "repeats have a design of their own (repeat_calls), which watches each call's place"
    if outcome.table != CALLS and outcome.measure not in ("count", "sum"):
        return "of a linked table only counts and sums belong to single calls"
    if outcome.table == CALLS and outcome.measure == "count" and outcome.where is None:
        return "every call counts as one: the number of calls can only be compared between areas"
    return None


def _per_call(outcome: Outcome, table: pl.LazyFrame) -> pl.Expr:
    """The outcome of one call; null where its `where` does not hold, except for counts, which are then 0."""
    place = f"outcomes.{outcome.name}"
    where = holds(outcome.where, table, f"where of {place}") if outcome.where else pl.lit(True)
    if outcome.measure == "count":
        return where
    value = {
        "unit_hours": pl.col("police_hours"),
        "response_minutes": pl.col("response_minutes"),
        "share": holds(outcome.event, table, f"event of {place}") if outcome.event else pl.lit(None),
    }.get(outcome.measure, pl.col(outcome.column or ""))
    return pl.when(where).then(value)


def _with_linked(table: pl.LazyFrame, outcome: Outcome, source: OutcomeRows) -> pl.LazyFrame:
    """Adds `_linked_…`: rows of the linked table (or the sum of its column) per call, 0 where it has none."""
    place = f"outcomes.{outcome.name}"
    where = holds(outcome.where, source.rows, f"where of {place}") if outcome.where else pl.lit(True)
    value = pl.len()
    if outcome.measure == "sum":
        number = number_in(outcome.column or "", source.rows, f"column of {place}")
        value = pl.when(number.is_not_null().all()).then(number.sum())
    found = per_call(source, value, where).with_columns(pl.lit(True).alias("_has"))
    name = f"_linked_{outcome.name}"
    return (
        table.join(found, on="call_id", how="left", maintain_order="left")
        .with_columns(pl.when(pl.col("_has")).then("value").otherwise(0.0).alias(name))
        .drop("value", "_has")
    )


def _minutes_from_edge(minute: pl.Expr, hours: Hours | None) -> pl.Expr:
    if hours is None or hours.open_minutes_per_week == MINUTES_PER_WEEK:
        return pl.lit(None, pl.Float64)
    edges = sorted({edge % MINUTES_PER_WEEK for span in hours.spans for edge in span})
    if hours.is_open(0) and hours.is_open(MINUTES_PER_WEEK - 1):
        edges = [edge for edge in edges if edge != 0]  # open across Sunday midnight: no edge there
    apart = [(minute - edge).abs() for edge in edges]
    nearest = pl.min_horizontal(pl.min_horizontal(d, MINUTES_PER_WEEK - d) for d in apart)
    is_open = pl.any_horizontal((minute >= start) & (minute < end) for start, end in hours.spans)
    return pl.when(is_open).then(nearest).otherwise(-nearest)
