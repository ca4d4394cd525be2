"""A GeoJSON file of areas as the map needs it: names that match the calls', and outlines small enough to draw.

The file may be a stranger's: it is parsed as JSON and nothing else, refused where it is too large, and of its
properties only texts and numbers are read. What is drawn are fresh outlines made of its coordinates.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from call_codes.errors import InputError
from calls.areas import Areas, read_areas

LARGEST_BYTES: Final = 20_000_000
MOST_AREAS: Final = 2_000
MOST_POINTS: Final = 400_000
_NAMED_LIKE_AREAS: Final = ("area", "district", "beat", "precinct", "ward", "zone", "neighborhood")

Ring = list[tuple[float, float]]


@dataclass(frozen=True)
class AreaFile:
    """areas: for looking up points. outlines: per feature, polygons of rings of (longitude, latitude), in its order."""

    name: str
    sha256: str
    areas: Areas
    outlines: tuple[tuple[tuple[Ring, ...], ...], ...]

    def names(self, property_name: str) -> tuple[str, ...]:
        """The name of every feature, as text."""
        return tuple(str(area.properties.get(property_name)) for area in self.areas.features)


def area_file(name: str, content: bytes) -> AreaFile:
    """The areas in the bytes of a GeoJSON file. Raises InputError for what cannot be read or is too large."""
    if len(content) > LARGEST_BYTES:
        raise _too_large(f"{len(content) / 1e6:,.0f} MB in {name}")
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InputError(
            found=f"{name}, which cannot be read as GeoJSON ({type(error).__name__}).",
            expected="a GeoJSON file (.geojson or .json) with the outlines of areas.",
            action="Export the areas as GeoJSON from the city's open-data portal or a GIS.",
        ) from None
    features = data.get("features") if isinstance(data, dict) else None
    features = features if isinstance(features, list) else []
    if len(features) > MOST_AREAS:
        raise _too_large(f"{len(features):,} areas in {name}")
    with tempfile.TemporaryDirectory(prefix="rightcall-") as folder:
        # One reader of areas for commands and pages: it takes a file.
        path = Path(folder) / "areas.geojson"
        path.write_bytes(content)
        try:
            areas = read_areas(path)
        except InputError as error:
            raise InputError(
                found=error.found.replace(path.name, name), expected=error.expected, action=error.action
            ) from None
        except (AttributeError, TypeError, KeyError):
            raise InputError(
                found=f"{name}, in which a feature has no outline.",
                expected="a FeatureCollection of Polygon or MultiPolygon areas.",
                action="Export the areas as GeoJSON from the city's open-data portal or a GIS.",
            ) from None
    outlines = tuple(_polygons(feature["geometry"]) for feature in features)
    points = sum(len(ring) for polygons in outlines for polygon in polygons for ring in polygon)
    if points > MOST_POINTS:
        raise _too_large(f"{points:,} corners in {name}")
    return AreaFile(name, hashlib.sha256(content).hexdigest(), areas, outlines)


def _polygons(geometry: Mapping[str, Any]) -> tuple[tuple[Ring, ...], ...]:
    found = geometry["coordinates"]
    polygons = [found] if geometry["type"] == "Polygon" else found
    return tuple(
        tuple([(float(p[0]), float(p[1])) for p in ring] for ring in polygon) for polygon in polygons
    )


def _too_large(found: str) -> InputError:
    return InputError(
        found=f"{found}.",
        expected=f"at most {LARGEST_BYTES / 1e6:,.0f} MB, {MOST_AREAS:,} areas and {MOST_POINTS:,} corners: more than "
        "any city's districts or beats need.",
        action="Simplify the outlines (in QGIS: Vector, Geometry Tools, Simplify), or take larger areas.",
    )


def found_beside(exports: Iterable[Path]) -> Path | None:
    """The GeoJSON file of areas in the folder of an export: the only one, or the only one named like areas."""
    for folder in dict.fromkeys(path.resolve().parent for path in exports if path.is_file()):
        files = sorted(folder.glob("*.geojson"))
        named = [file for file in files if any(word in file.stem.lower() for word in _NAMED_LIKE_AREAS)]
        for candidates in (files, named):
            if len(candidates) == 1:
                return candidates[0]
    return None


def property_like(file: AreaFile, places: Collection[str]) -> str | None:
    """The property whose values name most of the calls' areas; None where none names any."""
    wanted = {plain_name(place) for place in places}
    matched = {
        name: len({plain_name(value) for value in file.names(name)} & wanted)
        for name in file.areas.properties
    }
    best = max(matched, key=lambda name: matched[name], default=None)
    return best if best is not None and matched[best] else None


def plain_name(name: str) -> str:
    """A name without what two offices write in two ways: case, spaces around it, zeros in front ("01" and "1")."""
    plain = " ".join(name.casefold().split())
    return plain.lstrip("0") or plain
