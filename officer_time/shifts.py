"""Who is on duty when, from a city's own table of shifts, and how much of that time is taken.

The saturation index is committed unit time ÷ staffed unit time, the two sides of the workload studies of the
Center for Public Safety Management (report for Morgan Hill, California, page 21: "Rule of 60"): calls,
police-initiated work, directed patrol and administrative time, over the patrol time that is on duty. About 60 %
is that center's benchmark, not a law; time above it is called largely reactive.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from call_codes.errors import InputError, PolicyError
from call_codes.hours import MINUTES_PER_WEEK, Hours, parse_hours
from calls.read import read_table
from officer_time.busy_tables import with_hour_of_week

SATURATION_DEFINITION: Final = "unit-hours committed from assignment to clear ÷ unit-hours on duty by the shift table, in recorded minutes"
_COLUMNS: Final = ("hours", "units")
_FORM: Final = (
    'a TOML file with [[shift]] entries or a CSV, each with hours ("mon-fri 07:00-17:00") and units (how many '
    "units are on duty), and responder where it is not police"
)


@dataclass(frozen=True)
class Shift:
    """So many units of one kind (`responder` as in calls.schema) on duty in the hours of every week."""

    hours: Hours
    units: float
    responder: str = "police"


def read_shifts(path: str | Path) -> tuple[Shift, ...]:
    """The shifts of a .toml ([[shift]] hours, units, responder) or a table with columns of these names.

    Hours are written as in policies: see call_codes.hours. Raises InputError for what cannot be read.
    """
    path = Path(path)
    if path.suffix.lower() == ".toml":
        try:
            rows: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8")).get("shift", [])
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise _unreadable(path, f"{path.name} cannot be read: {error}") from None
    else:
        frame = read_table(path).frame
        rows = frame.rename({name: name.strip().lower() for name in frame.columns}).to_dicts()
    if not rows:
        raise _unreadable(path, f"no shift in {path.name}")
    return tuple(_shift(row, f"shift {number} of {path.name}") for number, row in enumerate(rows, 1))


def _shift(row: dict[str, Any], where: str) -> Shift:
    for name in _COLUMNS:
        if row.get(name) in (None, ""):
            raise _unreadable(None, f"{where} has no {name}")
    try:
        units = float(row["units"])
    except ValueError:
        units = -1.0
    if not 0 <= units < float("inf"):
        raise _unreadable(None, f'{where} has "{row["units"]}" units')
    try:
        hours = parse_hours(str(row["hours"]))
    except PolicyError as error:
        raise _unreadable(None, f"{where}: {error.found}") from None
    return Shift(hours, units, str(row.get("responder") or "police").strip().lower())


def _unreadable(path: Path | None, found: str) -> InputError:
    return InputError(found=found, expected=_FORM, action="correct the shift table and run again")


def staffed_units(shifts: Sequence[Shift]) -> pl.DataFrame:
    """Units on duty in every minute of the week: responder, minute_of_week (0 … 10,079), staffed_units, sorted.

    Shifts that overlap add up. A minute without a shift has 0; a kind of unit without any shift has no rows.
    """
    by_responder: dict[str, list[float]] = {}
    for shift in shifts:
        minutes = by_responder.setdefault(shift.responder, [0.0] * MINUTES_PER_WEEK)
        for start, end in shift.hours.spans:
            for minute in range(start, end):
                minutes[minute] += shift.units
    tables = [
        pl.DataFrame({"minute_of_week": range(MINUTES_PER_WEEK), "staffed_units": minutes}).select(
            pl.lit(responder).alias("responder"), "minute_of_week", "staffed_units"
        )
        for responder, minutes in sorted(by_responder.items())
    ]
    return pl.concat(tables)


def saturation(minutes: pl.DataFrame, staffed: pl.DataFrame, time_zone: str | None) -> pl.DataFrame:
    """Committed against staffed unit time in each hour of the week, for each responder that has shifts.

    Columns in: minutes as officer_time.busy_tables.busy_minutes by responder; staffed as staffed_units.

    Columns out, sorted: responder, hour_of_week, staffed_unit_hours, committed_unit_hours, unobligated_unit_hours
    (staffed and not committed, minute by minute, never below zero), minutes, minutes_over_staffed (more units busy
    than the shift table knows of: it is wrong there, or there was overtime, or units of other divisions came),
    saturation_index (null where nobody is staffed).
    """
    on_duty, busy = pl.col("staffed_units") * 60, pl.col("busy_seconds")
    hours = (
        with_hour_of_week(minutes, time_zone)
        .join(staffed, on=["responder", "minute_of_week"], how="inner", maintain_order="left")
        .group_by("responder", "hour_of_week", maintain_order=True)
        .agg(
            (on_duty.sum() / 3600).alias("staffed_unit_hours"),
            (busy.sum() / 3600).alias("committed_unit_hours"),
            ((on_duty - busy).clip(lower_bound=0).sum() / 3600).alias("unobligated_unit_hours"),
            pl.len().cast(pl.Int64).alias("minutes"),
            (busy > on_duty).sum().cast(pl.Int64).alias("minutes_over_staffed"),
        )
    )
    return _with_index(hours).sort("responder", "hour_of_week")


def saturation_in_all(hours: pl.DataFrame) -> pl.DataFrame:
    """The table of `saturation` added up over the hours of the week: one row per responder."""
    added = hours.select(pl.exclude("hour_of_week", "saturation_index"))
    return _with_index(added.group_by("responder").agg(pl.exclude("responder").sum())).sort("responder")


def _with_index(table: pl.DataFrame) -> pl.DataFrame:
    staffed = pl.col("staffed_unit_hours")
    return table.with_columns(
        pl.when(staffed > 0).then(pl.col("committed_unit_hours") / staffed).alias("saturation_index")
    )
