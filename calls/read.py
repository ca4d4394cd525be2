"""The only reading of call files: CSV, TSV, workbooks, Parquet and JSON, plain or packed, into one table.

Every column comes in as text, because a guess at types that turns "n/a" into nothing, or 0123 into 123, cannot
be undone. What cannot be read is refused in a sentence; a row whose cells do not fit the header, a title above it
and a total below are set aside and counted, never cut to fit.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from call_codes.errors import InputError
from calls.dialect import KINDS, encoding_of, find_head, head_text
from calls.file_faults import FileFault, added
from calls.json_files import rows_of_json
from calls.packing import content_of, holds_several, unpacked
from calls.pieces import tables_of_text
from calls.raw_table import (
    ROW_NUMBER,
    SOURCE_FILE,
    RawTable,
    as_text,
    named_apart,
    no_ragged_rows,
    of_file,
)
from calls.workbooks import SUFFIXES as _WORKBOOKS
from calls.workbooks import read_workbook

__all__ = [
    "ROW_NUMBER", "SOURCE_FILE", "RawTable", "as_text", "holds_several", "named_apart", "no_ragged_rows",
    "read_table", "read_tables",
]  # fmt: skip

_TEXT: Final = frozenset({".csv", ".tsv", ".txt", ".tab", ""})
_PARQUET: Final = frozenset({".parquet", ".pq"})
_JSON: Final = frozenset({".json", ".jsonl", ".ndjson", ".geojson"})
_WORKBOOK_BYTES: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# What people send in place of a table, by the first bytes.
_OTHER_KINDS: Final = {
    b"%PDF-": "a PDF document",
    b"{\\rtf": "a text document (RTF)",
}
_PIECE_BYTES: Final = 16 * 1024**2


def read_table(path: str | Path, *, rows_needed: bool = True) -> RawTable:
    """Read one export file. Raises InputError in a sentence for what is missing, empty or not a table.

    `rows_needed=False` takes a header without rows too, for questions that the header alone may answer.
    """
    path = Path(path)
    content = content_of(path)
    members = unpacked(path, content)
    if len(members) != 1:
        names = [str(name) for name, _ in members]
        raise InputError(
            found=f"{len(names)} files inside {path.name}: {', '.join(names[:6])}.",
            expected="a .zip with exactly one table.",
            action="Unzip it and name the file or files that hold the calls.",
        )
    [(inner, data)] = members
    return _table(path, inner, data, hashlib.sha256(content).hexdigest(), path.name, rows_needed)


def read_tables(path: str | Path) -> list[RawTable]:
    """As read_table, but of a .zip with several tables each of them, `_file` naming archive and member."""
    path = Path(path)
    if not holds_several(path):
        return [read_table(path)]
    content = content_of(path)
    digest = hashlib.sha256(content).hexdigest()
    return [
        _table(path, inner, data, digest, f"{path.name}/{inner}", True)
        for inner, data in unpacked(path, content)
    ]


def _table(path: Path, inner: Path, data: bytes, digest: str, label: str, rows_needed: bool) -> RawTable:
    suffix = inner.suffix.lower()
    known = next((name for head, name in _OTHER_KINDS.items() if data.startswith(head)), None)
    if known is not None:
        raise InputError(
            found=f"{inner.name} is {known}, whatever its name ends in.",
            expected="a table: CSV, TSV, Excel, Parquet or JSON lines, with one row per call or per unit.",
            action="Ask for the export itself. A printed or scanned report cannot be read.",
        )
    encoding = delimiter = ""
    faults: tuple[FileFault, ...] = ()
    # Programs write tab-separated text and name it .xls, and people rename workbooks to .csv.
    is_text = suffix in _TEXT or (suffix == ".xls" and data[:4] not in _WORKBOOK_BYTES and b"\0" not in data)
    if suffix in _PARQUET or data[:4] == b"PAR1":
        frame, ragged = _numbered(_parquet(inner, data), label)
    elif (suffix in _WORKBOOKS and not is_text) or (suffix in _TEXT and data[:4] in _WORKBOOK_BYTES):
        sheet = read_workbook(inner, data)
        frame, ragged = (
            _numbered(sheet.frame, label)
            if not sheet.frame.width
            else of_file(sheet.frame, sheet.aside, label)
        )
        faults = added(sheet.faults)
    elif suffix in _JSON:
        encoding = encoding_of(inner, data)
        rows, aside = rows_of_json(inner, _decoded(inner, data, encoding))
        frame, ragged = of_file(rows, aside, label)
    elif is_text:
        encoding = encoding_of(inner, data)
        head = find_head(head_text(data, encoding), suffix)
        delimiter = head.delimiter
        tables = list(tables_of_text(path, _chunks(data), encoding, head, digest, label))
        frame = pl.concat([table.frame for table in tables])
        ragged = pl.concat([table.ragged for table in tables])
        faults = added(fault for table in tables for fault in table.faults)
    else:
        raise InputError(
            found=f"the file {inner.name}, whose ending {suffix} is none that Rightcall reads.",
            expected=f"{KINDS}.",
            action="Export the calls as CSV, or rename the file if its ending is wrong.",
        )
    columns = frame.width - 2
    if columns <= 0 or (rows_needed and frame.height == 0 and "ragged_row" not in ragged["reason"]):
        raise InputError(
            found=f"no rows in {label}" + (" under its header." if columns > 0 else "."),
            expected="a header row and at least one call below it.",
            action="Check that the export finished, and that the first sheet or file is the one with the calls.",
        )
    return RawTable(frame, ragged, path, digest, encoding, delimiter, faults)


def _numbered(frame: pl.DataFrame, label: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    numbered = frame.with_columns(pl.Series(ROW_NUMBER, range(1, frame.height + 1), dtype=pl.Int64))
    return of_file(numbered, [], label)


def _chunks(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), _PIECE_BYTES):
        yield data[start : start + _PIECE_BYTES]


def _decoded(path: Path, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding).lstrip("\ufeff").replace("\0", "")
    except UnicodeDecodeError as error:
        raise InputError(
            found=f"{path.name} begins as {encoding} text, and does not go on as such ({error.reason}).",
            expected="one encoding from the first to the last byte.",
            action="Export or download it again, as UTF-8 if you can choose.",
        ) from error


def _parquet(path: Path, data: bytes) -> pl.DataFrame:
    try:
        return as_text(pl.read_parquet(io.BytesIO(data)))
    except pl.exceptions.PolarsError as error:
        raise InputError(
            found=f"{path.name} cannot be read as Parquet ({str(error).splitlines()[0]}).",
            expected="a complete Parquet file.",
            action="Write it again, or export the calls as CSV.",
        ) from error
