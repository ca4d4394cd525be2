"""The calls of a study: the same whether it names the results of a run or the settings of one."""

from __future__ import annotations

import json

import pytest

from app.outputs import write_outputs
from app.study_calls import study_calls
from call_codes.errors import InputError, UsageError
from evaluation.after.cohort import build_cohort
from evaluation.after.study_file import load_study

STUDY = """
question = "Did it work?"
period = {{ every = "week" }}
program = {{ starts = {{ "2024-03-15" = ["South"] }} }}
comparison = {{ areas = "all_others" }}
tables = {{ {tables} }}
outcomes = {{ calls = {{ table = "{table}", better = "lower", generated_by = "resident" }} }}
"""


def study(write, run: str, more: str = ""):
    tables = f'calls = {{ run = "{run}", policy = "behavioral_health_plus"{more} }}'
    return load_study(write("study.toml", STUDY.format(tables=tables, table="calls")))


def test_results_and_settings_of_a_run_give_the_same_cohort(write, tmp_path, town):
    write_outputs(town, tmp_path / "results", report=lambda job: "")
    files = json.dumps([str(path) for path in town.settings.files])
    write("rightcall.toml", f"files = {files}\ncrosswalk = {json.dumps(str(town.settings.crosswalk))}\n")
    tables = []
    for run in ("results", "rightcall.toml"):
        source = study_calls(study(write, run))
        table = (
            build_cohort(source, None).table.select("call_id", "kept_out", "police_hours", "day").collect()
        )
        tables.append(table.sort("call_id"))
    assert tables[0].equals(tables[1])
    eligible = tables[0].filter(tables[0]["kept_out"].is_null())
    assert eligible.height == 9  # the welfare checks
    assert eligible["police_hours"].sum() == pytest.approx(
        9 * 0.5
    )  # half an hour each, one of them never cleared


def test_a_folder_that_holds_no_results_is_refused(write, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no run\.json"):
        study_calls(study(write, "empty"))
    with pytest.raises(UsageError, match="a crosswalk beside a folder of results"):
        study_calls(study(write, "empty", ', crosswalk = "signed.csv"'))


def test_a_study_without_calls_has_none(write):
    tables = 'reports = { path = "r.csv", time = "day", area = "beat" }'
    assert study_calls(load_study(write("study.toml", STUDY.format(tables=tables, table="reports")))) is None
