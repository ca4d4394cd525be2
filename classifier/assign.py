"""Distinct call types out of a calls table, and their categories back onto every call.

An agency has some hundreds of distinct types and millions of calls: types are classified once and joined. The
initial type decides; the final type is classified too, to bound the answer. Where the export does not say who
started a call, types that only officers create (traffic stops, patrol, administration) and words such as
"on view" or "flag down" tell it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

# Groups of categories that no resident can start.
_OFFICER_GROUPS: Final = ("police_generated",)
_OFFICER_CATEGORIES: Final = ("traffic_stop",)
_NOT_CALLS: Final = ("unclassified",)
_DEVICE: Final = r"(?i)shot\s?spotter|acoustic|shots? detect"
_OFFICER_WORDS: Final = (
    r"(?i)\bflag(?:ged)?[ -]?(?:down|dn)|\bon[ -]?view|\b(?:field|self|officer|ofcr|ofc)[ -]init"
)
_TYPE: Final = ("call_type_code", "call_type")
_ASSIGNED: Final = ("category", "group", "probability", "hazard", "hazard_kinds", "basis", "needs_review")


def distinct_types(calls: pl.LazyFrame) -> pl.DataFrame:
    """Every (call_type_code, call_type) pair, initial or final, with how many calls have it as either.

    Columns out: call_type_code, call_type (String, nullable), calls, final_calls (Int64); most calls first.
    """
    initial = calls.group_by(_TYPE).agg(pl.len().cast(pl.Int64).alias("calls")).collect()
    final = (
        calls.filter(pl.any_horizontal(pl.col("final_type_code", "final_type").is_not_null()))
        .group_by(call_type_code="final_type_code", call_type="final_type")
        .agg(pl.len().cast(pl.Int64).alias("final_calls"))
        .collect()
    )
    return (
        initial.join(final, on=_TYPE, how="full", nulls_equal=True, coalesce=True)
        .with_columns(pl.col("calls", "final_calls").fill_null(0))
        .sort("calls", "final_calls", *_TYPE, descending=[True, True, False, False], nulls_last=True)
    )


def assign_types(rows: pl.LazyFrame, types: pl.DataFrame) -> pl.LazyFrame:
    """Calls, or units with their call's types beside them, with the categories of those types; order stays.

    Columns in: the standard calls or units; `types` as classify_types returns it, one row per distinct type.
    Columns added: category, group, probability, hazard, hazard_kinds, basis, needs_review of the initial type;
    final_category, final_hazard, final_hazard_kinds (null where the call has no final type).
    Changed: initiated_by and its basis, where unknown and the type settles it.
    """
    initial = types.select(*_TYPE, *_ASSIGNED).lazy()
    final = types.select(
        pl.col("call_type_code").alias("final_type_code"),
        pl.col("call_type").alias("final_type"),
        *(pl.col(c).alias(f"final_{c}") for c in ("category", "hazard", "hazard_kinds")),
    ).lazy()
    has_final = pl.any_horizontal(pl.col("final_type_code", "final_type").is_not_null())
    unknown = pl.col("initiated_by") == "unknown"
    by_officer = pl.col("group").is_in(_OFFICER_GROUPS) & ~pl.col("category").is_in(_NOT_CALLS)
    settled = (
        pl.when(unknown & (by_officer | pl.col("category").is_in(_OFFICER_CATEGORIES))).then(pl.lit("officer"))
        .when(unknown & pl.col("call_type").str.contains(_OFFICER_WORDS)).then(pl.lit("officer"))
        .when(unknown & pl.col("call_type").str.contains(_DEVICE)).then(pl.lit("alarm"))
    )  # fmt: skip
    return (
        rows.join(initial, on=_TYPE, how="left", nulls_equal=True, maintain_order="left")
        .join(
            final, on=["final_type_code", "final_type"], how="left", nulls_equal=True, maintain_order="left"
        )
        .with_columns(
            *(
                pl.when(has_final).then(pl.col(c)).alias(c)
                for c in ("final_category", "final_hazard", "final_hazard_kinds")
            ),
            settled.alias("_settled"),
        )
        .with_columns(
            pl.coalesce("_settled", "initiated_by").alias("initiated_by"),
            pl.when(pl.col("_settled").is_not_null())
            .then(pl.lit("call_type"))
            .otherwise("initiated_by_basis")
            .alias("initiated_by_basis"),
        )
        .drop("_settled")
    )
