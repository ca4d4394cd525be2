"""How a changed policy differs from the one it was made from, as tables and sentences for a page.

Numbers are those of evaluation.before.workbench after the rule for small counts (app.policy_outputs), so that the
page shows what `rightcall policies --out` writes.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from app.labels import READING_LABELS
from app.plain_table import plain_table
from app.policy_controls import TAKES
from app.wording import (
    area_label,
    category_label,
    count,
    number_of_hours,
    percent,
    percent_range,
    small_count,
)
from call_codes.policy import Policy
from calls.share import Share
from evaluation.before.cascade import DENOMINATOR
from evaluation.before.workbench import Comparison

JUDGED: dict[str, str] = {
    "initial": "First type, as known before anyone was sent",
    "final": "Final type, as found on scene",
}


def share_in_areas(steps: pl.DataFrame, areas: tuple[str, ...]) -> Share:
    """The share that is left after hours and areas. Columns in: Comparison.steps of one policy on initial types."""
    base = steps.filter(step="community_initiated")["calls_policy"].item()
    last = steps.row(-1, named=True)
    return Share(
        last["calls_policy"],
        base,
        last["calls_low"],
        last["calls_high"],
        f"Eligible types with no stated danger, started within the hours and in {', '.join(areas)}, among {DENOMINATOR}.",
    )


def difference_sentence(result: Comparison, base: Policy, policy: Policy) -> str:
    """What the changes do to the policy reading after hours and areas, in calls, share and unit-hours."""
    before, now = (
        result.steps.filter(policy=p.id, judged_on="initial").row(-1, named=True) for p in (base, policy)
    )
    more = now["calls_difference"]
    if before["share_policy"] is None:
        return "There is no call to take a share of."
    time = now["unit_hours_difference"]
    words = "" if time is None else f" and {number_of_hours(abs(time))} unit-hours"
    direction = "more" if more >= 0 else "fewer"
    return (
        f"{count(abs(more))} calls{words} {direction} than “{base.label}” in its hours: {percent(now['share_policy'])} "
        f"instead of {percent(before['share_policy'])} under the policy as written."
    )


def judged_table(result: Comparison, policies: dict[str, Policy]) -> str:
    """Both policies after hours and areas, judged on first and on final types, with the difference."""
    rows = []
    for name, policy in policies.items():
        for judged_on, words in JUDGED.items():
            last = result.steps.filter(policy=name, judged_on=judged_on).row(-1, named=True)
            rows.append(
                [
                    policy.label,
                    words,
                    count(last["calls_policy"]),
                    percent(last["share_policy"]),
                    percent_range(last["share_low"], last["share_high"]),
                    *([] if len(policies) == 1 else [_signed(last["calls_difference"])]),
                ]
            )
    headings = ["Policy", "Judged on", "Calls", READING_LABELS["policy"], "Low to high", "Difference"]
    caption = "Eligible calls within the hours and areas"
    return plain_table(caption, headings[: len(rows[0])], rows, 2)


def steps_table(result: Comparison, base: Policy, policy: Policy) -> str:
    """Step by step: the calls of both, policy as written, and what differs."""
    before, now = (result.steps.filter(policy=p.id, judged_on="initial") for p in (base, policy))
    known = now["unit_hours"].is_not_null().any()
    return plain_table(
        f"Calls left after each step, policy as written; before: {base.label}, now: {policy.label}",
        ["Step", "Before", "Now", "Difference", *(["Unit-hours difference"] if known else [])],
        [
            [
                new["label"],
                count(old["calls_policy"]),
                count(new["calls_policy"]),
                _signed(new["calls_difference"]),
                *([_signed(new["unit_hours_difference"], hours=True)] if known else []),
            ]
            for old, new in zip(before.iter_rows(named=True), now.iter_rows(named=True), strict=True)
        ],
    )


def category_table(table: pl.DataFrame, base: Policy, policy: Policy, smallest_count: int) -> str | None:
    """The categories whose calls differ, largest first; None where none does.

    Columns in: by_category.csv of app.policy_outputs.comparison_tables.
    """
    now = table.filter(pl.col("policy") == policy.id).filter(
        (pl.col("eligible_difference") != 0)
        | pl.col("category").is_in(
            [
                c
                for c in table["category"].unique()
                if base.rule_for(c).decision != policy.rule_for(c).decision
            ]
        )
    )
    if now.is_empty():
        return None
    rows = now.sort(
        pl.col("eligible_difference").abs(), "category", descending=[True, False], nulls_last=True
    )
    return plain_table(
        "Categories that differ: eligible calls within the hours and areas",
        ["Category", "Before", "Now", "Calls counted", "Eligible", "Difference", "Unit-hours difference"],
        [
            [
                category_label(row["category"]),
                TAKES[base.rule_for(row["category"]).decision],
                TAKES[row["decision"]],
                *_counts(row, smallest_count),
            ]
            for row in rows.iter_rows(named=True)
        ],
        3,
    )


def area_table(table: pl.DataFrame, policy: Policy, smallest_count: int) -> str:
    """Every area: calls counted, eligible, and the difference. Columns in: by_area.csv of comparison_tables."""
    return plain_table(
        "Areas: eligible calls within the hours and areas",
        ["Area", "Calls counted", "Eligible", "Difference", "Unit-hours difference"],
        [
            [area_label(row["area"]), *_counts(row, smallest_count)]
            for row in table.filter(policy=policy.id).iter_rows(named=True)
        ],
    )


def _counts(row: dict[str, Any], smallest_count: int) -> list[str]:
    """calls, eligible, the difference in calls and in unit-hours; what is hidden as "fewer than 5"."""

    def shown(name: str) -> str:
        return small_count(smallest_count) if row[name] is None else count(row[name])

    return [
        shown("calls"),
        shown("eligible"),
        _signed(row["eligible_difference"]),
        _signed(row["unit_hours_difference"], hours=True),
    ]


def _signed(number: float | None, *, hours: bool = False) -> str:
    form = number_of_hours if hours else count
    if number is None:
        return form(None)
    amount = form(abs(number))
    # Hours are sums of fractions: what is written as nothing has no sign.
    if amount in ("0", "0.0"):
        return "0"
    return f"+{amount}" if number > 0 else f"−{amount}"
