"""Rows of another table linked to calls by the number of the call: what counts, what has no call, what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from call_codes.errors import InputError, UsageError
from evaluation.after.build_calls import build_calls
from evaluation.after.build_panel import build_panel
from evaluation.after.study import OutcomeTable
from evaluation.after.study_outcomes import read_outcomes


@pytest.fixture
def forces(sample_study, sample_calls, tmp_path):
    """A study of the sample city with uses of force linked by call number: 300 to calls, 5 unknown, 2 blank."""
    calls = sample_calls.calls.select("call_id", "area").collect().sort("call_id").gather_every(90).head(300)
    rows = pl.concat(
        [
            calls.select(number="call_id", beat=pl.lit("2B"), day=pl.lit("2024-06-01"), minutes=pl.lit("30")),
            pl.DataFrame(
                {
                    "number": [*(f"XX{k}" for k in range(5)), "", " "],
                    "beat": ["2B"] * 7,
                    "day": ["2024-06-02"] * 7,
                    "minutes": ["30"] * 7,
                }
            ),
        ]
    )
    days = pl.DataFrame(
        {
            "number": ["", ""],
            "beat": ["2B", "2B"],
            "day": ["2023-01-01", "2024-12-31"],
            "minutes": ["0", "0"],
        }
    )
    pl.concat([rows, days]).write_csv(tmp_path / "force.csv")
    table = OutcomeTable(
        "force", str(tmp_path / "force.csv"), "day", "beat", None, date(2024, 12, 31), "number"
    )
    given = {
        "force": {"table": "force", "better": "lower", "generated_by": "officer"},
        "force_all": {"table": "force", "among": "all", "better": "lower", "generated_by": "officer"},
        "force_minutes": {
            "table": "force", "measure": "sum", "column": "minutes", "better": "lower", "generated_by": "officer",
        },
    }  # fmt: skip
    outcomes = read_outcomes(given, "outcomes", sample_study.calls, (table,))
    return replace(sample_study, tables=(table,), outcomes=tuple(outcomes))


def test_a_linked_row_counts_where_and_when_its_call_was_and_only_if_that_was_eligible(forces, sample_calls):
    built = build_panel(forces, sample_calls)
    assert built.cohort is not None
    marked = built.cohort.table.select("call_id", "area", "day", "eligible", "in_hours").collect()
    picked = marked.sort("call_id").gather_every(90).head(300)
    eligible = picked.filter(pl.col("eligible") & pl.col("in_hours"))
    assert eligible.height > 5
    counted = built.panel.table.group_by("area").agg(pl.col("force").sum()).sort("area")
    expected = eligible.group_by("area").len().sort("area")
    assert counted.filter(pl.col("force") > 0).rows() == [(area, float(n)) for area, n in expected.rows()]


def test_rows_without_a_call_are_counted_in_a_note_and_among_all_rows(forces, sample_calls):
    built = build_panel(forces, sample_calls)
    note = next(note for note in built.notes if note.startswith("force"))
    assert (
        "300 of 309 rows are linked to a call; 4 have no call number and 5 a number that no call has" in note
    )
    assert built.panel.table["force_all"].sum() > built.panel.table["force"].sum()


def test_single_calls_get_the_rows_and_sums_of_their_own_number(forces, sample_calls):
    calls = build_calls(forces, sample_calls)
    assert {"force", "force_minutes"} <= set(calls.outcomes)
    assert calls.table["force"].sum() > 0
    assert calls.table["force"].null_count() == 0
    assert (calls.table["force_minutes"] == 30 * calls.table["force"]).all()


def test_numbers_of_another_system_are_refused_and_so_is_a_missing_column(forces, sample_calls):
    (table,) = forces.tables
    text = pl.read_csv(table.path, infer_schema=False)
    text.with_columns(number=pl.lit("case 1")).write_csv(table.path)
    with pytest.raises(InputError, match="not one row of force"):
        build_panel(forces, sample_calls)
    with pytest.raises(UsageError, match="no such column"):
        build_panel(replace(forces, tables=(replace(table, call_id="numbr"),)), sample_calls)


def test_call_numbers_need_calls(write):
    from evaluation.after.study_file import load_study

    text = """
question = "Did it work?"
period = { every = "month", first = 2023-01-01, last = 2024-12-31 }
program = { starts = { "2024-01-01" = ["North"] } }
comparison = { areas = "all_others" }
tables = { force = { path = "force.csv", time = "day", area = "beat", call_id = "number" } }
outcomes = { force = { table = "force", better = "lower", generated_by = "officer" } }
"""
    with pytest.raises(UsageError, match=r"call_id in .tables.force. without .tables.calls."):
        load_study(write("study.toml", text))
