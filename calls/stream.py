"""Files larger than memory: the same raw text rows as `read`, in batches, each row numbered as in its file.

A large text file is looked through once (its hash, its encoding) and then read in pieces that end where a row
ends, by the same function as a small file. Parquet is read in slices.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import polars as pl

from call_codes.errors import InputError
from calls.dialect import FORBIDDEN_IN_CP1252, HEAD_BYTES, find_head, head_text, wide_encoding
from calls.pieces import tables_of_text
from calls.raw_table import ROW_NUMBER, RawTable, as_text, of_file

# Above these sizes on disk a file is streamed; below, it is read at once, which is quicker.
TEXT_BYTES: Final = 200 * 1024**2
PACKED_BYTES: Final = 30 * 1024**2
PIECE_BYTES: Final = 16 * 1024**2
_SLICE_ROWS: Final = 200_000
_PARQUET: Final = frozenset({".parquet", ".pq"})
_GZIP: Final = frozenset({".gz", ".gzip"})
_TEXT: Final = frozenset({".csv", ".tsv", ".txt", ".tab"})


@dataclass(frozen=True)
class RawStream:
    """A large file: `sample` is its first piece; `tables` yields all of it, piece by piece, again on each call."""

    sample: RawTable
    tables: Callable[[], Iterator[RawTable]]
    bytes_on_disk: int

    @property
    def path(self) -> Path:
        """The file."""
        return self.sample.path

    @property
    def sha256(self) -> str:
        """Hash of the file as it is on disk."""
        return self.sample.sha256


def is_large(path: Path) -> bool:
    """Whether a file is streamed rather than read at once; False for what does not exist."""
    if not path.is_file():
        return False
    suffix, size = path.suffix.lower(), path.stat().st_size
    if suffix in _GZIP and Path(path.stem).suffix.lower() not in _TEXT:
        return False
    return (suffix in _PARQUET | _GZIP and size > PACKED_BYTES) or (suffix in _TEXT and size > TEXT_BYTES)


def open_stream(path: Path) -> RawStream:
    """Open a large CSV or TSV (also gzipped) or Parquet file. Raises InputError for what is no text."""
    if path.suffix.lower() in _PARQUET:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()

        def tables() -> Iterator[RawTable]:
            return _parquet_tables(path, digest)
    else:
        digest, encoding, first = _look_through(path)
        suffix = Path(path.stem if path.suffix.lower() in _GZIP else path.name).suffix.lower()
        head = find_head(head_text(first, encoding), suffix)

        def tables() -> Iterator[RawTable]:
            return tables_of_text(path, _chunks(path), encoding, head, digest, path.name)

    return RawStream(next(tables()), tables, path.stat().st_size)


def _parquet_tables(path: Path, digest: str) -> Iterator[RawTable]:
    try:
        scan = pl.scan_parquet(path)
        rows = scan.select(pl.len()).collect().item()
        for start in range(0, max(rows, 1), _SLICE_ROWS):
            frame = as_text(scan.slice(start, _SLICE_ROWS)).collect()
            frame = frame.with_columns(pl.Series(ROW_NUMBER, range(1, frame.height + 1), dtype=pl.Int64))
            frame, ragged = of_file(frame, [], path.name, start)
            yield RawTable(frame, ragged, path, digest, "", "")
    except pl.exceptions.PolarsError as error:
        raise InputError(
            found=f"{path.name} cannot be read as Parquet ({str(error).splitlines()[0]}).",
            expected="a complete Parquet file.",
            action="Write it again, or export the calls as CSV.",
        ) from error


def _chunks(path: Path) -> Iterator[bytes]:
    with _unpacking(path) as file:
        while chunk := file.read(PIECE_BYTES):
            yield chunk


@contextmanager
def _unpacking(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked. Raises InputError where the packed file is broken."""
    packed = path.suffix.lower() in _GZIP
    try:
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            yield file  # type: ignore[misc]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            found=f"{path.name} looks compressed but cannot be unpacked ({error}).",
            expected="a complete .gz file.",
            action="Download or export it again.",
        ) from error


def _look_through(path: Path) -> tuple[str, str, bytes]:
    """sha256 of the file as it is, its encoding, and its first bytes."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with _unpacking(path) as file:
        first = file.read(HEAD_BYTES + 1)
    wide = wide_encoding(path, first)
    if wide:
        return digest, wide, first
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, forbidden = True, False
    for chunk in _chunks(path):
        if is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
        forbidden = forbidden or any(byte in chunk for byte in FORBIDDEN_IN_CP1252)
    return digest, "utf-8" if is_utf8 else "latin-1" if forbidden else "cp1252", first
