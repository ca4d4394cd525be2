"""By which areas a page may ask: the export's own columns, and the areas of a GeoJSON file that calls' points lie in.

Council districts come first, because councils decide. A column is preferred to points where both tell the same,
because coordinates are rounded to about a hundred meters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from app.job import Job
from calls.areas import Areas, name_property, with_area

# Fewer calls than this with an area: another kind of area is offered first.
_NEARLY_ALL: Final = 0.9
_LABELS: Final = {"district": "Council district or larger area", "area": "Area (beat, precinct or sector)"}


@dataclass(frozen=True)
class AreaChoice:
    """A kind of area. id: for links and keys; filled: share of calls that have one (0–1); areas and property_name
    where calls are placed by their coordinates, else None."""

    id: str
    label: str
    filled: float
    areas: Areas | None = None
    property_name: str | None = None

    def add_place(
        self, calls: pl.LazyFrame, units: pl.LazyFrame, column: str
    ) -> tuple[pl.LazyFrame, pl.LazyFrame]:
        """Calls and units with `column` (String; null: no area). Units have their call's."""
        if self.areas is None:
            return (
                calls.with_columns(pl.col(self.id).alias(column)),
                units.with_columns(pl.col(self.id).alias(column)),
            )
        placed = with_area(calls, self.areas, self.property_name, column)
        of_call = placed.select("call_id", column).unique("call_id")
        return placed, units.join(of_call, on="call_id", how="left", maintain_order="left")


def area_choices(job: Job, areas: Areas | None = None) -> tuple[AreaChoice, ...]:
    """The kinds of area that some call has, the one to begin with first. Empty where there is none.

    areas: of a GeoJSON file, or None; its areas are offered where calls have coordinates. Raises InputError where
    nothing in the file looks like a name.
    """
    present = job.calls.collect_schema()
    names = [name for name in ("district", "area") if name in present]
    points = ["latitude", "longitude"]
    filled = (
        job.calls.select(
            *((pl.col(name).count() / pl.len()).alias(name) for name in names),
            (pl.all_horizontal(pl.col(points).is_not_null()).sum() / pl.len()).alias("points"),
        )
        .collect()
        .row(0, named=True)
    )
    found = {name: AreaChoice(name, _label(job, name), filled[name]) for name in names if filled[name]}
    if areas is not None and filled["points"]:
        property_name = name_property(areas)
        label = f"{_plain(property_name)}, by where the call was ({areas.name})"
        found["points"] = AreaChoice("points", label, filled["points"], areas, property_name)
    order = [found[name] for name in ("district", "points", "area") if name in found]
    # Stable: of those that nearly all calls have, the first; then the fullest.
    return tuple(
        sorted(order, key=lambda choice: (choice.filled < _NEARLY_ALL, -min(choice.filled, _NEARLY_ALL)))
    )


def _label(job: Job, name: str) -> str:
    """What the agency calls its column, else what such a column is."""
    sources = job.detection.layout.columns.get(name, ())
    return _plain(sources[0]) if len(sources) == 1 else _LABELS[name]


def _plain(name: str) -> str:
    """ "Council_District" → "Council district"; other spellings stay."""
    return name.replace("_", " ").capitalize() if "_" in name or name.islower() else name
