"""Which hours and areas cover how many calls, and the best week of shifts, against sums done by hand."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from call_codes.errors import UsageError
from call_codes.hours import parse_hours
from evaluation.before.coverage import area_coverage, coverage_grid, covered, schedule_text
from evaluation.before.erlang import erlang_b
from evaluation.before.schedule import best_schedule, counted_calls


def by_hour(calls: dict[int, int]) -> pl.DataFrame:
    return pl.DataFrame({"hour_of_week": list(calls), "calls": list(calls.values())}).with_columns(
        pl.col("calls").cast(pl.Float64).alias("unit_hours")
    )


def test_a_shift_past_midnight_counts_the_next_days_first_hours():
    friday_23, saturday_1, saturday_9 = 4 * 24 + 23, 5 * 24 + 1, 5 * 24 + 9
    grid = coverage_grid(by_hour({friday_23: 30, saturday_1: 10, saturday_9: 60}))
    night = grid.filter(days="mon-fri", start_hour=22, hours_long=8).row(0, named=True)
    assert night["schedule"] == "mon-fri 22:00-30:00"
    assert (night["covered_calls"], night["calls"], night["calls_share"]) == (40, 100, 0.4)


def test_the_share_of_nine_to_five_is_that_of_its_hours_and_a_half_open_hour_counts_half():
    calls = by_hour(dict.fromkeys(range(168), 10))
    assert covered(calls, parse_hours("mon-fri 09:00-17:00"))["calls_share"] == pytest.approx(40 / 168)
    assert covered(calls, parse_hours("mon 09:30-10:00"))["covered_calls"] == pytest.approx(5)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 50), min_size=168, max_size=168))
def test_a_longer_shift_never_covers_less_and_a_whole_day_every_day_covers_all(calls):
    grid = coverage_grid(by_hour(dict(enumerate(calls))), {"mon-sun": range(7)})
    assert (grid.sort("start_hour", "hours_long").select(
        (pl.col("covered_calls").diff() >= 0).over("start_hour").fill_null(True).all()).item())  # fmt: skip
    assert grid.filter(hours_long=24)["covered_calls"].to_list() == [sum(calls)] * 24


def test_areas_are_ranked_and_unknown_ones_stay_in_the_denominator():
    table = area_coverage(
        pl.DataFrame({"area": ["A", "B", None], "calls": [20, 50, 30], "unit_hours": [10.0, 20.0, 10.0]})
    )
    assert table.select("area", "areas", "covered_calls", "calls_share").rows() == [
        ("B", 1, 50, 0.5), ("A", 2, 70, pytest.approx(0.7)), (None, 3, 100, 1.0),
    ]  # fmt: skip


def test_the_best_free_week_equals_trying_every_choice_of_shifts():
    rng = np.random.default_rng(5)
    rate = np.zeros(168)
    rate[24:36] = rng.uniform(0.2, 3, 12)  # calls on Tuesday morning only, so that everything can be tried
    best = best_schedule(rate, 60, 12, shift_hours=(4,), same_times=False)

    def answered(starts) -> float:
        teams = np.zeros(168, int)
        for start in starts:
            teams[start : start + 4] += 1
        return sum(r * (1 - erlang_b(r, int(n))) for r, n in zip(rate, teams, strict=True))

    tried = max(answered(c) for c in combinations(sorted(list(range(21, 36)) * 3), 3))
    assert best.calls_per_week == pytest.approx(tried, rel=1e-3)
    assert best.calls_per_week <= best.bound + 1e-6
    assert best.team_hours == 12


def test_a_regular_week_never_answers_more_than_a_free_one_and_keeps_within_the_hours():
    rate = 1 + np.sin(np.arange(168) / 24 * 2 * np.pi)
    regular, free = (best_schedule(rate, 45, 100, same_times=same) for same in (True, False))
    assert regular.calls_per_week <= free.bound + 1e-6
    assert regular.team_hours <= 100
    assert all(parse_hours(line).open_minutes_per_week for line in (*regular.teams, *free.teams))
    assert sum(parse_hours(line).open_minutes_per_week for line in regular.teams) == regular.team_hours * 60


def test_shifts_are_written_as_people_write_them():
    assert (
        schedule_text([(9, 8), (33, 8), (57, 8), (6 * 24 + 22, 10)]) == "mon-wed 09:00-17:00; sun 22:00-32:00"
    )


def test_hours_that_do_not_suffice_for_one_shift_are_refused():
    with pytest.raises(UsageError, match="4 team-hours"):
        best_schedule([1.0] * 168, 60, 4)
    with pytest.raises(UsageError, match="167 hourly rates"):
        best_schedule([1.0] * 167, 60, 40)


def test_shifts_as_planned_are_counted_in_the_same_objective_as_the_best_ones():
    rate = [0.4] * 96 + [1.5] * 72
    best = best_schedule(rate, 45, 112)
    assert counted_calls(rate, 45, best.teams) == pytest.approx(best.calls_per_week)
    assert counted_calls(rate, 45, ["mon-sun 09:00-17:00"] * 2) <= best.bound
    # Half an hour on duty answers half of the hour's calls that find the team free.
    assert counted_calls(rate, 45, ["mon 09:00-09:30"]) == pytest.approx(0.5 * 0.4 * (1 - erlang_b(0.3, 1)))
