"""Rows of an outcome table (arrests, uses of force, transports) linked to the calls by the number of the call.

A linked row is about its call: it takes the call's area and day, and counts among eligible calls only where its call
was eligible when it was created. Rows without a call are never lost in silence: they are counted in a note.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from call_codes.errors import InputError, UsageError, did_you_mean
from evaluation.after.cohort import Cohort
from evaluation.after.outcome_rows import AREA, DAY, OutcomeRows
from evaluation.after.study import OutcomeTable

CALL: Final = "_call"
_MARKS: Final = ("eligible", "kept_out", "in_hours")


def link_to_calls(source: OutcomeRows, table: OutcomeTable, cohort: Cohort) -> OutcomeRows:
    """`source` with `_call` (null where no call has the row's number), eligible, kept_out, in_hours of the call.

    `_area` and `_day` become the call's where it has them. Raises UsageError for a column that is not there,
    InputError where not a single row finds its call.
    """
    columns = source.rows.collect_schema().names()
    if table.call_id not in columns:
        known = [name for name in columns if not name.startswith("_")]
        raise UsageError(
            found=f'call_id = "{table.call_id}" in [tables.{table.name}]: no such column.'
            + did_you_mean(table.call_id or "", known),
            expected=f"one of its columns: {', '.join(known)}",
            action="correct the name",
        )
    number = pl.col(table.call_id).cast(pl.String).str.strip_chars()
    rows = source.rows.drop([name for name in _MARKS if name in columns]).with_columns(
        pl.when(number != "").then(number).alias("_number")
    )
    calls = cohort.table.select(
        pl.col("call_id").alias("_number"),
        pl.col("call_id").alias(CALL),
        *_MARKS,
        pl.col("area").alias("_area_of_call"),
        pl.col("day").alias("_day_of_call"),
    )
    linked = rows.join(calls, on="_number", how="left", maintain_order="left").with_columns(
        pl.coalesce("_area_of_call", AREA).alias(AREA),
        pl.coalesce("_day_of_call", DAY).alias(DAY),
        # Who has no call was no eligible call's outcome.
        pl.col("eligible").fill_null(False),
        pl.col("kept_out").fill_null("no_call"),
    )
    kept = linked.drop("_area_of_call", "_day_of_call", "_number").collect()
    without = rows.select(pl.len().alias("all"), pl.col("_number").is_null().sum().alias("blank")).collect()
    total, blank = without.row(0)
    unmatched = kept[CALL].null_count() - blank
    if kept[CALL].null_count() == kept.height:
        examples = rows.select("_number").drop_nulls().head(3).collect()["_number"].to_list()
        raise InputError(
            found=f"not one row of {table.name} whose {table.call_id} is the number of a call"
            + (f" (such as {', '.join(examples)})" if examples else ""),
            expected="the numbers of the calls as the export writes them",
            action=f"check call_id in [tables.{table.name}]: reports often have a case number of their own",
        )
    note = (
        f"{table.name}: {kept.height - kept[CALL].null_count():,} of {total:,} rows are linked to a call; {blank:,} have no "
        f"call number and {unmatched:,} a number that no call has. These count only among all rows."
    )
    return replace(source, rows=kept.lazy(), notes=(*source.notes, note), linked=True)


def per_call(source: OutcomeRows, value: pl.Expr, where: pl.Expr) -> pl.LazyFrame:
    """call_id, value: `value` aggregated over the linked rows of each call for which `where` holds."""
    rows = source.rows.filter(pl.col(CALL).is_not_null() & where)
    return rows.group_by(pl.col(CALL).alias("call_id")).agg(value.cast(pl.Float64).alias("value"))
