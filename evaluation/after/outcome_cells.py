"""From an outcome's rows to one number per area and period: counts, sums, means, shares, hours, repeats.

Where nothing happened, counts and sums are 0; means and shares are unknown. A repeat within 30 days can only be
known of rows that are followed for 30 days, so the last periods of such an outcome are unknown too.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

from call_codes.errors import InputError, UsageError, did_you_mean
from evaluation.after.condition import holds
from evaluation.after.outcome_rows import AREA, DAY, OutcomeRows
from evaluation.after.periods import Calendar
from evaluation.after.study import CALLS, Outcome

# Sums of fractions depend on the order of rows in their last digits; a result must not.
_DECIMALS: Final = 9
AMONG_CALLS: Final = {
    "eligible_in_hours": pl.col("eligible") & pl.col("in_hours").fill_null(False),
    "eligible_off_hours": pl.col("eligible") & ~pl.col("in_hours").fill_null(True),
    "eligible": pl.col("eligible"),
    "not_eligible": pl.col("kept_out").is_in(["not_eligible_type", "hazard"]).fill_null(False),
    "all": pl.lit(True),
}


def outcome_cells(outcome: Outcome, source: OutcomeRows, calendar: Calendar) -> pl.DataFrame:
    """One row per area and period that has rows: area, period, value (Float64), rows (Int64: what it rests on).

    `value` is null where it is unknown: a mean over nothing, a sum with an unreadable number in it, a period whose
    follow-up is not over. Raises UsageError for a column or a condition that does not fit the table, InputError
    where the table lacks what the measure needs.
    """
    place = f"outcomes.{outcome.name}"
    rows = source.rows
    if outcome.table == CALLS or source.linked:
        rows = rows.filter(AMONG_CALLS[outcome.among])
    if outcome.where is not None:
        rows = rows.filter(holds(outcome.where, rows, f"where of {place}"))
    rows = rows.with_columns(calendar.number_of(pl.col(DAY)).alias("period"))
    if outcome.measure == "repeat_share":
        rows = _with_repeats(outcome, rows, place)
    inside = rows.filter(pl.col("period").is_between(0, calendar.count - 1))
    value = _value(outcome, inside, place)
    try:
        cells = (
            inside.group_by(pl.col(AREA).alias("area"), "period")
            .agg(
                value.cast(pl.Float64).round(_DECIMALS).alias("value"), pl.len().cast(pl.Int64).alias("rows")
            )
            .collect()
            .sort("area", "period")
        )
    except pl.exceptions.PolarsError as error:
        raise UsageError(
            found=f"a condition of {place} that fails on the data ({str(error).splitlines()[0]})",
            expected="a condition that can be judged on every row",
            action="correct where or event; a cast needs a column in which every cell fits",
        ) from error
    if outcome.measure == "repeat_share":
        cells = _without_open_follow_up(cells, outcome, source, calendar)
    return cells


def _value(outcome: Outcome, rows: pl.LazyFrame, place: str) -> pl.Expr:
    if outcome.measure == "count":
        return pl.len()
    if outcome.measure in ("sum", "mean"):
        number = number_in(outcome.column or "", rows, f"column of {place}")
        if outcome.measure == "mean":
            return number.mean()
        # A sum with an unreadable number in it is unknown, not smaller.
        return pl.when(number.is_not_null().all()).then(number.sum())
    if outcome.measure == "share":
        return holds(outcome.event or "", rows, f"event of {place}").cast(pl.Float64).mean()
    if outcome.measure == "unit_hours":
        if rows.select(pl.col("police_hours").is_null().all()).collect().item():
            raise InputError(
                found=f"calls without unit times, for {place}",
                expected="an export with the time at which units were assigned and free again",
                action="count calls in place of unit_hours, or ask for unit times: rightcall request",
            )
        return pl.col("police_hours").sum()
    if outcome.measure == "response_minutes":
        return pl.col("response_minutes").mean()
    return pl.col("_repeated").mean()


def number_in(column: str, rows: pl.LazyFrame, where: str) -> pl.Expr:
    """The column as Float64, null where its text is no number. Raises UsageError where the rows have no such column."""
    schema = rows.collect_schema()
    if column not in schema:
        known = [name for name in schema if not name.startswith("_")]
        raise UsageError(
            found=f'the {where}, "{column}", which the table does not have.{did_you_mean(column, known)}',
            expected=f"one of its columns: {', '.join(known)}",
            action="correct the name",
        )
    if schema[column] == pl.String:
        return pl.col(column).str.strip_chars().str.replace_all(",", "").cast(pl.Float64, strict=False)
    return pl.col(column).cast(pl.Float64)


def _with_repeats(outcome: Outcome, rows: pl.LazyFrame, place: str) -> pl.LazyFrame:
    """Add `_repeated` (1.0, 0.0; null where the place or person is not known)."""
    key = outcome.column or "place_key"
    if key not in rows.collect_schema() or rows.select(pl.col(key).is_null().all()).collect().item():
        raise InputError(
            found=f'no filled column "{key}" for {place}',
            expected="a column that tells which rows are of the same place or person",
            action="name it as column, or take the outcome out",
        )
    gap = (pl.col(DAY).shift(-1).over(key, order_by=DAY) - pl.col(DAY)).dt.total_days()
    repeated = (gap <= outcome.within_days).fill_null(False).cast(pl.Float64)
    return rows.with_columns(pl.when(pl.col(key).is_not_null()).then(repeated).alias("_repeated"))


def _without_open_follow_up(
    cells: pl.DataFrame, outcome: Outcome, source: OutcomeRows, calendar: Calendar
) -> pl.DataFrame:
    followed = source.last - timedelta(days=outcome.within_days)
    over = [n for n in range(calendar.count) if calendar.start(n + 1) - timedelta(days=1) <= followed]
    return cells.with_columns(pl.when(pl.col("period").is_in(over)).then("value").alias("value"))
