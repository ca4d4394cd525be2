"""Workbooks as they come: the right sheet, the header under its title, merged cells and typed ones."""

from __future__ import annotations

import importlib.util
import sys
from datetime import datetime
from pathlib import Path

import pytest

from call_codes.errors import RightcallError
from calls.clean import clean
from calls.detection import detect_layout
from calls.read import read_table

_spec = importlib.util.spec_from_file_location(
    "nasty_workbooks", Path(__file__).with_name("nasty_workbooks.py")
)
assert _spec is not None
assert _spec.loader is not None
_made = importlib.util.module_from_spec(_spec)
sys.modules["nasty_workbooks"] = _made
_spec.loader.exec_module(_made)
workbook, open_document = _made.workbook, _made.open_document

HEADER = ["Incident Number", "Call Type", "Received", "Dispatched", "Arrived", "Cleared", "Beat"]


def calls() -> list[list[str]]:
    """Twelve calls."""
    stamps = [f"2023-01-03 10:{m:02}:00" for m in (1, 4, 9, 40)]
    return [[f"N{i}", "WELFARE CHECK", *stamps, f"B{i % 3}"] for i in range(12)]


def test_the_sheet_with_the_calls_is_found_under_its_title_and_named(write):
    book = workbook(
        {
            "About": [["Springfield Police Department"], ["All rights reserved"]],
            "Codes": [["Code", "Text"], *([f"C{i}", "words"] for i in range(40))],
            "CFS 2023": [
                [],
                ["Calls for Service 2023"],
                [],
                HEADER,
                *calls(),
                [],
                ["Total", "", "", "", "", "", 12],
            ],
        }
    )
    raw = read_table(write("calls.xlsx", book))
    assert raw.headers == tuple(HEADER)
    cleaned = clean([raw], detect_layout(raw).layout)
    assert cleaned.ledger.rows_kept == 12
    assert cleaned.ledger.set_aside == {"preamble_line": 3, "blank_row": 1, "total_line": 1}
    [chosen] = [p for p in cleaned.problems if p.name == "sheet_chosen"]
    assert chosen.detail == "CFS 2023 (not About, Codes)"


def test_a_date_merged_over_several_rows_is_given_to_each(write):
    header = ["Incident Number", "Call Type", "Date", "Time Received", "Time Cleared"]
    rows = [[f"N{i}", "THEFT", "01/02/2023" if i == 0 else "", f"1{i}:00", f"1{i}:30"] for i in range(6)]
    book = workbook({"Calls": [header, *rows]}, merged={"Calls": [(1, 2, 3, 2, "01/02/2023")]})
    raw = read_table(write("calls.xlsx", book))
    assert raw.frame["Date"].to_list() == ["01/02/2023"] * 3 + [None] * 3
    assert [(f.name, f.count) for f in raw.faults] == [("merged_cells", 2)]


def test_typed_workbook_cells_come_in_as_text(write):
    when = datetime(2023, 1, 2, 10, 30)
    book = workbook({"Calls": [HEADER, ["1", "THEFT", when, when, "n/a", when, 7]]})
    row = read_table(write("calls.xlsx", book)).frame.row(0)
    assert row[:7] == (
        "1",
        "THEFT",
        "2023-01-02 10:30:00",
        "2023-01-02 10:30:00",
        "n/a",
        "2023-01-02 10:30:00",
        "7",
    )


def test_a_workbook_called_csv_and_an_open_document_are_read(write):
    book = workbook({"Calls": [HEADER, *calls()]})
    for name, content in (("calls.csv", book), ("calls.ods", open_document([HEADER, *calls()]))):
        raw = read_table(write(name, content))
        assert raw.frame.select(HEADER).rows() == [tuple(row) for row in calls()]


@pytest.mark.parametrize("sheets", [{"Empty": []}, {"Only a header": [HEADER]}, {"A word": [["hello"]]}])
def test_a_workbook_without_calls_is_refused(write, sheets):
    with pytest.raises(RightcallError, match="no rows"):
        read_table(write("calls.xlsx", workbook(sheets)))


def test_an_old_workbook_is_read_with_its_dates_as_dates_and_as_bare_numbers(write, tmp_path):
    """Written by a program for .xls: a date cell is a number with a format, a converted one only the number."""
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("Calls")
    for column, name in enumerate(["Incident Number", "Call Type", "Time Received", "Date Closed"]):
        sheet.write(0, column, name)
    as_date = xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm")
    for i in range(1, 4):
        sheet.write(i, 0, f"23-{i}")
        sheet.write(i, 1, "NOISE")
        sheet.write(i, 2, datetime(2023, 6, 13, 14, i), as_date)
        sheet.write(i, 3, 45_090 + i)
    path = tmp_path / "calls.xls"
    book.save(str(path))
    raw = read_table(path)
    detection = detect_layout(raw)
    calls = clean([raw], detection.layout, guessed=True).calls
    assert calls["received_at"].to_list() == [1686664860, 1686664920, 1686664980]
    assert calls["cleared_at"].to_list() == [(45_090 + i - 25_569) * 86_400 for i in (1, 2, 3)]
    assert any('"Date Closed" holds dates without a clock time' in q for q in detection.questions)
