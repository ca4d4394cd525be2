"""Signed crosswalks and code-books: what one agency's codes and call types mean, as a person confirmed it.

A crosswalk is a CSV file that a city reviews in a spreadsheet, signs and keeps; what it says wins over any
model. Bare codes (5150, 415, 21) mean different things in different cities, so they count only here. This file
reads crosswalks; `crosswalk_file` knows their bytes, `standing` which lines count, `signing` adds lines.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from call_codes.crosswalk_file import COLUMNS, CONFIDENCES, DECISION_COLUMNS, read_lines
from call_codes.errors import CodeBookError, did_you_mean
from call_codes.standing import CONFLICT, COUNTS, misnamed, standing
from call_codes.taxonomy import HAZARD_KINDS, load_taxonomy

AGENCIES_FOLDER = Path(__file__).parent / "agencies"

BASES = ("signed", "code_book")
NO_HAZARD = "none"

KEY = ("agency", "code_key", "text_key")
_SCHEMA = dict.fromkeys((*COLUMNS, "code_key", "text_key"), pl.String)
_DECISIONS = {
    "line": pl.Int64,
    **dict.fromkeys((*COLUMNS, *DECISION_COLUMNS, "code_key", "text_key"), pl.String),
    "standing": pl.String,
}
_ACTION = "correct the rows in a spreadsheet and save as CSV UTF-8"
_SHOWN = 5


def _no_decisions() -> pl.DataFrame:
    return pl.DataFrame(schema=_DECISIONS)


@dataclass(frozen=True)
class Crosswalk:
    """The rows of one crosswalk in the order of its file; agency, code_key and text_key occur once together.

    rows: what counts: the columns of COLUMNS, then code_key and text_key (`normalise` of code and text); all
    String, no nulls, '' where nothing is said. hazard: kinds joined by "|" in the order of HAZARD_KINDS; "none" =
    a person signed that the type states no hazard; '' = nobody said. name: the file's stem. digest: sha256 of the
    file's bytes. decisions: every line with its number and `standing` (see `standing.standing`). notices: what a
    reader of the file must know (an unfinished last line, decisions that wait), in sentences.
    """

    rows: pl.DataFrame
    name: str
    path: Path | None
    digest: str
    decisions: pl.DataFrame = field(default_factory=_no_decisions)
    notices: tuple[str, ...] = ()


def normalise(text: str | None) -> str:
    """The key under which a code or text is looked up: upper case, other signs than letters and digits
    become one space, no space at the ends. None gives ''."""
    return re.sub(r"[\W_]+", " ", (text or "").upper()).strip()


def empty_crosswalk() -> Crosswalk:
    """A crosswalk without rows, for when nothing has been signed yet."""
    return Crosswalk(pl.DataFrame(schema=_SCHEMA), "empty", None, hashlib.sha256(b"").hexdigest())


def code_book_names() -> tuple[str, ...]:
    """The names of the code-books that come with Rightcall, sorted."""
    return tuple(sorted(path.stem for path in AGENCIES_FOLDER.glob("*.csv")))


def load_crosswalk(path: str | Path, *, signatures: int = 1) -> Crosswalk:
    """The crosswalk in the CSV file at `path`, or the bundled code-book of that name.

    Comma or semicolon, with or without a byte-order mark; columns beyond COLUMNS and DECISION_COLUMNS and wholly
    blank lines are left aside; of lines that say the same about one type the last is kept. signatures: how many
    different reviewers must agree before a signed line counts (1 or 2); decisions marked "unsure" never count.
    Raises CodeBookError when the file is absent or not UTF-8, a column is missing, a row has neither code nor
    text, a category or hazard or basis is unknown, a signed row names no reviewer, `since` is no date, a bundled
    code-book leaves the agency blank, or when the same agency, code and text are signed to two categories or two
    hazards by decisions that both stand.
    """
    crosswalk = read_crosswalk(path, signatures=signatures)
    conflicts = conflict_sentences(crosswalk.decisions)
    if conflicts:
        raise _faulty(crosswalk.path, conflicts)
    return crosswalk


def read_crosswalk(path: str | Path, *, signatures: int = 1) -> Crosswalk:
    """As `load_crosswalk`, but types that are signed in two ways are left out of `rows` and raise nothing.

    For showing conflicts and settling them; a run goes through `load_crosswalk`, which they stop.
    """
    file = Path(path)
    if file.suffix == "" and str(path) in code_book_names():
        file = AGENCIES_FOLDER / f"{path}.csv"
    try:
        content = file.read_bytes()
    except OSError as error:
        names = ", ".join(code_book_names()) or "none"
        raise CodeBookError(
            found=f"the crosswalk {file} cannot be opened ({error.strerror})",
            expected=f"a CSV file, or the name of a bundled code-book (there: {names})",
            action="check the path",
        ) from error
    return crosswalk_of_bytes(content, file, signatures=signatures)


def crosswalk_of_bytes(content: bytes, file: Path, *, signatures: int = 1) -> Crosswalk:
    """As `read_crosswalk`, from the bytes of a crosswalk that goes by the name of `file`."""
    lines, read_notices = read_lines(content, file)
    rows = _with_keys(lines)
    faults = _faults(rows, agency_needed=file.parent == AGENCIES_FOLDER)
    if faults:
        raise _faulty(file, faults)
    decisions = rows.with_columns(
        pl.Series("standing", standing(rows.to_dicts(), signatures), dtype=pl.String)
    ).select(list(_DECISIONS))
    counting = decisions.filter(pl.col("standing") == COUNTS)
    unique = counting.unique(subset=KEY, keep="last", maintain_order=True)
    return Crosswalk(
        unique.select(list(_SCHEMA)),
        file.stem,
        file,
        hashlib.sha256(content).hexdigest(),
        decisions,
        (*read_notices, *_notices(decisions, file)),
    )


def conflict_sentences(decisions: pl.DataFrame) -> list[str]:
    """One sentence for each type that is signed in two ways by decisions that both stand, with their lines."""
    conflicts = (
        decisions.filter(pl.col("standing") == CONFLICT)
        .group_by(KEY, maintain_order=True)
        .agg("line", "reviewer", pl.col("category", "hazard").unique(maintain_order=True))
    )
    sentences = []
    for row in conflicts.iter_rows(named=True):
        lines = ", ".join(str(line) for line in row["line"])
        what = " / ".join(part for part in (row["code_key"], row["text_key"]) if part)
        column = "category" if len(row["category"]) > 1 else "hazard"
        said = " and ".join(f'"{value}"' for value in row[column])
        sentences.append(
            f'Lines {lines}: "{what}" of agency "{row["agency"]}" has two {column} values, {said}.'
        )
    return sentences


def _faulty(file: Path | None, faults: list[str]) -> CodeBookError:
    more = f" And {len(faults) - _SHOWN} more." if len(faults) > _SHOWN else ""
    return CodeBookError(
        found=f"{len(faults)} fault(s) in the crosswalk {file}: {' '.join(faults[:_SHOWN])}{more}",
        expected="rows without faults; the form is described in call_codes/agencies/README.md",
        action=_ACTION,
    )


def _notices(decisions: pl.DataFrame, file: Path) -> tuple[str, ...]:
    counts = {what: decisions.filter(pl.col("standing") == what).height for what in ("waiting", "unsure")}
    said = {
        "waiting": "wait for a second reviewer and do not count yet",
        "unsure": 'are marked "unsure" and do not count',
    }
    return tuple(f"{file.name}: {n:,} decision(s) {said[what]}." for what, n in counts.items() if n)


def _with_keys(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines with categories in lower case, hazards in one order, and the keys; blank lines are gone."""
    table = lines.with_columns(pl.col("category", "hazard", "basis", "confidence").str.to_lowercase())
    keys = [
        pl.Series("hazard", [ordered_hazard(hazard) for hazard in table["hazard"]], dtype=pl.String),
        pl.Series("code_key", [normalise(code) for code in table["code"]], dtype=pl.String),
        pl.Series("text_key", [normalise(text) for text in table["text"]], dtype=pl.String),
    ]
    return table.with_columns(keys).filter(pl.any_horizontal(pl.col(COLUMNS) != ""))


def ordered_hazard(hazard: str) -> str:
    """Hazard kinds in one order and once each, so that "violence|weapon" equals "weapon | violence"."""
    kinds = {kind.strip() for kind in hazard.split("|")} - {""}
    rank = {kind: place for place, kind in enumerate(HAZARD_KINDS)}
    return "|".join(sorted(kinds, key=lambda kind: (rank.get(kind, len(rank)), kind)))


def _faults(rows: pl.DataFrame, *, agency_needed: bool) -> list[str]:
    """The faults of single rows in plain sentences, by line."""
    faults: list[str] = []
    for row in rows.iter_rows(named=True):
        faults += [f"Line {row['line']}: {fault}" for fault in row_faults(row)]
        if agency_needed and not row["agency"]:
            faults.append(f"Line {row['line']}: a bundled code-book must name its agency in each line.")
    for index, name in misnamed(rows.to_dicts()):
        faults.append(
            f'Line {rows["line"][index]}: replaces names "{name}", who signed nothing on this type in a line above.'
        )
    return faults


def row_faults(row: dict[str, str]) -> list[str]:
    """What is wrong with one line, in sentences. row: COLUMNS, confidence, code_key and text_key, no nulls."""
    known = load_taxonomy().ids
    faults = []
    if not row["code_key"] and not row["text_key"]:
        faults.append("neither code nor text holds a letter or digit.")
    if not row["category"]:
        faults.append("the category is blank; fill it in or delete the line.")
    elif row["category"] not in known:
        faults.append(f'no category is called "{row["category"]}".{did_you_mean(row["category"], known)}')
    hazards = row["hazard"].split("|") if row["hazard"] not in ("", NO_HAZARD) else []
    faults += [
        f'"{kind}" is no hazard; use {", ".join(HAZARD_KINDS)} joined by "|", or {NO_HAZARD}, or a blank.'
        for kind in hazards
        if kind not in HAZARD_KINDS
    ]
    if row["basis"] not in BASES:
        faults.append(f'the basis is "{row["basis"]}" and must be one of {", ".join(BASES)}.')
    if row["basis"] == "signed" and not row["reviewer"]:
        faults.append("a signed row needs a reviewer (a role or initials will do).")
    if row["confidence"] not in ("", *CONFIDENCES):
        faults.append(
            f'confidence is "{row["confidence"]}" and must be one of {", ".join(CONFIDENCES)}, or blank.'
        )
    faults += [
        f'{name} is "{row[name]}" and must be a date such as 2026-11-21, or blank.'
        for name in ("since", "date")
        if row[name] and not _is_date(row[name])
    ]
    return faults


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
