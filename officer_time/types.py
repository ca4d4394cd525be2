"""What each call type of a canonical file means for a question: category, group, eligibility, who starts it.

Types are few, so they are judged once and joined by their number. The classification is the same as in a full
run; the text model's answers may come from memory (classifier.remembered).
"""

from __future__ import annotations

import polars as pl

from call_codes.crosswalk import Crosswalk
from call_codes.policy import Policy
from call_codes.taxonomy import load_taxonomy
from calls.schema import INITIATORS
from classifier.assign import assign_types
from classifier.classify import classify_types
from classifier.eligibility import OUTCOMES, add_eligibility
from classifier.remembered import RememberedModel


def types_with_meaning(
    types: pl.DataFrame, crosswalk: Crosswalk | None, policy: Policy, model: RememberedModel
) -> pl.DataFrame:
    """Columns in: type_id, call_type_code, call_type. Out, one row per type: type_id, call_type (the text, else
    the code), category, group, eligible, settled (who started calls of that type where the export does not say,
    null where the type does not tell either), basis. Texts are Enum, so that groups are narrow integers.
    """
    classified = classify_types(types, crosswalk=crosswalk, model=model)  # type: ignore[arg-type]
    judged = add_eligibility(classified, policy)
    # The rule that settles who started a call is that of the calls themselves, asked of one call per type.
    one_call_each = judged.select("call_type_code", "call_type").with_columns(
        pl.lit(None, pl.String).alias("final_type_code"),
        pl.lit(None, pl.String).alias("final_type"),
        pl.lit("unknown").alias("initiated_by"),
        pl.lit("none").alias("initiated_by_basis"),
    )
    settled = assign_types(one_call_each.lazy(), classified).collect()["initiated_by"]
    taxonomy = load_taxonomy().categories.values()
    text = pl.coalesce("call_type", "call_type_code")
    names = judged.select(text.drop_nulls().unique().sort()).to_series()
    return judged.select(
        "type_id",
        text.cast(pl.Enum(names)).alias("call_type"),
        pl.col("category").cast(pl.Enum([c.id for c in taxonomy])),
        pl.col("group").cast(pl.Enum(list(dict.fromkeys(c.group for c in taxonomy)))),
        pl.col("eligibility").cast(pl.Enum(OUTCOMES)).alias("eligible"),
        pl.when(settled != "unknown").then(settled).cast(pl.Enum(INITIATORS)).alias("settled"),
        "basis",
    )
