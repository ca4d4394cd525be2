"""Repeat places on a handful of calls, against brute force, and against the published example of a Gini."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.schema import COLUMNS, conform
from officer_time.repeats import (
    add_repeat_counts,
    calls_per_place,
    concentration,
    extract_end,
    repeat_counts,
    repeat_shares,
    rows_of_part,
)

DAY = 86400
YEAR = 365 * DAY


def calls(*rows: tuple[str | None, int], **columns: object) -> pl.LazyFrame:
    """(place, second of the start)"""
    table = pl.DataFrame(
        [{"place_key": p, "started_at": t, "started_local": t, "outcome": "handled"} for p, t in rows],
        schema={
            "place_key": pl.String,
            "started_at": pl.Int64,
            "started_local": pl.Int64,
            "outcome": pl.String,
        },
    )
    table = conform(table, COLUMNS).with_columns(pl.Series(n, values) for n, values in columns.items())
    return table.lazy()


def counted(table: pl.LazyFrame, days: int = 30) -> dict[str, int]:
    [row] = repeat_counts(table, YEAR, days=[days]).to_dicts()
    return row


def test_a_call_is_repeated_if_another_comes_from_the_same_place_within_the_days():
    table = calls(("a", 0), ("a", 30 * DAY), ("a", 61 * DAY), ("b", 5 * DAY))
    row = counted(table)
    assert (row["followed_up"], row["repeated"]) == (4, 1)  # day 0 → day 30; day 30 → day 61 is too late
    assert counted(table, days=90)["repeated"] == 2


def test_calls_near_the_end_of_the_extract_are_in_no_denominator_but_count_as_the_repeat():
    row = counted(calls(("a", YEAR - 40 * DAY), ("a", YEAR - 20 * DAY), ("b", YEAR - 10 * DAY)))
    assert (row["followed_up"], row["too_late"], row["repeated"]) == (1, 2, 1)


def test_calls_without_a_place_and_duplicates_are_told_apart():
    table = calls(("a", 0), (None, 0), ("a", DAY), outcome=["handled", "handled", "duplicate"])
    row = counted(table)
    assert (row["calls"], row["without_place"], row["followed_up"], row["repeated"]) == (2, 1, 1, 0)


def test_a_second_call_within_the_hour_may_be_the_same_event_and_is_counted_beside():
    row = counted(calls(("a", 0), ("a", 600), ("a", 20 * DAY)))
    assert (row["repeated"], row["repeated_in_an_hour"]) == (2, 1)


ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers(0, 40).map(lambda n: n * 9 * DAY)),
    max_size=25,
)


@settings(max_examples=60)
@given(ROWS, st.integers(1, 4), st.integers(0, 5))
def test_repeats_equal_looking_at_every_pair_and_add_up_over_parts_in_any_order(rows, parts, seed):
    table = calls(*rows)
    whole = repeat_counts(table, YEAR)
    for days in (30, 90):
        followed = [(p, t) for p, t in rows if p is not None and t + days * DAY <= YEAR]
        repeated = [(p, t) for p, t in followed if any(q == p and t < u <= t + days * DAY for q, u in rows)]
        found = whole.filter(pl.col("days") == days).to_dicts()
        assert [(row["followed_up"], row["repeated"]) for row in found] == [(len(followed), len(repeated))]
    shuffled = table.collect().sample(fraction=1, shuffle=True, seed=seed).lazy()
    split = [repeat_counts(rows_of_part(shuffled, part, parts), YEAR) for part in range(parts)]
    assert add_repeat_counts(split).equals(add_repeat_counts([whole]))
    histograms = [calls_per_place(rows_of_part(shuffled, part, parts)) for part in range(parts)]
    assert concentration(pl.concat(histograms)).curve.equals(concentration(calls_per_place(table)).curve)


def test_few_repeats_are_not_shown():
    counts = repeat_counts(calls(("a", 0), ("a", DAY), ("b", 0)), YEAR)
    row = repeat_shares(counts).to_dicts()[0]
    assert (row["repeated"], row["repeat_share"], row["suppressed"]) == (None, None, True)
    assert repeat_shares(counts, smallest_count=1)["repeat_share"].to_list() == [pytest.approx(1 / 3)] * 2


def test_ten_places_of_a_hundred_with_half_of_the_calls():
    """90 places with one call, 10 places with 9: 180 calls. Gini by the mean difference over all pairs."""
    per_place = [1] * 90 + [9] * 10
    found = concentration(pl.DataFrame({"calls_at_place": [1, 9], "places": [90, 10]}))
    pairs = sum(abs(x - y) for x in per_place for y in per_place)
    assert found.gini == pytest.approx(pairs / (2 * 100 * 180))
    assert (found.places, found.calls, found.once_share) == (100, 180, 0.9)
    shares = dict(found.curve.select("top_share", "calls_share").iter_rows())
    assert shares[0.1] == 0.5
    assert shares[0.05] == 0.25  # among equals in proportion
    assert shares[0.5] == pytest.approx((90 + 40) / 180)
    assert shares[0.02] is None  # two places may not be shown


def test_equal_places_have_a_gini_of_zero_and_nothing_has_none():
    assert concentration(pl.DataFrame({"calls_at_place": [3], "places": [50]})).gini == pytest.approx(0)
    empty = concentration(calls_per_place(calls()))
    assert (empty.gini, empty.places, empty.once_share) == (None, 0, None)


def test_a_mistyped_year_does_not_move_the_end_of_the_extract():
    rows = [("a", i * DAY // 20) for i in range(2000)]
    assert extract_end(calls(*rows, ("a", 20 * YEAR))) == rows[-1][1]
