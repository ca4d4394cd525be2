"""Hours of duty as people say them."""

from __future__ import annotations

import pytest

from app.shift_words import shift_words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("mon-sun 15:00-27:00", "Every day, 3 pm to 3 am of the next day"),
        ("mon-sun 08:00-24:00", "Every day, 8 am to midnight"),
        ("mon-fri 09:00-17:30", "Monday to Friday, 9 am to 5:30 pm"),
        (
            "fri,sat 18:00-26:00; mon-thu 07:30-15:00",
            "Monday to Thursday, 7:30 am to 3 pm; Friday and Saturday, 6 pm to 2 am of the next day",
        ),
        ("mon,wed,fri 12:00-20:00", "Monday, Wednesday and Friday, 12 pm to 8 pm"),
        ("mon-sun 00:00-24:00", "Every day, around the clock"),
        ("sun 08:00-32:00", "Sunday, 24 hours from 8 am"),
    ],
)
def test_a_line_of_hours_is_told_in_words(line: str, words: str) -> None:
    assert shift_words(line).replace("\u00a0", " ") == words
