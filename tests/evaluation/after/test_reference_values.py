"""Published and R-computed numbers, reached by the functions that a study calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from evaluation.after.area_matrix import area_matrix
from evaluation.after.call_imputation import call_imputation
from evaluation.after.did_library import density_p_value, goodman_bacon, jump_at_zero
from evaluation.after.difference_in_differences import (
    difference_in_differences,
    poisson_difference_in_differences,
)
from evaluation.after.doubly_robust_did import two_periods
from evaluation.after.fixed_effects import least_squares
from evaluation.after.imputation import imputation
from evaluation.after.panel import Panel
from evaluation.after.results import Effect
from evaluation.after.staggered import staggered
from evaluation.after.sun_abraham import sun_abraham
from evaluation.after.synthetic_control import synthetic_control
from evaluation.after.synthetic_did import synthetic_did
from tests.evaluation.after.panels import panel_of


@pytest.fixture(scope="module")
def counties(shared_data: Path) -> Panel:
    """mpdta: 500 counties, 2003–2007, minimum wages raised in 2004, 2006 or 2007."""
    table = pl.read_csv(shared_data / "mpdta.csv")
    start = pl.when(pl.col("first.treat") > 0).then(pl.col("first.treat") - 2003)
    return panel_of(
        table.select(
            "lemp",
            "lpop",
            area=pl.col("countyreal").cast(pl.String),
            period=pl.col("year") - 2003,
            start=start,
        ),
        "lemp",
        "lpop",
    )


@pytest.fixture(scope="module")
def california(shared_data: Path) -> Panel:
    """Proposition 99: 39 states, 1970–2000, California from 1989."""
    table = pl.read_csv(shared_data / "california_prop99.csv", separator=";")
    start = pl.when(pl.col("State") == "California").then(19)
    return panel_of(
        table.select("PacksPerCapita", area="State", period=pl.col("Year") - 1970, start=start),
        "PacksPerCapita",
    )


def two_dates(path: Path, outcome: str) -> Panel:
    """few.csv and pois.csv: unit, time, D, outcome."""
    table = pl.read_csv(path)
    first = table.filter(pl.col("D") == 1).group_by("unit").agg(start=pl.col("time").min())
    table = table.join(first, on="unit", how="left")
    return panel_of(table.select(outcome, "start", area="unit", period="time"), outcome)


def effect(found: object) -> Effect:
    assert isinstance(found, Effect), found
    return found


def p_of(found: Effect, method: str) -> float:
    value = next(one.value for one in found.p_values if one.method.startswith(method))
    assert value is not None
    return value


# Callaway–Sant'Anna -------------------------------------------------------------------------------------


def test_group_time_effects_and_their_errors_are_those_of_r_did(
    counties: Panel, reference: dict[str, Any]
) -> None:
    target = reference["callaway_santanna_mpdta_never_nocov"]
    found = effect(staggered(counties, "lemp"))
    table = found.details["group_time"]
    got = {f"{g + 2003},{t + 2003}": (e, s) for g, t, e, s in table.iter_rows()}
    for key, value in target["gt"].items():
        assert got[key] == pytest.approx(value, abs=2e-6), key
    assert found.path is not None
    for time, value in target["event"].items():
        row = found.path.row(by_predicate=pl.col("event_time") == int(time), named=True)
        assert (row["estimate"], row["standard_error"]) == pytest.approx(value, abs=2e-6), time
    for name in ("simple", "group", "calendar"):
        assert found.details["aggregations"][name] == pytest.approx(target[name], abs=2e-6), name
    assert found.details["aggregations"]["event"] == pytest.approx(target["dynamic"], abs=2e-6)
    assert found.details["pretest"][1] == pytest.approx(target["pretest_p"], abs=1e-5)


@pytest.mark.parametrize(
    ("comparison", "method", "key", "part"),
    [
        ("never", "doubly_robust", "callaway_santanna_mpdta_never_lpop", "dr"),
        ("never", "regression", "callaway_santanna_mpdta_never_lpop", "reg"),
        ("never", "weighting", "callaway_santanna_mpdta_never_lpop", "ipw"),
        ("not_yet", "none", "callaway_santanna_mpdta_notyet", "nocov"),
        ("not_yet", "doubly_robust", "callaway_santanna_mpdta_notyet", "lpop_dr"),
    ],
)
def test_covariates_and_not_yet_starters_give_the_numbers_of_r_did(
    counties: Panel, reference: dict[str, Any], comparison: Any, method: Any, key: str, part: str
) -> None:
    covariates = () if method == "none" else ("lpop",)
    found = effect(staggered(counties, "lemp", comparison=comparison, method=method, covariates=covariates))
    names = {"simple": "simple", "dynamic": "event"}
    for published, value in reference[key][part].items():
        assert found.details["aggregations"][names[published]] == pytest.approx(value, abs=2e-6), published


def test_the_doubly_robust_form_has_normalised_weights(
    shared_reference: Path, reference: dict[str, Any]
) -> None:
    """The un-normalised form of the library at hand gives −859.32 (398.89) here."""
    target = reference["drdid_nsw_cps"]
    table = pl.read_csv(shared_reference / "lalonde_cps_long.csv", null_values="NA", infer_schema_length=None)
    keep = (pl.col("treated") == 0) | (pl.col("sample") == 2)
    wide = (
        table.filter(keep)
        .sort("year")
        .group_by("id", maintain_order=True)
        .agg(
            change=pl.col("re").last() - pl.col("re").first(),
            program=pl.col("experimental").first(),
            **{
                name: pl.col(name).first()
                for name in ("age", "educ", "black", "married", "nodegree", "hisp", "re74")
            },
        )
    )
    x = wide.select("age", "educ", "black", "married", "nodegree", "hisp", "re74").to_numpy().astype(float)
    change, program = wide["change"].to_numpy(), wide["program"].to_numpy() == 1
    methods = {"doubly_robust": "drdid_trad", "regression": "reg", "weighting": "ipw_normalised"}
    for method, key in methods.items():
        found = two_periods(change, program, x, method)  # type: ignore[arg-type]
        assert (found.estimate, found.standard_error) == pytest.approx(target[key], abs=1e-3), method


def test_sun_abraham_equals_fixest_sunab(counties: Panel, reference: dict[str, Any]) -> None:
    target = reference["sun_abraham_mpdta"]
    found = effect(sun_abraham(counties, "lemp"))
    assert (found.estimate, found.standard_error) == pytest.approx(target["att"], abs=2e-6)
    assert found.path is not None
    for time, value in target["event"].items():
        row = found.path.row(by_predicate=pl.col("event_time") == int(time), named=True)
        assert (row["estimate"], row["standard_error"]) == pytest.approx(value, abs=2e-6), time


def test_plain_two_way_fixed_effects_on_the_counties(counties: Panel, reference: dict[str, Any]) -> None:
    matrix = area_matrix(counties, "lemp", "twfe")
    table = matrix.long()  # type: ignore[union-attr]
    found = least_squares(table, "outcome", ["treated"], ["area", "period"], "area").of("treated")
    assert found == pytest.approx(reference["sun_abraham_mpdta"]["twfe"], abs=2e-6)


def test_imputation_equals_the_three_other_programs(counties: Panel, reference: dict[str, Any]) -> None:
    found = effect(imputation(counties, "lemp"))
    assert found.estimate == pytest.approx(reference["bjs_mpdta"]["att"], abs=1e-6)
    assert found.standard_error == pytest.approx(reference["bjs_mpdta"]["se_diffdiff"], abs=1e-6)


def test_imputation_of_areas_equals_that_of_calls_where_each_cell_has_one(counties: Panel) -> None:
    rows = counties.table.select("area", "lemp", "treated", month="period")
    one, other = effect(imputation(counties, "lemp")), effect(call_imputation(rows, "lemp"))
    assert other.estimate == pytest.approx(one.estimate, abs=1e-8)


def test_goodman_bacon_splits_castle_doctrine_as_in_r(
    shared_reference: Path, reference: dict[str, Any]
) -> None:
    table = pl.read_csv(shared_reference / "castle.csv")
    first = table.filter(pl.col("post") == 1).group_by("sid").agg(start=pl.col("year").min() - 2000)
    panel = panel_of(
        table.join(first, on="sid", how="left").select(
            "start", area="sid", period=pl.col("year") - 2000, outcome="l_homicide"
        ),
        "outcome",
    )
    matrix = area_matrix(panel, "outcome", "bacon")
    estimate, parts = goodman_bacon(matrix)  # type: ignore[arg-type]
    target = reference["castle_bacon"]
    assert estimate == pytest.approx(target["twfe"][0], abs=1e-6)
    weights = dict(zip(parts["comparison"], parts["weight"], strict=True))
    assert weights["treated_vs_never"] == pytest.approx(target["weights"]["treated_vs_untreated"], abs=1e-6)
    assert weights["earlier_vs_later"] == pytest.approx(target["weights"]["earlier_vs_later"], abs=1e-6)
    assert weights["later_vs_earlier"] == pytest.approx(target["weights"]["later_vs_earlier"], abs=1e-6)
    table = matrix.long()  # type: ignore[union-attr]
    fitted = least_squares(table, "outcome", ["treated"], ["area", "period"], "area").of("treated")
    assert fitted == pytest.approx(target["twfe"], abs=1e-5)


# Synthetic controls -------------------------------------------------------------------------------------


def test_synthetic_did_on_proposition_99_with_every_placebo(
    california: Panel, reference: dict[str, Any]
) -> None:
    target = reference["prop99"]
    found = effect(synthetic_did(california, "PacksPerCapita"))
    assert found.estimate == pytest.approx(target["sdid"], abs=1e-5)
    assert found.standard_error == pytest.approx(target["sdid_placebo_sd_exact_38"], abs=1e-5)
    assert found.weights is not None
    assert found.weights["weight"].head(3).to_list() == pytest.approx([0.1245, 0.1050, 0.0783], abs=5e-5)
    assert found.details["period_weights"][-3:] == pytest.approx([0.3665, 0.2065, 0.4271], abs=5e-5)


def test_synthetic_control_on_proposition_99_is_the_exact_optimum(
    california: Panel, reference: dict[str, Any]
) -> None:
    """R's −19.6197 is a search stopped early (the next test); the exact simplex solution is −19.5136."""
    found = effect(synthetic_control(california, "PacksPerCapita", augmented=False))
    assert found.estimate == pytest.approx(reference["prop99"]["outcome_only_simplex_qp_sc"], abs=1e-3)
    assert p_of(found, "rank") == pytest.approx(3 / 39)
    assert p_of(found, "conformal") == pytest.approx(3 / 31)


def test_the_published_synthetic_control_of_r_is_its_search_stopped_after_ten_thousand_steps(
    california: Panel, reference: dict[str, Any]
) -> None:
    """Frank–Wolfe gives R's figure to all its digits at its cap, and walks on to ours; the ridge moves nothing.

    A ridge ζ² T₀ ‖w‖² is T₀ more rows √T₀ ζ I in the least-squares problem.
    """
    from diff_diff.utils import compute_sdid_unit_weights

    from evaluation.after.nearest_mixture import nearest_mixture

    matrix = area_matrix(california, "PacksPerCapita", "sc")
    values, ever, before = matrix.values, matrix.ever, matrix.starts[0]  # type: ignore[union-attr]
    donors, program = values[~ever].T, values[ever][0]
    noise = float(np.std(np.diff(donors[:before], axis=0), ddof=1))
    ridge = 1e-6 * noise

    def stopped_after(steps: int) -> tuple[float, float]:
        weights = compute_sdid_unit_weights(
            donors[:before],
            program[:before],
            zeta_omega=ridge,
            intercept=False,
            min_decrease=1e-5 * noise,
            max_iter=steps,
        )
        gap = program - donors @ weights
        return float(gap[before:].mean()), float((gap[:before] ** 2).mean())

    cap, error_at_cap = stopped_after(10_000)
    later, error_later = stopped_after(100_000)
    apart = donors[:before] - program[:before, None]
    rows = np.vstack([apart, np.sqrt(before) * ridge * np.eye(donors.shape[1])])
    gap = program - donors @ nearest_mixture(np.ascontiguousarray(rows))
    exact, error = float(gap[before:].mean()), float((gap[:before] ** 2).mean())
    target = reference["prop99"]
    assert cap == pytest.approx(target["sc"], abs=1e-6)
    assert exact == pytest.approx(target["outcome_only_simplex_qp_sc"], abs=1e-4)
    assert cap < later < exact
    assert error_at_cap > error_later > error


def test_difference_in_differences_on_proposition_99(california: Panel, reference: dict[str, Any]) -> None:
    found = effect(difference_in_differences(california, "PacksPerCapita"))
    assert found.estimate == pytest.approx(reference["prop99"]["did"], abs=1e-5)


# Few areas, counts, edges -------------------------------------------------------------------------------


def test_three_of_twelve_areas_with_every_test(shared_reference: Path, reference: dict[str, Any]) -> None:
    target = reference["feols_data_few_csv"]
    found = effect(difference_in_differences(two_dates(shared_reference / "few.csv", "Y"), "Y"))
    assert (found.estimate, found.standard_error) == pytest.approx(target["D"], abs=1e-6)
    assert p_of(found, "cluster-robust (CR1)") == pytest.approx(target["p_crv1"], abs=1e-6)
    assert p_of(found, "jackknife (CR3)") == pytest.approx(target["p_crv3"], abs=1e-6)
    assert p_of(found, "wild cluster bootstrap") == pytest.approx(target["p_wcb_rademacher"], abs=5e-5)
    assert p_of(found, "randomization") == pytest.approx(target["p_exact_RI_2of220"], abs=1e-6)


def test_webb_weights_come_close_to_the_published_draw(
    shared_reference: Path, reference: dict[str, Any]
) -> None:
    from evaluation.after.cluster_tests import wild_cluster_bootstrap

    matrix = area_matrix(two_dates(shared_reference / "few.csv", "Y"), "Y", "wcb")
    values, start = matrix.values, matrix.starts[0]  # type: ignore[union-attr]
    change = values[:, start:].mean(axis=1) - values[:, :start].mean(axis=1)
    found = wild_cluster_bootstrap(change, matrix.ever, weights="webb")  # type: ignore[union-attr]
    assert found == pytest.approx(reference["feols_data_few_csv"]["p_wcb_webb"], abs=0.004)


def test_poisson_rate_ratio_equals_fixest(shared_reference: Path, reference: dict[str, Any]) -> None:
    found = effect(poisson_difference_in_differences(two_dates(shared_reference / "pois.csv", "cnt"), "cnt"))
    target = reference["fepois_data_pois_csv"]["D"]
    assert found.details["log_estimate"] == pytest.approx(target[0], abs=1e-6)
    assert found.details["log_standard_error"] == pytest.approx(target[1], rel=1e-4)
    assert found.estimate == pytest.approx(np.exp(target[0]), abs=1e-6)


def test_the_jump_and_the_density_test_equal_rdrobust(
    shared_reference: Path, reference: dict[str, Any]
) -> None:
    table = pl.read_csv(shared_reference / "rd_sim.csv")
    target = reference["rd_sim_csv"]
    found = jump_at_zero(table["x"].to_numpy(), table["y"].to_numpy())
    assert (found.conventional, found.conventional_error) == pytest.approx(target["conventional"], abs=1e-5)
    assert (found.robust, found.robust_error) == pytest.approx(target["robust"], abs=1e-5)
    assert (found.bandwidth, found.bias_bandwidth) == pytest.approx((target["h"], target["b"]), abs=1e-5)
    assert density_p_value(table["x"].to_numpy()) == pytest.approx(target["rddensity_p"], abs=1e-5)
