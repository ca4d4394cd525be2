"""A signed crosswalk is read as the spreadsheet left it, and contradictions in it are pointed out by line."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from call_codes import crosswalk
from call_codes.crosswalk import COLUMNS, code_book_names, empty_crosswalk, load_crosswalk, normalise
from call_codes.errors import CodeBookError

HEADER = "agency,code,text,category,hazard,basis,reviewer,since,note\n"
ROWS = (
    "example_city,415-M,Loud Music,noise,none,signed,records unit,2026-01-01,\n"
    "example_city,417,PERSON W/ GUN,weapon,weapon,code_book,,,published list\n"
    "example_city,,CHECK WELL-BEING,welfare_check,,signed,AB,,\n"
)


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "example.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_rows_come_in_as_they_are_with_their_keys(tmp_path: Path) -> None:
    book = load_crosswalk(write(tmp_path, HEADER + ROWS))
    assert book.name == "example"
    assert book.rows.columns == [*COLUMNS, "code_key", "text_key"]
    assert book.rows.select("code_key", "text_key", "category", "hazard").rows() == [
        ("415 M", "LOUD MUSIC", "noise", "none"),
        ("417", "PERSON W GUN", "weapon", "weapon"),
        ("", "CHECK WELL BEING", "welfare_check", ""),
    ]
    assert book.rows.null_count().sum_horizontal().item() == 0


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (HEADER + ROWS, "utf-8-sig"),
        ((HEADER + ROWS).replace(",", ";"), "utf-8"),
        ((HEADER + ROWS).replace("\n", "\r\n"), "utf-8"),
        ((HEADER + ROWS).replace("\n", "\r"), "utf-8"),
        (HEADER.upper() + ROWS.replace(",noise,none,", ", Noise , NONE ,"), "utf-8"),
        (HEADER + ROWS + ",,,,,,,,\n\n", "utf-8"),
    ],
)
def test_what_spreadsheets_do_to_a_file_changes_nothing(tmp_path: Path, text: str, encoding: str) -> None:
    plain = load_crosswalk(write(tmp_path, HEADER + ROWS)).rows
    assert load_crosswalk(write(tmp_path, text, encoding)).rows.equals(plain)


def test_further_columns_are_left_aside(tmp_path: Path) -> None:
    text = "probability," + HEADER + "0.9,example_city,21,,noise,,signed,AB,,\n"
    assert load_crosswalk(write(tmp_path, text)).rows.columns == [*COLUMNS, "code_key", "text_key"]


def test_lines_that_agree_are_one_row_and_the_last_is_kept(tmp_path: Path) -> None:
    again = "example_city,415 m,LOUD MUSIC!,noise,none,signed,chief,2026-06-01,\n"
    rows = load_crosswalk(write(tmp_path, HEADER + ROWS + again)).rows
    assert rows.height == 3
    assert rows.filter(pl.col("code_key") == "415 M")["reviewer"].to_list() == ["chief"]


def test_the_order_of_hazard_kinds_does_not_matter(tmp_path: Path) -> None:
    rows = (
        "example_city,10,ARMED FIGHT,assault,violence | weapon,signed,AB,,\n"
        "example_city,10,ARMED FIGHT,assault,weapon|violence,signed,AB,,\n"
    )
    assert load_crosswalk(write(tmp_path, HEADER + rows)).rows["hazard"].to_list() == ["weapon|violence"]


def test_the_same_code_may_mean_different_things_in_two_agencies(tmp_path: Path) -> None:
    rows = "north,21,,noise,,code_book,,,\nsouth,21,,burglary,,code_book,,,\n"
    assert load_crosswalk(write(tmp_path, HEADER + rows)).rows.height == 2


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("c,21,,noize,,signed,AB,,", 'Line 2: no category is called "noize". Did you mean "noise"'),
        ("c,21,,,,signed,AB,,", "Line 2: the category is blank"),
        ("c,,--,noise,,signed,AB,,", "Line 2: neither code nor text"),
        ("c,21,,noise,gun,signed,AB,,", 'Line 2: "gun" is no hazard; use weapon,'),
        ("c,21,,noise,none|weapon,signed,AB,,", 'Line 2: "none" is no hazard'),
        ("c,21,,noise,,guess,AB,,", 'Line 2: the basis is "guess" and must be one of signed, code_book'),
        ("c,21,,noise,,signed,,,", "Line 2: a signed row needs a reviewer"),
        ("c,21,,noise,,signed,AB,31.13.2026,", 'Line 2: since is "31.13.2026"'),
    ],
)
def test_a_faulty_line_is_explained(tmp_path: Path, row: str, sentence: str) -> None:
    with pytest.raises(CodeBookError, match=sentence.replace("|", r"\|")):
        load_crosswalk(write(tmp_path, HEADER + row + "\n"))


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ("city,415_m,loud music,disturbance,,signed,CD,,", 'two category values, "noise" and "disturbance"'),
        ("city,415 M,LOUD-MUSIC,noise,weapon,signed,CD,,", 'two hazard values, "" and "weapon"'),
    ],
)
def test_one_type_signed_twice_in_different_ways_is_a_conflict(
    tmp_path: Path, second: str, sentence: str
) -> None:
    first = "city,415-M,Loud Music,noise,,signed,AB,,"
    with pytest.raises(
        CodeBookError, match=f'Lines 2, 3: "415 M / LOUD MUSIC" of agency "city" has {sentence}'
    ):
        load_crosswalk(write(tmp_path, f"{HEADER}{first}\n{second}\n"))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(CodeBookError, match=r"lacks the column\(s\) hazard, since; it has agency, code"):
        load_crosswalk(
            write(tmp_path, "agency,code,text,category,basis,reviewer,note\nc,1,,noise,signed,AB,\n")
        )


def test_a_file_that_is_absent_empty_ragged_or_in_another_encoding_is_explained(tmp_path: Path) -> None:
    with pytest.raises(CodeBookError, match="cannot be opened"):
        load_crosswalk(tmp_path / "absent.csv")
    with pytest.raises(CodeBookError, match="cannot be read as CSV"):
        load_crosswalk(write(tmp_path, ""))
    with pytest.raises(CodeBookError, match="cannot be read as CSV"):
        load_crosswalk(write(tmp_path, HEADER + "c,1,,noise,,signed,AB,,,,,,\n"))
    with pytest.raises(CodeBookError, match="not in UTF-8"):
        load_crosswalk(write(tmp_path, HEADER + "c,1,CAFÉ,noise,,signed,AB,,\n", "cp1252"))


def test_many_faults_are_counted_and_five_are_shown(tmp_path: Path) -> None:
    rows = "".join(f"c,{n},,noize,,signed,AB,,\n" for n in range(7))
    with pytest.raises(CodeBookError, match=r"7 fault\(s\).*Line 6: .*And 2 more"):
        load_crosswalk(write(tmp_path, HEADER + rows))


def test_an_empty_crosswalk_has_the_same_columns() -> None:
    assert empty_crosswalk().rows.columns == [*COLUMNS, "code_key", "text_key"]
    assert empty_crosswalk().rows.height == 0


def test_a_header_without_lines_is_an_empty_crosswalk(tmp_path: Path) -> None:
    assert load_crosswalk(write(tmp_path, HEADER)).rows.equals(empty_crosswalk().rows)


def test_the_bundled_code_books_have_no_faults() -> None:
    for name in code_book_names():
        assert load_crosswalk(name).rows.height > 0


def test_a_bundled_code_book_is_found_by_name_and_must_name_its_agency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crosswalk, "AGENCIES_FOLDER", tmp_path)
    write(tmp_path, HEADER + ROWS)
    assert code_book_names() == ("example",)
    assert load_crosswalk("example").rows.height == 3
    write(tmp_path, HEADER + ",21,,noise,,code_book,,,\n")
    with pytest.raises(CodeBookError, match="must name its agency"):
        load_crosswalk("example")


def test_a_key_ignores_case_and_punctuation() -> None:
    assert normalise(" check well-being / CAHOOTS ") == "CHECK WELL BEING CAHOOTS"
    assert normalise("415_M") == normalise("415-m") == "415 M"
    assert normalise(None) == normalise("--") == ""


@settings(deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_law_a_key_is_its_own_key(text: str) -> None:
    key = normalise(text)
    assert normalise(key) == key
    assert normalise(text.lower()) == key
    assert key == " ".join(key.split())
