"""Who sent the team and what it took off police: on a few visits, on the sample city, and on a real list of visits."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from call_codes.errors import InputError, UsageError
from evaluation.after.cohort import offered
from evaluation.after.deflection import deflection
from evaluation.after.hours_saved import hours_saved
from evaluation.after.study import TeamTable
from evaluation.after.visits import read_visits, visits_of

TEAM = {
    "path": "", "area": None, "requested": None, "dispatched": "sent", "arrived": "arrived", "departed": None,
    "call_id": "call", "who_sent": "by", "outcome": "end", "not_served": ("Nobody there",),
    "who_sent_words": {"Dispatch": "call_taker", "PD": "police_request", "Own": "self_initiated"},
}  # fmt: skip

# call, eligible, offered, police sent, team sent, police hours, month
CALLS = [
    ("1", True, True, False, True, 0.0),  # the team alone: diverted
    ("2", True, True, True, True, 0.5),  # the call-taker sent the team, police came too: joint
    ("3", True, True, True, True, 0.4),  # police asked for the team
    ("4", False, True, False, True, 0.0),  # the team alone, but no call for it: not of the eligible ones
    ("5", True, True, True, False, 1.0),  # nobody sent the team
    ("6", True, False, True, False, 1.0),  # without the program police go to three of four
    ("7", True, False, True, False, 1.0),
    ("8", True, False, True, False, 1.0),
    ("9", True, False, False, False, 0.0),
]
VISITS = """by,call,sent,arrived,end
Dispatch,1,2024-05-01 10:00,2024-05-01 10:10,Helped
Dispatch,2,2024-05-01 11:00,2024-05-01 11:10,Helped
PD,3,2024-05-01 12:00,2024-05-01 12:10,Helped
Dispatch,4,2024-05-01 13:00,2024-05-01 13:10,Helped
Dispatch,,2024-05-01 14:00,2024-05-01 14:10,Nobody there
Own,,2024-05-01 15:00,2024-05-01 15:00,Helped
PD,77,2024-05-01 16:00,,
"""


def calls(rows=CALLS):
    names = ["call_id", "eligible", "offered", "police_sent", "team_sent", "police_hours"]
    table = pl.DataFrame(rows, schema=names, orient="row")
    return table.with_columns(
        pl.lit(True).alias("in_hours"),
        pl.lit("welfare_check").alias("category"),
        pl.lit("North").alias("area"),
        pl.date(2024, 5, 1).alias("day"),
    )


def visits(write, text: str = VISITS, **changes):
    return visits_of(write("visits.csv", text), TeamTable(**{**TEAM, **changes}))


def test_visits_are_counted_by_who_sent_the_team(write):
    table = deflection(visits(write), calls()).table
    columns = ("who_sent", "visits", "arrived", "served", "linked", "joint", "without_police", "eligible")
    assert table.select(columns).rows() == [
        ("call_taker", 4, 4, 3, 3, 1, 2, 2),
        ("police_request", 2, 1, 1, 1, 1, 0, 1),
        ("self_initiated", 1, 1, 1, 0, 0, 0, 0),
        ("all", 7, 6, 5, 4, 2, 2, 3),
    ]


def test_only_an_eligible_call_without_police_is_diverted_and_only_if_police_would_have_gone(write):
    found = deflection(visits(write), calls())
    assert (found.police_would_have_gone.numerator, found.police_would_have_gone.denominator) == (3, 4)
    # Call 1, times three quarters, of four eligible calls; at most call 1 and the visit without a number.
    assert (found.diverted.low, found.diverted.numerator, found.diverted.high) == (0.75, 0.75, 2)
    assert found.diverted.denominator == 4
    assert (found.reach.numerator, found.reach.denominator) == (3, 4)  # calls 1, 2 and 3 of 1, 2, 3 and 5


def test_what_cannot_be_tied_to_a_call_is_said(write):
    said = " ".join(deflection(visits(write), calls()).cannot_say)
    assert "2 of 6 visits that came from a call cannot be tied to one" in said
    assert "1 of 7 visits have no arrival" in said


def test_a_list_without_sender_and_number_gives_words_in_place_of_a_diversion(write):
    found = deflection(visits(write, who_sent=None, who_sent_words={}, call_id=None), calls())
    assert found.diverted is None
    assert found.table.select("who_sent", "visits", "joint").rows() == [
        ("unknown", 7, None),
        ("all", 7, None),
    ]
    said = " ".join(found.cannot_say)
    assert "none of its 7 visits can be called a diversion" in said
    assert "neither joint responses nor officer hours saved" in said


def test_a_word_that_the_study_does_not_explain_is_refused(write):
    with pytest.raises(InputError, match="who sent the team that the study does not explain: Own"):
        visits(write, who_sent_words={"Dispatch": "call_taker", "PD": "police_request"})
    with pytest.raises(UsageError, match="not_served"):
        visits(write, not_served=("Nobody home",))
    with pytest.raises(UsageError, match='Did you mean "arrived"'):
        visits(write, arrived="arived")


def test_hours_saved_are_expected_minus_spent_with_joint_responses_in(write):
    """Without the program a call takes 3 hours ÷ 4 calls = 0.75; the three served ones took 0, 0.5 and 0.4."""
    found = hours_saved(calls(), visits(write).table, seed=1)
    saved = dict(found.table.select("who_sent", "saved_hours").iter_rows())
    assert saved == pytest.approx({"call_taker": 1.5 - 0.5, "police_request": 0.75 - 0.4, "all": 2.25 - 0.9})
    assert found.upper_total == pytest.approx(3 * 1.0 - 0.9)  # if police would have gone to every one
    assert found.offered_calls == 4


def test_hours_saved_need_something_to_compare_with(write):
    with pytest.raises(InputError, match="0 eligible calls without the program"):
        hours_saved(calls(CALLS[:5]), visits(write).table, seed=1)


def test_joint_responses_that_take_longer_than_police_alone_cost_hours(write):
    longer = [(*row[:5], 9.0) if row[0] == "2" else row for row in CALLS]
    assert hours_saved(calls(longer), visits(write).table, seed=1).total < 0


@pytest.fixture(scope="module")
def city_calls(sample_study, sample_panel):
    return offered(sample_panel.cohort.table, sample_study.program.starts).collect()


def test_the_sample_citys_deflection_is_what_was_built_in_but_for_what_cannot_be_tied(
    sample_study, city_calls, truth
):
    found = deflection(read_visits(sample_study), city_calls)
    rows = {row["who_sent"]: row for row in found.table.iter_rows(named=True)}
    launch = truth["launch"]
    by_who = launch["visits"]["by_who_sent"]
    assert [rows[w]["visits"] for w in ("call_taker", "police_request", "self_initiated", "all")] == [
        by_who["call-taker"], by_who["police request"], by_who["self-initiated"], launch["visits"]["total"],
    ]  # fmt: skip
    not_linked = launch["visits"]["not_linked"]
    assert f"{not_linked} of 610 visits that came from a call cannot be tied to one" in found.cannot_say[0]
    assert rows["call_taker"]["linked"] + rows["police_request"]["linked"] == 610 - not_linked
    # 33 joint responses and 359 calls that the team took alone, less the 27 call-taker visits without a number.
    assert rows["call_taker"]["joint"] == launch["cascade"]["served_then_police_back_up"] - 2
    assert rows["call_taker"]["without_police"] == launch["cascade"]["team_alone"] - 25
    assert rows["police_request"]["without_police"] == 0
    assert "5 visits were asked for after the team arrived" in found.notes[0]
    # The centre counts only calls that can be seen and that police would have gone to; the truth is in the range.
    assert found.diverted.low < found.diverted.numerator < found.diverted.high
    assert found.diverted.high == pytest.approx(launch["cascade"]["team_alone"], rel=0.03)
    assert found.police_would_have_gone.share == pytest.approx(0.95, abs=0.01)


def test_the_sample_citys_saved_hours_lie_in_the_interval(sample_study, city_calls, truth):
    found = hours_saved(city_calls, read_visits(sample_study).table, seed=1)
    hours = truth["effects"]["police_unit_hours"]
    true = hours["hours_without_program"] - hours["hours_with_program"]
    low, high = found.table.filter(who_sent="all").select("saved_low", "saved_high").row(0)
    assert low < true < high
    assert found.total < found.upper_total < high
    senders = found.table.filter(pl.col("who_sent") != "all")["saved_hours"].sum()
    assert senders == pytest.approx(found.total)
    again = hours_saved(city_calls, read_visits(sample_study).table, seed=1)
    assert np.array_equal(found.draws, again.draws)


def test_of_a_real_list_without_linkage_only_its_own_steps_can_be_counted(shared_data):
    team = {
        **TEAM, "dispatched": "Dispatch Date & Time", "arrived": "Arrival on Scene Date & Time",
        "requested": "Dispatch Request Date & Time", "area": "City", "call_id": None, "who_sent": None,
        "who_sent_words": {}, "outcome": "End Point of Dispatch",
        "not_served": ("Unable to Locate", "Unable to locate client", "Cancelled", "Dispatch canceled before arrival"),
    }  # fmt: skip
    found = deflection(visits_of(shared_data / "lane_county_mobile_crisis_2024-2025.csv", TeamTable(**team)))
    everything = found.table.filter(who_sent="all").row(0, named=True)
    assert (everything["visits"], everything["dispatched"], everything["arrived"]) == (4682, 4493, 4491)
    assert everything["served"] < everything["arrived"]
    assert everything["joint"] is None
    assert found.diverted is None
    said = " ".join(found.cannot_say)
    assert "none of its 4,682 visits can be called a diversion" in said
    assert "no outcome is recorded" in said
