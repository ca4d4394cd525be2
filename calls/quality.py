"""The data-quality report of a file: named faults with where they are, and what the file can answer.

It adds to the problems that cleaning counted: the patterns over months, the rows, months and call types in
which each fault is seen, and the list of questions that can and cannot be answered. Nothing in it names a
place or a person: examples are row numbers, months, days and call types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from calls.abilities import Ability, abilities, facts
from calls.clean import Cleaned
from calls.fault_places import by_call_type, by_month, by_month_and_type, faulty_calls
from calls.ingest import Ingested
from calls.layouts import Layout
from calls.ledger import Ledger
from calls.patterns import find_patterns
from calls.places import in_words
from calls.problems import SEVERITIES, Problem, ProblemKind, problem_kinds
from calls.small_counts import SMALLEST_COUNT
from calls.volume import calls_by_month, day_counts


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
            "severity": self.problem.severity,
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
    cleaned: Cleaned | Ingested,
    layout: Layout,
    *,
    several_files: bool = False,
    smallest_count: int = SMALLEST_COUNT,
) -> Quality:
    """The report of files that were cleaned with `layout`; tables may be lazy, so of any size.

    Examples name a row's file where there are `several_files`. Month and type cells below `smallest_count` are
    blank; totals of the whole file stay exact.
    """
    calls, units = cleaned.calls.lazy(), cleaned.units.lazy()
    counts = day_counts(calls)
    findings = [
        _finding(problem, calls, units, several_files, smallest_count)
        for problem in cleaned.problems
        if problem.count
    ]
    nothing = pl.DataFrame()
    findings += [
        Finding(p.problem, problem_kinds()[p.problem.name], p.examples, nothing, nothing)
        for p in find_patterns(counts)
    ]
    findings.sort(
        key=lambda f: (
            SEVERITIES.index(f.problem.severity),
            -(f.share or 0),
            f.problem.name,
            f.problem.column,
        )
    )
    return Quality(
        cleaned.ledger,
        int(calls.select(pl.len()).collect().item()),
        tuple(findings),
        calls_by_month(counts),
        abilities(facts(calls, layout)),
    )


def _finding(
    problem: Problem, calls: pl.LazyFrame, units: pl.LazyFrame, several_files: bool, smallest_count: int
) -> Finding:
    examples = in_words(problem.seen_in, several_files=several_files)
    faulty = faulty_calls(problem, calls, units)
    if faulty is None:
        return Finding(problem, problem_kinds()[problem.name], examples, pl.DataFrame(), pl.DataFrame())
    counts = by_month_and_type(faulty)
    return Finding(
        problem,
        problem_kinds()[problem.name],
        examples,
        by_month(counts, smallest_count),
        by_call_type(counts, smallest_count),
    )
