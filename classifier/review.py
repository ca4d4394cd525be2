"""The review queue: which call types a person should decide first, and what is known about each.

A type matters as much as the officer hours that its decision moves and as little as the model doubts it. So types
stand in the order of the hours that are expected to be counted on the wrong side: hours × min(s, 1 − s), where s is
the chance that the policy takes the type. Ten decisions from the top do more than a hundred in alphabetical order.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from call_codes.crosswalk import Crosswalk
from call_codes.errors import InputError
from call_codes.policy import Policy
from classifier.eligibility import add_eligibility
from classifier.eligible_share import eligible_chances
from classifier.nearness import likeness

DECIDED: Final = ("signed", "code_book", "blank")
"""Types of these bases are not in the queue: decided by a person or a list, or without anything to decide on.
A code that the code-book itself leaves unclassified (a mixed bag) is in it."""

PLAUSIBLE: Final = 5
PLAUSIBLE_FLOOR: Final = 0.03
NEIGHBOURS: Final = 3
LEAST_LIKE: Final = 0.35

QUEUE_COLUMNS: Final = (
    "rank",
    "call_type_code",
    "call_type",
    "calls",
    "unit_hours",
    "expected_misallocated",
    "weight",
    "eligible_chance",
    "eligibility",
    "category",
    "probability",
    "plausible",
    "hazard",
    "hazard_kinds",
    "hazard_reason",
    "nearest_signed",
    "basis",
)

_NUMBERS: Final = {"expected_misallocated", "eligible_chance", "probability", "unit_hours"}
_EMPTY: Final = {
    name: pl.Float64
    if name in _NUMBERS
    else pl.Int64
    if name in ("rank", "calls")
    else pl.Boolean
    if name == "hazard"
    else pl.String
    for name in QUEUE_COLUMNS
}


def review_queue(
    types: pl.DataFrame, probabilities: pl.DataFrame, policy: Policy, crosswalk: Crosswalk | None
) -> pl.DataFrame:
    """The types that nobody has decided yet, the one that is worth most first.

    types: as `classify.classify_types` returns them, with calls (Int64) and, where known, unit_hours (Float64,
    null: not measured); further columns are kept after QUEUE_COLUMNS. probabilities:
    `probabilities.category_probabilities` of the same table. crosswalk: where the nearest signed names come from.

    Columns out: rank (from 1); weight: "unit_hours", or "calls" where no type has hours; expected_misallocated:
    weight × min(s, 1 − s), with s = eligible_chance; a bare code without a code-book may be anything, so there
    s = 0.5. plausible: categories with their probability, "trespass 0.55|noise 0.20". nearest_signed: up to three
    signed names that are written alike, "LOUD MUSIC = noise (0.82)". Types of a basis in DECIDED are left out.
    Raises InputError when calls is absent.
    """
    if "calls" not in types.columns:
        raise InputError(
            found="call types without a column calls",
            expected="how many calls each type has",
            action="count the calls of each type first (distinct_types)",
        )
    chances = add_eligibility(eligible_chances(types, probabilities, policy), policy)
    if "unit_hours" not in chances.columns:
        chances = chances.with_columns(pl.lit(None, pl.Float64).alias("unit_hours"))
    weight = "calls" if chances["unit_hours"].is_null().all() else "unit_hours"
    mixed_bag = (pl.col("basis") == "code_book") & (pl.col("category") == "unclassified")
    unknown = (pl.col("basis") == "bare_code") | mixed_bag
    chance = pl.when(unknown).then(0.5).otherwise("eligible_chance")
    queue = (
        chances.with_columns(_plausible(probabilities))
        .with_columns(chance.alias("eligible_chance"), pl.lit(weight).alias("weight"))
        .with_columns(
            (
                pl.col(weight).cast(pl.Float64).fill_null(0.0)
                * pl.min_horizontal("eligible_chance", 1.0 - pl.col("eligible_chance"))
            ).alias("expected_misallocated")
        )
        .filter(~pl.col("basis").is_in(DECIDED) | mixed_bag)
        .sort(
            "expected_misallocated", "calls", "call_type_code", "call_type",
            descending=[True, True, False, False], nulls_last=True,
        )
        .with_row_index("rank", offset=1)
        .with_columns(pl.col("rank").cast(pl.Int64))
    )  # fmt: skip
    queue = queue.with_columns(_nearest(queue, crosswalk))
    given = [c for c in types.columns if c not in QUEUE_COLUMNS]
    return queue.select(*QUEUE_COLUMNS, *given)


def empty_queue() -> pl.DataFrame:
    """A queue without rows, for an empty sheet."""
    return pl.DataFrame(schema=_EMPTY)


def _plausible(probabilities: pl.DataFrame) -> pl.Series:
    listed: dict[int, list[str]] = {
        int(row): [] for row in probabilities["type_row"].unique(maintain_order=True)
    }
    for row, category, share in probabilities.select("type_row", "category", "probability").iter_rows():
        if share >= PLAUSIBLE_FLOOR and len(listed[row]) < PLAUSIBLE and category != "unclassified":
            listed[row].append(f"{category} {share:.2f}")
    return pl.Series("plausible", ["|".join(listed[row]) for row in sorted(listed)], dtype=pl.String)


def _nearest(queue: pl.DataFrame, crosswalk: Crosswalk | None) -> pl.Series:
    """For each type of the queue the signed names that are written alike; "" where none is."""
    signed = [] if crosswalk is None else crosswalk.rows.filter(pl.col("text") != "").to_dicts()
    if not signed or queue.is_empty():
        return pl.Series("nearest_signed", [""] * queue.height, dtype=pl.String)
    alike = likeness(queue["call_type"].to_list(), [row["text"] for row in signed])
    lines = []
    for shares in alike:
        best = sorted(range(len(signed)), key=lambda n: (-shares[n], signed[n]["text"]))[:NEIGHBOURS]
        near = [n for n in best if shares[n] >= LEAST_LIKE]
        lines.append(
            "|".join(f"{signed[n]['text']} = {signed[n]['category']} ({shares[n]:.2f})" for n in near)
        )
    return pl.Series("nearest_signed", lines, dtype=pl.String)
