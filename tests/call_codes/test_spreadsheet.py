"""What a spreadsheet does to cells, and that a crosswalk survives it."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_codes.errors import CodeBookError
from call_codes.spreadsheet import (
    damage,
    escape_cell,
    guard_formula,
    lost_zeros,
    read_dates,
    unescape_cell,
)


@pytest.mark.parametrize(
    "text", ["=1+1", "+WARRANT", "-5", "@HOME", "0415", "1-10", "3/4", "5E3", "123456789012", "21.5", "'TIS"]
)
def test_what_a_spreadsheet_would_rewrite_gets_an_apostrophe(text: str) -> None:
    assert escape_cell(text) == f"'{text}"
    assert unescape_cell(f"'{text}") == text


@pytest.mark.parametrize("text", ["415", "415M", "WELFARE CHECK", "10-96A", "O'NEIL", ""])
def test_ordinary_cells_stay_as_they_are(text: str) -> None:
    assert escape_cell(text) == text
    assert unescape_cell(text) == text


@given(st.text())
def test_law_every_text_comes_back(text: str) -> None:
    assert unescape_cell(escape_cell(text)) == text
    assert unescape_cell(guard_formula(text)) == text


@given(st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(), st.dates()))
def test_law_where_no_code_stands_a_number_or_a_date_goes_out_unchanged(value: object) -> None:
    assert guard_formula(str(value)) == str(value)


@given(st.text(), st.sampled_from("=+-@\t\r"))
def test_law_what_a_spreadsheet_would_run_goes_out_as_text(rest: str, start: str) -> None:
    out = guard_formula(start + rest)
    if not out.startswith("'"):
        assert re.fullmatch(r"[+-][0-9.]+(?:[eE][+-]?[0-9]+)?%?", out)
        float(out.removesuffix("%"))


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n\x00")))
def test_law_every_line_comes_back_through_csv(text: str) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([escape_cell(text), "x"])
    assert unescape_cell(next(csv.reader(io.StringIO(out.getvalue())))[0]) == text


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("10-Jan", "a date"), ("Jan-10", "a date"), ("3-Apr-26", "a date"), ("10. Jan", "a date"),
        ("2026-01-10", "a date"), ("1/10/2026", "a date"), ("5.00E+03", "a rounded number"),
        ("#NAME?", "an error of a formula"), ("10-96", None), ("415M", None), ("MARCH", None), ("11/10", None),
    ],
)  # fmt: skip
def test_a_damaged_code_is_told_by_its_looks(code: str, what: str | None) -> None:
    assert damage(code) == what


def test_zeros_that_were_eaten_are_told_beside_the_code_as_it_was() -> None:
    assert lost_zeros("415", "0415")
    assert lost_zeros("10.5", "10.50")
    assert not lost_zeros("415", "415")
    assert not lost_zeros("415M", "0415M")
    assert not lost_zeros("416", "0415")


@pytest.mark.parametrize(
    ("written", "read", "assumed"),
    [
        (["2026-11-21", ""], ["2026-11-21", ""], False),
        (["2026-11-21 00:00:00"], ["2026-11-21"], False),
        (["11/21/2026", "1/2/2026"], ["2026-11-21", "2026-01-02"], False),
        (["21/11/2026", "1/2/2026"], ["2026-11-21", "2026-02-01"], False),
        (["1.2.2026"], ["2026-02-01"], False),
        (["11/21/26"], ["2026-11-21"], False),
        (["5/5/2026"], ["2026-05-05"], False),
        (["1/2/2026"], ["2026-01-02"], True),
    ],
)
def test_dates_are_read_again_however_the_spreadsheet_wrote_them(
    written: list[str], read: list[str], assumed: bool
) -> None:
    assert read_dates(written) == (read, assumed)


@pytest.mark.parametrize("written", [["31/31/2026"], ["soon"], ["2026-02-30"]])
def test_a_text_that_is_no_date_is_refused(written: list[str]) -> None:
    with pytest.raises(CodeBookError, match="2026-11-21"):
        read_dates(written)
