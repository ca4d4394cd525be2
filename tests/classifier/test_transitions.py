"""What calls were called in as and closed as: six calls by hand, then the laws on real exports."""

from __future__ import annotations

import polars as pl
import pytest

from call_codes.policy import load_policy
from classifier.transitions import (
    eligibility_shift,
    foreseen,
    initial_to_final,
    transition_counts,
    transition_table,
)

POLICY = load_policy("behavioral_health_plus")


def calls(*pairs: tuple[str, str | None, int]) -> pl.LazyFrame:
    """Calls as (initial category, final category, how many); "assault" is dangerous, nothing else is."""
    rows = [
        {
            "category": initial,
            "hazard": initial == "assault",
            "hazard_kinds": "violence" if initial == "assault" else "",
            "final_category": final,
            "final_hazard": None if final is None else final == "assault",
            "final_hazard_kinds": None if final is None else "violence" if final == "assault" else "",
        }
        for initial, final, number in pairs
        for _ in range(number)
    ]
    return pl.LazyFrame(rows, schema_overrides={"final_hazard": pl.Boolean, "final_hazard_kinds": pl.String})


CALLS = calls(
    ("welfare_check", "welfare_check", 12),
    ("welfare_check", "assault", 6),
    ("welfare_check", None, 2),
    ("disturbance", "welfare_check", 8),
    ("unclassified", "welfare_check", 5),
)


def test_the_table_gives_each_final_category_its_share_and_the_range_that_missing_finals_leave() -> None:
    row = transition_table(transition_counts(CALLS)).row(2, named=True)
    assert (row["category"], row["final_category"], row["calls"]) == ("welfare_check", "welfare_check", 12)
    assert (row["share"], row["low"], row["high"]) == (12 / 18, 12 / 20, 14 / 20)


def test_a_final_category_was_foreseen_where_the_call_came_in_as_it() -> None:
    row = foreseen(transition_counts(CALLS)).row(0, named=True)
    assert (row["final_category"], row["calls"], row["foreseen"]) == ("welfare_check", 25, 12)
    # The five that came in unclassified may have been foreseeable.
    assert (row["share"], row["low"], row["high"]) == (12 / 25, 12 / 25, 17 / 25)
    assert row["most_often_called_in_as"] == "disturbance"


def test_eligibility_moves_both_ways_and_unclassified_types_make_the_range() -> None:
    shift = eligibility_shift(transition_counts(CALLS), POLICY)
    assert (shift.initial_only.numerator, shift.initial_only.low, shift.initial_only.high) == (6, 6, 6)
    # Eight disturbances (taken on a condition) and five unclassified ended as welfare checks.
    assert (shift.final_only.numerator, shift.final_only.low, shift.final_only.high) == (13, 8, 13)
    assert shift.table["calls"].sum() == shift.final_only.denominator == 31


def test_small_cells_are_pooled_and_the_calls_still_add_up() -> None:
    few = calls(
        ("noise", "noise", 20), ("noise", "assault", 1), ("animal", "noise", 2), ("animal", "animal", 9)
    )
    table = initial_to_final(few)
    assert table["calls"].to_list()[-1] >= 5
    assert table["calls"].sum() == 32
    assert foreseen(transition_counts(few))["calls"].sum() == 32


def test_without_final_types_there_is_no_table() -> None:
    none = calls(("noise", None, 9))
    assert initial_to_final(none).is_empty()
    assert foreseen(transition_counts(none)).is_empty()
    assert eligibility_shift(transition_counts(none), POLICY).initial_only.share is None


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_the_calls_does_not_matter(order: int) -> None:
    rows = CALLS.collect()[::order].lazy()
    assert transition_counts(rows).equals(transition_counts(CALLS))
