"""A text file as tables of whole rows, piece by piece, each row numbered as in the file.

Small files and files larger than memory take this one way, so that encodings, delimiters, titles above the
header and ragged rows are treated alike, and memory never holds more than a piece beside the result.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from pathlib import Path

from call_codes.errors import InputError
from calls.delimited import last_row_end, rows_of_text
from calls.dialect import Head, unique_names, unix_lines
from calls.file_faults import FileFault, header_faults
from calls.raw_table import RawTable, of_file
from calls.row_kinds import Aside


def tables_of_text(
    path: Path, chunks: Iterable[bytes], encoding: str, head: Head, digest: str, label: str
) -> Iterator[RawTable]:
    """The rows under the header, at least one table, possibly without rows. `label` becomes `_file`.

    Raises InputError where the bytes are not what the encoding says.
    """
    names, before = unique_names(head.header), 0
    first = len(head.preamble)
    preamble: list[Aside] = [(i + 1 - first, line, "preamble_line") for i, line in enumerate(head.preamble)]
    file_level = tuple(header_faults(head.header))
    for text in _pieces(path, chunks, encoding, head, len(names)):
        rows = rows_of_text(text, head.delimiter, names, head.header)
        aside = [(number - before, line, reason) for number, line, reason in preamble] + rows.aside
        frame, ragged = of_file(rows.frame, aside, label, before)
        faults = (*file_level, *(FileFault(name, count) for name, count in rows.faults.items()))
        before += rows.rows
        preamble, file_level = [], ()
        yield RawTable(frame, ragged, path, digest, encoding, head.delimiter, faults)


def _pieces(path: Path, chunks: Iterable[bytes], encoding: str, head: Head, width: int) -> Iterator[str]:
    """The text below the header in pieces of whole rows, one for each chunk or so, with line ends as \\n."""
    decoder = codecs.getincrementaldecoder(encoding)()
    pending, skip, start, none_yet = "", head.length, True, True
    try:
        for chunk in chunks:
            text = decoder.decode(chunk)
            if start and text:
                text, start = text.removeprefix("\ufeff"), False
            pending += text
            # A chunk may end between the two characters of a Windows line end.
            held_back = "\r" if pending.endswith("\r") else ""
            pending = unix_lines(pending.removesuffix(held_back))
            if skip and len(pending) >= skip:
                pending, skip = pending[skip:], 0
            end = 0 if skip else last_row_end(pending, head.delimiter, width)
            if end:
                yield pending[:end]
                none_yet = False
                pending = pending[end:]
            pending += held_back
        pending = unix_lines(pending + decoder.decode(b"", final=True))[skip:]
    except UnicodeDecodeError as error:
        raise InputError(
            found=f"{path.name} begins as {encoding} text, and does not go on as such ({error.reason}).",
            expected="one encoding from the first to the last byte.",
            action="Export or download it again, as UTF-8 if you can choose.",
        ) from error
    if none_yet or pending.strip("\n "):
        yield pending
