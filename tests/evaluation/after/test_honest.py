"""HonestDiD: the published intervals on Medicaid data, blocks of periods, and the checks in words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from evaluation.after.fixed_effects import least_squares
from evaluation.after.honest import (
    breakdown_magnitude,
    event_study_of,
    in_blocks,
    relative_magnitudes_check,
    smoothness_check,
    smoothness_interval,
)
from evaluation.after.relative_magnitudes import EventStudy, confidence_set, holds
from evaluation.after.results import Effect

FIRST_YEAR = np.array([1.0, 0.0])


@pytest.fixture(scope="module")
def published(shared_reference: Path) -> dict[str, dict[str, list[float]]]:
    """The README of HonestDiD: betas and both kinds of intervals for the effect in 2014."""
    document = json.loads((shared_reference / "causal_references.json").read_text(encoding="utf-8"))
    return document["honestdid_ehec_2014"]


@pytest.fixture(scope="module")
def medicaid(shared_reference: Path) -> EventStudy:
    """Insurance coverage by state: expansion in 2014 against states without, two-way fixed effects, by state."""
    table = pl.read_csv(shared_reference / "ehec_data.csv", null_values="NA", infer_schema_length=None)
    expands = pl.col("yexp2")
    table = table.filter(pl.col("year") < 2016, expands.is_null() | (expands != 2015))
    years = [year for year in range(2008, 2016) if year != 2013]
    expanded = (expands == 2014).fill_null(False)
    table = table.with_columns(
        ((pl.col("year") == year) & expanded).cast(pl.Int64).alias(f"in_{year}") for year in years
    )
    fit = least_squares(table, "dins", [f"in_{year}" for year in years], ["stfips", "year"], "stfips")
    return EventStudy(fit.estimates, fit.covariance, before=5)


def test_the_event_study_equals_the_published_one(medicaid, published):
    assert medicaid.estimates == pytest.approx(published["beta"], abs=1e-7)


@pytest.mark.parametrize("magnitude", ["0.5", "1", "1.5", "2"])
def test_relative_magnitudes_reach_the_published_sets(medicaid, published, magnitude):
    # The published ends lie on a grid of 0.00036 and rest on 1,000 draws.
    expected = published["relative_magnitude_CLF"][magnitude]
    assert confidence_set(medicaid, FIRST_YEAR, float(magnitude)) == pytest.approx(expected, abs=4e-4)


@pytest.mark.parametrize("bend", ["0", "0.01", "0.02", "0.03", "0.04", "0.05"])
def test_smoothness_reaches_the_published_intervals(medicaid, published, bend):
    expected = published["smoothness_FLCI"][bend]
    assert smoothness_interval(medicaid, FIRST_YEAR, float(bend)) == pytest.approx(expected, abs=3e-4)


def test_the_breakdown_lies_where_the_published_sets_begin_to_hold_zero(medicaid):
    assert 1.5 < (breakdown_magnitude(medicaid, FIRST_YEAR) or 0) < 2


def test_sets_grow_with_the_allowed_drift(medicaid):
    sets = [confidence_set(medicaid, FIRST_YEAR, one) for one in (0.0, 0.5, 1.0, 2.0)]
    lows, highs = zip(*sets, strict=True)
    assert list(lows) == sorted(lows, reverse=True)
    assert list(highs) == sorted(highs)


def test_an_effect_of_zero_is_rejected_in_about_one_of_twenty_null_studies():
    # One drift before the start and a parallel course after it: the set at magnitude 1 must hold 0 in ≥ 95 %.
    generator = np.random.default_rng(5)
    covariance = 0.5 * np.eye(5) + 0.5
    drift = np.array(
        [3.0, 3.0, 3.0, 3.0, 3.0]
    )  # against a reference that stands 3 apart: drifts of 3 both ways
    draws = generator.multivariate_normal(drift, covariance, size=300)
    kept = [holds(EventStudy(one, covariance, 3), np.array([0.5, 0.5]), 1.0) for one in draws]
    assert np.mean(kept) >= 0.92


def effect_with(times: list[int], estimates: list[float], covariance: np.ndarray) -> Effect:
    return Effect(
        design="difference_in_differences", outcome="reports", estimand="", scale="difference",
        estimate=0.0, standard_error=1.0, low=None, high=None, interval_method="none", baseline=None,
        relative=None, relative_low=None, relative_high=None, treated_areas=8, comparison_areas=28,
        periods=len(times), observations=0,
        details={"event_times": times, "event_estimates": np.array(estimates), "event_covariance": covariance},
    )  # fmt: skip


def test_steps_before_the_start_are_summed_to_distances_from_the_last_period():
    # From −3 to −2 the areas drift by 1, from −2 to −1 by 2: −2 stands 2 below −1, −3 another 1.
    found = event_study_of(effect_with([-2, -1, 0], [1.0, 2.0, 5.0], np.eye(3)))
    assert found is not None
    assert found.estimates.tolist() == [-3.0, -2.0, 5.0]
    assert np.diag(found.covariance).tolist() == [2.0, 1.0, 1.0]


def test_six_periods_after_become_three_blocks_against_the_two_before_the_start():
    times = [-6, -5, -4, -3, -2, 0, 1, 2, 3, 4, 5]
    effect = effect_with(times, [1, 1, 3, 3, 2, 6, 8, 6, 8, 6, 8], np.eye(11))
    study = event_study_of(effect)
    assert study is not None
    found = in_blocks(study)
    assert found is not None
    # Blocks (−6, −5), (−4, −3), reference (−2, −1) = mean 1, then three with mean 7.
    assert (found.length, found.study.before, found.periods_after) == (2, 2, 6)
    assert found.study.estimates == pytest.approx([0.0, 2.0, 6.0, 6.0, 6.0])


def test_a_gap_in_the_event_times_gives_no_study_and_the_check_says_so():
    check = relative_magnitudes_check(effect_with([-4, -2, 0], [0.0, 0.0, 1.0], np.eye(3)))
    assert check.passed is None
    assert "no event study" in check.sentence


def test_a_large_effect_after_a_flat_course_passes_both_checks():
    times = [-4, -3, -2, 0, 1, 2]
    effect = effect_with(times, [0.1, -0.1, 0.05, -6.0, -6.2, -5.9], 0.05 * (np.eye(6) + 1))
    relative, smooth = relative_magnitudes_check(effect), smoothness_check(effect)
    assert (relative.passed, smooth.passed) == (True, True)
    assert relative.table is not None
    assert relative.table["high"].max() < 0


def test_with_an_effect_inside_the_noise_there_is_nothing_to_shake():
    times = [-4, -3, -2, 0, 1, 2]
    effect = effect_with(times, [0.1, -0.1, 0.05, 0.1, -0.2, 0.1], 0.5 * (np.eye(6) + 1))
    assert relative_magnitudes_check(effect).passed is None
