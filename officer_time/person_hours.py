"""Officers per unit: from a table by unit type or one number, and the sentence that says which was used.

A unit-hour is an hour of a car; a car may carry one officer or two. No export that we know says how many, so
the number is always an assumption or an agency's own table, and it is printed beside every person-hour.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from call_codes.errors import InputError, UsageError

_COLUMNS: Final = ("unit_type", "officers_per_unit")
_MOST: Final = 9.0


@dataclass(frozen=True)
class OfficersPerUnit:
    """`number` officers in every unit, but for the unit types in `by_type`; `sentence` says it to the reader."""

    number: float = 1.0
    by_type: Mapping[str, float] = field(default_factory=dict)
    table: str = ""

    @property
    def sentence(self) -> str:
        """What is assumed, in words."""
        others = "every unit" if not self.by_type else "every other unit"
        listed = (
            f"officers per unit from {self.table} for {len(self.by_type)} unit types; " if self.table else ""
        )
        return f"Assumed: {listed}{self.number:g} officer{'' if self.number == 1 else 's'} in {others}."

    def hundredths(self, unit_type: pl.Expr) -> pl.Expr:
        """100 × officers of a row's unit (Int64), so that sums are exact whatever the order of rows."""
        usual = pl.lit(_hundredths(self.number), pl.Int64)
        if not self.by_type:
            return usual
        table = {name: _hundredths(number) for name, number in self.by_type.items()}
        return unit_type.replace_strict(table, default=_hundredths(self.number), return_dtype=pl.Int64)


def read_officers_per_unit(text: str | None) -> OfficersPerUnit:
    """From an option: nothing (one officer), a number such as "1.4", or a CSV with unit_type, officers_per_unit.

    unit_type is the letters of a unit's name in upper case ("2C3" → "C"); the row "*" gives all other units.
    Raises UsageError for a number out of reach, InputError for a table that does not say what it should.
    """
    if text is None:
        return OfficersPerUnit()
    number = _number(text)
    if number is not None:
        _check(number, "--officers-per-unit")
        return OfficersPerUnit(number)
    path = Path(text)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            found=f"--officers-per-unit {text}, neither a number nor a file that can be read.",
            expected="a number such as 1.4, or a CSV with the columns unit_type and officers_per_unit.",
            action="Correct the number or the path.",
        ) from error
    if not rows or not set(_COLUMNS) <= set(rows[0]):
        raise InputError(
            found=f"{path.name} with the columns {', '.join(rows[0]) if rows else '(none)'}.",
            expected="a row per unit type with unit_type and officers_per_unit.",
            action="Add the columns; unit_type is the letters of a unit's name, * stands for all others.",
        )
    table = {}
    for line, row in enumerate(rows, start=2):
        officers = _number(row["officers_per_unit"] or "")
        if officers is None:
            raise InputError(
                found=f'"{row["officers_per_unit"]}" officers in line {line} of {path.name}.',
                expected="a number such as 1 or 1.4.",
                action="Correct the line.",
            )
        _check(officers, f"line {line} of {path.name}")
        table[(row["unit_type"] or "").strip().upper()] = officers
    return OfficersPerUnit(table.pop("*", 1.0), table, path.name)


def unit_type(unit_id: pl.Expr) -> pl.Expr:
    """The letters of a unit's name in upper case; null where it has none or more than four.

    Longer ones may be a person's name, which nothing keeps.
    """
    letters = unit_id.str.to_uppercase().str.replace_all(r"[^A-Z]", "")
    return pl.when(letters.str.len_chars().is_between(1, 4)).then(letters)


def _hundredths(number: float) -> int:
    return round(100 * number)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _check(number: float, where: str) -> None:
    if not 0 < number <= _MOST:
        raise UsageError(
            found=f"{number:g} officers per unit in {where}.",
            expected=f"more than 0 and at most {_MOST:g}.",
            action="Correct the number.",
        )
