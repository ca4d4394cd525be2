"""The shares that are stated of held-out styles, counted by hand on four rows."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.held_out import held_out_scores

SHARES = np.array([[0.96, 0.04], [0.7, 0.3], [0.9, 0.1], [0.995, 0.005]])
RIGHT = np.array([[True, False], [True, False], [False, True], [False, True]])


def test_scores_count_right_answers_coded_types_and_plausible_sets() -> None:
    scores = held_out_scores(SHARES, RIGHT, ["A", "B", "C", "C"], ["x", "x", "x", "y"])
    assert (scores["types"], scores["new_types"], scores["styles"]) == (4, 2, 2)
    assert scores["accuracy"] == 0.5
    assert scores["accuracy_new"] == 1.0
    assert (scores["coded_0.75"], scores["coded_0.75_right"]) == (0.75, pytest.approx(1 / 3))
    # In the third row the right category has 0.1, in the fourth 0.005.
    assert scores["plausible_0.05"] == 0.75
    assert scores["plausible_0.05_size"] == 1.5
    assert held_out_scores(SHARES[:3], RIGHT[:3], list("ABC"), list("xxy"))["plausible_0.1"] == 1.0
