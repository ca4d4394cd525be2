"""From what a call was called in as to what it was closed as: the transition table of a city that records both.

A program is sent on the initial type. What a final type shows is how far that could have been known: which share of
each final category was foreseen, and how many calls would have been eligible by the one type and not by the other.
Calls without a final type, or with one that could not be classified, are not guessed: they make the range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from call_codes.policy import Policy
from calls.share import Share
from calls.small_counts import SMALLEST_COUNT, pool
from classifier.eligibility import UNCLASSIFIED, judge

_TYPE: Final = ("category", "hazard", "hazard_kinds")
_FINAL: Final = ("final_category", "final_hazard", "final_hazard_kinds")
TAKEN: Final = "eligible"


@dataclass(frozen=True)
class EligibilityShift:
    """What the final type does to eligibility, over the calls that have both types.

    - table: eligibility, final_eligibility (as `eligibility.OUTCOMES`), calls; sums to the calls with both types.
    - initial_only: calls eligible by the initial type and not by the final one.
    - final_only: calls eligible by the final type and not by the initial one: work that nobody could foresee.
    The calls whose other type is unclassified make the range of both.
    """

    table: pl.DataFrame
    initial_only: Share
    final_only: Share


def transition_counts(calls: pl.LazyFrame) -> pl.DataFrame:
    """Calls by what they were called in and closed as.

    Columns in: category, hazard, hazard_kinds and final_category, final_hazard, final_hazard_kinds (null where the
    call has no final type), as `assign.assign_types` returns them. Columns out: the same six, calls (Int64), sorted.
    """
    keys = [*_TYPE, *_FINAL]
    counts = calls.group_by(keys).agg(pl.len().cast(pl.Int64).alias("calls")).collect()
    return counts.sort(keys, nulls_last=True)


def transition_table(counts: pl.DataFrame) -> pl.DataFrame:
    """Category × final category: how the calls of each initial category were closed.

    counts: as `transition_counts` returns them. Columns out: category, final_category (String), calls,
    calls_of_category (all of the initial category, with and without a final type), share (of those with a final
    type), low, high (Float64, 0–1: none or all of the calls without a final type had this one). Largest first within
    each category. Empty where no call has a final type.
    """
    of_category = counts.group_by("category").agg(
        pl.col("calls").sum().alias("calls_of_category"),
        pl.col("calls").filter(pl.col("final_category").is_null()).sum().alias("_missing"),
    )
    return (
        counts.drop_nulls("final_category")
        .group_by("category", "final_category")
        .agg(pl.col("calls").sum())
        .join(of_category, on="category", how="left")
        .with_columns(
            share=pl.col("calls") / (pl.col("calls_of_category") - pl.col("_missing")),
            low=pl.col("calls") / pl.col("calls_of_category"),
            high=(pl.col("calls") + pl.col("_missing")) / pl.col("calls_of_category"),
        )
        .drop("_missing")
        .sort("category", "calls", "final_category", descending=[False, True, False])
    )


def pooled_transitions(table: pl.DataFrame, smallest_count: int = SMALLEST_COUNT) -> pl.DataFrame:
    """`transition_table` for people and files: cells below `smallest_count` merged into one row at the end."""
    return pool(table, ["category", "final_category"], "calls", [], smallest_count)


def foreseen(counts: pl.DataFrame, smallest_count: int = SMALLEST_COUNT) -> pl.DataFrame:
    """For each final category, the share of its calls whose initial category was the same.

    counts: as `transition_counts` returns them. Columns out: final_category, calls (closed as it), foreseen (of
    these, called in as it), share, low, high (0–1; high counts the calls whose initial type is unclassified as
    foreseen too), most_often_called_in_as (the commonest other initial category, "" where there is none; null in the
    pooled row). Unclassified finals are left out; categories below `smallest_count` are merged. Most calls first.
    """
    both = counts.drop_nulls("final_category").filter(pl.col("final_category") != UNCLASSIFIED)
    same = pl.col("category") == pl.col("final_category")
    unknown = pl.col("category") == UNCLASSIFIED
    others = (
        both.filter(~same & ~unknown)
        .group_by("final_category", "category")
        .agg(pl.col("calls").sum())
        .sort("final_category", "calls", "category", descending=[False, True, False])
        .group_by("final_category", maintain_order=True)
        .agg(
            # One call of a rare kind must not show up as "most often".
            pl.col("category")
            .filter(pl.col("calls") >= smallest_count)
            .first()
            .alias("most_often_called_in_as")
        )
    )
    table = (
        both.group_by("final_category")
        .agg(
            pl.col("calls").sum(),
            pl.col("calls").filter(same).sum().alias("foreseen"),
            pl.col("calls").filter(unknown).sum().alias("_unknown"),
        )
        .join(others, on="final_category", how="left")
        .with_columns(pl.col("most_often_called_in_as").fill_null(""))
        .sort("calls", "final_category", descending=[True, False])
    )
    merged = pool(table, ["final_category"], "calls", ["foreseen", "_unknown"], smallest_count)
    return merged.with_columns(
        share=pl.col("foreseen") / pl.col("calls"),
        low=pl.col("foreseen") / pl.col("calls"),
        high=(pl.col("foreseen") + pl.col("_unknown")) / pl.col("calls"),
    ).select("final_category", "calls", "foreseen", "share", "low", "high", "most_often_called_in_as")


def eligibility_shift(counts: pl.DataFrame, policy: Policy) -> EligibilityShift:
    """How many calls are eligible under `policy` by the initial type only, and by the final type only.

    counts: as `transition_counts` returns them; calls without a final type are left out.
    """
    both = counts.drop_nulls("final_category").with_columns(
        pl.Series(
            "eligibility", _verdicts(counts.drop_nulls("final_category"), _TYPE, policy), dtype=pl.String
        ),
        pl.Series(
            "final_eligibility",
            _verdicts(counts.drop_nulls("final_category"), _FINAL, policy),
            dtype=pl.String,
        ),
    )
    table = (
        both.group_by("eligibility", "final_eligibility")
        .agg(pl.col("calls").sum())
        .sort("eligibility", "final_eligibility")
    )
    total = int(both["calls"].sum())

    def moved(here: str, there: str, definition: str) -> Share:
        taken, other = pl.col(here) == TAKEN, pl.col(there)
        found = int(table.filter(taken & (other != TAKEN))["calls"].sum())
        # Where the other type is unclassified, it may have been eligible as well; where this one is, it may be.
        doubtful = int(table.filter(taken & (other == UNCLASSIFIED))["calls"].sum())
        possible = int(
            table.filter((pl.col(here) == UNCLASSIFIED) & ~other.is_in([TAKEN, UNCLASSIFIED]))["calls"].sum()
        )
        return Share(found, total, found - doubtful, found + possible, definition)

    return EligibilityShift(
        table,
        moved(
            "eligibility",
            "final_eligibility",
            f"Calls that {policy.label} takes by their initial type and not by their final type, among calls with "
            "both. Low and high: unclassified types counted as agreeing, and as not agreeing.",
        ),
        moved(
            "final_eligibility",
            "eligibility",
            f"Calls that {policy.label} takes by their final type and not by their initial type, among calls with "
            "both. Low and high: unclassified types counted as agreeing, and as not agreeing.",
        ),
    )


def _verdicts(rows: pl.DataFrame, names: tuple[str, str, str], policy: Policy) -> list[str]:
    return [
        judge(category, hazard, kinds, "model", policy).eligibility
        for category, hazard, kinds in rows.select(names).iter_rows()
    ]


def initial_to_final(calls: pl.LazyFrame, smallest_count: int = SMALLEST_COUNT) -> pl.DataFrame:
    """The table for `initial_to_final.csv`: `pooled_transitions` of all calls; no rows where no call has a final type."""
    return pooled_transitions(transition_table(transition_counts(calls)), smallest_count)
