"""Named data faults with counts: what is wrong with this file, in words an agency can act on.

The names, meanings and severities are data (`problems.toml`); a fault that is not in that file cannot be
reported, so every name that a user ever sees is explained there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import polars as pl

from calls.places import Place

SEVERITIES: Final = ("high", "medium", "low")
# One in a thousand: two cells that could not be read do not stand above a column that is half empty.
RARE: Final = 0.001


@dataclass(frozen=True)
class ProblemKind:
    """What a problem name means. `of` names the denominator of its share."""

    name: str
    severity: str
    of: str
    means: str
    done: str


@dataclass(frozen=True)
class Problem:
    """One fault found: `count` of `total`, in `column` where it belongs to one; `seen_in`: the first rows with it."""

    name: str
    count: int
    total: int
    column: str = ""
    detail: str = ""
    seen_in: tuple[Place, ...] = ()

    @property
    def severity(self) -> str:
        """The weight of its kind; low where it is rarer than RARE in a file of some size, whatever its kind."""
        if self.total * RARE >= 1 and self.count < self.total * RARE:
            return "low"
        return problem_kinds()[self.name].severity

    def __post_init__(self) -> None:
        if self.name not in problem_kinds():
            raise AssertionError(f"{self.name} is not a name in problems.toml")


@lru_cache(maxsize=1)
def problem_kinds() -> dict[str, ProblemKind]:
    """Every problem name with its meaning, as `problems.toml` lists them."""
    with (Path(__file__).parent / "problems.toml").open("rb") as file:
        return {name: ProblemKind(name=name, **fields) for name, fields in tomllib.load(file).items()}


def problem_table(problems: Iterable[Problem]) -> pl.DataFrame:
    """The problems as a table, worst first.

    Columns out: problem, severity, column, count, total, of, share (0–1, null where total is 0), detail,
    means, done. Only faults with a count above zero appear.
    """
    kinds = problem_kinds()
    rows = [
        {
            "problem": p.name,
            "severity": p.severity,
            "column": p.column,
            "count": p.count,
            "total": p.total,
            "of": kinds[p.name].of,
            "share": p.count / p.total if p.total else None,
            "detail": p.detail,
            "means": kinds[p.name].means,
            "done": kinds[p.name].done,
        }
        for p in problems
        if p.count > 0
    ]
    rows.sort(
        key=lambda row: (
            SEVERITIES.index(str(row["severity"])),
            -float(row["share"] or 0),
            str(row["problem"]),
        )
    )
    schema = {
        "problem": pl.String,
        "severity": pl.String,
        "column": pl.String,
        "count": pl.Int64,
        "total": pl.Int64,
        "of": pl.String,
        "share": pl.Float64,
        "detail": pl.String,
        "means": pl.String,
        "done": pl.String,
    }
    return pl.DataFrame(rows, schema=schema)
