"""Which areas a panel has: the program's, and those it is compared with, as they are named in the data.

A treated area that is not in the data, or no comparison area, is refused; names that are most likely misspelt, or that
only some tables have, are left out and told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from call_codes.errors import InputError, did_you_mean
from evaluation.after.area_facts import AreaFacts
from evaluation.after.outcome_rows import AREA, DAY, OutcomeRows
from evaluation.after.periods import Calendar
from evaluation.after.study import Study

# An "all_others" area with fewer rows than this share of the middle area's is most likely a misspelt name.
_TINY_SHARE: Final = 0.01


def panel_areas(
    study: Study, sources: Mapping[str, OutcomeRows], facts: AreaFacts, calendar: Calendar
) -> tuple[list[str], list[str]]:
    """The areas of the panel, sorted, and notes; refuses treated and named areas that are not in the data."""
    counts = {
        name: source.rows.filter(calendar.number_of(pl.col(DAY)).is_between(0, calendar.count - 1))
        .group_by(AREA).agg(pl.len().alias("rows")).collect().sort(AREA)
        for name, source in sources.items()
    }  # fmt: skip
    for name, table in counts.items():
        _check_in_data(study.program.areas, table[AREA].to_list(), name, "the program's area")
        if study.comparison.areas != "all_others":
            _check_in_data(study.comparison.areas, table[AREA].to_list(), name, "the comparison area")
    notes: list[str] = []
    out = set(study.comparison.exclude)
    if study.comparison.areas != "all_others":
        others = set(study.comparison.areas) - out
    else:
        every = {area for table in counts.values() for area in table[AREA]}
        # Without a list of areas, a name that only some tables have is more likely another spelling than an area.
        found = every & set(facts.areas) if facts.areas is not None else _in_all(counts)
        partly = sorted(every - found)
        found -= {*study.program.areas, *out}
        if partly:
            which = "Not in the list of areas" if facts.areas is not None else "Not in every table"
            notes.append(f"{which}, and left out: {some(partly)}.")
        others, tiny = _without_tiny(found, counts)
        if tiny:
            notes.append(
                f"Left out as too small to be areas of their own (below {_TINY_SHARE:.0%} of the middle area's rows): "
                f"{some(tiny)}."
            )
    if not others:
        raise InputError(
            found="no comparison area in the data",
            expected="at least one area without the program; without one, nothing tells the program from whatever "
            "else changed in the city",
            action="correct [comparison], or take in data of other areas",
        )
    return sorted({*study.program.areas, *others}), notes


def _in_all(counts: Mapping[str, pl.DataFrame]) -> set[str]:
    return set.intersection(*(set(table[AREA]) for table in counts.values()))


def _without_tiny(found: set[str], counts: Mapping[str, pl.DataFrame]) -> tuple[set[str], list[str]]:
    total = pl.concat(list(counts.values())).group_by(AREA).agg(pl.col("rows").sum())
    middle = total["rows"].median()
    least = _TINY_SHARE * (middle if isinstance(middle, int | float) else 0)
    tiny = sorted(total.filter(pl.col("rows") < least, pl.col(AREA).is_in(sorted(found)))[AREA])
    return found - set(tiny), tiny


def _check_in_data(areas: Sequence[str], known: Sequence[str], table: str, what: str) -> None:
    for area in areas:
        if area not in known:
            raise InputError(
                found=f'{what} "{area}" is missing from the data of {table}.{did_you_mean(area, known)}',
                expected=f"an area as the data write it: {some(sorted(known))}",
                action="correct the name in the study; check that the data cover the area",
            )


def some(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
