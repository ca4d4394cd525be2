"""Opening hours become minutes of the week, whatever way they are written."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from call_codes.errors import PolicyError
from call_codes.hours import DAYS, MINUTES_PER_WEEK, parse_hours

DAY = 1440


@pytest.mark.parametrize(
    ("schedule", "spans"),
    [
        ("mon 09:00-17:00", [(540, 1020)]),
        ("mon-sun 00:00-24:00", [(0, 10080)]),
        ("mon,wed 10:00-12:00", [(600, 720), (2 * DAY + 600, 2 * DAY + 720)]),
        ("mon 09:00-12:00,13:00-17:00", [(540, 720), (780, 1020)]),
        ("MON 9:00-17:00", [(540, 1020)]),
        # a range over the weekend
        ("sun-mon 10:00-11:00", [(600, 660), (6 * DAY + 600, 6 * DAY + 660)]),
        # past midnight into Tuesday
        ("mon 21:00-26:00", [(1260, DAY + 120)]),
        # past midnight from Sunday into Monday: split at the week's end
        ("sun 22:00-25:00", [(0, 60), (6 * DAY + 1320, 7 * DAY)]),
        # parts that overlap or touch are one span
        ("mon 09:00-12:00; mon 11:00-14:00", [(540, 840)]),
        ("mon 09:00-24:00; tue 00:00-02:00", [(540, DAY + 120)]),
        ("mon 09:00-10:00;", [(540, 600)]),
    ],
)
def test_a_schedule_becomes_minutes_of_the_week(schedule: str, spans: list[tuple[int, int]]) -> None:
    assert list(parse_hours(schedule).spans) == spans


@pytest.mark.parametrize(
    ("schedule", "hours_per_week"),
    [
        ("mon-fri 09:00-17:00", 40),
        ("mon-thu 07:00-20:40; fri-sun 10:00-20:40", 4 * (13 + 40 / 60) + 3 * (10 + 40 / 60)),
        ("mon-sun 09:00-25:00", 7 * 16),
        ("fri-mon 08:00-20:00", 4 * 12),
        ("sat 10:00-26:00", 16),
    ],
)
def test_open_minutes_per_week(schedule: str, hours_per_week: float) -> None:
    assert parse_hours(schedule).open_minutes_per_week == pytest.approx(hours_per_week * 60)


def test_open_or_not_is_asked_by_the_minute_and_the_end_is_closed() -> None:
    hours = parse_hours("sun 22:00-25:00")
    assert hours.is_open(6 * DAY + 22 * 60)
    assert hours.is_open(0)
    assert not hours.is_open(60)
    assert hours.is_open(MINUTES_PER_WEEK)  # the next Monday 00:00


def test_the_words_for_people_are_kept_beside_the_schedule() -> None:
    hours = parse_hours("mon-fri 09:00-17:00", text="Weekdays, nine to five", verified=False)
    assert (hours.text, hours.schedule, hours.verified) == (
        "Weekdays, nine to five", "mon-fri 09:00-17:00", False,
    )  # fmt: skip
    assert parse_hours("mon 09:00-17:00").text == "mon 09:00-17:00"


@pytest.mark.parametrize(
    ("schedule", "sentence"),
    [
        ("", "never open"),
        (" ; ", "never open"),
        ("mon 17:00-09:00", "end before or when they start.*write its end as 33:00"),
        ("mon 22:00-02:00", "write its end as 26:00"),
        ("mon 09:00-09:00", "end before or when they start"),
        ("tues 09:00-17:00", '"tues" is no day. Did you mean "tue"'),
        ("mon-fry 09:00-17:00", '"fry" is no day. Did you mean "fri"'),
        ("mon- 09:00-17:00", '"" is no day'),
        ("mon-fri", 'the hours "mon-fri" cannot be read'),
        ("09:00-17:00", "cannot be read"),
        ("mon 9-17", 'the times "9-17" cannot be read'),
        ("mon 09:60-17:00", "cannot be read"),
        ("mon 24:00-25:00", "cannot be read"),
        ("mon 01:00-26:00", "last longer than a day"),
    ],
)
def test_hours_that_make_no_sense_are_explained(schedule: str, sentence: str) -> None:
    with pytest.raises(PolicyError, match=sentence):
        parse_hours(schedule)


@st.composite
def parts(draw: st.DrawFn) -> str:
    """One part of a schedule, some of them past midnight or over the weekend."""
    first, last = draw(st.sampled_from(DAYS)), draw(st.sampled_from(DAYS))
    start = draw(st.integers(0, DAY - 1))
    end = draw(st.integers(start + 1, start + DAY))
    times = f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}"
    return f"{first}-{last} {times}"


schedules = st.lists(parts(), min_size=1, max_size=4)


def open_minutes(part: str) -> set[int]:
    """The minutes of one part, one by one: slow and plain, to check the fast way against."""
    days, times = part.split()
    first, last = (DAYS.index(day) for day in days.split("-"))
    start, end = (int(t[:2]) * 60 + int(t[3:]) for t in times.split("-"))
    chosen = [day % 7 for day in range(first, last + 1 if last >= first else last + 8)]
    return {(day * DAY + minute) % MINUTES_PER_WEEK for day in chosen for minute in range(start, end)}


@settings(deadline=None)  # a busy machine is no failure
@given(schedules)
def test_law_the_open_minutes_are_those_counted_one_by_one(items: list[str]) -> None:
    hours = parse_hours("; ".join(items))
    counted = set().union(*(open_minutes(part) for part in items))
    assert hours.open_minutes_per_week == len(counted)
    assert {minute for start, end in hours.spans for minute in range(start, end)} == counted


@settings(deadline=None)
@given(schedules, st.integers(0, 10**6))
def test_law_the_order_of_the_parts_does_not_matter(items: list[str], seed: int) -> None:
    shuffled = random.Random(seed).sample(items, len(items))
    assert parse_hours("; ".join(shuffled)).spans == parse_hours("; ".join(items)).spans


@settings(deadline=None)
@given(schedules)
def test_law_spans_are_sorted_apart_and_inside_the_week(items: list[str]) -> None:
    spans = parse_hours("; ".join(items)).spans
    assert all(0 <= start < end <= MINUTES_PER_WEEK for start, end in spans)
    assert all(left[1] < right[0] for left, right in pairwise(spans))
