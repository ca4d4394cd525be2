"""A map of areas drawn from their outlines alone: no tiles, no street map, nothing asked of another host.

Longitude and latitude become a plane by shrinking east–west as the city's latitude does, which is exact enough
over a city. Outer rings run one way and holes the other, whatever the file had, or a hole would be painted over.
Shades carry their numbers as text; an area without a number is gray with a dashed outline.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from app.area_file import AreaFile, Ring, plain_name
from app.charts import COLORS, finish
from app.officer_time_cells import PLACE

if TYPE_CHECKING:
    import altair as alt

_WIDTH: Final = 620
_HEIGHT: Final = 560
# More names than this cannot be read on a map: a scale of shades stands beside it instead.
MOST_LABELS: Final = 40
_INK: Final = "#1a1a1a"
_SHADES: Final = ("#eaf3fa", "#0072B2", "#00304d")
_DARK_FROM: Final = 0.46
_UNTOLD: Final = "#d4d4d4"
NO_CALLS: Final = "no calls"


def area_map(
    file: AreaFile, property_name: str, values: pl.DataFrame, title: str, chosen: Collection[str] = ()
) -> alt.LayerChart:
    """Areas shaded by their value. Columns in: place, value (Float64; null: not told), text (the value in words).

    title: what the shades mean, with unit. chosen: names with a heavy outline.
    """
    import altair as alt

    told = {plain_name(row[PLACE]): row for row in values.drop_nulls(PLACE).iter_rows(named=True)}
    picked = {plain_name(name) for name in chosen}
    largest = float(values["value"].max() or 1)  # type: ignore[arg-type]
    polygons, height = _plane(file.outlines)
    shapes: dict[str, list[list[list[Any]]]] = {}
    for name, shape in zip(file.names(property_name), polygons, strict=True):
        shapes.setdefault(name, []).extend(shape)
    drawn = {name: shape for name, shape in sorted(shapes.items()) if shape}
    features, rows = [], []
    for name, shape in drawn.items():
        row = told.get(plain_name(name), {"value": None, "text": NO_CALLS})
        properties = {
            "value": row["value"],
            "state": "untold" if row["value"] is None else "told",
            "chosen": plain_name(name) in picked,
        }
        geometry = {"type": "MultiPolygon", "coordinates": shape}
        border = {"type": "MultiLineString", "coordinates": _border(shape)}
        features.append({"type": "Feature", "geometry": geometry, "part": "area", **properties})
        features.append({"type": "Feature", "geometry": border, "part": "border", **properties})
        x, y = _middle(shape)
        dark = (row["value"] or 0) > _DARK_FROM * largest
        rows.append({"x": x, "y": y, "text": f"{name}\n{row['text']}", "dark": dark})
    base = alt.Chart(alt.Data(values=features)).project(type="identity", scale=1, translate=[0, 0])
    areas, borders = (base.transform_filter(alt.datum.part == part) for part in ("area", "border"))
    many = len(drawn) > MOST_LABELS
    shade: dict[str, Any] = {
        "scale": alt.Scale(domain=[0, largest / 2, largest], range=list(_SHADES), interpolate="rgb"),
        "legend": alt.Legend(title=title, titleLimit=0) if many else None,
    }
    layers: list[Any] = [
        # Stroked in its own shade, or the ground would show between the pieces of one district.
        areas.transform_filter(alt.datum.state == "told")
        .mark_geoshape(strokeWidth=1, aria=False)
        .encode(fill=alt.Fill("value:Q", **shade), stroke=alt.Stroke("value:Q", **{**shade, "legend": None})),
        areas.transform_filter(alt.datum.state == "untold").mark_geoshape(
            fill=_UNTOLD, stroke=_UNTOLD, aria=False
        ),
        borders.mark_geoshape(filled=False, aria=False, stroke="white", strokeWidth=1.5),
        borders.transform_filter(alt.datum.state == "untold").mark_geoshape(
            filled=False, aria=False, stroke=_INK, strokeWidth=1.5, strokeDash=[4, 4]
        ),
        borders.transform_filter(alt.datum.chosen).mark_geoshape(
            filled=False, aria=False, stroke=COLORS[1], strokeWidth=4
        ),
    ]
    if not many:
        layers.append(_labels(rows, height))
    return finish(alt.layer(*layers).properties(width=_WIDTH, height=height))


def _labels(rows: list[dict[str, Any]], height: float) -> Any:
    """Name and value in the middle of each area; white where the shade is dark."""
    import altair as alt

    def place(domain: list[float]) -> dict[str, Any]:
        return {"axis": None, "scale": alt.Scale(domain=domain, nice=False, zero=False)}

    return (
        alt.Chart(pl.DataFrame(rows))
        .mark_text(fontSize=12, font="sans-serif", lineBreak="\n", baseline="middle", aria=False)
        .encode(
            x=alt.X("x:Q", **place([0, _WIDTH])),
            y=alt.Y("y:Q", **place([height, 0])),
            text="text:N",
            color=alt.condition(alt.datum.dark, alt.value("white"), alt.value(_INK)),
        )
    )


def _border(shape: list[list[list[Any]]]) -> list[list[list[float]]]:
    """The lines around a shape. What two pieces of one area share is no border of it."""
    if len(shape) == 1:
        return [list(ring) for ring in shape[0]]
    edges: dict[tuple[Any, ...], int] = {}
    for polygon in shape:
        for ring in polygon:
            for a, b in pairwise(ring):
                edge = tuple(sorted((tuple(a), tuple(b))))
                edges[edge] = edges.get(edge, 0) + 1
    return [[list(a), list(b)] for (a, b), times in edges.items() if times == 1]


def _middle(shape: list[list[list[Any]]]) -> list[float]:
    """Where an area's name stands: its center of mass where that lies in it, else that of its largest piece."""
    centers = sorted((_center(polygon[0]) for polygon in shape), key=lambda found: -found[0])
    total = sum(size for size, _ in centers) or 1.0
    whole = [round(sum(size * spot[i] for size, spot in centers) / total, 1) for i in (0, 1)]
    return whole if any(_holds(polygon[0], whole) for polygon in shape) else centers[0][1]


def _holds(ring: list[list[float]], spot: list[float]) -> bool:
    """Whether a ray to the right crosses the ring an odd number of times."""
    x, y = spot
    crossed = [
        a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1]) > x
        for a, b in pairwise(ring)
        if (a[1] > y) != (b[1] > y)
    ]
    return sum(crossed) % 2 == 1


def _plane(outlines: Sequence[Sequence[Sequence[Ring]]]) -> tuple[list[list[list[Any]]], float]:
    """The outlines in pixels, y down, with rings turned the right way, and the height of the picture."""
    points = [point for shape in outlines for polygon in shape for ring in polygon for point in ring]
    left, right = min(p[0] for p in points), max(p[0] for p in points)
    low, high = min(p[1] for p in points), max(p[1] for p in points)
    squeeze = math.cos(math.radians((low + high) / 2))
    wide, tall = (right - left) * squeeze or 1e-9, (high - low) or 1e-9
    scale = min(_WIDTH / wide, _HEIGHT / tall)
    margin = (_WIDTH - wide * scale) / 2

    def pixel(point: tuple[float, float]) -> list[float]:
        # To a tenth of a pixel: neighbors are rounded alike, so that no gap opens between them.
        x, y = margin + (point[0] - left) * squeeze * scale, (high - point[1]) * scale
        return [round(x, 1), round(y, 1)]

    drawn = []
    for shape in outlines:
        polygons = []
        for polygon in shape:
            rings = [_ring([pixel(p) for p in ring], hole=number > 0) for number, ring in enumerate(polygon)]
            if rings and rings[0]:
                polygons.append([ring for ring in rings if ring])
        drawn.append(polygons)
    return drawn, tall * scale


def _ring(points: list[list[float]], *, hole: bool) -> list[list[float]]:
    """A closed ring without repeated points, clockwise on the screen, holes the other way; empty where too small."""
    slim = [point for number, point in enumerate(points) if number == 0 or point != points[number - 1]]
    if slim and slim[0] != slim[-1]:
        slim.append(slim[0])
    if len(slim) < 4:
        return []
    clockwise = _twice_area(slim) > 0
    return slim[::-1] if clockwise == hole else slim


def _twice_area(ring: list[list[float]]) -> float:
    """Twice the signed area: positive where the ring runs clockwise on a screen, whose y points down."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


def _center(ring: list[list[float]]) -> tuple[float, list[float]]:
    """The area of a ring and its center of mass."""
    twice = _twice_area(ring)
    if abs(twice) < 1e-9:
        return 0.0, ring[0]
    x, y = (
        sum((a[i] + b[i]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairwise(ring)) / (3 * twice)
        for i in (0, 1)
    )
    return abs(twice) / 2, [round(x, 1), round(y, 1)]
