"""Cells that list the units of a call with tagged times, such as "12A: DSP=10:01 ARR=10:08 | 7B: DSP=10:03".

Such a cell becomes one row per unit with plain columns, so that everything after it reads the export as if it
had come that way. The call's own columns are repeated on each row; a call without units keeps one row.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import polars as pl

from calls.column_values import filled
from calls.layouts import Layout, TagList
from calls.schema import STAMPS
from calls.times import guess_formats, header_words, join_date_and_time

_TIME: Final = r"(\d[\d:/ T.\-]*\d(?:\s*[AaPp][Mm])?)"
_ANY_TAG: Final = r"([A-Za-z][A-Za-z_ ]{0,14})\s*=\s*\d{1,4}[:/\-]?\d{2}"
_MOST: Final = 0.8


def rows_of_units(frame: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, Layout]:
    """One row per listed unit, and the layout that names the new columns; both unchanged without a tag list."""
    spec = layout.tag_list
    if spec is None:
        return frame, layout
    cells = pl.col(spec.column)
    frame = frame.with_columns(
        (cells.str.split(spec.units_apart) if spec.units_apart else cells).alias("tag:")
    )
    if spec.units_apart:
        frame = frame.explode("tag:", empty_as_null=True)
    columns = dict(layout.columns)
    if spec.unit_ends:
        name = pl.col("tag:").str.extract(rf"^\s*([^=]*?)\s*{re.escape(spec.unit_ends)}")
        frame = frame.with_columns(name.alias("tag:unit"))
        columns["unit_id"] = ("tag:unit",)
    for stamp, tags in spec.tags.items():
        found = pl.coalesce(
            pl.col("tag:").str.extract(
                rf"(?i)(?:^|[^A-Za-z0-9]){re.escape(tag)}\s*{re.escape(spec.equals)}\s*{_TIME}"
            )
            for tag in tags
        )
        frame = frame.with_columns(found.alias(f"tag:{stamp}"))
        columns[stamp] = (spec.date, f"tag:{stamp}") if spec.date else (f"tag:{stamp}",)
    plain = replace(layout, columns=columns, tag_list=None, grain="unit")
    return frame.drop("tag:"), plain


def recognise_tag_list(column: str, values: pl.Series) -> tuple[TagList | None, tuple[str, ...]]:
    """The tag list that this column's cells are, or None; and the tags whose meaning is not known.

    At least 80 % of the filled cells must hold two tags that equal times.
    """
    cells = filled(values)
    if cells.is_empty():
        return None, ()
    tags = cells.str.extract_all(_ANY_TAG)
    if float((tags.list.len() >= 2).mean() or 0.0) < _MOST:  # type: ignore[arg-type]
        return None, ()
    found = sorted({t.split("=")[0].strip().upper() for t in tags.explode().drop_nulls()})
    meanings = header_words()["tags"]
    known = {s: tuple(t for t in found if t in meanings[s]) for s in STAMPS if s in meanings}
    known = {s: names for s, names in known.items() if names}
    unknown = tuple(t for t in found if not any(t in names for names in known.values()))
    apart = next((mark for mark in ("|", "\n", ";") if _separates_units(cells, mark)), "")
    named = float(cells.str.contains(r"^\s*[A-Za-z0-9\-]+\s*:\s*[A-Za-z]").mean() or 0.0)  # type: ignore[arg-type]
    dated = float(cells.str.contains(r"=\s*\d{1,4}[/\-]\d{1,2}[/\-]").mean() or 0.0)  # type: ignore[arg-type]
    if not known:
        return None, unknown
    return TagList(
        column, known, apart, ":" if named >= _MOST else "", "=", "" if dated >= 0.5 else "?"
    ), unknown


def formats_of_tags(sample: pl.DataFrame, spec: TagList) -> tuple[str, ...]:
    """The formats in which the tagged times of a sample are written, with their date where it stands apart."""
    rows, layout = rows_of_units(sample, Layout("tags", "tags", {}, tag_list=spec))
    formats: list[str] = []
    for stamp in spec.tags:
        joined = join_date_and_time(rows, layout.columns[stamp], "_joined")["_joined"]
        formats += [f for f in guess_formats(joined).formats if f not in formats]
    return tuple(formats)


def _separates_units(cells: pl.Series, mark: str) -> bool:
    """A mark stands between units, not between one unit's tags, where every part holds several tags or a name."""
    with_mark = cells.filter(cells.str.contains(mark, literal=True))
    if with_mark.is_empty():
        return False
    parts = with_mark.str.split(mark).explode().str.strip_chars()
    parts = parts.filter(parts != "")
    several = parts.str.count_matches("=") >= 2
    named = parts.str.contains(r"^[A-Za-z0-9\-]+\s*:")
    return float((several | named).mean() or 0.0) >= _MOST  # type: ignore[arg-type]
