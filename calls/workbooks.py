"""Excel and other workbooks: the sheet that looks like calls, the header under its title, merged cells filled.

Cells come in as text: a reader's own guess at dates turns "n/a" into nothing without a word. Which sheet was
taken is said, and so is every cell that was filled because it was merged with the one above.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import polars as pl

from call_codes.errors import InputError
from calls.dialect import header_at, unique_names
from calls.file_faults import FileFault, header_faults
from calls.headers import header_score
from calls.row_kinds import Aside, header_or_total
from calls.schema import MAPPABLE

SUFFIXES: Final = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})
_LOOKED_AT: Final = 60
_SAYS_ENOUGH: Final = 0.45
_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_AREA: Final = re.compile(r"^([A-Z]+)(\d+):([A-Z]+)(\d+)$")


@dataclass(frozen=True)
class Sheet:
    """The chosen sheet: its rows with `_row` (1 = first under the header), rows set aside, and faults."""

    name: str
    frame: pl.DataFrame
    aside: list[Aside]
    faults: list[FileFault]


def read_workbook(path: Path, data: bytes) -> Sheet:
    """The sheet of a workbook that looks most like calls. Raises InputError for what is no workbook."""
    try:
        import fastexcel

        book = fastexcel.read_excel(data)
        sheets = {name: _cells(book, name) for name in book.sheet_names}
    except Exception as error:  # the reader raises kinds of its own
        raise InputError(
            found=f"{path.name} cannot be read as an Excel workbook ({str(error).splitlines()[0]}).",
            expected="a complete workbook without a password.",
            action="Save it again from Excel, or save the sheet with the calls as CSV.",
        ) from error
    filled = {name: cells for name, cells in sheets.items() if cells.height}
    if not filled:
        return Sheet("", pl.DataFrame(), [], [])
    name = max(filled, key=lambda n: (_like_calls(filled[n]), filled[n].height))
    faults = []
    if len(filled) > 1:
        others = ", ".join(n for n in filled if n != name)
        faults.append(FileFault("sheet_chosen", len(filled) - 1, len(filled), f"{name} (not {others})"))
    cells, merged = _unmerged(filled[name], _merged_areas(data, name))
    return _under_header(name, cells, merged, faults)


def _cells(book: Any, name: str) -> pl.DataFrame:
    # skip_rows=0: blank rows at the top count, so that row numbers are the sheet's own.
    sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    frame = sheet.to_polars() if sheet.width and sheet.height else pl.DataFrame()
    return frame.select(pl.all().cast(pl.String))


def _first_rows(cells: pl.DataFrame) -> list[list[str]]:
    return [[cell or "" for cell in row] for row in cells.head(_LOOKED_AT).iter_rows()]


def _like_calls(cells: pl.DataFrame) -> int:
    """How many of our columns the sheet's header names."""
    rows = _first_rows(cells)
    at = header_at(rows)
    names = {name for name in rows[at] if name.strip()} if at < len(rows) else set()
    return sum(any(header_score(ours, name) >= _SAYS_ENOUGH for name in names) for ours in MAPPABLE)


def _under_header(name: str, cells: pl.DataFrame, merged: int, faults: list[FileFault]) -> Sheet:
    rows = _first_rows(cells)
    at = header_at(rows)
    if at >= len(rows):
        return Sheet(name, pl.DataFrame(), [], faults)
    header = rows[at]
    while header and not header[-1].strip() and cells[:, len(header) - 1].null_count() == cells.height:
        header = header[:-1]
    cells = cells.select(cells.columns[: len(header)])
    aside: list[Aside] = [
        (i + 1 - at, " | ".join(c for c in row if c), "preamble_line") for i, row in enumerate(rows[:at])
    ]
    names = unique_names(header)
    frame = cells.slice(at + 1)
    frame = frame.rename(dict(zip(frame.columns, names, strict=True))).with_row_index("_row", offset=1)
    frame = frame.with_columns(pl.col("_row").cast(pl.Int64))
    blank = pl.all_horizontal((pl.col(n).str.strip_chars().fill_null("") == "") for n in names)
    last = frame.filter(~blank)["_row"].max()
    frame = frame.filter(pl.col("_row") <= (last or 0))  # formatted, empty cells below the table
    aside += [(int(n), "", "blank_row") for n in frame.filter(blank)["_row"]]
    frame, apart = header_or_total(frame.filter(~blank), names, header)
    faults = [*faults, *header_faults(header), FileFault("merged_cells", merged)]
    return Sheet(name, frame.select(*names, "_row"), [*aside, *apart], faults)


def _merged_areas(data: bytes, sheet: str) -> list[tuple[int, int, int, int]]:
    """Merged areas of a sheet of an .xlsx (first row and column, last row and column, from 0); none elsewhere."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
            links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
            link = next(s.get(_LINK) for s in book.iter(f"{_MAIN}sheet") if s.get("name") == sheet)
            target = next(r.get("Target", "") for r in links if r.get("Id") == link)
            inner = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            with archive.open(inner) as file:
                areas = [
                    _AREA.match(element.get("ref", ""))
                    for _, element in ElementTree.iterparse(file)
                    if element.tag == f"{_MAIN}mergeCell"
                ]
    except (zipfile.BadZipFile, KeyError, StopIteration, ElementTree.ParseError):
        return []
    return [(int(a[2]) - 1, _column(a[1]), int(a[4]) - 1, _column(a[3])) for a in areas if a]


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _unmerged(cells: pl.DataFrame, areas: list[tuple[int, int, int, int]]) -> tuple[pl.DataFrame, int]:
    """Cells merged downwards in one column all get the value at their top; how many rows were so filled.

    Cells merged across columns are titles, and stay as they are.
    """
    down = [(top, left, bottom) for top, left, bottom, right in areas if left == right and bottom > top]
    touched: set[int] = set()
    for column in sorted({left for _, left, _ in down if left < cells.width}):
        values = cells[:, column].to_list()
        for top, left, bottom in down:
            if left == column and top < len(values):
                last = min(bottom + 1, len(values))
                values[top:last] = [values[top]] * (last - top)
                touched.update(range(top + 1, last))
        cells = cells.with_columns(pl.Series(cells.columns[column], values, dtype=pl.String))
    return cells, len(touched)
