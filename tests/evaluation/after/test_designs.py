"""Each design finds an effect that was built in, and refuses what it cannot carry with the reason."""

from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest

from evaluation.after.area_matrix import AreaMatrix, area_matrix
from evaluation.after.designs import DESIGNS, Facts, design_named, offered
from evaluation.after.did_library import imputed, sun_abraham_fit
from evaluation.after.difference_in_differences import (
    difference_in_differences,
    poisson_difference_in_differences,
)
from evaluation.after.imputation import imputation
from evaluation.after.interrupted_time_series import interrupted_time_series
from evaluation.after.panel import Panel
from evaluation.after.poisson_imputation import expected_without
from evaluation.after.poisson_staggered import poisson_staggered
from evaluation.after.results import Effect, Refusal
from evaluation.after.second_opinion import imputed_again, sun_abraham_again
from evaluation.after.staggered import staggered
from evaluation.after.sun_abraham import sun_abraham
from evaluation.after.synthetic_control import synthetic_control
from evaluation.after.synthetic_did import synthetic_did
from evaluation.after.triple_difference import triple_difference
from tests.evaluation.after.panels import made_up, panel_of

ONE_START = dict.fromkeys(range(5), 30)
STAGGERED = {0: 20, 1: 20, 2: 26, 3: 26, 4: 32, 5: 32}


def holds(found: object, truth: float) -> Effect:
    """The effect, its interval containing the truth and nothing silly."""
    assert isinstance(found, Effect), found
    assert found.low is not None
    assert found.high is not None
    assert found.low <= truth <= found.high, (found.low, found.high)
    assert found.low < found.estimate < found.high
    assert found.p_value in found.p_values
    assert found.p_value is not None
    assert found.p_value.valid
    return found


def with_unaffected(panel: Panel) -> Panel:
    other = made_up(20, 48, {}, seed=99, counts=True).table.select("area", "period", unaffected="outcome")
    table = panel.table.join(other, on=["area", "period"], how="left", maintain_order="left")
    return Panel(table, ("outcome",), ("unaffected",), panel.every, panel.first, panel.last)


@pytest.mark.parametrize("design", [difference_in_differences, imputation])
def test_differences_recover_a_built_in_drop(design: object) -> None:
    found = design(made_up(24, 48, dict.fromkeys(range(10), 30), effect=-2.0, seed=1), "outcome")  # type: ignore[operator]
    checked = holds(found, -2.0)
    assert checked.baseline is not None
    assert checked.relative == pytest.approx(checked.estimate / checked.baseline)
    assert checked.path is not None
    assert {"event_time", "estimate", "low", "high"} <= set(checked.path.columns)


@pytest.mark.parametrize("design", [staggered, imputation, sun_abraham])
def test_staggered_designs_recover_a_built_in_drop(design: object) -> None:
    starts = {area: 16 + 4 * (area % 3) for area in range(12)}
    found = design(made_up(30, 40, starts, effect=-2.0, seed=2), "outcome")  # type: ignore[operator]
    holds(found, -2.0)


@pytest.mark.parametrize("design", [poisson_difference_in_differences, poisson_staggered])
def test_rate_ratios_recover_a_built_in_fall_of_a_fifth(design: object) -> None:
    starts = ONE_START if design is poisson_difference_in_differences else STAGGERED
    found = design(made_up(20, 48, starts, effect=np.log(0.8), seed=3, counts=True), "outcome")  # type: ignore[operator]
    checked = holds(found, 0.8)
    assert checked.scale == "rate_ratio"
    assert checked.relative == pytest.approx(checked.estimate - 1)


def test_synthetic_designs_recover_a_built_in_drop() -> None:
    panel = made_up(24, 40, {0: 30}, effect=-6.0, seed=4)
    holds(synthetic_did(panel, "outcome"), -6.0)
    for augmented in (True, False):
        found = synthetic_control(panel, "outcome", augmented=augmented)
        checked = holds(found, -6.0)
        assert checked.weights is not None
        if not augmented:
            assert checked.weights["weight"].sum() == pytest.approx(1.0, abs=1e-4)
            assert float(checked.weights["weight"].min()) > -1e-6  # type: ignore[arg-type]


def test_the_interrupted_series_and_the_triple_difference_recover_a_fall() -> None:
    panel = with_unaffected(made_up(20, 48, ONE_START, effect=np.log(0.8), seed=5, counts=True))
    alone = interrupted_time_series(panel, "outcome")
    assert isinstance(alone, Effect)
    assert alone.low is not None
    assert alone.high is not None
    assert alone.low < 0.8 < alone.high
    assert alone.comparison_areas == 0
    found = holds(triple_difference(panel, "outcome", unaffected="unaffected"), 0.8)
    assert found.details["rate_ratio_unaffected"] == pytest.approx(1.0, abs=0.05)
    assert found.estimate == pytest.approx(
        found.details["rate_ratio_outcome"] / found.details["rate_ratio_unaffected"]
    )


def test_without_its_course_the_comparison_is_the_same_but_for_the_path() -> None:
    panel = made_up(20, 36, ONE_START, effect=-2.0, seed=1)
    whole, short = (difference_in_differences(panel, "outcome", course=course) for course in (True, False))
    assert isinstance(whole, Effect)
    assert isinstance(short, Effect)
    for name in ("estimate", "standard_error", "low", "high", "relative_low", "baseline"):
        assert getattr(short, name) == pytest.approx(getattr(whole, name), rel=1e-8), name
    assert short.p_value == whole.p_value
    assert short.path is None


def test_the_poisson_roll_out_equals_a_regression_with_a_term_for_every_start_and_period() -> None:
    from evaluation.after.fixed_effects import poisson

    matrix = area_matrix(
        made_up(10, 12, {0: 5, 1: 5, 2: 8}, effect=-0.3, seed=6, counts=True), "outcome", "test"
    )
    assert isinstance(matrix, AreaMatrix)
    table, names = matrix.long(), []
    for start in matrix.starts:
        for period in range(start, 12):
            name = f"cell_{start}_{period}"
            inside = (pl.col("start") == start + 1) & (pl.col("period") == period + 1)
            table = table.with_columns(inside.cast(pl.Int64).alias(name))
            names.append(name)
    fit = poisson(table, "outcome", names, ["area", "period"], "area")
    expected = expected_without(matrix.values, matrix.exposure, matrix.treated)
    for name in names:
        _, start, period = name.split("_")
        members = matrix.start == int(start)
        by_hand = np.log(matrix.values[members, int(period)].sum() / expected[members, int(period)].sum())
        assert fit.of(name)[0] == pytest.approx(by_hand, abs=1e-6)


@pytest.mark.parametrize("starts", [ONE_START, STAGGERED])
def test_the_fast_forms_of_the_second_opinions_equal_the_library(starts: dict[int, int]) -> None:
    matrix = area_matrix(made_up(14, 40, starts, seed=10), "outcome", "test")
    assert isinstance(matrix, AreaMatrix)
    assert imputed_again(matrix) == pytest.approx(imputed(matrix).estimate, abs=1e-7)
    assert sun_abraham_again(matrix) == pytest.approx(sun_abraham_fit(matrix).estimate, abs=1e-7)


def test_excluded_periods_leave_every_design_and_starts_move_with_them() -> None:
    table = made_up(8, 20, {0: 10, 1: 10}, seed=7).table
    wild = table.with_columns(outcome=pl.when(pl.col("period").is_in([9, 10])).then(1e6).otherwise("outcome"))
    panel = panel_of(wild.select("area", "period", "start", "outcome"), "outcome", excluded=(9, 10))
    matrix = area_matrix(panel, "outcome", "test")
    assert isinstance(matrix, AreaMatrix)
    assert matrix.starts == (9,)
    assert matrix.periods[9] == 11
    assert float(matrix.values.max()) < 1e3


def test_exposure_makes_counts_of_unequal_periods_comparable() -> None:
    """Twice the days after the start, twice the counts: no change in the rate."""
    rows = [
        {"area": area, "period": period, "start": 4 if area in "ab" else None, "outcome": 20.0 * (2 if period >= 4 else 1)
         + (ord(area) * 7 + period * 3) % 5, "exposure": 20.0 if period >= 4 else 10.0}
        for area in "abcdef" for period in range(8)
    ]  # fmt: skip
    found = poisson_difference_in_differences(panel_of(pl.DataFrame(rows), "outcome"), "outcome")
    assert isinstance(found, Effect)
    assert found.estimate == pytest.approx(1.0, abs=0.1)


# Refusals -----------------------------------------------------------------------------------------------

AREA_DESIGNS = [design.function for design in DESIGNS if design.unit == "area"]


@pytest.mark.parametrize("design", [one for one in AREA_DESIGNS if one is not interrupted_time_series])
def test_no_comparison_area_is_refused(design: object) -> None:
    panel = made_up(6, 30, dict.fromkeys(range(6), 15), counts=True)
    more = {"unaffected": "outcome"} if design is triple_difference else {}
    found = design(panel, "outcome", **more)  # type: ignore[operator]
    assert isinstance(found, Refusal)
    assert "no comparison area" in found.found


@pytest.mark.parametrize("design", AREA_DESIGNS)
def test_one_period_before_the_start_is_refused(design: object) -> None:
    panel = made_up(20, 12, {0: 1}, counts=True)
    more = {"unaffected": "outcome"} if design is triple_difference else {}
    found = design(panel, "outcome", **more)  # type: ignore[operator]
    assert isinstance(found, Refusal)
    assert "period" in found.found


@pytest.mark.parametrize("design", AREA_DESIGNS)
def test_an_outcome_that_never_varies_is_refused(design: object) -> None:
    panel = made_up(20, 40, {0: 25})
    flat = Panel(
        panel.table.with_columns(outcome=pl.lit(3.0)), ("outcome",), (), "1w", panel.first, panel.last
    )
    more = {"unaffected": "outcome"} if design is triple_difference else {}
    found = design(flat, "outcome", **more)  # type: ignore[operator]
    assert isinstance(found, Refusal)
    assert "same value" in found.found


def test_several_starts_and_missing_columns_are_refused_with_what_is_needed() -> None:
    several = difference_in_differences(made_up(10, 40, STAGGERED), "outcome")
    assert isinstance(several, Refusal)
    assert "staggered" in several.needed
    absent = difference_in_differences(made_up(10, 40, ONE_START), "arrests")
    assert isinstance(absent, Refusal)
    assert "outcome" in absent.needed
    nobody = difference_in_differences(made_up(10, 40, {}), "outcome")
    assert isinstance(nobody, Refusal)
    negative = poisson_difference_in_differences(made_up(10, 40, ONE_START, effect=-90.0), "outcome")
    assert isinstance(negative, Refusal)


def test_an_area_with_an_unknown_outcome_is_left_out_and_named() -> None:
    panel = made_up(10, 40, ONE_START)
    table = panel.table.with_columns(
        outcome=pl.when((pl.col("area") == "area 009") & (pl.col("period") == 3))
        .then(None)
        .otherwise("outcome")
    )
    found = difference_in_differences(
        Panel(table, ("outcome",), (), "1w", panel.first, panel.last), "outcome"
    )
    assert isinstance(found, Effect)
    assert found.comparison_areas == 4
    assert "area 009" in found.notes[0]


# The menu -----------------------------------------------------------------------------------------------


def test_the_menu_names_each_design_once_and_offers_by_the_data() -> None:
    assert len({design.id for design in DESIGNS}) == len(DESIGNS)
    assert all(1 <= design.evidence_tier <= 5 for design in DESIGNS)
    assert design_named("staggered").function is staggered
    one = {offer.design.id: offer for offer in offered(made_up(24, 40, {0: 25}), Facts())}
    assert one["difference_in_differences"].fits
    assert one["synthetic_control"].fits
    assert not one["staggered"].fits
    assert not one["interrupted_time_series"].fits
    assert not one["call_level_aipw"].fits
    many = {offer.design.id: offer for offer in offered(made_up(24, 40, STAGGERED), Facts(counts=False))}
    assert many["staggered"].fits
    assert many["imputation"].fits
    assert not many["poisson_staggered"].fits
    citywide = {
        offer.design.id: offer for offer in offered(made_up(3, 40, dict.fromkeys(range(3), 30)), Facts())
    }
    assert [name for name, offer in citywide.items() if offer.fits] == ["interrupted_time_series"]
    calls = {offer.design.id: offer for offer in offered(None, Facts(assignment=True, repeat_key=True))}
    assert [name for name, offer in calls.items() if offer.fits] == ["randomised", "repeat_calls"]
    assert all(offer.reason for offer in (*one.values(), *many.values(), *calls.values()))


# Speed --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_eight_of_thirty_six_areas_by_month_take_seconds_with_all_tests() -> None:
    panel = made_up(36, 36, dict.fromkeys(range(8), 18), effect=-0.3, counts=True, seed=8)
    began = time.process_time()  # of all threads: the clock also counts whatever else the machine does
    for design in (difference_in_differences, poisson_difference_in_differences, imputation):
        assert isinstance(design(panel, "outcome"), Effect)  # type: ignore[operator]
    assert time.process_time() - began < 60


@pytest.mark.slow
def test_three_hundred_areas_by_week_with_staggered_starts_take_less_than_a_minute() -> None:
    starts = {area: 60 + 8 * (area % 10) for area in range(120)}
    panel = made_up(300, 156, starts, effect=-0.15, counts=True, seed=9)
    began = time.process_time()  # of all threads: the clock also counts whatever else the machine does
    for design in (staggered, poisson_staggered, imputation):
        assert isinstance(design(panel, "outcome"), Effect)  # type: ignore[operator]
    assert time.process_time() - began < 60
