"""The code-books that come with Rightcall: complete, sourced, and silent unless they are declared."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import polars as pl
import pytest

from call_codes.code_books import bundled_books, with_code_books
from call_codes.crosswalk import AGENCIES_FOLDER, load_crosswalk
from call_codes.errors import CodeBookError
from call_codes.signing import Decision, append_decisions
from classifier.classify import classify_types


def types(*codes: str, text: str | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {"call_type_code": list(codes), "call_type": [text] * len(codes)},
        schema={"call_type_code": pl.String, "call_type": pl.String},
    )


def categories(*codes: str, books: tuple[str, ...] = (), text: str | None = None) -> list[str]:
    found = classify_types(types(*codes, text=text), crosswalk=with_code_books(None, books))
    return found["category"].to_list()


def test_there_are_ten_books_or_more_and_each_says_where_it_comes_from() -> None:
    books = bundled_books()
    assert len(books) >= 10
    assert sum(book.codes for book in books) >= 600
    for book in books:
        assert book.source
        assert book.place
        assert book.as_of.year >= 2026
        assert book.codes >= 30, book.name


@pytest.mark.parametrize("path", sorted(AGENCIES_FOLDER.glob("*.csv")), ids=lambda path: path.stem)
def test_a_book_is_in_order(path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert {row["agency"] for row in rows} == {path.stem}
    assert {row["basis"] for row in rows} == {"code_book"}
    # A list cannot sign a hazard away, so none says "none".
    assert "none" not in {row["hazard"] for row in rows}
    assert load_crosswalk(path.stem).rows.height == len(rows), (
        "two codes are one code when signs are left out"
    )
    for row in rows:
        if re.search(r"\b(gun|knife|weapon|firearm|shooting|shots|stab)", row["text"], re.IGNORECASE):
            assert "weapon" in row["hazard"] or "no weapon" in row["text"], row


def test_a_bare_code_means_nothing_until_a_book_is_declared() -> None:
    assert categories("103M") == ["unclassified"]
    assert categories("103M", books=("louisiana_signals",)) == ["mental_health_crisis"]


@pytest.mark.parametrize(
    ("code", "book", "category"),
    [
        ("34S", "louisiana_signals", "serious_violence"),
        ("12B", "dallas_signals", "burglar_alarm"),
        ("43", "miami_dade_signals", "mental_health_crisis"),
        ("408", "las_vegas_400_codes", "intoxicated_person"),
        ("408", "san_francisco_radio_codes", "fire_medical"),
        ("5150", "california_penal_codes", "mental_health_crisis"),
        ("10-33", "california_radio_codes", "burglar_alarm"),
        ("10-33", "apco_ten_codes", "serious_violence"),
        ("52D1", "new_york_ten_codes", "neighbor_civil_dispute"),
        ("54E1", "new_york_ten_codes", "mental_health_crisis"),
        ("54U2", "new_york_ten_codes", "fire_medical"),
        ("133", "police_protocol_cards", "trespass"),
        ("133D1", "police_protocol_cards", "trespass"),
        ("133-B-2", "police_protocol_cards", "trespass"),
        ("1331", "police_protocol_cards", "unclassified"),
        ("23D01", "fire_ems_protocol_cards", "overdose"),
        ("1140OD", "san_diego_codes", "overdose"),
    ],
)
def test_the_same_code_means_what_the_declared_book_says(code: str, book: str, category: str) -> None:
    assert categories(code, books=(book,)) == [category]


def test_what_people_signed_comes_before_the_book_whatever_agency_it_names(tmp_path: Path) -> None:
    path = tmp_path / "city.csv"
    append_decisions(path, [Decision("public_assist", "AB", "2026-11-22", code="103M", hazard="none")])
    both = with_code_books(load_crosswalk(path), ("louisiana_signals",))
    found = classify_types(types("103M", "103D").with_columns(agency=pl.lit("NOPD")), crosswalk=both)
    assert found.select("category", "basis").rows() == [
        ("public_assist", "signed"),
        ("family_dispute", "code_book"),
    ]


def test_two_books_that_contradict_each_other_say_nothing() -> None:
    assert categories("408", books=("las_vegas_400_codes", "san_francisco_radio_codes")) == ["unclassified"]


def test_a_hazard_that_the_book_states_is_kept() -> None:
    found = classify_types(types("34S"), crosswalk=with_code_books(None, ("louisiana_signals",)))
    assert found.select("hazard", "hazard_kinds").rows() == [(True, "weapon|violence")]


def test_a_book_of_ones_own_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(
        "agency,code,text,category,hazard,basis,reviewer,since,note\nx,7,ROWDY,disturbance,,code_book,,,\n"
    )
    assert categories("7", books=(str(path),)) == ["disturbance"]
    with pytest.raises(CodeBookError, match='no code-book is called "dallas"'):
        with_code_books(None, ("dallas",))
