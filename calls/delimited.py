"""The rows of delimited text as a table, each accounted for: kept, or set aside with its reason.

Where a row ends is found on the bytes, quotes minded, so that rows that do not fit their header are known before
the table is made: short ones are filled and counted, long ones set aside. Nothing is cut to fit.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from calls.quoting import rows_leniently
from calls.row_kinds import Aside, header_or_total

_EXTRA: Final = 32
_QUOTE, _LINE, _BLANK = 34, 10, 32
NUMBER: Final = "_row"


@dataclass(frozen=True)
class TextRows:
    """Rows of one text: `frame` with `_row` (1 = its first row), rows set aside, faults by name, rows in all."""

    frame: pl.DataFrame
    aside: list[Aside]
    faults: dict[str, int]
    rows: int


@dataclass(frozen=True)
class _Scan:
    in_order: bool
    starts: np.ndarray
    ends: np.ndarray
    cells: np.ndarray


def rows_of_text(text: str, delimiter: str, names: list[str], header: tuple[str, ...]) -> TextRows:
    """The rows of the text under a header. `names` are the columns' distinct names, `header` as it is written.

    Line ends are \\n. Blank lines at the end are no rows; those between rows are set aside as blank_row.
    """
    faults: dict[str, int] = {}
    if "\0" in text:
        faults["nul_characters"] = sum("\0" in line for line in text.split("\n"))
        text = text.replace("\0", "")
    text = text.rstrip("\n")
    if not text.strip(" \n"):
        return TextRows(
            pl.DataFrame(schema=dict.fromkeys([*names, NUMBER], pl.String)).with_columns(
                pl.col(NUMBER).cast(pl.Int64)
            ),
            [],
            faults,
            0,
        )
    data = text.encode("utf-8", "replace") + b"\n"
    scan = _scan(data, delimiter)
    if not scan.in_order:
        data, faults["stray_quote"] = _put_in_order(text, delimiter, len(names))
        scan = _scan(data, delimiter)
    width, rows = len(names), len(scan.ends)
    blank = np.zeros(rows, dtype=bool)
    for i in np.flatnonzero(scan.cells == 1):
        blank[i] = not data[scan.starts[i] : scan.ends[i]].strip(b" ")
    too_wide = scan.cells > width + _EXTRA
    aside = [(int(i) + 1, "", "blank_row") for i in np.flatnonzero(blank)]
    for i in np.flatnonzero(too_wide):
        aside.append((int(i) + 1, data[scan.starts[i] : scan.ends[i]].decode(), "ragged_row"))
    keep = ~(blank | too_wide)
    frame = _table(data, scan, keep, delimiter, width)
    cells = scan.cells[keep]
    frame = frame.with_columns(
        pl.Series(NUMBER, np.flatnonzero(keep) + 1, dtype=pl.Int64),
        pl.Series("_cells", cells, dtype=pl.Int64),
    )
    own = frame.columns[:width]
    extra = frame.columns[width:-2]
    if extra:
        over = pl.any_horizontal((pl.col(c).str.strip_chars() != "").fill_null(False) for c in extra)
        joined = pl.concat_str([pl.col(c).fill_null("") for c in (*own, *extra)], separator=delimiter)
        long = frame.filter(over).select(NUMBER, joined.str.strip_chars_end(delimiter))
        aside += [(number, text, "ragged_row") for number, text in long.iter_rows()]
        frame = frame.filter(~over).drop(extra)
    frame = frame.rename(dict(zip(own, names, strict=True)))
    frame, apart = header_or_total(frame, names, header)
    aside += apart
    if short := int((frame["_cells"] < width).sum()):
        faults["short_row"] = short
    if over_long := int((frame["_cells"] > width).sum()):
        faults["extra_blank_cells"] = over_long
    return TextRows(frame.drop("_cells"), sorted(aside), faults, rows)


def last_row_end(text: str, delimiter: str, width: int) -> int:
    """Where the last whole row of a text ends, blank lines after it left out; 0 if nowhere."""
    if '"' not in text:
        end = text.rfind("\n") + 1
    else:
        data = text.encode("utf-8", "replace")
        scan = _scan(data, delimiter)
        if scan.in_order or (len(scan.ends) and _scan(data[: scan.ends[-1] + 1], delimiter).in_order):
            end = len(data[: scan.ends[-1] + 1].decode("utf-8", "replace")) if len(scan.ends) else 0
        else:
            end = position = 0
            for row in rows_leniently(lines := text.split("\n")[:-1], delimiter, width):
                if not row.complete:
                    break
                position += row.lines
            end = sum(len(line) + 1 for line in lines[:position])
    while end > 1 and text[end - 2 : end] == "\n\n":
        end -= 1
    return 0 if text[:end] == "\n" else end


def _scan(data: bytes, delimiter: str) -> _Scan:
    """Where rows start and end and how many cells each has; `in_order` where every quote is where it belongs."""
    a = np.frombuffer(data, dtype=np.uint8)
    lines, marks = a == _LINE, a == ord(delimiter)
    in_order = True
    if b'"' in data:
        quotes = a == _QUOTE
        inside = np.bitwise_xor.accumulate(quotes.view(np.uint8)).astype(bool)
        edge = lines | marks | quotes
        opening, closing = quotes & inside, quotes & ~inside
        before = np.concatenate(([True], edge[:-1]))
        after = np.concatenate((edge[1:], [True]))
        in_order = not (inside[-1] or (opening & ~before).any() or (closing & ~after).any())
        lines, marks = lines & ~inside, marks & ~inside
    ends = np.flatnonzero(lines)
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    up_to = np.searchsorted(np.flatnonzero(marks), ends)
    return _Scan(in_order, starts, ends, np.diff(up_to, prepend=0) + 1)


def _put_in_order(text: str, delimiter: str, width: int) -> tuple[bytes, int]:
    """The same rows with every quote where it belongs, and how many had a stray one."""
    out, stray = [], 0
    for row in rows_leniently(text.split("\n"), delimiter, width):
        stray += row.stray
        out.append(delimiter.join(_quoted(cell, delimiter) for cell in row.cells))
    return ("\n".join(out) + "\n").encode("utf-8", "replace"), stray


def _quoted(cell: str, delimiter: str) -> str:
    if '"' in cell or delimiter in cell or "\n" in cell:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _table(data: bytes, scan: _Scan, keep: np.ndarray, delimiter: str, width: int) -> pl.DataFrame:
    if not keep.all():
        lengths = scan.ends - scan.starts + 1
        data = np.frombuffer(data, dtype=np.uint8)[np.repeat(keep, lengths)].tobytes()
    widest = max(width, int(scan.cells[keep].max(initial=1)))
    names = [f"_{i}" for i in range(widest)]
    if not data:
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    # A first line of our own, because the number of columns is taken from it.
    first = delimiter.join(names).encode() + b"\n"
    frame = pl.read_csv(io.BytesIO(first + data), separator=delimiter, infer_schema=False)
    if frame.height != int(keep.sum()) or frame.width != widest:
        raise AssertionError(f"{int(keep.sum())} rows should be read, {frame.height} are")
    return frame
