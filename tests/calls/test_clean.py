"""Cleaning: rows in, standard calls out, and an account in which every row appears once."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_codes.errors import LayoutError
from calls.clean import clean
from calls.detection import detect_layout
from calls.layouts import load_layout
from calls.ledger import Ledger
from calls.problems import problem_kinds, problem_table
from calls.read import read_table
from calls.schema import COLUMNS, UNIT_COLUMNS

HEADER = "Incident Number,Unit ID,Agency,Source,Initial Type,Final Type,Time Received,Time Dispatched,Time Arrived,Time Cleared\n"
LAYOUT = """
grain = "{grain}"
[columns]
call_id = "Incident Number"
unit_id = "Unit ID"
agency = "Agency"
call_type = "Initial Type"
final_type = "Final Type"
received_at = "Time Received"
dispatched_at = "Time Dispatched"
arrived_at = "Time Arrived"
cleared_at = "Time Cleared"
[times]
zone = "America/Chicago"
formats = ["%Y-%m-%d %H:%M:%S"]
[values.responder]
column = "Agency"
map = {{ PD = "police", FIRE = "fire", CRT = "community" }}
[values.initiated_by]
column = "Source"
map = {{ "911" = "community", OFC = "officer" }}
"""


@pytest.fixture
def cleaned(write):
    """Clean rows given as text below HEADER."""

    def _cleaned(*rows: str, grain: str = "unit"):
        raw = read_table(write("calls.csv", HEADER + "".join(f"{row}\n" for row in rows)))
        return clean([raw], load_layout(write("city.toml", LAYOUT.format(grain=grain))))

    return _cleaned


def names(problems):
    return {problem.name for problem in problems if problem.count}


DAY = "2023-06-13 "


def row(
    call="1", unit="A1", agency="PD", source="911", first="NOISE", last="", times=("10:00:00",) * 4
) -> str:
    stamps = ",".join(DAY + t if t else "" for t in times)
    return f"{call},{unit},{agency},{source},{first},{last},{stamps}"


def test_unit_rows_become_one_call_with_its_units_beside_it(cleaned):
    result = cleaned(
        row(unit="A1", times=("10:00:00", "10:05:00", "10:10:00", "10:30:00")),
        row(unit="B2", times=("10:00:00", "10:07:00", "10:09:00", "10:50:00")),
    )
    call = result.calls.row(0, named=True)
    assert (result.calls.height, result.units.height, call["unit_count"]) == (1, 2, 2)
    minutes = {
        k: (call[k] - call["received_at"]) // 60 for k in ("dispatched_at", "arrived_at", "cleared_at")
    }
    assert minutes == {"dispatched_at": 5, "arrived_at": 9, "cleared_at": 50}


@pytest.mark.parametrize(
    ("agencies", "responder"),
    [
        (("PD",), "police"),
        (("PD", "FIRE"), "police"),
        (("PD", "CRT"), "co_response"),
        (("CRT",), "community"),
    ],
)
def test_who_came_is_told_from_all_units_of_the_call(cleaned, agencies, responder):
    result = cleaned(*(row(unit=f"U{i}", agency=a) for i, a in enumerate(agencies)))
    assert result.calls["responder"].to_list() == [responder]


def test_a_call_to_which_nobody_was_sent_stays_a_call_without_units(cleaned):
    result = cleaned(row(unit="", times=("10:00:00", "", "", "")))
    assert result.calls["outcome"].to_list() == ["not_dispatched"]
    assert result.units.is_empty()
    assert "cancelled_before_dispatch" in names(result.problems)


def test_rows_that_are_no_calls_are_set_aside_by_reason_and_the_ledger_adds_up(cleaned):
    result = cleaned(
        row("1"),
        row("1"),  # the same row again
        row("2", first="CAD TEST CALL", unit="A2"),
        row("3", first="", times=("", "", "", "")),
        HEADER.strip(),
        row("4", first="TEST DRIVE DISPUTE"),
        row("5") + ",one cell too many",
    )
    assert result.ledger == Ledger(
        7, 2, {"exact_duplicate": 1, "test_call": 1, "blank_row": 1, "repeated_header": 1, "ragged_row": 1}
    )
    assert result.set_aside.select("_row", "reason").rows() == [
        (2, "exact_duplicate"),
        (3, "test_call"),
        (4, "blank_row"),
        (5, "repeated_header"),
        (7, "ragged_row"),
    ]


def test_a_repeated_call_number_in_a_one_row_per_call_file_is_set_aside(cleaned):
    result = cleaned(row("1"), row("1", first="THEFT"), grain="call")
    assert result.calls["call_type"].to_list() == ["NOISE"]
    assert result.ledger.set_aside == {"repeated_call_id": 1}


def test_a_blank_call_number_makes_the_row_a_call_of_its_own(cleaned):
    result = cleaned(row(""), row("", first="THEFT"))
    assert result.calls["call_id"].to_list() == ["row 1 of calls.csv", "row 2 of calls.csv"]
    assert "missing_call_id" in names(result.problems)


def test_who_started_it_is_what_the_export_says(cleaned):
    result = cleaned(row("1", source="911"), row("2", source="OFC"))
    assert result.calls.select("initiated_by", "initiated_by_basis").rows() == [
        ("community", "source"),
        ("officer", "source"),
    ]


def test_where_the_export_is_silent_a_unit_on_scene_at_creation_started_it(cleaned):
    result = cleaned(
        row("1", source="", times=("10:00:00", "10:00:05", "10:00:10", "10:20:00")),
        row("2", source="", times=("10:00:00", "10:04:00", "10:09:00", "10:20:00")),
    )
    assert result.calls.select("initiated_by", "initiated_by_basis").rows() == [
        ("officer", "on_scene_at_creation"),
        ("unknown", "none"),
    ]


def test_faults_are_counted_under_their_names(cleaned):
    result = cleaned(
        row("1", times=("10:00:00", "10:05:00", "", "10:30:00")),
        row("2", times=("10:00:00", "10:05:00", "10:04:30", "10:30:00")),  # half a minute: within tolerance
        row("3", times=("10:00:00", "10:05:00", "10:01:00", "10:30:00")),
        row("4", first="", times=("10:00:00", "10:05:00", "10:06:00", "25:99:00")),
    )
    found = {(p.name, p.column): p.count for p in result.problems if p.count}
    assert found["missing_stamp", "arrived_at"] == 1
    assert found["time_order_violated", "arrived_at before dispatched_at"] == 1
    assert found["unreadable_stamp", "cleared_at"] == 1
    assert found["blank_call_type", ""] == 1


def test_every_problem_name_has_its_meaning_and_the_table_is_worst_first(cleaned):
    table = problem_table(cleaned(row("1"), row("")).problems)
    assert set(table["problem"]) <= set(problem_kinds())
    order = ["high", "medium", "low"]
    assert table["severity"].to_list() == sorted(table["severity"].to_list(), key=order.index)
    assert table["means"].null_count() == 0


def test_codes_take_their_texts_from_the_list_beside_the_file(write):
    write("city_call_types.csv", "call_type,description\n415,DISTURBANCE\n")
    columns = "incident_num,date_time,call_type,disposition,beat,address_road_primary"
    raw = read_table(
        write(
            "city.csv", f"{columns}\nE1,2023-01-01 00:05:00,415,K,1,X\nE2,2023-01-01 00:06:00,999,DUP,1,X\n"
        )
    )
    result = clean([raw], detect_layout(raw).layout)
    assert result.calls.select("call_type_code", "call_type", "outcome").rows() == [
        ("415", "DISTURBANCE", "handled"),
        ("999", None, "duplicate"),
    ]
    assert "code_without_text" in names(result.problems)


def test_no_column_that_could_name_a_place_or_a_person_comes_through(write):
    raw = read_table(
        write("calls.csv", "Incident Number,Call Type,Address,Remarks,Caller Phone,Latitude,Time Received\n"
              "1,NOISE,12 Elm St,he said,555-0100,44.123456,06/13/2023 10:00:00\n")
    )  # fmt: skip
    result = clean([raw], detect_layout(raw).layout)
    assert result.calls.columns == [c.name for c in COLUMNS]
    assert result.units.columns == [c.name for c in UNIT_COLUMNS]
    assert result.calls["latitude"].to_list() == [44.123]
    assert not any("Elm" in str(value) or "555" in str(value) for value in result.calls.row(0))


def test_a_layout_for_another_city_is_refused(write):
    raw = read_table(write("calls.csv", "a,b\n1,2\n"))
    with pytest.raises(LayoutError, match=r"calls\.csv does not have"):
        clean([raw], load_layout("burlington_vt_police"))


_rows = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "3", ""]),
        st.sampled_from(["A1", "B2", ""]),
        st.sampled_from(["NOISE", "TEST CALL", "", "Initial Type"]),
        st.sampled_from(["10:00:00", "11:00:00", "", "soon"]),
    ),
    min_size=1,
    max_size=12,
)


@given(rows=_rows, grain=st.sampled_from(["unit", "call"]))
def test_whatever_the_rows_each_one_is_kept_or_set_aside(tmp_path_factory, rows, grain):
    folder = tmp_path_factory.mktemp("any")
    (folder / "city.toml").write_text(LAYOUT.format(grain=grain))
    lines = [row(call, unit, first=kind, times=(time,) * 4) for call, unit, kind, time in rows]
    (folder / "calls.csv").write_text(HEADER + "\n".join(lines) + "\n")
    result = clean([read_table(folder / "calls.csv")], load_layout(folder / "city.toml"))
    assert result.ledger.rows_read == len(rows)
    assert result.ledger.rows_set_aside == result.set_aside.height
    assert result.calls["call_id"].is_unique().all()
    kept = rows and result.ledger.rows_kept
    assert result.units.height <= kept
    assert result.calls.height <= kept


def test_the_real_files_show_their_known_oddities(shared_data):
    """../shared/data/README.md says what is odd in each file; each oddity has its name here."""
    raw = read_table(shared_data / "burlington_2022.csv")
    result = clean([raw], detect_layout(raw).layout)
    assert "offset_applied_twice" in names(result.problems)
    hour = pl.col("Hour").str.extract(r"(\d+)").cast(pl.Int64) % 12 + 12 * pl.col("Hour").str.contains("pm")
    assert (raw.frame.select(hour).to_series() == result.calls["started_local"] // 3600 % 24).all()
    own_hour = next(p for p in result.problems if p.name == "own_hour_disagrees")
    assert (own_hour.count, own_hour.total) == (0, 10_830)

    raw = read_table(shared_data / "minneapolis_2020.csv")
    result = clean([raw], detect_layout(raw).layout)
    found = {(p.name, p.column): p for p in result.problems}
    copied = found["same_moment_stamps", "enroute_at = dispatched_at"]
    assert 0.92 < copied.count / copied.total < 0.94
    assert found["missing_stamp", "arrived_at"].count == 3472
    assert result.calls["arrived_at"].null_count() / result.calls.height == pytest.approx(0.20, abs=0.005)

    raw = read_table(shared_data / "san_antonio_2022-2026.parquet")
    layout = detect_layout(raw).layout
    result = clean([raw], layout)
    days = pl.from_epoch(result.calls["started_local"], "s").dt.strftime("%m/%d/%y")
    assert (days == raw.frame["Date"]).mean() > 0.999  # the text date is local, the epoch UTC
    found = {p.name: p for p in result.problems}
    # Hours of one digit lost their AM or PM; apart from that the text agrees with the epoch in every row.
    assert found["am_pm_cut_off"].count == raw.frame["Time"].str.contains("M").not_().sum() == 516_997
    assert (found["local_text_disagrees"].count, found["local_text_disagrees"].total) == (0, 717_153)

    raw = read_table(shared_data / "seattle_2015.csv")
    result = clean([raw], detect_layout(raw).layout)
    assert {"no_clear_time", "no_call_number"} <= names(result.problems)
    assert pl.from_epoch(result.calls["started_local"], "s").dt.year().unique().to_list() == [2015]


def test_san_diego_has_codes_whose_texts_stand_in_its_own_list(shared_data):
    raw = read_table(shared_data / "san_diego_2023-01.csv")
    result = clean([raw], detect_layout(raw).layout)
    found = {p.name: p.count for p in result.problems}
    # 21 calls have a code that the city's list lacks, or none.
    unnamed = result.calls.filter(pl.col("call_type").is_null())
    assert unnamed.height == found["code_without_text"] + found["blank_call_type"] == 21
    assert {"no_clear_time", "initiator_unknown"} <= names(result.problems)
    dispositions = raw.frame["disposition"]
    assert found["duplicate_call"] == dispositions.is_in(["DUP", "V"]).sum()
    assert found["cancelled_before_dispatch"] == dispositions.is_in(["W", "CAN"]).sum()


def test_lane_county_s_engagements_before_the_request_are_counted_and_told_apart(shared_data):
    """827 engagements lie before the request. Nearly all are midnight sharp (no time entered), few are AM for PM."""
    raw = read_table(shared_data / "lane_county_mobile_crisis_2024-2025.csv")
    layout = detect_layout(raw).layout
    result = clean([raw], layout)
    engaged = "Engagement with Client Date & Time"
    found = {(p.name, p.column): p.count for p in result.problems}
    assert found["time_order_violated", f"{engaged} before received_at"] == 827
    assert found["midnight_for_no_time", engaged] == 808
    slips = {column: n for (name, column), n in found.items() if name == "half_day_slip" and n}
    assert slips == {"received_at": 3, "dispatched_at": 1, "arrived_at": 2, "cleared_at": 5, engaged: 3}
    assert ("half_day_slip_repaired", "arrived_at") not in found  # never unless asked

    repaired = clean([raw], replace(layout, repair_half_day_slips=True))
    found = {(p.name, p.column): p.count for p in repaired.problems}
    assert {c: n for (name, c), n in found.items() if name == "half_day_slip_repaired" and n} == slips
    assert found["time_order_violated", f"{engaged} before received_at"] == 821
