"""Which columns of a call were known before anyone was sent: only these may be adjusted for.

Adjusting for what came after (who went, how long it took, how it ended) takes away part of the very effect, or
makes one up. The list is data (`known_at_creation.csv`), with the reason for each column.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from call_codes.errors import UsageError, did_you_mean
from evaluation.after.condition import columns_of

KNOWN_PATH: Final = Path(__file__).parent / "known_at_creation.csv"


@lru_cache(maxsize=1)
def call_columns() -> dict[str, tuple[bool, str]]:
    """Every column of a classified call: whether it was known at creation, and why (not)."""
    with KNOWN_PATH.open(encoding="utf-8", newline="") as file:
        return {row["column"]: (row["known"] == "creation", row["why"]) for row in csv.DictReader(file)}


def check_covariates(covariates: Sequence[str]) -> None:
    """Raises UsageError for a column that was not known before dispatch, or that no call has."""
    _check(covariates, "among the covariates")


def check_where_at_creation(condition: str, where: str) -> None:
    """Raises UsageError where a condition on eligible calls looks at what was not known before dispatch."""
    _check(columns_of(condition, where), f"in the {where}")


def _check(columns: Sequence[str], place: str) -> None:
    known = call_columns()
    usable = [name for name, (at_creation, _) in known.items() if at_creation]
    for name in columns:
        if name not in known:
            raise UsageError(
                found=f'the column "{name}" {place}, which no call has.{did_you_mean(name, usable)}',
                expected=f"columns that were known before anyone was sent: {', '.join(usable)}",
                action="correct the name",
            )
        at_creation, why = known[name]
        if not at_creation:
            raise UsageError(
                found=f'the column "{name}" {place}, which was not known before anyone was sent: {why}',
                expected=f"columns that were known before anyone was sent: {', '.join(usable)}",
                action=f"take {name} out; what comes after dispatch can be an outcome, never a condition or a "
                "covariate",
            )
