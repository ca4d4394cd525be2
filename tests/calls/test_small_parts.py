"""Small counts where parts and periods can be chosen: nothing small can be had by adding and subtracting views."""

from __future__ import annotations

from itertools import combinations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from calls.period_ends import closed_periods
from calls.small_counts import POOLED
from calls.small_parts import hidden_parts, open_keys, pool_closed

CELLS = st.dictionaries(
    st.tuples(st.sampled_from("ABCD"), st.sampled_from("xyz")), st.integers(1, 12), min_size=1
)


def table(cells: dict[tuple[str, str], int]) -> pl.DataFrame:
    rows = [(area, kind, calls) for (area, kind), calls in cells.items()]
    return pl.DataFrame(rows, schema={"area": pl.String, "kind": pl.String, "calls": pl.Int64}, orient="row")


def test_a_small_cell_takes_another_one_with_it_so_that_the_total_does_not_bring_it_back() -> None:
    cells = {("A", "x"): 30, ("B", "x"): 40, ("C", "x"): 3, ("A", "y"): 9, ("B", "y"): 8, ("C", "y"): 20}
    assert hidden_parts(table(cells), "area", "kind").rows() == [
        ("A", "x"),
        ("A", "y"),
        ("C", "x"),
        ("C", "y"),
    ]


def test_one_hidden_cell_in_a_row_is_none_because_its_total_is_known() -> None:
    hidden = hidden_parts(
        table({("A", "x"): 30, ("A", "y"): 9, ("A", "z"): 8, ("B", "x"): 3, ("B", "y"): 9}), "area", "kind"
    )
    for key in ("area", "kind"):
        assert hidden.group_by(key).len()["len"].min() == 2


def test_without_a_small_cell_nothing_is_hidden_and_the_rule_can_be_switched_off() -> None:
    assert hidden_parts(table({("A", "x"): 5, ("B", "x"): 6}), "area", "kind").is_empty()
    assert hidden_parts(table({("A", "x"): 1, ("B", "x"): 6}), "area", "kind", "calls", 1).is_empty()


@given(CELLS)
def test_hidden_cells_of_a_row_or_a_column_hold_none_or_five_calls_wherever_there_are_that_many(
    cells: dict[tuple[str, str], int],
) -> None:
    calls = table(cells)
    hidden = calls.join(hidden_parts(calls, "area", "kind"), on=["area", "kind"])
    assert hidden.filter(pl.col("calls") < 5).height == calls.filter(pl.col("calls") < 5).height
    for key in ("area", "kind"):
        sums = hidden.group_by(key).agg(pl.col("calls").sum().alias("hidden"))
        whole = calls.group_by(key).agg(pl.col("calls").sum().alias("whole"))
        for row in sums.join(whole, on=key).iter_rows(named=True):
            assert row["hidden"] >= min(5, row["whole"])
    for key in ("area", "kind"):
        cells_of = calls.group_by(key).len("cells").join(hidden.group_by(key).len("hidden"), on=key)
        assert cells_of.filter((pl.col("hidden") == 1) & (pl.col("cells") > 1)).is_empty()


@given(CELLS)
def test_no_two_choices_of_areas_show_a_kind_whose_difference_is_small(
    cells: dict[tuple[str, str], int],
) -> None:
    calls = table(cells)
    hidden = hidden_parts(calls, "area", "kind")
    areas = calls["area"].unique().sort().to_list()
    shown: dict[str, list[tuple[set[str], int]]] = {}
    for size in range(1, len(areas) + 1):
        for chosen in combinations(areas, size):
            part = (
                calls.filter(pl.col("area").is_in(list(chosen))).group_by("kind").agg(pl.col("calls").sum())
            )
            told = part.filter(open_keys(hidden, "area", "kind", chosen))
            for kind, n in told.iter_rows():
                shown.setdefault(kind, []).append((set(chosen), n))
    for kind, views in shown.items():
        whole = calls.filter(pl.col("kind") == kind)["calls"].sum()
        for (ours, n), (theirs, m) in combinations(views, 2):
            if ours <= theirs:
                assert m - n == 0 or m - n >= 5
        # Each of these against the whole, which the view without a filter shows.
        if whole - max(n for _, n in views) > 0 and whole >= 10:
            assert whole - max(n for _, n in views) >= 5


def test_no_area_is_a_part_like_any_other() -> None:
    calls = pl.DataFrame({"area": ["A", None, "B"], "kind": ["x"] * 3, "calls": [9, 2, 30]})
    hidden = hidden_parts(calls, "area", "kind")
    assert hidden.rows() == [(None, "x"), ("A", "x")]
    assert calls.filter(open_keys(hidden, "area", "kind", [None])).is_empty()
    assert calls.filter(open_keys(hidden, "area", "kind", ["B"])).height == 3


def test_closed_rows_stand_together_and_the_table_still_adds_up() -> None:
    calls = pl.DataFrame({"kind": ["x", "y", "z"], "calls": [30, 8, 3], "hours": [3.0, 2.0, 1.0]})
    told = pool_closed(calls, "kind", pl.col("kind") != "z", ["hours"])
    # Three calls would still be too few to stand alone: the smallest open row joins them.
    assert told.rows() == [("x", 30, 3.0), (POOLED, 11, 3.0)]


MONTHS = st.lists(st.integers(0, 9), min_size=2, max_size=18)


@given(MONTHS, st.integers(0, 11))
def test_no_two_periods_that_are_shown_differ_by_a_small_count(counts: list[int], start: int) -> None:
    first = 2023 * 12 + start
    calls = pl.DataFrame(
        [("x", first + i, n) for i, n in enumerate(counts)],
        schema={"kind": pl.String, "month": pl.Int32, "calls": pl.Int64},
        orient="row",
    )
    periods = [
        (a, b)
        for a in range(len(counts))
        for b in range(a, len(counts))
        if closed_periods(calls, "kind", first + a, first + b).is_empty()
    ]
    assert (0, len(counts) - 1) in periods  # the whole file
    for (a, b), (c, d) in combinations(periods, 2):
        if (a, b) != (c, d) and a == c:
            between = sum(counts[min(b, d) + 1 : max(b, d) + 1])
            assert between == 0 or between >= 5


def test_calendar_years_stay_open_before_odd_months_do() -> None:
    first = 2023 * 12 + 6  # July 2023 to June 2024, one call a month
    calls = pl.DataFrame({"kind": ["x"] * 12, "month": range(first, first + 12), "calls": [1] * 12})
    assert closed_periods(calls, "kind", None, 2023 * 12 + 11).is_empty()
    assert closed_periods(calls, "kind", None, 2023 * 12 + 10)["kind"].to_list() == ["x"]


def test_calls_without_a_time_are_no_way_to_a_small_count_either() -> None:
    calls = pl.DataFrame({"kind": ["x", "x", "x"], "month": [24276, 24277, None], "calls": [50, 50, 2]})
    assert closed_periods(calls, "kind", 24276, 24277)["kind"].to_list() == ["x"]
