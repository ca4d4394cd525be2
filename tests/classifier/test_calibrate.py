"""Folds by style, temperature, threshold: small numbers that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.calibrate import fit_temperature, fit_threshold, softmax, style_folds


@given(st.lists(st.sampled_from("abcdef"), min_size=2, max_size=40), st.integers(2, 4))
def test_each_row_is_held_out_once_and_no_style_is_split(styles: list[str], folds: int) -> None:
    held_out: list[int] = []
    for learn, hold in style_folds(styles, folds):
        assert not {styles[i] for i in learn} & {styles[i] for i in hold}
        held_out += hold.tolist()
    expected = list(range(len(styles))) if len(set(styles)) > 1 else []
    assert sorted(held_out) == expected


def test_a_model_that_is_right_three_times_in_four_gets_the_temperature_that_says_so() -> None:
    # Two categories, logits 4 and 0, the first one right in 3 of 4 rows: p = 0.75 where 4 / t = ln 3.
    logits = np.array([[4.0, 0.0]] * 4)
    right = np.array([[True, False]] * 3 + [[False, True]])
    temperature = fit_temperature(logits, right)
    assert softmax(logits, temperature)[0, 0] == pytest.approx(0.75, abs=0.01)


def test_an_alternative_that_is_right_too_counts_as_right() -> None:
    logits = np.array([[4.0, 0.0]] * 4)
    right = np.array([[True, False]] * 3 + [[True, True]])
    assert softmax(logits, fit_temperature(logits, right))[0, 0] > 0.99


def test_nothing_held_out_leaves_the_temperature_at_one() -> None:
    assert fit_temperature(np.zeros((0, 3)), np.zeros((0, 3), dtype=bool)) == 1.0


def test_the_threshold_lets_through_no_more_than_the_allowed_false_alarms() -> None:
    probabilities = np.array([0.05, 0.1, 0.2, 0.6, 0.5, 0.9])
    positive = np.array([False, False, False, False, True, True])
    assert fit_threshold(probabilities, positive, ~positive, 0.0) > 0.6
    threshold = fit_threshold(probabilities, positive, ~positive, 0.25)
    assert 0.2 < threshold <= 0.6
    assert ((probabilities >= threshold) & ~positive).sum() == 1


def test_without_examples_of_both_sides_the_threshold_is_a_half() -> None:
    none = np.zeros(3, dtype=bool)
    assert fit_threshold(np.array([0.1, 0.2, 0.3]), none, ~none, 0.02) == 0.5
