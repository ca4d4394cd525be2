"""A table that was sent with the guided form: read once, its words and days told, its columns guessed."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Final

import polars as pl
import streamlit as st

from calls.read import RawTable, read_table
from calls.times import guess_formats, read_stamps

MOST_VALUES: Final = 200
TIME_WORDS: Final = ("date", "time", "month", "day", "reported", "occurred")
AREA_WORDS: Final = ("precinct", "beat", "district", "area", "zone", "sector", "ward", "neighborhood")
Days = tuple[date | None, date | None]
_MONTH: Final = r"^\d{4}-\d{2}$"


@st.cache_resource(max_entries=8, show_spinner=False, scope="session")
def table_of(digest: str, _name: str, _content: bytes) -> RawTable:
    """A table that was sent, read as everywhere else. Raises InputError."""
    with tempfile.TemporaryDirectory(prefix="rightcall-") as folder:
        path = Path(folder) / _name
        path.write_bytes(_content)
        return read_table(path)


def words_of(frame: pl.DataFrame, column: str, most: int = MOST_VALUES) -> list[str]:
    """The words of a column, sorted; none where there are too many to choose from."""
    found = frame[column].cast(pl.String).str.strip_chars().drop_nulls().unique()
    found = found.filter(found != "")
    return sorted(found.to_list()) if found.len() <= most else []


def table_days(raw: RawTable, time: str) -> Days:
    """The first and last day in a column of days, moments or months; None where they cannot be read."""
    text = raw.frame[time].str.strip_chars().drop_nulls()
    text = text.filter(text != "")
    if text.is_empty():
        return None, None
    if text.str.contains(_MONTH).all():
        text = text + "-01"
    frame = text.unique().rename("time").to_frame()
    found = guess_formats(frame["time"])
    if not found.formats:
        return None, None
    read, _ = read_stamps(frame, "time", "_at", formats=found.formats, zone=None)
    days = read.select(pl.from_epoch("_at_local", "s").dt.date().alias("day"))["day"].drop_nulls()
    return (None, None) if days.is_empty() else (days.sort()[0], days.sort()[-1])


def wider(one: Days, other: Days) -> Days:
    """From the earlier first to the later last day of two spans."""
    firsts = [day for day in (one[0], other[0]) if day is not None]
    lasts = [day for day in (one[1], other[1]) if day is not None]
    return min(firsts, default=None), max(lasts, default=None)


def guess(headers: Sequence[str], hints: Sequence[str]) -> int:
    """The place of the first header that holds a hint, the first hint first; 0 where none does."""
    for hint in hints:
        for place, header in enumerate(headers):
            if hint in header.lower():
                return place
    return 0


def slug(text: str, taken: set[str]) -> str:
    """A name for a study file: small letters, digits and _, beginning with a letter, none of those taken."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "outcome"
    plain = plain if plain[0].isalpha() else f"n_{plain}"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}_{number}", number + 1
    return name


def plain_name(name: str) -> str:
    """The last part of a file name that a browser sent."""
    return PurePosixPath(name.replace("\\", "/")).name or "table.csv"
