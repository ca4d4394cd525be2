"""Of which calls: the denominator is chosen once for a whole table and printed with it.

Officer-initiated work is a third to a half of what CAD records in many cities, and nobody outside the department
asked for it; so the default is what the community started. Administrative activity (breaks, court, reports
logged as calls) answers no call at all and is a line of its own under every table.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from call_codes.errors import UsageError, did_you_mean

DEFAULT_DENOMINATOR: Final = "community"
ADMINISTRATIVE_CATEGORY: Final = "police_admin"
DENOMINATORS: Final = {
    "community": "calls that the community started: everything not known to be started by an officer or another "
    "agency (alarm-company calls included), without administrative activity",
    "officer": "calls known to be started by an officer, without administrative activity",
    "alarm": "calls of alarm companies and devices, without administrative activity",
    "agency": "calls that another agency passed on, without administrative activity",
    "unknown": "calls of which the export does not tell who started them, without administrative activity",
    "all": "all calls, whoever started them, without administrative activity",
    "administrative": "administrative activity only (breaks, court, reports and the like, logged as calls)",
}


def check_denominator(name: str) -> None:
    """Raise UsageError with a suggestion for a denominator that does not exist."""
    if name not in DENOMINATORS:
        raise UsageError(
            found=f'the denominator "{name}".{did_you_mean(name, DENOMINATORS)}',
            expected=f"one of: {', '.join(DENOMINATORS)}.",
            action="Correct --denominator, or leave it away for community.",
        )


def in_denominator(name: str) -> pl.Expr:
    """True for rows of the denominator. Columns in: initiated_by, category (both String, not null)."""
    initiator, administrative = pl.col("initiated_by"), pl.col("category") == ADMINISTRATIVE_CATEGORY
    if name == "administrative":
        return administrative
    if name == "all":
        return ~administrative
    if name == "community":
        return ~administrative & ~initiator.is_in(["officer", "agency"])
    return ~administrative & (initiator == name)
