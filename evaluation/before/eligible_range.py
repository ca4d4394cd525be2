"""The cascade's eligible share with the classifier's doubt in its range, and how much of it nobody has signed.

The cascade's low leaves out every type that needs review and its high takes in every unclassified call, as if all
doubts fell on one side: the widest reading. Here each doubtful type is as likely eligible as the classifier says,
with its full weight in calls, and the types of one agency may be misread together (`classifier.eligible_share`). So
the range says what to expect of the types; the cascade's low and high say what could be argued.
"""

from __future__ import annotations

import polars as pl

from call_codes.policy import Policy
from classifier.eligible_share import EligibleShare, eligible_chances, eligible_share
from evaluation.before.cascade import denominator_calls

_TYPE = ("call_type_code", "call_type")


def denominator_types(calls: pl.LazyFrame) -> pl.DataFrame:
    """How many calls of the cascade's denominator each initial type has: call_type_code, call_type, calls. No policy
    changes them, so who asks about several counts them once."""
    return denominator_calls(calls).group_by(_TYPE).agg(pl.len().cast(pl.Int64).alias("calls")).collect()


def eligible_range(
    counts: pl.DataFrame, types: pl.DataFrame, probabilities: pl.DataFrame, policy: Policy, seed: int = 0
) -> EligibleShare:
    """The expected share of the cascade's denominator whose initial type `policy` takes, at any hour.

    counts: denominator_types of the calls. types: one row per distinct (call_type_code, call_type),
    as `classify_types` returns them; probabilities: `category_probabilities` of the same table. Low: the types that
    the policy takes without a condition, in the least favourable 2.5 % of the draws; high: with conditional and
    unclassified types, in the most favourable 2.5 %. Raises InputError where types and probabilities do not match.
    """
    weighed = types.drop("calls", strict=False).join(
        counts, on=_TYPE, how="left", nulls_equal=True, maintain_order="left"
    )
    chances = eligible_chances(weighed.with_columns(pl.col("calls").fill_null(0)), probabilities, policy)
    return eligible_share(chances, "calls", policy, seed=seed)
