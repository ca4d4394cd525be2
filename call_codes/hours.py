"""Opening hours as minutes of the week, read from a line such as "mon-fri 09:00-17:00; sat 10:00-26:00".

Monday 00:00 is minute 0 and the week has 10,080 minutes. Times run past 24:00 into the next day, and from
Sunday into Monday, so that a night shift is written in one piece.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from call_codes.errors import PolicyError, did_you_mean

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_PER_DAY = 24 * 60
MINUTES_PER_WEEK = 7 * MINUTES_PER_DAY

_FORM = 'days and times such as "mon-fri 09:00-17:00; sat,sun 10:00-26:00" (26:00 = 02:00 on the next day)'
_PART = re.compile(r"(?P<days>[a-z][a-z,\s-]*?)\s+(?P<times>\d.*)")
_WINDOW = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


@dataclass(frozen=True)
class Hours:
    """When a program answers.

    text: the hours in words, as a person would print them. spans: minutes of the week [start, end), sorted,
    merged, split at the week's end. verified: whether a source we hold states them. schedule: the line that
    the spans were read from.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    verified: bool = True
    schedule: str = ""

    @property
    def open_minutes_per_week(self) -> int:
        """Minutes per week with the doors open, between 1 and 10,080."""
        return sum(end - start for start, end in self.spans)

    def is_open(self, minute_of_week: int) -> bool:
        """Whether the program answers in this minute; Monday 00:00 = 0, numbers beyond a week wrap."""
        minute = minute_of_week % MINUTES_PER_WEEK
        return any(start <= minute < end for start, end in self.spans)


def parse_hours(schedule: str, *, text: str | None = None, verified: bool = True) -> Hours:
    """The hours written in `schedule`: parts joined by ";", each "days times".

    Days are mon … sun, as ranges (fri-mon runs over the weekend) and lists (mon,wed). Times are HH:MM-HH:MM,
    as lists too; the start is before 24:00, the end after the start and at most 24 hours later. Parts may
    overlap; each minute counts once. `text` is the wording for people and is `schedule` when left out.
    Raises PolicyError for hours that are never open, an end that is not after its start, an unknown day or
    anything else that cannot be read.
    """
    return Hours(schedule if text is None else text, _merge(_spans(schedule)), verified, schedule)


def shifts(schedule: str) -> tuple[tuple[int, int], ...]:
    """The shifts of one team: minutes of the week [start, end) as written, sorted, an end may lie beyond the week.

    Unlike opening hours they stay apart where they touch, since each has a break and an end of its own. Raises
    PolicyError for shifts that overlap, besides what parse_hours raises.
    """
    found = sorted(_spans(schedule))
    next_week = (found[0][0] + MINUTES_PER_WEEK, found[0][1] + MINUTES_PER_WEEK)
    for (start, end), (later, later_end) in pairwise([*found, next_week]):
        if end > later:
            raise PolicyError(
                found=f'shifts that overlap in "{schedule}": one from {_clock(start)} to {_clock(end)}, another '
                f"from {_clock(later)} to {_clock(later_end)}",
                expected="one team to be on one shift at a time",
                action="shorten one of the two shifts, or write them as two teams",
            )
    return tuple(found)


def _spans(schedule: str) -> list[tuple[int, int]]:
    """Minutes of the week of every part of `schedule`; spans may overlap and reach beyond the week's end."""
    parts = [part.strip() for part in schedule.lower().split(";") if part.strip()]
    if not parts:
        raise PolicyError(
            found="hours that are never open: the schedule is empty",
            expected=_FORM,
            action='write when the team answers; around the clock is "mon-sun 00:00-24:00"',
        )
    return [span for part in parts for span in _part_spans(part)]


def _part_spans(part: str) -> list[tuple[int, int]]:
    """Minutes of the week of one part; a span may still reach beyond the week's end."""
    match = _PART.fullmatch(part)
    if not match:
        raise PolicyError(
            found=f'the hours "{part}" cannot be read',
            expected=_FORM,
            action="write the days first, then a space, then the times with colons",
        )
    windows = [_window(window.strip()) for window in match["times"].split(",")]
    days = [day for item in match["days"].split(",") for day in _days(item.strip())]
    return [(d * MINUTES_PER_DAY + start, d * MINUTES_PER_DAY + end) for d in days for start, end in windows]


def _days(item: str) -> list[int]:
    """Day numbers of "mon" or "fri-mon", Monday = 0."""
    first, _, last = (word.strip() for word in item.partition("-"))
    for word in (first, last) if "-" in item else (first,):
        if word not in DAYS:
            raise PolicyError(
                found=f'"{word}" is no day.{did_you_mean(word, DAYS)}',
                expected=f"one of {', '.join(DAYS)}, a range such as mon-fri or a list such as mon,wed",
                action="correct the day in the schedule",
            )
    start = DAYS.index(first)
    length = (DAYS.index(last) - start) % len(DAYS) if last else 0
    return [(start + step) % len(DAYS) for step in range(length + 1)]


def _window(window: str) -> tuple[int, int]:
    """Minutes after the day's midnight of "09:00-17:00"."""
    match = _WINDOW.fullmatch(window)
    numbers = [int(number) for number in match.groups()] if match else []
    if not numbers or numbers[1] >= 60 or numbers[3] >= 60 or numbers[0] >= 24:
        raise PolicyError(
            found=f'the times "{window}" cannot be read',
            expected="HH:MM-HH:MM with a start before 24:00, such as 09:00-17:00 or 21:00-29:00",
            action="correct the times in the schedule",
        )
    start, end = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
    if end <= start:
        later = f"{numbers[2] + 24:02d}:{numbers[3]:02d}"
        raise PolicyError(
            found=f'the times "{window}" end before or when they start',
            expected="an end after the start",
            action=f"if the shift runs past midnight, write its end as {later}; otherwise correct the times",
        )
    if end - start > MINUTES_PER_DAY:
        raise PolicyError(
            found=f'the times "{window}" last longer than a day',
            expected="at most 24 hours from start to end",
            action="split the shift between the days that it covers",
        )
    return start, end


def _merge(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """`spans` split at the week's end, sorted, with overlapping and touching spans joined."""
    inside = [(start, min(end, MINUTES_PER_WEEK)) for start, end in spans]
    wrapped = [(0, end - MINUTES_PER_WEEK) for _, end in spans if end > MINUTES_PER_WEEK]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(inside + wrapped):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def _clock(minute: int) -> str:
    """A minute of the week as people say it: "tue 14:30"."""
    minute %= MINUTES_PER_WEEK
    return f"{DAYS[minute // MINUTES_PER_DAY]} {minute % MINUTES_PER_DAY // 60:02d}:{minute % 60:02d}"
