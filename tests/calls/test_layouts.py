"""Layouts and detection: which column is which, why, and what a wrong layout is told."""

from __future__ import annotations

import pytest

from call_codes.errors import LayoutError
from calls.detection import detect_layout, header_form
from calls.layouts import check_columns, layout_names, load_layout
from calls.read import read_table

UNKNOWN_CITY = (
    "IncidentNumber,CallDateTime,DispatchDateTime,OnSceneDateTime,ClearDateTime,NatureDescription,Beat,OfficerInitiated\n"
    "23-1,06/13/2023 14:00:00,06/13/2023 14:05:00,06/13/2023 14:10:00,06/13/2023 14:40:00,WELFARE CHECK,12,N\n"
    "23-2,06/13/2023 15:00:00,06/13/2023 15:00:00,06/13/2023 15:00:00,06/13/2023 15:09:00,TRAFFIC STOP,12,Y\n"
)


def test_every_named_layout_loads():
    for name in layout_names():
        layout = load_layout(name)
        assert layout.id == name
        assert layout.source
        assert layout.match_headers


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("Time_First_Unit_Assigned", "time first unit assigned"),
        ("callDateTime", "call date time"),
        ("Event.Clearance.Description", "event clearance description"),
    ],
)
def test_headers_are_compared_without_their_dress(header, form):
    assert header_form(header) == form


def test_an_unknown_city_is_recognised_with_reasons_and_questions(write):
    detection = detect_layout(read_table(write("unknown.csv", UNKNOWN_CITY)))
    assert not detection.named
    found = {name: columns[0] for name, columns in detection.layout.columns.items()}
    assert found == {
        "call_id": "IncidentNumber",
        "received_at": "CallDateTime",
        "dispatched_at": "DispatchDateTime",
        "arrived_at": "OnSceneDateTime",
        "cleared_at": "ClearDateTime",
        "call_type": "NatureDescription",
        "area": "Beat",
        "source": "OfficerInitiated",
    }
    assert detection.layout.values["initiated_by"].map == {"Y": "officer", "N": "community"}
    assert "read as times" in detection.reasons["received_at"]
    assert any("time zone" in question for question in detection.questions)


def test_a_date_and_a_time_column_are_read_together(write):
    raw = read_table(
        write("split.csv", "Call Date,Call Time,Call Type\n6/13/2023,14:00,NOISE\n6/14/2023,15:30,THEFT\n")
    )
    assert detect_layout(raw).layout.columns["received_at"] == ("Call Date", "Call Time")


def test_unit_rows_are_told_from_call_rows_by_repeated_call_numbers(write):
    rows = "".join(f"{i // 2},U{i},06/13/2023 1{i % 10}:00:00,NOISE\n" for i in range(20))
    raw = read_table(write("units.csv", "Incident Number,Unit ID,Time Received,Call Type\n" + rows))
    assert detect_layout(raw).layout.grain == "unit"


def test_a_file_without_a_call_type_is_told_which_columns_it_has(write):
    with pytest.raises(LayoutError, match=r"no column for the call type in people\.csv.*colour, size"):
        detect_layout(read_table(write("people.csv", "colour,size\nred,2\n")))


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('[columns]\ncal_type = "T"\n', 'Did you mean "call_type"'),
        ('[columns]\nreceived_at = "T"\n', "names no column for the call type"),
        ('[columns]\ncall_type = "T"\n[times]\nzone = "America/Chicgo"\n', 'Did you mean "America/Chicago"'),
        ('grain = "vehicle"\n[columns]\ncall_type = "T"\n', "grain"),
        (
            '[columns]\ncall_type = "T"\n[values.initiated_by]\ncolumn = "S"\nmap = { P = "police" }\n',
            "initiated_by",
        ),
        ("columns = [", "not valid TOML"),
    ],
)
def test_a_faulty_layout_is_told_what_to_correct(write, toml, said):
    with pytest.raises(LayoutError, match=said):
        load_layout(write("city.toml", toml))


def test_an_unknown_layout_name_lists_the_known_ones():
    with pytest.raises(LayoutError, match='Did you mean "burlington_vt_police"'):
        load_layout("burlington_vt_polce")


def test_a_layout_that_does_not_fit_the_file_names_the_columns():
    layout = load_layout("burlington_vt_police")
    with pytest.raises(LayoutError, match="call_time"):
        check_columns(layout, ["incident_number", "call_type"], "calls.csv")


@pytest.mark.parametrize(
    ("file", "layout"),
    [
        ("minneapolis_2020.csv", "minneapolis_mn_police"),
        ("san_antonio_2022-2026.parquet", "san_antonio_tx_police"),
        ("seattle_2015.csv", "seattle_wa_police_2015"),
        ("burlington_2022.csv", "burlington_vt_police"),
        ("san_diego_2023-01.csv", "san_diego_ca_police"),
    ],
)
def test_the_five_real_cities_find_their_layout(shared_data, file, layout):
    assert detect_layout(read_table(shared_data / file)).layout.id == layout


def test_a_layout_may_name_checks_agency_rows_and_the_repair_of_slips(write):
    layout = load_layout(
        write(
            "city.toml",
            'grain = "agency"\n[columns]\ncall_type = "T"\n[times]\nrepair_half_day_slips = true\n'
            '[checks]\nhour = "Hour"\nlocal_text = ["Date", "Time"]\nlater = "First contact"\n',
        )
    )
    assert (layout.grain, layout.repair_half_day_slips) == ("agency", True)
    assert layout.checks.columns == ("Hour", "Date", "Time", "First contact")
    with pytest.raises(LayoutError, match=r'"yes"|\'yes\''):
        load_layout(write("bad.toml", '[columns]\ncall_type = "T"\n[times]\nrepair_half_day_slips = "yes"\n'))
