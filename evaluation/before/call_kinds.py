"""A city's calls counted once by kind, area and minute of the week, so that any policy can be asked without its calls.

Which categories a policy takes, which dangers it leaves to police, when it answers and where: none of that changes how
many calls of each kind there are. So a page that tries one policy after another counts the calls once and judges kinds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from call_codes.hours import Hours
from evaluation.before.call_paths import (
    KIND_KEYS,
    MINUTE_OF_WEEK,
    PATH_KEYS,
    in_program_hours,
    with_call_responder,
)
from officer_time.cells import category_means, police_units, roll_up
from officer_time.spans import CAP_HOURS

_SUMS: Final = ("calls", "unit_rows", "unit_rows_measured", "committed_seconds")


@dataclass(frozen=True)
class CallKinds:
    """The calls of one export, by kind. Additive: nothing but counts and sums, and no call by itself.

    - kinds: kind (UInt32), KIND_KEYS, area: what calls of this kind have in common.
    - counted: kind, minute_of_week (null: not known), calls, unit_rows, unit_rows_measured, committed_seconds.
    """

    kinds: pl.DataFrame
    counted: pl.DataFrame
    cap_hours: float

    @property
    def areas(self) -> list[str]:
        """The areas that any call has, sorted."""
        return self.kinds["area"].drop_nulls().unique().sort().to_list()

    def means(self) -> pl.DataFrame:
        """officer_time.cells.category_means of these calls."""
        per_kind = self.counted.group_by("kind").agg(pl.col(_SUMS).sum())
        measured = pl.col("unit_rows_measured").alias("committed_measured")
        return category_means(
            self.kinds.select("kind", "category").join(per_kind, on="kind").with_columns(measured)
        )

    def cells(self, hours: Hours) -> pl.DataFrame:
        """evaluation.before.call_paths.path_cells by PATH_KEYS and area, with the sums that hours need."""
        inside = in_program_hours(hours, pl.col("minute_of_week")).alias("in_program_hours")
        per_kind = (
            self.counted.with_columns(inside).group_by("kind", "in_program_hours").agg(pl.col(_SUMS).sum())
        )
        return roll_up(self.kinds.join(per_kind, on="kind"), (*PATH_KEYS, "area"))

    def on_final_types(self) -> CallKinds:
        """The same calls, each judged on what it turned out to be (see on_final_types)."""
        return replace(self, kinds=on_final_types(self.kinds.lazy()).collect())


def call_kinds(calls: pl.LazyFrame, units: pl.LazyFrame, cap_hours: float = CAP_HOURS) -> CallKinds:
    """Count calls and unit time by kind, in one pass over each table.

    Columns in: calls and units as classifier.assign returns them.
    """
    keys = (*KIND_KEYS, "area", "minute_of_week")

    def keyed(rows: pl.LazyFrame) -> pl.LazyFrame:
        return with_call_responder(rows).with_columns(MINUTE_OF_WEEK.cast(pl.Int16).alias("minute_of_week"))

    committed = pl.col("committed_seconds")
    of_calls = keyed(calls).group_by(keys).agg(pl.len().cast(pl.Int64).alias("calls")).collect()
    of_units = (
        police_units(keyed(units), cap_hours)
        .group_by(keys)
        .agg(
            pl.len().cast(pl.Int64).alias("unit_rows"),
            committed.count().cast(pl.Int64).alias("unit_rows_measured"),
            committed.sum(),
        )
        .collect()
    )
    kind = (*KIND_KEYS, "area")
    kinds = (
        pl.concat([of_calls.select(kind), of_units.select(kind)]).unique().sort(kind).with_row_index("kind")
    )
    counted = (
        pl.concat([of_calls, of_units], how="diagonal")
        .join(kinds, on=kind, how="left", nulls_equal=True)
        .group_by("kind", "minute_of_week")
        .agg(pl.col(_SUMS).sum())
        .sort("kind", "minute_of_week")
    )
    return CallKinds(kinds, counted, cap_hours)


def on_final_types(rows: pl.LazyFrame) -> pl.LazyFrame:
    """`rows` judged on the final type where one is recorded, on the initial one elsewhere; final_… becomes null."""
    names = ("category", "hazard", "hazard_kinds")
    known = pl.col("final_category").is_not_null()
    return rows.with_columns(
        pl.when(known).then(f"final_{name}").otherwise(name).alias(name) for name in names
    ).with_columns(
        # Whoever closed the call knew the type; a doubt about the first wording does not carry over.
        pl.when(known).then(False).otherwise("needs_review").alias("needs_review"),
        *(pl.lit(None).cast(kind).alias(f"final_{name}") for name, kind in zip(
            names, (pl.String, pl.Boolean, pl.String), strict=True)),
    )  # fmt: skip
