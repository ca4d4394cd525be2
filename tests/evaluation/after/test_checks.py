"""The checks on made-up panels whose truth is known: each passes where it should and fails where it should."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from evaluation.after.checks_areas import donor_drop_check, leave_one_area_out_check, neighbors_check
from evaluation.after.checks_choices import eligibility_check, specification_curve, windows_check
from evaluation.after.checks_overlap import (
    effective_sample_size,
    overlap_check,
    score_histogram,
    standardized_differences,
)
from evaluation.after.checks_placebo import (
    placebo_areas_check,
    placebo_dates_check,
    placebo_outcomes_check,
)
from evaluation.after.checks_plausibility import dose_check, mechanical_bound_check, total_change
from evaluation.after.checks_trends import pre_trends_check
from evaluation.after.checks_unmeasured import (
    Benchmark,
    adjusted_estimate,
    e_value,
    e_value_check,
    e_value_of_interval,
    partial_r2,
    robustness_check,
    robustness_value,
)
from evaluation.after.difference_in_differences import (
    difference_in_differences,
    poisson_difference_in_differences,
)
from evaluation.after.evidence import evidence
from evaluation.after.panel import Panel
from evaluation.after.recorded_causes import RecordedCauses, recorded_causes
from evaluation.after.results import Check, Effect, Refusal
from evaluation.after.run_checks import CheckInputs, area_checks
from evaluation.after.versions import Version, agreement, with_starts

START = 12
DAYS = [date(2022 + month // 12, month % 12 + 1, 1) for month in range(24)]


def city(
    effect: float = -8.0,
    *,
    areas: int = 16,
    program: int = 4,
    drift: float = 0.0,
    next_door: float = 0.0,
    only_first: bool = False,
    seed: int = 1,
    days: list[date] = DAYS,
) -> Panel:
    """Areas a00, a01 … in a row, the first of them with the program from month 12 on; noise of 1 around 30 + area.

    drift: what program areas gain per month anyway; next_door: effect on the area that touches the last program
    area; only_first: the effect is in the first program area alone.
    """
    noise = np.random.default_rng(seed).normal(0, 1, (areas, len(days)))
    rows = []
    for area in range(areas):
        for period, day in enumerate(days):
            treated = area < program and period >= START
            value = 30 + area + noise[area, period] + (drift * period if area < program else 0)
            value += effect if treated and (area == 0 or not only_first) else 0
            value += next_door if program <= area < program + 3 and period >= START else 0
            rows.append(
                (
                    f"a{area:02d}",
                    period,
                    day,
                    START if area < program else None,
                    int(treated),
                    30.0,
                    False,
                    value,
                    value - 0.0 if not treated else value - effect,
                )
            )
    table = pl.DataFrame(
        rows,
        schema={
            "area": pl.String, "period": pl.Int64, "period_start": pl.Date, "start": pl.Int64, "treated": pl.Int8,
            "exposure": pl.Float64, "excluded": pl.Boolean, "reports": pl.Float64, "other": pl.Float64,
        },
        orient="row",
    )  # fmt: skip
    touching = (
        {f"a{program - 1:02d}": tuple(f"a{program + k:02d}" for k in range(3))} if program < areas - 3 else {}
    )
    return Panel(table, ("reports",), ("other",), "1mo", days[0], days[-1], touching)


def estimate(panel: Panel, outcome: str) -> Effect | Refusal:
    return difference_in_differences(panel, outcome, course=False)


def effect_of(panel: Panel, outcome: str = "reports") -> Effect:
    found = difference_in_differences(panel, outcome)
    assert isinstance(found, Effect)
    return found


@pytest.fixture(scope="module")
def working() -> tuple[Panel, Effect]:
    panel = city()
    return panel, effect_of(panel)


@pytest.fixture(scope="module")
def drifting() -> tuple[Panel, Effect]:
    panel = city(effect=0.0, drift=-0.6)
    return panel, effect_of(panel)


def test_parallel_courses_pass_and_the_sentence_says_what_could_have_been_seen(working):
    check = pre_trends_check(working[1], working[0])
    assert check.passed is True
    assert "In 4 of 5 cases the test would find" in check.sentence


def test_a_drift_before_the_start_fails(drifting):
    assert pre_trends_check(drifting[1], drifting[0]).passed is False


def test_where_the_test_could_not_have_seen_a_drift_as_large_as_the_effect_it_stays_open():
    panel = city(effect=-0.3)
    assert pre_trends_check(effect_of(panel), panel).passed is None


def test_without_an_effect_and_a_drift_the_test_of_courses_fails_in_about_one_of_twenty_cities():
    panels = [city(effect=0.0, seed=seed) for seed in range(120)]
    main = effect_of(panels[0])
    failed = sum(pre_trends_check(main, panel).passed is False for panel in panels)
    assert failed <= 13


def test_a_placebo_outcome_that_does_not_move_passes(working):
    check = placebo_outcomes_check(
        [Version("placebo outcome", "Other crime", effect_of(working[0], "other"))]
    )
    assert check.passed is True
    assert "Other crime" in check.sentence


def test_a_placebo_outcome_that_moves_fails(working):
    check = placebo_outcomes_check([Version("placebo outcome", "Reports", working[1])])
    assert check.passed is False


def test_without_a_placebo_outcome_the_check_is_open_and_asks_for_one():
    check = placebo_outcomes_check([])
    assert check.passed is None
    assert "Name one" in check.sentence


def test_earlier_dates_find_nothing_in_a_steady_city_and_something_in_a_drifting_one(working, drifting):
    assert placebo_dates_check(*given(working), working[1]).passed is True
    assert placebo_dates_check(*given(drifting), drifting[1]).passed is False


def given(pair: tuple[Panel, Effect]) -> tuple[Panel, str, object]:
    return pair[0], "reports", estimate


def test_placebo_areas_hardly_ever_reach_a_real_effect(working):
    check = placebo_areas_check(working[0], "reports", working[1])
    assert check.passed is True
    assert check.table is not None
    assert check.table["placebo_estimate"].abs().max() < 8


def test_placebo_areas_also_work_for_rate_ratios():
    panel = city()
    main = poisson_difference_in_differences(panel, "reports")
    assert isinstance(main, Effect)
    assert placebo_areas_check(panel, "reports", main).passed is True


def test_few_comparison_areas_leave_the_area_placebo_open():
    panel = city(areas=6)
    assert placebo_areas_check(panel, "reports", effect_of(panel)).passed is None


def test_an_effect_in_all_areas_survives_without_any_one(working):
    check = leave_one_area_out_check(*given(working), working[1])
    assert check.passed is True
    assert check.table is not None
    assert check.table.height == 16


def test_an_effect_in_one_area_alone_does_not_survive_without_it():
    panel = city(effect=-24.0, only_first=True, areas=20, program=4)
    main = replace(effect_of(panel), p_value=replace(effect_of(panel).p_values[0], value=0.01))
    check = leave_one_area_out_check(panel, "reports", estimate, main)
    assert check.passed is False
    assert "a00" in check.sentence


def test_donors_are_dropped_by_weight():
    panel = city()
    main = replace(effect_of(panel), weights=pl.DataFrame({"donor": ["a07", "a08"], "weight": [0.97, 0.03]}))
    check = donor_drop_check(panel, "reports", estimate, main)
    assert check.table is not None
    assert check.table["version"].to_list() == ["a07"]
    assert check.passed is True


def test_neighbors_that_do_not_move_pass_and_neighbors_that_do_fail(working):
    assert neighbors_check(*given(working), working[1]).passed is True
    moved = city(next_door=6.0)
    check = neighbors_check(moved, "reports", estimate, effect_of(moved))
    assert check.passed is False
    assert "changed, too" in check.sentence


def test_without_a_list_of_neighbors_the_ring_stays_open(working):
    panel = replace(working[0], neighbors=None)
    assert neighbors_check(panel, "reports", estimate, working[1]).passed is None


def test_where_every_area_is_a_neighbor_only_the_spill_over_check_is_open(working):
    panel = working[0]
    all_next_door = dict.fromkeys(panel.treated_areas, tuple(panel.comparison_areas))
    check = neighbors_check(replace(panel, neighbors=all_next_door), "reports", estimate, working[1])
    assert check.passed is None
    assert check.sentence.startswith(
        f"All {len(panel.comparison_areas)} comparison areas touch a program area"
    )
    assert "says nothing against the result" in check.sentence


def test_a_study_over_2020_is_also_run_without_the_first_months_of_covid():
    days = [date(2019 + month // 12, month % 12 + 1, 1) for month in range(24)]
    panel = city(days=days)
    check, versions = windows_check(panel, "reports", estimate, effect_of(panel))
    assert [one.label for one in versions] == [
        "without first COVID-19 months",
        "without protests of summer 2020",
        "without the periods in which the program starts",
    ]
    assert check.passed is True


def test_a_study_after_2020_has_no_such_window(working):
    _, versions = windows_check(*given(working), working[1])
    assert len(versions) == 1


def test_no_detected_effect_can_be_taken_away_so_agreement_stays_open():
    main = effect_of(city(effect=0.0))
    assert agreement(main, [Version("x", "y", main)])[0] is None


def test_a_version_that_points_the_other_way_fails(working):
    other = replace(working[1], estimate=8.0)
    check = eligibility_check([Version("eligibility", "wide", other)], working[1])
    assert check.passed is False
    assert "turns with: wide" in check.sentence


def test_the_specification_curve_sorts_all_versions_by_size(working):
    versions = [
        Version("v", str(k), replace(working[1], relative=share))
        for k, share in enumerate((-0.1, -0.3, -0.2))
    ]
    check = specification_curve(versions, working[1])
    assert check.passed is True
    assert check.table is not None
    assert check.table["relative"].to_list() == [-0.3, -0.2, -0.1]


def test_748_calls_cannot_remove_1400_reports():
    # About 1,400 fewer reports over 8 precincts and six months beside 748 answered calls; the interval is made up.
    denver = replace(effect_of(city()), estimate=-29.2, low=-38.0, high=-18.0)
    check = mechanical_bound_check(denver, 48, 748)
    assert check.passed is False
    assert "748 answered calls cannot do this" in check.sentence


@pytest.mark.parametrize(("calls", "passed"), [(2_000, True), (1_600, None), (1_000, None), (800, False)])
def test_the_bound_looks_at_both_ends_of_the_interval(calls, passed):
    denver = replace(effect_of(city()), estimate=-29.2, low=-38.0, high=-18.0)
    assert mechanical_bound_check(denver, 48, calls).passed is passed


def test_a_rate_ratio_is_summed_over_what_was_expected(working):
    ratio = replace(working[1], scale="rate_ratio", estimate=0.8, low=0.7, high=0.9, baseline=50.0)
    assert total_change(ratio, 10) == pytest.approx((-100.0, -150.0, -50.0))


def test_more_visits_with_more_change_pass():
    panel = city(effect=0.0, program=6)
    stronger = pl.col("area").str.slice(1).cast(pl.Int64)
    value = pl.when(pl.col("treated") == 1).then(pl.col("reports") - 2 * (stronger + 1)).otherwise("reports")
    panel = replace(panel, table=panel.table.with_columns(value.alias("reports")))
    visits = {f"a{k:02d}": 10.0 * (k + 1) for k in range(6)}
    check = dose_check(panel, "reports", effect_of(panel), visits)
    assert check.passed is True
    backwards = {area: 70 - count for area, count in visits.items()}
    assert dose_check(panel, "reports", effect_of(panel), backwards).passed is False
    assert dose_check(panel, "reports", effect_of(panel), None).passed is None


def test_e_values_are_the_published_ones():
    # VanderWeele & Ding 2017: RR 3.9 with interval from 1.8.
    assert e_value(3.9) == pytest.approx(7.263034, abs=1e-6)
    assert e_value_of_interval(1.8, 8.7) == pytest.approx(3.0)
    assert e_value(1 / 3.9) == pytest.approx(e_value(3.9))
    assert e_value_of_interval(0.8, 1.2) == 1.0


def test_robustness_values_are_the_published_ones_for_darfur():
    # Cinelli & Hazlett 2020, README of sensemakr: 0.0973158 (0.0232565), 783 degrees of freedom.
    darfur = (0.0973158, 0.0232565, 783)
    assert robustness_value(*darfur) == pytest.approx(0.1388, abs=5e-5)
    assert robustness_value(*darfur, alpha=0.05) == pytest.approx(0.0763, abs=5e-5)
    assert partial_r2(*darfur) == pytest.approx(0.0219, abs=5e-5)


def test_a_cause_twice_as_strong_moves_the_estimate_further_but_not_beyond_what_it_can_explain():
    darfur = (0.0973158, 0.0232565, 783)
    female = Benchmark("female", with_program=0.00908, with_outcome=0.1088)
    once, twice = (adjusted_estimate(*darfur, female, times) for times in (1.0, 2.0))
    assert 0 < twice < once < 0.0973158
    with pytest.raises(ValueError, match="no cause can be"):
        adjusted_estimate(*darfur, Benchmark("x", 0.6, 0.1), 2.0)


def test_the_robustness_check_says_how_many_times_a_recorded_cause_it_takes(working):
    night = Benchmark("night", 0.01, 0.05)
    recorded = RecordedCauses((night,), working[1].standard_error, 300)
    check = robustness_check(working[1], 300, recorded)
    assert check.table is not None
    assert check.table["cause"].unique().to_list() == ["night"]
    assert check.passed is True
    times = check.table["times_to_zero"][0]
    assert f"{times:.3g} times as strong as “night”" in check.sentence
    scale = (working[1].estimate, working[1].standard_error, 300, night)
    assert adjusted_estimate(*scale, times * 0.99) * working[1].estimate > 0
    assert adjusted_estimate(*scale, times) == pytest.approx(0, abs=0.01 * abs(working[1].estimate))


def test_recorded_causes_are_the_partial_r2_of_a_regression():
    generator = np.random.default_rng(1)
    night, kind = generator.normal(size=3_000), generator.choice(["a", "b", "c"], 3_000)
    treated = (generator.normal(size=3_000) + 0.5 * night > 0).astype(float)
    hours = 1 + 0.4 * night - 0.3 * treated + 0.1 * (kind == "a") + generator.normal(size=3_000)
    table = pl.DataFrame({"treated": treated, "hours": hours, "night": night, "kind": kind})
    found = recorded_causes(table, "treated", "hours", ("kind", "night"))
    assert found is not None
    assert [one.name for one in found.benchmarks] == ["night", "kind"]
    # The partial R² of one number is t² / (t² + degrees of freedom) of its coefficient.
    from evaluation.after.fixed_effects import least_squares

    dummies = table.with_columns(
        b=(pl.col("kind") == "b").cast(pl.Int64), c=(pl.col("kind") == "c").cast(pl.Int64)
    )
    fit = least_squares(dummies, "hours", ["treated", "night", "b", "c"], [], None)
    residual = dummies["hours"].to_numpy() - np.column_stack(
        [np.ones(3_000), *(dummies[name].to_numpy() for name in ("treated", "night", "b", "c"))]
    ) @ np.array([fit.of(name)[0] for name in ("Intercept", "treated", "night", "b", "c")])
    x = np.column_stack(
        [np.ones(3_000), *(dummies[name].to_numpy() for name in ("treated", "night", "b", "c"))]
    )
    spread = float(residual @ residual) / found.freedom * np.linalg.inv(x.T @ x)
    assert found.freedom == 3_000 - 5
    assert found.standard_error == pytest.approx(np.sqrt(spread[1, 1]), rel=1e-9)
    t = fit.of("night")[0] / np.sqrt(spread[2, 2])
    assert found.benchmarks[0].with_outcome == pytest.approx(t**2 / (t**2 + found.freedom), rel=1e-9)
    assert (
        recorded_causes(table.with_columns(night=pl.col("treated")), "treated", "hours", ("night",)) is None
    )


def test_an_outcome_of_which_one_call_holds_nobody_knows_how_much_leaves_the_bound_open(working):
    check = mechanical_bound_check(working[1], 48, 748, None, "“Jail days” is an average.")
    assert check.passed is None
    assert check.sentence == "“Jail days” is an average."


def test_an_e_value_has_no_pass_mark(working):
    check = e_value_check(working[1])
    assert check.passed is None
    assert "no pass mark" in check.sentence


def test_like_calls_overlap_and_unlike_calls_do_not():
    generator = np.random.default_rng(0)
    x = generator.normal(size=4_000)
    chance = 1 / (1 + np.exp(-0.5 * x))
    like = pl.DataFrame(
        {
            "treated": generator.random(4_000) < chance,
            "score": chance,
            "x": x,
            "kind": np.where(x > 0, "a", "b"),
        }
    )
    check = overlap_check(like, ["x", "kind"])
    assert check.passed is True
    assert check.table is not None
    before, after = (check.table.filter(pl.col("covariate") == "x")[c].item() for c in ("before", "after"))
    assert abs(after) < 0.1 < before
    apart = like.with_columns(pl.when(pl.col("treated")).then(0.99).otherwise(0.01).alias("score"))
    assert overlap_check(apart, ["x"]).passed is False
    assert overlap_check(like.filter("treated"), ["x"]).passed is False


def test_one_heavy_weight_is_worth_little_more_than_one_call():
    assert effective_sample_size(np.ones(50)) == 50
    assert effective_sample_size(np.array([1000.0, *[1.0] * 49])) < 1.2


def test_the_histogram_counts_every_call_once_by_arm():
    table = score_histogram(np.array([0.02, 0.5, 0.5, 1.0]), np.array([True, True, False, False]))
    assert (table["treated"].sum(), table["comparison"].sum()) == (2, 2)
    assert table.height == 20


def test_differences_are_in_pooled_standard_deviations():
    table = pl.DataFrame({"age": [0.0, 2.0, 4.0, 6.0]})
    treated = np.array([True, True, False, False])
    row = standardized_differences(table, treated, np.ones(4), ["age"]).row(0, named=True)
    assert row["before"] == pytest.approx(-4.0)


def test_starts_are_moved_and_nothing_else():
    panel = with_starts(city(), {"a05": 3})
    assert panel.treated_areas == ("a05",)
    assert panel.table.filter(pl.col("treated") == 1)["period"].min() == 3


def test_the_tier_is_the_designs_and_one_lower_where_the_comparison_fails(working):
    main = working[1]
    assert evidence(main, []).tier == 4
    failed = Check("pre_trends", "Courses", False, "")
    assert evidence(main, [failed]).tier == 3
    assert "Courses" in evidence(main, [failed]).reason
    assert evidence(main, [Check("dose", "Dose", False, "")]).tier == 4
    assert evidence(None, []).tier is None


def test_a_design_without_a_course_borrows_that_of_another_and_says_so(working):
    panel, effect = working
    main = replace(effect, design="poisson_staggered", details={})
    inputs = CheckInputs(panel, main, estimate, others=[Version("design", "differences", effect)])
    checks = {check.name: check for check in area_checks(inputs)}
    assert checks["pre_trends"].passed is True
    assert "Judged by the design “Difference-in-differences”" in checks["pre_trends"].sentence
    assert len(checks) == 14
    assert checks["mechanical_bound"].passed is None
