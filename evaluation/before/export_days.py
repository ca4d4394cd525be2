"""The days that an export holds: from its first to its last, without the days that are missing in between.

Whatever is told per week or per year is told per day that the export holds. A day without calls is no quiet day where
ten calls or more would have been usual: nobody kept it, or nobody exported it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

# A day with fewer calls than this part of the median day's is no day of the export: a stray call does not make one.
_LEAST_PART: Final = 0.05
# So many usual calls must be missing in a row; by chance alone that happens once in 22,000 times (e to the −10).
_MISSING_CALLS: Final = 10


@dataclass(frozen=True)
class ExportDays:
    """first, last: days since 1970. gaps: the days between them that the export does not hold, sorted."""

    first: int
    last: int
    gaps: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many days the export holds."""
        return self.last - self.first + 1 - len(self.gaps)

    @property
    def weekdays(self) -> tuple[int, ...]:
        """How many of each day of the week it holds, Monday first; 1970-01-01 was a Thursday."""
        held = np.setdiff1d(np.arange(self.first, self.last + 1), self.gaps)
        return tuple(int(n) for n in np.bincount((held + 3) % 7, minlength=7))

    def within(self, calls: pl.LazyFrame) -> pl.LazyFrame:
        """Calls of these days (column started_local); those without a time stay."""
        day = pl.col("started_local") // 86_400
        held = day.is_between(self.first, self.last)
        if self.gaps:
            held &= ~day.is_in(list(self.gaps))
        return calls.filter(day.is_null() | held)


def export_days(calls: pl.LazyFrame) -> ExportDays | None:
    """The days that an export holds, from all its calls, whatever they are; None where no call has a time.

    A stray call of another year must not stretch it, nor one in the middle of a gap fill it. In a small town, where a
    day without any call is nothing rare, single days without calls count as days. Columns in: started_local.
    """
    day = pl.col("started_local") // 86_400
    days = calls.filter(day.is_not_null()).group_by(day.alias("day")).agg(pl.len().alias("calls")).collect()
    if days.is_empty():
        return None
    usual = float(days["calls"].to_numpy().astype(float).mean())
    least = _LEAST_PART * float(np.median(days["calls"].to_numpy()))
    held = days.filter(pl.col("calls") >= least)["day"].sort().to_numpy().astype(int)
    gaps = [
        range(before + 1, after)
        for before, after in pairwise(held)
        if (after - before - 1) * usual >= _MISSING_CALLS
    ]
    return ExportDays(int(held[0]), int(held[-1]), tuple(int(day) for gap in gaps for day in gap))
