"""Which areas touch, and how far each lies from the program: the rings in which spill-over would show.

A program may push calls next door, or its officers may be freed for the neighbours. Areas that touch one of the
program's are ring 1, those that touch ring 1 are ring 2, and so on. Who touches whom comes from the polygons, from
a table, or from a list in the study.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from call_codes.errors import UsageError, did_you_mean
from calls.areas import name_property, read_areas
from calls.read import read_table
from evaluation.after.panel import Panel

Neighbors = dict[str, tuple[str, ...]]
# About a metre and a half: boundaries of neighbours are seldom drawn to the very same digits.
TOLERANCE_DEGREES: Final = 1.5e-5


def neighbors_of_polygons(
    path: str | Path, name: str, tolerance_degrees: float = TOLERANCE_DEGREES
) -> Neighbors:
    """The areas of a GeoJSON that touch each other, in a point or along a line ("queen" contiguity); sorted.

    name: the property with the area's name; several features of one name are one area. Two areas touch where a
    corner of one lies within `tolerance_degrees` of a side of the other, so corners need not be shared. Raises
    InputError for a file that is no GeoJSON of polygons, or a property that is not there.
    """
    areas = read_areas(path)
    name = name_property(areas, name)
    pieces: dict[str, list[np.ndarray]] = {}
    for feature in areas.features:
        if feature.properties.get(name) is not None:
            pieces.setdefault(str(feature.properties[name]), []).append(feature.edges)
    outlines = {area: np.concatenate(parts) for area, parts in pieces.items()}
    touching = [
        pair
        for pair in combinations(sorted(outlines), 2)
        if _touch(outlines[pair[0]], outlines[pair[1]], tolerance_degrees)
    ]
    return both_ways(touching, outlines)


def neighbors_of_table(path: str | Path) -> Neighbors:
    """The areas that a table with the columns area and neighbor lists; each pair counts both ways."""
    raw = read_table(Path(path))
    for column in ("area", "neighbor"):
        if column not in raw.headers:
            raise UsageError(
                found=f'no column "{column}" in {raw.path.name}.{did_you_mean(column, raw.headers)}',
                expected="the columns area and neighbor, one row per pair",
                action="rename the columns",
            )
    pairs = raw.frame.select(pl.col("area", "neighbor").str.strip_chars()).drop_nulls()
    return both_ways(pairs.iter_rows(), pairs["area"])


def both_ways(pairs: Iterable[tuple[str, str]], areas: Iterable[str] = ()) -> Neighbors:
    """Each pair in both directions, sorted; `areas` without a neighbour have an empty tuple."""
    found: dict[str, set[str]] = {area: set() for area in areas}
    for one, other in pairs:
        if one != other:
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return {area: tuple(sorted(others)) for area, others in sorted(found.items())}


def rings(neighbors: Mapping[str, tuple[str, ...]], treated: Iterable[str]) -> dict[str, int | None]:
    """How many steps each area lies from the nearest of `treated`: 0 = treated, 1 = touches one; None = no way.

    Raises UsageError where an area of `treated` is not among the neighbours' areas.
    """
    distance: dict[str, int | None] = dict.fromkeys(sorted(neighbors))
    edge = sorted(set(treated))
    for area in edge:
        if area not in distance:
            raise UsageError(
                found=f'no "{area}" among the areas whose neighbors are known.{did_you_mean(area, distance)}',
                expected=f"one of: {', '.join(distance)}",
                action="use the same names for areas in the data and in [areas]",
            )
    step = 0
    while edge:
        for area in edge:
            distance[area] = step
        step += 1
        edge = sorted({n for area in edge for n in neighbors[area] if n in distance and distance[n] is None})
    return distance


def ring_table(panel: Panel) -> pl.DataFrame:
    """The panel's table with `ring` and `neighbor_start`, for the spill-over check; rows and order stay.

    - ring: Int64, steps from the nearest area that is ever treated; null where no way leads there.
    - neighbor_start: Int64, the first period in which an area that touches this one is treated; null = none is.

    Raises UsageError where the panel does not know which areas touch.
    """
    if panel.neighbors is None:
        raise UsageError(
            found="no neighbors of the areas",
            expected="which areas touch, so that spill-over to the next areas can be looked for",
            action="add path (a GeoJSON) or neighbors to [areas] in the study",
        )
    starts = dict(
        panel.table.filter(pl.col("start").is_not_null()).select("area", "start").unique().iter_rows()
    )
    distance = rings(panel.neighbors, starts)
    rows = [
        (area, distance.get(area), min((starts[n] for n in panel.neighbors.get(area, ()) if n in starts), default=None))
        for area in panel.table["area"].unique().sort()
    ]  # fmt: skip
    added = pl.DataFrame(
        rows, schema={"area": pl.String, "ring": pl.Int64, "neighbor_start": pl.Int64}, orient="row"
    )
    return panel.table.join(added, on="area", how="left", maintain_order="left")


def _touch(one: np.ndarray, other: np.ndarray, tolerance: float) -> bool:
    for axis in (0, 1):
        if (
            one[:, axis].min() > other[:, axis].max() + tolerance
            or other[:, axis].min() > one[:, axis].max() + tolerance
        ):
            return False
    return _corner_on_side(one, other, tolerance) or _corner_on_side(other, one, tolerance)


def _corner_on_side(corners: np.ndarray, sides: np.ndarray, tolerance: float) -> bool:
    """Whether any corner of one outline lies within `tolerance` of a side of the other."""
    low = np.minimum(sides[:, :2], sides[:, 2:]).min(axis=0) - tolerance
    high = np.maximum(sides[:, :2], sides[:, 2:]).max(axis=0) + tolerance
    points = corners[:, :2]
    points = points[((points >= low) & (points <= high)).all(axis=1)]
    start, along = sides[:, :2], sides[:, 2:] - sides[:, :2]
    length = np.maximum((along**2).sum(axis=1), 1e-300)
    # One corner at a time against all sides: outlines of thousands of corners would not fit as one matrix.
    for point in points:
        share = np.clip(((point - start) * along).sum(axis=1) / length, 0, 1)
        nearest = start + share[:, None] * along
        if (((point - nearest) ** 2).sum(axis=1) <= tolerance**2).any():
            return True
    return False
