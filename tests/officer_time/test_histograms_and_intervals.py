"""Quantiles from counts per second, and how far they could move by chance."""

from __future__ import annotations

import math
import random
import statistics

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from officer_time.dense_bins import dense_histograms
from officer_time.histograms import bin_seconds, describe, histogram
from officer_time.intervals import bootstrap_intervals


def rows(values: list[int | None], key: str = "a") -> pl.LazyFrame:
    return pl.DataFrame(
        {"key": [key] * len(values), "on_scene_seconds": values},
        schema_overrides={"on_scene_seconds": pl.Int64},
    ).lazy()


@given(values=st.lists(st.integers(0, 300), min_size=1, max_size=40))
def test_mean_median_and_90th_percentile_are_exact_to_the_second(values):
    row = describe(histogram(rows(values), ["key"], ["on_scene"]), ["key"]).row(0, named=True)
    assert row["mean_minutes"] == pytest.approx(statistics.fmean(values) / 60)
    assert row["median_minutes"] == pytest.approx(statistics.median(values) / 60)
    assert row["p90_minutes"] == pytest.approx(sorted(values)[math.ceil(0.9 * len(values)) - 1] / 60)
    assert row["measured"] == len(values)


@given(values=st.lists(st.integers(0, 9000), min_size=2, max_size=40), cut=st.integers(1, 39))
def test_histograms_of_two_files_add_up_to_that_of_both(values, cut):
    whole = histogram(rows(values), ["key"], ["on_scene"], 60)
    parts = pl.concat(
        histogram(rows(part), ["key"], ["on_scene"], 60) for part in (values[:cut], values[cut:]) if part
    )
    assert describe(parts, ["key"]).equals(describe(whole, ["key"]))


def test_bins_of_a_minute_keep_the_mean_exact_and_round_quantiles_down():
    row = describe(histogram(rows([61, 62, 200]), ["key"], ["on_scene"], 60), ["key"]).row(0, named=True)
    assert (row["mean_minutes"], row["median_minutes"]) == (pytest.approx(323 / 180), 1.0)


def test_what_is_missing_is_in_no_bin_and_too_many_groups_have_means_only():
    assert histogram(rows([None, 60]), ["key"], ["on_scene"])["count"].sum() == 1
    assert [bin_seconds(groups, 10) for groups in (200, 201, 5001)] == [1, 60, None]
    assert bin_seconds(1, 3_000_000) == 60
    row = describe(histogram(rows([60, 120]), ["key"], ["on_scene"], None), ["key"]).row(0, named=True)
    assert (row["mean_minutes"], row["median_minutes"], row["p90_minutes"]) == (1.5, None, None)


def test_intervals_agree_with_a_bootstrap_of_the_values_themselves():
    draw = random.Random(3)
    values = [int(draw.expovariate(1 / 900)) for _ in range(400)]
    means, medians = [], []
    for _ in range(2000):
        again = draw.choices(values, k=len(values))
        means.append(statistics.fmean(again) / 60)
        medians.append(statistics.median(again) / 60)
    found = bootstrap_intervals(
        histogram(rows(values), ["key"], ["on_scene"]), ["key"], seed=1, replicates=4000
    )
    row = found.row(0, named=True)
    for name, by_hand, tolerance in (("mean", means, 0.12), ("median", medians, 0.25)):
        by_hand.sort()
        assert row[f"{name}_low"] == pytest.approx(by_hand[50], abs=tolerance)
        assert row[f"{name}_high"] == pytest.approx(by_hand[-51], abs=tolerance)


def test_an_interval_depends_on_the_seed_and_on_its_own_group_alone():
    one = histogram(rows([60, 70, 80, 200, 300, 400]), ["key"], ["on_scene"])
    other = histogram(rows([5, 5, 6, 7, 8], "b"), ["key"], ["on_scene"])
    alone = bootstrap_intervals(one, ["key"], seed=1)
    together = bootstrap_intervals(pl.concat([other, one]), ["key"], seed=1)
    assert together.filter(pl.col("key") == "a").equals(alone)
    assert not bootstrap_intervals(one, ["key"], seed=2).equals(alone)


def test_above_twenty_thousand_values_the_normal_interval_is_that_of_the_bootstrap(monkeypatch):
    draw = random.Random(5)
    bins = histogram(
        rows([int(draw.expovariate(1 / 1_500)) for _ in range(20_001)]), ["key"], ["on_scene"], 60
    )
    normal = bootstrap_intervals(bins, ["key"], seed=1).row(0, named=True)
    monkeypatch.setattr("officer_time.intervals.MOST_DRAWN", 10**9)
    drawn = bootstrap_intervals(bins, ["key"], seed=1, replicates=4_000).row(0, named=True)
    width = drawn["mean_high"] - drawn["mean_low"]
    for end in ("mean_low", "mean_high"):
        assert normal[end] == pytest.approx(drawn[end], abs=0.05 * width)


def test_fewer_than_five_values_have_no_interval():
    found = bootstrap_intervals(histogram(rows([60, 70]), ["key"], ["on_scene"]), ["key"], seed=1)
    assert found["mean_low"].to_list() == [None]


_KEYS = st.tuples(
    st.sampled_from(["a", "b", None]),
    st.sampled_from([True, False, None]),
    st.sampled_from([24288, 24290, None]),
)


@pytest.mark.parametrize("width", [1, 60, None])
@given(
    drawn=st.lists(
        st.tuples(_KEYS, st.none() | st.integers(0, 259_200), st.none() | st.integers(0, 500)), max_size=30
    )
)
def test_counting_into_an_array_finds_what_an_ordinary_group_by_finds(width, drawn):
    times = ["on_scene", "travel"]
    schema = {"text": pl.String, "flag": pl.Boolean, "month": pl.Int32}
    table = pl.DataFrame(
        [(*keys, *seconds) for keys, *seconds in drawn],
        schema={**schema, **{f"{time}_seconds": pl.Int64 for time in times}},
        orient="row",
    )
    # Text without a fixed list of values is grouped; with one it is counted.
    grouped = histogram(table.lazy(), list(schema), times, width)
    listed = table.with_columns(pl.col("text").cast(pl.Enum(["unseen", "a", "b"]))).lazy()
    counted = histogram(listed, list(schema), times, width)
    assert counted.with_columns(pl.col("text").cast(pl.String)).equals(grouped)
    assert dense_histograms(listed, list(schema), times, width) is not None
    assert dense_histograms(table.lazy(), list(schema), times, width) is None


def test_groups_too_many_for_an_array_are_grouped():
    numbers = pl.DataFrame({"number": [0, 2**30], "travel_seconds": [5, 6]}).lazy()
    assert dense_histograms(numbers, ["number"], ["travel"], 1) is None
    assert histogram(numbers, ["number"], ["travel"])["total"].to_list() == [5, 6]
