"""Where a fault is: the rows it is seen in, and the months and call types in which it is common.

A count says that something is wrong; an agency can only mend it when it knows where. Rows are named by their
number in the file, never by what stands in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from calls.code_drift import type_name
from calls.faults import types_with_responders
from calls.layouts import Layout
from calls.problems import Problem
from calls.read import ROW_NUMBER, SOURCE_FILE, RawTable
from calls.schema import STAMPS
from calls.small_counts import SMALLEST_COUNT, mask
from calls.span_faults import SPAN_FAULTS, far_away, open_at_end, span_start
from calls.volume import month_of

N_EXAMPLES: Final = 5
_WORTH_SPLITTING: Final = 20  # a handful of cases makes no pattern by month or type
_UNEVEN: Final = 0.05
_TYPES_SHOWN: Final = 5

_SENT: Final = pl.col("outcome").is_in(["handled", "unknown"])
_NO_TEXT, _NO_CODE = pl.col("call_type").is_null(), pl.col("call_type_code").is_null()
_CONDITIONS: Final[dict[str, pl.Expr]] = {
    "blank_call_type": _NO_TEXT & _NO_CODE,
    "code_without_text": _NO_TEXT & ~_NO_CODE,
    "cancelled_before_dispatch": pl.col("outcome").is_in(["not_dispatched", "cancelled"]),
    "duplicate_call": pl.col("outcome") == "duplicate",
    "missing_call_id": pl.col("call_id").str.contains(r"^row \d+ of "),
    "initiator_unknown": pl.col("initiated_by") == "unknown",
    "time_of_day_missing": pl.col("started_local") % 86400 == 0,
    "implausible_coordinates": far_away(),
    "blank_area": pl.all_horizontal(pl.col("area", "district", "latitude", "longitude").is_null()),
}


def rows_of_calls(raws: Sequence[RawTable], layout: Layout) -> pl.DataFrame:
    """The row of every call number and unit: call_id, unit_id (null where not in the file), row, file.

    Call numbers as `clean` makes them: stripped, "row N of FILE" where blank.
    """
    tables = []
    for raw in raws:
        columns = {
            name: layout.columns[name][0]
            for name in ("call_id", "unit_id")
            if name in layout.columns and layout.columns[name][0] in raw.frame.columns
        }

        def text(name: str, columns: dict[str, str] = columns) -> pl.Expr:
            return pl.col(columns[name]).str.strip_chars() if name in columns else pl.lit(None, pl.String)

        row_name = pl.format("row {} of {}", ROW_NUMBER, SOURCE_FILE)
        tables.append(
            raw.frame.select(
                text("call_id").alias("_id"),
                row_name.alias("_row_name"),
                text("unit_id").alias("unit_id"),
                pl.col(ROW_NUMBER).alias("row"),
                pl.col(SOURCE_FILE).alias("file"),
            )
        )
    table = pl.concat(tables)
    by_number = table.select(pl.col("_id").alias("call_id"), "unit_id", "row", "file").drop_nulls("call_id")
    by_name = table.select(pl.col("_row_name").alias("call_id"), "unit_id", "row", "file")
    return pl.concat([by_number, by_name])


def faulty_calls(problem: Problem, calls: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame | None:
    """`calls` (or unit rows with their call's type and month) that the problem is about, with `_fault` Boolean.

    None where the problem belongs to the file and to no row of it.
    """
    if problem.name == "missing_stamp":
        base = calls if problem.column in ("received_at", "queued_at") else calls.filter(_SENT)
        return base.with_columns(pl.col(problem.column).is_null().alias("_fault"))
    if problem.name == "time_order_violated":
        later, _, earlier = problem.column.partition(" before ")
        if not {later, earlier} <= set(STAMPS):
            return None
        return calls.with_columns((pl.col(later) - pl.col(earlier) < -60).fill_null(False).alias("_fault"))
    if problem.name == "responder_name_in_type":
        named = types_with_responders(calls["call_type"])
        return calls.with_columns(pl.col("call_type").is_in(named).fill_null(False).alias("_fault"))
    if problem.name == "open_call_at_end":
        return calls.filter(_SENT).with_columns(open_at_end(calls).alias("_fault"))
    if problem.name in SPAN_FAULTS:
        wanted = ("call_type", "call_type_code", "started_local")
        of_call = calls.select("call_id", *(name for name in wanted if name not in units.columns))
        spans = units.join(of_call, on="call_id", how="left", maintain_order="left")
        length = pl.col("cleared_at") - span_start()
        condition = length == 0 if problem.name == "zero_length_span" else length > SPAN_FAULTS[problem.name]
        return spans.with_columns(condition.fill_null(False).alias("_fault"))
    condition_of = _CONDITIONS.get(problem.name)
    return None if condition_of is None else calls.with_columns(condition_of.fill_null(False).alias("_fault"))


def row_examples(faulty: pl.DataFrame, rows: pl.DataFrame, *, several_files: bool) -> tuple[str, ...]:
    """Up to five rows in which the fault is seen, in the order of the file: "row 12", "row 12 of a.csv"."""
    # Units that were listed in one cell have no row of their own, only their call's.
    by_unit = "unit_id" in faulty.columns and rows["unit_id"].null_count() < rows.height
    keys = ["call_id", "unit_id"] if by_unit else ["call_id"]
    some = faulty.filter("_fault").select(keys).head(200)
    found = some.join(rows, on=keys, how="inner", nulls_equal=True).sort("file", "row").unique(
        keys, keep="first", maintain_order=True
    )  # fmt: skip
    return tuple(
        f"row {row} of {file}" if several_files else f"row {row}"
        for row, file in found.select("row", "file").head(N_EXAMPLES).iter_rows()
    )


def by_month(faulty: pl.DataFrame, smallest_count: int = SMALLEST_COUNT) -> pl.DataFrame:
    """month, count, total, share where the fault's share differs between months; no rows where it is even.

    Counts below `smallest_count` are blank and marked in `suppressed`.
    """
    table = (
        faulty.filter(pl.col("started_local").is_not_null())
        .group_by(month_of().alias("month"))
        .agg(pl.col("_fault").sum().cast(pl.Int64).alias("count"), pl.len().cast(pl.Int64).alias("total"))
        .with_columns((pl.col("count") / pl.col("total")).alias("share"))
        .sort("month")
    )
    # A month with a handful of calls (a stray date) makes no pattern.
    shares = table.filter(pl.col("total") >= _WORTH_SPLITTING)["share"].to_list()
    uneven = len(shares) > 1 and max(shares) - min(shares) >= _UNEVEN
    kept = table if uneven and table["count"].sum() >= _WORTH_SPLITTING else table.clear()
    return mask(kept, "count", ["share"], smallest_count)


def by_call_type(faulty: pl.DataFrame, smallest_count: int = SMALLEST_COUNT) -> pl.DataFrame:
    """call_type, count, total, share: the five types with most cases, where they have more than their part.

    No rows where the fault is spread evenly. Types with a count below `smallest_count` are never listed.
    """
    table = (
        faulty.group_by(type_name().alias("call_type"))
        .agg(pl.col("_fault").sum().cast(pl.Int64).alias("count"), pl.len().cast(pl.Int64).alias("total"))
        .with_columns((pl.col("count") / pl.col("total")).alias("share"))
    )
    count, total = int(table["count"].sum()), int(table["total"].sum())
    if count < _WORTH_SPLITTING:
        return table.clear()
    above = (pl.col("share") >= 1.5 * count / total) & (pl.col("count") >= max(smallest_count, 1))
    return (
        table.filter(above & pl.col("call_type").is_not_null())
        .sort("count", "call_type", descending=[True, False])
        .head(_TYPES_SHOWN)
    )
