"""What a spreadsheet does to a CSV file, and how to undo it: formulas, eaten zeros, dates written another way.

A crosswalk is filled in by people in a spreadsheet. On the way out, cells that it would read as a formula, a
number or a date get an apostrophe, which makes them text; on the way back the apostrophe goes and dates are read
again. What cannot be undone (1-10 turned into a date) is told, because a damaged code would sign another type.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from call_codes.errors import CodeBookError

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# A number begins like a formula where it is negative, and is none: it must stay a number. (A date never does.)
NUMBER: Final = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?%?"
# Cells that come back as something else: 0415, 1-10, 3/4, 5E3, and numbers too long to be kept exactly.
_CHANGED = re.compile(r"0\d+|\d{1,4}[-/.]\d{1,4}(?:[-/.]\d{1,4})?|\d+[eE]\d+|\d{12,}|\d+\.\d*0")
_MONTH = r"(?:jan|feb|m[aä]r|apr|ma[yi]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-z]*"
_DAMAGE = (
    (re.compile(rf"\d{{1,2}}[-. ]+{_MONTH}\.?(?:[- ]\d{{2,4}})?|{_MONTH}[- ]\d{{2,4}}", re.IGNORECASE), "a date"),
    (re.compile(r"\d{4}-\d{2}-\d{2}(?: 00:00:00)?|\d{1,2}/\d{1,2}/\d{4}"), "a date"),
    (re.compile(r"\d(?:[.,]\d+)?E[+-]\d+"), "a rounded number"),
    (re.compile(r"#(?:NAME\?|REF!|VALUE!|N/A|NUM!|DIV/0!)"), "an error of a formula"),
)  # fmt: skip
_SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})")


def escape_cell(text: str) -> str:
    """`text` so that a spreadsheet keeps it: one apostrophe before what it would calculate or rewrite.

    A text that begins with an apostrophe gets a second one, so that `unescape_cell` gives back every text.
    """
    risky = text.startswith(("'", *_FORMULA)) or _CHANGED.fullmatch(text.strip())
    return f"'{text}" if risky else text


def guard_formula(text: str) -> str:
    """`text` with an apostrophe where a spreadsheet would calculate it; numbers and dates stay what they are.

    For cells that are no codes. A text that begins with an apostrophe gets a second one, as in `escape_cell`, so that
    `unescape_cell` gives back every text.
    """
    risky = text.startswith("'") or (text.startswith(_FORMULA) and not re.fullmatch(NUMBER, text))
    return f"'{text}" if risky else text


def unescape_cell(text: str) -> str:
    """`text` without the apostrophe that `escape_cell` put before it; any other text as it is."""
    rest = text[1:]
    return rest if text.startswith("'") and escape_cell(rest) == text else text


def damage(code: str) -> str | None:
    """What a spreadsheet seems to have made of a code ("a date", "a rounded number"), or None.

    A code that lost its leading zeros cannot be told by its looks: see `lost_zeros`.
    """
    return next((what for pattern, what in _DAMAGE if pattern.fullmatch(code.strip())), None)


def lost_zeros(code: str, before: str) -> bool:
    """True when `code` is what a spreadsheet leaves of `before`: 0415 → 415, 10.50 → 10.5."""
    if code == before or not before or not code:
        return False
    try:
        return float(code) == float(before)
    except ValueError:
        return False


def read_dates(values: Sequence[str]) -> tuple[list[str], bool]:
    """Dates of one column as 2026-11-21, whatever form the spreadsheet saved them in; blanks stay blank.

    Reads 2026-11-21 (also with 00:00:00), 21.11.2026 (the day first), and 11/21/2026 or 21/11/2026 where some date
    of the column shows which number is the day. Returns the dates, and whether that had to be assumed: then the
    month is first, as spreadsheets in the United States write it. Raises CodeBookError for a text that is no date.
    """
    slashed = [match for value in values if (match := _SLASHED.fullmatch(value.strip())) and match[2] != "."]
    day_first = any(int(match[1]) > 12 for match in slashed)
    month_first = any(int(match[3]) > 12 for match in slashed)
    unclear = any(match[1] != match[3] for match in slashed) and not day_first and not month_first
    return [_read_date(value.strip(), day_first and not month_first) for value in values], unclear


def _read_date(value: str, day_first: bool) -> str:
    plain = value.removesuffix(" 00:00:00").removesuffix("T00:00:00")
    match = _SLASHED.fullmatch(plain)
    try:
        if not match:
            return date.fromisoformat(plain).isoformat() if plain else ""
        one, two, year = int(match[1]), int(match[3]), int(match[4])
        year += 2000 if year < 100 else 0
        first = day_first or match[2] == "."
        return (date(year, two, one) if first else date(year, one, two)).isoformat()
    except ValueError:
        raise CodeBookError(
            found=f'"{value}", which is no date',
            expected="a date such as 2026-11-21, or a blank",
            action="correct the cell",
        ) from None
