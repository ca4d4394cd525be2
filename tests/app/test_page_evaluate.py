"""The Evaluate page as a visitor meets it: sample study, a study that is sent, the guided form, and what is refused."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from html import escape, unescape
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from streamlit.runtime.memory_media_file_storage import _calculate_file_id
from streamlit.testing.v1 import AppTest

from app.evaluate_downloads import archive
from app.evaluate_form_outcomes import in_words
from app.evaluate_form_where import shocks
from evaluation.after.condition import holds

ROOT = Path(__file__).resolve().parents[2]
PAGE = "views/evaluate.py"
SAMPLE = ROOT / "data_samples" / "alder_falls_cad_2023-2024.csv.gz"
# One worker for all pages: the text model is read once.
pytestmark = pytest.mark.xdist_group("pages")

# Three of twelve areas, monthly counts, one start.
STUDY = """
question = "Did the team lower reports of minor crime?"
period = { every = "month" }
comparison = { areas = "all_others" }
[program]
starts = { "2022-09-01" = ["p0", "p1", "p2"] }
[tables.crime]
path = "data/monthly.csv"
time = "month"
area = "precinct"
[outcomes]
targeted = { table = "crime", measure = "sum", column = "targeted", better = "lower", generated_by = "both", label = "Targeted reports" }
[placebo_outcomes]
serious = { table = "crime", measure = "sum", column = "serious", better = "lower", generated_by = "resident", label = "Serious crime" }
[plan]
primary_outcome = "targeted"
design = "difference_in_differences"
"""


def monthly(areas: int = 12, months: int = 14) -> bytes:
    """precinct, month, kind, targeted, serious: counts around 40, targeted 35 % lower with the program."""
    generator = np.random.default_rng(3)
    rows = []
    for area in range(areas):
        level = 40 * np.exp(generator.normal(0, 0.3))
        for month in range(months):
            lower = 0.65 if area < 3 and month >= 8 else 1.0
            day = f"{2022 + month // 12}-{month % 12 + 1:02d}-01"
            targeted, serious = generator.poisson(level * lower), generator.poisson(level)
            rows.append((f"p{area}", day, "open", int(targeted), int(serious)))
    schema = ["precinct", "month", "kind", "targeted", "serious"]
    return pl.DataFrame(rows, schema=schema, orient="row").write_csv().encode()


def small_export() -> bytes:
    """Forty calls that need no long reading: what is open while a study of another table is looked at."""
    lines = ["Incident,Call Type,Received,Beat"]
    lines += [f"24-{n:03},WELFARE CHECK,03/{n % 28 + 1:02}/2024 1{n % 10}:00:00,North" for n in range(40)]
    return ("\n".join(lines) + "\n").encode()


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], AppTest]:
    """Open the page on one of its ways, with a small export open."""

    def _visit(way: str) -> AppTest:
        file = tmp_path / "small.csv"
        file.write_bytes(small_export())
        monkeypatch.setattr(sys, "argv", ["home.py", str(file)])
        visitor = AppTest.from_file(str(ROOT / "app" / "home.py"), default_timeout=180).run()
        visitor.session_state["evaluate_way"] = way
        return visitor.switch_page(PAGE).run()

    return _visit


def send(visitor: AppTest, study: str, **files: bytes) -> AppTest:
    """Send a study and its files ("_" in a name stands for ".") and wait for the page."""
    visitor.file_uploader(key="evaluate_study").set_value(
        [("study.toml", study.encode(), "application/toml")]
    )
    sent = [(name.replace("_", "."), content, "text/csv") for name, content in files.items()]
    visitor.file_uploader(key="evaluate_data").set_value(sent)
    return visitor.run()


def said(visitor: AppTest) -> str:
    """Everything that stands on the page as text."""
    assert not visitor.exception
    kinds = (visitor.text, visitor.subheader, visitor.header, visitor.caption, visitor.markdown)
    return "\n".join(element.value for kind in kinds for element in kind)


def tables(visitor: AppTest) -> str:
    return "\n".join(element.value for element in visitor.html)


def run(visitor: AppTest) -> AppTest:
    return visitor.button(key="evaluate_run").click().run()


def part(visitor: AppTest, name: str) -> AppTest:
    return visitor.button_group(key="evaluate_part").set_value(name).run()


def same_answer(visitor: AppTest, record: dict) -> None:
    """The page says what `rightcall evaluate --json` says, sentence by sentence."""
    answer, *more = record["in_short"]
    assert escape(answer) in tables(visitor)
    text = said(visitor)
    for sentence in more:
        assert f"• {sentence}" in text


def written(visitor: AppTest) -> str:
    """The study file that the guided form shows in its fold."""
    shown = next(one.value for one in visitor.html if "[outcomes." in one.value)
    return unescape(shown[shown.index(">") + 1 : shown.rindex("</pre>")])


def command_record(rightcall: Callable[..., tuple[int, str, str]], path: Path) -> dict:
    code, out, error = rightcall("evaluate", path, "--json")
    assert code == 0, error
    return json.loads(out)


def test_a_study_with_its_files_runs_and_gives_the_files_of_the_command_byte_for_byte(
    visit, rightcall, tmp_path, monkeypatch
):
    before = send(visit("file"), STUDY, monthly_csv=monthly())
    assert "Lock the plan before looking at results" in [one.label for one in before.expander]
    visitor = run(before)
    text = said(visitor)
    assert "Lock the plan now, after looking at results" in [one.label for one in visitor.expander]
    assert "Targeted reports: lower with the program" in tables(visitor)
    assert "not locked" in text
    page = part(visitor, "files")
    study = tmp_path / "study.toml"
    study.write_text(STUDY, encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "monthly.csv").write_bytes(monthly())
    monkeypatch.chdir(tmp_path)
    code, _, error = rightcall("evaluate", "study.toml", "--out", "evaluation")
    assert code == 0, error
    out = tmp_path / "evaluation"
    files = {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}
    files["evaluation.zip"] = archive(files)
    for name, kind in KINDS.items():
        assert handed_out(page, name) == _calculate_file_id(files[name], kind, name), name
    with zipfile.ZipFile(io.BytesIO(files.pop("evaluation.zip"))) as packed:
        assert {name: packed.read(name) for name in packed.namelist()} == files
    assert "rightcall evaluate study.toml --out evaluation --seed 0" in tables(page)
    effects = part(visitor, "effects")
    assert "randomization inference" in tables(effects)
    assert effects.selectbox(key="evaluate_design").value == "difference_in_differences"
    effects.selectbox(key="evaluate_design").set_value("imputation").run()
    assert "Borusyak" in tables(effects)
    checks = part(visitor, "checks")
    titles = [one.value for one in checks.subheader]
    assert any(title.startswith("Passed: ") for title in titles)
    assert any(title.startswith("Open: ") for title in titles)
    assert "target trial" in said(part(visitor, "compared"))
    assert "The study has no [team]" in said(part(visitor, "team"))
    assert "needs one program area" in tables(part(visitor, "designs"))


def handed_out(visitor: AppTest, name: str) -> str:
    """The id of the file behind a download button: a hash of its bytes, its kind and its name."""
    button = next(one for one in visitor.download_button if one.key == f"evaluate_file_{name}")
    return Path(button.proto.url).stem


def test_a_file_that_was_not_sent_is_asked_for_by_its_name(visit):
    text = said(send(visit("file"), STUDY))
    assert "Files are missing" in text
    assert "monthly.csv (written in [tables.crime])" in text


@pytest.mark.parametrize("path", ["/etc/passwd", "../../secret.csv"])
def test_a_study_that_reaches_out_of_its_folder_is_refused(visit, path):
    text = said(send(visit("file"), STUDY.replace("data/monthly.csv", path), monthly_csv=monthly()))
    assert "This study cannot be run as it is" in text
    assert f'The path "{path}"' in text.replace("the path", "The path")
    assert "not within the study's folder" in text


KINDS = {
    "evaluation.html": "text/html",
    "evaluation.json": "application/json",
    "evaluation.zip": "application/zip",
    **dict.fromkeys(
        ("effects.csv", "tests.csv", "checks.csv", "event_study.csv", "designs_not_used.csv"), "text/csv"
    ),
}
REFUSALS = {
    "no comparison area": ('"all_others"', "[]", "no comparison area"),
    "fewer than two periods before": ('"2022-09-01"', '"2022-02-01"', "1 month before the first start"),
    "post-dispatch covariate": ("period =", 'covariates = ["disposition"]\nperiod =', "not known before anyone was sent"),
    "treated area missing from the data": ('"p1"', '"Elsewhere"', '"Elsewhere" is missing from the data'),
    "no variation": ('column = "targeted"', 'column = "always"', "no variation: the outcome"),
    "start outside the data": ('"2022-09-01"', '"2031-09-01"', "a start outside the data"),
    "unknown design": ('design = "difference_in_differences"', 'design = "difference"', "which is no design"),
    "a condition that reads a file": ('area = "precinct"', "area = \"precinct\"\nwhere = \"read_csv('/etc/passwd') = 1\"", "read_csv"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_evaluated_is_explained_in_a_box(visit, name):
    was, is_now, sentence = REFUSALS[name]
    assert was in STUDY
    data = pl.read_csv(monthly()).with_columns(always=pl.lit(1)).write_csv().encode()
    visitor = send(visit("file"), STUDY.replace(was, is_now, 1), monthly_csv=data)
    if any(button.key == "evaluate_run" for button in visitor.button):
        visitor = run(visitor)
    text = said(visitor)
    assert "This study cannot be run as it is" in text
    assert sentence in text
    for heading in ("What was found", "What was expected", "What to do"):
        assert heading in text


def test_a_lock_that_is_sent_along_says_what_was_changed_since(visit, rightcall, tmp_path):
    study = tmp_path / "study.toml"
    study.write_text(STUDY, encoding="utf-8")
    assert rightcall("evaluate", "lock", study)[0] == 0
    lock = (tmp_path / "study.lock.toml").read_bytes()
    visitor = visit("file")
    visitor.file_uploader(key="evaluate_lock").set_value([("study.lock.toml", lock, "application/toml")])
    same = said(send(visitor, STUDY, monthly_csv=monthly()))
    assert "Nothing was changed since" in same
    changed = said(send(visitor, STUDY.replace("minor crime", "petty crime"), monthly_csv=monthly()))
    assert "1 thing(s) were changed since: question was" in changed


def test_the_designs_are_offered_or_refused_with_the_reason_before_anything_is_estimated(visit):
    visitor = send(visit("file"), STUDY, monthly_csv=monthly())
    page = tables(visitor.button(key="evaluate_look").click().run())
    assert "<td>yes</td>" in page
    assert "<td>no</td><td>No assignment column" in page
    assert "3 program and 9 comparison areas, 8 periods before the first start" in page


def filled(visitor: AppTest) -> AppTest:
    """The guided form, filled in with the study above."""
    visitor.text_input(key="form_question").set_value("Did the team lower reports of minor crime?")
    visitor.radio(key="form_calls").set_value("none").run()
    visitor.file_uploader(key="form_tables").set_value([("monthly.csv", monthly(), "text/csv")]).run()
    visitor.date_input(key="form_start_day_1").set_value(date(2022, 9, 1))
    visitor.multiselect(key="form_start_areas_1").set_value(["p0", "p1", "p2"])
    visitor.selectbox(key="form_outcome_1_measure_table").set_value("sum").run()
    visitor.selectbox(key="form_outcome_1_column").set_value("targeted")
    visitor.selectbox(key="form_outcome_1_made_by").set_value("both")
    visitor.number_input(key="form_placebos").set_value(1).run()
    visitor.selectbox(key="form_placebo_1_measure_table").set_value("sum").run()
    visitor.selectbox(key="form_placebo_1_column").set_value("serious").run()
    visitor.selectbox(key="form_design").set_value("difference_in_differences")
    return visitor.run()


def test_the_form_says_what_is_still_to_be_answered(visit):
    text = said(visit("form"))
    assert "Still to be answered" in text
    assert "Step 4: choose the first day and the areas of start 1." in text


def test_the_form_writes_a_study_that_the_command_runs_to_the_same_numbers(visit, rightcall, tmp_path):
    visitor = filled(visit("form"))
    study = written(visitor)
    assert '"2022-09-01" = ["p0", "p1", "p2"]' in study
    (tmp_path / "study.toml").write_text(study, encoding="utf-8")
    (tmp_path / "monthly.csv").write_bytes(monthly())
    record = command_record(rightcall, tmp_path / "study.toml")
    same_answer(run(visitor), record)
    effect = record["outcomes"][0]["effects"][0]
    assert effect["design"] == "difference_in_differences"
    assert f"{effect['estimate']:,.4g}" in tables(part(visitor, "effects"))


def test_columns_that_are_known_only_after_dispatch_cannot_be_chosen(visit):
    visitor = visit("form")
    offered = visitor.multiselect(key="form_covariates").options
    assert "priority" in offered
    assert "disposition" not in offered
    assert "it is how the call ended" in tables(visitor)


def test_known_shocks_are_offered_only_where_the_data_cover_them(visit):
    visitor = visit("form")
    assert not [box for box in visitor.checkbox if box.key.startswith("form_shock")]
    visitor.checkbox(key="form_own_days").check().run()
    visitor.date_input(key="form_first").set_value(date(2019, 1, 1)).run()
    shown = [box.label for box in visitor.checkbox if box.key.startswith("form_shock")]
    assert len(shown) == len(shocks()) == 2


@pytest.mark.parametrize("words", [["A"], ["A", "it's", 'say "x"'], ["1"], ["a; drop", "--"]])
@pytest.mark.parametrize("column", ["kind", "Offense Code", 'odd "name"'])
def test_a_condition_made_of_words_keeps_the_rows_with_these_words(column, words):
    table = pl.DataFrame({column: [*words, "other", None]})
    assert table.filter(holds(in_words(column, words), table, "where"))[column].to_list() == words


@pytest.mark.slow
def test_the_sample_study_runs_and_equals_the_command(visit, rightcall):
    record = command_record(rightcall, ROOT / "data_samples" / "alder_falls_study.toml")
    same_answer(run(visit("sample")), record)


@pytest.mark.slow
def test_a_study_of_open_calls_made_in_the_form_equals_the_command(visit, rightcall, tmp_path):
    visitor = visit("form")
    visitor.radio(key="form_calls").set_value("file").run()
    visitor.file_uploader(key="form_export").set_value([(SAMPLE.name, SAMPLE.read_bytes(), "text/csv")]).run()
    visitor.date_input(key="form_start_day_1").set_value(date(2024, 1, 1))
    visitor.multiselect(key="form_start_areas_1").set_value(["2B", "2C", "3B", "3C"])
    visitor.multiselect(key="form_excluded").set_value(["1C", "2D", "3D", "4B"])
    visitor.checkbox(key="form_always").uncheck().run()
    visitor.selectbox(key="form_outcome_1_where_column").set_value("category").run()
    kinds = visitor.multiselect(key="form_outcome_1_where_category_values")
    kinds.set_value(["mental_health_crisis", "welfare_check"]).run()
    study = written(visitor)
    assert "where = \"category in ('mental_health_crisis', 'welfare_check')\"" in study
    (tmp_path / "study.toml").write_text(study, encoding="utf-8")
    (tmp_path / SAMPLE.name).write_bytes(SAMPLE.read_bytes())
    same_answer(run(visitor), command_record(rightcall, tmp_path / "study.toml"))
