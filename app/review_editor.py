"""Deciding in the table of all call types: many rows at once in the table, or one of them in a form.

The table that can be edited is a drawing to a screen reader, so every type can be decided in the form as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from app.job import Job
from app.refusal import show_refusal
from app.review_edits import DANGER, OWN, Edits, edits_of
from app.review_facts import plausible_of
from app.review_form import all_categories, category_with_group, danger_found, decision_form, hazard_option
from app.review_one import SAID, decide, form_key
from app.review_state import (
    Review,
    first_shown,
    own_decision,
    record,
    standing_by_type,
    take_back,
    today,
    with_keys,
)
from app.review_words import decision_words, type_name
from app.wording import count
from call_codes.crosswalk import NO_HAZARD
from call_codes.errors import RightcallError
from call_codes.taxonomy import HAZARD_KINDS
from calls.small_counts import mask


def show_editor(
    found: pl.DataFrame, job: Job, review: Review, columns: Sequence[str], settings: Mapping[str, Any]
) -> None:
    """The table with two columns of one's own: what is filled in is written when "Sign" is pressed, all or nothing."""
    st.text(
        "Fill in “Your category” and “Danger you sign”, in as many rows as you like, then sign them together. Emptying "
        "“Your category” takes your decision back; an empty danger takes what was found in the wording. Without a mouse, use the form below the table."
    )
    before = _with_own(found, job, review)
    # A new key after every own decision and for other rows: the table starts from what stands then.
    rows = hashlib.sha256(repr(found["_row"].to_list()).encode()).hexdigest()[:12]
    key = f"editor_{review.reviewer}_{review.own_steps}_{rows}"
    first_shown(review, key)
    column = st.column_config
    after = st.data_editor(
        before.drop("_row"),
        column_order=[
            "call_type",
            "calls",
            OWN,
            DANGER,
            *(c for c in columns if c not in ("call_type", "calls")),
        ],
        hide_index=True,
        height=460,
        placeholder="–",
        disabled=[name for name in before.columns if name not in (OWN, DANGER)],
        key=key,
        alt=f"{count(found.height)} call types, to be decided",
        column_config={
            **settings,
            OWN: column.SelectboxColumn(
                "Your category",
                options=all_categories(),
                format_func=lambda c: category_with_group(str(c)),
                width=200,
            ),
            DANGER: column.MultiselectColumn(
                "Danger you sign", options=[NO_HAZARD, *HAZARD_KINDS], format_func=hazard_option, width=160
            ),
        },
    )
    types = job.types[found["_row"].to_list()]
    edits = edits_of(types, before, pl.DataFrame(after), review.reviewer, today())
    _show_edits(edits, review, key)


def _show_edits(edits: Edits, review: Review, key: str) -> None:
    """What would be signed, in words, and the button that signs it."""
    for fault in edits.faults:
        st.text(fault)
    changes = len(edits.decisions) + len(edits.taken_back)
    for decision in edits.decisions:
        st.text(f"{type_name(decision.code, decision.text)}: {decision_words(vars(decision))}")
    for row in edits.taken_back:
        st.text(f"Taken back: {type_name(row['call_type_code'], row['call_type'])}")
    pressed = st.button(
        f"Sign {count(changes)} change{'' if changes == 1 else 's'}",
        key="sign_table",
        type="primary",
        disabled=not changes or bool(edits.faults),
    )
    if not pressed:
        return
    try:
        if edits.decisions:
            record(review, edits.decisions, shown_as=key)
        if edits.taken_back:
            take_back(review, edits.taken_back)
    except RightcallError as error:
        show_refusal(error)
        return
    st.session_state[SAID] = (
        f"Signed: {count(len(edits.decisions))}; taken back: {count(len(edits.taken_back))}."
    )
    st.rerun()


def show_form(found: pl.DataFrame, job: Job, review: Review) -> None:
    """The same decision without the table: choose a type of those found, and decide it in the form."""
    names = dict(zip(found["_row"], found["call_type"], strict=True))
    st.header("Decide on one of them in a form")
    chosen = st.selectbox(
        "Call type",
        list(names),
        index=None,
        format_func=names.__getitem__,
        key="form_type",
        placeholder="Choose one",
    )
    if chosen is None:
        return
    row = with_keys(job.types[[chosen]]).row(0, named=True)
    shown = mask(job.types[[chosen]], "calls", ["unit_hours"], job.settings.smallest_count).row(0, named=True)
    queued = review.queue.filter(
        (pl.col("code_key") == row["code_key"]) & (pl.col("text_key") == row["text_key"])
    )
    plausible = plausible_of(queued.row(0, named=True)) if queued.height else []
    key = form_key(row, review)
    first_shown(review, key)
    answer = decision_form(
        key, plausible, danger_found(row["hazard"], row["hazard_kinds"]), buttons=("sign", "unsure")
    )
    if answer is not None:
        decide(review, row, answer, shown, key)


def _with_own(found: pl.DataFrame, job: Job, review: Review) -> pl.DataFrame:
    """The found types with this reviewer's own category and danger, null and empty where there is none."""
    standing = standing_by_type(review.book)
    keys = with_keys(job.types[found["_row"].to_list()]).select("code_key", "text_key").iter_rows()
    own = [own_decision(standing.get(key, []), review.reviewer) for key in keys]
    return found.with_columns(
        pl.Series(OWN, [row["category"] if row else None for row in own], dtype=pl.String),
        pl.Series(
            DANGER,
            [row["hazard"].split("|") if row and row["hazard"] else [] for row in own],
            dtype=pl.List(pl.String),
        ),
    )
