"""Hours of duty in words for tables that people read: "Friday and Saturday, 6 pm to 2 am of the next day"."""

from __future__ import annotations

from typing import Final

from app.wording import DAYS, NO_BREAK
from call_codes.hours import MINUTES_PER_DAY, shifts

_SETS: Final = {
    (0, 1, 2, 3, 4, 5, 6): "every day",
    (5, 6): "Saturday and Sunday",
}


def shift_words(schedule: str) -> str:
    """The line of hours of one team in words; days of the same times are told together. Raises PolicyError."""
    days: dict[tuple[int, int], list[int]] = {}
    for start, end in shifts(schedule):
        days.setdefault((start % MINUTES_PER_DAY, end - start), []).append(start // MINUTES_PER_DAY)
    told = [
        f"{_days(tuple(on))}, {_times(start, start + length)}"
        for (start, length), on in sorted(days.items(), key=lambda one: (one[1], one[0]))
    ]
    sentence = "; ".join(told)
    return sentence[:1].upper() + sentence[1:]


def _days(days: tuple[int, ...]) -> str:
    if days in _SETS:
        return _SETS[days]
    names = [DAYS[day] for day in days]
    if len(days) > 2 and days == tuple(range(days[0], days[-1] + 1)):
        return f"{names[0]} to {names[-1]}"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _times(start: int, end: int) -> str:
    if end - start == MINUTES_PER_DAY:
        return "around the clock" if start == 0 else f"24 hours from {_clock(start)}"
    if end == MINUTES_PER_DAY:
        return f"{_clock(start)} to midnight"
    later = " of the next day" if end > MINUTES_PER_DAY else ""
    return f"{_clock(start)} to {_clock(end)}{later}"


def _clock(minute: int) -> str:
    """ "8 am", "12:30 pm"."""
    hour, rest = divmod(minute % MINUTES_PER_DAY, 60)
    return f"{hour % 12 or 12}{f':{rest:02d}' if rest else ''}{NO_BREAK}{'am' if hour < 12 else 'pm'}"
