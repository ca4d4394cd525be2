"""What each category would add to a policy's answer if the policy took it: the size of every choice, before it is made.

A category's calls in this sense are those that pass everything else: handled by police, started by the community, no
danger stated, within the policy's hours and areas. So what is shown beside a choice is what the choice adds.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from call_codes.policy import Policy, Rule
from call_codes.taxonomy import load_taxonomy
from evaluation.before.call_kinds import CallKinds
from evaluation.before.workbench import Variant, compare_kinds


def category_weights(kinds: CallKinds, policy: Policy, areas: tuple[str, ...] | None = None) -> pl.DataFrame:
    """What each category that a policy can take would add to the policy reading, whether it is taken now or not.

    Columns out, in the taxonomy's order: category, calls, unit_hours (null: the export has none), share (of the
    denominator; null where that is 0). Unclassified calls are left out: no policy can take them.
    """
    known = [category for category in load_taxonomy().ids if category != "unclassified"]
    every = Rule(tuple(known), "eligible", "scope", "Taken to see what it adds.", verified=False)
    rest = replace(policy.default, categories=("unclassified",), decision="excluded")
    taken = replace(policy, rules=(every,), default=rest)
    found = compare_kinds(kinds, [Variant(taken, areas)])
    denominator = found.by_category["calls"].sum()
    hours_known = found.cascades[policy.id].eligible_hours is not None
    return (
        pl.DataFrame({"category": known})
        .join(found.by_category, on="category", how="left", maintain_order="left")
        .select(
            "category",
            pl.col("eligible").fill_null(0).alias("calls"),
            pl.col("unit_hours").fill_null(0.0)
            if hours_known
            else pl.lit(None, pl.Float64).alias("unit_hours"),
            (pl.col("eligible").fill_null(0) / (denominator or None)).alias("share"),
        )
    )
