"""A made-up town of forty calls, small enough to count by hand, with every call type signed: no model is needed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.cli import main
from app.job import Job, run_job
from app.settings import Settings

# call type, category, hazard, calls. The mark-up, and that in the name of an area below, is what a hostile or
# careless export could hold.
TYPES = (
    ("WELFARE <script>alert(1)</script> & CHECK", "welfare_check", "none", 9),
    ("DISTURBANCE", "disturbance", "none", 8),
    ("SUSPICIOUS PERSON", "suspicious_activity", "none", 7),
    ("BURGLARY REPORT", "burglary", "none", 6),
    ("MENTAL PERSON ARMED", "mental_health_crisis", "weapon", 5),
    ("ODD JOB", "unclassified", "none", 3),
    ("NOISE", "noise", "none", 2),
)
_DAY = "03/{day:02d}/2024 {hour:02d}:{minute:02d}:00"


def town_csv(with_times: bool = True) -> str:
    """Forty calls in March 2024; each takes one unit 30 minutes, but the first call was never cleared."""
    lines = ["Call Number,Call Type,Received,Beat" + (",Dispatched,Arrived,Cleared" if with_times else "")]
    number = 0
    for text, _, _, calls in TYPES:
        for _ in range(calls):
            day, hour = 1 + number % 28, number % 24
            row = [
                f"C{number:03d}",
                f'"{text}"',
                _DAY.format(day=day, hour=hour, minute=0),
                "North <b>" if number % 2 else "South",
            ]
            if with_times:
                cleared = "" if number == 0 else _DAY.format(day=day, hour=hour, minute=40)
                row += [_DAY.format(day=day, hour=hour, minute=m) for m in (10, 20)] + [cleared]
            lines.append(",".join(row))
            number += 1
    return "\n".join(lines) + "\n"


def town_crosswalk() -> str:
    """The crosswalk that signs every call type of the town."""
    rows = [
        f'Town,,"{text}",{category},{hazard},signed,A. Reviewer,2024-04-01,'
        for text, category, hazard, _ in TYPES
    ]
    return "\n".join(["agency,code,text,category,hazard,basis,reviewer,since,note", *rows]) + "\n"


def _job(folder: Path, with_times: bool) -> Job:
    export, crosswalk = folder / "town.csv", folder / "signed.csv"
    export.write_text(town_csv(with_times), encoding="utf-8")
    crosswalk.write_text(town_crosswalk(), encoding="utf-8")
    return run_job(Settings(files=(export,), crosswalk=crosswalk))


@pytest.fixture(scope="session", autouse=True)
def _decisions_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test writes into the store of decisions of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RIGHTCALL_DECISIONS", str(tmp_path_factory.mktemp("decisions") / "decisions.sqlite"))
        yield


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """The job of the town, with officer time."""
    return _job(tmp_path_factory.mktemp("town"), with_times=True)


@pytest.fixture(scope="session")
def town_without_times(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """The same calls from an export that holds no unit times."""
    return _job(tmp_path_factory.mktemp("town_without_times"), with_times=False)


@pytest.fixture
def rightcall(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run one command in this process: rightcall("run", file) → exit code, standard output, standard error."""

    def _rightcall(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["rightcall", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return _rightcall
