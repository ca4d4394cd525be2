"""The data-quality report of a file: named faults with where they are, and what the file can answer.

It adds to the problems that cleaning counted: the patterns over months, the rows, months and call types in
which each fault is seen, and the list of questions that can and cannot be answered. Nothing in it names a
place or a person: examples are row numbers, months, days and call types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from calls.abilities import Ability, abilities, facts
from calls.clean import Cleaned
from calls.fault_places import by_call_type, by_month, faulty_calls, row_examples, rows_of_calls
from calls.layouts import Layout
from calls.ledger import Ledger
from calls.patterns import find_patterns
from calls.problems import SEVERITIES, Problem, ProblemKind, problem_kinds
from calls.read import ROW_NUMBER, SOURCE_FILE, RawTable
from calls.small_counts import SMALLEST_COUNT
from calls.volume import calls_by_month


@dataclass(frozen=True)
class Finding:
    """One fault with its meaning and where it is. The tables have no rows where the fault is evenly spread."""

    problem: Problem
    kind: ProblemKind
    examples: tuple[str, ...]
    by_month: pl.DataFrame
    by_call_type: pl.DataFrame

    @property
    def share(self) -> float | None:
        """count ÷ total."""
        return self.problem.count / self.problem.total if self.problem.total else None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "problem": self.problem.name,
            "severity": self.kind.severity,
            "column": self.problem.column,
            "count": self.problem.count,
            "total": self.problem.total,
            "of": self.kind.of,
            "share": self.share,
            "means": self.kind.means,
            "done": self.kind.done,
            "detail": self.problem.detail,
            "examples": list(self.examples),
            "by_month": self.by_month.to_dicts(),
            "by_call_type": self.by_call_type.to_dicts(),
        }


@dataclass(frozen=True)
class Quality:
    """What is known about a file before anything is computed from it. `months` as calls_by_month returns it."""

    ledger: Ledger
    n_calls: int
    findings: tuple[Finding, ...]
    months: pl.DataFrame
    abilities: tuple[Ability, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: rows, calls, findings (worst first), months and abilities."""
        return {
            "rows_read": self.ledger.rows_read,
            "rows_kept": self.ledger.rows_kept,
            "rows_set_aside": dict(sorted(self.ledger.set_aside.items())),
            "calls": self.n_calls,
            "findings": [finding.as_dict() for finding in self.findings],
            "months": self.months.to_dicts(),
            "can_be_computed": [
                {
                    "id": a.id,
                    "question": a.question,
                    "answer": a.verdict,
                    "reasons": list(a.reasons),
                    "ask_for": list(a.ask),
                }
                for a in self.abilities
            ],
        }


def check_quality(
    raws: Sequence[RawTable], layout: Layout, cleaned: Cleaned, *, smallest_count: int = SMALLEST_COUNT
) -> Quality:
    """The report of files that were read as `raws` and cleaned with `layout`.

    Month and type cells below `smallest_count` are blank; totals of the whole file stay exact.
    """
    rows = rows_of_calls(raws, layout)
    several = len(raws) > 1
    findings = [
        _finding(problem, raws, layout, cleaned, rows, several, smallest_count)
        for problem in cleaned.problems
        if problem.count
    ]
    nothing = pl.DataFrame()
    findings += [
        Finding(p.problem, problem_kinds()[p.problem.name], p.examples, nothing, nothing)
        for p in find_patterns(cleaned.calls)
    ]
    findings.sort(
        key=lambda f: (SEVERITIES.index(f.kind.severity), -(f.share or 0), f.problem.name, f.problem.column)
    )
    return Quality(
        cleaned.ledger,
        cleaned.calls.height,
        tuple(findings),
        calls_by_month(cleaned.calls),
        abilities(facts(cleaned.calls, cleaned.units, layout)),
    )


def _finding(
    problem: Problem,
    raws: Sequence[RawTable],
    layout: Layout,
    cleaned: Cleaned,
    rows: pl.DataFrame,
    several: bool,
    smallest_count: int,
) -> Finding:
    kind, nothing = problem_kinds()[problem.name], pl.DataFrame()
    if problem.name in ("unreadable_stamp", "implausible_year"):
        return Finding(problem, kind, _unread_cells(problem, raws, layout, cleaned, rows), nothing, nothing)
    faulty = faulty_calls(problem, cleaned.calls, cleaned.units)
    if faulty is None:
        return Finding(problem, kind, (), nothing, nothing)
    return Finding(
        problem,
        kind,
        row_examples(faulty, rows, several_files=several),
        by_month(faulty, smallest_count),
        by_call_type(faulty, smallest_count),
    )


def _unread_cells(
    problem: Problem, raws: Sequence[RawTable], layout: Layout, cleaned: Cleaned, rows: pl.DataFrame
) -> tuple[str, ...]:
    """Rows whose cell is filled though no time was read, with the cell's shape: 9 for a digit, A for a letter.

    The shape tells which format is missing, and gives nothing else away.
    """
    unread = cleaned.calls.filter(pl.col(problem.column).is_null()).select("call_id")
    numbers = rows.join(unread, on="call_id", how="semi").select("row", "file").unique()
    out: list[str] = []
    for raw in raws:
        columns = [c for c in layout.columns.get(problem.column, ()) if c in raw.frame.columns]
        if not columns:
            continue
        cell = pl.concat_str([pl.col(c) for c in columns], separator=" ").str.strip_chars()
        shapes = (
            raw.frame.join(numbers, left_on=[ROW_NUMBER, SOURCE_FILE], right_on=["row", "file"], how="semi")
            .select(
                ROW_NUMBER,
                cell.str.replace_all(r"\d", "9").str.replace_all(r"\p{L}", "A").str.head(30).alias("shape"),
            )
            .filter(pl.col("shape") != "")
            .sort(ROW_NUMBER)
            .unique("shape", keep="first", maintain_order=True)
        )
        where = f" of {raw.path.name}" if len(raws) > 1 else ""
        out += [f"row {row}{where} (written like {shape})" for row, shape in shapes.head(5).iter_rows()]
    return tuple(out[:5])
