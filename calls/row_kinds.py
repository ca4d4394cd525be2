"""Rows of an export that are no calls by their very look: the header again, a total, a note of the program.

They are set aside under a reason of the ledger, never dropped, so that the count of rows still adds up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

# Number of the row, its cells as one text, and the ledger's reason.
Aside = tuple[int, str, str]

# Names of columns that steps of reading and cleaning put beside an export's own.
OUR_OWN: Final = frozenset(
    {"_row", "_file", "_cells", "_at", "_again", "_total", "_part", "_first", "_reason"}
)
_SEPARATOR: Final = " | "
_TOTAL: Final = (
    r"(?i)^\W*((grand|sub|report|overall)[\s-]*)?totals?\b|^\W*(report\s+)?(generated|printed|exported|run\s+date)\b"
    r"|^\W*report\s+(date|run|time|end|created|parameters|criteria)\b|^\W*(end\s+of\s+(report|file|data))\b"
    r"|^\W*page\s+\d+(\s+of\s+\d+)?\W*$|^\W*\d[\d,]*\s+(rows?|records?|calls?)\b(\s+(selected|affected|found|returned))?"
    r"|^\W*((record|row|call)\s+)?counts?\s*[:=]|^\W*(number|total)\s+of\s+(records|rows|calls|events|incidents)\b"
    r"|^\s*[-=_*]{3,}\s*$"
)
_NUMBER: Final = re.compile(r"^[\s$(+-]*[\d.,:/%\s-]*[)%]?$|^\W*[-=_*]{3,}\W*$")


def header_or_total(
    frame: pl.DataFrame, names: Sequence[str], header: Sequence[str]
) -> tuple[pl.DataFrame, list[Aside]]:
    """The rows that may be calls, and those that repeat the header or give a total or a note.

    A total's or note's first filled cell says so, and beside it stand only numbers, or little at all.
    """
    if frame.is_empty():
        return frame, []
    again = pl.all_horizontal(
        pl.col(name).str.strip_chars().fill_null("") == written.strip()
        for name, written in zip(names, header, strict=True)
    )
    filled = [pl.when(pl.col(n).str.strip_chars() != "").then(pl.col(n)) for n in names]
    candidate = pl.coalesce(filled).str.contains(_TOTAL).fill_null(False)
    looked = frame.with_columns(again.alias("_again"), candidate.alias("_total"))
    if not (looked["_again"].any() or looked["_total"].any()):
        return frame, []
    aside: list[Aside] = []
    for row in looked.filter(pl.col("_again") | pl.col("_total")).iter_rows(named=True):
        cells = [row[n] for n in names if row[n] is not None and row[n].strip()]
        if row["_again"]:
            aside.append((row["_row"], _SEPARATOR.join(cells), "repeated_header"))
        elif all(_NUMBER.match(c) for c in cells[1:]) or len(cells) <= len(names) // 3:
            aside.append((row["_row"], _SEPARATOR.join(cells), "total_line"))
    return frame.filter(~pl.col("_row").is_in([number for number, _, _ in aside])), aside
