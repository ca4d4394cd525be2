"""How many units a call took: the primary unit beside all units, and how often back-up came.

Langton and co-authors count officer time twice, as the time of one unit per call and as the time of all units
that were sent; the second is often half as much again, and a program that replaces one unit does not free the
other. Where an export has one row per call, only the primary unit's time is recorded: the others are assumed
to stay as long, and that assumption is said wherever the number is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from officer_time.spans import span_start

COUNTS: Final = ("calls_with_unit", "calls_with_backup")
SECONDS: Final = ("single_unit", "multi_unit", "merged", "person_hundredths")
MULTI_UNIT_RULES: Final = {
    "unit": "Each unit that was sent has a row of its own; nothing is assumed.",
    "unit_count": "One row per call: every unit counted in unit_count is assumed to stay as long as the primary unit.",
    "one": "One row per call and no count of units: one unit per call is assumed, so hours are a floor.",
}


def add_unit_numbers(police_units: pl.DataFrame) -> pl.DataFrame:
    """Rows with unit_number (Int32: 1 = first unit assigned to the call, the primary) and repeats_unit (Boolean).

    Columns in: call_id, unit_id (null: an unnamed unit, one per call) and the stamps. Units are numbered by when
    they were first assigned (unknown: last), then by name. repeats_unit marks a further row of the same unit on
    the same call, so that units are counted once and their time is added up. Row order stays.
    """
    keys = ("call_id", "unit_id")
    rows = police_units.select(*keys, span_start().alias("_start")).with_row_index("_row")
    firsts = (
        rows.sort("call_id", "_start", "unit_id", "_row", nulls_last=True)
        .filter(pl.struct(keys).is_first_distinct())
        # Rows of one call stand together, so a unit's number is its place after the call's first row.
        .with_row_index("_place")
        .with_columns(
            (pl.col("_place") - pl.col("_place").min().over("call_id") + 1)
            .cast(pl.Int32)
            .alias("unit_number")
        )
    )
    numbered = rows.join(
        firsts.select(*keys, "unit_number", pl.col("_row").alias("_first_row")),
        on=keys,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    return police_units.with_columns(
        numbered["unit_number"], (numbered["_row"] != numbered["_first_row"]).alias("repeats_unit")
    )


def multi_unit_sums() -> list[pl.Expr]:
    """Sums over unit rows for one group_by: COUNTS, and …_seconds of SECONDS (person time in hundredths).

    Columns in: committed_seconds, merged_seconds, unit_number, repeats_unit, units_assumed (how many units the
    row stands for), officers_hundredths (100 × officers per unit). Int64, so that parts add up exactly.
    """
    committed = pl.col("committed_seconds")
    sent = ~pl.col("repeats_unit")
    # 64 bits hold 10,000 years of a hundred units with nine officers each.
    together = committed * pl.col("units_assumed").cast(pl.Int64)
    more_than_one = (pl.col("unit_number") == 2) | (
        (pl.col("unit_number") == 1) & (pl.col("units_assumed") > 1)
    )
    return [
        (sent & (pl.col("unit_number") == 1)).sum().cast(pl.Int64).alias("calls_with_unit"),
        (sent & more_than_one).sum().cast(pl.Int64).alias("calls_with_backup"),
        committed.filter(pl.col("unit_number") == 1).sum().alias("single_unit_seconds"),
        together.sum().alias("multi_unit_seconds"),
        pl.col("merged_seconds").cast(pl.Int64).sum().alias("merged_seconds"),
        (together * pl.col("officers_hundredths").cast(pl.Int64)).sum().alias("person_hundredths_seconds"),
    ]


def stamp_sums() -> list[pl.Expr]:
    """How far the stamps themselves can be trusted, counted over unit rows: Int64.

    enroute_known: rows with both an assignment and an enroute stamp; enroute_as_assigned: of these, where the two
    are the same second, as when a system fills one from the other; arrival_missing: rows with an assignment and
    no arrival; assigned: rows with an assignment.
    """
    dispatched, enroute, arrived = (pl.col(c) for c in ("dispatched_at", "enroute_at", "arrived_at"))
    return [
        dispatched.is_not_null().sum().cast(pl.Int64).alias("assigned"),
        (dispatched.is_not_null() & enroute.is_not_null()).sum().cast(pl.Int64).alias("enroute_known"),
        (dispatched == enroute).sum().cast(pl.Int64).alias("enroute_as_assigned"),
        (dispatched.is_not_null() & arrived.is_null()).sum().cast(pl.Int64).alias("arrival_missing"),
    ]


STAMP_COUNTS: Final[Sequence[str]] = ("assigned", "enroute_known", "enroute_as_assigned", "arrival_missing")
