"""The only reading of call files: CSV, TSV, Excel, Parquet and JSON lines, plain or gzipped, into one table.

Every column comes in as text, because a guess at types that turns "n/a" into nothing, or 0123 into 123, cannot
be undone. Encoding and delimiter are found from the file's first bytes. What cannot be read is refused in a
sentence; a row whose cells do not fit the header is set aside and counted, never cut to fit.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import polars as pl

from call_codes.errors import InputError

_TEXT_SUFFIXES: Final = {".csv", ".tsv", ".txt", ".tab"}
_EXCEL_SUFFIXES: Final = {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
_PARQUET_SUFFIXES: Final = {".parquet", ".pq"}
_JSON_SUFFIXES: Final = {".json", ".jsonl", ".ndjson"}
_KINDS: Final = (
    "CSV, TSV, Excel (.xlsx), Parquet or JSON lines, also gzipped (.gz) or a .zip with one such file"
)
_SNIFF_BYTES: Final = 1 << 16
_BINARY_CONTROL: Final = frozenset(range(32)) - {9, 10, 12, 13, 26, 27}

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)

ROW_NUMBER: Final = "_row"
SOURCE_FILE: Final = "_file"


@dataclass(frozen=True)
class RawTable:
    """A file as read: all columns String, plus `_row` (1 = first row under the header) and `_file`.

    `ragged` holds the rows that did not fit the header (columns _row, _file, cells as one text).
    """

    frame: pl.DataFrame
    ragged: pl.DataFrame
    path: Path
    sha256: str
    encoding: str
    delimiter: str

    @property
    def headers(self) -> tuple[str, ...]:
        """The file's own column names."""
        return tuple(name for name in self.frame.columns if name not in (ROW_NUMBER, SOURCE_FILE))

    @property
    def rows_read(self) -> int:
        """Rows under the header, those that did not fit included."""
        return self.frame.height + self.ragged.height


def read_table(path: str | Path, *, rows_needed: bool = True) -> RawTable:
    """Read one export file. Raises InputError in a sentence for what is missing, empty or not a table.

    `rows_needed=False` takes a header without rows too, for questions that the header alone may answer.
    """
    path = Path(path)
    content = _content(path)
    digest = hashlib.sha256(content).hexdigest()
    inner, data = _unpack(path, content)
    suffix = inner.suffix.lower()
    encoding = delimiter = ""
    ragged_rows: list[tuple[int, str]] = []
    if suffix in _PARQUET_SUFFIXES or data[:4] == b"PAR1":
        frame = _parquet(path, data)
    elif suffix in _EXCEL_SUFFIXES:
        frame = _excel(path, data)
    elif suffix in _JSON_SUFFIXES:
        frame = _json_lines(path, data)
    elif suffix in _TEXT_SUFFIXES or suffix == "":
        encoding = encoding_of(path, data)
        text = data.decode(encoding).lstrip("\ufeff")
        delimiter = delimiter_of(text, suffix)
        frame, ragged_rows = rows_of_text(path, text, delimiter)
    else:
        raise InputError(
            found=f"the file {path.name}, whose ending {suffix} is none that Rightcall reads.",
            expected=f"{_KINDS}.",
            action="Export the calls as CSV, or rename the file if its ending is wrong.",
        )
    if frame.width == 0 or (rows_needed and frame.height == 0 and not ragged_rows):
        raise InputError(
            found=f"no rows in {path.name}" + (" under its header." if frame.width else "."),
            expected="a header row and at least one call below it.",
            action="Check that the export finished, and that the first sheet or file is the one with the calls.",
        )
    frame, ragged = numbered(frame, ragged_rows, path.name)
    return RawTable(frame, ragged, path, digest, encoding, delimiter)


def numbered(
    frame: pl.DataFrame, ragged_rows: list[tuple[int, str]], file: str, before: int = 0
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows, and rows that did not fit, with their `_row` in the file (after `before` earlier rows) and `_file`."""
    skipped = {number for number, _ in ragged_rows}
    total = frame.height + len(skipped)
    numbers = pl.Series(
        ROW_NUMBER, [n + before for n in range(1, total + 1) if n not in skipped], dtype=pl.Int64
    )
    ragged = pl.DataFrame(
        [(number + before, file, cells) for number, cells in ragged_rows],
        schema=no_ragged_rows().schema,
        orient="row",
    )
    return frame.with_columns(numbers, pl.lit(file).alias(SOURCE_FILE)), ragged


def no_ragged_rows() -> pl.DataFrame:
    """An empty table of rows that did not fit their header: _row, _file, cells."""
    return pl.DataFrame(schema={ROW_NUMBER: pl.Int64, SOURCE_FILE: pl.String, "cells": pl.String})


def _content(path: Path) -> bytes:
    if not path.exists():
        near = (
            sorted(p.name for p in path.parent.glob("*") if p.is_file())[:8] if path.parent.is_dir() else []
        )
        raise InputError(
            found=f"no file {path}." + (f" In that folder are: {', '.join(near)}." if near else ""),
            expected="the path of a calls-for-service export.",
            action="Check the spelling and the folder.",
        )
    if path.is_dir():
        raise InputError(
            found=f"{path} is a folder.",
            expected="the path of a file.",
            action="Name the export file or files in it.",
        )
    content = path.read_bytes()
    if not content:
        raise InputError(
            found=f"the file {path.name} is empty (0 bytes).",
            expected="a header row and at least one call below it.",
            action="Export it again, and check that the export or the download finished.",
        )
    return content


def _unpack(path: Path, content: bytes) -> tuple[Path, bytes]:
    """The name and bytes inside a .gz or a .zip with one member; anything else unchanged."""
    try:
        if content[:2] == b"\x1f\x8b":
            inner = Path(path.stem) if path.suffix.lower() in {".gz", ".gzip"} else Path(path.name)
            return inner, gzip.decompress(content)
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                names = [
                    n for n in archive.namelist() if not n.endswith("/") and not n.startswith("__MACOSX")
                ]
                if len(names) != 1:
                    raise InputError(
                        found=f"{len(names)} files inside {path.name}: {', '.join(sorted(names)[:6])}.",
                        expected="a .zip with exactly one table.",
                        action="Unzip it and name the file or files that hold the calls.",
                    )
                return Path(names[0]), archive.read(names[0])
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise InputError(
            found=f"{path.name} looks compressed but cannot be unpacked ({error}).",
            expected="a complete .gz or .zip file.",
            action="Download or export it again.",
        ) from error
    return path, content


def encoding_of(path: Path, data: bytes) -> str:
    """utf-8-sig, utf-16, utf-8 or cp1252, by byte-order mark, then by what decodes."""
    head = data[:_SNIFF_BYTES]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    control = sum(byte in _BINARY_CONTROL for byte in head)
    if b"\x00" in head or control > len(head) * 0.01:
        raise InputError(
            found=f"{path.name} is not text: its first bytes hold control characters, as programs, pictures or "
            "Excel workbooks do.",
            expected=_KINDS + ".",
            action="Export it as CSV from the program that made it, or give it its right ending (.xlsx, .parquet).",
        )
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252" if not any(byte in data for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)) else "latin-1"
    return "utf-8"


def delimiter_of(text: str, suffix: str) -> str:
    """The delimiter that the header line holds most of, outside quotes; tab for .tsv without a winner."""
    header = text.splitlines()[0] if text.strip() else ""
    bare = "".join(header.split('"')[::2])
    counts = {mark: bare.count(mark) for mark in (",", "\t", ";", "|")}
    best = max(counts, key=lambda mark: counts[mark])
    if counts[best] == 0:
        return "\t" if suffix in {".tsv", ".tab"} else ","
    return best


def rows_of_text(path: Path, text: str, delimiter: str) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """The rows under the header line, and those with too many cells as (number under the header, text)."""
    if "\n" not in text and "\r" in text:
        text = text.replace("\r", "\n")  # polars reads old Mac line ends as one long line
    try:
        frame = pl.read_csv(
            io.BytesIO(text.encode("utf-8")),
            separator=delimiter,
            infer_schema=False,
        )
        if not frame.is_empty():
            return frame, []
    except pl.exceptions.PolarsError:
        pass
    return _delimited_carefully(path, text, delimiter)


def _delimited_carefully(path: Path, text: str, delimiter: str) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Row by row, for files with ragged rows: short rows are filled with blanks, long ones set aside."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise InputError(
            found=f"{path.name} stops being a readable table at line {reader.line_num} ({error}).",
            expected=f"rows of cells separated by {delimiter!r}.",
            action="Open it in a text editor at that line, or export it again.",
        ) from error
    if not rows:
        return pl.DataFrame(), []
    header = unique_names(rows[0])
    kept: list[list[str | None]] = []
    ragged: list[tuple[int, str]] = []
    number = 0
    for row in rows[1:]:
        if not row:
            continue
        number += 1
        if len(row) > len(header):
            ragged.append((number, delimiter.join(row)))
        else:
            kept.append([cell or None for cell in row] + [None] * (len(header) - len(row)))
    frame = pl.DataFrame(kept, schema=dict.fromkeys(header, pl.String), orient="row")
    return frame, ragged


def unique_names(names: list[str]) -> list[str]:
    """Header names made distinct the way polars does, so that a layout may name either."""
    seen: dict[str, int] = {}
    out = []
    for i, name in enumerate(names):
        base = name or f"column_{i + 1}"
        n = seen.get(base, 0)
        seen[base] = n + 1
        out.append(base if n == 0 else f"{base}_duplicated_{n - 1}")
    return out


def _parquet(path: Path, data: bytes) -> pl.DataFrame:
    try:
        return as_text(pl.read_parquet(io.BytesIO(data)))
    except pl.exceptions.PolarsError as error:
        raise InputError(
            found=f"{path.name} cannot be read as Parquet ({str(error).splitlines()[0]}).",
            expected="a complete Parquet file.",
            action="Write it again, or export the calls as CSV.",
        ) from error


def _excel(path: Path, data: bytes) -> pl.DataFrame:
    try:
        # As text: the reader's own guess at dates turns "n/a" into nothing without a word.
        return as_text(pl.read_excel(io.BytesIO(data), infer_schema_length=0))
    except Exception as error:  # the reader raises kinds of its own
        raise InputError(
            found=f"{path.name} cannot be read as an Excel workbook ({str(error).splitlines()[0]}).",
            expected="an .xlsx workbook with the calls on its first sheet, the header in its first row.",
            action="Save it again from Excel, or save that sheet as CSV.",
        ) from error


def _json_lines(path: Path, data: bytes) -> pl.DataFrame:
    try:
        source = io.BytesIO(data)
        frame = (
            pl.read_json(source)
            if data.lstrip()[:1] == b"["
            else pl.read_ndjson(source, infer_schema_length=None)
        )
        return as_text(frame)
    except pl.exceptions.PolarsError as error:
        raise InputError(
            found=f"{path.name} cannot be read as JSON ({str(error).splitlines()[0]}).",
            expected="one JSON object per line, or one list of objects, each a call.",
            action="Export the calls as CSV, or as JSON lines.",
        ) from error


def as_text(frame: Frame) -> Frame:
    """Every column as String; typed time stamps in ISO form."""

    def text(name: str, dtype: pl.DataType) -> pl.Expr:
        column = pl.col(name)
        if isinstance(dtype, pl.Datetime):
            return column.dt.to_string("%Y-%m-%dT%H:%M:%S" + ("%z" if dtype.time_zone else ""))
        if isinstance(dtype, pl.List | pl.Struct | pl.Array):
            return column.map_elements(str, return_dtype=pl.String)
        return column.cast(pl.String)

    return frame.select(text(name, dtype) for name, dtype in frame.collect_schema().items())
