"""Which calls a fault is about, and the months and call types in which it is common.

A count says that something is wrong; an agency can only mend it when it knows where. Tables may be lazy, so that
this works for files larger than memory. The rows themselves are noted in cleaning: see `places`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from calls.code_drift import type_name
from calls.faults import types_with_responders
from calls.places import N_PLACES, ROW_NUMBER, SOURCE_FILE, first_rows
from calls.problems import Problem
from calls.schema import STAMPS
from calls.small_counts import SMALLEST_COUNT, mask
from calls.span_faults import SPAN_FAULTS, far_away, open_at_end, span_start
from calls.volume import month_of

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
    "one_row_per_call": _SENT,
    "one_row_per_agency": _SENT,
    "missing_call_id": pl.col("call_id").str.contains(r"^row \d+ of "),
    "initiator_unknown": pl.col("initiated_by") == "unknown",
    "time_of_day_missing": pl.col("started_local") % 86400 == 0,
    "implausible_coordinates": far_away(),
    "blank_area": pl.all_horizontal(pl.col("area", "district", "latitude", "longitude").is_null()),
}


# Marks that cleaning puts beside the calls (see closing_words) and does not keep.
_MARKED: Final = ("void_call", "cancelled_by_words", "linked_call")


def faulty_calls(problem: Problem, calls: pl.LazyFrame, units: pl.LazyFrame) -> pl.LazyFrame | None:
    """`calls` (or unit rows, which repeat their call's type and month) that the problem is about, with `_fault`.

    None where the problem belongs to the file and to no row of it. `calls` may have the marks of closing words.
    """
    if problem.name == "missing_stamp":
        base = calls if problem.column in ("received_at", "queued_at") else calls.filter(_SENT)
        return base.with_columns(pl.col(problem.column).is_null().alias("_fault"))
    if problem.name == "time_order_violated":
        later, _, earlier = problem.column.partition(" before ")
        if not {later, earlier} <= set(STAMPS):
            return None
        return calls.with_columns((pl.col(later) - pl.col(earlier) < -60).fill_null(False).alias("_fault"))
    if problem.name == "same_moment_stamps":
        same = pl.col("enroute_at") == pl.col("dispatched_at")
        return calls.filter(_SENT).with_columns(same.fill_null(False).alias("_fault"))
    if problem.name == "responder_name_in_type":
        types = calls.select(pl.col("call_type").unique()).collect().to_series()
        named = types_with_responders(types)
        return calls.with_columns(pl.col("call_type").is_in(named).fill_null(False).alias("_fault"))
    if problem.name == "open_call_at_end":
        return calls.filter(_SENT).with_columns(open_at_end(calls).alias("_fault"))
    if problem.name in SPAN_FAULTS:
        length = pl.col("cleared_at") - span_start()
        condition = length == 0 if problem.name == "zero_length_span" else length > SPAN_FAULTS[problem.name]
        return units.with_columns(condition.fill_null(False).alias("_fault"))
    if problem.name in _MARKED:
        mark = f"_{problem.name}"
        if mark not in calls.collect_schema():
            return None
        return calls.with_columns(pl.col(mark).fill_null(False).alias("_fault"))
    condition_of = _CONDITIONS.get(problem.name)
    return None if condition_of is None else calls.with_columns(condition_of.fill_null(False).alias("_fault"))


def with_rows(problems: Sequence[Problem], calls: pl.DataFrame, units: pl.DataFrame) -> list[Problem]:
    """The problems with the first rows they are seen in, where they are not known yet.

    Columns in: those of the clean tables, and `_row` and `_file` of each call's and unit's first row.
    """
    out = []
    for problem in problems:
        known = not problem.count or problem.seen_in
        faulty = None if known else faulty_calls(problem, calls.lazy(), units.lazy())
        if faulty is None:
            out.append(problem)
        else:
            rows = faulty.select(SOURCE_FILE, ROW_NUMBER, "_fault").filter("_fault").head(N_PLACES).collect()
            out.append(replace(problem, seen_in=first_rows(rows, pl.col("_fault"))))
    return out


def by_month_and_type(faulty: pl.LazyFrame) -> pl.DataFrame:
    """month, call_type (null where unknown), count, total: what by_month and by_call_type are made of."""
    return (
        faulty.group_by(month_of().alias("month"), type_name().alias("call_type"))
        .agg(pl.col("_fault").sum().cast(pl.Int64).alias("count"), pl.len().cast(pl.Int64).alias("total"))
        .collect()
        .sort("month", "call_type")
    )


def by_month(counts: pl.DataFrame, smallest_count: int = SMALLEST_COUNT) -> pl.DataFrame:
    """month, count, total, share where the fault's share differs between months; no rows where it is even.

    `counts` as by_month_and_type. Counts below `smallest_count` are blank and marked in `suppressed`.
    """
    table = (
        counts.filter(pl.col("month").is_not_null())
        .group_by("month")
        .agg(pl.col("count", "total").sum())
        .with_columns((pl.col("count") / pl.col("total")).alias("share"))
        .sort("month")
    )
    # A month with a handful of calls (a stray date) makes no pattern.
    shares = table.filter(pl.col("total") >= _WORTH_SPLITTING)["share"].to_list()
    uneven = len(shares) > 1 and max(shares) - min(shares) >= _UNEVEN
    kept = table if uneven and table["count"].sum() >= _WORTH_SPLITTING else table.clear()
    return mask(kept, "count", ["share"], smallest_count)


def by_call_type(counts: pl.DataFrame, smallest_count: int = SMALLEST_COUNT) -> pl.DataFrame:
    """call_type, count, total, share: the five types with most cases, where they have more than their part.

    `counts` as by_month_and_type. No rows where the fault is spread evenly. Types with a count below
    `smallest_count` are never listed.
    """
    table = (
        counts.group_by("call_type")
        .agg(pl.col("count", "total").sum())
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
