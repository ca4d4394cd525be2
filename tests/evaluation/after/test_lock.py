"""The locked plan: the same for the same decisions, and every later change is named."""

from __future__ import annotations

import re
import sys
from datetime import date

import pytest
import typer
from typer.testing import CliRunner

from app.cli import main
from app.commands.evaluate import StudyFirst
from call_codes.errors import UsageError
from evaluation.after.lock import (
    NOT_THERE,
    Change,
    changes_since_lock,
    lock_path,
    plan_hash,
    plan_of,
    read_lock,
    write_lock,
)
from evaluation.after.study_file import load_study

STUDY = """
question = "Did it work?"   # a comment
period = { every = "month", first = 2023-01-01, last = 2024-12-31 }
program = { starts = { "2024-01-01" = ["North", "South"] }, hours = "mon-fri 09:00-17:00" }
comparison = { areas = ["West", "East"] }
[tables]
reports = { path = "reports.csv", time = "day", area = "beat" }
[outcomes]
reports = { table = "reports", better = "lower", generated_by = "both" }
"""
TODAY = date(2023, 6, 1)


def study(write, text=STUDY):
    return load_study(write("study.toml", text))


def test_comments_blanks_order_and_written_out_defaults_do_not_change_the_plan(write):
    same = (
        STUDY.replace("   # a comment", "")
        .replace('["North", "South"]', '[ "South",  "North" ]')
        .replace('["West", "East"]', '["East", "West"]')
        .replace("mon-fri 09:00-17:00", "mon,tue,wed-fri 09:00-17:00")
        .replace(
            'table = "reports", better = "lower"', 'better = "lower", measure = "count", table = "reports"'
        )
    )
    assert same != STUDY
    assert plan_hash(plan_of(study(write))) == plan_hash(plan_of(study(write, same)))


def test_a_change_after_the_lock_is_named_with_what_was_and_what_is(write):
    write_lock(study(write), TODAY, "1.0")
    assert changes_since_lock(study(write)) == []
    changed = STUDY.replace("last = 2024-12-31", "last = 2024-10-31").replace(
        "[outcomes]", '[outcomes]\ncalls = { table = "reports", better = "lower", generated_by = "both" }'
    )
    changes = changes_since_lock(study(write, changed))
    assert Change("period.last", '"2024-12-31"', '"2024-10-31"') in changes
    assert Change("outcomes.calls.table", NOT_THERE, '"reports"') in changes
    assert all(change.key == "period.last" or change.key.startswith("outcomes.calls.") for change in changes)


def test_the_lock_knows_its_day_and_whether_it_came_before_the_launch(write):
    lock = write_lock(study(write), TODAY, "1.0")
    assert read_lock(study(write)) == lock
    assert (lock.locked_on, lock.version, lock.before_start) == (TODAY, "1.0", True)
    lock_path(study(write)).unlink()
    assert not write_lock(study(write), date(2024, 1, 1), "1.0").before_start


def test_locking_again_changes_nothing_and_a_changed_plan_is_locked_only_on_demand(write):
    first = write_lock(study(write), TODAY, "1.0")
    assert write_lock(study(write), date(2023, 9, 9), "1.1") == first
    changed = study(write, STUDY.replace("Did it work?", "Did it help?"))
    with pytest.raises(UsageError, match=r"locked on 2023-06-01, and 1 change"):
        write_lock(changed, date(2023, 9, 9), "1.1")
    again = write_lock(changed, date(2023, 9, 9), "1.1", replace=True)
    assert again.earlier == ((TODAY, first.digest),)
    assert read_lock(changed) == again


def test_a_lock_that_was_edited_by_hand_is_refused(write):
    write_lock(study(write), TODAY, "1.0")
    path = lock_path(study(write))
    path.write_text(path.read_text("utf-8").replace("2024-12-31", "2024-10-31"), "utf-8")
    with pytest.raises(UsageError, match="changed after it was locked"):
        changes_since_lock(study(write, STUDY.replace("2024-12-31", "2024-10-31")))


def test_without_a_lock_there_is_nothing_to_compare(write):
    assert read_lock(study(write)) is None
    assert changes_since_lock(study(write)) == []


def test_a_changed_policy_is_a_changed_plan_though_the_study_reads_the_same(write):
    from call_codes.policy import POLICIES_FOLDER

    policy = (POLICIES_FOLDER / "behavioral_health_plus.toml").read_text("utf-8")
    write("own.toml", policy)
    text = STUDY.replace("[tables]", '[tables]\ncalls = { run = "calls.csv", policy = "own.toml" }')
    write_lock(study(write, text), TODAY, "1.0")
    write("own.toml", re.sub(r'categories = \["welfare_check"\]', 'categories = ["noise"]', policy))
    assert [change.key for change in changes_since_lock(study(write, text))] == ["calls.policy_sha256"]


def test_the_command_locks_and_refuses_in_sentences(write, monkeypatch, capsys):
    path = write("study.toml", STUDY)

    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["rightcall", "evaluate", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    code, said = run("lock", path)
    assert code == 0
    assert "after the program's first start" in said
    path.write_text(STUDY.replace("month", "week"), "utf-8")
    code, said = run("lock", path)
    assert code == 2
    assert 'period.every was "month", is "week"' in said
    assert run("lock", path, "--replace")[0] == 0


def test_a_first_word_that_is_no_command_is_the_study_of_evaluate_run():
    group, ran = typer.Typer(cls=StudyFirst), []
    group.command("run")(lambda study, out="": ran.append(("run", study)))
    group.command("lock")(lambda study: ran.append(("lock", study)))
    runner = CliRunner()
    for line in (["study.toml"], ["run", "study.toml"], ["lock", "study.toml"], ["--out", "x", "study.toml"]):
        assert runner.invoke(group, line).exit_code == 0, line
    assert ran == [
        ("run", "study.toml"),
        ("run", "study.toml"),
        ("lock", "study.toml"),
        ("run", "study.toml"),
    ]
    assert "lock" in runner.invoke(group, ["--help"]).output
