"""Remarks raise an alarm and nothing else, and what is shown of them hides people."""

from __future__ import annotations

import polars as pl
import pytest

from classifier.remarks import add_remark_hazards, load_redactions, redact, remark_hazards

CLASSIFIED = pl.DataFrame(
    {
        "category": ["welfare_check"] * 3,
        "hazard": [False] * 3,
        "hazard_kinds": [""] * 3,
        "hazard_reason": ["", "", "signed: no hazard"],
        "needs_review": [False] * 3,
        "remark": ["HE HAS A KNIFE, RP JANE DOE 612-555-0188", None, "NO WEAPONS SEEN"],
    }
)


def test_a_weapon_in_the_remark_makes_a_hazard_and_a_denied_or_missing_one_does_not() -> None:
    answer = add_remark_hazards(CLASSIFIED)
    assert answer["hazard"].to_list() == [True, False, False]
    assert answer["hazard_reason"].to_list() == ["weapon stated in the remarks", "", "signed: no hazard"]
    assert answer["needs_review"].to_list() == [True, False, False]
    assert answer["category"].to_list() == CLASSIFIED["category"].to_list()


def test_nothing_of_the_remark_is_left_in_the_answers() -> None:
    shown = add_remark_hazards(CLASSIFIED).write_csv()
    assert not [word for word in ("KNIFE", "JANE", "DOE", "0188", "SEEN") if word in shown]


def test_a_remark_never_takes_a_hazard_away() -> None:
    armed = CLASSIFIED.with_columns(hazard=pl.lit(True), hazard_kinds=pl.lit("violence"))
    answer = add_remark_hazards(armed)
    assert answer["hazard"].all()
    assert answer["hazard_kinds"].to_list() == ["weapon|violence", "violence", "violence"]


def test_types_without_remarks_stay_as_they_are() -> None:
    table = CLASSIFIED.drop("remark")
    assert add_remark_hazards(table) is table


def test_hazards_of_remarks_are_kinds_only() -> None:
    found = remark_hazards(pl.Series(["HE HAS A GUN", "", None]))
    assert found.to_list() == ["weapon", "", ""]


@pytest.mark.parametrize("redaction", load_redactions(), ids=lambda r: f"{r.mask} {r.hit}")
def test_each_pattern_hits_its_example_and_leaves_the_near_miss(redaction: object) -> None:
    assert redaction.expression.search(redaction.hit)  # type: ignore[attr-defined]
    assert not redaction.expression.search(redaction.miss)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("remark", "hidden", "kept"),
    [
        ("RP Jane Doe CB 612-555-0188 says he has a knife", ["Jane", "Doe", "0188"], ["knife"]),
        ("MALE AT 2130 E LAKE ST APT 4 WILL HURT HER", ["2130", "LAKE", "APT 4"], ["WILL HURT HER"]),
        ("DOB 01/02/1980 PLATE 7ABC123 jo@example.org", ["1980", "7ABC123", "jo@"], []),
        ("NAME: SMITH BOB, SSN 078-05-1120", ["SMITH", "BOB", "1120"], []),
        ("AT 5TH ST & MAIN, 44.97812 -93.26501", ["5TH", "MAIN", "44.97", "93.26"], []),
        ("2 MALES FIGHTING IN ALLEY, NO WEAPONS", [], ["2 MALES FIGHTING IN ALLEY", "NO WEAPONS"]),
    ],
)
def test_names_numbers_addresses_and_plates_are_masked_and_the_danger_stays_readable(
    remark: str, hidden: list[str], kept: list[str]
) -> None:
    shown = redact(remark)
    assert not [text for text in hidden if text in shown]
    assert [text for text in kept if text in shown] == kept
    assert redact(shown) == shown


def test_no_remark_is_an_empty_text() -> None:
    assert redact(None) == ""
