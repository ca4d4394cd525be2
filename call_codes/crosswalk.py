"""Signed crosswalks and code-books: what one agency's codes and call types mean, as a person confirmed it.

A crosswalk is a CSV file that a city reviews in a spreadsheet, signs and keeps; what it says wins over any
model. Bare codes (5150, 415, 21) mean different things in different cities, so they count only here.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from call_codes.errors import CodeBookError, did_you_mean
from call_codes.taxonomy import HAZARD_KINDS, load_taxonomy

AGENCIES_FOLDER = Path(__file__).parent / "agencies"

COLUMNS = ("agency", "code", "text", "category", "hazard", "basis", "reviewer", "since", "note")
BASES = ("signed", "code_book")
NO_HAZARD = "none"

KEY = ("agency", "code_key", "text_key")
_SCHEMA = dict.fromkeys((*COLUMNS, "code_key", "text_key"), pl.String)
_ACTION = "correct the rows in a spreadsheet and save as CSV UTF-8"
_SHOWN = 5


@dataclass(frozen=True)
class Crosswalk:
    """The rows of one crosswalk in the order of its file; agency, code_key and text_key occur once together.

    rows: the columns of COLUMNS, then code_key and text_key (`normalise` of code and text); all String, no
    nulls, '' where nothing is said. hazard: kinds joined by "|" in the order of HAZARD_KINDS; "none" = a
    person signed that the type states no hazard; '' = nobody said. name: the file's stem. digest: sha256 of
    the file's bytes.
    """

    rows: pl.DataFrame
    name: str
    path: Path | None
    digest: str


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


def load_crosswalk(path: str | Path) -> Crosswalk:
    """The crosswalk in the CSV file at `path`, or the bundled code-book of that name.

    Comma or semicolon, with or without a byte-order mark; columns beyond COLUMNS and wholly blank lines are
    left aside; of lines that say the same about one type the last is kept. Raises CodeBookError when the
    file is absent or not UTF-8, a column is missing, a row has neither code nor text, a category or hazard
    or basis is unknown, a signed row names no reviewer, `since` is no date, a bundled code-book leaves the
    agency blank, or when the same agency, code and text are signed to two categories or two hazards.
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
    rows = _read(content, file)
    faults = _faults(rows, agency_needed=file.parent == AGENCIES_FOLDER)
    if faults:
        more = f" And {len(faults) - _SHOWN} more." if len(faults) > _SHOWN else ""
        raise CodeBookError(
            found=f"{len(faults)} fault(s) in the crosswalk {file}: {' '.join(faults[:_SHOWN])}{more}",
            expected="rows without faults; the form is described in call_codes/agencies/README.md",
            action=_ACTION,
        )
    digest = hashlib.sha256(content).hexdigest()
    unique = rows.unique(subset=KEY, keep="last", maintain_order=True)
    return Crosswalk(unique.select(list(_SCHEMA)), file.stem, file, digest)


def _read(content: bytes, file: Path) -> pl.DataFrame:
    """COLUMNS, the keys and `line` (as a spreadsheet counts: the header is 1), without blank lines."""
    try:
        # Some spreadsheets still end lines with a bare carriage return, which reads as a file without rows.
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise CodeBookError(
            found=f"the crosswalk {file} is not in UTF-8 ({error.reason} at byte {error.start})",
            expected="a CSV file in UTF-8",
            action='in the spreadsheet choose "CSV UTF-8" when saving',
        ) from error
    header = text.split("\n", 1)[0]
    separator = ";" if header.count(";") > header.count(",") else ","
    try:
        table = pl.read_csv(io.StringIO(text), separator=separator, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise CodeBookError(
            found=f"the crosswalk {file} cannot be read as CSV ({str(error).partition(chr(10))[0]})",
            expected=f"a header line with {', '.join(COLUMNS)}, then one line per type",
            action=_ACTION,
        ) from error
    table = table.rename({name: name.strip().lower() for name in table.columns})
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise CodeBookError(
            found=f"the crosswalk {file} lacks the column(s) {', '.join(missing)}; "
            f"it has {', '.join(table.columns)}",
            expected=f"the columns {', '.join(COLUMNS)}; cells may be blank, columns may not be absent",
            action="add the columns to the header line",
        )
    table = table.select(pl.col(COLUMNS).fill_null("").str.strip_chars())
    table = table.with_columns(pl.col("category", "hazard", "basis").str.to_lowercase())
    keys = [
        pl.Series("hazard", [_in_order(hazard) for hazard in table["hazard"]], dtype=pl.String),
        pl.Series("code_key", [normalise(code) for code in table["code"]], dtype=pl.String),
        pl.Series("text_key", [normalise(text) for text in table["text"]], dtype=pl.String),
    ]
    table = table.with_columns(keys).with_row_index("line", offset=2)
    return table.filter(pl.any_horizontal(pl.col(COLUMNS) != ""))


def _in_order(hazard: str) -> str:
    """Hazard kinds in one order and once each, so that "violence|weapon" equals "weapon | violence"."""
    kinds = {kind.strip() for kind in hazard.split("|")} - {""}
    rank = {kind: place for place, kind in enumerate(HAZARD_KINDS)}
    return "|".join(sorted(kinds, key=lambda kind: (rank.get(kind, len(rank)), kind)))


def _faults(rows: pl.DataFrame, *, agency_needed: bool) -> list[str]:
    """The faults in plain sentences: first those of single rows by line, then those between rows."""
    known = load_taxonomy().ids
    faults: list[str] = []
    for row in rows.iter_rows(named=True):
        faults += [f"Line {row['line']}: {fault}" for fault in _row_faults(row, known)]
        if agency_needed and not row["agency"]:
            faults.append(f"Line {row['line']}: a bundled code-book must name its agency in each line.")
    conflicts = (
        rows.group_by(KEY, maintain_order=True)
        .agg("line", pl.col("category", "hazard").unique(maintain_order=True))
        .filter((pl.col("category").list.len() > 1) | (pl.col("hazard").list.len() > 1))
    )
    for row in conflicts.iter_rows(named=True):
        lines = ", ".join(str(line) for line in row["line"])
        what = " / ".join(part for part in (row["code_key"], row["text_key"]) if part)
        column = "category" if len(row["category"]) > 1 else "hazard"
        said = " and ".join(f'"{value}"' for value in row[column])
        faults.append(f'Lines {lines}: "{what}" of agency "{row["agency"]}" has two {column} values, {said}.')
    return faults


def _row_faults(row: dict[str, str], known: tuple[str, ...]) -> list[str]:
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
    if row["since"] and not _is_date(row["since"]):
        faults.append(f'since is "{row["since"]}" and must be a date such as 2026-11-21, or blank.')
    return faults


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
