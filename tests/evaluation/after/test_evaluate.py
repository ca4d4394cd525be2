"""A study from end to end: a published evaluation's shape in a short file, its report, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.evaluation_answer import in_short, p_words
from app.evaluation_outputs import FILES, evaluation_record, write_evaluation
from app.evaluation_report import evaluation_html
from app.evaluation_words import (
    cannot_say,
    check_words,
    effects_words,
    refused_words,
    target_trial_words,
)
from call_codes.errors import OutputError, RightcallError
from evaluation.after.build_panel import build_panel
from evaluation.after.designs import Facts, design_named
from evaluation.after.evaluate import Evaluation, evaluate
from evaluation.after.evidence import evidence
from evaluation.after.results import Effect
from evaluation.after.run_design import run_design
from evaluation.after.study import Plan
from evaluation.after.study_file import load_study

# 8 of 36 areas, monthly counts: the shape of the evaluation of Denver's STAR (Dee & Pyne 2022).
STUDY = """
question = "Did the team lower reports of minor crime?"
unit = "area_period"
period = { every = "month", first = 2022-01-01, last = 2023-12-31 }
comparison = { areas = "all_others" }
[program]
starts = { "2023-01-01" = ["p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"] }
[tables.crime]
path = "monthly.csv"
time = "month"
area = "precinct"
[outcomes]
targeted = { table = "crime", measure = "sum", column = "targeted", better = "lower", generated_by = "both", label = "Targeted reports" }
[placebo_outcomes]
serious = { table = "crime", measure = "sum", column = "serious", better = "lower", generated_by = "resident", label = "Serious crime" }
[plan]
primary_outcome = "targeted"
design = "poisson_difference_in_differences"
"""


def monthly(effect: float, *, areas: int = 36, months: int = 24, seed: int = 4) -> pl.DataFrame:
    """precinct, month, targeted, serious: counts around 40; targeted times 1 + effect with the program."""
    generator = np.random.default_rng(seed)
    level, season = 40 * np.exp(generator.normal(0, 0.3, areas)), np.exp(generator.normal(0, 0.1, months))
    rows = []
    for area in range(areas):
        for month in range(months):
            mean = level[area] * season[month]
            factor = 1 + effect if area < 8 and month >= 12 else 1
            day = f"{2022 + month // 12}-{month % 12 + 1:02d}-01"
            rows.append(
                (f"p{area}", day, int(generator.poisson(mean * factor)), int(generator.poisson(mean)))
            )
    return pl.DataFrame(rows, schema=["precinct", "month", "targeted", "serious"], orient="row")


def study_in(folder: Path, effect: float, text: str = STUDY, areas: int = 20) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    monthly(effect, areas=areas).write_csv(folder / "monthly.csv")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder / "study.toml"


@pytest.fixture(scope="module")
def star(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """A program that lowers targeted reports by 34 % and leaves serious crime alone."""
    return evaluate(load_study(study_in(tmp_path_factory.mktemp("star"), -0.34, areas=36)))


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """A program that changes nothing."""
    return evaluate(load_study(study_in(tmp_path_factory.mktemp("nothing"), 0.0)))


def test_the_study_file_has_fewer_than_40_lines():
    assert len(STUDY.strip().splitlines()) < 40


def test_the_built_in_effect_lies_in_the_interval_of_every_design(star):
    for effect in star.primary.effects:
        if effect.relative_low is not None and effect.relative_high is not None:
            assert effect.relative_low < -0.34 < effect.relative_high, effect.design


def test_the_main_design_is_the_plans(star):
    assert star.primary.main is not None
    assert star.primary.main.design == "poisson_difference_in_differences"


def test_a_true_effect_passes_the_checks_that_could_sink_it(star):
    by_name = {check.name: check.passed for check in star.primary.checks}
    for name in ("pre_trends", "placebo_outcomes", "placebo_dates", "placebo_areas", "leave_one_area_out"):
        assert by_name[name] is True, name
    assert False not in by_name.values()
    assert star.evidence.tier == 4


def test_without_a_list_of_visits_the_mechanical_bound_is_open(star):
    bound = next(check for check in star.primary.checks if check.name == "mechanical_bound")
    assert bound.passed is None


def test_the_answer_comes_first_with_its_interval(star):
    first = in_short(star)[0]
    assert first.startswith("Targeted reports: lower with the program by 3")
    assert "95 % interval" in first
    assert "which the study calls better" in first
    assert first.endswith("by chance in fewer than 1 of 1,000 cases (p < 0.001).")
    assert "randomization inference" not in first
    assert "rate ratio" not in first


def test_the_exact_terms_follow_the_plain_words_and_every_figure_has_its_unit(star):
    said = in_short(star)
    assert said[1].startswith("In exact terms: a rate ratio of 0.")
    total = next(line for line in said if line.startswith("Expected without the program"))
    assert "targeted reports per area and month" in total
    assert "adds up to -" in total
    assert " targeted reports (95 % interval " in total
    assert any("Maryland scale" in line and "from 1, a correlation, to 5" in line for line in said)
    units = [row[effects_words(star).columns.index("Unit")] for row in effects_words(star).rows]
    assert all(unit.startswith("rate ratio: ") or "per area and month" in unit for unit in units)


def test_nothing_found_is_no_effect_detected_and_never_no_effect(nothing):
    assert "no effect detected" in in_short(nothing)[0]
    page = evaluation_html(nothing, ["rightcall"])
    assert "had no effect" not in page
    assert "has no effect" not in page


def test_a_null_result_leaves_nothing_to_shake(nothing):
    by_name = {check.name: check.passed for check in nothing.primary.checks}
    assert by_name["honest_relative_magnitudes"] is None
    assert by_name["leave_one_area_out"] is None


def test_the_page_holds_the_answer_the_trial_the_tests_and_the_limits(star):
    page = evaluation_html(star, ["rightcall", "evaluate", "study.toml"])
    for part in (
        "Time zero",
        "Maryland scale",
        "cluster-robust (CR1)",
        "What this cannot say",
        "<svg",
        "not locked",
    ):
        assert part in page, part
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page


def test_refused_designs_stand_with_their_reason(star):
    rows = {row[0]: row[1] for row in refused_words(star.primary).rows}
    assert "needs one program area" in rows["(Augmented) synthetic control"]


def test_every_check_has_a_row_and_open_ones_say_so(star):
    rows = check_words(star.primary.checks).rows
    assert len(rows) == len(star.primary.checks)
    assert {row[1] for row in rows} <= {"passed", "failed", "open"}


def test_the_trial_names_who_got_the_program_and_when(star):
    rows = dict(target_trial_words(star).rows)
    assert rows["Strategies compared"] == "Program in 8 areas against none in all other areas"
    assert "2023-01-01" in rows["Time zero"]


def test_the_limits_say_that_undetected_is_not_absent(star):
    assert any("may still be there" in line for line in cannot_say(star))


def test_p_values_are_never_zero():
    assert (p_words(0.00001), p_words(0.0312), p_words(None)) == ("p < 0.001", "p = 0.031", "p not known")


def test_all_files_are_written_and_the_record_is_json(star, tmp_path):
    out = tmp_path / "out"
    write_evaluation(star, out, ["rightcall", "evaluate"])
    assert {path.name for path in out.iterdir()} == {*FILES, "checks"}
    record = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))
    assert record["outcomes"][0]["effects"][0]["p_values"]
    assert record["evidence"]["tier"] == 4
    effects = pl.read_csv(out / "effects.csv")
    assert effects.filter(pl.col("main") & ~pl.col("placebo")).height == 1
    with pytest.raises(OutputError):
        write_evaluation(star, out, ["rightcall", "evaluate"])


@pytest.mark.slow
def test_the_same_study_gives_the_same_record(nothing):
    again = evaluate(nothing.study)
    assert json.dumps(evaluation_record(again)) == json.dumps(evaluation_record(nothing))


def test_the_command_prints_the_answer_and_writes_the_page(tmp_path):
    study = study_in(tmp_path / "study", -0.34)
    shown = CliRunner().invoke(cli, ["evaluate", str(study), "--out", str(tmp_path / "out")])
    assert shown.exit_code == 0, shown.output
    assert shown.output.startswith("Targeted reports: lower with the program")
    assert (tmp_path / "out" / "evaluation.html").is_file()


@pytest.mark.slow
def test_a_locked_plan_that_was_changed_is_told(tmp_path):
    study = study_in(tmp_path, -0.34)
    assert CliRunner().invoke(cli, ["evaluate", "lock", str(study)]).exit_code == 0
    study.write_text(
        STUDY.replace('design = "poisson_difference_in_differences"', 'design = "difference_in_differences"'),
        encoding="utf-8",
    )
    made = evaluate(load_study(study))
    assert made.primary.main is not None
    assert made.primary.main.design == "difference_in_differences"
    assert [change.key for change in made.changes] == ["plan.design"]
    assert "1 thing(s) were changed since" in in_short(made)[-1]
    assert "Changed since the plan was locked" in evaluation_html(made, ["rightcall"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"p7"]', '"p77"]', "p77"),
        ('{ areas = "all_others" }', '{ areas = ["p99"] }', "p99"),
        ('2023-01-01" =', '2030-01-01" =', "2030"),
    ],
)
def test_bad_studies_are_refused_with_the_reason(tmp_path, old, new, words):
    text = STUDY.replace(old, new)
    assert text != STUDY
    with pytest.raises(RightcallError, match=words):
        evaluate(load_study(study_in(tmp_path, -0.34, text)))


def test_a_lot_over_the_areas_is_believed_by_the_tests_and_raises_the_evidence(tmp_path):
    lot = 'assigned_by = "lot"\ndrawn = "areas"\nlot = "Drawn by the city clerk on 2022-11-01, council file 22-417."\n'
    text = STUDY.replace("[program]\n", f"[program]\n{lot}")
    study = load_study(study_in(tmp_path, -0.34, text))
    assert study.program.areas_by_lot
    facts = Facts(random_rollout=study.program.areas_by_lot)
    panel = build_panel(study).panel
    found = run_design(design_named("poisson_staggered"), "targeted", panel, None, study, facts, 0)
    assert isinstance(found, Effect)
    assert found.p_value is not None
    assert "was drawn by lot" in found.p_value.reason
    assert evidence(found, (), areas_by_lot=True).tier == 5
    assert evidence(found, ()).tier == 4


@pytest.mark.slow
def test_the_sample_city_with_its_calls_runs_through(sample_study, sample_calls, tmp_path):
    made = evaluate(sample_study, sample_calls)
    assert made.primary.main is not None
    assert made.primary.main.design == "poisson_staggered"
    by_name = {check.name: check for check in made.primary.checks}
    assert by_name["pre_trends"].passed is not False
    assert by_name["honest_relative_magnitudes"].table is not None
    assert "Judged by the design" not in by_name["pre_trends"].sentence
    assert by_name["mechanical_bound"].passed is True
    assert "mean police unit-hours of such a call" in by_name["mechanical_bound"].sentence
    assert made.team.costs is not None
    eligibility = next(check for check in made.primary.checks if check.name == "eligibility")
    assert eligibility.table is not None
    assert eligibility.table.height == 2
    write_evaluation(made, tmp_path / "out", ["rightcall"])
    assert "Visits by who sent the team" in (tmp_path / "out" / "evaluation.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_sample_city_by_single_calls_uses_like_calls_and_tells_the_argument(sample_study, sample_calls):
    made = evaluate(replace(sample_study, unit="call"), sample_calls)
    assert made.primary.main is not None
    assert made.primary.main.design == "poisson_staggered"  # the plan's
    free = evaluate(
        replace(sample_study, unit="call", plan=Plan(primary_outcome="police_hours")), sample_calls
    )
    assert free.primary.main is not None
    assert free.primary.main.design == "call_level_aipw"
    by_name = {check.name: check for check in free.primary.checks}
    assert {"overlap", "dowhy_placebo"} <= set(by_name)
    assert "times as strong as “category”" in by_name["robustness_value"].sentence
    assert "given to areas" in free.primary.main.p_values[0].reason
    assert free.argument is not None
    assert free.argument.adjust_for == ("category", "hour_of_week")
