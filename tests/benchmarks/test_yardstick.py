"""How the classifier is scored: small tables whose scores can be counted by hand."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from benchmarks.yardstick import (
    Part,
    calibration_error,
    calibration_table,
    coverage,
    macro_f1,
    read_labels,
    unsafe_accepts,
    with_scores,
)


def scored(*rows: tuple[str, str, str, float]) -> pl.DataFrame:
    """Rows of (label, alt, category, probability), with what with_scores adds."""
    frame = pl.DataFrame(rows, schema=["label", "alt", "category", "probability"], orient="row")
    return with_scores(frame.with_columns(pl.lit("LOUD MUSIC").alias("call_type")), frozenset({"LOUD MUSIC"}))


def test_the_label_and_its_alternative_are_both_right() -> None:
    rows = scored(
        ("noise", "", "noise", 0.9), ("noise", "animal", "animal", 0.9), ("noise", "", "trespass", 0.9)
    )
    assert rows["right"].to_list() == [True, True, False]
    assert rows["known"].all()


def test_macro_f1_counts_each_label_the_same_whatever_its_number_of_types() -> None:
    rows = scored(
        ("noise", "", "noise", 0.9),
        ("noise", "", "noise", 0.9),
        ("animal", "", "noise", 0.9),
    )
    # noise: 2 hits of 2 labels and 3 answers, 4/5; animal: none.
    assert macro_f1(rows) == pytest.approx((0.8 + 0.0) / 2)


def test_calibration_compares_what_was_said_with_what_was_right_in_each_tenth() -> None:
    rows = scored(("noise", "", "noise", 0.95), ("noise", "", "animal", 0.95), ("noise", "", "noise", 0.35))
    assert calibration_table(rows).select("from", "types", "right").rows() == [(0.3, 1, 1.0), (0.9, 2, 0.5)]
    assert calibration_error(rows) == pytest.approx((0.65 + 2 * 0.45) / 3)


def test_coverage_is_the_largest_group_of_likeliest_answers_that_is_right_often_enough() -> None:
    rows = scored(
        ("noise", "", "noise", 0.9),
        ("noise", "", "animal", 0.8),
        ("noise", "", "noise", 0.7),
        ("noise", "", "noise", 0.6),
        ("noise", "", "animal", 0.5),
    )
    assert coverage(rows, precision=0.75) == Part(4, 5)
    assert coverage(rows, precision=0.95) == Part(1, 5)


def test_none_of_a_hundred_leaves_room_for_three_in_a_hundred() -> None:
    assert Part(0, 100).upper == pytest.approx(0.0295, abs=1e-4)
    assert Part(0, 100).low == 0.0
    assert Part(50, 100).low == pytest.approx(0.3983, abs=1e-4)


def test_a_danger_that_a_policy_lets_pass_is_counted_and_one_that_it_stops_is_not() -> None:
    rows = pl.DataFrame(
        {
            "danger": [2, 2, 0],
            "category": ["welfare_check"] * 3,
            "hazard": [True, False, False],
            "hazard_kinds": ["weapon", "", ""],
            "basis": ["model"] * 3,
            "needs_review": [False, True, False],
        }
    )
    (found,) = unsafe_accepts(rows, ["community_responder_broad"])
    assert found.eligible == Part(1, 2)
    assert found.unreviewed == Part(0, 2), "a person is asked to look at it"


def test_every_labelled_type_has_a_city_a_label_and_a_danger(shared_data: Path) -> None:
    labels = read_labels(shared_data)
    assert labels.null_count().drop("call_type_code").sum_horizontal().item() == 0
    assert labels["half"].unique().sort().to_list() == ["seen", "unseen"]
    assert labels["danger"].is_in([0, 1, 2]).all()
