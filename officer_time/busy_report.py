"""Everything about busy units in one piece: when, how many, on what, what would be freed, and how saturated.

The central reading lets a span that could not be measured last as long as the mean of those that could; low
leaves it out, high lets it last for the cap. Only police units are swept. Of an export with one row per call only
the first or primary unit of each call is known, so fewer units seem busy than were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from calls.share import Share
from officer_time.busy import ACTIVITIES, ELIGIBLE, TOGETHER, Layers, busy_changes, unit_seconds
from officer_time.busy_tables import (
    busy_by_hour_of_week,
    busy_minutes,
    freed_time,
    recorded_minutes,
    share_at_least,
    time_at_least,
)
from officer_time.cells import POLICE_RESPONDERS, police_units
from officer_time.shifts import SATURATION_DEFINITION, Shift, saturation, saturation_in_all, staffed_units
from officer_time.spans import CAP_HOURS

_POLICE: Final = "police"


@dataclass(frozen=True)
class BusyUnits:
    """What busy_units found; tables as officer_time.busy_tables and officer_time.shifts return them.

    recorded_hours: of the extract, without gaps. unit_hours: low, central and high, of all spans, a unit counted
    once. unmeasured_rows: spans of unknown length, placed by their start or end; unplaced_rows: without any stamp,
    in none of the readings. nameless_rows: rows that each count as a unit. shares: units → time with at least so
    many busy. by_hour: of the week. by_activity: the same by layer. freed: None without `eligible`. saturation:
    by hour of the week, saturation_total for the extract; None without shifts.
    """

    recorded_hours: float
    unit_hours: tuple[float, float, float]
    unit_rows: int
    unmeasured_rows: int
    unplaced_rows: int
    nameless_rows: int
    at_least: pl.DataFrame
    shares: dict[int, Share]
    by_hour: pl.DataFrame
    by_activity: pl.DataFrame
    freed: pl.DataFrame | None
    saturation: pl.DataFrame | None
    saturation_total: pl.DataFrame | None

    def as_dict(self) -> dict[str, Any]:
        """For JSON: tables as lists of rows."""
        tables = ("at_least", "by_hour", "by_activity", "freed", "saturation", "saturation_total")
        return {
            "recorded_hours": self.recorded_hours,
            "unit_hours": dict(zip(("low", "central", "high"), self.unit_hours, strict=True)),
            "unit_rows": self.unit_rows,
            "unmeasured_rows": self.unmeasured_rows,
            "unplaced_rows": self.unplaced_rows,
            "nameless_rows": self.nameless_rows,
            "shares": {str(units): share.as_dict() for units, share in self.shares.items()},
            "saturation_definition": SATURATION_DEFINITION,
            **{
                name: table.to_dicts() if (table := getattr(self, name)) is not None else None
                for name in tables
            },
        }


def busy_units(
    units: pl.LazyFrame,
    time_zone: str | None,
    shifts: Sequence[Shift] = (),
    cap_hours: float = CAP_HOURS,
) -> BusyUnits:
    """Sweep the police units of `units` and answer what people ask of it.

    Columns in: calls.schema.UNIT_COLUMNS with category, and `eligible` (Boolean) for what would be freed.
    `time_zone` is the layout's zone (None: stamps were local already). Police, co-response units and units of
    unknown kind are one kind here. `shifts` of other responders than police are not asked.
    """
    police = police_units(units, cap_hours)
    status = pl.col("span_status")
    rows, measured, seconds, unplaced, nameless = (
        police.select(
            rows=pl.len(),
            measured=(status == "measured").sum(),
            seconds=pl.col("committed_seconds").sum(),
            unplaced=(status == "not_recorded").sum(),
            nameless=pl.col("unit_id").is_null().sum(),
        )
        .collect()
        .row(0)
    )
    mean = round(seconds / measured) if measured else 0
    all_police = units.filter(pl.col("responder").is_in(POLICE_RESPONDERS)).with_columns(
        pl.lit(_POLICE).alias("responder")
    )

    def swept(layers: Layers, unmeasured_seconds: int | None) -> pl.DataFrame:
        return busy_changes(all_police, ["responder"], layers, cap_hours, unmeasured_seconds)

    central = swept(ACTIVITIES, mean)
    low, high = swept(TOGETHER, None), swept(TOGETHER, int(cap_hours * 3600))
    recorded = recorded_minutes(low)
    minutes, least, most = (busy_minutes(changes, recorded, []) for changes in (central, low, high))
    by_layer = busy_minutes(central, recorded, ["layer"])
    at_least = time_at_least(minutes, [])
    has_eligible = "eligible" in units.collect_schema()
    on_duty = [shift for shift in shifts if shift.responder == _POLICE]
    hours = None
    if on_duty:
        named = minutes.select(pl.lit(_POLICE).alias("responder"), "minute", "busy_seconds")
        hours = saturation(named, staffed_units(on_duty), time_zone)
    return BusyUnits(
        recorded_hours=minutes.height / 60,
        unit_hours=(unit_seconds(low) / 3600, unit_seconds(central) / 3600, unit_seconds(high) / 3600),
        unit_rows=rows,
        unmeasured_rows=rows - measured - unplaced,
        unplaced_rows=unplaced,
        nameless_rows=nameless,
        at_least=at_least,
        shares={k: share_at_least(k, minutes, least, most) for k in at_least["units"].to_list()},
        by_hour=busy_by_hour_of_week(minutes, time_zone, []),
        by_activity=busy_by_hour_of_week(by_layer, time_zone, ["layer"]),
        freed=freed_time(swept(ELIGIBLE, mean), recorded, time_zone, []) if has_eligible else None,
        saturation=hours,
        saturation_total=None if hours is None else saturation_in_all(hours),
    )
