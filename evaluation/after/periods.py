"""Weeks and months as numbers 0, 1, 2 …: which days belong to which, and which of them the data cover whole.

A period of which the data hold only a part would look like a fall; such periods at either end are left out.
Weeks begin on Monday.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, Literal

import polars as pl

_MONDAY: Final = 3  # 1970-01-01 was a Thursday: day number + 3 is a multiple of 7 on Mondays


@dataclass(frozen=True)
class Calendar:
    """`count` whole periods from `first` (the first day of period 0) to `last` (the last day of the last one)."""

    every: Literal["week", "month"]
    first: date
    last: date
    count: int

    def number(self, day: date) -> int:
        """The period that `day` belongs to; below 0 or from `count` on outside the calendar."""
        return _ordinal(day, self.every) - _ordinal(self.first, self.every)

    def number_of(self, day: pl.Expr) -> pl.Expr:
        """As `number`, for a Date column. Int64, null stays null."""
        if self.every == "month":
            ordinal = day.dt.year().cast(pl.Int64) * 12 + day.dt.month().cast(pl.Int64) - 1
        else:
            ordinal = (day.cast(pl.Int32).cast(pl.Int64) + _MONDAY) // 7
        return ordinal - _ordinal(self.first, self.every)

    def start(self, period: int) -> date:
        """The first day of a period."""
        return _first_day(_ordinal(self.first, self.every) + period, self.every)

    def table(self) -> pl.DataFrame:
        """period (Int64), period_start (Date), days (Int64), sorted."""
        starts = [self.start(number) for number in range(self.count + 1)]
        return pl.DataFrame(
            {
                "period": range(self.count),
                "period_start": starts[:-1],
                "days": [(after - start).days for start, after in pairwise(starts)],
            },
            schema={"period": pl.Int64, "period_start": pl.Date, "days": pl.Int64},
        )


def whole_periods(every: Literal["week", "month"], first: date, last: date) -> Calendar | None:
    """The periods that lie wholly within `first` … `last` (both days included); None where there is none."""
    begin = _ordinal(first, every)
    if _first_day(begin, every) < first:
        begin += 1
    end = _ordinal(last, every)
    if _first_day(end + 1, every) - timedelta(days=1) > last:
        end -= 1
    if end < begin:
        return None
    final = _first_day(end + 1, every) - timedelta(days=1)
    return Calendar(every, _first_day(begin, every), final, end - begin + 1)


def _ordinal(day: date, every: str) -> int:
    if every == "month":
        return day.year * 12 + day.month - 1
    return ((day - date(1970, 1, 1)).days + _MONDAY) // 7


def _first_day(ordinal: int, every: str) -> date:
    if every == "month":
        return date(ordinal // 12, ordinal % 12 + 1, 1)
    return date(1970, 1, 1) + timedelta(days=ordinal * 7 - _MONDAY)
