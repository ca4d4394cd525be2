"""Areas: which polygon of a GeoJSON file each call's point lies in, and which area column to ask by.

Ray casting on the coordinates as they stand: a point is inside if a ray to the east crosses the outline an odd
number of times, which takes care of holes and of areas in several pieces. A point on a shared border belongs to
exactly one of the two areas. Council districts come first, because councils decide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from call_codes.errors import InputError, did_you_mean

# How the name of a council district is usually headed, best first; the rest are other areas, best first.
_COUNCIL: Final = ("council_district", "council_dist", "councildistrict", "council", "ward", "district")
_OTHER: Final = ("neighborhood", "precinct", "beat", "zone", "sector", "area", "name", "id")
_WHAT: Final = (
    "a GeoJSON file with a FeatureCollection of Polygon or MultiPolygon areas in longitude and latitude"
)
_ACTION: Final = "export the areas as GeoJSON (WGS 84, RFC 7946) from the city's open-data portal or a GIS"


@dataclass(frozen=True)
class Area:
    """One feature: its properties, and its outlines as (start and end x, start and end y) of every edge."""

    properties: Mapping[str, Any]
    edges: np.ndarray
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Areas:
    """The features of one file in their order. name: the file's name."""

    name: str
    features: tuple[Area, ...]

    @property
    def properties(self) -> tuple[str, ...]:
        """The names of the properties that the first feature has."""
        return tuple(self.features[0].properties)


def read_areas(path: str | Path) -> Areas:
    """The areas of a GeoJSON file. Raises InputError for another file, another geometry or projected coordinates."""
    path = Path(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise _wrong(f"{path.name}, which cannot be read: {error}") from None
    features = data.get("features") if isinstance(data, dict) else None
    if not features:
        raise _wrong(f"no features in {path.name}")
    return Areas(path.name, tuple(_area(feature, path.name) for feature in features))


def _area(feature: Mapping[str, Any], name: str) -> Area:
    geometry = feature.get("geometry") or {}
    kind = geometry.get("type")
    if kind not in ("Polygon", "MultiPolygon"):
        raise _wrong(f"a feature with {kind or 'no'} geometry in {name}")
    polygons = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
    try:
        rings = [np.asarray([p[:2] for p in ring], dtype=np.float64) for rings in polygons for ring in rings]
        edges = np.concatenate([np.hstack([ring, np.roll(ring, -1, axis=0)]) for ring in rings])
    except (TypeError, ValueError, IndexError):
        raise _wrong(f"an outline without pairs of numbers in {name}") from None
    x, y = edges[:, 0], edges[:, 1]
    if not (np.all(np.abs(x) <= 180) and np.all(np.abs(y) <= 90)):
        raise _wrong(f"coordinates such as {x[0]:g}, {y[0]:g} in {name}, which are no degrees")
    box = (float(x.min()), float(y.min()), float(x.max()), float(y.max()))
    return Area(feature.get("properties") or {}, edges, box)


def _wrong(found: str) -> InputError:
    return InputError(found=found, expected=_WHAT, action=_ACTION)


def name_property(areas: Areas, wanted: str | None = None) -> str:
    """Which property names the areas: `wanted`, else the council district's, else the most usual name.

    Raises InputError if `wanted` is not there, or nothing looks like a name.
    """
    if wanted is not None and wanted in areas.properties:
        return wanted
    spelled = {name.lower().replace(" ", "_"): name for name in areas.properties}
    if wanted is None:
        for usual in (*_COUNCIL, *_OTHER):
            if usual in spelled:
                return spelled[usual]
    raise InputError(
        found=f'no property "{wanted}" in {areas.name}.{did_you_mean(wanted, areas.properties)}'
        if wanted
        else f"no property in {areas.name} that names its areas",
        expected=f"one of: {', '.join(areas.properties)}",
        action="say which property holds the council district or the area's name",
    )


def area_of_points(points: pl.DataFrame, areas: Areas, property_name: str) -> pl.Series:
    """The area (String) of every point; null where a coordinate is missing or no area holds the point.

    Columns in: latitude, longitude (degrees). Where areas overlap the first in the file wins.
    """
    spots = points.select("latitude", "longitude").with_row_index("_row")
    distinct = spots.drop_nulls().unique(["latitude", "longitude"]).sort("latitude", "longitude")
    y, x = (distinct[name].to_numpy() for name in ("latitude", "longitude"))
    found = np.full(len(x), -1)
    for number, area in enumerate(areas.features):
        left, low, right, high = area.box
        near = np.flatnonzero((found < 0) & (x >= left) & (x <= right) & (y >= low) & (y <= high))
        found[near[_inside(x[near], y[near], area.edges)]] = number
    names = [str(area.properties.get(property_name)) for area in areas.features]
    distinct = distinct.with_columns(
        pl.Series("area", [names[number] if number >= 0 else None for number in found], dtype=pl.String)
    )
    return spots.join(distinct.drop("_row"), on=["latitude", "longitude"], how="left", maintain_order="left")[
        "area"
    ]


def _inside(x: np.ndarray, y: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Even–odd rule. An edge counts from its lower end up to, and without, its upper end, so that no corner counts
    twice and a point on a border that two areas share lies in one of them."""
    inside = np.zeros(len(x), dtype=bool)
    for x1, y1, x2, y2 in edges:
        if y1 == y2:
            continue
        # The lower end first, so that both areas at a border compute the very same crossing.
        (xa, ya), (xb, yb) = sorted(((x1, y1), (x2, y2)), key=lambda end: (end[1], end[0]))
        crossed = (y >= ya) & (y < yb)
        inside ^= crossed & (x < xa + (y - ya) * (xb - xa) / (yb - ya))
    return inside


def with_area(
    calls: pl.LazyFrame, areas: Areas, property_name: str | None = None, column: str = "council_district"
) -> pl.LazyFrame:
    """`calls` or unit rows with `column`: the area that their latitude and longitude lie in, null where in none.

    Coordinates are rounded to 100 meters, so calls near a border may fall on its other side.
    """
    name = name_property(areas, property_name)
    spots = calls.select("latitude", "longitude").unique().collect()
    spots = spots.with_columns(area_of_points(spots, areas, name).alias(column))
    return calls.join(
        spots.lazy(), on=["latitude", "longitude"], how="left", nulls_equal=True, maintain_order="left"
    )


def area_column(
    calls: pl.LazyFrame, candidates: Sequence[str] = ("council_district", "district", "area")
) -> str | None:
    """The first of the columns that nearly all calls (nine of ten) have; else the fullest; None if all are empty."""
    present = [name for name in candidates if name in calls.collect_schema()]
    if not present:
        return None
    filled = calls.select(pl.col(present).count() / pl.len()).collect().row(0)
    shares = {name: share or 0.0 for name, share in zip(present, filled, strict=True)}
    full = [name for name in present if shares[name] >= 0.9]
    best = full[0] if full else max(present, key=lambda name: shares[name])
    return best if shares[best] else None


def area_code_changes(calls: pl.LazyFrame, column: str) -> pl.DataFrame:
    """Areas that are not in use through the whole extract: their codes were changed, so months cannot be compared.

    Columns in: started_local and `column`. Columns out, sorted by area: area, first_month, last_month ("2023-06"),
    calls, change ("new", "vanished" or "new and vanished"). An area counts as new or vanished only if it had so
    many calls that a whole month without one cannot be chance (an even use would have given 12 or more in the
    time without it).
    """
    month = pl.from_epoch("started_local", time_unit="s").dt.truncate("1mo")
    table = (
        calls.filter(pl.col(column).is_not_null() & pl.col("started_local").is_not_null())
        .group_by(pl.col(column).alias("area"), month.alias("month"))
        .agg(pl.len().cast(pl.Int64).alias("calls"))
        .collect()
    )
    if table.is_empty():
        texts = dict.fromkeys(("area", "first_month", "last_month"), pl.String)
        return pl.DataFrame(schema={**texts, "calls": pl.Int64, "change": pl.String})
    months = sorted(table["month"].unique().to_list())
    at = {value: number for number, value in enumerate(months)}
    n = pl.col("calls")
    used = (
        table.with_columns(pl.col("month").replace_strict(at, return_dtype=pl.Int64).alias("_at"))
        .group_by("area")
        .agg(pl.col("_at").min().alias("_first"), pl.col("_at").max().alias("_last"), n.sum())
    )
    per_month = n / (pl.col("_last") - pl.col("_first") + 1)
    new = per_month * pl.col("_first") >= 12
    gone = per_month * (len(months) - 1 - pl.col("_last")) >= 12
    words = {number: f"{value:%Y-%m}" for value, number in at.items()}
    return (
        used.filter(new | gone)
        .select(
            "area",
            pl.col("_first").replace_strict(words, return_dtype=pl.String).alias("first_month"),
            pl.col("_last").replace_strict(words, return_dtype=pl.String).alias("last_month"),
            "calls",
            pl.when(new & gone).then(pl.lit("new and vanished")).when(new).then(pl.lit("new"))
            .otherwise(pl.lit("vanished")).alias("change"),
        )
        .sort("area")
    )  # fmt: skip
