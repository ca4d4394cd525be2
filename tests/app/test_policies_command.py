"""`rightcall policies`: the list, and policies side by side on the made-up town of forty calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from call_codes.policy import load_policy, policy_names
from tests.app.conftest import town_crosswalk, town_csv

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def export(tmp_path: Path) -> tuple[str | Path, ...]:
    (tmp_path / "town.csv").write_text(town_csv(), encoding="utf-8")
    (tmp_path / "signed.csv").write_text(town_crosswalk(), encoding="utf-8")
    return ("policies", tmp_path / "town.csv", "--crosswalk", tmp_path / "signed.csv")


def test_without_a_file_the_policies_are_listed(rightcall: Run) -> None:
    code, out, _ = rightcall("policies")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(policy_names())


def test_a_change_is_compared_told_and_saved(
    rightcall: Run, export: tuple[str | Path, ...], tmp_path: Path
) -> None:
    saved = tmp_path / "Our policy.toml"
    code, out, err = rightcall(
        *export,
        "--change",
        "disturbance=eligible",
        "--reason",
        "Most are noise.",
        "--save",
        saved,
        "--out",
        tmp_path / "c",
    )
    assert code == 0, err
    # Nine welfare checks under the base; eight disturbances more.
    assert "9 of 40 calls (22.5" in out
    assert "8 calls more than the first; 17 of 40 calls" in out
    assert "Most: disturbance" in out
    assert load_policy(saved).rule_for("disturbance").reason == "Most are noise."
    steps = pl.read_csv(tmp_path / "c" / "steps.csv")
    assert steps["policy"].unique().sort().to_list() == ["behavioral_health_plus", "our_policy"]
    assert steps.filter(judged_on="final").height == steps.filter(judged_on="initial").height
    again = rightcall(*export, "--change", "disturbance=eligible", "--save", saved)
    assert again[0] == 6
    assert "there already" in again[2]


def test_small_counts_of_a_category_or_area_do_not_show(
    rightcall: Run, export: tuple[str | Path, ...]
) -> None:
    code, out, err = rightcall(
        *export, "--compare", "behavioral_health_plus,community_responder_broad", "--json"
    )
    assert code == 0, err
    for table in ("by_area", "by_category"):
        for row in json.loads(out)[table]:
            shown = [
                row[name]
                for name in ("calls", "eligible_low", "eligible", "eligible_high")
                if row[name] is not None
            ]
            assert all(number == 0 or number >= 5 for number in shown)
    noise = [row for row in json.loads(out)["by_category"] if row["category"] == "noise"]
    assert all(row["suppressed"] and row["eligible"] is None for row in noise)


def test_population_groups_are_told_where_a_table_is_given(
    rightcall: Run, export: tuple[str | Path, ...], tmp_path: Path
) -> None:
    people = tmp_path / "people.csv"
    people.write_text("area,group,population\nNorth <b>,All,1000\nSouth,All,2000\n", encoding="utf-8")
    code, out, err = rightcall(*export, "--populations", people, "--json")
    assert code == 0, err
    (row,) = json.loads(out)["by_group"]
    assert row["eligible_per_1000"] == pytest.approx(9 / 3)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--compare", "denver"), "no policy is called"),
        (("--change", "trespass"), '--change "trespass"'),
        (("--change", "trespas=eligible"), 'Did you mean "trespass"'),
        (("--change", "noise=eligible", "--change", "noise=excluded"), "two changes of noise"),
        (("--save", "x.toml"), "--save without a change"),
        (("--hours", "mon 09:00-08:00"), "end before or when they start"),
        (("--compare", "denver_star"), "no file with calls"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    rightcall: Run, arguments: tuple[str, ...], sentence: str
) -> None:
    code, _, err = rightcall("policies", *arguments)
    assert code in (2, 5)
    assert sentence in err
