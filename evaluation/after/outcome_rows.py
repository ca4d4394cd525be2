"""The rows behind an outcome, each with its area and its day: from the calls or from any other table.

Another table is read by the same reader as exports (everything as text), its time column by the same formats. The
days that a table covers are found, since a month of which it holds ten days would look like a fall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import polars as pl

from call_codes.errors import InputError, UsageError, did_you_mean
from calls.read import ROW_NUMBER, SOURCE_FILE, read_table
from calls.times import guess_formats, read_stamps
from evaluation.after.cohort import Cohort
from evaluation.after.condition import columns_of, holds
from evaluation.after.study import CALLS, Outcome, OutcomeTable, Study

AREA: Final = "_area"
DAY: Final = "_day"
# What the measures over calls need.
_OF_CALLS: Final = (AREA, DAY, "eligible", "kept_out", "in_hours", "police_hours", "response_minutes")
_MONTH: Final = r"^\d{4}-\d{2}$"
# Longer breaks than this at the end of a table are taken for its end, however rare its rows are.
_LONGEST_BREAK_DAYS: Final = 7
_LEAST_READABLE: Final = 0.95


@dataclass(frozen=True)
class OutcomeRows:
    """rows, lazy: the table's columns, `_area` (String) and `_day` (Date), both filled.

    grain: "month" where the table has one row per month and not per event. first, last: the days that it covers.
    notes: what was left out, in sentences. linked: each row has the marks of its call (`linked_rows.py`).
    """

    name: str
    rows: pl.LazyFrame
    grain: Literal["day", "month"]
    first: date
    last: date
    notes: tuple[str, ...]
    linked: bool = False


def rows_of_calls(cohort: Cohort, outcomes: Sequence[Outcome]) -> OutcomeRows:
    """The calls as rows: `_area` and `_day` beside what `outcomes` look at; calls without either are left out.

    Raises InputError where no call has a readable time.
    """
    table = cohort.table.with_columns(pl.col("area").alias(AREA), pl.col("day").alias(DAY))
    wanted = {*_OF_CALLS, *(column for outcome in outcomes for column in _columns(outcome))}
    if wanted <= set(table.collect_schema()):
        # Joined and judged once for all outcomes; a column that is not there is refused where it is looked at.
        table = table.select(sorted(wanted)).collect().lazy()
    complete = pl.col(AREA).is_not_null() & pl.col(DAY).is_not_null()
    first, last, out = (
        table.select(pl.col(DAY).min().alias("first"), pl.col(DAY).max().alias("last"), (~complete).sum())
        .collect()
        .row(0)
    )
    if first is None:
        raise InputError(
            found="calls of which none has a readable time",
            expected="calls with the time they came in",
            action="check the layout with rightcall check",
        )
    notes = (
        (f"calls: {out:,} calls without an area or a readable time are in no area's numbers.",) if out else ()
    )
    return OutcomeRows("calls", table.filter(complete), "day", first, last, notes)


def _columns(outcome: Outcome) -> tuple[str, ...]:
    """The columns of the calls that an outcome looks at besides _OF_CALLS."""
    if outcome.table != CALLS:
        return ()
    conditions = [condition for condition in (outcome.where, outcome.event) if condition is not None]
    looked_at = [name for condition in conditions for name in columns_of(condition, outcome.name)]
    return (*looked_at, *([outcome.column] if outcome.column else []))


def rows_of_table(study: Study, table: OutcomeTable) -> OutcomeRows:
    """The rows of an outcome table that its `where` keeps.

    Raises InputError for a file that cannot be read or whose times are unreadable, UsageError for a column that is
    not there.
    """
    raw = read_table(study.file(table.path))
    place = f"[tables.{table.name}]"
    for key, column in (("time", table.time), ("area", table.area)):
        if column not in raw.headers:
            raise UsageError(
                found=f'{key} = "{column}" in {place}: no such column in {raw.path.name}.'
                + did_you_mean(column, raw.headers),
                expected=f"one of its columns: {', '.join(raw.headers)}",
                action="correct the name",
            )
    frame, grain = _with_days(raw.frame, table, raw.path.name)
    frame = frame.drop(ROW_NUMBER, SOURCE_FILE).with_columns(_blank_as_null(table.area).alias(AREA))
    if table.where is not None:
        frame = frame.filter(holds(table.where, frame, f"where of {place}"))
    complete = pl.col(AREA).is_not_null() & pl.col(DAY).is_not_null()
    kept = frame.filter(complete)
    if kept.is_empty():
        raise InputError(
            found=f"no row of {raw.path.name} with a time and an area"
            + (f" for which {table.where} holds" if table.where else ""),
            expected="rows to count",
            action=f"check time, area and where of {place}",
        )
    out = frame.height - kept.height
    notes = (
        (f"{table.name}: {out:,} of {frame.height:,} rows without an area or a readable time are left out.",)
        if out
        else ()
    )
    days = kept[DAY].unique().sort()
    first, last = days[0], table.through or _last_day(days, grain)
    return OutcomeRows(table.name, kept.lazy(), grain, first, last, notes)


def _with_days(
    frame: pl.DataFrame, table: OutcomeTable, file: str
) -> tuple[pl.DataFrame, Literal["day", "month"]]:
    """Add `_day`; the grain is "month" where the cells are months, or all the first day of one."""
    text = _blank_as_null(table.time)
    filled = frame.select(text.alias("text"))["text"].drop_nulls()
    if not filled.is_empty() and filled.str.contains(_MONTH).all():
        return frame.with_columns((text + "-01").str.to_date("%Y-%m-%d", strict=False).alias(DAY)), "month"
    guess = guess_formats(frame[table.time])
    if guess.share_read < _LEAST_READABLE:
        raise InputError(
            found=f'times in "{table.time}" of {file} that cannot be read, such as '
            + ", ".join(repr(v) for v in filled.head(3)),
            expected="days or moments, such as 2024-05-01, 05/01/2024 13:00 or 2024-05",
            action="correct the column in [tables."
            + table.name
            + "], or export its times as 2024-05-01 13:00",
        )
    read, _ = read_stamps(frame, table.time, "_at", formats=guess.formats, zone=None)
    read = read.with_columns(pl.from_epoch("_at_local", "s").dt.date().alias(DAY)).drop("_at", "_at_local")
    days = read[DAY].drop_nulls().unique()
    monthly = days.len() > 1 and bool((days.dt.day() == 1).all())
    return read, "month" if monthly else "day"


def _last_day(days: pl.Series, grain: str) -> date:
    """The last day that the table covers: its last row's, plus the longest break that it also has elsewhere."""
    last: date = days[-1]
    if grain == "month":
        after = date(last.year + last.month // 12, last.month % 12 + 1, 1)
        return after - timedelta(days=1)
    breaks = days.diff().dt.total_days().drop_nulls()
    longest = int(breaks.max() or 1)  # type: ignore[arg-type]
    return last + timedelta(days=min(longest, _LONGEST_BREAK_DAYS) - 1)


def _blank_as_null(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    return pl.when(text != "").then(text)
