"""The guide to planning is true: its files are read, its commands run."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from call_codes.policy import load_policy
from tests.app.test_plan_command import Made, made, rightcall  # noqa: F401

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "planning-a-program.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```console\n(rightcall .+)\n```", GUIDE)


def test_the_guide_has_commands_and_files_to_check() -> None:
    assert len(COMMANDS) == 5
    assert len(re.findall(r"```toml\n", GUIDE)) == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_guide_runs_and_writes_its_folder(
    command: str,
    made: Made,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, text in zip(
        ("plan.toml", "costs.toml"), re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL), strict=True
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "calls.csv").symlink_to(made.base[1])
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)[1:]
    signed = ("--crosswalk", made.base[3], "--time-zone", "America/Chicago")
    few = ("--replications", "10") if words[0] == "plan" else ()
    code, _, err = rightcall(*words, *signed, *few)
    assert code == 0, err
    out = tmp_path / words[words.index("--out") + 1]
    assert any(out.iterdir())
    if "--config" in words:
        document = json.loads((out / "plan.json").read_text(encoding="utf-8"))
        assert [team["name"] for team in document["teams"]] == ["Day team", "Weekend night team"]
        assert "A neighboring city's team, 2025" in " ".join(document["assumptions"])
        assert "booking" in {line["item"] for line in document["cost"]["lines"]}
    if "--save" in words:
        assert load_policy(tmp_path / "ours.toml").rule_for("trespass").reason == "Owners want help"
