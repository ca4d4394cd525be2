"""What goes out as a table: numbers and dates stay what they are, and no cell acts as a formula."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from app.chart_files import rows_csv
from app.outputs import spreadsheet_safe
from app.review_sheet import SHEET_COLUMNS, write_sheet
from call_codes.spreadsheet import guard_formula

_NUMBER = re.compile(r"[+-][0-9.]+(?:[eE][+-]?[0-9]+)?%?")


def safe(*texts: str) -> list[str]:
    return spreadsheet_safe(pl.DataFrame({"text": texts}))["text"].to_list()


@given(
    st.lists(
        st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(), st.dates()), min_size=1
    )
)
def test_law_a_number_or_a_date_goes_through_unchanged(values: list[object]) -> None:
    texts = [str(value) for value in values]
    assert safe(*texts) == texts


@given(st.lists(st.tuples(st.sampled_from("=+-@\t\r"), st.text()), min_size=1))
def test_law_no_cell_that_a_spreadsheet_would_run_goes_out_unguarded(cells: list[tuple[str, str]]) -> None:
    for out in safe(*(start + rest for start, rest in cells)):
        if not out.startswith("'"):
            assert _NUMBER.fullmatch(out)
            float(out.removesuffix("%"))


@given(st.text())
def test_law_tables_and_sheets_guard_the_same_cells(text: str) -> None:
    # A sheet is read back, so it also marks a text that begins with an apostrophe.
    if not text.startswith("'"):
        assert safe(text) == [guard_formula(text)]


def test_columns_that_are_no_text_and_blanks_stay_as_they_are() -> None:
    table = pl.DataFrame({"change": [-28.2, None], "day": [date(2026, 11, 22), None], "note": [None, "=1+1"]})
    assert spreadsheet_safe(table).rows() == [(-28.2, date(2026, 11, 22), None), (None, None, "'=1+1")]
    assert spreadsheet_safe(table.select("change")).rows() == [(-28.2,), (None,)]


def test_the_table_of_a_chart_keeps_negative_numbers_and_shares() -> None:
    rows = (("a", "b", "c"), ("-28.2", "-3.1%", "-2+3"))
    assert rows_csv(rows).decode() == "a,b,c\n-28.2,-3.1%,'-2+3\n"


def test_the_sheet_to_fill_in_guards_codes_and_leaves_medians_and_dates_alone(tmp_path: Path) -> None:
    row = dict.fromkeys(SHEET_COLUMNS, "") | {
        "code": "1-10", "text": "0415", "on_scene_minutes_median": "28.2", "weight": "-0.5", "nearest_signed": "=1+1",
    }  # fmt: skip
    write_sheet(pl.DataFrame([row]), tmp_path / "sheet.csv")
    text = (tmp_path / "sheet.csv").read_text("utf-8-sig")
    written = next(csv.DictReader(io.StringIO(text)))
    assert {name: cell for name, cell in written.items() if cell} == {
        "code": "'1-10", "text": "'0415", "on_scene_minutes_median": "28.2", "weight": "-0.5", "nearest_signed": "'=1+1",
    }  # fmt: skip
