"""Long jobs beside the pages: one for all who ask, with its step, its columns and its error told."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from app.job import STEPS, run_job
from app.running_jobs import RunningJobs
from app.settings import Settings
from call_codes.errors import LayoutError

ROWS = "Incident,Call Type\n" + "".join(f"{i},WELFARE CHECK\n" for i in range(30))


def test_two_who_ask_for_the_same_job_get_one_and_see_its_steps(tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(ROWS)
    started, steps = [], []

    def work(at: Any, columns: Any) -> Any:
        started.append(1)
        return run_job(Settings(files=(file,)), lambda step: (steps.append(step), at(step))[1], columns)

    jobs = RunningJobs(2)
    first, second = jobs.ask("a", work), jobs.ask("a", work)
    assert first is second
    assert first.result().facts.calls == 30
    assert started == [1]
    assert tuple(steps) == STEPS
    assert first.recognised is not None
    assert first.recognised.first.headers == ("Incident", "Call Type")


def test_a_file_without_call_types_tells_its_columns_and_then_its_error(tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text("a,b\n1,2\n")
    running = RunningJobs(1).ask("a", lambda at, columns: run_job(Settings(files=(file,)), at, columns))
    for _ in range(2):  # whoever asks is told
        with pytest.raises(LayoutError, match="no column for the call type"):
            running.result()
    assert running.failed
    assert running.recognised is not None
    assert running.recognised.first.headers == ("a", "b")


def test_the_job_that_nobody_asked_for_longest_is_dropped() -> None:
    gate, made = threading.Event(), []

    def work(at: Any, columns: Any) -> Any:
        made.append(1)
        gate.wait(5)
        return "done"

    jobs = RunningJobs(2)
    first = jobs.ask("a", work)
    jobs.ask("b", work)
    jobs.ask("a", work)
    jobs.ask("c", work)  # b goes, not a
    assert jobs.ask("a", work) is first
    jobs.ask("b", work)
    gate.set()
    assert first.result() == "done"
    assert jobs.ask("b", work).result() == "done"
    assert len(made) == 4
