"""An export as it was read: texts only, each row with its number in the file, and what is no row set apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import polars as pl

from calls.file_faults import FileFault
from calls.places import ROW_NUMBER, SOURCE_FILE
from calls.row_kinds import OUR_OWN, Aside

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


@dataclass(frozen=True)
class RawTable:
    """A file as read: all columns String, plus `_row` (1 = first row under the header) and `_file`.

    `ragged` holds the rows that are no rows of the table: _row, _file, cells (as one text), reason (as in the
    ledger). Lines above the header have the row numbers 0, -1 and so on upwards. `faults`: of the file as a file.
    """

    frame: pl.DataFrame
    ragged: pl.DataFrame
    path: Path
    sha256: str
    encoding: str
    delimiter: str
    faults: tuple[FileFault, ...] = ()

    @property
    def headers(self) -> tuple[str, ...]:
        """The file's own column names."""
        return tuple(name for name in self.frame.columns if name not in (ROW_NUMBER, SOURCE_FILE))

    @property
    def label(self) -> str:
        """What `_file` says of every row: the file's name, with its archive or folder where needed."""
        labels = [t[SOURCE_FILE][0] for t in (self.frame, self.ragged) if t.height]
        return str(labels[0]) if labels else self.path.name

    @property
    def rows_read(self) -> int:
        """Rows under the header and lines above it, those that did not fit included."""
        return self.frame.height + self.ragged.height


def no_ragged_rows() -> pl.DataFrame:
    """An empty table of rows that are no rows of the table: _row, _file, cells, reason."""
    return pl.DataFrame(
        schema={ROW_NUMBER: pl.Int64, SOURCE_FILE: pl.String, "cells": pl.String, "reason": pl.String}
    )


def of_file(
    frame: pl.DataFrame, aside: Sequence[Aside], file: str, before: int = 0
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows (with `_row`) and rows set aside, with their `_row` after `before` earlier rows, and with `_file`."""
    ragged = pl.DataFrame(
        [(number + before, file, cells, reason) for number, cells, reason in aside],
        schema=no_ragged_rows().schema,
        orient="row",
    )
    own = [c for c in frame.columns if c != ROW_NUMBER]
    return frame.select(*own, pl.col(ROW_NUMBER) + before, pl.lit(file).alias(SOURCE_FILE)), ragged


def named_apart(raws: Sequence[RawTable]) -> list[RawTable]:
    """The tables with a `_file` that no two share: 2022/calls.csv and 2023/calls.csv keep their folder's name."""
    labels = [raw.label for raw in raws]
    out: list[RawTable] = []
    for i, (raw, label) in enumerate(zip(raws, labels, strict=True)):
        if labels.count(label) == 1:
            out.append(raw)
            continue
        apart = f"{raw.path.parent.name}/{label}" if raw.path.parent.name else label
        if apart in {other.label for other in out} or apart in labels:
            apart = f"{apart} ({i + 1})"
        said = pl.lit(apart).alias(SOURCE_FILE)
        out.append(replace(raw, frame=raw.frame.with_columns(said), ragged=raw.ragged.with_columns(said)))
    return out


def as_text(frame: Frame) -> Frame:
    """Every column as String; typed time stamps in ISO form."""

    def text(name: str, dtype: pl.DataType) -> pl.Expr:
        column = pl.col(name)
        if isinstance(dtype, pl.Datetime):
            return column.dt.to_string("%Y-%m-%dT%H:%M:%S" + ("%z" if dtype.time_zone else ""))
        if isinstance(dtype, pl.List | pl.Struct | pl.Array) or dtype == pl.Binary:
            return column.map_elements(_shown, return_dtype=pl.String)
        return column.cast(pl.String)

    # A column that has the name of one of our own must not take its place.
    return frame.select(
        text(name, dtype).alias(f"{name}_" if name in OUR_OWN else name)
        for name, dtype in frame.collect_schema().items()
    )


def _shown(cell: object) -> str:
    """A list, a record or bytes in one cell, as text."""
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    return json.dumps(
        cell.to_list() if isinstance(cell, pl.Series) else cell, default=str, ensure_ascii=False
    )
