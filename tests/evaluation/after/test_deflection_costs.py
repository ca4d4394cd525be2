"""Costs per call: average and marginal prices apart, intervals by simulation, nothing computed from what is missing."""

from __future__ import annotations

import numpy as np
import pytest

from call_codes.errors import UsageError
from evaluation.after.costs import cost_table, price_years
from evaluation.after.study import CostInput
from evaluation.after.study_file import load_study

TEAM = CostInput("team", "team_year", 400_000, 400_000, 400_000, "average", "budget", 2024)
OFFICER = CostInput("officer", "officer_hour", 80, 60, 100, "average", "budget", 2024)
VISIT = CostInput("visit", "team_visit", 20, 20, 20, "marginal", "budget", 2024)


def table(*costs, **changes):
    given = {
        "years": 0.5, "eligible_calls": 2000, "served_calls": 500, "diverted_calls": (200, 250, 300),
        "hours_saved": 300.0, "hours_draws": np.linspace(200, 400, 2001), "seed": 1,
    }  # fmt: skip
    rows = cost_table(costs, **{**given, **changes}).iter_rows(named=True)
    return {(row["measure"], row["basis"]): row for row in rows}


def test_a_price_without_doubt_is_divided_by_what_the_team_did():
    rows = table(TEAM)
    values = {measure: row["value"] for (measure, basis), row in rows.items() if basis == "average"}
    assert values["team_cost"] == 200_000
    assert values["cost_per_eligible_call"] == 100
    assert values["cost_per_served_call"] == 400
    assert values["cost_per_diverted_call"] == 800
    assert (
        rows["cost_per_served_call", "average"]["low"]
        == rows["cost_per_served_call", "average"]["high"]
        == 400
    )


def test_the_interval_carries_the_doubt_about_prices_hours_and_diverted_calls():
    rows = table(TEAM, OFFICER)
    value = rows["officer_time_value", "average"]
    assert value["value"] == 300 * 80
    # 95 % of hours alone: 205 … 395 at 80; the price widens it, but not to the corners 200 × 60 and 400 × 100.
    assert 200 * 60 < value["low"] < 205 * 80
    assert 395 * 80 < value["high"] < 400 * 100
    diverted = rows["cost_per_diverted_call", "average"]
    assert 200_000 / 300 < diverted["low"] < 800 < diverted["high"] < 200_000 / 200
    assert rows["net_cost", "average"]["value"] == 200_000 - 24_000


def test_average_and_marginal_prices_never_meet_in_one_row():
    rows = table(TEAM, OFFICER, VISIT)
    assert rows["team_cost", "marginal"]["value"] == 500 * 20
    assert rows["net_cost", "marginal"]["value"] is None
    assert 'per = "officer_hour", basis = "marginal"' in rows["net_cost", "marginal"]["definition"]


def test_several_prices_of_one_kind_are_added():
    van = CostInput("van", "team_year", 50_000, 50_000, 50_000, "average", "budget", 2024)
    assert table(TEAM, van)["team_cost", "average"]["value"] == 225_000


def test_what_is_not_known_is_not_computed():
    rows = table(TEAM, diverted_calls=None)
    assert rows["cost_per_diverted_call", "average"]["value"] is None
    assert "calls taken off police" in rows["cost_per_diverted_call", "average"]["definition"]
    assert rows["officer_time_value", "average"]["value"] is None
    with pytest.raises(UsageError, match="served_calls = 0"):
        table(TEAM, served_calls=0)


def test_prices_of_several_years_are_told():
    assert price_years([TEAM, OFFICER]) is None
    older = CostInput("officer", "officer_hour", 70, 60, 80, "average", "an older study", 2019)
    assert "2019, 2024 and are not adjusted" in (price_years([TEAM, older]) or "")


def test_a_price_in_a_study_needs_its_source_its_year_and_a_range_around_it(write):
    study = """
question = "Did it work?"
period = { every = "month" }
program = { starts = { "2024-01-01" = ["North"] } }
comparison = { areas = "all_others" }
tables = { reports = { path = "r.csv", time = "day", area = "beat" } }
outcomes = { reports = { table = "reports", better = "lower", generated_by = "both" } }
[costs]
officer = { per = "officer_hour", value = 80, low = 60, high = 100, basis = "average", source = "budget", year = 2024 }
"""
    assert load_study(write("study.toml", study)).costs == (OFFICER,)
    for was, is_now, sentence in (
        (', source = "budget"', "", 'no "source"'),
        (", year = 2024", "", 'no "year"'),
        ("low = 60", "low = 90", "0 ≤ low ≤ value ≤ high"),
        ('"average"', '"mean"', "one of: average, marginal"),
    ):
        with pytest.raises(UsageError, match=sentence):
            load_study(write("study.toml", study.replace(was, is_now)))
