"""From rows to calls: unit rows and agency rows put together, one-row-per-call files read as they are.

A row may be a call, a unit on a call, or an agency on a call (one for the fire department, one for the police).
Either way every call ends up once, and the unit rows stand beside it with their own spans; an agency's row is no
unit, and gives a span only where it names one.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from calls.layouts import Layout
from calls.read import ROW_NUMBER, SOURCE_FILE
from calls.schema import OF_THE_CALL, STAMPS


def sent_evidence(columns: Sequence[str]) -> list[str]:
    """The columns of which any that is filled says that a unit was sent."""
    return [c for c in ("unit_id", "dispatched_at", "enroute_at", "arrived_at") if c in columns]


def first_of_each_call(table: pl.DataFrame, raw: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The first row of each call number, and the rows set aside because their number came before."""
    first = pl.col("call_id").is_first_distinct()
    rows = table.select(ROW_NUMBER, SOURCE_FILE, first.alias("_first"))
    repeated = rows.filter(~pl.col("_first")).drop("_first")
    aside = raw.join(repeated, on=[ROW_NUMBER, SOURCE_FILE], how="semi").with_columns(
        pl.lit("repeated_call_id").alias("reason")
    )
    return table.filter(first), aside


def primary_units(table: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """One unit row per call that a unit was, or may have been, sent to: the export's own stamps."""
    units = table.filter(pl.col("outcome").is_in(["handled", "unknown"]))
    return (
        units if "unit_id" in layout.columns else units.with_columns(pl.lit(None, pl.String).alias("unit_id"))
    )


def fold_rows(table: pl.DataFrame, grain: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Unit rows (grain "unit") or agency rows ("agency") as one row per call, and the unit rows themselves.

    First known value of each descriptive column in file order; earliest of each stamp, but the latest clear. An
    agency's row is a unit row only where it names a unit.
    """
    if "unit_id" not in table.columns:
        table = table.with_columns(pl.lit(None, pl.String).alias("unit_id"))
    # A clear time alone is the call's closing: nobody was sent.
    evidence = ["unit_id"] if grain == "agency" else sent_evidence(table.columns)
    units = table.filter(pl.any_horizontal(pl.col(c).is_not_null() for c in evidence))
    stamps = [c for s in STAMPS for c in (s, f"{s}_local")]
    marks = [c for c, kind in table.schema.items() if kind == pl.Boolean and c.startswith("_")]
    described = [
        c for c in table.columns if c not in {*stamps, *marks, "call_id", "unit_id", "outcome", "responder"}
    ]
    # Who drove, not the department a row without a unit belongs to, says who answered. Agencies' rows seldom name
    # units, and there it is the agencies that were sent.
    came = pl.col("unit_id").is_not_null()
    if grain == "agency":
        came = came | (pl.col("outcome") == "handled")
    calls = (
        table.group_by("call_id", maintain_order=True)
        .agg(
            *(pl.col(c).drop_nulls().first() for c in described),
            *(pl.col(c).any() for c in marks),
            *((pl.col(c).max() if c.startswith("cleared_at") else pl.col(c).min()) for c in stamps),
            pl.col("unit_id").drop_nulls().n_unique().cast(pl.Int64).alias("unit_count"),
            pl.col("outcome").unique().alias("_outcomes"),
            pl.col("responder").filter(came).unique().alias("_drove"),
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
    return calls.with_columns(responder.alias("responder"), outcome.alias("outcome")), units


def with_their_call(units: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
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
