"""Calls of one area are one draw where areas got the program: errors by area, few areas, and what a study may choose."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from evaluation.after.call_aipw import call_level_aipw
from evaluation.after.call_clusters import Parts, clustered_error, group_codes
from evaluation.after.results import Effect


def calls_of_areas(
    areas: int = 24, program: int = 10, *, spread: float = 0.3, calls: int = 3_000, seed: int = 0
) -> pl.DataFrame:
    """No effect; from day 180 the first areas have the program, and from then on every area has a level of its own."""
    generator = np.random.default_rng(seed)
    area, day = generator.integers(0, areas, calls), generator.integers(0, 360, calls)
    after = day >= 180
    level = generator.normal(0, spread, areas)
    priority = generator.integers(1, 5, calls)
    hours = 1 + 0.1 * priority + level[area] * after + generator.normal(0, 0.5, calls)
    return pl.DataFrame(
        {
            "area": [f"a{one:02d}" for one in area],
            "date": day,
            "priority": priority,
            "treated": after & (area < program),
            "hours": hours,
        }
    )


def by(calls: pl.DataFrame, cluster: str | None, also: str | None = None) -> Effect:
    found = call_level_aipw(calls, "hours", covariates=("priority",), cluster=cluster, also=also)
    assert isinstance(found, Effect), found
    return found


def test_days_of_one_area_are_no_independent_draws():
    calls = calls_of_areas()
    area, date = by(calls, "area"), by(calls, "date")
    assert area.standard_error is not None
    assert date.standard_error is not None
    assert area.standard_error > 2 * date.standard_error
    assert area.p_value is not None
    assert "given to areas" in area.p_value.reason
    assert area.details["clustered_by"] == "area"


def test_the_studys_own_clusters_decide_and_those_of_the_assignment_stand_beside():
    found = by(calls_of_areas(), "date", also="area")
    assert [one.method for one in found.p_values] == ["jackknife by date (CR3)", "jackknife by area (CR3)"]
    assert found.p_value is found.p_values[0]
    assert found.interval_method == "jackknife by date (CR3)"
    assert len(by(calls_of_areas(), "area", also="area").p_values) == 1


def test_three_program_areas_are_too_few_to_test_single_calls():
    found = by(calls_of_areas(10, 3), "area")
    assert found.p_value is None
    assert (found.low, found.high) == (None, None)
    assert "Read the designs that compare areas" in found.p_values[0].reason
    assert found.notes == (found.p_values[0].reason,)


def test_an_area_error_below_that_of_independent_calls_is_not_believed():
    calls = calls_of_areas(spread=0.0, seed=1)
    area, alone = by(calls, "area"), by(calls, None)
    assert area.standard_error is not None
    assert alone.standard_error is not None
    assert area.standard_error >= 0.95 * alone.standard_error


def test_the_error_is_that_of_leaving_each_group_out_by_hand():
    generator = np.random.default_rng(2)
    size, groups = 200, np.repeat(np.arange(20), 10)
    treated = (groups < 8).astype(float)
    shocks = generator.normal(0, 3, 20)[groups]
    gap, odds = shocks + generator.normal(size=size), (1 - treated) * generator.uniform(0.5, 2, size)
    parts = Parts(gap, treated, gap, odds, np.zeros(size))

    def effect(keep: np.ndarray) -> float:
        return float(np.average(gap[keep], weights=treated[keep]) - np.average(gap[keep], weights=odds[keep]))

    whole = effect(np.full(size, True))
    assert float(parts.estimate()[0]) == pytest.approx(whole)
    without = np.array([effect(groups != one) for one in range(20)])
    by_hand = np.sqrt(19 / 20 * ((without - whole) ** 2).sum())
    influence = treated * (gap - gap.mean()) / treated.mean()
    found = clustered_error(parts, influence, treated, groups, "area")
    assert found.standard_error == pytest.approx(by_hand)
    assert found.clusters == 20


def test_calls_without_a_known_place_are_groups_of_their_own():
    assert group_codes(pl.Series(["b", None, "a", "b", None])).tolist() == [1, 2, 0, 1, 3]


@pytest.mark.slow
def test_by_area_a_true_null_is_rejected_about_one_time_in_twenty_and_by_date_most_times():
    rejected = {"area": 0, "date": 0}
    for seed in range(100):
        calls = calls_of_areas(20, 8, calls=1_500, seed=seed)
        for cluster in rejected:
            found = by(calls, cluster)
            assert found.p_value is not None
            assert found.p_value.value is not None
            rejected[cluster] += found.p_value.value <= 0.05
    assert rejected["area"] <= 12
    assert rejected["date"] >= 40
