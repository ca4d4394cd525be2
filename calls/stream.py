"""Files larger than memory: the same raw text rows as `read`, in batches, each row numbered as in its file.

A large text file is looked through once (its hash, its encoding) and then read in pieces that end where a row
ends, a line break inside quotes not counting as one. Each piece goes through the same function as a small
file, so that encodings, delimiters and ragged rows are treated alike. Parquet is read in slices.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Final

import polars as pl

from calls.read import (
    RawTable,
    as_text,
    delimiter_of,
    encoding_of,
    numbered,
    rows_of_text,
)

# Above these sizes on disk a file is streamed; below, it is read at once, which is quicker.
TEXT_BYTES: Final = 200 * 1024**2
PACKED_BYTES: Final = 30 * 1024**2
PIECE_BYTES: Final = 16 * 1024**2
_SLICE_ROWS: Final = 200_000
_FORBIDDEN_IN_CP1252: Final = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
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
    return (suffix in _PARQUET | _GZIP and size > PACKED_BYTES) or (suffix in _TEXT and size > TEXT_BYTES)


def open_stream(path: Path) -> RawStream:
    """Open a large CSV or TSV (also gzipped) or Parquet file. Raises InputError for what is no text."""
    if path.suffix.lower() in _PARQUET:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()

        def tables() -> Iterator[RawTable]:
            return _parquet_tables(path, digest)
    else:
        digest, encoding, head = _look_through(path)
        suffix = Path(path.stem if path.suffix.lower() in _GZIP else path.name).suffix.lower()
        delimiter = delimiter_of(head, suffix)

        def tables() -> Iterator[RawTable]:
            return _text_tables(path, digest, encoding, delimiter)

    return RawStream(next(tables()), tables, path.stat().st_size)


def _parquet_tables(path: Path, digest: str) -> Iterator[RawTable]:
    scan = pl.scan_parquet(path)
    rows = scan.select(pl.len()).collect().item()
    for start in range(0, max(rows, 1), _SLICE_ROWS):
        frame, ragged = numbered(as_text(scan.slice(start, _SLICE_ROWS)).collect(), [], path.name, start)
        yield RawTable(frame, ragged, path, digest, "", "")


def _text_tables(path: Path, digest: str, encoding: str, delimiter: str) -> Iterator[RawTable]:
    pieces = _pieces(path, encoding)
    first = next(pieces)
    header, rest = _cut_after_header(first)
    before = 0
    for piece in chain([rest], pieces):
        frame, too_long = rows_of_text(path, header + piece, delimiter)
        frame, ragged = numbered(frame, too_long, path.name, before)
        before += frame.height + ragged.height
        yield RawTable(frame, ragged, path, digest, encoding, delimiter)


def _pieces(path: Path, encoding: str) -> Iterator[str]:
    """The text in pieces of about PIECE_BYTES, each of whole rows, with Unix line ends."""
    decoder = codecs.getincrementaldecoder(encoding)()
    pending = ""
    first = True
    with _open(path) as file:
        while chunk := file.read(PIECE_BYTES):
            text = decoder.decode(chunk)
            if first:
                text, first = text.lstrip("\ufeff"), False
            pending += text
            # A chunk may end between the two characters of a Windows line end.
            held_back = "\r" if pending.endswith("\r") else ""
            pending = pending.removesuffix(held_back).replace("\r\n", "\n").replace("\r", "\n")
            end = _last_row_end(pending)
            if end:
                yield pending[:end]
                pending = pending[end:]
            pending += held_back
    pending = pending.replace("\r\n", "\n").replace("\r", "\n")
    if pending.strip():
        yield pending


def _last_row_end(text: str) -> int:
    """Where the last whole row ends: after a line break with an even number of quotes before it; 0 if nowhere."""
    quotes = text.count('"')
    end = len(text)
    while (at := text.rfind("\n", 0, end)) >= 0:
        quotes -= text.count('"', at, end)
        if quotes % 2 == 0:
            return at + 1
        end = at
    return 0


def _cut_after_header(text: str) -> tuple[str, str]:
    """The first row with its line break, and what follows."""
    quotes = position = 0
    while (at := text.find("\n", position)) >= 0:
        quotes += text.count('"', position, at)
        if quotes % 2 == 0:
            return text[: at + 1], text[at + 1 :]
        position = at + 1
    return text, ""


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix.lower() in _GZIP else path.open("rb")  # type: ignore[return-value]


def _look_through(path: Path) -> tuple[str, str, str]:
    """sha256 of the file as it is, its encoding, and its first characters."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, forbidden, first = True, False, b""
    with _open(path) as file:
        while chunk := file.read(PIECE_BYTES):
            first = first or chunk[: 1 << 16]
            if is_utf8:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
            forbidden = forbidden or any(byte in chunk for byte in _FORBIDDEN_IN_CP1252)
    # Cut at a line end, so that no letter of several bytes is cut in two.
    encoding = encoding_of(path, first.rpartition(b"\n")[0] or first)
    if encoding != "utf-16":
        encoding = "utf-8" if is_utf8 else "latin-1" if forbidden else "cp1252"
    return digest, encoding, first.decode(encoding, errors="replace").lstrip("\ufeff")
