"""From the log of a store of decisions to what stands: the crosswalk, as bytes and as a table, and what to undo.

The log only grows: who takes a decision back adds a row that withdraws it. What is left after the withdrawals are
the lines of a crosswalk file, byte for byte as `rightcall sign` would have written them, and is read by the same
rules. Nothing here knows a database.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from call_codes.crosswalk import KEY, Crosswalk, crosswalk_of_bytes
from call_codes.crosswalk_file import decode, header_of
from call_codes.errors import CodeBookError
from call_codes.signing import FILE_COLUMNS, Decision
from call_codes.spreadsheet import escape_cell
from call_codes.standing import reviewer_key

SIGNED: Final = "signed"
UNSURE: Final = "unsure"
WITHDRAWN: Final = "withdrawn"
VERDICTS: Final = (SIGNED, UNSURE, WITHDRAWN)

DECIDED: Final = tuple(name for name in FILE_COLUMNS if name != "confidence")
"""The columns of a decision as the log keeps them; the verdict stands for confidence."""

LOG_COLUMNS: Final = (
    "number", "review", "action", "verdict", "withdraws", "decided_at", "recorded_by", *DECIDED, "code_key", "text_key",
    "saw",
)  # fmt: skip
"""number: from 1, in the order of writing, Int. action: the number of the first row of what was done in one step.
verdict: one of VERDICTS. withdraws: the number of the row that is taken back, null elsewhere. decided_at: UTC, as
2026-11-22T04:12:22Z. recorded_by: who was at the screen; in an import others than the reviewer. saw: what the reviewer had on the screen, JSON or "". All but the numbers are texts, "" where
nothing is said."""

Log = Sequence[Mapping[str, Any]]


def standing_rows(log: Log) -> list[dict[str, str]]:
    """The rows that were not taken back, as lines of a crosswalk (FILE_COLUMNS), in order.

    Where a decision replaced one that its reviewer has since taken back, the name goes from `replaces`.
    """
    gone = {row["withdraws"] for row in log}
    rows, people = [], set()
    for row in log:
        if row["verdict"] == WITHDRAWN or row["number"] in gone:
            continue
        line = {name: str(row[name]) for name in DECIDED}
        line["confidence"] = "unsure" if row["verdict"] == UNSURE else "sure"
        kind = (row["agency"], row["code_key"], row["text_key"])
        names = [name for name in line["replaces"].split("|") if (*kind, reviewer_key(name)) in people]
        line["replaces"] = "|".join(names)
        if row["basis"] == "signed":
            people.add((*kind, reviewer_key(row["reviewer"])))
        rows.append(line)
    return rows


def crosswalk_bytes(log: Log) -> bytes:
    """The crosswalk file of what stands: for `rightcall run --crosswalk`, `sign` and `review`, and for spreadsheets."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(FILE_COLUMNS)
    for row in standing_rows(log):
        writer.writerow([row[n] if n in ("since", "date") else escape_cell(row[n]) for n in FILE_COLUMNS])
    return out.getvalue().encode()


def crosswalk_of_log(log: Log, name: str, signatures: int = 1) -> Crosswalk:
    """What stands, by the rules of a crosswalk file: see `crosswalk.read_crosswalk`. name: of the review."""
    book = crosswalk_of_bytes(
        crosswalk_bytes(log), Path(name.replace("/", "_") or "review"), signatures=signatures
    )
    return replace(book, name=name, path=None)


def before_others(book: Crosswalk, earlier: Crosswalk | None) -> Crosswalk:
    """`book`, and behind it what `earlier` says of types that `book` does not name. The digest covers both."""
    if earlier is None:
        return book
    rest = earlier.rows.join(book.rows, on=KEY, how="anti", maintain_order="left")
    return replace(
        book,
        rows=pl.concat([book.rows, rest]),
        name=f"{book.name}+{earlier.name}",
        digest=hashlib.sha256(f"{book.digest}{earlier.digest}".encode()).hexdigest(),
        notices=(*book.notices, *earlier.notices),
    )


def decisions_of_crosswalk(content: bytes, name: str) -> tuple[tuple[Decision, ...], tuple[str, ...]]:
    """Every line of a crosswalk file as a decision, in order, and notices about the file. name: of the file.

    Raises CodeBookError for a faulty file; one whose decisions contradict each other is taken as it is.
    """
    book = crosswalk_of_bytes(content, Path(name))
    names = [field.name for field in fields(Decision)]
    rows = book.decisions.select(names).to_dicts()
    # What the standing of lines says of this file is said again of the review they come into.
    return tuple(Decision(**{**row, "confidence": row["confidence"] or "sure"}) for row in rows), tuple(
        notice for notice in book.notices if "do not count" not in notice
    )


def is_crosswalk(content: bytes, name: str) -> bool:
    """True for a crosswalk file, False for a sheet to fill in or another table: a crosswalk says its basis."""
    try:
        return "basis" in header_of(decode(content, Path(name)))
    except (CodeBookError, csv.Error):
        return False


def last_action(log: Log, reviewer: str) -> tuple[int, ...]:
    """The numbers of what this reviewer did last and has not taken back; () where there is nothing to undo."""
    gone = {row["withdraws"] for row in log}
    own = [
        row
        for row in log
        if row["verdict"] != WITHDRAWN
        and row["number"] not in gone
        and reviewer_key(row["recorded_by"]) == reviewer_key(reviewer)
    ]
    return tuple(row["number"] for row in own if row["action"] == own[-1]["action"])


def changed_since(
    log: Log, number: int, kinds: set[tuple[str, str, str]], reviewer: str
) -> list[Mapping[str, Any]]:
    """Decisions of others on one of `kinds` (agency, code_key, text_key) that came after row `number` and stand."""
    gone = {row["withdraws"] for row in log}
    return [
        row
        for row in log
        if row["number"] > number
        and row["verdict"] != WITHDRAWN
        and row["number"] not in gone
        and (row["agency"], row["code_key"], row["text_key"]) in kinds
        and reviewer_key(row["reviewer"]) != reviewer_key(reviewer)
    ]


def own_numbers(log: Log, reviewer: str, code_key: str, text_key: str) -> tuple[int, ...]:
    """The numbers of this reviewer's decisions on one type that were not taken back."""
    gone = {row["withdraws"] for row in log}
    return tuple(
        row["number"]
        for row in log
        if row["verdict"] != WITHDRAWN
        and row["number"] not in gone
        and reviewer_key(row["reviewer"]) == reviewer_key(reviewer)
        and (row["code_key"], row["text_key"]) == (code_key, text_key)
    )
