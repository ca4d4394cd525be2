"""The page of call types: what each was taken for and how sure that is, and the review in which people decide."""

from __future__ import annotations

from typing import Final

import streamlit as st

from app import session
from app.job import Job
from app.refusal import show_refusal
from app.review_agreement import show_agreement, show_disagreements
from app.review_files import show_files, show_use
from app.review_one import ask_reviewer, show_one_by_one, show_order, show_progress, show_said, show_undo
from app.review_state import Review, open_review
from app.review_table import call_types_csv, show_all_types, show_downloads
from app.summary import unclassified_share
from app.wording import count, percent
from call_codes.errors import RightcallError

__all__ = ["call_types_csv"]
ALL: Final = "all"
ONE: Final = "one"
TOGETHER: Final = "together"
PARTS: Final = {ALL: "All call types", ONE: "Review one by one", TOGETHER: "Agreement and files"}

# The chosen part's own blue on its own pale blue is too faint to read.
_CONTRAST: Final = (
    "<style>.st-key-part button p { color: #0a0a0a; }"
    "@media (prefers-color-scheme: dark) { .st-key-part button p { color: #f5f5f5; } }</style>"
)


def show(opened: session.Opened) -> None:
    """Draw the page: how the call types stand, then one of its three parts."""
    st.title("Call types")
    st.html(_CONTRAST)
    part = st.segmented_control(
        "Part of this page",
        list(PARTS),
        default=ALL,
        required=True,
        format_func=PARTS.__getitem__,
        key="part",
        bind="query-params",
        label_visibility="collapsed",
    )
    try:
        review: Review | None = open_review(opened)
    except RightcallError as error:
        show_refusal(error)
        review = None
    show_said()
    if part == ALL or review is None:
        show_state(opened.job)
        show_all_types(opened.job, review)
        show_downloads(opened.job)
        show_danger()
        return
    show_progress(review)
    named = ask_reviewer()
    if part == ONE:
        if not named:
            show_welcome()
            return
        show_one_by_one(review)
        show_undo(review, "undo")
        show_order(review)
    else:
        show_undo(review, "undo")
        show_agreement(review)
        show_disagreements(review)
        show_files(review)
    show_use(review, opened)


def show_state(job: Job) -> None:
    """How much is sorted, how much needs a person, how much could not be sorted."""
    open_types = job.types.filter("needs_review")
    unclassified = unclassified_share(job)
    calls = int(open_types["calls"].sum())
    st.text(
        f"{count(job.types.height)} different call types, each put in one category by its wording. "
        f"{count(open_types.height)} of them ({count(calls)} calls) need a person's look."
    )
    st.text(
        f"Not classified: {count(unclassified['numerator'])} of {count(unclassified['denominator'])} calls "
        f"({percent(unclassified['share'])})."
    )
    st.caption(f"Counted: {unclassified['definition']}")


def show_welcome() -> None:
    """What the review is, before a name was given."""
    with st.container(border=True):
        st.text(
            "You will see one call type at a time: how many calls and hours it stands for, what it may be, what danger "
            "its wording states. You say what it is, that you are unsure, or skip it. The type whose decision moves the "
            "answer most comes first; ten decisions from the top do more than a hundred by the alphabet."
        )
        st.text(
            "Every decision is kept at once and can be taken back. Others can review the same calls at the same time. "
            "Give your name or initials above to begin."
        )


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
