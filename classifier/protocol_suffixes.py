"""Which hazards the last letter of a structured dispatch code states: "25-D-1W" is a mental-health call with a weapon.

Agencies that use a call-taking protocol append to its determinant (protocol, level A–E or O, number) a letter that
says what makes this call more dangerous than its determinant alone. The letter is the only place where it stands,
so it is read even where the rest of the code is left alone. Like every hazard it only takes eligibility away: a
letter that some agency uses otherwise costs a review.

The table `protocol_suffixes.csv` holds numbers and letters in general use, with the project's own wording.
"""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from pathlib import Path

from call_codes.responder_names import upper_text
from classifier.hazard import Finding

SUFFIXES_PATH = Path(__file__).parent / "protocol_suffixes.csv"

_DETERMINANT = re.compile(r"(?<![A-Z0-9])P?(\d{1,3})[- ]?[A-EO][- ]?(\d{1,2})[- ]?([A-Z])(?![A-Z0-9])")


@lru_cache(maxsize=1)
def _kinds_of() -> dict[tuple[int, str], tuple[str, ...]]:
    with SUFFIXES_PATH.open(encoding="utf-8", newline="") as file:
        return {
            (protocol, row["suffix"]): tuple(row["kinds"].split("|"))
            for row in csv.DictReader(file)
            for protocol in range(int(row["first_protocol"]), int(row["last_protocol"]) + 1)
        }


def suffix_hazards(text: str | None) -> tuple[Finding, ...]:
    """One stated finding per kind that a protocol suffix in the text or code names; empty where there is none.

    text: a call type or code as the agency writes it, null allowed.
    """
    findings: dict[str, Finding] = {}
    for match in _DETERMINANT.finditer(upper_text(text)):
        for kind in _kinds_of().get((int(match[1]), match[3]), ()):
            findings.setdefault(kind, Finding(kind, "stated", match[0]))
    return tuple(findings.values())
