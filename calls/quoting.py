"""Rows of delimited text where quotes may stray: 5'10" in a bare cell, a quote that nobody closed.

A quote opens a cell only at the cell's start and closes it only at its end. Where a file breaks that rule, the
row is read in the one way that gives the usual number of cells, so that one quote never swallows further rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_MOST_LINES: Final = 100


@dataclass(frozen=True)
class LenientRow:
    """Cells of one row, the text lines it takes, whether a quote strayed, and whether its end was seen."""

    cells: list[str]
    lines: int
    stray: bool = False
    complete: bool = True


def rows_leniently(
    lines: Sequence[str], delimiter: str, width: int | None, *, most_rows: int | None = None
) -> Iterator[LenientRow]:
    """The rows of text lines. `width`, where known, decides between two readings of a stray quote."""
    at = rows = 0
    while at < len(lines) and (most_rows is None or rows < most_rows):
        row = _row_at(lines, at, delimiter, width)
        yield row
        at += row.lines
        rows += 1


def _row_at(lines: Sequence[str], at: int, delimiter: str, width: int | None) -> LenientRow:
    line = lines[at]
    if '"' not in line:
        return LenientRow(line.split(delimiter), 1)
    if not _patterns(delimiter)[-1].search(line):  # no cell begins with a quote: all of them are letters
        return LenientRow(line.split(delimiter), 1, True)
    cells, state = _cells(line, delimiter)
    if state == "open":
        joined = line
        last = min(len(lines), at + _MOST_LINES)
        for n in range(at + 1, last):
            joined += "\n" + lines[n]
            if '"' in lines[n]:
                several, ends = _cells(joined, delimiter)
                if ends == "open":
                    continue
                if ends == "closed" and _fits(several, width):
                    return LenientRow(several, n - at + 1)
                break
        else:
            # The text ends inside the cell: more of the file may close it.
            unseen = last == len(lines)
            return LenientRow(_literal(line, delimiter, width), 1, True, not unseen)
    elif state == "closed":
        return LenientRow(cells, 1)
    return LenientRow(_literal(line, delimiter, width), 1, True)


def _fits(cells: list[str], width: int | None) -> bool:
    return width is None or len(cells) == width or (len(cells) > width and not any(cells[width:]))


def _literal(line: str, delimiter: str, width: int | None) -> list[str]:
    """The cells of one line whose quotes are not in order: the reading that gives the usual number of cells."""
    readings = [_cells(line, delimiter, how)[0] for how in (None, "next", "last")]
    return next((cells for cells in readings if _fits(cells, width)), readings[0])


@lru_cache(maxsize=8)
def _patterns(delimiter: str) -> tuple[re.Pattern[str], ...]:
    d = re.escape(delimiter)
    return (
        re.compile(rf' *"((?:[^"]|"")*)" *(?={d}|\Z)'),
        re.compile(r' *"(?:[^"]|"")*\Z'),
        re.compile(rf' *"(.*?)"(?={d}|\Z)', re.DOTALL),
        re.compile(rf' *"(.*)"(?={d}|\Z)', re.DOTALL),
        re.compile(rf'(?:\A|{d}) *"'),
    )


def _cells(line: str, delimiter: str, loosely: str | None = None) -> tuple[list[str], str]:
    """The cells, and "closed" where all quotes are in order, "stray" where not, "open" where the last never ends.

    `loosely` ends a cell that begins with a quote at the "next" or the "last" quote before a delimiter, whatever
    lies between; otherwise a cell whose quotes are not in order ends at the next delimiter.
    """
    proper, open_ended, to_next, to_last, _ = _patterns(delimiter)
    cells: list[str] = []
    state, at = "closed", 0
    while True:
        found = None
        if line[at : at + 64].lstrip(" ").startswith('"'):
            found = proper.match(line, at)
            if found is None:
                state = "open" if open_ended.match(line, at) else "stray"
                if loosely:
                    found = (to_next if loosely == "next" else to_last).match(line, at)
        if found is not None:
            cells.append(found[1].replace('""', '"'))
            end = found.end()
        else:
            end = line.find(delimiter, at)
            end = len(line) if end < 0 else end
            cell = line[at:end]
            if '"' in cell and state == "closed":
                state = "stray"
            cells.append(cell)
        if end >= len(line):
            return cells, state
        at = end + len(delimiter)
