"""How far a named layout is believed: nobody has seen its values, the file confirms it, or the file contradicts it."""

from __future__ import annotations

import pytest

from calls.detection import detect_layout
from calls.layouts import layout_names, load_layout
from calls.read import read_table

SEATTLE = (
    "CAD Event Number,Event Clearance Description,Call Type,Priority,Initial Call Type,Final Call Type,"
    "Original Time Queued,Arrived Time,Precinct,Sector,Beat\n"
)
DAYTON = "Self_Initiated,Priority,IncDisp,Dispatch_Type,District,Call_Date,Priority_Board,Call_Number\n"
DETROIT = (
    "incident_id,agency,priority,callcode,calldescription,call_timestamp,precinct_sca,respondingunit,"
    "officerinitiated,intaketime,dispatchtime,traveltime,time_on_scene,council_district,longitude,latitude\n"
)


@pytest.fixture
def detected(write):
    def _detected(content: str):
        return detect_layout(read_table(write("calls.csv", content), rows_needed=False))

    return _detected


def seattle(queued="06/13/2023 02:00:00 PM", how="911"):
    return f"1,Report,{how},2,NOISE,NOISE,{queued},06/13/2023 02:10:00 PM,NORTH,N,N1\n"


def test_nothing_is_certain_of_a_layout_that_was_made_from_a_header_row_alone(detected):
    found = detected(SEATTLE)
    assert found.layout.id == "seattle_wa_police"
    assert max(found.confidence.values()) == 0.95
    assert found.confidence["arrived_at"] == 0.9
    assert found.confidence["source"] == 0.8
    assert "made from a header row alone" in found.reasons["call_type"]


def test_values_confirm_the_formats_and_the_words(detected):
    found = detected(SEATTLE + seattle() + seattle(how="ONVIEW"))
    assert (found.confidence["arrived_at"], found.confidence["source"]) == (0.97, 0.97)
    assert "100% of its values read as times" in found.reasons["arrived_at"]


def test_a_stand_in_for_the_moment_of_the_call_is_asked_about_whatever_the_values_say(detected):
    found = detected(SEATTLE + seattle())
    assert found.confidence["received_at"] == 0.6
    assert any("Original Time Queued" in question for question in found.questions)


def test_values_that_contradict_the_formats_lower_the_confidence_and_are_asked_about(detected):
    other = detected(SEATTLE + seattle(queued="13-Jun-2023 14:00:00"))
    assert other.confidence["received_at"] == 0.6
    assert "%d-%b-%Y %H:%M:%S" in other.layout.formats
    assert any('"Original Time Queued" written as %d-%b-%Y' in question for question in other.questions)
    none = detected(SEATTLE + seattle(queued="just before lunch"))
    assert none.confidence["received_at"] == 0.3
    assert any("reads 0% of them" in question for question in none.questions)


def test_the_layout_of_a_real_file_is_less_sure_of_a_release_that_writes_its_times_otherwise(write):
    header = "Event.Clearance.Description,Initial.Type.Description,At.Scene.Time,Event.Clearance.Code,Latitude,Longitude\n"
    as_before = read_table(write("a.csv", header + "NOISE,NOISE,6/13/15 14:00,1,47.6,-122.3\n"))
    assert detect_layout(as_before).confidence["arrived_at"] == 1.0
    otherwise = detect_layout(
        read_table(write("b.csv", header + "NOISE,NOISE,2015-06-13T14:00:00,1,47.6,-122.3\n"))
    )
    assert otherwise.confidence["arrived_at"] == 0.6
    assert otherwise.questions


def test_words_that_the_layout_does_not_know_are_asked_about(detected):
    rows = "".join(
        f"{how},2,RPT,NOISE,1,2023-06-13 14:00:00,3,{i}\n" for i, how in enumerate(["Self", "Citizen"])
    )
    found = detected(DAYTON + rows)
    assert found.confidence["source"] == 0.5
    assert any('values of "Self_Initiated"' in question for question in found.questions)
    assert found.confidence["call_type"] == 0.5
    assert any("Dispatch_Type" in question for question in found.questions)


def test_units_of_spans_are_confirmed_or_corrected_by_the_values(detected):
    def detroit(spans):
        rows = (
            f"{i},DPD,2,415,NOISE,2023/06/13 14:00:00+00,0801,A1,N,{s},1,-83.1,42.3\n"
            for i, s in enumerate(spans)
        )
        return detected(DETROIT + "".join(rows))

    minutes = detroit(["1.5,2.5,7.5,22.5", "2.5,1.5,5.5,32.5"])
    assert {d.unit for d in minutes.layout.durations.values()} == {"minutes"}
    assert minutes.confidence["cleared_at"] == 0.6  # where each span starts stays a question
    seconds = detroit(["90,150,450,1350", "300,290,330,1950"])
    assert seconds.layout.durations["cleared_at"].unit == "seconds"
    assert any("time_on_scene" in question and "seconds" in question for question in seconds.questions)


def test_a_product_s_layout_knows_no_time_zone_and_asks(detected):
    layout = load_layout("cad_tyler_new_world")
    found = detected(",".join(layout.source_columns()) + "\n")
    assert any("time zone" in question for question in found.questions)


@pytest.mark.parametrize("name", layout_names())
def test_a_layout_whose_formats_nobody_saw_says_so_in_a_way_the_program_reads(name):
    layout = load_layout(name)
    assert layout.values_seen == (not ("were not seen" in layout.note or "Unverified" in layout.note))
    assert all(0 < doubt.sure < 0.95 and doubt.why for doubt in layout.doubts.values())
