"""Who started a call, where only the words of its type say so."""

from __future__ import annotations

import polars as pl
import pytest

from classifier.assign import assign_types


def started_by(call_type: str, initiated_by: str = "unknown") -> tuple[str, str]:
    """initiated_by and its basis of one call, typed public_assist, after the types are assigned."""
    calls = pl.LazyFrame(
        {
            "call_type_code": [None],
            "call_type": [call_type],
            "final_type_code": [None],
            "final_type": [None],
            "initiated_by": [initiated_by],
            "initiated_by_basis": ["export"],
        },
        schema_overrides=dict.fromkeys(("call_type_code", "final_type_code", "final_type"), pl.String),
    )
    types = pl.DataFrame(
        {
            "call_type_code": [None],
            "call_type": [call_type],
            "category": ["public_assist"],
            "group": ["community"],
            "probability": [0.9],
            "hazard": [False],
            "hazard_kinds": [""],
            "basis": ["model"],
            "needs_review": [False],
        },
        schema_overrides={"call_type_code": pl.String},
    )
    row = assign_types(calls, types).collect().row(0, named=True)
    return row["initiated_by"], row["initiated_by_basis"]


@pytest.mark.parametrize(
    "text",
    ["FLAGGED DOWN BY CITIZEN ON STREET", "Flag down, other", "ON-VIEW ASSIST", "FIELD INITIATED WORK"],
)
def test_a_type_that_an_officer_came_upon_was_started_by_the_officer(text: str) -> None:
    assert started_by(text) == ("officer", "call_type")


def test_a_plain_type_leaves_it_open_and_what_the_export_says_stays() -> None:
    assert started_by("ASSIST CITIZEN") == ("unknown", "export")
    assert started_by("FLAG DOWN", "community") == ("community", "export")
