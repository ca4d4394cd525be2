"""The call types in the report: those that weigh most, and those that a person should look at first."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from app.job import Job
from app.outputs import call_types_table
from app.report_tables import Words
from app.wording import (
    BASIS_LABELS,
    DECISION_LABELS,
    category_label,
    chance,
    count,
    hazard_words,
    number_of_hours,
    small_count,
)

TOP_TYPES: Final = 25
TOP_REVIEW: Final = 15


def types_words(job: Job) -> tuple[Words, Words]:
    """The call types that weigh most, and those that a person should look at first."""
    smallest = job.settings.smallest_count
    has_hours = job.cascade.eligible_hours is not None
    by = "unit_hours" if has_hours else "calls"
    table = call_types_table(job, smallest).sort(
        by, "call_type", descending=[True, False], nulls_last=True, maintain_order=True
    )
    amounts = ("Calls", "Unit-hours") if has_hours else ("Calls",)

    def amount(row: dict[str, Any]) -> list[str]:
        shown = [small_count(smallest) if row["suppressed"] else count(row["calls"])]
        return [*shown, number_of_hours(row["unit_hours"])] if has_hours else shown

    largest = tuple(
        (
            type_name(row),
            *amount(row),
            category_label(row["category"]),
            DECISION_LABELS[row["eligibility"]],
            hazard_words(row["hazard_kinds"]) or ("suspected" if row["hazard"] else "none stated"),
            sureness(row),
            "yes" if row["needs_review"] else "no",
        )
        for row in table.head(TOP_TYPES).iter_rows(named=True)
    )
    review = tuple(
        (type_name(row), *amount(row), category_label(row["category"]), sureness(row), alternatives(row["alternatives"]),
         DECISION_LABELS[row["eligibility"]])
        for row in table.filter(pl.col("needs_review")).head(TOP_REVIEW).iter_rows(named=True)
    )  # fmt: skip
    unit = "unit-hours" if has_hours else "calls"
    needing = int(job.types["needs_review"].sum())
    return (
        Words(
            "types",
            f"The {len(largest)} call types with most {unit}, of {count(job.types.height)}",
            ("Call type", *amounts, "Category", "Eligible?", "Danger", "How sure", "Needs a look"),
            largest,
            amounts,
            "call_types.csv holds every call type.",
        ),
        Words(
            "review",
            f"To be looked at first: the {len(review)} with most {unit}, of {count(needing)} call types that need a look",
            ("Call type", *amounts, "Suggested category", "How sure", "Other guesses", "Now counts as"),
            review,
            amounts,
        ),
    )


def type_name(row: dict[str, Any]) -> str:
    """A call type as its code and text, whichever are there."""
    parts = [str(row[key]) for key in ("call_type_code", "call_type") if row[key]]
    return ": ".join(dict.fromkeys(parts)) or "(blank)"


def sureness(row: dict[str, Any]) -> str:
    """How the category came about, with the probability where a model suggested it."""
    return chance(row["probability"]) if row["basis"] == "model" else BASIS_LABELS[row["basis"]]


def alternatives(text: str) -> str:
    """ "trespass:0.21|noise:0.08" in words."""
    pairs = [part.rsplit(":", 1) for part in text.split("|") if part]
    return (
        "; ".join(f"{category_label(category)} ({chance(float(number))})" for category, number in pairs)
        or "none"
    )
