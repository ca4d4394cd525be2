"""The teams of a program: their shifts on the city's clock, their areas, their breaks.

A team is written as a person would say it ("mon-fri 09:00-17:00", these beats, half an hour off after four
hours). `crew_of` turns teams into the arrays of the simulation, on the clock that the calls are on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from call_codes.errors import UsageError, did_you_mean
from call_codes.hours import MINUTES_PER_WEEK, shifts

if TYPE_CHECKING:
    from evaluation.before.event_loop import Crew


@dataclass(frozen=True)
class Team:
    """One team. areas: where it goes, None = everywhere; other_area_minutes: extra travel outside `home`.

    break_minutes is off duty once in each shift, due break_after_hours after the shift's start; 0 = none.
    Raises UsageError for a break that is longer than what is left of the shift.
    """

    name: str
    schedule: str
    areas: tuple[str, ...] | None = None
    home: str | None = None
    other_area_minutes: float = 0.0
    break_minutes: float = 0.0
    break_after_hours: float = 4.0

    def __post_init__(self) -> None:
        if self.break_minutes < 0 or self.other_area_minutes < 0 or self.break_after_hours < 0:
            raise UsageError(
                found=f"a negative time for {self.name}: break {self.break_minutes} minutes after "
                f"{self.break_after_hours} hours, {self.other_area_minutes} minutes to other areas.",
                expected="times of 0 or more.",
                action="Correct the team's times.",
            )
        shortest = min(end - start for start, end in self.shifts)
        if self.break_minutes and self.break_after_hours * 60 + self.break_minutes > shortest:
            raise UsageError(
                found=f"a break of {self.break_minutes:g} minutes after {self.break_after_hours:g} hours for "
                f"{self.name}, whose shortest shift has {shortest / 60:g} hours.",
                expected="a break that ends within each shift.",
                action="Set break_after_hours earlier, or break_minutes to 0.",
            )

    @property
    def shifts(self) -> tuple[tuple[int, int], ...]:
        """Minutes of the week; see call_codes.hours.shifts, whose errors it raises."""
        return shifts(self.schedule)

    @property
    def hours_per_week(self) -> float:
        """Team-hours on duty in a week, breaks included."""
        return sum(end - start for start, end in self.shifts) / 60


def same_teams(count: int, schedule: str, **other: float) -> tuple[Team, ...]:
    """`count` teams of one schedule that go everywhere, named "Team 1" and on."""
    return tuple(Team(f"Team {number}", schedule, None, None, **other) for number in range(1, count + 1))


def check_teams(teams: Sequence[Team], areas: Sequence[str]) -> None:
    """Raise UsageError for no team at all, two teams of one name, or an area that the calls do not have."""
    if not teams:
        raise UsageError(
            found="no team.",
            expected="one team or more.",
            action="Give --teams 1 or more, or [[team]] sections in the configuration.",
        )
    names = [team.name for team in teams]
    if len(set(names)) < len(names):
        raise UsageError(
            found="two teams of one name.", expected="a name for each team.", action="Rename one of them."
        )
    for team in teams:
        for area in (*(team.areas or ()), *((team.home,) if team.home else ())):
            if area not in areas:
                shown = ", ".join(list(areas)[:12]) + (" …" if len(areas) > 12 else "")
                raise UsageError(
                    found=f'the area "{area}" of {team.name}, which no call in the data has.'
                    f"{did_you_mean(area, areas)}",
                    expected=f"areas of the data: {shown or 'there are none in this export'}.",
                    action="Correct the area's name, or leave areas out for a team that goes everywhere.",
                )


def crew_of(
    teams: Sequence[Team], areas: Sequence[str], first: date, last: date, time_zone: str | None
) -> Crew:
    """The teams as arrays for the days `first` to `last` of the city's calendar.

    The columns of `serves` follow `areas`. With a time zone the moments are UTC seconds, and a shift across a
    change of the clock is an hour shorter or longer, as on the wall; without one they are local wall seconds.
    """
    from evaluation.before.event_loop import FAR_AWAY, Crew

    check_teams(teams, areas)
    monday = first - timedelta(days=first.weekday() + 7)
    weeks = (last - monday).days // 7 + 2
    rows = [_moments(team, monday, weeks, time_zone) for team in teams]
    most = max(len(on) for on, _, _ in rows)

    def padded(which: int) -> np.ndarray:
        return np.array(
            [np.pad(row[which], (0, most - len(row[which])), constant_values=FAR_AWAY) for row in rows]
        )

    known = np.array([[team.areas is None or area in team.areas for area in areas] for team in teams])
    extra = np.array(
        [
            [0 if team.home in (None, area) else round(team.other_area_minutes * 60) for area in areas]
            for team in teams
        ]
    )
    return Crew(
        shift_on=padded(0),
        shift_off=padded(1),
        break_at=padded(2),
        break_seconds=np.array([round(team.break_minutes * 60) for team in teams]),
        serves=known,
        extra_travel=extra,
    )


def _moments(
    team: Team, monday: date, weeks: int, time_zone: str | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Start, end and due break of each shift of `weeks` weeks from `monday` on."""
    from evaluation.before.event_loop import FAR_AWAY

    midnight = (monday - date(1970, 1, 1)).days * 86_400
    week = np.arange(weeks)[:, None] * (MINUTES_PER_WEEK * 60) + midnight
    on, off = (
        utc_seconds((week + np.array([span[side] for span in team.shifts]) * 60).ravel(), time_zone)
        for side in (0, 1)
    )
    due = on + round(team.break_after_hours * 3600) if team.break_minutes else np.full(len(on), FAR_AWAY)
    return on, off, due


def utc_seconds(wall_seconds: np.ndarray, time_zone: str | None) -> np.ndarray:
    """Local wall seconds as UTC seconds: the first of a repeated hour, the hour after for a skipped one.

    Without a time zone they stay as they are.
    """
    if time_zone is None:
        return wall_seconds
    wall = pl.DataFrame({"wall": wall_seconds})

    def moment(shift: int) -> pl.Expr:
        clock = pl.from_epoch(pl.col("wall") + shift, "s")
        return clock.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null").dt.epoch("s")

    return wall.select(pl.coalesce(moment(0), moment(3600)))["wall"].to_numpy()
