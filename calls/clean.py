"""From raw rows to the standard calls table: blanks, stamps, values, duplicates, and unit rows into calls.

Pure: tables in, new tables out. Every row ends up kept or set aside for a named reason, and every fault that
was met is counted under a fixed name. Nothing is repaired that was not asked for; what is uncertain is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from calls.code_lists import texts_of_codes
from calls.faults import find_problems
from calls.layouts import Layout, ValueMap, check_columns
from calls.ledger import Ledger
from calls.problems import Problem
from calls.read import ROW_NUMBER, SOURCE_FILE, RawTable
from calls.schema import COLUMNS, OF_THE_CALL, STAMPS, UNIT_COLUMNS, conform
from calls.stamps import stamps_of_rows
from calls.tag_lists import rows_of_units
from calls.times import StampCounts

_BLANKS: Final = ("", "NA", "N/A", "#N/A", "NULL", "NAN", "NONE", "<NULL>", "-")
_TEST_CALL: Final = (
    r"(?i)^\s*((cad|system|training|radio)\s+)?test(ing)?(\s+(call|incident|event|record|only)\b.*)?\s*$"
)
_TYPES: Final = ("call_type_code", "call_type", "final_type_code", "final_type")
_ON_SCENE_AT_CREATION_SECONDS: Final = 30


@dataclass(frozen=True)
class Cleaned:
    """The clean tables (see calls.schema), the rows set aside with their reason, and the account of it all."""

    calls: pl.DataFrame
    units: pl.DataFrame
    set_aside: pl.DataFrame
    ledger: Ledger
    problems: tuple[Problem, ...]


def clean(raws: Sequence[RawTable], layout: Layout, *, guessed: bool = False) -> Cleaned:
    """Clean the files of one city, read with one layout. Raises LayoutError where a named column is absent.

    `guessed` says that the layout was recognised rather than named, which is itself reported as a problem.
    """
    for raw in raws:
        check_columns(layout, raw.headers, raw.path.name)
    frame = pl.concat([raw.frame for raw in raws], how="diagonal")
    ragged = pl.concat([raw.ragged for raw in raws])
    frame, set_aside = _set_aside(frame, layout)
    kept_rows = frame.height
    listed = layout.tag_list is not None
    frame, layout = rows_of_units(frame, layout)
    table, stamp_counts = _standard_columns(frame, layout)
    table = texts_of_codes(table, layout, [raw.path for raw in raws])
    table = _values(table, layout)
    if layout.grain == "unit":
        calls, units = _fold_units(table)
    else:
        table, repeated = _first_of_each_call(table, frame)
        set_aside = pl.concat([set_aside, repeated], how="diagonal")
        calls, units = table, _primary_units(table, layout)
    calls = _who_started(_started(calls))
    set_aside = pl.concat(
        [set_aside, ragged.with_columns(pl.lit("ragged_row").alias("reason"))], how="diagonal"
    ).sort(SOURCE_FILE, ROW_NUMBER)
    by_reason = {str(k): int(n) for k, n in set_aside["reason"].value_counts(sort=True).iter_rows()}
    rows_read = sum(raw.rows_read for raw in raws)
    ledger = Ledger(rows_read, rows_read - set_aside.height, by_reason)
    kept = kept_rows if listed else table.height
    if ledger.rows_kept != kept:
        raise AssertionError(f"{ledger.rows_kept} rows should be kept, {kept} are")
    calls = conform(calls, COLUMNS)
    units = conform(_with_their_call(units, calls), UNIT_COLUMNS)
    problems = find_problems(calls, units, table, layout, stamp_counts, guessed=guessed)
    return Cleaned(calls, units, set_aside, ledger, tuple(problems))


def _set_aside(frame: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that are no calls, with the reason; the first reason that fits a row is the one it gets."""
    own = [c for c in frame.columns if c not in (ROW_NUMBER, SOURCE_FILE)]
    type_columns = [layout.columns[t][0] for t in _TYPES if t in layout.columns]
    stamp_columns = [c for s in STAMPS for c in layout.columns.get(s, ())]
    blank = pl.all_horizontal(_nothing(c) for c in (*type_columns, *stamp_columns))
    header = pl.all_horizontal(pl.col(c).str.strip_chars() == c for c in type_columns).fill_null(False)
    test = (
        pl.any_horizontal(
            pl.col(layout.columns[t][0]).str.contains(_TEST_CALL)
            for t in ("call_type", "final_type")
            if t in layout.columns
        )
        if any(t in layout.columns for t in ("call_type", "final_type"))
        else pl.lit(False)
    )
    # Without a call number two equal rows may be two calls in the same minute, so none is set aside.
    repeats = pl.struct(own).is_first_distinct().not_() if "call_id" in layout.columns else pl.lit(False)
    reason = (
        pl.when(blank).then(pl.lit("blank_row"))
        .when(header).then(pl.lit("repeated_header"))
        .when(repeats).then(pl.lit("exact_duplicate"))
        .when(test.fill_null(False)).then(pl.lit("test_call"))
    )  # fmt: skip
    frame = frame.with_columns(reason.alias("reason"))
    return frame.filter(pl.col("reason").is_null()).drop("reason"), frame.filter(
        pl.col("reason").is_not_null()
    )


def _nothing(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    return text.is_null() | text.str.to_uppercase().is_in(_BLANKS)


def _standard_columns(frame: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, dict[str, StampCounts]]:
    """The layout's columns under our names, blanks as null, stamps as seconds (…_local beside each)."""
    blanks = [*_BLANKS, *(value.upper() for value in layout.blank_values)]
    needed = [c for c in layout.source_columns() if c in frame.columns]
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


def _mapped(value_map: ValueMap) -> pl.Expr:
    if value_map.column is None:
        return pl.lit(value_map.other)
    key = pl.col(f"src:{value_map.column}").str.to_uppercase()
    return key.replace_strict(dict(value_map.map), default=value_map.other, return_dtype=pl.String).fill_null(
        value_map.blank
    )


def _values(table: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """initiated_by, responder and outcome, from the layout's value maps or from the stamps."""
    evidence = _sent_evidence([*layout.columns, *layout.durations])
    if "outcome" in layout.values:
        outcome = _mapped(layout.values["outcome"])
    elif evidence:
        sent = pl.any_horizontal(pl.col(c).is_not_null() for c in evidence)
        closed_as_duplicate = (
            pl.col("disposition").str.contains(r"(?i)^\s*dup")
            if "disposition" in layout.columns
            else pl.lit(False)
        ).fill_null(False)
        outcome = (
            pl.when(sent).then(pl.lit("handled"))
            .when(closed_as_duplicate).then(pl.lit("duplicate"))
            .otherwise(pl.lit("not_dispatched"))
        )  # fmt: skip
    else:
        outcome = pl.lit("unknown")
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


def _sent_evidence(columns: Sequence[str]) -> list[str]:
    """The columns of which any that is filled says that a unit was sent."""
    return [c for c in ("unit_id", "dispatched_at", "enroute_at", "arrived_at") if c in columns]


def _first_of_each_call(table: pl.DataFrame, raw: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    first = pl.col("call_id").is_first_distinct()
    rows = table.select(ROW_NUMBER, SOURCE_FILE, first.alias("_first"))
    repeated = rows.filter(~pl.col("_first")).drop("_first")
    aside = raw.join(repeated, on=[ROW_NUMBER, SOURCE_FILE], how="semi").with_columns(
        pl.lit("repeated_call_id").alias("reason")
    )
    return table.filter(first), aside


def _primary_units(table: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """One unit row per call that a unit was, or may have been, sent to: the export's own stamps."""
    units = table.filter(pl.col("outcome").is_in(["handled", "unknown"]))
    return (
        units if "unit_id" in layout.columns else units.with_columns(pl.lit(None, pl.String).alias("unit_id"))
    )


def _fold_units(table: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Unit rows as one row per call, and the unit rows themselves.

    First known value of each descriptive column in file order; earliest of each stamp, but the latest clear.
    """
    # A clear time alone is the call's closing: nobody was sent.
    units = table.filter(pl.any_horizontal(pl.col(c).is_not_null() for c in _sent_evidence(table.columns)))
    stamps = [c for s in STAMPS for c in (s, f"{s}_local")]
    described = [c for c in table.columns if c not in {*stamps, "call_id", "unit_id", "outcome", "responder"}]
    # The kind of unit that drove, not the department a blank row belongs to, says who answered.
    drove = (
        pl.col("responder").filter(pl.col("unit_id").is_not_null())
        if "unit_id" in table.columns
        else pl.col("responder")
    )
    calls = (
        table.group_by("call_id", maintain_order=True)
        .agg(
            *(pl.col(c).drop_nulls().first() for c in described),
            *((pl.col(c).max() if c.startswith("cleared_at") else pl.col(c).min()) for c in stamps),
            pl.col("unit_id").drop_nulls().n_unique().cast(pl.Int64).alias("unit_count"),
            pl.col("outcome").unique().alias("_outcomes"),
            drove.unique().alias("_drove"),
            pl.col("responder").unique().alias("_listed"),
        )
        .with_columns(
            pl.when(pl.col("_drove").list.len() > 0).then("_drove").otherwise("_listed").alias("_kinds"),
        )
    )
    kinds, outcomes = pl.col("_kinds").list, pl.col("_outcomes").list
    together = kinds.contains("co_response") | (kinds.contains("police") & kinds.contains("community"))
    responder = _first_true(
        ("co_response", together),
        *((kind, kinds.contains(kind)) for kind in ("police", "community", "ems", "fire", "other")),
    )
    outcome = _first_true(
        *((name, outcomes.contains(name)) for name in ("handled", "duplicate", "cancelled", "not_dispatched"))
    )
    calls = calls.with_columns(
        responder.alias("responder"),
        outcome.alias("outcome"),
    )
    return calls, units


def _with_their_call(units: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
    """Unit rows with what schema.OF_THE_CALL says of their call."""
    of_the_call = calls.select("call_id", pl.col("responder").alias("call_responder"), *OF_THE_CALL)
    return units.drop(*OF_THE_CALL, strict=False).join(
        of_the_call, on="call_id", how="left", maintain_order="left"
    )


def _first_true(*cases: tuple[str, pl.Expr]) -> pl.Expr:
    """The name of the first condition that holds, "unknown" where none does."""
    return pl.coalesce(
        *(pl.when(condition).then(pl.lit(name)) for name, condition in cases), pl.lit("unknown")
    )


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
