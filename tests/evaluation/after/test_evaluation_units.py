"""What an effect is counted in, in words: units, rate ratios in percent, p-values as chances."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.evaluation_units import chance_words, ratio_words, unit_of
from evaluation.after.study import Outcome

ARRESTS = Outcome(
    "arrests", "Arrests", "calls", "count", "lower", "officer", "all", None, "x = 1", None, 30, False
)


@pytest.mark.parametrize(
    ("changed", "unit"),
    [
        ({}, "arrests"),
        ({"label": "EMS transports"}, "EMS transports"),
        ({"where": None, "label": "Number of eligible calls"}, "calls"),
        ({"where": None, "table": "crime_reports"}, "crime reports"),
        ({"measure": "unit_hours", "label": "Police time"}, "police unit-hours"),
        ({"measure": "sum", "column": "n_targeted", "label": "Targeted reports"}, "targeted reports"),
        ({"measure": "response_minutes"}, "minutes from received to first arrival"),
        ({"measure": "repeat_share"}, "as a share from 0 to 1"),
    ],
)
def test_every_outcome_has_a_unit(changed: dict[str, str | None], unit: str) -> None:
    assert unit_of(replace(ARRESTS, **changed)) == unit  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (0.6818, "rate ratio: 31.8% lower"),
        (1.25, "rate ratio: 25.0% higher"),
        (1.0001, "rate ratio: no difference"),
    ],
)
def test_a_rate_ratio_is_told_in_percent(ratio: float, words: str) -> None:
    assert ratio_words(ratio) == words


@pytest.mark.parametrize(
    ("p_value", "words"),
    [
        (0.0005, "in fewer than 1 of 1,000 cases"),
        (0.0042, "in about 4 of 1,000 cases"),
        (0.031, "in about 3 of 100 cases"),
        (0.6, "in about 60 of 100 cases"),
    ],
)
def test_a_p_value_is_told_as_a_chance(p_value: float, words: str) -> None:
    assert chance_words(p_value) == words
