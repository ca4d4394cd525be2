"""Agreement between reviewers: who decided how much, how far they agree beyond chance, and what they differ on."""

from __future__ import annotations

from typing import Any, Final

import polars as pl
import streamlit as st

from app.plain_table import plain_table
from app.refusal import show_refusal
from app.review_form import decision_form, decision_of
from app.review_one import SAID, form_key
from app.review_state import TWO, Review, first_shown, record, standing_by_type, today
from app.review_words import (
    STANDING_LABELS,
    agreement_sentence,
    decision_words,
    hazard_signed,
    type_name,
)
from app.wording import category_label, count
from call_codes.agreement import agreement
from call_codes.decision_log import WITHDRAWN
from call_codes.errors import RightcallError
from call_codes.standing import CONFLICT, UNSURE, WAITING
from call_codes.taxonomy import HAZARD_KINDS

_KAPPA: Final = (
    "Two people who put most call types in one category agree often by chance alone. Agreement beyond chance (kappa; "
    "Cohen 1960 for two reviewers, Fleiss 1971 for more) is the part that chance does not explain: 1 = always, 0 = as "
    "chance would have it. The words for it are those of Landis and Koch 1977. It says most where the second reviewer "
    "did not see what the first one said."
)


def show_agreement(review: Review) -> None:
    """Reviewers, their agreement, and what does not count yet."""
    st.header("Reviewers")
    decided = review.book.decisions.filter(pl.col("basis") == "signed")
    if decided.is_empty():
        with st.container(border=True):
            st.text("Nobody has decided anything in this review yet. Begin under “Review one by one”.")
        return
    st.html(_people(review, decided))
    for column in ("category", "hazard"):
        st.text(agreement_sentence(agreement(review.book.decisions, column)))
    with st.expander("What agreement beyond chance means"):
        st.text(_KAPPA)
    st.checkbox(
        "A call type counts only when two reviewers agree on it",
        value=review.base.settings.two_signatures,
        key=TWO,
        persist_state="session",
    )
    _show_unfinished(review)


def _people(review: Review, decided: pl.DataFrame) -> str:
    """Each reviewer with the call types they decided, as a table."""
    withdrawn = pl.DataFrame(
        [row["recorded_by"] for row in review.log if row["verdict"] == WITHDRAWN],
        schema={"reviewer": pl.String},
    )
    taken_back = dict(withdrawn.group_by("reviewer").len().iter_rows())
    latest = decided.filter(pl.col("standing") != "replaced")
    rows = []
    for name in sorted(latest["reviewer"].unique()):
        own = latest.filter(pl.col("reviewer") == name)["standing"]
        rows.append(
            [
                name,
                count(own.len()),
                *(count(int((own == what).sum())) for what in ("counts", UNSURE, WAITING, CONFLICT)),
                count(taken_back.get(name, 0)),
            ]
        )
    return plain_table(
        "Call types that each reviewer decided",
        ("Reviewer", "Call types", "Count", "Unsure", "Wait for a second", "Differ", "Taken back"),
        rows,
    )


def _show_unfinished(review: Review) -> None:
    """Decisions that wait or are unsure."""
    rows = [
        (
            type_name(row["code"], row["text"]),
            decision_words(row),
            STANDING_LABELS[row["standing"]],
            row["reason"],
        )
        for decisions in standing_by_type(review.book).values()
        for row in decisions
        if row["standing"] in (UNSURE, WAITING)
    ]
    if rows:
        with st.expander(f"Decisions that do not count yet: {count(len(rows))}"):
            st.html(
                plain_table(
                    "Unsure, or waiting for a second person",
                    ("Call type", "Decision", "State", "Why"),
                    rows,
                    None,
                )
            )


def show_disagreements(review: Review) -> None:
    """What reviewers differ on, one to settle at a time."""
    open_ones = {
        key: rows
        for key, rows in standing_by_type(review.book).items()
        if any(row["standing"] == CONFLICT for row in rows)
    }
    st.header("Disagreements to settle")
    if not open_ones:
        st.text(
            "There are none. Where two reviewers differ on a call type, it counts for neither until it is settled here."
        )
        return
    st.text(
        f"{count(len(open_ones))} call type{'s' if len(open_ones) > 1 else ''} on which reviewers differ. They are left out "
        "of the signed decisions, and keep what the model suggests, until someone settles them."
    )
    rows = [
        (
            type_name(r["code"], r["text"]),
            r["reviewer"],
            category_label(r["category"]),
            hazard_signed(r["hazard"]),
            r["reason"],
        )
        for decisions in open_ones.values()
        for r in decisions
        if r["standing"] == CONFLICT
    ]
    st.html(plain_table("Who says what", ("Call type", "Reviewer", "Category", "Danger", "Why"), rows, None))
    if not review.reviewer:
        st.text("To settle one, give your name above.")
        return
    names = {key: type_name(rows[0]["code"], rows[0]["text"]) for key, rows in open_ones.items()}
    chosen = st.selectbox("Settle", list(names), format_func=names.__getitem__, key="settle")
    _settle(review, chosen, [row for row in open_ones[chosen] if row["standing"] == CONFLICT])


def _settle(review: Review, key: tuple[str, str], rows: list[dict[str, Any]]) -> None:
    kind = {
        "call_type_code": rows[0]["code"],
        "call_type": rows[0]["text"],
        "code_key": key[0],
        "text_key": key[1],
    }
    said = list(dict.fromkeys(row["category"] for row in rows))
    # The union: whoever settles it takes a danger away knowingly.
    dangers = sorted({part for row in rows for part in row["hazard"].split("|") if part in HAZARD_KINDS})
    form = f"settle_{form_key(kind, review)}"
    first_shown(review, form)
    answer = decision_form(
        form,
        [(category, None) for category in said],
        dangers,
        buttons=("sign",),
    )
    if answer is None:
        return
    names = "|".join(dict.fromkeys(row["reviewer"] for row in rows))
    try:
        record(review, [decision_of(answer, kind, review.reviewer, today(), replaces=names)], shown_as=form)
    except RightcallError as error:
        show_refusal(error)
        return
    st.session_state[SAID] = (
        f"Settled: {type_name(kind['call_type_code'], kind['call_type'])}: {category_label(answer.category)}."
    )
    st.rerun()
