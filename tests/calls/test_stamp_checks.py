"""Stamps held against each other and against what else the file says; nothing moves unless somebody asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from call_codes.errors import LayoutError
from calls.chosen_layout import with_choices
from calls.clean import clean
from calls.detection import detect_layout
from calls.layouts import load_layout
from calls.read import read_table

LAYOUT = """
[columns]
call_id = "id"
call_type = "type"
received_at = "received"
dispatched_at = "assigned"
arrived_at = "arrived"
cleared_at = "cleared"
[times]
zone = "America/Chicago"
formats = ["%Y-%m-%d %H:%M"]
"""


@pytest.fixture
def stamped(write):
    """Clean calls given as rows of four clock times; `extra` is added to the layout."""

    def _stamped(*rows: str, extra: str = ""):
        lines = [
            f"{i},NOISE," + ",".join(f"2023-06-13 {t}" if t else "" for t in row.split())
            for i, row in enumerate(rows)
        ]
        raw = read_table(write("calls.csv", "\n".join(["id,type,received,assigned,arrived,cleared", *lines])))
        return clean([raw], load_layout(write("city.toml", LAYOUT + extra)))

    return _stamped


def counts(result, name):
    return {p.column: p.count for p in result.problems if p.name == name and p.count}


def minutes(result, later, earlier):
    return [(row[later] - row[earlier]) // 60 for row in result.calls.iter_rows(named=True)]


def test_a_stamp_typed_as_morning_instead_of_afternoon_is_counted_and_left_alone(stamped):
    result = stamped("14:00 14:05 02:15 14:40", "15:00 15:05 15:15 15:40")
    assert counts(result, "half_day_slip") == {"arrived_at": 1}
    assert counts(result, "half_day_slip_repaired") == {}
    assert minutes(result, "arrived_at", "received_at") == [-705, 15]


def test_it_is_moved_by_twelve_hours_only_where_the_layout_asks_and_the_number_is_told(stamped):
    result = stamped("14:00 14:05 02:15 14:40", extra="repair_half_day_slips = true\n")
    assert counts(result, "half_day_slip_repaired") == {"arrived_at": 1}
    assert minutes(result, "arrived_at", "received_at") == [15]
    assert counts(result, "time_order_violated") == {}


def test_a_request_typed_as_evening_is_the_slip_not_the_three_stamps_after_it(stamped):
    result = stamped("19:00 07:10 07:20 07:50")
    assert counts(result, "half_day_slip") == {"received_at": 1}


@pytest.mark.parametrize(
    "row",
    [
        "14:00 14:05 13:15 14:40",  # three quarters of an hour early is no half day
        "14:00 14:05 00:00 14:40",  # midnight sharp is a time nobody entered
        "01:00 14:05 14:15 14:40",  # a call that waited is in order
    ],
)
def test_what_is_no_slip_is_not_called_one(stamped, row):
    assert counts(stamped(row), "half_day_slip") == {}


def test_midnight_sharp_before_the_call_came_in_is_a_time_that_nobody_entered(stamped):
    result = stamped("14:00 14:05 00:00 14:40", extra="repair_half_day_slips = true\n")
    assert counts(result, "midnight_for_no_time") == {"arrived_at": 1}
    assert minutes(result, "arrived_at", "received_at") == [-840]


def test_the_file_s_own_hour_column_is_held_against_the_stamps(write):
    header = "id,type,received,Hour\n"
    rows = "1,NOISE,2023-06-13 14:10,14\n2,NOISE,2023-06-13 15:10,3 PM\n3,NOISE,2023-06-13 16:10,11\n"
    raw = read_table(write("calls.csv", header + rows))
    layout = load_layout(
        write(
            "city.toml",
            '[columns]\ncall_id = "id"\ncall_type = "type"\nreceived_at = "received"\n'
            '[times]\nformats = ["%Y-%m-%d %H:%M"]\n[checks]\nhour = "Hour"\n',
        )
    )
    found = next(p for p in clean([raw], layout).problems if p.name == "own_hour_disagrees")
    assert (found.count, found.total) == (1, 3)


def test_an_offset_applied_twice_in_an_unknown_file_is_asked_about_and_not_undone(write):
    rows = [f"{i},NOISE,2021-12-31T{h - 5:02}:08:55-05:00,{h}" for i, h in enumerate(range(5, 24))]
    raw = read_table(write("calls.csv", "\n".join(["Incident Number,Call Type,Call Time,Hour", *rows])))
    detection = detect_layout(raw)
    assert detection.layout.offset == "none"
    assert any("applied twice" in q and "5 hours later" in q for q in detection.questions)
    assert detection.confidence["received_at"] <= 0.6
    assert counts(clean([raw], detection.layout), "own_hour_disagrees") == {"Hour": 19}


def test_a_local_text_beside_a_moment_in_utc_is_a_check_and_tells_the_zone_to_ask_about(write):
    rows = [
        f"{i},NOISE,{month:02}/04/22,{h:02}:20:36,{moment + h * 3600}"
        for month, moment in ((1, 1641255636 + 6 * 3600), (7, 1656894036 + 5 * 3600))
        for i, h in enumerate(range(1, 20), start=month * 100)
    ]
    raw = read_table(
        write("calls.csv", "\n".join(["IncidentNumber,Call Type,Date,Time,ReceivedDate", *rows]))
    )
    layout = load_layout(
        write(
            "city.toml",
            '[columns]\ncall_id = "IncidentNumber"\ncall_type = "Call Type"\nreceived_at = "ReceivedDate"\n[times]\n'
            'zone = "America/Chicago"\nformats = ["epoch_s"]\n[checks]\nlocal_text = ["Date", "Time"]\n',
        )
    )
    found = {p.name: (p.count, p.total) for p in clean([raw], layout).problems}
    assert found["local_text_disagrees"] == (0, 38)
    moved = clean([raw], replace(layout, zone="America/Denver"))
    assert {p.name: p.count for p in moved.problems}["local_text_disagrees"] == 38


def test_where_am_and_pm_are_cut_off_the_moment_beside_is_taken_and_a_person_is_asked(write):
    rows = [
        f"{i},NOISE,11/04/22,{(h % 12 or 12)}:20:36{(' AM', ' PM')[h // 12] if (h % 12 or 12) > 9 else ''},"
        f"{1667521236 + 5 * 3600 + h * 3600}"
        for i, h in enumerate(range(24))
    ]
    raw = read_table(
        write("calls.csv", "\n".join(["IncidentNumber,Call Type,Date,Time,ResponseDate", *rows]))
    )
    detection = detect_layout(raw)
    assert detection.layout.columns["received_at"] == ("ResponseDate",)
    assert detection.layout.checks.local_text == ("Date", "Time")
    assert any("lack the AM or PM" in q for q in detection.questions)
    assert any("America/Chicago" in q for q in detection.questions)
    told = with_choices(detection, time_zone="America/Chicago")
    result = clean([raw], told.layout)
    assert counts(result, "am_pm_cut_off") == {"Date + Time": 18}
    assert counts(result, "local_text_disagrees") == {}
    assert not any("time zone" in q for q in told.questions)


def test_the_time_zone_is_known_asked_for_or_declared_unknown(write):
    raw = read_table(
        write("calls.csv", "Incident Number,Call Type,Time Received\n1,NOISE,06/13/2023 10:00\n")
    )
    detection = detect_layout(raw)
    asked = "In which time zone are the stamps? The file does not say."
    assert asked in detection.questions
    told = with_choices(detection, time_zone="America/Chicago")
    assert (told.layout.zone, asked in told.questions) == ("America/Chicago", False)
    unknown = with_choices(detection, time_zone="unknown")
    assert (unknown.layout.zone, asked in unknown.questions) == (None, False)
    assert counts(clean([raw], unknown.layout), "time_zone_undeclared") == {"": 1}


def test_a_time_zone_that_does_not_exist_or_contradicts_the_layout_is_refused_in_a_sentence(write):
    raw = read_table(
        write("calls.csv", "Incident Number,Call Type,Time Received\n1,NOISE,06/13/2023 10:00\n")
    )
    detection = detect_layout(raw)
    with pytest.raises(LayoutError, match=r'"America/Chicgo", which does not exist.*America/Chicago'):
        with_choices(detection, time_zone="America/Chicgo")
    known = with_choices(detection, time_zone="America/Chicago")
    with pytest.raises(LayoutError, match="while the layout recognised says America/Chicago"):
        with_choices(known, time_zone="America/Denver")
