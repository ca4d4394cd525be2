"""How many calls by month and by day: gaps, jumps, stray dates, and the share that officers start.

A comparison of two periods is only as good as the recording behind it. What is found here is reported and
never repaired. Thresholds are constants with their reason beside them; a jump has to be larger than chance
(five standard deviations of a Poisson count) as well as large.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import Final

import polars as pl

from calls.patterns import Pattern, pattern

_STRAY_GAP_DAYS: Final = 28  # a mistyped year lies weeks away from the rest, a quiet weekend does not
_STRAY_SHARE: Final = 0.01
_BUSY: Final = 10.0  # below ten calls a day, a day without one is chance
_MONTH_RATIO: Final = 1.4
_DAY_RATIO: Final = 2.0
_SHARE_STEP: Final = 0.10
_SIGMAS: Final = 5.0
_FEWEST_DAYS: Final = 3  # fewer days do not tell a month's level


def month_of(local_seconds: str = "started_local") -> pl.Expr:
    """The local calendar month of a column of local wall-clock seconds, as text "2023-06"; null stays null."""
    return pl.from_epoch(local_seconds, time_unit="s").dt.strftime("%Y-%m")


def day_counts(calls: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """How many calls of each type were started by whom on each local day: all that patterns are looked for in.

    Columns in: started_local, initiated_by, call_type_code, call_type. Columns out: the same, started_local at
    the start of the day (null: no time), and `calls`. A table of day counts comes back as it is.
    """
    if "calls" in calls.collect_schema():
        return calls.lazy().collect()
    keys = ["started_local", "initiated_by", "call_type_code", "call_type"]
    present = [key for key in keys if key in calls.collect_schema()]
    return (
        calls.lazy()
        .select(present)
        .with_columns(pl.col("started_local") // 86400 * 86400)
        .group_by(present)
        .agg(pl.len().cast(pl.Int64).alias("calls"))
        .collect()
        .sort(present)
    )


def calls_by_month(calls: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """Calls in every month that has one, oldest first.

    Columns in: started_local, initiated_by. Columns out: month ("2023-06"), days (days with a call), calls,
    officer (started by officers), unknown (not known who started them), officer_share_low (officer ÷ calls) and
    officer_share_high ((officer + unknown) ÷ calls). Calls without any time are in no month.
    """
    who, n = pl.col("initiated_by"), pl.col("calls")
    return (
        day_counts(calls)
        .filter(pl.col("started_local").is_not_null())
        .group_by(month_of().alias("month"))
        .agg(
            (pl.col("started_local") // 86400).n_unique().cast(pl.Int64).alias("days"),
            n.sum(),
            n.filter(who == "officer").sum().alias("officer"),
            n.filter(who == "unknown").sum().alias("unknown"),
        )
        .sort("month")
        .with_columns(
            (pl.col("officer") / pl.col("calls")).alias("officer_share_low"),
            ((pl.col("officer") + pl.col("unknown")) / pl.col("calls")).alias("officer_share_high"),
        )
    )


def main_days(calls: pl.DataFrame | pl.LazyFrame) -> tuple[dict[date, int], int]:
    """Calls on each day of the period that holds nearly all calls, and how many calls lie outside of it.

    Days are cut where four weeks have no call; pieces at either end with less than a hundredth of all calls are
    outside.
    """
    counted = (
        day_counts(calls)
        .filter(pl.col("started_local").is_not_null())
        .group_by((pl.col("started_local") // 86400).alias("day"))
        .agg(pl.col("calls").sum())
        .sort("day")
    )
    days = {date(1970, 1, 1) + timedelta(days=int(d)): int(n) for d, n in counted.iter_rows()}
    pieces: list[list[date]] = []
    for day in days:
        if not pieces or (day - pieces[-1][-1]).days > _STRAY_GAP_DAYS:
            pieces.append([])
        pieces[-1].append(day)
    total = sum(days.values())
    big = [i for i, piece in enumerate(pieces) if sum(days[d] for d in piece) >= _STRAY_SHARE * total]
    if not big:
        return days, 0
    kept = {day: days[day] for piece in pieces[big[0] : big[-1] + 1] for day in piece}
    return kept, total - sum(kept.values())


def volume_patterns(calls: pl.DataFrame | pl.LazyFrame) -> list[Pattern]:
    """Gaps, jumps and stray dates in a clean calls table (started_local, initiated_by)."""
    calls = day_counts(calls)
    days, outside = main_days(calls)
    if not days:
        return []
    found = [
        pattern(
            "outside_period",
            int(calls["calls"].sum()),
            [f"outside {_span(min(days), max(days))}"],
            count=outside,
        )
    ]
    months = calls_by_month(calls)
    first, last = f"{min(days):%Y-%m}", f"{max(days):%Y-%m}"
    months = months.filter(pl.col("month").is_between(pl.lit(first), pl.lit(last)))
    calendar = _months_between(first, last)
    gone = [m for m in calendar if m not in set(months["month"])]
    found += [
        pattern("missing_month", len(calendar), gone, months=gone),
        _missing_days(days, set(gone)),
        _month_jumps(months, days),
        _day_jumps(days),
        _officer_jumps(months),
    ]
    return [p for p in found if p.problem.count]


def _months_between(first: str, last: str) -> list[str]:
    year, month = int(first[:4]), int(first[5:])
    out = []
    while f"{year:04}-{month:02}" <= last:
        out.append(f"{year:04}-{month:02}")
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return out


def _span(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first} to {last}"


def _missing_days(days: dict[date, int], gone: set[str]) -> Pattern:
    """Days without a call inside the period, as runs; days of missing months are not told twice."""
    everyday = sum(days.values()) / len(days)
    calendar = [min(days) + timedelta(days=i) for i in range((max(days) - min(days)).days + 1)]
    absent = [d for d in calendar if d not in days and f"{d:%Y-%m}" not in gone] if everyday >= _BUSY else []
    runs: list[list[date]] = []
    for day in absent:
        if not runs or (day - runs[-1][-1]).days > 1:
            runs.append([])
        runs[-1].append(day)
    return pattern("missing_day", len(calendar), [_span(r[0], r[-1]) for r in runs], count=len(absent))


def _beyond_chance(new: float, old: float) -> bool:
    return abs(new - old) > _SIGMAS * math.sqrt(max(old, 1.0))


def _month_jumps(months: pl.DataFrame, days: dict[date, int]) -> Pattern:
    """Adjacent months in the file; calls per day that has calls, so that a half month is no jump."""
    # The first and the last day are often cut through by the extract.
    inner = {d: n for d, n in days.items() if d not in (min(days), max(days))}
    per_month: dict[str, list[int]] = {}
    for day, n in inner.items():
        per_month.setdefault(f"{day:%Y-%m}", []).append(n)
    levels = {m: (sum(ns) / len(ns), len(ns)) for m, ns in per_month.items() if len(ns) >= _FEWEST_DAYS}
    jumps, seen = [], []
    for before, after in pairwise(levels):
        (old, old_days), (new, new_days) = levels[before], levels[after]
        shared = min(old_days, new_days)
        large = max(old, new) >= _MONTH_RATIO * min(old, new)
        if large and _beyond_chance(new * shared, old * shared):
            jumps.append(f"{before} to {after}: {old:,.0f} to {new:,.0f} calls a day")
            seen.append(after)
    return pattern("volume_jump_month", months.height, jumps, months=seen)


def _day_jumps(days: dict[date, int]) -> Pattern:
    jumps = []
    for day, n in days.items():
        if day in (min(days), max(days)):
            continue
        same_weekday = [
            days[near] for w in (-4, -3, -2, -1, 1, 2, 3, 4) if (near := day + timedelta(weeks=w)) in days
        ]
        if len(same_weekday) < 2:
            continue
        usual = float(median(same_weekday))
        large = n >= _DAY_RATIO * usual or usual >= _DAY_RATIO * n
        if usual >= _BUSY and large and _beyond_chance(n, usual):
            jumps.append(f"{day}: {n:,} calls, usually {usual:,.0f}")
    return pattern("volume_jump_day", len(days), jumps)


def _officer_jumps(months: pl.DataFrame) -> Pattern:
    rows: Sequence[dict[str, float | str]] = months.to_dicts()
    jumps, seen = [], []
    for before, after in pairwise(rows):
        old, new = float(before["officer_share_low"]), float(after["officer_share_low"])
        n, m = float(before["calls"]), float(after["calls"])
        pooled = (float(before["officer"]) + float(after["officer"])) / (n + m)
        chance = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        if abs(new - old) >= _SHARE_STEP and abs(new - old) > _SIGMAS * chance:
            jumps.append(f"{before['month']} to {after['month']}: {old:.0%} to {new:.0%} of calls")
            seen.append(str(after["month"]))
    return pattern("officer_share_jump", months.height, jumps, months=seen)
