"""A store of reviewers' decisions: rows are added and never changed, so nothing that was signed can be lost.

People who review the same calls meet in one review, which is known by its name. A decision is on the disk when
`record` returns; taking one back adds a row. What stands is worked out from the log, by the rules of a crosswalk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from call_codes.crosswalk import Crosswalk, normalise
from call_codes.decision_log import (
    DECIDED,
    LOG_COLUMNS,
    SIGNED,
    UNSURE,
    WITHDRAWN,
    changed_since,
    crosswalk_of_log,
)
from call_codes.decision_place import Place, find_place
from call_codes.errors import CodeBookError, InputError, OutputError, UsageError
from call_codes.signing import Decision, check_decisions, rows_to_add
from call_codes.standing import reviewer_key

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData

FORM: Final = 1
"""The form of the tables; a store of a higher one was made by a newer Rightcall."""

_LOG: Final = "rightcall_decisions"
_ABOUT: Final = "rightcall_store"
_INTEGERS: Final = ("number", "action", "withdraws")


class DecidedMeanwhile(CodeBookError):
    """Someone else decided on the type after it was put on the screen; nothing was written."""


@dataclass(frozen=True)
class Recorded:
    """What `record` did: the numbers of the new rows, and how many decisions stood word for word already."""

    numbers: tuple[int, ...]
    already_there: int


class DecisionStore:
    """The decisions at one place. place: where they are, for people (no password)."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.place = place.shown

    def close(self) -> None:
        """Let go of connections that are kept open; the store can be used again afterwards."""
        self._place.engine.dispose()

    def log(self, review: str) -> list[dict[str, Any]]:
        """All rows of a review in the order of writing: LOG_COLUMNS. Raises OutputError."""
        with self._place.reading() as connection:
            return _rows(connection, review)

    def crosswalk(self, review: str, *, signatures: int = 1) -> Crosswalk:
        """What stands in a review, as from a crosswalk file; types that reviewers contradict each other on stay out."""
        return crosswalk_of_log(self.log(review), review, signatures)

    def record(
        self,
        review: str,
        decisions: Sequence[Decision],
        *,
        by: str,
        moment: datetime,
        saw: str = "",
        opened_at: int | None = None,
    ) -> Recorded:
        """Write decisions as one action: all of them or none, and on the disk when this returns.

        by: who is at the screen. moment: now, with a time zone. saw: what the reviewer saw, JSON. opened_at: the
        number of the last row that the reviewer's screen knew of; None for decisions that need not know of others'.
        A reviewer who decides again replaces the own earlier decision; what stands word for word is not written twice.
        Raises DecidedMeanwhile, CodeBookError for faulty decisions, UsageError for a name that cannot be kept, and
        OutputError; nothing is written then.
        """
        plain = [_plain(decision) for decision in decisions]
        for name in {_plain_text(by), *(d.reviewer for d in plain if d.basis == "signed")}:
            _check_name(name)
        if not review.strip():
            raise UsageError("a review without a name.", "a name for it.", "Give the review a name.")
        check_decisions(plain)
        with self._place.writing() as connection:
            log = _rows(connection, review)
            if opened_at is not None:
                _refuse_changed(log, opened_at, plain, by)
            rows, already = rows_to_add(crosswalk_of_log(log, review).decisions.to_dicts(), plain)
            first = _last(connection) + 1
            written: list[dict[str, Any]] = [
                {
                    **{name: row[name] for name in (*DECIDED, "code_key", "text_key")},
                    "number": first + place,
                    "review": review,
                    "action": first,
                    "verdict": UNSURE if row["confidence"] == "unsure" else SIGNED,
                    "withdraws": None,
                    "decided_at": _stamp(moment),
                    "recorded_by": _plain_text(by),
                    "saw": _plain_text(saw),
                }
                for place, row in enumerate(rows)
            ]
            _insert(connection, written)
        return Recorded(tuple(row["number"] for row in written), already)

    def withdraw(self, review: str, numbers: Sequence[int], *, by: str, moment: datetime) -> None:
        """Take decisions back by adding a row for each; what stood before them stands again.

        Raises UsageError for a row that is not there, is taken back already, or is someone else's.
        """
        with self._place.writing() as connection:
            log = {row["number"]: row for row in _rows(connection, review)}
            gone = {row["withdraws"] for row in log.values()}
            first = _last(connection) + 1
            written = []
            for place, number in enumerate(dict.fromkeys(numbers)):
                row = log.get(number)
                own = row is not None and reviewer_key(by) in {
                    reviewer_key(row["reviewer"]), reviewer_key(row["recorded_by"])
                }  # fmt: skip
                if row is None or row["verdict"] == WITHDRAWN or number in gone or not own:
                    raise UsageError(
                        found=f"decision {number}, which {'is not yours' if row and not own else 'is not there any more'}.",
                        expected="a decision of your own that stands.",
                        action="Look at the list again; to settle a disagreement, decide on the type anew.",
                    )
                taken_back = {
                    "verdict": WITHDRAWN,
                    "withdraws": number,
                    "number": first + place,
                    "action": first,
                }
                written.append(
                    {
                        **row,
                        **taken_back,
                        "decided_at": _stamp(moment),
                        "recorded_by": _plain_text(by),
                        "saw": "",
                    }
                )
            _insert(connection, written)


def open_store(where: str | Path | None = None) -> DecisionStore:
    """The store at a path, a sqlite:/// or a postgresql:// address (None: `default_place`); made where there is none.

    Raises UsageError for an address that cannot be used, OutputError where the place cannot be reached or written,
    InputError where a newer Rightcall made the store.
    """
    from sqlalchemy import select

    place = find_place(where)
    metadata = _tables()
    about = metadata.tables[_ABOUT]
    try:
        with place.writing() as connection:
            metadata.create_all(connection)
            form = connection.execute(select(about.c.value).where(about.c.name == "form")).scalar()
            if form is None:
                connection.execute(about.insert().values(name="form", value=str(FORM)))
    except OutputError:
        place.engine.dispose()
        raise
    if form is not None and (not form.isdigit() or int(form) > FORM):
        raise InputError(
            found=f"the store of decisions ({place.shown}) has the form {form}, made by a newer Rightcall",
            expected=f"form {FORM} or lower",
            action="update Rightcall, or choose another place; nothing was changed",
        )
    return DecisionStore(place)


@lru_cache(maxsize=1)
def _tables() -> MetaData:
    from sqlalchemy import Column, Integer, MetaData, String, Table

    metadata = MetaData()
    columns = [
        Column(
            name,
            Integer if name in _INTEGERS else String,
            primary_key=name == "number",
            autoincrement=False,
            nullable=name == "withdraws",
            index=name == "review",
        )
        for name in LOG_COLUMNS
    ]
    Table(_LOG, metadata, *columns)
    Table(_ABOUT, metadata, Column("name", String, primary_key=True), Column("value", String, nullable=False))
    return metadata


def _rows(connection: Connection, review: str) -> list[dict[str, Any]]:
    table = _tables().tables[_LOG]
    query = table.select().where(table.c.review == review).order_by(table.c.number)
    return [dict(row) for row in connection.execute(query).mappings()]


def _last(connection: Connection) -> int:
    from sqlalchemy import func, select

    return connection.execute(select(func.max(_tables().tables[_LOG].c.number))).scalar() or 0


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(_tables().tables[_LOG].insert(), rows)


def _refuse_changed(
    log: list[dict[str, Any]], opened_at: int, decisions: Sequence[Decision], by: str
) -> None:
    kinds = {(d.agency, normalise(d.code), normalise(d.text)) for d in decisions}
    others = changed_since(log, opened_at, kinds, by)
    if not others:
        return
    other = others[-1]
    named = " / ".join(part for part in (other["code"], other["text"]) if part)
    said = "was unsure about" if other["verdict"] == UNSURE else "signed"
    raise DecidedMeanwhile(
        found=f'{other["reviewer"]} {said} "{named}" ({other["category"]}) at {other["decided_at"]}, after you opened it',
        expected="that you know of it before you decide",
        action="look at it, and sign again if you decide otherwise; nothing was written",
    )


def _plain_text(text: str) -> str:
    # PostgreSQL cannot keep a NUL, and both databases shall keep the same.
    return " ".join(text.replace("\x00", " ").split())


def _plain(decision: Decision) -> Decision:
    return Decision(**{name: _plain_text(value) for name, value in asdict(decision).items()})


def _check_name(name: str) -> None:
    if not name or "|" in name:
        raise UsageError(
            found=f'the reviewer\'s name "{name}".',
            expected='initials, a role or a name, without the sign "|".',
            action="Give another name.",
        )


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
