"""The ledger: every row that was read is kept or set aside for a named reason, and the sum is checked.

A number that nobody can trace is a number that nobody should use; this is the account that lets an auditor
start from the file and arrive at the count of calls.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SET_ASIDE_REASONS: dict[str, str] = {
    "exact_duplicate": "The row repeats another row in every column.",
    "repeated_call_id": "Another row of this one-row-per-call file has the same call number; the first was kept.",
    "blank_row": "The row is blank, or has neither a call type nor any time stamp.",
    "repeated_header": "The row repeats the header.",
    "test_call": "The call type says that it was a test of the system.",
    "void_call": "The agency closed the record as void or entered in error, and nobody was sent: it is no call.",
    "other_agency": "The layout leaves rows of this agency out.",
    "preamble_line": "The line stands above the header: a title, a note or a setting of the program.",
    "total_line": "The line gives a total, a count or a note of the program that made the report.",
    "unreadable_line": "The line is not JSON, as every other line of the file is.",
    "ragged_row": "The row has more cells than the header; which cell belongs where cannot be known.",
}


@dataclass(frozen=True)
class Ledger:
    """Rows read, kept and set aside (by reason), of all files together."""

    rows_read: int
    rows_kept: int
    set_aside: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = set(self.set_aside) - set(SET_ASIDE_REASONS)
        if unknown:
            raise AssertionError(f"unnamed reasons for setting rows aside: {sorted(unknown)}")
        if self.rows_read != self.rows_kept + self.rows_set_aside:
            raise AssertionError(
                f"the ledger does not add up: {self.rows_read} read, {self.rows_kept} kept, "
                f"{self.rows_set_aside} set aside"
            )

    @property
    def rows_set_aside(self) -> int:
        """Rows set aside, all reasons together."""
        return sum(self.set_aside.values())
