"""Which hours and areas would cover how many of the eligible calls, for every shift that a city could choose.

Coverage only asks whether the doors are open: a covered call may still find every team busy, which the simulation
tells. Hours are the city's wall clock, so a shift across a change of the clock needs no care, and a shift past
midnight counts the next day's first hours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl

from call_codes.errors import UsageError
from call_codes.hours import DAYS, Hours

HOURS_PER_WEEK: Final = 168
DAY_SETS: Final[Mapping[str, tuple[int, ...]]] = {
    "mon-sun": (0, 1, 2, 3, 4, 5, 6),
    "mon-fri": (0, 1, 2, 3, 4),
    "mon-sat": (0, 1, 2, 3, 4, 5),
    "sat-sun": (5, 6),
    "fri-sat": (4, 5),
}
NINE_TO_FIVE: Final = "mon-fri 09:00-17:00"


def hours_of_the_week(by_hour: pl.DataFrame, value: str) -> np.ndarray:
    """168 sums of `value`, Monday 00:00 first; rows without an hour are left out, hours without a row are 0."""
    sums = np.zeros(HOURS_PER_WEEK)
    known = (
        by_hour.filter(pl.col("hour_of_week").is_not_null()).group_by("hour_of_week").agg(pl.col(value).sum())
    )
    sums[known["hour_of_week"].to_numpy()] = known[value].fill_null(0).to_numpy()
    return sums


def coverage_grid(by_hour: pl.DataFrame, day_sets: Mapping[str, Sequence[int]] = DAY_SETS) -> pl.DataFrame:
    """What one shift a day would cover, for every start hour, length and set of days.

    Columns in: hour_of_week (0 = Monday 00:00), calls, unit_hours (null where the export has no times).
    Columns out: days, start_hour (0–23), hours_long (1–24), team_hours_per_week, schedule (as hours are written),
    covered_calls, calls (all with a known hour: the denominator), calls_share, unit_hours_share. A shift belongs to
    the day on which it starts. Sorted by days (in the order given), start_hour, hours_long.
    """
    calls = hours_of_the_week(by_hour, "calls")
    hours = hours_of_the_week(by_hour, "unit_hours")
    rows = []
    for label, days in day_sets.items():
        for start in range(24):
            for length in range(1, 25):
                open_hours = np.unique(
                    [(day * 24 + start + step) % HOURS_PER_WEEK for day in days for step in range(length)]
                )
                rows.append(
                    {
                        "days": label,
                        "start_hour": start,
                        "hours_long": length,
                        "team_hours_per_week": length * len(days),
                        "schedule": f"{label} {start:02d}:00-{start + length:02d}:00",
                        "covered_calls": calls[open_hours].sum(),
                        "calls": calls.sum(),
                        "calls_share": _share(calls[open_hours].sum(), calls.sum()),
                        "unit_hours_share": _share(hours[open_hours].sum(), hours.sum()),
                    }
                )
    return pl.DataFrame(rows, infer_schema_length=None)


def covered(by_hour: pl.DataFrame, hours: Hours) -> dict[str, float | None]:
    """What given opening hours cover: covered_calls, calls, calls_share, unit_hours_share.

    An hour that is open in part counts by the part, as if its calls came evenly.
    """
    open_part = np.array(
        [
            sum(max(0, min(end, 60 * h + 60) - max(start, 60 * h)) for start, end in hours.spans) / 60
            for h in range(168)
        ]
    )
    calls, unit_hours = hours_of_the_week(by_hour, "calls"), hours_of_the_week(by_hour, "unit_hours")
    return {
        "covered_calls": float(calls @ open_part),
        "calls": float(calls.sum()),
        "calls_share": _share(calls @ open_part, calls.sum()),
        "unit_hours_share": _share(unit_hours @ open_part, unit_hours.sum()),
    }


def on_even_weeks(by_hour: pl.DataFrame, weekdays: Sequence[float]) -> pl.DataFrame:
    """`by_hour` as if the export held every day of the week equally often: calls and unit_hours, with the same sum.

    Columns in: hour_of_week (null stays as it is), calls, unit_hours. weekdays: how many of each day it holds, Monday
    first.
    """
    day = pl.col("hour_of_week") // 24
    days = day.replace_strict(dict(enumerate(weekdays)), default=None, return_dtype=pl.Float64)
    even = pl.when(days > 0).then(1 / days).fill_null(1 / max(1e-9, sum(weekdays) / 7))
    return by_hour.with_columns(
        pl.col(name) * even * (pl.col(name).sum() / (pl.col(name) * even).sum())
        for name in ("calls", "unit_hours")
    )


def area_coverage(by_area: pl.DataFrame) -> pl.DataFrame:
    """Areas from the one with most eligible calls on: what the first n together cover.

    Columns in: area, calls, unit_hours. Calls add up over areas, so the first n are the best choice of n areas.
    Columns out: area, calls, areas (how many so far), covered_calls, calls_share, unit_hours_share; areas that are
    not known come last, under a null area, and are in the denominator.
    """
    table = (
        by_area.group_by("area")
        .agg(pl.col("calls").sum(), pl.col("unit_hours").sum())
        .sort(pl.col("area").is_null(), "calls", "area", descending=[False, True, False])
    )
    running = table.with_columns(
        pl.int_range(1, pl.len() + 1).alias("areas"),
        pl.col("calls").cum_sum().alias("covered_calls"),
        pl.col("unit_hours").cum_sum().alias("_covered_hours"),
    )
    return running.with_columns(
        pl.when(pl.col("calls").sum() > 0)
        .then(pl.col("covered_calls") / pl.col("calls").sum())
        .alias("calls_share"),
        pl.when(pl.col("unit_hours").sum() > 0)
        .then(pl.col("_covered_hours") / pl.col("unit_hours").sum())
        .alias("unit_hours_share"),
    ).drop("_covered_hours")


def schedule_text(shifts: Sequence[tuple[int, int]]) -> str:
    """Shifts (hour of the week at the start, hours long) as hours are written: "mon 09:00-17:00; tue …".

    Days with the same times are put together. Raises UsageError where there is no shift.
    """
    if not shifts:
        raise UsageError(found="no shift.", expected="one or more.", action="Give more team-hours.")
    days: dict[tuple[int, int], list[int]] = {}
    for start, length in sorted(shifts):
        days.setdefault((start % 24, length), []).append(start // 24)
    return "; ".join(
        f"{_day_text(on)} {start:02d}:00-{start + length:02d}:00"
        for (start, length), on in sorted(days.items(), key=lambda item: (item[1], item[0]))
    )


def _day_text(days: Sequence[int]) -> str:
    """ "mon-fri" for three days or more in a row, else "mon,wed"."""
    if len(days) > 2 and list(days) == list(range(days[0], days[-1] + 1)):
        return f"{DAYS[days[0]]}-{DAYS[days[-1]]}"
    return ",".join(DAYS[day] for day in days)


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None
