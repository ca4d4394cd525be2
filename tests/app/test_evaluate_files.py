"""A study that was sent may read what was sent with it, and nothing else of the machine."""

from __future__ import annotations

from datetime import date

import pytest

from app.evaluate_files import match, needed_files, settings_files
from app.evaluate_folder import StudyFolder
from call_codes.errors import UsageError
from evaluation.after.condition import parse_condition

STUDY = """
question = "Did it work?"
period = { every = "month" }
program = { starts = { "2023-01-01" = ["North"] } }
comparison = { areas = "all_others" }
areas = { path = "maps/areas.geojson", neighbors = "touching.csv" }
[tables]
calls = { run = "calls.csv", policy = "own.toml", crosswalk = "signed.csv" }
crime = { path = "data/crime.csv", time = "month", area = "beat" }
[outcomes]
crime = { table = "crime", better = "lower", generated_by = "both" }
[team]
path = "visits.xlsx"
"""


def test_the_files_of_a_study_are_those_that_it_names():
    assert [one.name for one in needed_files(STUDY)] == [
        "calls.csv", "signed.csv", "own.toml", "data/crime.csv", "maps/areas.geojson", "touching.csv", "visits.xlsx",
    ]  # fmt: skip


def test_with_the_calls_open_in_the_app_their_files_are_not_asked_for():
    asked = [one.name for one in needed_files(STUDY, calls_are_open=True)]
    assert "calls.csv" not in asked
    assert "own.toml" in asked


def test_sent_files_are_matched_by_their_names_and_the_missing_ones_told():
    found = match(needed_files(STUDY), {"crime.csv": b"x", "visits.xlsx": b"y", "other.csv": b"z"})
    assert found.files == {"data/crime.csv": b"x", "visits.xlsx": b"y"}
    assert [one.name for one in found.missing] == [
        "calls.csv", "signed.csv", "own.toml", "maps/areas.geojson", "touching.csv",
    ]  # fmt: skip
    assert found.unused == ("other.csv",)


OUTSIDE = (
    "/etc/passwd", "../secret.csv", "data/../../secret.csv", "~/secret.csv", "C:\\secret.csv", "..\\secret.csv",
    "file:///etc/passwd", "OWN.TOML",
)  # fmt: skip


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize(
    "named", ["maps/areas.geojson", "touching.csv", "calls.csv", "signed.csv", "data/crime.csv", "visits.xlsx"]
)  # fmt: skip
def test_a_path_out_of_the_folder_is_refused_wherever_it_stands(named, path):
    study = STUDY.replace(f'"{named}"', f"'{path}'")
    with pytest.raises(UsageError):
        needed_files(study)


@pytest.mark.parametrize("path", ["/etc/own.toml", "../own.toml", "own.TOML", "/etc/own.TOML"])
def test_a_policy_file_from_elsewhere_is_refused(path):
    with pytest.raises(UsageError):
        needed_files(STUDY.replace("own.toml", path))


@pytest.mark.parametrize("path", OUTSIDE[:7])
def test_the_folder_of_a_study_takes_no_file_outside_of_itself(path):
    with pytest.raises(UsageError, match="not within the study's folder"):
        StudyFolder("study.toml", STUDY, {path: b"x"})


def test_a_folder_of_results_is_asked_for_by_its_three_files():
    study = STUDY.replace('run = "calls.csv"', 'run = "results"')
    names = [one.name for one in needed_files(study)]
    assert names[:3] == ["results/calls.parquet", "results/units.parquet", "results/run.json"]


def test_a_settings_file_asks_for_the_files_that_it_names_in_turn():
    study = STUDY.replace('run = "calls.csv"', 'run = "rightcall.toml"')
    settings = b'files = ["a.csv", "b.csv"]\nlayout = "own_layout.toml"\ncode_books = ["louisiana_signals", "ours.csv"]\n'
    found = match(needed_files(study), {"rightcall.toml": settings, "a.csv": b"1"})
    assert "a.csv" in found.files
    missing = [one.name for one in found.missing]
    assert {"b.csv", "own_layout.toml", "ours.csv"} <= set(missing)
    assert "louisiana_signals" not in missing


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('database = "postgresql://localhost/cad"', "database in rightcall.toml"),
        ('place_key = "secret.txt"', "place_key in rightcall.toml"),
        ('files = ["/etc/passwd"]', "not within the study's folder"),
        ('files = ["../calls.csv"]', "not within the study's folder"),
        ('crosswalk = "/etc/hosts.csv"', "not within the study's folder"),
    ],
)
def test_settings_that_were_sent_reach_no_database_no_secret_and_no_other_file(line, sentence):
    with pytest.raises(UsageError, match=sentence):
        settings_files(line, "rightcall.toml")


@pytest.mark.parametrize(
    "condition",
    [
        "a in (select column_0 from read_csv('/etc/passwd'))",
        "read_csv('/etc/passwd') is not null",
        "Read_Parquet ('x') = 1",
        "scan_csv('/etc/passwd') = 'x'",
        "exists (select 1 from read_json('x'))",
        "getenv('HOME') = '/root'",
        "columns('.*') = 'x'",
        "unnest(a) = 1",
    ],
)
def test_a_condition_can_read_no_file_and_no_other_column(condition):
    with pytest.raises(UsageError):
        parse_condition(condition, "where")


def test_a_lock_made_in_the_browser_leaves_the_study_as_unlocked_as_it_was(tmp_path):
    study = STUDY.replace('policy = "own.toml", crosswalk = "signed.csv"', 'policy = "denver_star"')
    folder = StudyFolder("sub/study.toml", study, {"data/crime.csv": b"month,beat\n"})
    locked, name, content = folder.lock(date(2022, 12, 1))
    assert name == "study.lock.toml"
    assert locked.digest in content.decode()
    assert sorted(path.name for path in folder.study.parent.iterdir()) == ["data", "study.toml"]
    again = StudyFolder("study.toml", study, {}, lock=content)
    same, _, _ = again.lock(date(2023, 5, 1))
    assert same.locked_on == date(2022, 12, 1)
    changed = StudyFolder("study.toml", study.replace("North", "South"), {}, lock=content)
    with pytest.raises(UsageError, match="1 change"):
        changed.lock(date(2023, 5, 1))
