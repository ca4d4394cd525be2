"""Recognising columns from headers and values: small files in, decisions, reasons and questions out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from calls.clean import clean
from calls.detection import detect_layout
from calls.headers import words_of
from calls.read import read_table


def clock(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%d %H:%M:%S")


def stamps(result, row: int = 0) -> dict[str, str | None]:
    call = result.calls.row(row, named=True)
    names = ("received_at", "queued_at", "dispatched_at", "enroute_at", "arrived_at", "cleared_at")
    return {name: clock(call[name]) for name in names if call[name] is not None}


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("RCVD_DTTM", ("received", "date", "time")),
        ("timeReceived", ("time", "received")),
        ("Rec'd", ("received",)),
        ("policeprecinct", ("police", "precinct")),
        ("At Scene Time", ("scene", "time")),
        ("En Route Date/Time", ("enroute", "date", "time")),
        ("ARRIVD_TS", ("arrived", "timestamp")),
        ("EVENTDT", ("event", "date")),
        ("APARTMENT", ("apartment",)),
    ],
)
def test_a_header_is_cut_into_plain_words(header, words):
    assert words_of(header) == words


def test_minutes_instead_of_stamps_are_added_up(write):
    raw = read_table(
        write(
            "spans.csv",
            "incident_id,calldescription,call_timestamp,intaketime,dispatchtime,traveltime,time_on_scene,totaltime\n"
            "1,NOISE,2023-06-13 14:00:00,1.5,4.0,6.0,20.0,31.5\n"
            "2,THEFT,2023-06-13 23:50:00,0.5,14.0,,,\n",
        )
    )
    detection = detect_layout(raw)
    assert {k: (v.column, v.unit) for k, v in detection.layout.durations.items()} == {
        "queued_at": ("intaketime", "minutes"),
        "dispatched_at": ("dispatchtime", "minutes"),
        "arrived_at": ("traveltime", "minutes"),
        "cleared_at": ("time_on_scene", "minutes"),
    }
    result = clean([raw], detection.layout)
    assert stamps(result) == {
        "received_at": "13 14:00:00",
        "queued_at": "13 14:01:30",
        "dispatched_at": "13 14:05:30",
        "arrived_at": "13 14:11:30",
        "cleared_at": "13 14:31:30",
    }
    assert stamps(result, 1)["dispatched_at"] == "14 00:04:30"
    assert {p.name for p in result.problems if p.count} >= {"stamp_from_duration"}


def test_seconds_are_told_from_minutes_by_their_header_or_asked(write):
    rows = "1,NOISE,2023-06-13 14:00:00,{}\n2,THEFT,2023-06-13 15:00:00,{}\n"
    said = read_table(write("a.csv", "id,nature,received,Travel Seconds\n" + rows.format(300, 400)))
    open_ = read_table(write("b.csv", "id,nature,received,Travel Time\n" + rows.format(6, 8)))
    for raw, unit, asked in ((said, "seconds", False), (open_, "minutes", True)):
        # Travel starts when a unit drives off: without that stamp nothing can be added to.
        with_dispatch = raw.path.with_name(f"with_{raw.path.name}")
        lines = raw.path.read_text().splitlines()
        with_dispatch.write_text(
            "\n".join([lines[0] + ",Time Dispatched", *(f"{line},2023-06-13 16:00:00" for line in lines[1:])])
        )
        detection = detect_layout(read_table(with_dispatch))
        assert detection.layout.durations["arrived_at"].unit == unit
        assert any("minutes or in seconds" in q for q in detection.questions) is asked


def test_one_date_and_clock_times_cross_midnight(write):
    raw = read_table(
        write(
            "clocks.csv",
            "Call No.,Date,Rec'd,Dispatched,On Scene,Cleared,Nature\n"
            "1,6/13/2023,23:50,23:58,00:07,00:40,NOISE\n"
            "2,6/14/2023,10:00,10:05,10:03,10:20,THEFT\n",
        )
    )
    detection = detect_layout(raw)
    assert detection.layout.columns["cleared_at"] == ("Date", "Cleared")
    result = clean([raw], detection.layout)
    assert stamps(result) == {
        "received_at": "13 23:50:00",
        "dispatched_at": "13 23:58:00",
        "arrived_at": "14 00:07:00",
        "cleared_at": "14 00:40:00",
    }
    # Two minutes too early is a fault of the data, not another day.
    assert stamps(result, 1)["arrived_at"] == "14 10:03:00"
    found = {(p.name, p.column): p.count for p in result.problems if p.count}
    assert found["clock_past_midnight", "arrived_at"] == 1


def test_a_date_with_an_idle_midnight_and_a_clock_without_colon_are_one_moment(write):
    raw = read_table(
        write(
            "portal.csv",
            "Event Number,Call Date,Call Time,Call Type\n"
            "1,2023-06-13T00:00:00.000,0930,NOISE\n2,2023-06-14T00:00:00.000,2210,THEFT\n",
        )
    )
    detection = detect_layout(raw)
    assert detection.layout.columns["received_at"] == ("Call Date", "Call Time")
    assert stamps(clean([raw], detection.layout)) == {"received_at": "13 09:30:00"}


def test_units_with_tagged_times_in_one_cell_become_unit_rows(write):
    raw = read_table(
        write(
            "tags.csv",
            "Incident Number,Call Type,Call Date,Call Time,Units\n"
            "1,NOISE,06/13/2023,23:50:00,12A: DSP=23:55:00 ARR=00:05:00 CLR=00:30:00 | 7B: DSP=23:56:00 CLR=00:10:00\n"
            "2,THEFT,06/14/2023,10:00:00,3C: DSP=10:02:00 ARR=10:09:00 CLR=10:45:00\n"
            "3,ALARM,06/14/2023,11:00:00,\n",
        )
    )
    detection = detect_layout(raw)
    assert detection.layout.tag_list is not None
    result = clean([raw], detection.layout)
    assert result.ledger.rows_kept == 3
    assert result.calls["call_id"].to_list() == ["1", "2", "3"]
    assert result.calls["unit_count"].to_list() == [2, 1, 0]
    assert sorted(u for u in result.units["unit_id"] if u) == ["12A", "3C", "7B"]
    assert stamps(result) == {
        "received_at": "13 23:50:00",
        "dispatched_at": "13 23:55:00",
        "arrived_at": "14 00:05:00",
        "cleared_at": "14 00:30:00",
    }
    assert result.calls["outcome"].to_list() == ["handled", "handled", "not_dispatched"]


def test_an_unknown_tag_is_asked_about(write):
    raw = read_table(
        write("t.csv", "Call Type,Received,Log\nNOISE,2023-06-13 10:00:00,DSP=10:01 QQX=10:02 CLR=10:30\n")
    )
    assert any("QQX" in q for q in detect_layout(raw).questions)


def test_codes_and_texts_are_told_apart_by_their_values(write):
    raw = read_table(
        write("c.csv", "id,Call Type,Description,Received\n1,415,Loud party,2023-06-13 10:00:00\n"
              "2,459,Burglary report,2023-06-13 11:00:00\n")
    )  # fmt: skip
    columns = detect_layout(raw).layout.columns
    assert (columns["call_type_code"], columns["call_type"]) == (("Call Type",), ("Description",))


def test_codes_alone_find_their_list_beside_the_file_or_are_asked_about(write, tmp_path):
    calls = "id,Call Type,Received\n1,415,2023-06-13 10:00:00\n2,459R,2023-06-13 11:00:00\n"
    raw = read_table(write("calls.csv", calls))
    asked = detect_layout(raw)
    assert asked.layout.columns["call_type_code"] == ("Call Type",)
    assert any("What do the codes" in q for q in asked.questions)
    write("list.csv", "Code,Meaning,Group\n415,LOUD PARTY,A\n459R,BURGLARY REPORT,B\n999,HELP OFFICER,C\n")
    found = detect_layout(raw)
    assert clean([raw], found.layout).calls["call_type"].to_list() == ["LOUD PARTY", "BURGLARY REPORT"]


@pytest.mark.parametrize(
    ("x", "y", "taken"), [("-93.262", "45.014", True), ("2031234.5", "712345.1", False), ("", "", False)]
)
def test_x_and_y_are_degrees_only_if_their_values_are(write, x, y, taken):
    raw = read_table(write("xy.csv", f"id,Call Type,X,Y\n1,NOISE,{x},{y}\n2,THEFT,{x},{y}\n"))
    detection = detect_layout(raw)
    assert ("latitude" in detection.layout.columns) is taken
    assert taken or any("state grid" in q for q in detection.questions)


def test_a_council_ward_is_a_district_and_a_beat_an_area(write):
    raw = read_table(write("a.csv", "id,Call Type,Council Ward,Police Beat\n1,NOISE,3,B12\n"))
    columns = detect_layout(raw).layout.columns
    assert (columns["district"], columns["area"]) == (("Council Ward",), ("Police Beat",))


def test_two_headers_that_say_the_same_are_asked_about_and_not_sure(write):
    raw = read_table(write("two.csv", "Call Number,Event Number,Call Type\nA1,B1,NOISE\nA2,B2,THEFT\n"))
    detection = detect_layout(raw)
    assert detection.confidence["call_id"] < 0.8
    assert any('"Event Number"' in q for q in detection.questions)


def test_a_header_without_rows_is_enough_for_a_proposal(write):
    raw = read_table(write("h.csv", "Event Number,Received,Cleared,Call Type\n"), rows_needed=False)
    detection = detect_layout(raw)
    assert set(detection.layout.columns) == {"call_id", "received_at", "cleared_at", "call_type"}
    assert detection.layout.formats == ()


def test_another_release_of_a_named_city_may_write_its_times_otherwise(write):
    raw = read_table(
        write(
            "detroit.csv",
            "incident_id,callcode,calldescription,call_timestamp,precinct_sca,respondingunit,agency,priority,"
            "officerinitiated,intaketime,dispatchtime,traveltime,time_on_scene\n"
            "1,41,NOISE,13-Jun-2023 14:00:00,0801,8A,DPD,2,No,60,300,600,1200\n",
        )
    )
    detection = detect_layout(raw)
    assert detection.layout.id == "detroit_mi_911"
    assert detection.layout.durations["cleared_at"].unit == "seconds"
    assert len(detection.questions) > 1
    assert stamps(clean([raw], detection.layout))["received_at"] == "13 18:00:00"


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "lane_county_mobile_crisis_2024-2025.csv",
            {"received_at": "Dispatch Request Date & Time", "call_type": "Reason for Dispatch #1"},
        ),
        ("san_diego_2023-01.csv", {"call_type_code": "call_type", "received_at": "date_time"}),
        ("minneapolis_2020.csv", {"final_type": "Problem", "priority": "initialPriority"}),
    ],
)
def test_real_files_are_recognised_without_their_named_layout(shared_data, file, expected):
    columns = detect_layout(read_table(shared_data / file), use_named=False).layout.columns
    assert {k: columns[k][0] for k in expected} == expected


def test_a_responders_own_table_gives_community_calls_with_their_spans(shared_data):
    raw = read_table(shared_data / "lane_county_mobile_crisis_2024-2025.csv")
    detection = detect_layout(raw)
    assert detection.layout.id == "lane_county_mobile_crisis"
    result = clean([raw], detection.layout)
    assert result.ledger.rows_read == 4682
    assert set(result.ledger.set_aside) <= {"blank_row"}
    assert result.calls["responder"].unique().to_list() == ["community"]
    assert set(result.calls["outcome"].unique()) <= {"handled", "cancelled", "unknown"}


def test_whole_numbers_are_days_of_a_spreadsheet_only_where_the_header_says_so(write):
    """45090 is 13 June 2023 in a column of dates, and a number in any other."""
    rows = "".join(f"23-{i},NOISE,{45_090 + i},0.5833{i},{45_000 + i},1{i}\n" for i in range(1, 5))
    raw = read_table(
        write("calls.csv", "Call Number,Nature,Call Date,Call Time,Property Value,Travel Time\n" + rows)
    )
    detection = detect_layout(raw)
    assert detection.layout.columns["received_at"] == ("Call Date", "Call Time")
    calls = clean([raw], detection.layout).calls
    assert calls["received_at"].to_list()[0] == (45_091 - 25_569) * 86_400 + round(0.58331 * 86_400)
    assert "45090" not in str(detection.layout.formats)


def test_whole_days_of_a_spreadsheet_beside_written_clock_times_are_read(write):
    rows = "".join(f"23-{i},NOISE,{45_090 + i},14:0{i},14:3{i}\n" for i in range(1, 5))
    raw = read_table(write("calls.csv", "Call Number,Nature,Call Date,Time Received,Time Cleared\n" + rows))
    calls = clean([raw], detect_layout(raw).layout).calls
    first = (45_091 - 25_569) * 86_400 + 14 * 3600 + 60
    assert calls.select("received_at", "cleared_at").row(0) == (first, first + 1800)
