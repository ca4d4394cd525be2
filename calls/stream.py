"""Files larger than memory: the same raw text rows as `read`, in batches, each row numbered as in its file.

A large file is looked at once from end to end (its hash, its encoding), brought into UTF-8 beside the results
where it is not, and then handed out batch by batch. Parquet comes as it is. A row with more cells than the
header is set aside as in `read`: then the file is rewritten once without such rows, and they are counted.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import polars as pl

from calls.read import (
    ROW_NUMBER,
    SOURCE_FILE,
    RawTable,
    as_text,
    delimiter_of,
    encoding_of,
    no_ragged_rows,
    unique_names,
)

# Above these sizes on disk a file is streamed; below, it is read at once, which is quicker.
TEXT_BYTES: Final = 200 * 1024**2
PACKED_BYTES: Final = 30 * 1024**2
_BATCH_ROWS: Final = 250_000
_SAMPLE_ROWS: Final = 100_000
_CHUNK: Final = 1 << 22
_FORBIDDEN_IN_CP1252: Final = (0x81, 0x8D, 0x8F, 0x90, 0x9D)


@dataclass(frozen=True)
class RawStream:
    """A large file. `sample` is its first rows as a RawTable; `batches` yields all rows, again on each call."""

    sample: RawTable
    scan: pl.LazyFrame
    ragged: pl.DataFrame
    rows_read: int
    bytes_on_disk: int

    @property
    def path(self) -> Path:
        """The file."""
        return self.sample.path

    @property
    def sha256(self) -> str:
        """Hash of the file as it is on disk."""
        return self.sample.sha256

    def batches(self) -> Iterator[pl.DataFrame]:
        """All rows in file order, as String columns with `_row` and `_file`."""
        yield from self.scan.collect_batches(chunk_size=_BATCH_ROWS)


def is_large(path: Path) -> bool:
    """Whether a file is streamed rather than read at once; False for what does not exist."""
    if not path.is_file():
        return False
    packed = path.suffix.lower() in {".gz", ".gzip", ".parquet", ".pq"}
    text = path.suffix.lower() in {".csv", ".tsv", ".txt", ".tab"}
    return (packed and path.stat().st_size > PACKED_BYTES) or (text and path.stat().st_size > TEXT_BYTES)


def open_stream(path: Path, workspace: Path) -> RawStream:
    """Open a large CSV, TSV (also gzipped) or Parquet file; scratch copies go to the folder `workspace`."""
    if path.suffix.lower() in {".parquet", ".pq"}:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        scan = as_text(pl.scan_parquet(path))
        return _stream(path, digest, scan, no_ragged_rows(), "", "")
    digest, encoding, head = _look_through(path)
    delimiter = delimiter_of(head, Path(path.stem if _is_gzip(path) else path.name).suffix.lower())
    source = path
    if encoding != "utf-8" or _is_gzip(path) or ("\n" not in head and "\r" in head):
        source = workspace / f"{digest[:16]}.csv"
        _transcode(path, source, encoding)
    try:
        # Reads every cell once: a row that does not fit its header shows itself here, before any work is done.
        _scan(source, delimiter).select(pl.all().count()).collect()
    except pl.exceptions.PolarsError:
        plain = workspace / f"{digest[:16]}-plain.csv"
        ragged = _without_ragged_rows(source, plain, delimiter, path.name)
        scan = pl.scan_csv(plain, infer_schema=False).with_columns(pl.col(ROW_NUMBER).cast(pl.Int64))
        return _stream(path, digest, scan, ragged, encoding, delimiter)
    return _stream(path, digest, _scan(source, delimiter), no_ragged_rows(), encoding, delimiter)


def _scan(source: Path, delimiter: str) -> pl.LazyFrame:
    return pl.scan_csv(source, separator=delimiter, infer_schema=False)


def _stream(
    path: Path, digest: str, scan: pl.LazyFrame, ragged: pl.DataFrame, encoding: str, delimiter: str
) -> RawStream:
    if ROW_NUMBER not in scan.collect_schema():
        scan = scan.with_row_index(ROW_NUMBER, offset=1).with_columns(pl.col(ROW_NUMBER).cast(pl.Int64))
    scan = scan.with_columns(pl.lit(path.name).alias(SOURCE_FILE))
    sample = RawTable(scan.head(_SAMPLE_ROWS).collect(), no_ragged_rows(), path, digest, encoding, delimiter)
    rows = scan.select(pl.len()).collect().item() + ragged.height
    return RawStream(sample, scan, ragged, rows, path.stat().st_size)


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if _is_gzip(path) else path.open("rb")  # type: ignore[return-value]


def _look_through(path: Path) -> tuple[str, str, str]:
    """sha256 of the file as it is, its encoding, and its first characters."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, forbidden, first = True, False, b""
    with _open(path) as file:
        while chunk := file.read(_CHUNK):
            first = first or chunk
            if is_utf8:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
            forbidden = forbidden or any(byte in chunk for byte in _FORBIDDEN_IN_CP1252)
    encoding = encoding_of(path, first[: 1 << 16].rpartition(b"\n")[0] or first[: 1 << 16])
    if encoding != "utf-16":
        encoding = "utf-8" if is_utf8 else "latin-1" if forbidden else "cp1252"
    return digest, encoding, first.decode(encoding, errors="replace").lstrip("\ufeff")[: 1 << 16]


def _transcode(path: Path, target: Path, encoding: str) -> None:
    """The file as UTF-8 with Unix line ends."""
    decoder = codecs.getincrementaldecoder(encoding)()
    newlines = codecs.lookup("utf-8")
    with _open(path) as source, target.open("w", encoding=newlines.name, newline="") as out:
        pending = ""
        while chunk := source.read(_CHUNK):
            text = pending + decoder.decode(chunk)
            # A chunk may end between \r and \n.
            pending = "\r" if text.endswith("\r") else ""
            out.write(text.removesuffix(pending).replace("\r\n", "\n").replace("\r", "\n"))
        out.write("\n" if pending else "")


def _without_ragged_rows(source: Path, target: Path, delimiter: str, name: str) -> pl.DataFrame:
    """Write the rows that fit the header, numbered, to `target`; return the others."""
    csv.field_size_limit(sys.maxsize)
    ragged: list[tuple[int, str, str]] = []
    with (
        source.open(encoding="utf-8-sig", newline="") as file,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        reader, writer = csv.reader(file, delimiter=delimiter), csv.writer(out)
        header = unique_names(next(reader))
        writer.writerow([ROW_NUMBER, *header])
        number = 0
        for row in reader:
            if not row:
                continue
            number += 1
            if len(row) > len(header):
                ragged.append((number, name, delimiter.join(row)))
            else:
                writer.writerow([number, *row, *[""] * (len(header) - len(row))])
    return pl.DataFrame(ragged, schema=no_ragged_rows().schema, orient="row")
