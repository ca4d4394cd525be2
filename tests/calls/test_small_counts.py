"""The one rule for small counts, in its two forms."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from calls.small_counts import mask, pool


def test_masking_blanks_the_cell_and_says_so():
    table = pl.DataFrame({"type": ["NOISE", "RARE", "NEVER"], "calls": [12, 2, 0], "hours": [6.0, 1.0, 0.0]})
    assert mask(table, "calls", ["hours"]).rows() == [
        ("NOISE", 12, 6.0, False),
        ("RARE", None, None, True),
        ("NEVER", 0, 0.0, False),
    ]


def test_pooling_merges_small_cells_into_one_row_and_takes_the_next_along_if_that_is_small_too():
    table = pl.DataFrame(
        {"type": ["A", "B", "C"], "calls": [20, 3, 6], "hours": [2.0, 0.5, 1.0], "mean": [6.0, 10.0, 9.0]}
    )
    assert pool(table, ["type"], "calls", ["hours"]).rows() == [
        ("A", 20, 2.0, 6.0),
        ("(smallest cells together)", 9, 1.5, None),
    ]


def test_a_pool_of_nothing_but_unknown_hours_is_unknown():
    table = pl.DataFrame(
        {"type": ["A", "B"], "calls": [3, 3], "hours": [None, None]}, schema_overrides={"hours": pl.Float64}
    )
    assert pool(table, ["type"], "calls", ["hours"])["hours"].to_list() == [None]


@given(counts=st.lists(st.integers(1, 30), min_size=1, max_size=20), smallest=st.integers(0, 12))
def test_pooling_keeps_the_total_and_shows_no_small_cell(counts, smallest):
    table = pl.DataFrame(
        {"key": [str(i) for i in range(len(counts))], "calls": counts, "hours": [c / 2 for c in counts]}
    )
    pooled = pool(table, ["key"], "calls", ["hours"], smallest)
    assert pooled["calls"].sum() == sum(counts)
    assert pooled["hours"].sum() == sum(counts) / 2
    # One cell alone may stay small only where the whole table is.
    assert pooled["calls"].min() >= min(smallest, sum(counts))
