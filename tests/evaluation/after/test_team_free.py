"""Whether a team was free when a call came in: by hand on four calls, and against the sample city's visits one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from evaluation.after import team_free
from evaluation.after.build_calls import build_calls
from evaluation.after.designs import Facts, offered
from evaluation.after.study import TeamTable
from evaluation.after.team_free import TeamsFree, teams_free
from evaluation.after.visits import read_visits

VISITS = """team,call,sent,left
T1,c1,2024-01-01 10:00,2024-01-01 11:00
T2,c9,2024-01-01 10:30,2024-01-01 10:50
T1,c3,2024-01-01 12:00,
T2,,2024-01-01 13:00,2024-01-01 14:00
"""
NONE = dict.fromkeys(
    ("area", "requested", "dispatched", "arrived", "departed", "call_id", "who_sent", "outcome")
)
COLUMNS = {
    **NONE,
    "who_sent_words": {},
    "not_served": (),
    "dispatched": "sent",
    "departed": "left",
    "call_id": "call",
}


def seconds(text: str) -> int:
    return int(np.datetime64(text).astype("datetime64[s]").astype(int))


@pytest.fixture
def study(sample_study, write, monkeypatch):
    """Two teams and four visits; one visit without a departure lasts as long as the median of the others: an hour."""
    monkeypatch.setattr(team_free, "LEAST_CALLS", 0)
    team = TeamTable(path=str(write("visits.csv", VISITS)), unit="team", **COLUMNS)
    return replace(sample_study, team=team)


def calls(*rows: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "call_id": [number for number, _ in rows],
            "started_local": [seconds(f"2024-01-01T{clock}") for _, clock in rows],
            "treated": [True] * len(rows),
        }
    )


def test_a_call_finds_a_team_free_unless_all_on_duty_are_at_other_calls(study):
    found = teams_free(
        study,
        calls(
            ("a", "10:10"), ("b", "10:40"), ("c1", "10:40"), ("d", "10:55"), ("e", "12:30"), ("f", "13:30")
        ),
    )
    assert isinstance(found, TeamsFree)
    # 10:10: the second team is not yet on duty. 10:40: both busy, but c1's own visit does not count. 12:30: the first
    # team is at a visit without a departure. 13:30: the first team's last visit is over, so it is off duty.
    assert found.available.to_list() == [False, False, True, True, True, False]


def test_calls_that_the_program_was_not_offered_to_have_no_answer(study):
    found = teams_free(
        study, calls(("a", "10:10"), ("b", "10:55")).with_columns(treated=pl.Series([False, True]))
    )
    assert isinstance(found, TeamsFree)
    assert found.available.to_list() == [None, True]


def test_without_a_list_a_team_or_a_departure_the_reason_is_given(study):
    assert study.team is not None
    few = calls(("a", "10:10"))
    assert "no list" in str(teams_free(replace(study, team=None), few))
    assert "which team went" in str(teams_free(replace(study, team=replace(study.team, unit=None)), few))
    assert "from when to when" in str(
        teams_free(replace(study, team=replace(study.team, departed=None)), few)
    )


def test_the_sample_citys_teams_are_nearly_always_free_so_the_design_is_not_offered(
    sample_study, sample_calls
):
    built = build_calls(sample_study, sample_calls)
    assert "team_available" not in built.table.columns
    assert "1,222 of 1,234 offered calls" in built.availability
    facts = Facts(no_availability=built.availability)
    offer = next(one for one in offered(None, facts) if one.design.id == "availability_instrument")
    assert not offer.fits
    assert "50 without a free team are needed" in offer.reason


def test_the_sample_citys_answers_are_those_of_counting_visit_by_visit(
    sample_study, sample_calls, monkeypatch
):
    monkeypatch.setattr(team_free, "LEAST_CALLS", 0)
    built = build_calls(sample_study, sample_calls)
    local = built.cohort.table.select("call_id", "started_local").collect()
    table = built.table.join(local, on="call_id", how="left", maintain_order="left")
    visits = read_visits(sample_study).table.drop_nulls(["dispatched", "departed"])
    duty = visits.group_by("unit").agg(pl.col("dispatched").min(), pl.col("departed").max()).sort("unit")
    asked = table.filter("treated").gather_every(7)
    for call_id, moment, available in asked.select("call_id", "started_local", "team_available").iter_rows():
        busy = visits.filter(
            (pl.col("dispatched") <= moment)
            & (pl.col("departed") > moment)
            & (pl.col("call_id").fill_null("") != call_id)
        )
        on_duty = duty.filter((pl.col("dispatched") <= moment) & (pl.col("departed") > moment))
        free = set(on_duty["unit"]) - set(busy["unit"])
        assert available is bool(free), call_id
