"""A pattern: a fault that no single row shows, with the months, days or call types in which it is seen.

`volume` finds the patterns in how many calls there are, `code_drift` those in what they are called. Here they
are put together, so that the report of a run and `rightcall check` say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from calls.problems import Problem


@dataclass(frozen=True)
class Pattern:
    """A problem with what it was seen in: months, days or call types in words, never an address or a remark.

    months: the month ("2023-06") in which each of the examples begins; empty where they have none.
    """

    problem: Problem
    examples: tuple[str, ...]
    months: tuple[str, ...] = ()


def find_patterns(calls: pl.DataFrame | pl.LazyFrame) -> list[Pattern]:
    """Every pattern in a clean calls table (calls.schema.COLUMNS); a file of one day has none."""
    from calls.code_drift import drift_patterns
    from calls.volume import day_counts, volume_patterns

    counts = day_counts(calls)
    return [*volume_patterns(counts), *drift_patterns(counts)]


def pattern(
    name: str, total: int, examples: list[str], *, count: int | None = None, months: Sequence[str] = ()
) -> Pattern:
    """A pattern seen in each of `examples`; `count` where it is not their number. The detail quotes the first.

    months: those in which the examples begin, in their order.
    """
    detail = "; ".join(examples[:3]) + (f"; and {len(examples) - 3} more" if len(examples) > 3 else "")
    return Pattern(
        Problem(name, len(examples) if count is None else count, total, detail=detail),
        tuple(examples),
        tuple(months),
    )
