"""The bytes of a crosswalk file: columns, separator, line ends, apostrophes, and a last line that was cut off.

Lines are added in one piece and end in a line end; the last column is never blank in them. So a last line without
its line end, whose last cell is not a whole word, was being written when the process died: it was never confirmed
to anyone, and it is told and left aside.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl

from call_codes.errors import CodeBookError
from call_codes.spreadsheet import read_dates, unescape_cell

COLUMNS = ("agency", "code", "text", "category", "hazard", "basis", "reviewer", "since", "note")
DECISION_COLUMNS = ("date", "reason", "replaces", "confidence")
"""What a signed decision adds; a file may lack them. confidence stays last: see the head of this file."""

CONFIDENCES = ("sure", "unsure")


def decode(content: bytes, file: Path) -> str:
    """The text of a crosswalk with plain line ends. Raises CodeBookError where it is not UTF-8."""
    try:
        # Some spreadsheets still end lines with a bare carriage return, which reads as a file without rows.
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise CodeBookError(
            found=f"the crosswalk {file} is not in UTF-8 ({error.reason} at byte {error.start})",
            expected="a CSV file in UTF-8",
            action='in the spreadsheet choose "CSV UTF-8" when saving',
        ) from error


def separator_of(text: str) -> str:
    """ ";" where the header has more of them than commas, "," else."""
    header = text.split("\n", 1)[0]
    return ";" if header.count(";") > header.count(",") else ","


def header_of(text: str) -> list[str]:
    """The names of the columns as the file spells them, in lower case."""
    first = next(csv.reader(io.StringIO(text), delimiter=separator_of(text)), [])
    return [name.strip().lower() for name in first]


def split_torn(text: str) -> tuple[str, str]:
    """`text` up to its last whole line, and the line after it that was cut off ("" where there is none)."""
    if text.endswith("\n") or "\n" not in text:
        return text, ""
    whole, last = text.rsplit("\n", 1)
    header = header_of(text)
    try:
        cells = next(csv.reader(io.StringIO(last), delimiter=separator_of(text), strict=True), [])
    except csv.Error:  # a quote that was opened and never closed
        cells = []
    if not last.strip() or len(cells) > len(header):
        return text, ""
    finished = len(cells) == len(header) and (header[-1] != "confidence" or cells[-1] in CONFIDENCES)
    # A last line may also close a quoted cell that began on an earlier line; then it is no fragment.
    in_cell = whole.count('"') % 2 == 1
    return (text, "") if finished or in_cell else (f"{whole}\n", last)


def read_lines(content: bytes, file: Path) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The lines of a crosswalk, and sentences about what was left aside or assumed in reading them.

    Columns out: line (as a spreadsheet counts: the header is 1), COLUMNS and DECISION_COLUMNS, all String without
    nulls; `since` and `date` as 2026-11-21 where they could be read, else as they stand. Raises CodeBookError.
    """
    text, torn = split_torn(decode(content, file))
    notices = []
    if torn:
        notices.append(
            f"{file.name}: the last line is unfinished and was left aside; it was never confirmed. It reads: {torn}"
        )
    try:
        table = pl.read_csv(io.StringIO(text), separator=separator_of(text), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise CodeBookError(
            found=f"the crosswalk {file} cannot be read as CSV ({str(error).partition(chr(10))[0]})",
            expected=f"a header line with {', '.join(COLUMNS)}, then one line per type",
            action="correct the rows in a spreadsheet and save as CSV UTF-8",
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
    names = [*COLUMNS, *DECISION_COLUMNS]
    table = table.with_columns(pl.lit("").alias(name) for name in names if name not in table.columns)
    table = table.select(pl.col(names).fill_null("").str.strip_chars())
    plain = {name: [unescape_cell(cell) for cell in table[name]] for name in names}
    for name in ("since", "date"):
        plain[name], assumed = _dates_or_text(plain[name])
        if assumed:
            notices.append(f"{file.name}: the dates in {name} were read with the month first.")
    lines = pl.DataFrame(plain, schema=dict.fromkeys(names, pl.String))
    return lines.with_row_index("line", offset=2).with_columns(pl.col("line").cast(pl.Int64)), tuple(notices)


def _dates_or_text(values: list[str]) -> tuple[list[str], bool]:
    try:
        return read_dates(values)
    except CodeBookError:
        # One cell that is no date: it is pointed out by its line, so the others must stay what they are.
        return values, False
