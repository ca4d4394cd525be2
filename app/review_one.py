"""Review one by one: the call type whose decision moves most, what is known about it, and the form to decide it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar, cast

import streamlit as st

from app import session
from app.plain_table import plain_table, range_in_large
from app.refusal import show_refusal
from app.review_facts import near_types, neighbours, plausible_of, type_sentences, when_words
from app.review_form import Answer, danger_found, decision_form, decision_of
from app.review_state import (
    REVIEWER,
    Review,
    first_shown,
    is_decided,
    own_decision,
    record,
    standing_by_type,
    still_open,
    today,
    undo,
    undoable,
    what_was_seen,
)
from app.review_words import (
    NOT_I,
    QUEUE_LABELS,
    SECOND_OPINION,
    STANDING_LABELS,
    decision_words,
    left_sentence,
    progress_sentence,
    type_name,
    weight_definition,
)
from app.wording import count, small_count
from call_codes.crosswalk import Crosswalk
from call_codes.decision_store import DecidedMeanwhile
from call_codes.errors import RightcallError
from call_codes.standing import reviewer_key
from calls.small_counts import mask

SAID: Final = "review_said"
_SKIPPED: Final = "review_skipped"
_ON_SCREEN: Final = "review_on_screen"
Kept = TypeVar("Kept")


def ask_reviewer() -> str:
    """The reviewer's name, "" until one was given; it is never guessed. A name that was given can be changed."""
    name = str(st.session_state.get(REVIEWER, ""))
    if name:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"Reviewing as {name}")
            if st.button("Someone else", key="someone_else"):
                st.session_state[REVIEWER] = ""
                st.rerun()
        return name
    with st.form("who"):
        given = st.text_input(
            "Who is reviewing? Initials or a role are enough",
            key="who_name",
            autocomplete="off",
            help="It is kept with every decision and stands in the file of decisions, so that others can ask you.",
        )
        pressed = st.form_submit_button("Begin", key="begin")
    given = " ".join(given.split())
    if pressed and "|" in given:
        st.error("The sign | joins names in the file of decisions and cannot stand in one.")
    elif pressed and given:
        st.session_state[REVIEWER] = given
        st.rerun()
    return ""


def show_progress(review: Review) -> None:
    """How far the review is, by types and calls."""
    queue = review.queue
    done = is_decided(queue, review.book)
    # A sum that grows by two tells that the type just decided has two calls: rare types are not in it.
    often = queue["calls"] >= review.base.settings.smallest_count
    calls, of_calls = (int(queue.filter(rows)["calls"].sum()) for rows in (done & often, often))
    st.text(progress_sentence(int(done.sum()), queue.height, calls, of_calls, review.blank_calls))


def show_order(review: Review) -> None:
    """What the order of the queue means, and how much of what it stands for is left."""
    queue = review.queue
    if queue.is_empty():
        return
    rest = queue.filter(~is_decided(queue, review.book))
    total, left = (float(table["expected_misallocated"].sum()) for table in (queue, rest))
    with st.expander("Why this one first, and when it is enough"):
        st.text(left_sentence(left, total, queue["weight"][0]))
        st.text(weight_definition(queue["weight"][0]))
        st.text(
            "The calls that the decided types hold leave out call types of "
            f"{small_count(review.base.settings.smallest_count)} calls, of the part and of the whole."
        )


def show_said() -> None:
    """What the last press did, told once at the top."""
    said = st.session_state.pop(SAID, "")
    if said:
        with st.container(border=True):
            st.text(said)


def show_undo(review: Review, key: str) -> None:
    """The button that takes back what this reviewer did last, with what that was."""
    rows = undoable(review)
    if not rows:
        return
    first = f"{type_name(rows[0]['code'], rows[0]['text'])}: {decision_words(rows[0])}"
    more = f" and {count(len(rows) - 1)} more" if len(rows) > 1 else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Undo", key=key, shortcut="Z", help="Your decision is taken back; the log keeps both."
        )
        st.text(f"Your last: {first}{more}")
    if pressed:
        try:
            undo(review)
        except RightcallError as error:
            show_refusal(error)
            return
        st.session_state[SAID] = f"Taken back: {first}{more}."
        st.session_state.pop(_ON_SCREEN, None)  # what was taken back comes again first
        st.rerun()


def show_one_by_one(review: Review) -> None:
    """The first type that is still open, with its form; what is decided is written at once."""
    which = st.radio(
        "Show call types",
        list(QUEUE_LABELS),
        format_func=QUEUE_LABELS.__getitem__,
        key="which",
        bind="query-params",
        persist_state="session",
        horizontal=True,
    )
    if which == NOT_I:
        st.caption(SECOND_OPINION)
    skipped: list[tuple[str, str]] = st.session_state.setdefault(f"{_SKIPPED}_{review.name}", [])
    waiting = still_open(review, which)
    rows = [row for row in waiting.iter_rows(named=True) if (row["code_key"], row["text_key"]) not in skipped]
    row = _on_screen(review, which, rows, skipped)
    if row is None:
        _show_end(waiting.height, skipped)
        return
    key = form_key(row, review)
    first_shown(review, key)
    smallest = review.base.settings.smallest_count
    shown = mask(
        review.queue.filter(review.queue["rank"] == row["rank"]),
        "calls",
        ["unit_hours", "expected_misallocated"],
        smallest,
    ).row(0, named=True)
    st.caption(f"Number {row['rank']} in the order of what the decision moves; {count(len(rows))} left")
    st.html(range_in_large(type_name(row["call_type_code"], row["call_type"])))
    facts, form = st.columns(2, gap="medium")
    with facts:
        _show_facts(shown, review, which)
    with form:
        answer = decision_form(key, plausible_of(row), danger_found(row["hazard"], row["hazard_kinds"]))
    if answer is None:
        return
    if answer.pressed == "skip":
        skipped.append((row["code_key"], row["text_key"]))
        st.session_state[SAID] = (
            f"Skipped: {type_name(row['call_type_code'], row['call_type'])}. It comes again at the end."
        )
        st.rerun()
    decide(review, row, answer, shown, None if which == NOT_I else key)


def _on_screen(
    review: Review, which: str, rows: list[dict[str, Any]], skipped: list[tuple[str, str]]
) -> dict[str, Any] | None:
    """The type to show: the one that is on this screen already, also where someone else has just decided it, else the
    first that is open, if any. Nothing may change under the hands of a person who is filling in a form."""
    place = (review.name, review.reviewer, which)
    before = st.session_state.get(_ON_SCREEN)
    if before and before[0] == place and before[1] not in skipped:
        mine = own_decision(standing_by_type(review.book).get(before[1], []), review.reviewer)
        same = review.queue.filter(
            (review.queue["code_key"] == before[1][0]) & (review.queue["text_key"] == before[1][1])
        )
        if same.height and mine is None:
            return same.row(0, named=True)
    if not rows:
        return None
    st.session_state[_ON_SCREEN] = (place, (rows[0]["code_key"], rows[0]["text_key"]))
    return rows[0]


def decide(
    review: Review, row: dict[str, Any], answer: Answer, shown: dict[str, Any], shown_as: str | None
) -> None:
    """Write an answer and go on; where someone else was faster, say so and leave the form as it stands.

    shown_as: see `review_state.record`.
    """
    decision = decision_of(answer, row, review.reviewer, today())
    try:
        record(review, [decision], shown_as=shown_as, saw=what_was_seen(shown, review.base))
    except DecidedMeanwhile as error:
        with st.container(border=True):
            st.text(
                f"{error.found}. Nothing was written: look at it, and sign again if you decide otherwise."
            )
        return
    except RightcallError as error:
        show_refusal(error)
        return
    done = "Unsure" if answer.pressed == "unsure" else "Signed"
    words = decision_words(
        {"category": decision.category, "hazard": decision.hazard, "reviewer": review.reviewer}
    )
    st.session_state[SAID] = f"{done}: {type_name(row['call_type_code'], row['call_type'])}: {words}."
    st.rerun()


def form_key(row: dict[str, Any], review: Review) -> str:
    """One key for each type and each time it is decided: a form that comes again starts blank."""
    own = sum(
        (line["code_key"], line["text_key"]) == (row["code_key"], row["text_key"])
        and reviewer_key(line["recorded_by"]) == reviewer_key(review.reviewer)
        for line in review.log
    )
    name = f"{review.name}\n{review.reviewer}\n{row['code_key']}\n{row['text_key']}\n{own}"
    return f"decide_{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def _show_facts(row: dict[str, Any], review: Review, which: str) -> None:
    """What is known about a type, as text: nothing of it is read as markup."""
    when = _kept("when", row, lambda: when_words(review.base, row["call_type_code"], row["call_type"]))
    facts = type_sentences(row, review.base, when)
    st.html(
        plain_table("What is known about this call type", ("About", "What the export shows"), facts, None)
    )
    blind = which == NOT_I
    others = standing_by_type(review.book).get((row["code_key"], row["text_key"]), [])
    if others and not blind:
        said = [f"{decision_words(other)}: {STANDING_LABELS[other['standing']]}" for other in others]
        st.text(f"Others on it: {'; '.join(said)}.")
    like = _kept("near", row, lambda: near_types(row, review.base))
    near = neighbours(like, review.base, own_book(review) if blind else review.book)
    if near:
        with st.expander(f"Written alike: {count(len(near))} other call types"):
            st.html(
                plain_table(
                    "Call types with like words, and what they are taken for now",
                    ("Call type", "Calls", "Category", "From"),
                    near,
                    None,
                )
            )


def own_book(review: Review) -> Crosswalk:
    """The decisions of this reviewer alone."""
    mine = [
        own_decision([row], review.reviewer) is not None
        for row in review.book.decisions.iter_rows(named=True)
    ]
    return replace(review.book, decisions=review.book.decisions.filter(mine))


def _kept(what: str, row: dict[str, Any], make: Callable[[], Kept]) -> Kept:
    """What is worked out once for a type and asked for at every click."""
    cache = st.session_state.setdefault("review_kept", {})
    key = (session.current().key, what, row["rank"])
    if key not in cache:
        cache[key] = make()
    return cast(Kept, cache[key])


def _show_end(waiting: int, skipped: list[tuple[str, str]]) -> None:
    """Nothing is left, or nothing but what was skipped."""
    with st.container(border=True):
        if not waiting:
            st.text(
                "Nothing is left to decide here. A second reviewer can go through the same types with the second "
                "choice above; what differs is settled under “Agreement and files”."
            )
            return
        st.text(f"Only skipped call types are left: {count(waiting)}.")
        if st.button("Show the skipped ones again", key="again", type="primary"):
            skipped.clear()
            st.rerun()
