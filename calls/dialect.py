"""How a text export is written: its encoding, its delimiter, the lines above its header, and the header.

Exports are written by many programs and opened by more: a title above the header, Excel's "sep=;", a header
with a blank name. All of it is settled from the file's first part, so that a file of any size is read alike.
"""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from call_codes.errors import InputError
from calls.quoting import rows_leniently
from calls.row_kinds import OUR_OWN

KINDS: Final = "CSV, TSV, Excel (.xlsx, .xls, .ods), Parquet or JSON, also gzipped (.gz) or in a .zip"
HEAD_BYTES: Final = 1 << 16
DELIMITERS: Final = (",", "\t", ";", "|")
_BINARY_CONTROL: Final = frozenset(range(1, 32)) - {9, 10, 12, 13, 26, 27}
FORBIDDEN_IN_CP1252: Final = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEP_LINE: Final = re.compile(r'^"?sep=(.)"?$', re.IGNORECASE)
_VALUE: Final = re.compile(r"^[\s$#(+-]*\d")
_LOOKED_AT: Final = 60
_MOST_PREAMBLE: Final = 30


@dataclass(frozen=True)
class Head:
    """A text file's dress: `preamble` are the lines above the header, `length` counts characters up to the body."""

    delimiter: str
    preamble: tuple[str, ...]
    header: tuple[str, ...]
    length: int


def wide_encoding(path: Path, head: bytes) -> str | None:
    """utf-16 or utf-32 (also without a byte-order mark), None for one byte a letter. InputError for no text."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    head = head[:HEAD_BYTES]
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = max(len(head) // 2, 1)
    # Letters of the Latin alphabet have a zero for every other byte.
    if len(head) >= 8 and min(even, odd) <= 0.05 * half and max(even, odd) >= 0.6 * half:
        return "utf-16-le" if odd > even else "utf-16-be"
    control = sum(head.count(byte) for byte in _BINARY_CONTROL)
    if (even + odd) > 0.05 * len(head) or control > 0.01 * len(head):
        raise InputError(
            found=f"{path.name} is not text: its first bytes hold control characters, as programs, pictures or "
            "Excel workbooks do.",
            expected=KINDS + ".",
            action="Export it as CSV from the program that made it, or give it its right ending (.xlsx, .parquet).",
        )
    return None


def encoding_of(path: Path, data: bytes) -> str:
    """The encoding by byte-order mark, then by what decodes: utf-8, else Windows cp1252, else latin-1."""
    wide = wide_encoding(path, data[:HEAD_BYTES])
    if wide:
        return wide
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1" if any(byte in data for byte in FORBIDDEN_IN_CP1252) else "cp1252"
    return "utf-8"


def unix_lines(text: str) -> str:
    """Every line end as one \\n, so that mixed and old Mac line ends are rows like any other.

    Within quotes too: a cell's own carriage return becomes \\n. One that a writer left in a cell without quotes
    ends the row there, as nothing tells it from an old Mac line end; the row's halves are counted as short rows.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def head_text(data: bytes, encoding: str) -> str:
    """The first part of a file as text of whole lines, for `find_head`."""
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(data[:HEAD_BYTES])
    text = unix_lines(text.lstrip("\ufeff").replace("\0", ""))
    whole = text.rfind("\n") + 1
    return text[:whole] if whole and len(data) > HEAD_BYTES else text


def find_head(text: str, suffix: str) -> Head:
    """Delimiter, preamble and header, from the first lines of a text (line ends as \\n, no byte-order mark)."""
    lines = text.split("\n")
    first = next((line for line in lines if line.strip(" ")), "")
    declared = _SEP_LINE.match(first.strip())
    best: tuple[float, Head] | None = None
    for delimiter in (declared[1],) if declared else DELIMITERS:
        rows = list(rows_leniently(lines, delimiter, None, most_rows=_LOOKED_AT))
        cells = [row.cells for row in rows]
        at = header_at([[] if declared and _SEP_LINE.match(",".join(c).strip()) else c for c in cells])
        if at >= len(rows):
            continue
        before = sum(row.lines for row in rows[:at])
        length = sum(len(line) + 1 for line in lines[: before + rows[at].lines])
        head = Head(delimiter, tuple(lines[:before]), tuple(cells[at]), min(length, len(text)))
        width = len(cells[at])
        following = [row for row in rows[at + 1 :] if any(cell.strip() for cell in row.cells)]
        fitting = sum(len(row.cells) == width and not row.stray for row in following) / max(len(following), 1)
        # A wrong delimiter cuts through quotes, and takes a row for the header that has more of it by chance.
        doubt = (0.1 if rows[at].stray else 1.0) * (0.5 if head.preamble else 1.0)
        score = (width - 1) * (0.3 + fitting) * doubt
        if best is None or score > best[0]:
            best = (score, head)
    if best is None:
        return Head(",", (), (), 0)
    if best[0] == 0 and suffix in {".tsv", ".tab"}:
        return Head("\t", best[1].preamble, best[1].header, best[1].length)
    return best[1]


def header_at(rows: Sequence[Sequence[str]]) -> int:
    """Which of the first rows is the header: the first of the usual width that holds names and few values.

    The first row with anything in it where none is better; len(rows) where all rows are blank.
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    first = next((i for i, n in enumerate(filled) if n), len(rows))
    widths = Counter(len(row) for row, n in zip(rows, filled, strict=True) if n > 1)
    if not widths:
        return first
    # A title may have more lines than a short table has rows, and one row may be far too wide.
    usual = max(widths, key=lambda width: (widths[width] * math.log2(width + 1), width))
    for i in range(first, min(len(rows), first + _MOST_PREAMBLE)):
        row = rows[i]
        below = [r for r, n in zip(rows[i + 1 :], filled[i + 1 :], strict=True) if n]
        ended_by_delimiter = len(row) == usual - 1 and all(
            len(r) < usual or not r[usual - 1].strip() for r in below
        )
        wide_enough = len(row) >= usual or ended_by_delimiter
        names = sum(bool(cell.strip()) and not _VALUE.match(cell) for cell in row)
        followed = not below or sum(len(r) >= min(usual, len(row)) for r in below) >= 0.5 * len(below)
        if (
            wide_enough
            and names >= max(2, 0.5 * usual)
            and names >= 0.7 * filled[i]
            and (followed or i == first)
        ):
            return i
    return first


def unique_names(names: Sequence[str]) -> list[str]:
    """Header names made distinct: "Type" and "Type_duplicated_0"; a blank name becomes "column_3"."""
    taken = {name for name in names if name.strip()}
    seen: Counter[str] = Counter()
    out: list[str] = []
    for i, name in enumerate(names):
        base = name if name.strip() else f"column_{i + 1}"
        base = f"{base}_" if base in OUR_OWN else base
        distinct = base
        while distinct in out or (distinct != base and distinct in taken):
            distinct = f"{base}_duplicated_{seen[base]}"
            seen[base] += 1
        out.append(distinct)
    return out
