"""The guides name only what exists: commands, questions, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.cli import cli
from calls.abilities import questions

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDES = (
    "finding-data.md",
    "requesting-data.md",
    "advocating-for-data.md",
    "planning-a-program.md",
    "why-estimates-differ.md",
    "serving-a-team.md",
)


@pytest.mark.parametrize("name", GUIDES)
def test_every_command_in_a_guide_exists(name):
    known = {command.name for command in cli.registered_commands}
    assert set(re.findall(r"rightcall ([a-z]+)", (DOCS / name).read_text("utf-8"))) <= known


def test_every_option_of_the_app_that_the_guide_to_serving_names_exists():
    from typer.main import get_command

    app = get_command(cli).commands["app"]
    known = {option for parameter in app.params for option in parameter.opts}
    text = (DOCS / "serving-a-team.md").read_text("utf-8")
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) <= known


@pytest.mark.parametrize("name", GUIDES)
def test_every_link_to_another_guide_leads_there(name):
    for target in re.findall(r"\]\(([^)#]+)\)", (DOCS / name).read_text("utf-8")):
        assert (DOCS / target).is_file()


def test_the_guide_to_requests_lists_every_question_that_may_be_asked():
    table = (DOCS / "requesting-data.md").read_text("utf-8")
    assert {word for word in re.findall(r"`([a-z_]+)`", table) if word in questions()} == set(questions())
