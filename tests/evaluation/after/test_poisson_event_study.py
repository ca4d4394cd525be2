"""The course of counts around the start: equal to the regression, honest about who it rests on, and judged by checks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evaluation.after.area_matrix import AreaMatrix, area_matrix
from evaluation.after.checks_trends import pre_trends_check
from evaluation.after.difference_in_differences import poisson_difference_in_differences
from evaluation.after.honest import event_study_of, relative_magnitudes_check
from evaluation.after.poisson_event_study import RatioCourse, ratio_course
from evaluation.after.poisson_staggered import poisson_staggered
from evaluation.after.results import Effect
from tests.evaluation.after.panels import made_up

ONE_START = dict.fromkeys(range(6), 12)
STAGGERED = {0: 20, 1: 20, 2: 26, 3: 26, 4: 32, 5: 32}


def test_the_course_of_counts_with_one_start_is_that_of_a_poisson_event_study() -> None:
    """Same coefficients as the regression, leave-one-out errors near its clustered ones."""
    panel = made_up(20, 24, ONE_START, effect=-0.3, seed=6, counts=True)
    fitted = poisson_difference_in_differences(panel, "outcome")
    matrix = area_matrix(panel, "outcome", "test")
    assert isinstance(fitted, Effect)
    assert isinstance(matrix, AreaMatrix)
    course = ratio_course(matrix)
    assert isinstance(course, RatioCourse)
    details = course.details
    assert details["event_times"] == fitted.details["event_times"]
    assert details["event_estimates"] == pytest.approx(fitted.details["event_estimates"], abs=1e-6)
    ratio = np.sqrt(np.diag(details["event_covariance"]) / np.diag(fitted.details["event_covariance"]))
    assert 0.9 < float(np.median(ratio)) < 1.2
    assert event_study_of(replace(fitted, details=details)) is not None


def test_a_course_keeps_to_times_that_most_program_areas_reach_and_says_when_there_is_none() -> None:
    matrix = area_matrix(made_up(20, 24, {0: 6, 1: 12, 2: 12, 3: 18}, seed=1, counts=True), "outcome", "test")
    assert isinstance(matrix, AreaMatrix)
    course = ratio_course(matrix)
    assert isinstance(course, RatioCourse)
    assert (course.times[0], course.times[-1]) == (-12, 11)  # the areas of periods 12 and 18; of 6 and 12
    lone = area_matrix(made_up(20, 24, {0: 12}, seed=1, counts=True), "outcome", "test")
    assert isinstance(lone, AreaMatrix)
    assert "no spread" in str(ratio_course(lone))


def test_the_roll_out_of_counts_can_be_judged_by_the_checks_of_trends() -> None:
    found = poisson_staggered(made_up(20, 48, STAGGERED, effect=np.log(0.8), seed=3, counts=True), "outcome")
    assert isinstance(found, Effect)
    assert found.path is not None
    assert found.path["event_time"].min() < -2  # type: ignore[operator]
    assert pre_trends_check(found).passed is not False
    magnitudes = relative_magnitudes_check(found)
    assert magnitudes.table is not None
    assert magnitudes.table.height == 5


@pytest.mark.slow
def test_the_trend_test_of_a_roll_out_of_counts_rejects_about_one_in_twenty_steady_cities() -> None:
    failed = 0
    for seed in range(200):
        panel = made_up(36, 24, {area: 12 if area < 6 else 16 for area in range(12)}, seed=seed, counts=True)
        found = poisson_staggered(panel, "outcome")
        assert isinstance(found, Effect)
        failed += pre_trends_check(found).passed is False
    assert failed <= 24
