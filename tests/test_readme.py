"""The README is true: its commands run, and print what it says they print."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"```console\n\$ (?P<command>.+)\n(?P<output>(?:.*\n)*?)```")


def blocks() -> list[tuple[str, str]]:
    """Every console block of the README: its command, and what it is said to print."""
    return [
        (m["command"], m["output"]) for m in BLOCK.finditer((ROOT / "README.md").read_text(encoding="utf-8"))
    ]


def test_there_are_commands_to_check():
    assert len(blocks()) >= 2


@pytest.mark.parametrize(("command", "printed"), blocks())
def test_a_command_prints_what_the_readme_says(command, printed, tmp_path):
    words = shlex.split(command)
    assert words[0] == "rightcall"
    arguments = [str(tmp_path / "out") if word == "results" else word for word in words[1:]]
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    where = str(tmp_path / "out")
    assert done.stdout.replace(where, "…/results").strip() == printed.strip()
    assert done.stderr == ""


def test_every_file_that_the_readme_links_to_is_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("http")]
    assert links
    assert [link for link in links if link and not (ROOT / link).exists()] == []


def test_every_output_that_the_readme_names_is_written():
    from app.outputs import FILES

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in FILES if f"`{name}`" not in text] == []
