"""A list of call types as a file: read in batches, every row kept in its place, whatever program wrote it.

Here every row is a type, so what the reading of exports rightly sets aside (a blank line, a "TOTAL" line, a comma
that nobody quoted) comes back as the row it is: as many rows go out as came in, in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from call_codes.errors import InputError, did_you_mean
from calls.headers import header_form
from calls.raw_table import ROW_NUMBER, RawTable
from calls.read import read_table
from calls.stream import open_stream

# What may stand in the header, in any case and with any marks between the words → our column.
COLUMNS: Final = {
    "call type": "call_type",
    "calltype": "call_type",
    "code": "call_type_code",
    "call type code": "call_type_code",
    "agency": "agency",
    "calls": "calls",
    "hours": "hours",
    "remark": "remark",
    "remarks": "remark",
}
STREAMED_BYTES: Final = 8 * 1024**2
_STREAMED: Final = frozenset({".csv", ".tsv", ".txt", ".tab", ".parquet", ".pq"})
_ABOVE_THE_HEADER: Final = "preamble_line"


@dataclass(frozen=True)
class TypeList:
    """A file of call types. `columns`: which of ours it has. `sha256`: of the file as it is on disk."""

    path: Path
    sha256: str
    columns: tuple[str, ...]
    tables: Callable[[], Iterable[RawTable]]
    read_remarks: bool

    def batches(self, size: int) -> Iterator[pl.DataFrame]:
        """All rows, at most `size` at a time: call_type_code, call_type and those of agency, calls, hours, remark
        that the file has; all String, blank cells null."""
        for table in self.tables():
            rows = _rows(table, self.read_remarks)
            for start in range(0, rows.height, size):
                yield rows.slice(start, size)


def open_type_list(path: Path, *, read_remarks: bool = False) -> TypeList:
    """Open a list of call types: any format that `calls.read` reads; text and Parquet files above STREAMED_BYTES are
    streamed. Remarks are read only where `read_remarks` asks for them.

    Raises InputError where the file is absent, is no table or has no column call_type, or names one twice.
    """
    if path.suffix.lower() in _STREAMED and path.is_file() and path.stat().st_size > STREAMED_BYTES:
        stream = open_stream(path)
        names = tuple(_names(stream.sample, read_remarks).values())
        return TypeList(path, stream.sha256, names, stream.tables, read_remarks)
    table = read_table(path)
    names = tuple(_names(table, read_remarks).values())
    return TypeList(path, table.sha256, names, lambda: [table], read_remarks)


def _names(table: RawTable, read_remarks: bool) -> dict[str, str]:
    """The file's header → our column; columns that we have no use for are not read."""
    names = {
        header: COLUMNS[header_form(header)] for header in table.headers if header_form(header) in COLUMNS
    }
    if not read_remarks:
        names = {header: name for header, name in names.items() if name != "remark"}
    twice = [name for name in set(names.values()) if list(names.values()).count(name) > 1]
    if twice:
        both = " and ".join(f'"{header}"' for header, name in names.items() if name in twice)
        raise InputError(
            found=f"the columns {both} in {table.path.name}, which mean the same.",
            expected="each column once.",
            action="Rename or remove one of them.",
        )
    if "call_type" not in names.values():
        hint = next(
            (h for h in (did_you_mean(name, table.headers) for name in ("call_type", "type")) if h), ""
        )
        raise InputError(
            found=f"no column call_type in {table.path.name}; it has {', '.join(table.headers[:8])}.{hint}",
            expected="a header row with call_type, and optionally code, agency, calls, hours.",
            action="Rename the column that holds the call types to call_type.",
        )
    return names


def _rows(table: RawTable, read_remarks: bool) -> pl.DataFrame:
    names = _names(table, read_remarks)
    kept = table.frame.select(ROW_NUMBER, *(pl.col(header).alias(name) for header, name in names.items()))
    aside = table.ragged.filter(pl.col("reason") != _ABOVE_THE_HEADER)
    if aside.height:
        kept = pl.concat([kept, _back_in(table, aside)], how="diagonal").sort(ROW_NUMBER)
    text = [name for name in kept.columns if name != ROW_NUMBER]
    kept = kept.select(
        pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)).alias(name) for name in text
    )
    if "call_type_code" not in kept.columns:
        kept = kept.with_columns(pl.lit(None, pl.String).alias("call_type_code"))
    return kept


def _back_in(table: RawTable, aside: pl.DataFrame) -> pl.DataFrame:
    """Rows that reading set aside, as rows of types. Their cells came as one text."""
    ragged = aside.filter(pl.col("reason") == "ragged_row")
    if ragged.height and len(table.headers) > 1:
        # The row is named and not shown: its cells may hold a remark.
        number = ragged[ROW_NUMBER][0]
        raise InputError(
            found=f"{ragged.height} rows of {table.path.name} with more cells than the header has columns; the first "
            f"is row {number} under the header",
            expected=f"{len(table.headers)} cells in each row; a call type with a comma in it stands in quotation "
            'marks: "DISTURBANCE, VERBAL".',
            action="Put quotation marks around these call types, or save the list as a tab-separated file.",
        )
    first = pl.col("cells").str.split(" | ").list.first()
    # With one column the whole line is the type. A total's numbers are no calls of a type: they stay out.
    text = pl.when(pl.col("reason") == "ragged_row").then("cells").otherwise(first)
    return aside.select(ROW_NUMBER, text.alias("call_type"))
