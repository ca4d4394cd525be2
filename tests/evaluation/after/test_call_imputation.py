"""Imputation over single calls: a built-in effect, areas of unequal weight, what cannot be imputed, and its size."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from evaluation.after.call_imputation import call_imputation
from evaluation.after.results import Effect, Refusal


def calls(
    effect: float = -5.0, areas: int = 24, program: int = 8, seed: int = 1, shared_noise: float = 0.0
) -> pl.DataFrame:
    """Minutes of calls in areas of very different size over 12 months; the program starts in month 6.

    shared_noise: standard deviation of what all calls of an area and month have in common.
    """
    generator = np.random.default_rng(seed)
    size = generator.integers(40, 400, areas)
    area = np.repeat(np.arange(areas), size)
    month = generator.integers(0, 12, len(area))
    treated = (area < program) & (month >= 6)
    level, season = generator.normal(30, 6, areas), generator.normal(0, 3, 12)
    noise = shared_noise * generator.normal(size=(areas, 12))[area, month] + generator.normal(0, 8, len(area))
    return pl.DataFrame(
        {
            "area": [f"area {one:02d}" for one in area],
            "month": month,
            "treated": treated,
            "minutes": level[area] + season[month] + effect * treated + noise,
        }
    )


def effect_of(table: pl.DataFrame) -> Effect:
    found = call_imputation(table, "minutes")
    assert isinstance(found, Effect), found
    return found


def test_a_built_in_effect_lies_in_the_interval() -> None:
    found = effect_of(calls())
    assert found.low is not None
    assert found.high is not None
    assert found.low < -5 < found.high < 0
    assert found.relative is not None
    assert found.relative < 0
    # Eight program areas are too few for the clustered test; the jackknife over areas stands in.
    assert found.p_value is not None
    assert found.p_value.method == "jackknife (CR3)"


def test_calls_weigh_the_same_whatever_their_area() -> None:
    table = calls(effect=0.0).with_columns(
        minutes=pl.col("minutes")
        - pl.when(pl.col("treated"))
        .then(pl.when(pl.col("area") == "area 00").then(40.0).otherwise(0.0))
        .otherwise(0.0)
    )
    treated = table.filter("treated")
    share = treated.filter(pl.col("area") == "area 00").height / treated.height
    assert effect_of(table).estimate == pytest.approx(-40 * share, abs=1.0)


def test_calls_of_a_month_without_any_other_are_left_out_and_counted() -> None:
    table = calls()
    alone = pl.DataFrame(
        {"area": ["area 00"] * 3, "month": [99] * 3, "treated": [True] * 3, "minutes": [500.0] * 3},
        schema=table.schema,
    )
    found = effect_of(pl.concat([table, alone]))
    assert found.estimate == pytest.approx(effect_of(table).estimate)
    assert "3 calls left out" in found.notes[0]


def test_with_the_program_everywhere_or_one_value_only_it_is_refused() -> None:
    everywhere = call_imputation(calls().with_columns(treated=pl.lit(True)), "minutes")
    same = call_imputation(calls().with_columns(minutes=pl.lit(3.0)), "minutes")
    assert isinstance(everywhere, Refusal)
    assert isinstance(same, Refusal)
    assert "without it" in everywhere.found
    assert "the same value" in same.found


def test_few_areas_give_an_estimate_without_a_verdict() -> None:
    found = effect_of(calls(areas=6, program=2))
    assert found.p_value is None
    assert found.low is None
    assert any("no test holds" in note for note in found.notes)


@pytest.mark.slow
def test_a_true_null_is_rejected_in_about_one_of_twenty_cities() -> None:
    for areas, program in ((24, 12), (24, 6)):
        rejected = []
        for seed in range(200):
            found = effect_of(calls(0.0, areas, program, seed, shared_noise=2.0))
            assert found.p_value is not None
            assert found.p_value.value is not None
            rejected.append(found.p_value.value <= 0.05)
        assert 0.015 <= np.mean(rejected) <= 0.1
