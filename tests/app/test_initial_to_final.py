"""Initial to final type on real exports of two cities: what the laws demand and what practice reports."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from app.job import run_job
from app.settings import Settings
from calls.small_counts import SMALLEST_COUNT
from classifier.transitions import (
    eligibility_shift,
    foreseen,
    initial_to_final,
    transition_counts,
    transition_table,
)


@pytest.mark.slow
@pytest.mark.parametrize("file", ["minneapolis_2020.csv", "seattle_2015.csv"])
def test_a_citys_transitions_add_up_show_no_small_cell_and_most_calls_are_foreseen(
    shared_data: Path, file: str
) -> None:
    job = run_job(Settings(files=(shared_data / file,)))
    counts = transition_counts(job.calls)
    closed = int(job.calls.select(pl.col("final_category").is_not_null().sum()).collect().item())
    table = initial_to_final(job.calls)
    assert transition_table(counts)["calls"].sum() == table["calls"].sum() == closed > 10_000
    assert table["calls"].min() >= SMALLEST_COUNT
    same = foreseen(counts)
    assert 0.5 < same["foreseen"].sum() / same["calls"].sum() < 0.99
    shift = eligibility_shift(counts, job.policy)
    assert shift.table["calls"].sum() == closed
    assert 0 < shift.final_only.numerator < 0.1 * closed
