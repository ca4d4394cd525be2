"""The sheet that reviewers fill in: the queue as a CSV for a spreadsheet, and its way back into a crosswalk.

The columns to fill in are blank on purpose, also where the model has a suggestion: a sheet that is filled in
beforehand gets signed unread. On the way back every line is checked, with its number, and either all are signed or
none is; what the spreadsheet did to codes and dates is undone or told.
"""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from call_codes.crosswalk import Crosswalk, normalise, ordered_hazard, row_faults
from call_codes.crosswalk_file import decode, separator_of
from call_codes.errors import CodeBookError, InputError, OutputError
from call_codes.signing import Decision
from call_codes.spreadsheet import damage, escape_cell, guard_formula, lost_zeros, unescape_cell
from calls.small_counts import mask

TO_FILL: Final = ("category", "hazard", "confidence", "reason", "reviewer")
KNOWN: Final = (
    "rank", "agency", "code", "text", "calls", "unit_hours", "expected_misallocated", "weight", "eligible_chance",
    "suggested_category", "probability", "plausible", "hazard_kinds", "hazard_reason", "on_scene_minutes_median",
    "dispositions", "priority", "nearest_signed", "signed_category", "signed_hazard", "signed_by",
)  # fmt: skip
AS_EXPORTED: Final = ("exported_code", "exported_text")
SHEET_COLUMNS: Final = (*KNOWN, *TO_FILL, *AS_EXPORTED)
# Only these may hold a code, which a spreadsheet must not rewrite: elsewhere a number or a date is meant as one.
CODES: Final = ("agency", "code", "text")
_MARK: Final = "as exported:"
_MOST_FAULTS: Final = 20


@dataclass(frozen=True)
class Sheet:
    """What a filled-in sheet says. blank: lines without a category, left for later. repaired: what was undone."""

    decisions: tuple[Decision, ...]
    blank: int
    repaired: tuple[str, ...]


def sheet_table(queue: pl.DataFrame, crosswalk: Crosswalk | None, smallest_count: int) -> pl.DataFrame:
    """SHEET_COLUMNS as text: the queue first, then the types that are signed already; small counts are blank."""
    masked = mask(queue, "calls", ["unit_hours", "expected_misallocated"], smallest_count)
    rows = [
        {
            **{name: _text(row.get(name)) for name in KNOWN},
            "code": _text(row["call_type_code"]),
            "text": _text(row["call_type"]),
            "suggested_category": _text(row["category"]),
        }
        for row in masked.iter_rows(named=True)
    ]
    signed = [] if crosswalk is None else crosswalk.rows.filter(pl.col("basis") == "signed").to_dicts()
    rows += [
        {
            **{name: row[name] for name in ("agency", "code", "text")},
            "signed_category": row["category"],
            "signed_hazard": row["hazard"],
            "signed_by": row["reviewer"],
        }
        for row in signed
    ]
    for row in rows:
        row["exported_code"], row["exported_text"] = f"{_MARK} {row['code']}", f"{_MARK} {row['text']}"
    return pl.DataFrame(
        [[row.get(name, "") for name in SHEET_COLUMNS] for row in rows],
        schema=dict.fromkeys(SHEET_COLUMNS, pl.String),
        orient="row",
    )


def write_sheet(table: pl.DataFrame, out: Path, *, force: bool = False) -> None:
    """Write a table of texts as a CSV that spreadsheets open as it is, in one step. Raises OutputError."""
    if out.exists() and not force:
        raise OutputError(
            found=f"{out} is there already.",
            expected="a new file, so that a sheet someone is filling in is not lost.",
            action="Give --out another name, or add --force to replace it.",
        )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.columns)
    for row in table.iter_rows(named=True):
        writer.writerow(
            [escape_cell(text) if name in CODES else guard_formula(text) for name, text in row.items()]
        )
    draft = out.with_name(f".{out.name}.unfinished")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # With the mark at its head, spreadsheets read it as UTF-8.
        draft.write_text(text.getvalue(), encoding="utf-8-sig", newline="")
        os.replace(draft, out)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OutputError(
            found=f"{out} cannot be written ({error.strerror}).",
            expected="a place that may be written to.",
            action="Choose another --out.",
        ) from error


def read_sheet(path: Path, *, reviewer: str, day: str) -> Sheet:
    """The decisions of a filled-in sheet; lines whose category is blank are left for later.

    reviewer: who signs the lines that name nobody. day: the day of signing. A code whose zeros a spreadsheet ate
    is put right where exported_code tells; lines are numbered as a spreadsheet shows them. Raises InputError where
    there is no such file, CodeBookError with every fault by its line, so that nothing is signed until all is right.
    """
    rows = _rows(path)
    faults: list[str] = []
    repaired: list[str] = []
    decisions: list[Decision] = []
    said: dict[tuple[str, str, str], tuple[int, str, str]] = {}
    blank = 0
    for line, row in rows:
        if not row.get("category"):
            blank += any(row.get(name) for name in ("code", "text"))
            continue
        code, wrong = _code(row, line, repaired)
        exported = row.get("exported_text", "")
        text_before = exported.removeprefix(_MARK).strip()
        if exported.startswith(_MARK) and normalise(text_before) != normalise(row.get("text", "")):
            wrong.append(f'the text was "{text_before}" when the sheet was made.')
        decision = Decision(
            category=row["category"].lower(),
            reviewer=row.get("reviewer") or reviewer,
            date=day,
            agency=row.get("agency", ""),
            code=code,
            text=row.get("text", ""),
            hazard=ordered_hazard(row.get("hazard", "").lower().replace(";", "|").replace(",", "|")),
            since=row.get("since", ""),
            reason=row.get("reason", ""),
            replaces=row.get("replaces", ""),
            confidence=row.get("confidence", "").lower() or "sure",
        )
        keys = {"code_key": normalise(decision.code), "text_key": normalise(decision.text)}
        wrong += row_faults({**vars(decision), **keys})
        key = (decision.agency, keys["code_key"], keys["text_key"])
        before = said.get(key)
        if before and before[1:] != (decision.category, decision.hazard):
            wrong.append(f"line {before[0]} says something else about the same type.")
        said[key] = (line, decision.category, decision.hazard)
        faults += [f"Line {line}: {fault}" for fault in wrong]
        decisions.append(decision)
    if faults:
        more = f" And {len(faults) - _MOST_FAULTS} more." if len(faults) > _MOST_FAULTS else ""
        raise CodeBookError(
            found=f"{len(faults)} fault(s) in {path.name}: {' '.join(faults[:_MOST_FAULTS])}{more}",
            expected="lines without faults; nothing was signed",
            action="correct them in the spreadsheet, save as CSV UTF-8, and import again",
        )
    return Sheet(tuple(decisions), blank, tuple(repaired))


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """The lines by name, with their numbers, without the spreadsheet's apostrophes."""
    try:
        text = decode(path.read_bytes(), path)
    except OSError as error:
        raise InputError(
            found=f"the sheet {path} cannot be opened ({error.strerror})",
            expected="a CSV file that rightcall review or rightcall crosswalk export made",
            action="check the path",
        ) from error
    lines = list(csv.reader(io.StringIO(text), delimiter=separator_of(text)))
    header = [name.strip().lower() for name in (lines[0] if lines else [])]
    missing = [name for name in ("code", "text", "category") if name not in header]
    if missing:
        raise InputError(
            found=f"{path.name} has no column {' and '.join(missing)}; it has {', '.join(header) or 'none'}",
            expected="the columns of the sheet as it was exported; further ones are left aside",
            action="make a sheet with rightcall crosswalk export, and fill that in",
        )
    return [
        (number, {name: unescape_cell(cell.strip()) for name, cell in zip(header, cells, strict=False)})
        for number, cells in enumerate(lines[1:], start=2)
    ]


def _code(row: dict[str, str], line: int, repaired: list[str]) -> tuple[str, list[str]]:
    """The code of a line as it was exported, and what is wrong with it."""
    code, exported = row.get("code", ""), row.get("exported_code", "")
    if exported.startswith(_MARK):
        before = exported.removeprefix(_MARK).strip()
        if lost_zeros(code, before) or (code != before and damage(code)):
            repaired.append(
                f'Line {line}: the code "{code}" was "{before}" when the sheet was made; put right.'
            )
            return before, []
        if normalise(code) != normalise(before):
            return code, [f'the code was "{before}" when the sheet was made.']
        return code, []
    made = damage(code)
    if made:
        return code, [
            f'the code "{code}" looks like {made} that a spreadsheet made of a code; write it as text.'
        ]
    return code, []


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1 else f"{value:.1f}"
    return str(value)
