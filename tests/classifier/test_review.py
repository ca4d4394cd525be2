"""The review queue puts first what moves the most officer hours, and leaves out what is decided."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from call_codes.crosswalk import load_crosswalk
from call_codes.errors import InputError
from call_codes.policy import load_policy
from call_codes.signing import Decision, append_decisions
from classifier.nearness import likeness
from classifier.review import QUEUE_COLUMNS, empty_queue, review_queue

POLICY = load_policy("community_responder_broad")


def _types(*rows: tuple[str | None, str, str, int, float | None]) -> pl.DataFrame:
    """Types as classify_types gives them: text, category, basis, calls, unit_hours."""
    return pl.DataFrame(
        [
            {
                "call_type_code": None, "call_type": text, "calls": calls, "unit_hours": hours, "category": category,
                "group": "", "probability": 0.5, "alternatives": "", "hazard": False, "hazard_kinds": "",
                "hazard_reason": "", "basis": basis, "needs_review": True,
            }
            for text, category, basis, calls, hours in rows
        ],
        schema_overrides={"call_type_code": pl.String, "unit_hours": pl.Float64},
    )  # fmt: skip


def _shares(*types: dict[str, float]) -> pl.DataFrame:
    """Probabilities as category_probabilities gives them, one dictionary per type."""
    return pl.DataFrame(
        [
            {"type_row": row, "category": category, "probability": share}
            for row, shares in enumerate(types)
            for category, share in sorted(shares.items(), key=lambda item: -item[1])
        ]
    )


def test_hours_times_doubt_decides_the_order() -> None:
    types = _types(
        ("SURE", "welfare_check", "model", 900, 900.0),
        ("HALF", "welfare_check", "model", 50, 40.0),
        ("SMALL", "welfare_check", "model", 10, 10.0),
    )
    shares = _shares(
        {"welfare_check": 0.99, "assault": 0.01},
        {"welfare_check": 0.5, "assault": 0.5},
        {"assault": 0.6, "welfare_check": 0.4},
    )
    queue = review_queue(types, shares, POLICY, None)
    assert queue.select("rank", "call_type").rows() == [(1, "HALF"), (2, "SURE"), (3, "SMALL")]
    assert queue["expected_misallocated"].to_list() == pytest.approx([20.0, 9.0, 4.0])
    assert queue["plausible"][0] in ("assault 0.50|welfare_check 0.50", "welfare_check 0.50|assault 0.50")
    assert tuple(queue.columns[: len(QUEUE_COLUMNS)]) == QUEUE_COLUMNS


def test_doubt_between_two_categories_of_the_same_fate_costs_nothing() -> None:
    types = _types(("WHICH", "welfare_check", "model", 900, 900.0))
    queue = review_queue(types, _shares({"welfare_check": 0.5, "public_assist": 0.5}), POLICY, None)
    assert queue["expected_misallocated"].to_list() == pytest.approx([0.0])


def test_a_bare_code_may_be_anything_and_what_is_decided_is_left_out() -> None:
    types = _types(
        ("415", "unclassified", "bare_code", 10, 10.0),
        ("SIGNED", "welfare_check", "signed", 90, 90.0),
        ("LISTED", "welfare_check", "code_book", 90, 90.0),
        ("MIXED BAG", "unclassified", "code_book", 8, 8.0),
        (None, "unclassified", "blank", 90, 90.0),
    )
    shares = _shares(*({c: 1.0} for c in types["category"]))
    queue = review_queue(types, shares, POLICY, None)
    assert queue.select("call_type", "expected_misallocated").rows() == [("415", 5.0), ("MIXED BAG", 4.0)]


def test_a_danger_that_the_text_states_leaves_nothing_to_gain_and_a_suspicion_does() -> None:
    types = _types(*(("X", "welfare_check", "model", 10, 10.0),) * 2).with_columns(
        hazard=pl.lit(True),
        hazard_kinds=pl.Series(["weapon", ""]),
        hazard_reason=pl.Series(['weapon stated: "GUN"', "model: 0.70"]),
        call_type=pl.Series(["STATED", "SUSPECTED"]),
    )
    queue = review_queue(types, _shares({"welfare_check": 1.0}, {"welfare_check": 1.0}), POLICY, None)
    assert dict(queue.select("call_type", "expected_misallocated").iter_rows()) == pytest.approx(
        {"SUSPECTED": 3.0, "STATED": 0.0}
    )


def test_without_hours_calls_weigh() -> None:
    types = _types(("A", "welfare_check", "model", 30, None))
    queue = review_queue(types, _shares({"welfare_check": 0.9, "assault": 0.1}), POLICY, None)
    assert queue.select("weight", "expected_misallocated").rows() == [("calls", pytest.approx(3.0))]
    with pytest.raises(InputError, match="without a column calls"):
        review_queue(types.drop("calls"), _shares({"welfare_check": 1.0}), POLICY, None)


def test_the_nearest_signed_names_stand_beside_a_type(tmp_path: Path) -> None:
    path = tmp_path / "city.csv"
    for text, category in (("LOUD MUSIC", "noise"), ("GRAND THEFT", "property_crime")):
        append_decisions(path, [Decision(category, "AB", "2026-11-22", text=text)])
    types = _types(
        ("LOUD MUSIC COMPLAINT", "noise", "model", 10, 1.0), ("415", "unclassified", "bare_code", 1, 1.0)
    )
    queue = review_queue(types, _shares({"noise": 1.0}, {"unclassified": 1.0}), POLICY, load_crosswalk(path))
    near = dict(queue.select("call_type", "nearest_signed").iter_rows())
    assert near["LOUD MUSIC COMPLAINT"].startswith("LOUD MUSIC = noise (0.")
    assert near["415"] == ""


def test_likeness_is_one_for_the_same_words_and_nothing_for_blanks() -> None:
    alike = likeness(["LOUD MUSIC", "MUSIC LOUD", "THEFT", None, ""], ["Loud music"])
    assert alike[:, 0].tolist() == pytest.approx([1.0, 1.0, 0.0, 0.0, 0.0])


def test_an_empty_queue_has_the_columns() -> None:
    assert tuple(empty_queue().columns) == QUEUE_COLUMNS


@pytest.mark.slow
@pytest.mark.parametrize("city", ["Burlington", "Minneapolis", "New Orleans"])
def test_fifteen_decisions_bring_the_error_down(shared_data: Path, city: str) -> None:
    """Against the labels of three cities; calls from the real files where there are any, else each type once."""
    from benchmarks.review_queue import error_curve, labelled_types

    counts = None
    if city != "New Orleans":
        name, column = {
            "Burlington": ("burlington_2022.csv", "call_type"),
            "Minneapolis": ("minneapolis_2020.csv", "initialProblem"),
        }[city]
        export = pl.read_csv(shared_data / name, infer_schema=False)
        counts = export.group_by(call_type=column).agg(pl.len().cast(pl.Int64).alias("calls"))
    labelled = labelled_types(shared_data / "labelled_call_types.csv", city, counts)
    policy = load_policy("behavioral_health_plus")
    first, last = error_curve(labelled, policy, budgets=(0, 15))
    by_chance = error_curve(labelled, policy, budgets=(0, 15), by_queue=False)[-1]
    assert last.wrong_either <= first.wrong_either
    assert last.wrong_either <= by_chance.wrong_either
    if counts is not None:
        assert last.error_either < 0.005
