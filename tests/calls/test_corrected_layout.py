"""A person's corrections of the columns: what they change, what hangs on them, and what they may not be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from call_codes.errors import LayoutError
from calls.corrected_layout import CHOSEN, columns_now, corrected
from calls.detection import Detection, detect_layout
from calls.layout_file import layout_text
from calls.layouts import load_layout
from calls.read import read_table

ROWS = """No,What,How,Day,Clock,Free,Code
1,WELFARE CHECK,PHONE,03/14/2024,13:05,03/14/2024 14:00,A
2,TRAFFIC STOP,OFFICER,03/15/2024,23:55,03/16/2024 00:20,B
"""


@pytest.fixture
def found(tmp_path: Path) -> Callable[..., Detection]:
    file = tmp_path / "calls.csv"
    file.write_text(ROWS)
    raw = read_table(file)
    detection = detect_layout(raw, need_call_type=False)
    return lambda columns, **more: corrected(detection, raw, columns, **more)


def test_a_date_and_a_time_column_chosen_for_a_stamp_are_read_by_their_values(
    found: Callable[..., Detection],
) -> None:
    layout = found({"received_at": ("Day", "Clock"), "cleared_at": ("Free",), "call_type": ("What",)}).layout
    assert layout.columns["received_at"] == ("Day", "Clock")
    assert layout.formats  # worked out from the values, not asked
    assert columns_now(layout)["cleared_at"] == ("Free",)


def test_the_words_of_a_chosen_source_column_say_who_started_a_call(found: Callable[..., Detection]) -> None:
    layout = found({"source": ("How",), "call_type": ("What",)}).layout
    assert layout.values["initiated_by"].column == "How"
    assert layout.values["initiated_by"].map["OFFICER"] == "officer"


def test_a_chosen_column_is_certain_and_its_question_is_answered(found: Callable[..., Detection]) -> None:
    detection = found({"call_type": ("What",), "received_at": ("Day", "Clock")}, type_is="initial")
    assert detection.confidence["call_type"] == 1.0
    assert detection.reasons["call_type"] == CHOSEN
    assert not any("what each call was about" in question for question in detection.questions)
    assert not any("initial or the final" in question for question in detection.questions)


def test_a_column_that_is_taken_away_is_gone_with_its_reason(found: Callable[..., Detection]) -> None:
    with_code = found({"call_type": ("What",), "call_type_code": ("Code",)})
    assert "call_type_code" in with_code.layout.columns
    without = found({"call_type": ("What",), "call_type_code": ()})
    assert "call_type_code" not in without.layout.columns
    assert "call_type_code" not in without.reasons


def test_what_was_corrected_is_written_and_read_back_as_the_same_layout(
    found: Callable[..., Detection], tmp_path: Path
) -> None:
    detection = found(
        {"call_type": ("What",), "received_at": ("Day", "Clock"), "source": ("How",)}, grain="call"
    )
    file = tmp_path / "ours.toml"
    file.write_text(layout_text(detection, "ours", ROWS.splitlines()[0].split(",")))
    read = load_layout(str(file))
    for field in ("columns", "formats", "values", "grain", "type_is"):
        assert getattr(read, field) == getattr(detection.layout, field)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"call_type": ("Nature",)}, 'the column "Nature", which calls.csv does not have'),
        ({"call_type": ("What",), "call_id": ("What",)}, 'the column "What" chosen twice'),
        ({"call_type": ("What",), "received_at": ("Code",)}, "read as a date with a time"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_in_a_sentence(
    found: Callable[..., Detection], columns: dict[str, tuple[str, ...]], sentence: str
) -> None:
    with pytest.raises(LayoutError, match=sentence):
        found(columns)
