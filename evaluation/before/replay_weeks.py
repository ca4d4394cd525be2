"""A city's calls cut into whole local weeks, to be put together anew for each replay; or as they are, where they are few.

A week that lacks some days, because the export does not hold them, lends the days that it has; each other day comes
from another week's same day. So a replay has no gaps, and every day of the week counts as often as any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np

from evaluation.before.demand import Demand
from evaluation.before.roster import utc_seconds

DAY: Final = 86_400
# Fewer whole weeks than this are replayed as they are.
FEWEST_WEEKS: Final = 8
# 1970-01-05, the first Monday.
_MONDAY: Final = 4


@dataclass(frozen=True)
class ReplayWeeks:
    """The calls by day, and the calendar of a replay.

    - first_day: of the replay's calendar, as a day since 1970; held: for each of its days, whether calls can come on it.
    - covered: weeks to draw from × 7, whether the export holds the day; empty where the very calls are replayed.
    - first_source: the first day of the first week to draw from.
    """

    demand: Demand
    first_day: int
    held: np.ndarray
    covered: np.ndarray
    first_source: int

    @classmethod
    def of(cls, demand: Demand, resample: bool) -> ReplayWeeks:
        """Whole weeks to draw from, if there are FEWEST_WEEKS of them; else the very calls over the days they span."""
        days = demand.days
        first = -(-(days.first - _MONDAY) // 7) * 7 + _MONDAY
        whole = max(0, (days.last + 1 - first) // 7)
        covered = ~np.isin(first + np.arange(7 * whole), days.gaps).reshape(whole, 7)
        count = round(covered.sum() / 7)
        if not resample or count < FEWEST_WEEKS:
            # Too few weeks to draw from. Whole weeks would count days in which the export has no calls, and yearly
            # figures would come out too small.
            held = ~np.isin(np.arange(days.first, days.last + 1), days.gaps)
            return cls(demand, days.first, held, np.empty((0, 7), bool), days.first)
        return cls(demand, first, np.tile(covered.any(axis=0), count), covered, first)

    @property
    def resample(self) -> bool:
        """Whether weeks are drawn."""
        return len(self.covered) > 0

    @property
    def end_wall(self) -> int:
        """The end of the replay's calendar, in local seconds."""
        return (self.first_day + len(self.held)) * DAY

    @property
    def first(self) -> date:
        """The first day of the replay's calendar."""
        return datetime.fromtimestamp(self.first_day * DAY, UTC).date()

    @property
    def last(self) -> date:
        """The last day of the replay's calendar."""
        return self.first + timedelta(days=len(self.held) - 1)

    @property
    def weekdays(self) -> tuple[float, ...]:
        """How many of each day of the week the replay has, Monday first."""
        weekday = (self.first_day + np.flatnonzero(self.held) + 3) % 7
        return tuple(float(n) for n in np.bincount(weekday, minlength=7))

    def stretches(self) -> np.ndarray:
        """Start, end, start, end … of the days in a row on which calls can come, in local seconds."""
        edges = np.flatnonzero(np.diff(np.concatenate([[False], self.held, [False]])))
        return (self.first_day + edges) * DAY

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows of the demand, their wall seconds and their moments, in the order of the moments."""
        wall = self.demand.calls["arrival_local"].to_numpy()
        if not self.resample:
            return np.arange(len(wall)), wall, self.demand.calls["arrival_at"].to_numpy()
        source = self.first_source + self._days(rng)
        by_day = np.argsort(wall // DAY, kind="stable")
        sorted_days = wall[by_day] // DAY
        start = np.searchsorted(sorted_days, source)
        many = np.searchsorted(sorted_days, source, side="right") - start
        # The places start, start + 1 … of each day in a row.
        place = np.repeat(start - np.cumsum(many) + many, many) + np.arange(many.sum())
        rows = by_day[place]
        target = self.first_day + np.arange(len(source))
        moved = wall[rows] + np.repeat((target - source) * DAY, many)
        arrival = utc_seconds(moved, self.demand.time_zone)
        order = np.argsort(arrival, kind="stable")
        return rows[order], moved[order], arrival[order]

    def _days(self, rng: np.random.Generator) -> np.ndarray:
        """For each day of the replay the day that it is taken from, counted from first_source."""
        weeks = rng.choice(np.flatnonzero(self.covered.any(axis=1)), len(self.held) // 7)
        days = weeks[:, None] * 7 + np.arange(7)
        for weekday in range(7):
            lacking = np.flatnonzero(~self.covered[weeks, weekday])
            others = np.flatnonzero(self.covered[:, weekday])
            if len(lacking) and len(others):
                days[lacking, weekday] = rng.choice(others, len(lacking)) * 7 + weekday
        return days.ravel()
