"""Shortened forms of training texts: same every time, never another category's text, never the text itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.augment import variants

TEXTS = [
    "SUSPICIOUS VEHICLE",
    "DISTURBANCE WITH WEAPON",
    "TRAFFIC ACCIDENT WITH INJURY",
    "NOISE COMPLAINT LOUD MUSIC",
]
LABELS = ["suspicious_activity", "weapon", "crash_injury", "noise"]


def made(texts: list[str], labels: list[str]) -> list[tuple[int, str]]:
    return variants(texts, labels, [""] * len(texts))


def test_each_text_is_also_learned_shortened() -> None:
    found = made(TEXTS, LABELS)
    assert {row for row, _ in found} == {0, 1, 2, 3}
    assert all(text for _, text in found)
    assert all(len(text) < len(TEXTS[row]) for row, text in found)


def test_two_runs_make_the_same_variants_and_a_row_more_changes_none_of_them() -> None:
    assert made(TEXTS, LABELS) == made(TEXTS, LABELS)
    more = made([*TEXTS, "PARADE"], [*LABELS, "police_admin"])
    assert [pair for pair in more if pair[0] < 4] == made(TEXTS, LABELS)


def test_a_beginning_that_two_categories_share_is_not_learned_as_one_of_them() -> None:
    texts = ["VIOLATION OF PROTECTIVE ORDER", "VIOLATION OF LIQUOR LAW"]
    found = made(texts, ["domestic_violence", "drugs_vice"])
    assert not any(all(text.startswith(variant) for text in texts) for _, variant in found)


@pytest.mark.parametrize("text", ["SUBJ", "DIST", "PED"])
def test_a_variant_that_is_another_category_s_text_is_left_out(text: str) -> None:
    spelled = {"SUBJ": "SUBJECT", "DIST": "DISTURBANCE", "PED": "PEDESTRIAN"}[text]
    assert text not in [variant for _, variant in made([spelled, text], ["noise", "animal"])]


@given(st.lists(st.text(alphabet="ABCDEFGHIJ W/", max_size=30), max_size=8))
def test_any_texts_can_be_varied_at_most_once_each(texts: list[str]) -> None:
    found = made(texts, ["noise"] * len(texts))
    for row in range(len(texts)):
        assert sum(1 for own, _ in found if own == row) <= 1
    assert len({variant for _, variant in found}) == len(found)
