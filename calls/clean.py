"""From raw rows to the standard calls table: blanks, stamps, values, duplicates, and unit rows into calls.

Pure: tables in, new tables out. Every row ends up kept or set aside for a named reason, and every fault that
was met is counted under a fixed name. Nothing is repaired that was not asked for; what is uncertain is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from call_codes.errors import LayoutError, did_you_mean
from calls.closing_words import (
    RULES,
    closing_problems,
    mark_closing,
    outcome_by_words,
    says,
    without_void_calls,
)
from calls.code_lists import texts_of_codes
from calls.column_drift import drift_problems, layout_of_files
from calls.fault_places import with_rows
from calls.faults import find_problems
from calls.file_faults import problems_of_files
from calls.fold_units import first_of_each_call, fold_rows, primary_units, sent_evidence, with_their_call
from calls.layouts import Layout, ValueMap
from calls.ledger import Ledger
from calls.place_keys import PlaceSource, place_keys
from calls.problems import Problem
from calls.read import ROW_NUMBER, SOURCE_FILE, RawTable, named_apart
from calls.schema import COLUMNS, STAMPS, UNIT_COLUMNS, conform
from calls.stamp_checks import check_stamps
from calls.stamps import stamps_of_rows
from calls.tag_lists import rows_of_units
from calls.times import StampCounts

_BLANKS: Final = ("", "NA", "N/A", "#N/A", "NULL", "NAN", "NONE", "<NULL>", "-")
_TYPES: Final = ("call_type_code", "call_type", "final_type_code", "final_type")
_ON_SCENE_AT_CREATION_SECONDS: Final = 30
_SEED: Final = 0


@dataclass(frozen=True)
class Cleaned:
    """The clean tables (see calls.schema), the rows set aside with their reason, and the account of it all."""

    calls: pl.DataFrame
    units: pl.DataFrame
    set_aside: pl.DataFrame
    ledger: Ledger
    problems: tuple[Problem, ...]


def clean(
    raws: Sequence[RawTable],
    layout: Layout,
    *,
    guessed: bool = False,
    drifting: bool = False,
    places: PlaceSource | None = None,
) -> Cleaned:
    """Clean the files of one city, read with one layout. Raises LayoutError where a named column is absent.

    `guessed` says that the layout was recognised rather than named, which is itself reported as a problem.
    `drifting` lets a file lack columns that others have, for a layout that no user chose: see calls.column_drift.
    `places` asks for place_key; without it no address is read. Raises LayoutError where it names an absent column.
    """
    raws = named_apart(raws)
    columns = [(raw.label, raw.headers, raw.frame.height) for raw in raws]
    layout = layout_of_files(layout, columns, drifting=drifting)
    of_files = problems_of_files([(raw.label, raw.rows_read, raw.faults) for raw in raws])
    of_files += drift_problems(layout, columns)
    frame = pl.concat([raw.frame for raw in raws], how="diagonal")
    ragged = pl.concat([raw.ragged for raw in raws])
    frame, set_aside = _set_aside(frame, layout)
    kept_rows = frame.height
    listed = layout.tag_list is not None
    frame, layout = rows_of_units(frame, layout)
    keys = _place_keys(frame, places) if places else None
    table, stamp_counts = _standard_columns(frame, layout)
    if keys is not None:
        table = table.with_columns(keys)
    table, row_problems = check_stamps(table, layout)
    table = texts_of_codes(table, layout, [raw.path for raw in raws])
    table = _values(table, layout)
    table, voided = without_void_calls(table, frame)
    set_aside = pl.concat([set_aside, voided], how="diagonal")
    if layout.grain in ("unit", "agency"):
        calls, units = fold_rows(table, layout.grain)
    else:
        table, repeated = first_of_each_call(table, frame)
        set_aside = pl.concat([set_aside, repeated], how="diagonal")
        calls, units = table, primary_units(table, layout)
    calls = _who_started(_started(calls))
    set_aside = pl.concat([set_aside, ragged], how="diagonal").sort(SOURCE_FILE, ROW_NUMBER)
    by_reason = {str(k): int(n) for k, n in set_aside["reason"].value_counts(sort=True).iter_rows()}
    rows_read = sum(raw.rows_read for raw in raws)
    ledger = Ledger(rows_read, rows_read - set_aside.height, by_reason)
    kept = kept_rows - voided.height if listed else table.height
    if ledger.rows_kept != kept:
        raise AssertionError(f"{ledger.rows_kept} rows should be kept, {kept} are")
    closing = closing_problems(calls)
    places_of_calls = calls.select(ROW_NUMBER, SOURCE_FILE, *(f"_{rule}" for rule in RULES))
    places_of_units = units.select(ROW_NUMBER, SOURCE_FILE)
    calls = conform(calls, COLUMNS)
    units = conform(with_their_call(units, calls), UNIT_COLUMNS)
    problems = find_problems(calls, units, table, layout, stamp_counts, guessed=guessed)
    problems = with_rows(
        [*problems, *row_problems, *closing], calls.hstack(places_of_calls), units.hstack(places_of_units)
    )
    return Cleaned(calls, units, set_aside, ledger, (*problems, *of_files))


def _set_aside(frame: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that are no calls, with the reason; the first reason that fits a row is the one it gets."""
    own = [c for c in frame.columns if c not in (ROW_NUMBER, SOURCE_FILE)]
    type_columns = [layout.columns[t][0] for t in _TYPES if t in layout.columns]
    stamp_columns = [c for s in STAMPS for c in layout.columns.get(s, ())]
    blank = _blank_rows(frame, (*type_columns, *stamp_columns))
    header = pl.all_horizontal(pl.col(c).str.strip_chars() == c for c in type_columns).fill_null(False)
    texts = [layout.columns[c][0] for c in ("call_type", "final_type") if c in layout.columns]
    test = says(frame, "test_call", types=texts, disposition=layout.columns.get("disposition", (None,))[0])
    # Without a call number two equal rows may be two calls in the same minute, so none is set aside.
    repeats = _repeated_rows(frame.select(own)) if "call_id" in layout.columns else pl.lit(False)
    reason = (
        pl.when(blank).then(pl.lit("blank_row"))
        .when(header).then(pl.lit("repeated_header"))
        .when(repeats).then(pl.lit("exact_duplicate"))
        .when(test).then(pl.lit("test_call"))
    )  # fmt: skip
    # Not "reason" at once: an export may have a column of that name.
    frame = frame.with_columns(reason.alias("_reason"))
    aside = frame.filter(pl.col("_reason").is_not_null()).with_columns(pl.col("_reason").alias("reason"))
    return frame.filter(pl.col("_reason").is_null()).drop("_reason"), aside.drop("_reason")


def _blank_rows(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """True for rows in which all these columns hold nothing. Each column is looked at where those before had none."""
    rows = frame.select(pl.int_range(pl.len()).alias("_at"), *dict.fromkeys(columns))
    for column in dict.fromkeys(columns):
        rows = rows.filter(_nothing(column))
    return pl.int_range(frame.height, eager=True).is_in(rows["_at"].implode())


def _repeated_rows(rows: pl.DataFrame) -> pl.Series:
    """True for rows that are equal to an earlier one in every column. Only rows of one hash are compared cell by cell."""
    alike = rows.hash_rows(_SEED).is_duplicated()
    some = rows.filter(alike).select(pl.struct(pl.all()).is_first_distinct().not_().alias("_again"))
    at = pl.arg_where(alike, eager=True).filter(some["_again"])
    return pl.int_range(rows.height, eager=True).is_in(at.implode())


def _nothing(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    return text.is_null() | text.str.to_uppercase().is_in(_BLANKS)


def _standard_columns(frame: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, dict[str, StampCounts]]:
    """The layout's columns under our names, blanks as null, stamps as seconds (…_local beside each)."""
    blanks = [*_BLANKS, *(value.upper() for value in layout.blank_values)]
    wanted = (*layout.source_columns(), *layout.checks.columns)
    needed = [c for c in dict.fromkeys(wanted) if c in frame.columns]
    frame = frame.select(
        ROW_NUMBER,
        SOURCE_FILE,
        *(
            pl.when(pl.col(c).str.strip_chars().str.to_uppercase().is_in(blanks).not_())
            .then(pl.col(c).str.strip_chars())
            .alias(f"src:{c}")
            for c in needed
        ),
    )
    frame, counts = stamps_of_rows(frame, layout)
    frame = frame.with_columns(
        pl.col(f"src:{sources[0]}").alias(name)
        for name, sources in layout.columns.items()
        if name not in STAMPS
    )
    frame = frame.with_columns(
        pl.lit(None, pl.Int64).alias(c)
        for stamp in STAMPS
        for c in (stamp, f"{stamp}_local")
        if c not in frame.columns
    )
    for degrees in ("latitude", "longitude"):
        if degrees in layout.columns:
            value = pl.col(degrees).cast(pl.Float64, strict=False).round(3)
            frame = frame.with_columns(pl.when(value != 0).then(value).alias(degrees))
    if "unit_count" in layout.columns:
        frame = frame.with_columns(
            pl.col("unit_count").cast(pl.Float64, strict=False).cast(pl.Int64, strict=False)
        )
    if layout.agency is not None and "agency" not in layout.columns:
        frame = frame.with_columns(pl.lit(layout.agency).alias("agency"))
    row_name = pl.format("row {} of {}", ROW_NUMBER, SOURCE_FILE)
    call_id = pl.coalesce("call_id", row_name) if "call_id" in layout.columns else row_name
    return frame.with_columns(
        call_id.alias("call_id"),
        (pl.col("call_id").is_null() if "call_id" in layout.columns else pl.lit(True)).alias("_no_call_id"),
    ), counts


def _place_keys(frame: pl.DataFrame, places: PlaceSource) -> pl.Series:
    """The pseudonym of every row's place, from the address columns joined by blanks."""
    absent = [column for column in places.columns if column not in frame.columns]
    if absent:
        raise LayoutError(
            found=f"no column {', '.join(absent)} for places.{did_you_mean(absent[0], frame.columns)}",
            expected="columns of the export that hold the address.",
            action="Correct place_columns.",
        )
    joined = frame.select(pl.concat_str(places.columns, separator=" ", ignore_nulls=True))
    return place_keys(joined.to_series(), places.key)


def _mapped(value_map: ValueMap) -> pl.Expr:
    if value_map.column is None:
        return pl.lit(value_map.other)
    key = pl.col(f"src:{value_map.column}").str.to_uppercase()
    return key.replace_strict(dict(value_map.map), default=value_map.other, return_dtype=pl.String).fill_null(
        value_map.blank
    )


def _values(table: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """initiated_by, responder and outcome, from the layout's value maps or from the stamps."""
    table = mark_closing(table)
    evidence = sent_evidence([*layout.columns, *layout.durations])
    if "outcome" in layout.values:
        outcome = _mapped(layout.values["outcome"])
    elif evidence:
        sent = pl.any_horizontal(pl.col(c).is_not_null() for c in evidence)
        outcome = pl.when(sent).then(pl.lit("handled")).otherwise(outcome_by_words(pl.lit("not_dispatched")))
    else:
        outcome = outcome_by_words(pl.lit("unknown"))
    responder = _mapped(layout.values["responder"]) if "responder" in layout.values else pl.lit("police")
    initiated = (
        _mapped(layout.values["initiated_by"]) if "initiated_by" in layout.values else pl.lit("unknown")
    )
    return table.with_columns(
        outcome.alias("outcome"), responder.alias("responder"), initiated.alias("initiated_by")
    ).with_columns(
        pl.when(pl.col("initiated_by") != "unknown").then(pl.lit("source")).otherwise(pl.lit("none"))
        .alias("initiated_by_basis")
    )  # fmt: skip


def _started(calls: pl.DataFrame) -> pl.DataFrame:
    order = [s for s in STAMPS if s != "cleared_at"]
    return calls.with_columns(
        pl.coalesce(order).alias("started_at"),
        pl.coalesce(f"{s}_local" for s in order).alias("started_local"),
    )


def _who_started(calls: pl.DataFrame) -> pl.DataFrame:
    """Where the export does not say: a unit that stood there as the call was made started it itself."""
    soon = pl.col("arrived_at") - pl.col("received_at") <= _ON_SCENE_AT_CREATION_SECONDS
    sent_at_once = pl.col("dispatched_at") - pl.col("received_at") <= _ON_SCENE_AT_CREATION_SECONDS
    inferred = ((pl.col("initiated_by") == "unknown") & soon & sent_at_once).fill_null(False)
    return calls.with_columns(
        pl.when(inferred).then(pl.lit("officer")).otherwise("initiated_by").alias("initiated_by"),
        pl.when(inferred)
        .then(pl.lit("on_scene_at_creation"))
        .otherwise("initiated_by_basis")
        .alias("initiated_by_basis"),
    )
