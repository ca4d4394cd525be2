"""The page of call types: what each one was taken for, how sure that is, and which a person should look at."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import streamlit as st

from app import session
from app.job import Job
from app.outputs import call_types_table, write_csv
from app.summary import unclassified_share
from app.wording import (
    BASIS_LABELS,
    DECISION_LABELS,
    category_label,
    count,
    hazard_words,
    percent,
    reason_words,
    small_count_note,
)

ANY = "Any"
BLANK = "(blank)"
# What a reader decides on stands first; what explains it, to the right.
SHOWN = (
    "call_type",
    "calls",
    "unit_hours",
    "category",
    "eligibility",
    "needs_review",
    "danger",
    "probability",
    "why",
    "basis",
    "call_type_code",
)


def show(opened: session.Opened) -> None:
    """Draw the page."""
    job = opened.job
    st.title("Call types")
    show_state(job)
    table = shown_types(job)
    found = filter_types(table)
    show_table(found, table.height, job)
    show_downloads(job)
    show_danger()


def show_state(job: Job) -> None:
    """How much is sorted, how much needs a person, how much could not be sorted."""
    open_types = job.types.filter("needs_review")
    unclassified = unclassified_share(job)
    st.text(
        f"{count(job.types.height)} different call types, each put in one category by its wording. "
        f"{count(open_types.height)} of them ({count(float(open_types['calls'].cast(pl.Float64).sum()))} calls) need a person's look."
    )
    st.text(
        f"Not classified: {count(unclassified['numerator'])} of {count(unclassified['denominator'])} calls "
        f"({percent(unclassified['share'])})."
    )
    st.caption(f"Counted: {unclassified['definition']}")


def shown_types(job: Job) -> pl.DataFrame:
    """The types as people read them; small counts are blank, as in call_types.csv."""
    table = call_types_table(job, job.settings.smallest_count)

    def words(column: str, change: Callable[[str], str]) -> pl.Expr:
        return pl.col(column).map_elements(change, return_dtype=pl.String, skip_nulls=False)

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
    )


def filter_types(table: pl.DataFrame) -> pl.DataFrame:
    """The rows that fit the four filters above the table."""
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


def show_table(found: pl.DataFrame, of: int, job: Job) -> None:
    """The list, or a sentence where no row fits."""
    if found.is_empty():
        with st.container(border=True):
            st.text(f"None of the {count(of)} call types fits these filters. Take one of them away.")
        return
    st.text(f"{count(found.height)} of {count(of)} call types")
    column = st.column_config
    known = found["unit_hours"].is_not_null().any() or job.cells["unit_hours"].is_not_null().any()
    order = [name for name in SHOWN if known or name != "unit_hours"]
    if found["call_type_code"].is_null().all():
        order.remove("call_type_code")
    st.dataframe(
        found,
        column_order=order,
        hide_index=True,
        height=460,
        placeholder="–",
        alt=f"{count(found.height)} call types with calls, category, danger and eligibility",
        column_config={
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
            "basis": column.TextColumn("Category is"),
        },
    )
    st.caption(f"{small_count_note(job.settings.smallest_count)} Here “–” stands for them.")


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


def show_danger() -> None:
    """What the danger column means."""
    with st.expander("What “danger in the wording” means"):
        st.text(
            "The category says what a call is about; danger is judged apart from it. A call type that states a "
            "weapon, violence, a threat to a person or an officer in danger is marked, whatever its category. "
            "“Suspected from the wording” is a suspicion of the text model and wants a person's look."
        )
        st.text(
            "Danger can only take a call type out of what a team may answer; it never brings one in. A call type "
            "without such words is not a promise that the call was safe: the wording is all that was read."
        )


if __name__ == "__main__":
    show(session.current())
