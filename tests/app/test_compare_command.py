"""`rightcall compare` puts results folders side by side and says what keeps them from being compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from app.job import Job
from app.outputs import write_outputs

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folders(town: Job, town_without_times: Job, tmp_path: Path) -> tuple[Path, Path]:
    for job, name in ((town, "with"), (town_without_times, "without")):
        write_outputs(job, tmp_path / name, report=lambda job: "")
    return tmp_path / "with", tmp_path / "without"


def test_shares_are_of_each_citys_own_calls_and_differences_are_named(
    folders: tuple[Path, Path], rightcall: Command, tmp_path: Path
) -> None:
    code, output, _ = rightcall("compare", *folders, "--json", "--out", tmp_path / "cities.csv")
    assert code == 0
    document = json.loads(output)
    table = pl.DataFrame(document["table"])
    # Forty calls; categories of fewer than five stand pooled in one row, which counts in the denominator.
    assert set(table["of_calls"]) == {40}
    welfare = table.filter(pl.col("category") == "welfare_check")
    assert welfare["calls_share"].to_list() == pytest.approx([9 / 40, 9 / 40])
    assert (tmp_path / "cities.csv").read_text().startswith("category,")


def test_what_is_no_results_folder_is_told(
    folders: tuple[Path, Path], rightcall: Command, tmp_path: Path
) -> None:
    code, _, errors = rightcall("compare", folders[0])
    assert (code, "two or more" in errors) == (3, True)
    code, _, errors = rightcall("compare", folders[0], tmp_path / "nothing")
    assert (code, "no complete results" in errors) == (3, True)
