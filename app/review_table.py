"""All call types as one table: found by filters, read, taken along, and opened for editing by a reviewer."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import polars as pl
import streamlit as st

from app.job import Job
from app.outputs import call_types_table, write_csv
from app.review_editor import show_editor, show_form
from app.review_one import ask_reviewer, show_undo
from app.review_state import Review, standing_by_type, with_keys
from app.review_words import STANDING_LABELS, decision_words
from app.wording import (
    BASIS_LABELS,
    DECISION_LABELS,
    category_label,
    count,
    hazard_words,
    reason_words,
    small_count_note,
)

ANY: Final = "Any"
BLANK: Final = "(blank)"
# What a reader decides on stands first; what explains it, to the right.
SHOWN: Final = (
    "call_type", "calls", "unit_hours", "category", "eligibility", "needs_review", "decided_here", "danger",
    "probability", "why", "basis", "call_type_code",
)  # fmt: skip


def shown_types(job: Job, review: Review | None = None) -> pl.DataFrame:
    """The types as people read them, in the order of job.types; small counts are blank, as in call_types.csv."""
    table = call_types_table(job, job.settings.smallest_count)

    def words(column: str, change: Callable[[str], str]) -> pl.Expr:
        return pl.col(column).map_elements(change, return_dtype=pl.String, skip_nulls=False)

    here = standing_by_type(review.book) if review else {}
    keys = with_keys(table).select("code_key", "text_key").iter_rows()
    decided = [
        "; ".join(f"{decision_words(d)}: {STANDING_LABELS[d['standing']]}" for d in here.get(key, []))
        for key in keys
    ]
    return table.select(
        pl.coalesce("call_type", "call_type_code", pl.lit(BLANK)).alias("call_type"),
        pl.when(pl.col("call_type").is_not_null()).then("call_type_code").alias("call_type_code"),
        "calls",
        pl.col("unit_hours").round(1),
        words("category", category_label).alias("category"),
        (pl.col("probability") * 100).round(0).alias("probability"),
        # A hazard without a kind is one that only the text model suspects.
        pl.when("hazard")
        .then(words("hazard_kinds", lambda kinds: hazard_words(kinds or "suspected by the model")))
        .otherwise(pl.lit(""))
        .alias("danger"),
        words("eligibility", lambda verdict: DECISION_LABELS.get(verdict, verdict)).alias("eligibility"),
        words("eligibility_reason", reason_words).alias("why"),
        pl.when("needs_review").then(pl.lit("yes")).otherwise(pl.lit("")).alias("needs_review"),
        words("basis", lambda basis: BASIS_LABELS.get(basis, basis)).alias("basis"),
        pl.Series("decided_here", decided, dtype=pl.String),
    )


def filter_types(table: pl.DataFrame) -> pl.DataFrame:
    """The rows that fit the filters above the table."""
    left, middle, right = st.columns([2, 2, 1.4])
    text = left.text_input("Call type contains", key="text", persist_state="session")
    category = middle.selectbox(
        "Category", [ANY, *sorted(table["category"].unique())], key="category", persist_state="session"
    )
    verdict = right.selectbox(
        "Eligible", [ANY, *DECISION_LABELS.values()], key="verdict", persist_state="session"
    )
    only_open = st.checkbox("Only types that need a person's look", key="only_open", persist_state="session")
    if text:
        table = table.filter(
            pl.col("call_type").str.to_uppercase().str.contains(text.strip().upper(), literal=True)
            | pl.col("call_type_code").str.to_uppercase().str.contains(text.strip().upper(), literal=True)
        )
    if category != ANY:
        table = table.filter(pl.col("category") == category)
    if verdict != ANY:
        table = table.filter(pl.col("eligibility") == verdict)
    return table.filter(pl.col("needs_review") == "yes") if only_open else table


def show_all_types(job: Job, review: Review | None) -> None:
    """Filters, the table, and ways to decide on what it shows. review: None where the store cannot be used."""
    table = shown_types(job, review).with_row_index("_row")
    found = filter_types(table)
    if found.is_empty():
        with st.container(border=True):
            st.text(
                f"None of the {count(table.height)} call types fits these filters. Take one of them away."
            )
        return
    st.text(f"{count(found.height)} of {count(table.height)} call types")
    editing = review is not None and st.toggle("Decide in this table", key="edit", persist_state="session")
    if review is None or not editing:
        _show_table(found, job)
    elif ask_reviewer():
        show_undo(review, "undo_table")
        show_editor(found, job, review, _columns(found, job), _settings())
        show_form(found, job, review)
    st.caption(f"{small_count_note(job.settings.smallest_count)} Here “–” stands for them.")


def _columns(found: pl.DataFrame, job: Job) -> list[str]:
    """The columns that say something in this export."""
    known = found["unit_hours"].is_not_null().any() or job.cells["unit_hours"].is_not_null().any()
    order = [name for name in SHOWN if known or name != "unit_hours"]
    for name, blank in (("call_type_code", None), ("decided_here", "")):
        if (found[name].is_null() | (found[name] == blank if blank is not None else False)).all():
            order.remove(name)
    return order


def _settings() -> dict[str, Any]:
    column = st.column_config
    return {
        "call_type": column.TextColumn("Call type", width=190),
        "call_type_code": column.TextColumn("Code"),
        "calls": column.NumberColumn("Calls", format="localized"),
        "unit_hours": column.NumberColumn("Unit-hours", format="localized"),
        "category": column.TextColumn("Category", width=235),
        "probability": column.NumberColumn("How sure", format="%d %%"),
        "danger": column.TextColumn("Danger in the wording", width=150),
        "eligibility": column.TextColumn("Eligible"),
        "why": column.TextColumn("Why", width="medium"),
        "needs_review": column.TextColumn("Needs a look"),
        "decided_here": column.TextColumn("Decided in the review", width="medium"),
        "basis": column.TextColumn("Category is"),
    }


def _show_table(found: pl.DataFrame, job: Job) -> None:
    st.dataframe(
        found.drop("_row"),
        column_order=_columns(found, job),
        hide_index=True,
        height=460,
        placeholder="–",
        alt=f"{count(found.height)} call types with calls, category, danger and eligibility",
        column_config=_settings(),
    )


def show_downloads(job: Job) -> None:
    """The same file that the command line writes."""
    st.download_button(
        "Download all call types (CSV)",
        data=lambda: call_types_csv(job),
        file_name="call_types.csv",
        mime="text/csv",
        on_click="ignore",
    )


def call_types_csv(job: Job) -> bytes:
    """call_types.csv, byte for byte as `rightcall run` writes it."""
    with tempfile.TemporaryDirectory(prefix="rightcall-") as folder:
        path = Path(folder) / "call_types.csv"
        write_csv(call_types_table(job, job.settings.smallest_count), path)
        return path.read_bytes()
