"""Patterns over months: what is missing, what jumps, and which call types change their names."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl

from calls.code_drift import drift_patterns
from calls.patterns import find_patterns
from calls.problems import problem_kinds
from calls.schema import COLUMNS, conform
from calls.volume import calls_by_month, main_days, volume_patterns


def calls_on(per_day: dict[date, int], call_type: str = "NOISE", initiated_by: str = "community"):
    """A clean calls table with so many calls on each day, one a minute from 8 o'clock."""
    starts = [
        int(datetime(day.year, day.month, day.day, 8, tzinfo=UTC).timestamp()) + 60 * i
        for day, n in per_day.items()
        for i in range(n)
    ]
    table = pl.DataFrame({"started_local": starts, "started_at": starts}).with_columns(
        pl.lit(call_type).alias("call_type"), pl.lit(initiated_by).alias("initiated_by")
    )
    return conform(table, COLUMNS)


def every_day(first: date, days: int, n: int) -> dict[date, int]:
    return {first + timedelta(days=i): n for i in range(days)}


def found(patterns) -> dict[str, tuple[str, ...]]:
    return {p.problem.name: p.examples for p in patterns}


JANUARY = date(2023, 1, 1)


def test_an_even_year_has_no_pattern():
    assert find_patterns(calls_on(every_day(JANUARY, 365, 20))) == []


def test_a_file_without_any_time_has_no_pattern():
    assert find_patterns(conform(pl.DataFrame({"call_type": ["NOISE"]}), COLUMNS)) == []


def test_a_month_without_calls_is_named_and_its_days_are_not_told_twice():
    days = every_day(JANUARY, 365, 20)
    rest = {d: n for d, n in days.items() if d.month != 6}
    assert found(volume_patterns(calls_on(rest))) == {"missing_month": ("2023-06",)}


def test_days_without_calls_are_told_as_runs():
    days = every_day(JANUARY, 60, 20)
    for gap in (10, 11, 12, 30):
        del days[JANUARY + timedelta(days=gap)]
    (pattern,) = volume_patterns(calls_on(days))
    assert pattern.examples == ("2023-01-11 to 2023-01-13", "2023-01-31")
    assert (pattern.problem.name, pattern.problem.count, pattern.problem.total) == ("missing_day", 4, 60)


def test_a_small_agency_may_have_days_without_a_call():
    days = {d: n for d, n in every_day(JANUARY, 60, 3).items() if d.day % 7}
    assert volume_patterns(calls_on(days)) == []


def test_a_mistyped_year_does_not_make_a_hundred_missing_months():
    days = every_day(JANUARY, 90, 20) | {date(2013, 1, 5): 1, date(2032, 1, 5): 1}
    (pattern,) = volume_patterns(calls_on(days))
    assert (pattern.problem.name, pattern.problem.count) == ("outside_period", 2)
    assert pattern.examples == ("outside 2023-01-01 to 2023-03-31",)
    assert main_days(calls_on(days))[1] == 2


def test_a_jump_between_months_is_told_with_both_levels():
    days = every_day(JANUARY, 59, 20) | every_day(date(2023, 3, 1), 61, 40)
    assert found(volume_patterns(calls_on(days)))["volume_jump_month"] == (
        "2023-02 to 2023-03: 20 to 40 calls a day",
    )


def test_a_month_that_begins_in_its_middle_is_no_jump():
    assert volume_patterns(calls_on(every_day(date(2023, 1, 20), 60, 20))) == []


def test_one_wild_day_is_told_against_its_own_weekday():
    days = every_day(JANUARY, 90, 20) | {date(2023, 2, 15): 90}
    assert found(volume_patterns(calls_on(days)))["volume_jump_day"] == ("2023-02-15: 90 calls, usually 20",)


def test_the_share_that_officers_start_may_jump_while_the_volume_stands_still():
    january, february = every_day(JANUARY, 31, 10), every_day(date(2023, 2, 1), 28, 10)
    calls = pl.concat(
        [
            calls_on(january),
            calls_on(january, "TRAFFIC STOP", "officer"),
            calls_on(february),
            calls_on(february, "TRAFFIC STOP", "unknown"),
        ]
    )
    assert found(volume_patterns(calls))["officer_share_jump"] == ("2023-01 to 2023-02: 50% to 0% of calls",)
    months = calls_by_month(calls)
    assert months.select("month", "officer_share_low", "officer_share_high").rows() == [
        ("2023-01", 0.5, 0.5),
        ("2023-02", 0.0, 0.5),
    ]


def test_a_renamed_type_is_told_with_the_name_it_had():
    first, second = every_day(JANUARY, 181, 5), every_day(date(2023, 7, 1), 184, 5)
    calls = pl.concat(
        [
            calls_on(every_day(JANUARY, 365, 50)),
            calls_on(first, "UNWANTED PERSON"),
            calls_on(second, "REMOVE PERSON"),
        ]
    )
    patterns = found(drift_patterns(calls))
    assert patterns["type_appeared"] == (
        "REMOVE PERSON (from 2023-07, 920 calls), perhaps UNWANTED PERSON under a new name",
    )
    assert patterns["type_vanished"] == ("UNWANTED PERSON (until 2023-06, 905 calls)",)


def test_a_rare_type_is_not_accused_of_being_new():
    calls = pl.concat(
        [calls_on(every_day(JANUARY, 365, 50)), calls_on({date(2023, 12, 1): 3}, "TRAIN DERAILED")]
    )
    assert drift_patterns(calls) == []


def test_a_type_of_one_season_is_told_apart_from_new_and_vanished_ones():
    calls = pl.concat(
        [calls_on(every_day(JANUARY, 365, 50)), calls_on(every_day(date(2023, 6, 20), 20, 9), "FIREWORKS")]
    )
    assert found(drift_patterns(calls)) == {
        "type_only_for_a_time": ("FIREWORKS (2023-06 to 2023-07, 180 calls)",)
    }


def test_a_type_that_swells_is_told_with_both_shares():
    calls = pl.concat(
        [
            calls_on(every_day(JANUARY, 365, 50)),
            calls_on(every_day(JANUARY, 120, 2), "STATUS"),
            calls_on(every_day(date(2023, 5, 1), 245, 15), "STATUS"),
        ]
    )
    assert found(drift_patterns(calls))["type_share_shift"] == ("STATUS: 3.8% to 23.1% of calls",)


def test_every_pattern_has_its_meaning_in_problems_toml():
    names = {"outside_period", "missing_month", "missing_day", "volume_jump_month", "volume_jump_day"}
    names |= {"officer_share_jump", "type_appeared", "type_vanished", "type_only_for_a_time"}
    assert names | {"type_share_shift"} <= set(problem_kinds())
