"""Where a fault is seen: the file and the row number, and never what stands in the row.

A count says that something is wrong; an agency can only mend it when it knows where. The rows are noted where the
fault is counted, so that a file larger than memory need not be read again for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

# The columns that every raw table has: the row's number under the header, from 1, and its file.
ROW_NUMBER: Final = "_row"
SOURCE_FILE: Final = "_file"

# File as in `_file`, row as in `_row`, and what more may be told of the cell (its shape), or "".
Place = tuple[str, int, str]

N_PLACES: Final = 5


def first_rows(frame: pl.DataFrame, condition: pl.Expr) -> tuple[Place, ...]:
    """The first five rows (`_file`, `_row`) for which the Boolean condition holds; none in a table without them."""
    if not {ROW_NUMBER, SOURCE_FILE} <= set(frame.columns):
        return ()
    rows = frame.select(SOURCE_FILE, ROW_NUMBER, condition.fill_null(False).alias("_fault"))
    return tuple((file, row, "") for file, row, _ in rows.filter("_fault").head(N_PLACES).iter_rows())


def first_shapes(frame: pl.DataFrame, text: str, condition: pl.Expr) -> tuple[Place, ...]:
    """As first_rows, one row for each shape of the cell in `text`: 9 for a digit, A for a letter.

    The shape tells which format is missing, and gives nothing else away.
    """
    if not {ROW_NUMBER, SOURCE_FILE} <= set(frame.columns):
        return ()
    shape = pl.col(text).str.replace_all(r"\d", "9").str.replace_all(r"\p{L}", "A").str.head(30)
    rows = frame.filter(condition.fill_null(False)).select(SOURCE_FILE, ROW_NUMBER, shape.alias("_shape"))
    return tuple(rows.unique("_shape", keep="first", maintain_order=True).head(N_PLACES).iter_rows())


def merged(*places: Iterable[Place]) -> tuple[Place, ...]:
    """The first five of all in the order of files and rows, one for each shape where shapes are told."""
    every = sorted(place for some in places for place in some)
    shapes = {shape: (file, row, shape) for file, row, shape in reversed(every) if shape}
    plain = [place for place in every if not place[2]]
    return tuple(sorted([*plain, *shapes.values()])[:N_PLACES])


def in_words(places: Iterable[Place], *, several_files: bool) -> tuple[str, ...]:
    """ "row 12", "row 12 of 2023.csv" where there are several files, "row 12 (written like 99/99)"."""
    return tuple(
        f"row {row}"
        + (f" of {file}" if several_files else "")
        + (f" (written like {shape})" if shape else "")
        for file, row, shape in places
    )
