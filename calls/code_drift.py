"""Call types that appear, vanish or swell: changes in how an agency names its calls, month by month.

A type that is new in March did not happen for the first time in March: someone renamed or split another one.
Each finding compares what was seen with what an even use over the file would have given, so rare types are
never accused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from calls.patterns import Pattern, pattern
from calls.volume import day_counts, main_days, month_of

_EXPECTED: Final = 12.0  # e⁻¹² is 6 in a million: no chance, even among five hundred types
_FEWEST_CALLS: Final = 200  # in each third, for a share to mean something
_SHIFT: Final = 0.03
_SHIFT_RATIO: Final = 1.5
_LIKE_RATE: Final = 1.5


@dataclass(frozen=True)
class TypeUse:
    """When a call type is used: index of its first and last month, its calls, and calls per 1,000 in that time."""

    name: str
    first: int
    last: int
    calls: int
    per_thousand: float


def type_name() -> pl.Expr:
    """What a call's initial type is called: its text, else its code; null where both are blank."""
    return pl.coalesce("call_type", "call_type_code")


def types_by_month(calls: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """Calls of every initial type in every month: month, type, calls; sorted. Blank types are left out."""
    return (
        day_counts(calls)
        .select(month_of().alias("month"), type_name().alias("type"), "calls")
        .drop_nulls()
        .group_by("month", "type")
        .agg(pl.col("calls").sum())
        .sort("month", "type")
    )


def drift_patterns(calls: pl.DataFrame | pl.LazyFrame) -> list[Pattern]:
    """New, vanished, passing and swelling call types of a clean calls table (started_local and types)."""
    calls = day_counts(calls)
    days, _ = main_days(calls)
    months = sorted({f"{day:%Y-%m}" for day in days})
    if len(months) < 2:
        return []
    table = types_by_month(calls).filter(pl.col("month").is_in(months))
    volume = [0] * len(months)
    place = {month: i for i, month in enumerate(months)}
    used: dict[str, dict[int, int]] = {}
    for month, name, n in table.iter_rows():
        used.setdefault(name, {})[place[month]] = n
        volume[place[month]] += n
    appeared, vanished, passing = [], [], []
    for name in sorted(used):
        use = _use(name, used[name], volume)
        rate = use.per_thousand / 1000
        # A rate known from a handful of calls is itself chance.
        known = use.calls >= _EXPECTED
        is_new = known and rate * sum(volume[: use.first]) >= _EXPECTED
        is_gone = known and rate * sum(volume[use.last + 1 :]) >= _EXPECTED
        if is_new and is_gone:
            passing.append(use)
        elif is_new:
            appeared.append(use)
        elif is_gone:
            vanished.append(use)
    total = len(used)
    found = [
        pattern(
            "type_appeared",
            total,
            [_appeared(u, vanished, months) for u in _largest(appeared)],
            months=[months[u.first] for u in _largest(appeared)],
        ),
        pattern(
            "type_vanished",
            total,
            [f"{u.name} (until {months[u.last]}, {u.calls:,} calls)" for u in _largest(vanished)],
            # The first month without it.
            months=[months[u.last + 1] for u in _largest(vanished)],
        ),
        pattern(
            "type_only_for_a_time",
            total,
            [
                f"{u.name} ({months[u.first]} to {months[u.last]}, {u.calls:,} calls)"
                for u in _largest(passing)
            ],
            months=[months[u.first] for u in _largest(passing)],
        ),
        _shifts(used, volume, total),
    ]
    return [p for p in found if p.problem.count]


def _use(name: str, by_month: dict[int, int], volume: list[int]) -> TypeUse:
    first, last, n = min(by_month), max(by_month), sum(by_month.values())
    return TypeUse(name, first, last, n, 1000 * n / sum(volume[first : last + 1]))


def _largest(uses: list[TypeUse]) -> list[TypeUse]:
    return sorted(uses, key=lambda use: (-use.calls, use.name))


def _appeared(use: TypeUse, vanished: list[TypeUse], months: list[str]) -> str:
    """The new type, and the vanished one that it may be another name of: same time, like rate."""
    said = f"{use.name} (from {months[use.first]}, {use.calls:,} calls)"
    for old in _largest(vanished):
        rates = sorted((use.per_thousand, old.per_thousand))
        if abs(use.first - old.last) <= 1 and rates[1] <= _LIKE_RATE * rates[0]:
            return f"{said}, perhaps {old.name} under a new name"
    return said


def _shifts(used: dict[str, dict[int, int]], volume: list[int], total: int) -> Pattern:
    """Types whose share differs between the first and the last third (half, where there are two months)."""
    third = max(1, len(volume) // 3)
    early, late = range(third), range(len(volume) - third, len(volume))
    n_early, n_late = sum(volume[i] for i in early), sum(volume[i] for i in late)
    shifts: list[tuple[float, str]] = []
    if min(n_early, n_late) >= _FEWEST_CALLS:
        for name in sorted(used):
            was = sum(used[name].get(i, 0) for i in early) / n_early
            now = sum(used[name].get(i, 0) for i in late) / n_late
            if abs(now - was) >= _SHIFT and max(was, now) >= _SHIFT_RATIO * min(was, now):
                shifts.append((abs(now - was), f"{name}: {was:.1%} to {now:.1%} of calls"))
    return pattern("type_share_shift", total, [words for _, words in sorted(shifts, reverse=True)])
