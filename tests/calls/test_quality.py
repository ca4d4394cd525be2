"""The data-quality report: each fault with its place, and never a word from an address or a remark."""

from __future__ import annotations

import json

import pytest

from calls.abilities import abilities, facts, questions
from calls.clean import clean
from calls.detection import detect_layout
from calls.ingest import Workspace, ingest
from calls.layouts import load_layout
from calls.quality import check_quality
from calls.read import read_table
from calls.record_request import request_fields
from calls.stream import open_stream

HEADER = (
    "Incident Number,Unit ID,Source,Call Type,Final Type,Address,Beat,Received,Dispatched,Arrived,Cleared\n"
)
LAYOUT = """
grain = "unit"
[columns]
call_id = "Incident Number"
unit_id = "Unit ID"
source = "Source"
call_type = "Call Type"
final_type = "Final Type"
area = "Beat"
received_at = "Received"
dispatched_at = "Dispatched"
arrived_at = "Arrived"
cleared_at = "Cleared"
[times]
zone = "America/Chicago"
formats = ["%Y-%m-%d %H:%M"]
[values.initiated_by]
column = "Source"
map = { "911" = "community", OFC = "officer" }
"""


def row(call="1", unit="A1", kind="NOISE", times=("10:00", "10:05", "10:10", "10:30"), day="2023-06-13"):
    stamps = ",".join(f"{day} {t}" if t else "" for t in times)
    return f"{call},{unit},911,{kind},{kind},12 ELM ST,4,{stamps}"


@pytest.fixture
def quality(write):
    def _quality(*rows: str, layout: str = LAYOUT, header: str = HEADER):
        raw = read_table(write("calls.csv", header + "".join(f"{r}\n" for r in rows)))
        chosen = load_layout(write("city.toml", layout))
        return check_quality(clean([raw], chosen), chosen)

    return _quality


def finding(quality, name, column=""):
    return next(f for f in quality.findings if (f.problem.name, f.problem.column) == (name, column))


def test_a_fault_is_told_with_the_rows_it_is_seen_in(quality):
    report = quality(
        row("1"), row("2", times=("10:00", "10:05", "", "10:30")), row("3", times=("10:00", "10:05", "", ""))
    )
    missing = finding(report, "missing_stamp", "arrived_at")
    assert (missing.problem.count, missing.problem.total) == (2, 3)
    assert missing.examples == ("row 2", "row 3")


def test_of_two_units_the_row_of_the_faulty_one_is_named(quality):
    report = quality(row("1", "A1"), row("1", "B2", times=("10:00", "10:05", "10:10", "10:05")))
    assert finding(report, "zero_length_span").examples == ("row 2",)


def test_a_unit_that_was_never_cleared_is_over_the_cap(quality):
    late = "2,A1,911,NOISE,NOISE,12 ELM ST,4,2023-06-13 10:00,2023-06-13 10:05,,2023-06-14 10:00"
    over = finding(quality(row("1"), late), "span_over_cap")
    assert (over.problem.count, over.problem.total, over.examples) == (1, 2, ("row 2",))


def test_a_call_that_is_open_at_the_end_is_told_apart_from_one_that_was_never_cleared(quality):
    open_times = ("10:00", "10:05", "10:10", "")
    report = quality(
        row("1", day="2023-06-10", times=open_times), row("2"), row("3", day="2023-06-13", times=open_times)
    )
    assert finding(report, "missing_stamp", "cleared_at").problem.count == 2
    at_end = finding(report, "open_call_at_end")
    assert (at_end.problem.count, at_end.examples) == (1, ("row 3",))


def test_an_unreadable_cell_is_shown_by_its_shape_only(quality):
    report = quality(row("1"), row("2").replace("2023-06-13 10:30", "June 13 noon"))
    assert finding(report, "unreadable_stamp", "cleared_at").examples == (
        "row 2 (written like AAAA 99 AAAA)",
    )


def test_every_fault_of_a_row_names_rows(quality):
    """Clock slips, hours that happen twice, spans for stamps: whatever is counted in rows is also shown in rows."""
    layout = LAYOUT.replace(
        'zone = "America/Chicago"', 'zone = "America/Chicago"\nrepair_half_day_slips = true'
    )
    report = quality(
        row("1", times=("14:00", "14:05", "02:15", "14:40")),  # arrival typed AM for PM
        row("2", times=("14:00", "14:05", "00:00", "14:40")),  # no time entered
        row("3", times=("01:30", "01:31", "01:40", "03:40"), day="2023-11-05"),  # happens twice
        row("4", times=("02:30", "03:31", "03:40", "03:50"), day="2023-03-12"),  # never happens
        row("5", kind="VOID"),
        row("6", kind="CHECK WELFARE - CAHOOTS"),
        row("", kind=""),
        row("7", times=("14:00", "14:05", "1995", "14:40")).replace("2023-06-13 1995", "1901-01-01 10:00"),
        layout=layout,
    )
    of_rows = {
        f.problem.name: f.examples for f in report.findings if f.kind.of in ("rows", "known stamps", "calls")
    }
    expected = {
        "half_day_slip": ("row 1",),
        "half_day_slip_repaired": ("row 1",),
        "midnight_for_no_time": ("row 2",),
        "repeated_local_time": ("row 3",),
        "nonexistent_local_time": ("row 4",),
        "void_call": ("row 5",),
        "responder_name_in_type": ("row 6",),
        "missing_call_id": ("row 7",),
        "blank_call_type": ("row 7",),
        "implausible_year": ("row 8 (written like 9999-99-99 99:99)",),
    }
    assert {name: of_rows[name] for name in expected} == expected
    assert [name for name, examples in of_rows.items() if not examples] == []


def test_a_file_that_is_cleaned_in_parts_gets_the_same_report(write, tmp_path):
    def hour(i):
        return f"{8 + i % 12:02}"

    rows = [
        row(
            str(i),
            kind=("NOISE", "THEFT", "")[i % 3],
            times=(f"{hour(i)}:00", f"{hour(i)}:05", "" if i % 3 else f"{hour(i)}:10", f"{hour(i)}:30"),
            day=f"2023-{5 + i % 2:02}-{1 + i % 28:02}",
        )
        for i in range(400)
    ]
    file = write("calls.csv", HEADER + "".join(f"{r}\n" for r in rows))
    layout = load_layout(write("city.toml", LAYOUT))
    once = check_quality(clean([read_table(file)], layout), layout)
    in_parts = check_quality(ingest([open_stream(file)], layout, Workspace()), layout)
    assert in_parts.as_dict() == once.as_dict()
    assert in_parts.findings


def test_dates_without_times_of_day_are_noticed(quality):
    report = quality(*(row(str(i), times=("00:00", "", "", "")) for i in range(5)))
    assert finding(report, "time_of_day_missing").problem.count == 5
    answers = {a.id: a.verdict for a in report.abilities}
    assert answers["hour_of_day"] == "no"


def test_a_fault_that_gathers_in_a_month_or_a_type_says_so(quality):
    good = [row(f"g{i}", kind="NOISE", day="2023-05-10") for i in range(40)]
    bad = [
        row(f"b{i}", kind="THEFT", times=("10:00", "10:05", "", "10:30"), day="2023-06-10") for i in range(30)
    ]
    missing = finding(quality(*good, *bad), "missing_stamp", "arrived_at")
    assert missing.by_month.select("month", "count", "share").rows() == [
        ("2023-05", 0, 0.0),
        ("2023-06", 30, 1.0),
    ]
    assert missing.by_call_type.select("call_type", "count").rows() == [("THEFT", 30)]


def test_small_counts_are_not_shown_by_month_or_type(quality):
    good = [row(f"g{i}", day="2023-05-10") for i in range(40)]
    bad = [
        row(f"b{i}", kind="THEFT", times=("10:00", "10:05", "", "10:30"), day="2023-06-10") for i in range(25)
    ]
    few = [
        row(f"f{i}", kind="RARE", times=("10:00", "10:05", "", "10:30"), day="2023-07-10") for i in range(3)
    ]
    missing = finding(quality(*good, *bad, *few), "missing_stamp", "arrived_at")
    assert missing.by_month.row(2, named=True) == {
        "month": "2023-07", "count": None, "total": 3, "share": None, "suppressed": True,
    }  # fmt: skip
    assert missing.by_call_type["call_type"].to_list() == ["THEFT"]


def test_the_report_is_plain_json_worst_first_and_tells_no_address(quality):
    report = quality(row("1"), row("2", times=("10:00", "10:05", "10:01", "xx")), row("3", kind=""))
    document = json.dumps(report.as_dict())
    assert "ELM" not in document
    order = [f.kind.severity for f in report.findings]
    assert order == sorted(order, key=["high", "medium", "low"].index)


def test_what_a_full_file_can_answer_and_what_no_call_table_can(quality):
    report = quality(*(row(str(i)) for i in range(5)))
    answers = {a.id: a.verdict for a in report.abilities}
    assert set(answers) == set(questions())
    yes = ("eligible_share", "officer_time", "unit_time", "response_time", "by_area", "initial_against_final")
    assert {answers[name] for name in yes} == {"yes"}
    assert answers["force_and_complaints"] == answers["fairness"] == answers["before_and_after"] == "no"


def test_without_a_clear_time_there_is_no_officer_time_and_the_letter_knows_what_to_ask(quality):
    layout = LAYOUT.replace('cleared_at = "Cleared"\n', "")
    officer_time = next(a for a in quality(row("1"), layout=layout).abilities if a.id == "officer_time")
    assert officer_time.verdict == "no"
    assert officer_time.reasons == ("Not in the file: when units were free again. No span has an end.",)
    assert officer_time.ask == ("unit_cleared_at",)


def test_a_stamp_that_is_there_for_some_calls_answers_in_part(quality):
    some = [row(str(i), times=("10:00", "10:05", "10:10" if i % 2 else "", "10:30")) for i in range(10)]
    response = next(a for a in quality(*some).abilities if a.id == "response_time")
    assert response.verdict == "partly"
    assert "50% of calls with a unit" in response.reasons[0]


def test_every_need_asks_for_fields_that_exist():
    for question in questions().values():
        for need in question.needs:
            assert set(need.ask) <= set(request_fields())
            assert need.ask
            assert need.without in ("no", "partly")


@pytest.mark.parametrize("name", ["minneapolis_2020.csv", "burlington_2022.csv", "san_diego_2023-01.csv"])
def test_real_exports_get_a_report(shared_data, name):
    raw = read_table(shared_data / name)
    detection = detect_layout(raw)
    cleaned = clean([raw], detection.layout, guessed=not detection.named)
    report = check_quality(cleaned, detection.layout)
    names = {f.problem.name for f in report.findings}
    known = facts(cleaned.calls, detection.layout)
    assert report.abilities == abilities(known)
    if name == "minneapolis_2020.csv":
        assert finding(report, "missing_day").examples == ("2020-06-03 to 2020-06-20",)
        assert "same_moment_stamps" in names
    if name == "burlington_2022.csv":
        assert "offset_applied_twice" in names
