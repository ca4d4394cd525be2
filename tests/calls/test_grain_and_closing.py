"""What a row is (call, unit, agency), and calls that are void, cancelled, duplicates or linked to another."""

from __future__ import annotations

import polars as pl
import pytest

from calls.clean import clean
from calls.detection import detect_layout
from calls.layouts import load_layout
from calls.read import read_table

AGENCY_HEADER = "Incident Number,Agency,Unit ID,Call Type,Time Received,Time Dispatched,Time Cleared\n"


def file_of(write, header, *rows):
    return read_table(write("calls.csv", header + "\n".join(rows) + "\n"))


def found(result, name):
    return sum(p.count for p in result.problems if p.name == name)


STAMPS = "2023-06-13 10:00:00,2023-06-13 10:05:00,2023-06-13 10:30:00"


@pytest.mark.parametrize(
    ("rows", "grain"),
    [
        (["1,PD,A1", "2,PD,A1", "3,FIRE,E1", "4,PD,B2"], "call"),
        (["1,PD,A1", "1,PD,B2", "2,PD,A1", "2,FIRE,E1", "2,PD,B2"], "unit"),
        (["1,PD,", "1,FIRE,", "2,PD,", "2,FIRE,", "3,PD,"], "agency"),
        (["1,PD,A1", "1,FIRE,E1", "2,PD,B2", "2,FIRE,E2", "3,PD,A1"], "agency"),
    ],
)
def test_rows_of_calls_units_and_agencies_are_told_apart(write, rows, grain):
    raw = file_of(write, AGENCY_HEADER, *(f"{row},NOISE,{STAMPS}" for row in rows))
    detection = detect_layout(raw)
    assert detection.layout.grain == grain
    asked = any("It was read as an agency" in q for q in detection.questions)
    assert asked == (grain == "agency")


def test_numbers_that_repeat_for_no_reason_the_file_shows_are_asked_about(write):
    header = "Incident Number,Call Type,Time Received\n"
    rows = ["1,NOISE,2023-06-13 10:00:00", "1,THEFT,2023-06-13 11:00:00", "2,NOISE,2023-06-13 12:00:00"]
    detection = detect_layout(file_of(write, header, *rows))
    assert detection.layout.grain == "call"
    assert any('Why do numbers in "Incident Number" repeat?' in q for q in detection.questions)


AGENCY_LAYOUT = """
grain = "agency"
[columns]
call_id = "Incident Number"
agency = "Agency"
unit_id = "Unit ID"
call_type = "Call Type"
received_at = "Time Received"
dispatched_at = "Time Dispatched"
cleared_at = "Time Cleared"
[times]
formats = ["%Y-%m-%d %H:%M:%S"]
[values.responder]
column = "Agency"
map = { PD = "police", FIRE = "fire" }
"""


def test_agency_rows_become_one_call_and_only_a_named_unit_gives_unit_time(write):
    raw = file_of(
        write,
        AGENCY_HEADER,
        "1,FIRE,,ALARM,2023-06-13 10:00:00,2023-06-13 10:02:00,2023-06-13 10:40:00",
        "1,PD,,ALARM,2023-06-13 10:00:00,2023-06-13 10:05:00,2023-06-13 10:30:00",
        "2,PD,A1,NOISE,2023-06-13 11:00:00,2023-06-13 11:05:00,2023-06-13 11:30:00",
    )
    result = clean([raw], load_layout(write("city.toml", AGENCY_LAYOUT)))
    assert result.calls.select("call_id", "responder", "unit_count").rows() == [
        ("1", "police", 0),
        ("2", "police", 1),
    ]
    assert result.calls.select(
        (pl.col("cleared_at") - pl.col("received_at")) // 60
    ).to_series().to_list() == [
        40,
        30,
    ]
    assert result.units.select("call_id", "unit_id").rows() == [("2", "A1")]
    assert found(result, "one_row_per_agency") == 2
    assert result.ledger.rows_kept == 3


CLOSING_LAYOUT = """
[columns]
call_id = "id"
call_type = "type"
disposition = "disposition"
linked_to = "parent"
received_at = "received"
dispatched_at = "assigned"
"""


@pytest.fixture
def closed(write):
    """Clean one call per (type, disposition, parent, assigned?) given."""

    def _closed(*calls):
        rows = [
            f'{i},{kind},"{disposition}",{parent},2023-06-13 10:0{i}:00,{"2023-06-13 10:20:00" if sent else ""}'
            for i, (kind, disposition, parent, sent) in enumerate(calls)
        ]
        raw = file_of(write, "id,type,disposition,parent,received,assigned\n", *rows)
        return clean(
            [raw], load_layout(write("c.toml", CLOSING_LAYOUT + '[times]\nformats = ["%Y-%m-%d %H:%M:%S"]\n'))
        )

    return _closed


@pytest.mark.parametrize(
    ("disposition", "outcome", "rule"),
    [
        ("CNL-Cancel", "cancelled", "cancelled_by_words"),
        ("Cancelled by caller", "cancelled", "cancelled_by_words"),
        ("CAN", "cancelled", "cancelled_by_words"),
        ("DUP", "duplicate", "duplicate_call"),
        ("Duplicate call", "duplicate", "duplicate_call"),
        ("DUP OF 23-0001", "duplicate", "linked_call"),
        ("XREF 23-0001", "duplicate", "linked_call"),
        ("Cross-referenced", "duplicate", "linked_call"),
    ],
)
def test_the_closing_words_name_the_rule_and_the_outcome_where_nobody_was_sent(
    closed, disposition, outcome, rule
):
    result = closed(("NOISE", disposition, "", False))
    assert result.calls["outcome"].to_list() == [outcome]
    rules = ("void_call", "cancelled_by_words", "duplicate_call", "linked_call")
    assert {name: found(result, name) for name in rules if found(result, name)} == {rule: 1}


@pytest.mark.parametrize("disposition", ["Report taken", "CANVASSED AREA", "AVOIDED", "DUPONT ST", "CANINE"])
def test_words_that_only_look_alike_close_nothing(closed, disposition):
    assert closed(("NOISE", disposition, "", False)).calls["outcome"].to_list() == ["not_dispatched"]


def test_a_unit_that_was_sent_spent_its_time_whatever_the_call_was_closed_as(closed):
    result = closed(("NOISE", "CANCELLED", "", True), ("NOISE", "DUP", "", True))
    assert result.calls["outcome"].to_list() == ["handled", "handled"]
    assert (found(result, "cancelled_by_words"), found(result, "duplicate_call")) == (1, 1)
    assert result.units.height == 2


def test_a_call_that_names_another_as_its_parent_is_linked_and_one_that_names_itself_is_not(closed):
    result = closed(("NOISE", "", "7", False), ("NOISE", "", "1", False))
    assert result.calls["outcome"].to_list() == ["duplicate", "not_dispatched"]
    assert found(result, "linked_call") == 1
    assert "linked_to" not in result.calls.columns


def test_a_test_of_the_system_is_set_aside_by_its_type_or_its_disposition(closed):
    result = closed(("CAD TEST", "", "", False), ("NOISE", "TEST CALL", "", False), ("NOISE", "", "", False))
    assert result.ledger.set_aside == {"test_call": 2}


@pytest.mark.parametrize(
    "disposition", ["VOID", "Voided by dispatcher", "Entered in error", "created by mistake"]
)
def test_a_void_record_to_which_nobody_was_sent_is_no_call(closed, disposition):
    result = closed(("NOISE", disposition, "", False), ("NOISE", "Report taken", "", False))
    assert result.ledger.set_aside == {"void_call": 1}
    assert result.set_aside.select("_row", "reason").rows() == [(1, "void_call")]
    assert result.calls["call_id"].to_list() == ["1"]
    assert found(result, "void_call") == 0


def test_a_void_record_to_which_a_unit_was_sent_is_a_call_with_its_time(closed):
    result = closed(("NOISE", "VOID", "", True), ("VOID", "", "", False))
    assert result.calls.select("call_id", "outcome").rows() == [("0", "handled")]
    assert found(result, "void_call") == 1
    assert next(p for p in result.problems if p.name == "void_call").seen_in == (("calls.csv", 1, ""),)
    assert result.ledger.set_aside == {"void_call": 1}


def test_of_unit_rows_a_void_call_is_set_aside_only_where_no_unit_was_sent(write):
    layout = CLOSING_LAYOUT.replace("[columns]", 'grain = "unit"\n[columns]\nunit_id = "unit"')
    raw = file_of(
        write,
        "id,unit,type,disposition,parent,received,assigned\n",
        "1,A1,NOISE,VOID,,2023-06-13 10:00:00,2023-06-13 10:01:00",
        "1,,NOISE,VOID,,2023-06-13 10:00:00,",
        "2,,NOISE,VOID,,2023-06-13 11:00:00,",
        "2,,NOISE,VOID,,2023-06-13 11:00:01,",
    )
    result = clean([raw], load_layout(write("c.toml", layout + '[times]\nformats = ["%Y-%m-%d %H:%M:%S"]\n')))
    assert result.calls.select("call_id", "outcome").rows() == [("1", "handled")]
    assert (result.ledger.rows_kept, result.ledger.set_aside) == (2, {"void_call": 2})


def test_a_responder_s_name_inside_the_type_is_counted(closed):
    result = closed(
        ("CHECK WELFARE - CAHOOTS", "", "", True),
        ("CHECK WELFARE", "", "", True),
        ("HEALTH CARE", "", "", True),
    )
    assert found(result, "responder_name_in_type") == 1
