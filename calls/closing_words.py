"""What a call's type or disposition says about the call itself: a test, void, cancelled, a duplicate, linked.

The words are data (`closing_words.toml`); each rule there is named as the fault that counts it. A unit that was
sent spent its time whatever the call was closed as, so the words only decide where nobody was sent.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import polars as pl

from calls.places import ROW_NUMBER, SOURCE_FILE
from calls.problems import Problem

RULES: Final = ("void_call", "cancelled_by_words", "duplicate_call", "linked_call")
_OUTCOME_OF: Final = (
    ("linked_call", "duplicate"),
    ("duplicate_call", "duplicate"),
    ("void_call", "cancelled"),
    ("cancelled_by_words", "cancelled"),
)


@lru_cache(maxsize=1)
def closing_words() -> dict[str, dict[str, re.Pattern[str]]]:
    """rule → {"type" or "disposition": pattern}, as `closing_words.toml` lists them."""
    with (Path(__file__).parent / "closing_words.toml").open("rb") as file:
        rules = tomllib.load(file)
    return {
        rule: {part: re.compile(pattern, re.IGNORECASE) for part, pattern in parts.items()}
        for rule, parts in rules.items()
    }


def values_that_say(values: pl.Series, rule: str, part: str) -> list[str]:
    """The distinct values (String) in which the rule's pattern for "type" or "disposition" is found."""
    pattern = closing_words()[rule].get(part)
    if pattern is None:
        return []
    return [value for value in values.drop_nulls().unique().sort() if pattern.search(value)]


def says(
    frame: pl.DataFrame, rule: str, *, types: Sequence[str] = (), disposition: str | None = None
) -> pl.Expr:
    """True where one of the type columns or the disposition column of `frame` says what the rule is about."""
    parts = [(column, "type") for column in types]
    parts += [(disposition, "disposition")] if disposition is not None else []
    found = [
        pl.col(column).is_in(values)
        for column, part in parts
        if (values := values_that_say(frame[column], rule, part))
    ]
    return pl.any_horizontal(found).fill_null(False) if found else pl.lit(False)


def mark_closing(table: pl.DataFrame) -> pl.DataFrame:
    """Add a Boolean `_void_call`, `_cancelled_by_words`, `_duplicate_call` and `_linked_call` to the rows.

    Columns in: call_type, final_type, disposition and linked_to where the export has them. A call that names
    itself as its parent is not linked.
    """
    types = [c for c in ("call_type", "final_type") if c in table.columns]
    disposition = "disposition" if "disposition" in table.columns else None
    marks = {rule: says(table, rule, types=types, disposition=disposition) for rule in RULES}
    if "linked_to" in table.columns:
        other = pl.col("linked_to").is_not_null() & (pl.col("linked_to") != pl.col("call_id"))
        marks["linked_call"] = marks["linked_call"] | other.fill_null(False)
    return table.with_columns(mark.alias(f"_{rule}") for rule, mark in marks.items())


def outcome_by_words(otherwise: pl.Expr) -> pl.Expr:
    """What became of a call to which nobody was sent, by its closing marks (see `mark_closing`)."""
    outcome = otherwise
    for rule, value in reversed(_OUTCOME_OF):
        outcome = pl.when(pl.col(f"_{rule}")).then(pl.lit(value)).otherwise(outcome)
    return outcome


def without_void_calls(table: pl.DataFrame, raw: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows (after `mark_closing`, with `outcome`), and those of `raw` whose call is void and was sent nobody.

    A record that was entered in error is no call. Where a unit was sent, its time was spent, and the call is kept;
    so is a call of which only some rows say void. Rows are known by `_row` and `_file`.
    """
    if not table["_void_call"].any():
        return table, raw.clear().with_columns(pl.lit(None, pl.String).alias("reason"))
    void = ((pl.col("_void_call")) & (pl.col("outcome") == "cancelled")).all().over("call_id")
    marked = table.with_columns(void.alias("_set_aside"))
    rows = marked.filter("_set_aside").select(ROW_NUMBER, SOURCE_FILE)
    aside = (
        raw.join(rows, on=[ROW_NUMBER, SOURCE_FILE], how="semi", maintain_order="left")
        .unique([ROW_NUMBER, SOURCE_FILE], keep="first", maintain_order=True)
        .with_columns(pl.lit("void_call").alias("reason"))
    )
    return marked.filter(~pl.col("_set_aside")).drop("_set_aside"), aside


def closing_problems(calls: pl.DataFrame) -> list[Problem]:
    """How many calls each rule fits; those that the layout itself maps to a duplicate count as such."""
    duplicate = pl.col("_duplicate_call") | ((pl.col("outcome") == "duplicate") & ~pl.col("_linked_call"))
    counts = calls.select(
        pl.col("_void_call").sum().alias("void_call"),
        pl.col("_cancelled_by_words").sum().alias("cancelled_by_words"),
        duplicate.sum().alias("duplicate_call"),
        pl.col("_linked_call").sum().alias("linked_call"),
    ).row(0, named=True)
    return [Problem(rule, int(count or 0), calls.height) for rule, count in counts.items()]
