"""Decisions as files, out and in, which review they belong to, and handing them to the other pages."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import polars as pl
import streamlit as st

from app import session
from app.plain_table import plain_table
from app.refusal import show_refusal
from app.repeat_command import crosswalk_file, file_stem
from app.review_one import SAID
from app.review_sheet import CODES, read_sheet, sheet_table, write_sheet
from app.review_state import NAME, Review, record, today
from app.review_words import decision_words, type_name
from app.wording import count
from call_codes.decision_log import LOG_COLUMNS, crosswalk_bytes, decisions_of_crosswalk, is_crosswalk
from call_codes.errors import RightcallError
from call_codes.signing import Decision
from call_codes.spreadsheet import escape_cell, guard_formula

_PREVIEWED = 20


def show_use(review: Review, opened: session.Opened) -> None:
    """Whether the other pages know of what stands here, and the button that tells them."""
    in_use = session.decisions_in_use(opened.source)
    stands = review.for_pages
    counted = review.book.rows.filter(pl.col("basis") == "signed").height
    if in_use is None and not counted:
        return
    with st.container(border=True):
        if in_use is not None and in_use.digest == stands.digest:
            st.text(f"All pages use these decisions: {count(counted)} call types as they are signed here.")
        else:
            used = "none of them" if in_use is None else "an earlier state of them"
            signed = "call type is signed and counts" if counted == 1 else "call types are signed and count"
            st.text(
                f"{count(counted)} {signed}. The other pages use {used}: their numbers change "
                "when you say so. Unsigned call types stay suggestions of the model, within a range."
            )
            if st.button("Use these decisions in all pages", key="use", type="primary"):
                session.use_decisions(stands)
                st.session_state[SAID] = f"All pages now use the decisions of this review: {count(counted)}."
                st.rerun()
        if in_use is not None and st.button("Go back to the numbers without this review", key="unuse"):
            session.use_decisions(None)
            st.session_state[SAID] = (
                "All pages are back at the numbers without this review. The decisions are kept."
            )
            st.rerun()


def show_files(review: Review) -> None:
    """Downloads, the way back in, and the name of the review."""
    st.header("Take the decisions along")
    name = review.base.files[0].name if review.base.files else "calls"
    stem = file_stem(name)
    with st.container(horizontal=True):
        st.download_button(
            "Signed decisions (CSV)",
            data=lambda: crosswalk_bytes(review.log),
            file_name=crosswalk_file(name),
            mime="text/csv",
            on_click="ignore",
            disabled=not review.log,
        )
        st.download_button(
            "Sheet to fill in (CSV)",
            data=lambda: sheet_bytes(review),
            file_name=f"{stem}_sheet.csv",
            mime="text/csv",
            on_click="ignore",
        )
        st.download_button(
            "History of every step (CSV)",
            data=lambda: log_bytes(review),
            file_name=f"{stem}_history.csv",
            mime="text/csv",
            on_click="ignore",
            disabled=not review.log,
        )
    st.caption(
        "The signed decisions are the crosswalk that rightcall run --crosswalk takes; cite and share it. The sheet lists "
        "what is still open, for a spreadsheet. The history also holds what was taken back, and when."
    )
    st.header("Bring decisions in")
    _show_import(review)
    st.header("Where this review is kept")
    st.text(f"Place: {review.store.place}")
    _show_name(review)


def _show_import(review: Review) -> None:
    if not review.reviewer:
        st.text("To bring in a file, give your name above: lines without a reviewer are signed by you.")
        return
    sent = st.file_uploader(
        "A crosswalk, or a sheet that was filled in (CSV)",
        type=["csv"],
        key=f"import_{review.own_steps}",
        max_upload_size=20,
    )
    if sent is None:
        return
    try:
        decisions, notices = decisions_in(sent.name, sent.getvalue(), review.reviewer)
    except RightcallError as error:
        show_refusal(error)
        return
    for notice in notices:
        st.text(notice)
    if not decisions:
        with st.container(border=True):
            st.text("No line of this file has a category: nothing to sign.")
        return
    st.html(
        plain_table(
            f"{count(len(decisions))} decisions in the file"
            + (f"; the first {_PREVIEWED}" if len(decisions) > _PREVIEWED else ""),
            ("Call type", "Decision"),
            [(type_name(d.code, d.text), decision_words(vars(d))) for d in decisions[:_PREVIEWED]],
            None,
        )
    )
    if st.button(f"Sign these {count(len(decisions))} decisions", key="import_sign", type="primary"):
        try:
            record(review, decisions, shown_as=None)
        except RightcallError as error:
            show_refusal(error)
            return
        st.session_state[SAID] = (
            f"Brought in from the file: {count(len(decisions))} decisions. “Undo” takes them back together."
        )
        st.rerun()


def decisions_in(name: str, content: bytes, reviewer: str) -> tuple[tuple[Decision, ...], tuple[str, ...]]:
    """The decisions of a crosswalk or a filled-in sheet, and what was put right or assumed. Raises RightcallError."""
    plain = Path(name.replace("\\", "/")).name or "decisions.csv"
    if is_crosswalk(content, plain):
        return decisions_of_crosswalk(content, plain)
    with tempfile.TemporaryDirectory(prefix="rightcall-") as folder:
        path = Path(folder) / plain
        path.write_bytes(content)
        sheet = read_sheet(path, reviewer=reviewer, day=today())
    left = (f"{count(sheet.blank)} lines have no category and are left for later.",) if sheet.blank else ()
    return sheet.decisions, (*sheet.repaired, *left)


def sheet_bytes(review: Review) -> bytes:
    """The queue and what is signed as a sheet to fill in, as `rightcall crosswalk export` writes it."""
    with tempfile.TemporaryDirectory(prefix="rightcall-") as folder:
        path = Path(folder) / "sheet.csv"
        smallest = review.base.settings.smallest_count
        write_sheet(sheet_table(review.queue, review.for_pages, smallest), path)
        return path.read_bytes()


def log_bytes(review: Review) -> bytes:
    """Every row of the log, for a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    names = [name for name in LOG_COLUMNS if name not in ("review", "code_key", "text_key")]
    writer.writerow(names)
    for row in review.log:
        writer.writerow([_cell(name, row[name]) for name in names])
    return out.getvalue().encode("utf-8-sig")


def _cell(name: str, value: object) -> object:
    """A code as text, whatever a spreadsheet would make of it; numbers and dates as they are."""
    if not isinstance(value, str):
        return "" if value is None else value
    return escape_cell(value) if name in CODES else guard_formula(value)


def _show_name(review: Review) -> None:
    own_name = review.name == session.review_name(session.current().source)
    st.text(
        "Name: that of the file itself, so that only people who open the same file meet here."
        if own_name
        else f"Name: {review.name}. Everybody who gives this name meets here, whatever file they have open."
    )
    with st.expander("Review several files under one name"):
        with st.form("name_of_review"):
            given = st.text_input(
                "Name of the review",
                value="" if own_name else review.name,
                max_chars=80,
                autocomplete="off",
                help="For the exports of several months, say. Leave it empty to go back to this file alone.",
            )
            changed = st.form_submit_button("Go to this review")
        if changed:
            st.session_state[NAME] = " ".join(given.split())
            st.rerun()
