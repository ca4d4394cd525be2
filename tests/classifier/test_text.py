"""How call-type text is made ready, and what is never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.text import is_bare_code, is_blank, model_text, strip_responders, upper_text


@pytest.mark.parametrize(
    "text",
    ["5150", "415", "103M", "10-96", "CODE 43", "T", "AU1", "SIGNAL 21", "11-95", "CAHOOTS", "S/P", "43B-1"],
)
def test_a_code_without_a_word_is_bare(text: str) -> None:
    assert is_bare_code(text)


@pytest.mark.parametrize(
    "text",
    ["WELFARE CHECK", "415 DISTURBANCE", "459V-BURG VEH", "DUI", "DV", "OD", "T STOP", "10-56A SUICIDE"],
)
def test_a_text_with_a_word_is_not_bare(text: str) -> None:
    assert not is_bare_code(text)


@pytest.mark.parametrize("text", [None, "", "  ", "--", "N/A", "null", "None", "?", "."])
def test_missing_values_in_their_usual_spellings_are_blank_and_not_bare(text: str | None) -> None:
    assert is_blank(text)
    assert not is_bare_code(text)


def test_unknown_trouble_is_a_call_type_and_not_a_missing_value() -> None:
    assert not is_blank("UNKNOWN TROUBLE")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CHECK WELFARE, CAHOOTS", "CHECK WELFARE"),
        ("STAR - WELFARE CHECK", "WELFARE CHECK"),
        ("Disturbance (Cahoots)", "DISTURBANCE"),
        ("HEALTH CARE FACILITY", "HEALTH CARE FACILITY"),
        ("HEART ATTACK", "HEART ATTACK"),
        ("STARTER PISTOL", "STARTER PISTOL"),
    ],
)
def test_the_name_of_who_was_sent_is_taken_out_but_not_the_same_letters_in_a_word(
    text: str, expected: str
) -> None:
    assert strip_responders(upper_text(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Man w/gun", "MAN W/GUN"),
        ("DISTURBANCE – VERBAL", "DISTURBANCE VERBAL"),
        ("10-56A SUICIDE ATT", "SUICIDE ATT"),
        ("133D_TRESPASS/UNWANTED SUBJ", "TRESPASS/UNWANTED SUBJ"),
        ("SuspiciousPerson", "SUSPICIOUS PERSON"),
        ("911 HANG-UP", "911 HANG-UP"),
        ("THEFT *REPORT*  (COLD)", "THEFT REPORT COLD"),
        ("415", "415"),
        ("CODE 3 COVER", "CODE 3 COVER"),
        ("CODE 43 COVER", "CODE COVER"),
        ("3 CAR ACCIDENT", "CAR ACCIDENT"),
        (None, ""),
    ],
)
def test_the_model_reads_words_without_codes_and_with_the_marks_of_the_trade(
    text: str | None, expected: str
) -> None:
    assert model_text(text) == expected


@given(st.text(max_size=40))
def test_any_text_can_be_read_and_reading_the_result_changes_nothing_more(text: str) -> None:
    assert upper_text(upper_text(text)) == upper_text(text)
    assert not (is_blank(text) and is_bare_code(text))
    assert model_text(text) == model_text(upper_text(text))
