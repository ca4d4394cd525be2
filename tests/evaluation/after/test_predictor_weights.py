"""Synthetic control by predictors: the published examples through a study file, the truth that was built in, refusals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.after.augmented_predictors import augmented_with_predictors
from evaluation.after.build_panel import build_panel
from evaluation.after.designs import Facts, design_named, offered
from evaluation.after.evaluate import evaluate
from evaluation.after.panel import Panel, Predictors
from evaluation.after.predictor_weights import predictor_weighted_control
from evaluation.after.results import Effect, Refusal
from evaluation.after.study_file import load_study
from evaluation.after.versions import with_starts
from tests.evaluation.after.panels import panel_of


def as_month(year: int, first: int) -> date:
    """Yearly data in a study of months: each year stands as one month."""
    months = year - first
    return date(2000 + months // 12, months % 12 + 1, 1)


def run(study_path: Path, outcome: str) -> Effect:
    """The study's panel and its planned design, as an evaluation runs them."""
    study = load_study(study_path)
    assert study.plan.design is not None
    found = design_named(study.plan.design).function(build_panel(study).panel, outcome)
    assert isinstance(found, Effect), found
    return found


# The published examples ---------------------------------------------------------------------------------

BASQUE = """
question = "What did conflict cost the Basque Country?"
period = { every = "month" }
comparison = { areas = "all_others" }
outcomes.income = { table = "regions", measure = "mean", column = "gdpcap", better = "higher", generated_by = "both" }
synthetic_control = { fit_first = 2000-06-01 }
plan = { primary_outcome = "income", design = "predictor_weights" }
[program]
starts = { "2001-04-01" = ["Basque Country (Pais Vasco)"] }
[tables]
regions = { path = "regions.csv", time = "month", area = "regionname" }
schooling = { path = "schooling.csv", time = "month", area = "regionname" }
[predictors]
income = { table = "regions", measure = "mean", column = "gdpcap", first = 2000-06-01, last = 2001-03-01 }
"""
AVERAGES = {"invest": (1964, 1969), "popdens": (1969, 1969)} | {
    f"sec.{name}": (1961, 1969)
    for name in ("agriculture", "energy", "industry", "construction", "services.venta", "services.nonventa")
}


def basque_study(shared_data: Path, folder: Path) -> Path:
    """The example of the R package Synth (Abadie, Diamond & Hainmueller 2011, JSS 42(13)) as a study file.

    As there: schooling as shares of its own sum, the two highest levels joined, income fitted over 1960–1969.
    """
    table = pl.read_csv(shared_data / "basque.csv", infer_schema_length=None).filter(pl.col("regionno") != 1)
    month = pl.col("year").map_elements(lambda year: as_month(int(year), 1955), return_dtype=pl.Date)
    table = table.with_columns(month.alias("month"))
    table.write_csv(folder / "regions.csv")
    levels = ["school.illit", "school.prim", "school.med", "school.high"]
    joined = pl.col("school.high") + pl.col("school.post.high")
    schooling = table.filter(pl.col("year").is_between(1964, 1969)).with_columns(joined.alias("school.high"))
    schooling = schooling.with_columns(pl.col(levels).mean().over("regionname"))
    share = pl.col(levels) * 100 / pl.sum_horizontal(levels)
    schooling.select("regionname", "month", share).write_csv(folder / "schooling.csv")
    lines = [
        f'{name.replace(".", "_")} = {{ table = "regions", measure = "mean", column = "{name}", '
        f"first = {as_month(first, 1955)}, last = {as_month(last, 1955)} }}"
        for name, (first, last) in AVERAGES.items()
    ] + [
        f'{name.replace(".", "_")} = {{ table = "schooling", measure = "mean", column = "{name}" }}'
        for name in levels
    ]
    path = folder / "study.toml"
    path.write_text(BASQUE + "\n".join(lines), encoding="utf-8")
    return path


def test_the_basque_country_is_catalonia_and_madrid(
    shared_data: Path, reference: dict[str, Any], tmp_path: Path
) -> None:
    target = reference["basque_synth"]
    found = run(basque_study(shared_data, tmp_path), "income")
    assert found.weights is not None
    weights = dict(found.weights.iter_rows())
    assert weights["Cataluna"] == pytest.approx(target["cataluna"], abs=1e-5)
    assert weights["Madrid (Comunidad De)"] == pytest.approx(target["madrid"], abs=1e-5)
    assert found.details["fitted_error"] == pytest.approx(target["loss_v"], abs=5e-6)
    assert found.details["predictors"].height == 13
    assert found.estimate < 0


@pytest.mark.slow
def test_a_study_with_predictors_runs_through_with_its_checks(shared_data: Path, tmp_path: Path) -> None:
    made = evaluate(load_study(basque_study(shared_data, tmp_path)))
    main = made.primary.main
    assert main is not None
    assert main.design == "predictor_weights"
    assert {"synthetic_control", "augmented_predictors"} <= {one.design for one in made.primary.effects}
    # 16 comparison areas: p cannot fall below 1/17, and the page says so.
    assert main.p_value is None
    assert {"placebo_dates", "donor_drop", "leave_one_area_out"} <= {
        check.name for check in made.primary.checks
    }


PROPOSITION_99 = """
question = "Did Proposition 99 lower cigarette sales in California?"
period = { every = "month" }
program = { starts = { "2001-08-01" = ["California"] } }
comparison = { areas = "all_others" }
tables.states = { path = "states.csv", time = "month", area = "State" }
outcomes.packs = { table = "states", measure = "mean", column = "PacksPerCapita", better = "lower", generated_by = "both" }
plan = { design = "predictor_weights" }
[predictors]
"""


def test_california_stands_out_most_of_39_states_by_the_ratio_of_its_errors(
    shared_data: Path, reference: dict[str, Any], tmp_path: Path
) -> None:
    """Of the published predictors the file at hand has the three years of sales, not price, income, age and beer.

    With those (not in this project) the error before is 3.08, after 397, their ratio 129; published 3.17, 392, 124,
    where the search stopped earlier.
    """
    target = reference["prop99"]["adh_spec_tidysynth"]
    table = pl.read_csv(shared_data / "california_prop99.csv", separator=";")
    month = pl.col("Year").map_elements(lambda year: as_month(year, 1970), return_dtype=pl.Date)
    table.with_columns(month.alias("month")).write_csv(tmp_path / "states.csv")
    lines = [
        f'packs_{year} = {{ table = "states", measure = "mean", column = "PacksPerCapita", first = {day}, last = {day} }}'
        for year in (1975, 1980, 1988)
        for day in [as_month(year, 1970)]
    ]
    (tmp_path / "study.toml").write_text(PROPOSITION_99 + "\n".join(lines), encoding="utf-8")
    found = run(tmp_path / "study.toml", "packs")
    assert found.p_value is not None
    assert found.p_value.value == pytest.approx(target["p"], abs=5e-5)
    california = found.details["placebos"].row(0, named=True)
    assert (california["area"], california["rank"]) == ("California", 1)
    assert california["ratio"] == pytest.approx(california["after"] / california["before"])
    assert -25 < found.estimate < -15


# A truth that was built in ------------------------------------------------------------------------------


def city(effect: float = -4.0, areas: int = 24) -> Panel:
    """Areas whose course follows two facts; area 0 lies between areas 1 and 2 in both. The third fact is noise."""
    generator = np.random.default_rng(3)
    facts = generator.normal(size=(areas, 3))
    facts[0, :2] = 0.6 * facts[1, :2] + 0.4 * facts[2, :2]
    periods, start = 30, 20
    season = generator.normal(size=(2, periods)).cumsum(axis=1)
    values = 50 + facts[:, :2] @ season + 0.05 * generator.normal(size=(areas, periods))
    values[0, start:] += effect
    table = pl.DataFrame(
        {
            "area": [f"area {area:02d}" for area in np.repeat(np.arange(areas), periods)],
            "period": np.tile(np.arange(periods), areas),
            "start": np.repeat([start, *([-1] * (areas - 1))], periods),
            "outcome": values.ravel(),
        }
    ).with_columns(start=pl.when(pl.col("start") >= 0).then(pl.col("start")))
    return replace(panel_of(table, "outcome"), predictors=predictors(facts, ("homes", "jobs", "noise")))


def predictors(facts: np.ndarray, names: tuple[str, ...], last: int = 10) -> Predictors:
    areas = [f"area {area:02d}" for area in range(len(facts))]
    parts = [
        pl.DataFrame({"predictor": [name] * len(areas), "area": areas, "value": facts[:, place]})
        for place, name in enumerate(names)
    ]
    table = pl.concat(parts).with_columns(pl.lit(last, pl.Int64).alias("last_period"))
    return Predictors(table.sort("predictor", "area"))


def effect_of(panel: Panel) -> Effect:
    found = predictor_weighted_control(panel, "outcome")
    assert isinstance(found, Effect), found
    return found


def test_a_built_in_drop_is_recovered_and_noise_among_the_predictors_counts_little() -> None:
    found = effect_of(city())
    assert found.estimate == pytest.approx(-4, abs=0.15)
    assert found.p_value is not None
    assert found.p_value.value == pytest.approx(1 / 24)
    assert found.low is not None
    assert found.high is not None
    assert found.low < -4 < found.high < 0
    balance = found.details["predictors"]
    assert balance["importance"].sum() == pytest.approx(1)
    assert balance.row(by_predicate=pl.col("predictor") == "noise", named=True)["importance"] < 0.1
    for row in balance.filter(pl.col("predictor") != "noise").iter_rows(named=True):
        assert row["weighted"] == pytest.approx(row["program"], abs=0.1)


def test_without_an_effect_the_program_area_does_not_stand_out() -> None:
    found = effect_of(city(effect=0.0))
    assert found.p_value is not None
    assert found.p_value.value is not None
    assert found.p_value.value > 0.05


def test_units_of_the_predictors_change_nothing() -> None:
    panel = city()
    assert panel.predictors is not None
    scaled = panel.predictors.table.with_columns(
        pl.when(pl.col("predictor") == "homes")
        .then(pl.col("value") * 1_000)
        .otherwise(pl.col("value"))
        .alias("value")
    )
    other = effect_of(replace(panel, predictors=Predictors(scaled)))
    assert other.estimate == pytest.approx(effect_of(panel).estimate, abs=1e-3)


def test_predictors_from_after_a_placebo_start_do_not_enter_and_are_named() -> None:
    panel = city(effect=0.0)
    assert panel.predictors is not None
    late = panel.predictors.table.with_columns(
        pl.when(pl.col("predictor") == "jobs").then(15).otherwise(pl.col("last_period")).alias("last_period")
    )
    earlier = with_starts(replace(panel, predictors=Predictors(late)), {"area 00": 12})
    found = effect_of(earlier)
    assert found.details["predictors"]["predictor"].to_list() == ["homes", "noise"]
    assert "Predictors left out because they rest on periods from the start on: jobs." in found.notes


def test_areas_without_a_predictor_and_predictors_without_use_are_left_out_and_named() -> None:
    panel = city()
    assert panel.predictors is not None
    value = (
        pl.when(pl.col("predictor") == "noise")
        .then(pl.lit(1.0))
        .when((pl.col("predictor") == "jobs") & (pl.col("area") == "area 07"))
        .then(None)
        .otherwise(pl.col("value"))
    )
    found = effect_of(
        replace(panel, predictors=Predictors(panel.predictors.table.with_columns(value.alias("value"))))
    )
    assert found.comparison_areas == 22
    assert "Left out because a predictor is unknown there: area 07." in found.notes
    assert "Predictors left out because they are the same everywhere: noise." in found.notes


def test_the_augmented_form_recovers_the_drop_too_and_matches_the_predictors_better() -> None:
    panel = city()
    found = augmented_with_predictors(panel, "outcome")
    assert isinstance(found, Effect), found
    assert found.estimate == pytest.approx(-4, abs=0.15)
    assert found.p_value is not None
    assert found.p_value.value == pytest.approx(1 / 24)
    assert found.weights is not None
    assert found.weights["weight"].sum() == pytest.approx(1)
    apart = found.details["predictors"].select((pl.col("weighted") - pl.col("program")).abs().mean()).item()
    assert apart < 0.1


def test_a_large_penalty_leaves_plain_weights_and_a_small_one_matches_every_row() -> None:
    panel = city(effect=0.0, areas=40)
    plain, exact = (augmented_with_predictors(panel, "outcome", penalty=one) for one in (1e12, 1e-9))
    assert isinstance(plain, Effect)
    assert isinstance(exact, Effect)
    assert plain.weights is not None
    assert plain.weights["weight"].min() >= -1e-9
    assert exact.details["l2_imbalance"] == pytest.approx(0, abs=1e-6)
    assert plain.details["l2_imbalance"] > 0.01
    for row in exact.details["predictors"].iter_rows(named=True):
        assert row["weighted"] == pytest.approx(row["program"], abs=1e-6)


def test_the_order_of_the_predictors_decides_nothing() -> None:
    panel = city()
    assert panel.predictors is not None
    renamed = panel.predictors.table.with_columns(pl.col("predictor").replace({"homes": "z"}))
    other = replace(panel, predictors=Predictors(renamed.sort("predictor", "area")))
    for design in (augmented_with_predictors, predictor_weighted_control):
        one, two = design(panel, "outcome"), design(other, "outcome")
        assert isinstance(one, Effect)
        assert isinstance(two, Effect)
        assert two.estimate == pytest.approx(one.estimate, abs=1e-3)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda panel: replace(panel, predictors=None), "names no predictors"),
        (
            lambda panel: replace(panel, predictors=Predictors(panel.predictors.table, fit_from=19)),
            "1 used period(s) from fit_first",
        ),
        (
            lambda panel: replace(
                panel,
                predictors=Predictors(
                    panel.predictors.table.with_columns(pl.lit(25, pl.Int64).alias("last_period"))
                ),
            ),
            "No predictor is left",
        ),
        (lambda panel: with_starts(panel, {"area 00": 20, "area 01": 20}), "2 program areas"),
    ],
)
def test_what_it_needs_is_said_where_it_is_missing(change: Any, reason: str) -> None:
    found = predictor_weighted_control(change(city()), "outcome")
    assert isinstance(found, Refusal)
    assert reason in found.found


def test_it_is_offered_only_where_the_study_names_predictors() -> None:
    panel = city()
    fits = {
        named: next(o.fits for o in offered(one, Facts()) if o.design.id == "predictor_weights")
        for named, one in ((True, panel), (False, replace(panel, predictors=None)))
    }
    assert fits == {True: True, False: False}


@given(st.integers(2, 12), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_no_shift_of_weight_brings_the_nearest_mixture_nearer(areas: int, facts: int, seed: int) -> None:
    from evaluation.after.nearest_mixture import nearest_mixture

    apart = np.random.default_rng(seed).normal(size=(facts, areas)) + 0.5
    weights = nearest_mixture(np.ascontiguousarray(apart))
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)
    slope = apart.T @ (apart @ weights)
    # At the optimum no area pulls more than the mixture itself does (Karush–Kuhn–Tucker).
    assert slope.min() >= weights @ slope - 1e-6 * (1 + np.abs(slope).max())
