"""The review that is open: whose it is, what the store holds of it, and what is still to be decided.

The queue is made from the calls as they were before this review, so that it keeps its order while people decide;
what was decided is looked up in the store at every click, where a second reviewer may have been in the meantime.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl
import streamlit as st

from app import session
from app.job import TYPE_KEYS, Job
from app.review_words import NOBODY
from app.type_facts import queue_of
from call_codes.crosswalk import Crosswalk, normalise
from call_codes.decision_log import before_others, crosswalk_of_log, last_action, own_numbers
from call_codes.decision_store import DecidedMeanwhile, DecisionStore
from call_codes.signing import Decision
from call_codes.standing import CONFLICT, COUNTS, REPLACED, WAITING, reviewer_key
from classifier.signed import SignedRows

REVIEWER: Final = "review_by"
TWO: Final = "two_signatures"
NAME: Final = "review_name"
_SAW: Final = (
    "rank", "calls", "unit_hours", "category", "probability", "plausible", "eligible_chance", "hazard_kinds",
    "hazard_reason",
)  # fmt: skip


@dataclass(frozen=True)
class Review:
    """One review as it stands now.

    base: the job without this review's decisions. queue: its review queue, with code_key and text_key. book: what
    stands. opened_at: the number of the last row of the log, which everything on this screen knows of. reviewer: ""
    until a person has given a name.
    """

    store: DecisionStore
    name: str
    reviewer: str
    base: Job
    queue: pl.DataFrame
    log: list[dict[str, Any]]
    book: Crosswalk

    @property
    def blank_calls(self) -> int | None:
        """Calls without any type: no reviewer can decide them, so they are in no queue. None where they are few."""
        blank = self.base.types.filter(pl.all_horizontal(pl.col(TYPE_KEYS).is_null()))
        calls = int(blank["calls"].sum())
        return None if 0 < calls < self.base.settings.smallest_count else calls

    @property
    def opened_at(self) -> int:
        """The number of the last row that is known here, 0 where there is none."""
        return int(self.log[-1]["number"]) if self.log else 0

    @property
    def own_steps(self) -> int:
        """How many rows this reviewer has written: what a widget's key may hang on, since others' rows come anytime."""
        return sum(reviewer_key(row["recorded_by"]) == reviewer_key(self.reviewer) for row in self.log)

    @property
    def for_pages(self) -> Crosswalk:
        """What the other pages would use: what stands here, before what was signed or declared earlier."""
        return before_others(self.book, self.base.crosswalk)


def open_review(opened: session.Opened) -> Review:
    """The review of what is open. Raises RightcallError where the store cannot be used."""
    store = session.review_store()
    name = str(st.session_state.get(NAME) or session.review_name(opened.source))
    job = session.base_of(opened)
    log = store.log(name)
    two = bool(st.session_state.get(TWO, job.settings.two_signatures))
    queue = session.kept(opened, "review queue", make=lambda: with_keys(queue_of(job)))
    book = crosswalk_of_log(log, name, signatures=2 if two else 1)
    return Review(store, name, str(st.session_state.get(REVIEWER, "")), job, queue, log, book)


def with_keys(types: pl.DataFrame) -> pl.DataFrame:
    """Types with code_key and text_key, by which decisions know them."""
    return types.with_columns(
        pl.Series("code_key", [normalise(code) for code in types["call_type_code"]], dtype=pl.String),
        pl.Series("text_key", [normalise(text) for text in types["call_type"]], dtype=pl.String),
    )


def standing_by_type(book: Crosswalk) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """(code_key, text_key) → the decisions of people that stand or wait there, in order."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    shown = (pl.col("basis") == "signed") & (pl.col("standing") != REPLACED)
    for row in book.decisions.filter(shown).iter_rows(named=True):
        found.setdefault((row["code_key"], row["text_key"]), []).append(row)
    return found


def own_decision(rows: Sequence[dict[str, Any]], reviewer: str) -> dict[str, Any] | None:
    """This reviewer's decision among those on one type."""
    return next((r for r in rows if reviewer_key(r["reviewer"]) == reviewer_key(reviewer)), None)


def is_decided(queue: pl.DataFrame, book: Crosswalk) -> pl.Series:
    """For each type of the queue: whether a decision that counts covers it (Boolean, no nulls)."""
    rows = SignedRows(book)
    pairs = queue.select("call_type_code", "call_type").iter_rows()
    return pl.Series(
        "decided", [rows.find(None, code, text) is not None for code, text in pairs], dtype=pl.Boolean
    )


def still_open(review: Review, which: str) -> pl.DataFrame:
    """The types of the queue that this reviewer is to decide, in the order of the queue.

    which: "nobody" = no decision stands or waits there, but for another one's "unsure"; "not_i" = this reviewer has
    said nothing on it.
    """
    standing = standing_by_type(review.book)
    covered = is_decided(review.queue, review.book)
    open_here = []
    for key, done in zip(review.queue.select("code_key", "text_key").iter_rows(), covered, strict=True):
        rows = standing.get(key, [])
        sure = [row for row in rows if row["standing"] in (COUNTS, CONFLICT, WAITING)]
        mine = own_decision(rows, review.reviewer)
        open_here.append(mine is None and (which != NOBODY or (not done and not sure)))
    return review.queue.filter(pl.Series(open_here, dtype=pl.Boolean))


def first_shown(review: Review, key: str) -> None:
    """Note what was known when a form or table was first put on the screen; at later clicks it stays."""
    st.session_state.setdefault(f"known_{key}", review.opened_at)


def record(review: Review, decisions: Sequence[Decision], *, shown_as: str | None, saw: str = "") -> None:
    """Write decisions of this reviewer at once. shown_as: the key under which `first_shown` noted the form; None
    where others' decisions are meant to be unknown.

    Raises DecidedMeanwhile, once: who signs again knows. Raises what else DecisionStore.record raises.
    """
    known = f"known_{shown_as}"
    try:
        review.store.record(
            review.name,
            decisions,
            by=review.reviewer,
            moment=datetime.now(UTC),
            saw=saw,
            opened_at=None if shown_as is None else st.session_state.get(known, review.opened_at),
        )
    except DecidedMeanwhile:
        st.session_state[known] = review.store.log(review.name)[-1]["number"]
        raise


def undo(review: Review) -> None:
    """Take back what this reviewer did last."""
    numbers = last_action(review.log, review.reviewer)
    review.store.withdraw(review.name, numbers, by=review.reviewer, moment=datetime.now(UTC))


def take_back(review: Review, kinds: Sequence[Mapping[str, Any]]) -> None:
    """Take back all that this reviewer said on these types (code_key, text_key), earlier decisions included."""
    numbers = [
        number
        for kind in kinds
        for number in own_numbers(review.log, review.reviewer, kind["code_key"], kind["text_key"])
    ]
    review.store.withdraw(review.name, numbers, by=review.reviewer, moment=datetime.now(UTC))


def undoable(review: Review) -> list[dict[str, Any]]:
    """The rows that `undo` would take back."""
    numbers = set(last_action(review.log, review.reviewer)) if review.reviewer else set()
    return [row for row in review.log if row["number"] in numbers]


def today() -> str:
    """The day of signing, as a crosswalk has it."""
    return datetime.now(UTC).date().isoformat()


def what_was_seen(row: dict[str, Any], job: Job) -> str:
    """What stood on the reviewer's screen beside a type, as JSON for the log."""
    seen = {name: row[name] for name in _SAW if row.get(name) not in (None, "")}
    return json.dumps({**seen, "policy": job.policy.id}, ensure_ascii=False, sort_keys=True)
