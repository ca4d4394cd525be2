"""The record request: exactly what is missing, in a form without personal data, twice the same words."""

from __future__ import annotations

import re

import pytest

from call_codes.errors import UsageError
from calls.abilities import Ability, questions
from calls.record_request import (
    data_dictionary,
    letter_html,
    letter_markdown,
    record_request,
    request_fields,
)
from calls.schema import COLUMNS, UNIT_COLUMNS

ALL_YES = [Ability(name, q.text, "yes", (), ()) for name, q in questions().items()]


def with_gap(question: str, *ask: str) -> list[Ability]:
    return [Ability(a.id, a.question, "no", ("Not there.",), ask) if a.id == question else a for a in ALL_YES]


def test_without_a_file_everything_that_the_question_needs_is_asked_for():
    asked = record_request(["response_time"])
    assert [field.id for field in asked.fields] == ["call_number", "received_at", "unit_arrived_at"]


def test_with_a_file_only_what_it_lacks_is_asked_for_and_the_key_to_join_it():
    asked = record_request(
        ["officer_time", "by_area"], found=with_gap("officer_time", "unit_cleared_at"), file="calls.csv"
    )
    assert [field.id for field in asked.fields] == ["call_number", "unit_cleared_at"]
    assert asked.answered == (questions()["by_area"].text,)
    letter = letter_markdown(asked)
    assert "The file calls.csv is at hand" in letter
    assert "Time the unit was free again" in letter
    assert "Time received" not in letter


def test_a_file_that_answers_everything_needs_no_request():
    asked = record_request(["officer_time"], found=ALL_YES, file="calls.csv")
    assert asked.fields == ()
    assert "we ask for nothing further" in letter_markdown(asked)


def test_a_misspelt_question_is_told_the_nearest_one():
    with pytest.raises(UsageError, match='Did you mean "officer_time"'):
        record_request(["oficer_time"])


def test_the_full_letter_asks_for_the_de_identified_record_level_form():
    letter = letter_markdown(record_request())
    for word in ("pseudonym", "Race and ethnicity", "Disposition", "Use of force", "Complaint", "Arrest"):
        assert word in letter
    for placeholder in ("[AGENCY]", "[YOUR NAME]", "[STATE PUBLIC RECORDS LAW]", "[DATE]"):
        assert placeholder in letter
    assert all(field.label in letter for field in request_fields().values())


def test_names_and_periods_that_are_given_stand_in_the_letter():
    letter = letter_markdown(record_request(["by_area"]), agency="Alder Falls Police", period="2023 and 2024")
    assert "To: Alder Falls Police, Records Section" in letter
    assert "for the period 2023 and 2024" in letter
    assert "[AGENCY]" not in letter


def test_the_page_has_the_words_of_the_letter_and_asks_nothing_of_the_web():
    letter = letter_markdown(record_request(["officer_time"]), agency="A <b>bold</b> agency")
    page = letter_html(letter)
    assert "<b>bold</b>" not in page
    assert page.count("<table>") == letter.count("\n|---|")
    assert not re.search(r"(src|href)=|<script|@import|url\(", page)
    assert '<html lang="en">' in page


def test_no_line_of_a_table_breaks_its_columns():
    for line in letter_markdown(record_request()).splitlines():
        if line.startswith("| "):
            assert line.count("|") - line.count("\\|") in (4, 6)


def test_the_dictionary_is_the_schema():
    table = data_dictionary()
    assert table.height == len(COLUMNS) + len(UNIT_COLUMNS)
    assert table.filter(column="received_at")["unit"].to_list() == ["seconds since 1970-01-01 UTC"]
    assert table["meaning"].null_count() == 0


def test_every_field_belongs_to_a_standard_column_or_to_a_linked_table():
    names = {c.name for c in (*COLUMNS, *UNIT_COLUMNS)}
    assert {f.standard for f in request_fields().values()} - {""} <= names
