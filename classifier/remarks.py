"""Call-takers' remarks, only where a person asks for them: they can raise an alarm and nothing else.

In a trial remarks coded the category right in 62 of 100 calls, so they never do. What they are good for is a weapon
that the call type does not mention. They are full of names and numbers: a remark is looked at, its kinds of danger
are kept, the text is dropped; on a screen it is shown with what `redaction_patterns.csv` knows masked. Masking by
patterns misses things: a redacted remark is for the reviewer at the desk, never for a file.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from call_codes.errors import CodeBookError
from call_codes.taxonomy import HAZARD_KINDS
from classifier.hazard import DECISIVE_KINDS, find_hazards, stated_kinds

REDACTION_PATH = Path(__file__).parent / "redaction_patterns.csv"
REMARK = "remark"
IN_REMARKS = "stated in the remarks"


@dataclass(frozen=True)
class Redaction:
    """One row of the table: what is masked, by which word; hit and miss are its examples."""

    expression: re.Pattern[str]
    mask: str
    hit: str
    miss: str


@lru_cache(maxsize=1)
def load_redactions() -> tuple[Redaction, ...]:
    """The rows of `redaction_patterns.csv`, in order. Raises CodeBookError for a broken pattern."""
    redactions = []
    with REDACTION_PATH.open(encoding="utf-8", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            try:
                expression = re.compile(row["pattern"])
            except re.error as error:
                raise CodeBookError(
                    found=f"{REDACTION_PATH.name}, row {line}: the pattern is broken ({error})",
                    expected="a regular expression",
                    action="correct the pattern",
                ) from None
            redactions.append(Redaction(expression, row["mask"], row["hit"], row["miss"]))
    return tuple(redactions)


def redact(text: str | None) -> str:
    """`text` with names, numbers, addresses, plates and dates of birth masked, for a screen; None gives "".

    By patterns, which miss names that nothing announces. Redacting twice changes nothing.
    """
    shown = text or ""
    for redaction in load_redactions():
        shown = redaction.expression.sub(redaction.mask, shown)
    return shown


def remark_hazards(remarks: pl.Series) -> pl.Series:
    """The kinds of danger that each remark states, joined by "|" in the order of HAZARD_KINDS, or "".

    remarks: String, nulls allowed. Returns a Series of the same length without nulls; nothing of the text is in it.
    """
    kinds = ["|".join(stated_kinds(find_hazards(text))) if text else "" for text in remarks]
    return pl.Series("remark_hazards", kinds, dtype=pl.String)


def add_remark_hazards(types: pl.DataFrame) -> pl.DataFrame:
    """Classified types with the dangers of their remarks added and the column `remark` gone.

    types: as `classify.classify_types` returns them, with or without `remark` (String, nulls allowed). Changed, for
    rows whose remark states a danger: hazard, hazard_kinds, hazard_reason ("weapon stated in the remarks"),
    needs_review (true). A remark never takes a hazard away and never changes the category.
    """
    if REMARK not in types.columns:
        return types
    found = remark_hazards(types[REMARK].cast(pl.String)).to_list()
    changed = {
        name: types[name].to_list() for name in ("hazard", "hazard_kinds", "hazard_reason", "needs_review")
    }
    for row, text in enumerate(found):
        if not text:
            continue
        kinds = text.split("|")
        both = {*changed["hazard_kinds"][row].split("|"), *kinds}
        said = "; ".join(f"{kind} {IN_REMARKS}" for kind in kinds)
        before = changed["hazard_reason"][row]
        changed["hazard_kinds"][row] = "|".join(kind for kind in HAZARD_KINDS if kind in both)
        changed["hazard_reason"][row] = f"{before}; {said}" if before else said
        changed["hazard"][row] = changed["hazard"][row] or bool(set(kinds) & set(DECISIVE_KINDS))
        changed["needs_review"][row] = True
    return types.drop(REMARK).with_columns(
        pl.Series(name, values, dtype=types.schema[name]) for name, values in changed.items()
    )
