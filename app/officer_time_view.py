"""What the sections of the page of officer time share: the cells in use, the filter, and what they are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from app.area_choices import AreaChoice
from app.area_file import AreaFile
from app.job import Job
from app.officer_time_cells import FilterCells
from app.officer_time_filter import Filter
from app.officer_time_trend import Mark
from app.officer_time_words import COUNTED, filter_words
from app.wording import count, number_of_hours, without_markup


@dataclass(frozen=True)
class View:
    """key: of the opened job. months: of the file, as 12 × year + month − 1. known: whether any hours are.

    choice: the kind of area in use, None where the export has none. populations: as calls.populations.
    """

    key: str
    job: Job
    cells: FilterCells
    chosen: Filter
    months: tuple[int, ...]
    known: bool
    choice: AreaChoice | None
    file: AreaFile | None
    populations: pl.DataFrame | None
    marks: tuple[Mark, ...]

    @property
    def smallest_count(self) -> int:
        """Counts below it are not shown."""
        return self.job.settings.smallest_count

    @property
    def days(self) -> int:
        """Days with a call in the chosen months, in the whole file."""
        first, last = self.chosen.first_month, self.chosen.last_month
        days = self.cells.days
        if first is not None:
            days = days.filter(pl.col("month") >= first)
        if last is not None:
            days = days.filter(pl.col("month") <= last)
        return int(days["days"].sum())

    @property
    def area_name(self) -> str:
        """What the areas are, in words."""
        return self.choice.label if self.choice else "Area"

    def counted_line(self, table: pl.DataFrame, chosen: Filter) -> str:
        """What a section's numbers are parts of: which calls, under which filter, how many calls and hours."""
        told = [f"Counted: {COUNTED[chosen.counted].lower()}"]
        filtered = filter_words(chosen, self.area_name)
        told += [filtered] if filtered else []
        hours = (
            f", {number_of_hours(total_of(table, 'unit_hours'))} unit-hours (central estimate)"
            if self.known
            else ""
        )
        return f"{'; '.join(told)}; {count(total_of(table, 'calls'))} calls{hours}."


def total_of(table: pl.DataFrame, column: str) -> float:
    """The sum of a column, 0 where nothing is known."""
    value: Any = table[column].cast(pl.Float64).sum()
    return float(value)


def quiet(text: str) -> None:
    """A line in small type. It may name areas or files: nothing in it acts as markup."""
    import streamlit as st

    st.caption(without_markup(text))
