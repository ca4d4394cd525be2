"""How much a fault weighs: its kind, and how often it occurs."""

from __future__ import annotations

import pytest

from calls.problems import Problem, problem_kinds, problem_table

GRAVE = next(name for name, kind in problem_kinds().items() if kind.severity == "high")


@pytest.mark.parametrize(
    ("count", "total", "severity"),
    [(2, 68_491, "low"), (3_455, 68_491, "high"), (1, 20, "high"), (1, 1000, "high")],
)
def test_two_cells_in_a_large_file_do_not_weigh_like_a_column(count: int, total: int, severity: str) -> None:
    assert Problem(GRAVE, count, total).severity == severity
    assert problem_table([Problem(GRAVE, count, total)])["severity"].item() == severity
