"""What is known of the areas themselves: their names, residents, lasting traits, and which of them touch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from call_codes.errors import InputError, UsageError, did_you_mean
from calls.areas import read_areas
from calls.read import read_table
from evaluation.after.rings import Neighbors, both_ways, neighbors_of_polygons, neighbors_of_table
from evaluation.after.study import Study

_POLYGONS: Final = (".geojson", ".json")


@dataclass(frozen=True)
class AreaFacts:
    """areas: the names in the areas' file, sorted, or None without one. table: area, residents (Float64), or None.

    neighbors: which areas touch, or None where the study does not say.
    """

    areas: tuple[str, ...] | None
    table: pl.DataFrame | None
    neighbors: Neighbors | None


def area_facts(study: Study) -> AreaFacts:
    """The study's [areas], read. Raises InputError or UsageError for a file or a column that is not there."""
    wanted = study.areas
    neighbors = _listed(wanted.neighbors) if wanted.neighbors is not None else None
    if wanted.neighbors_path is not None:
        neighbors = neighbors_of_table(study.file(wanted.neighbors_path))
    if wanted.path is None:
        return AreaFacts(None, None, neighbors)
    path = study.file(wanted.path)
    if path.suffix.lower() in _POLYGONS:
        found = neighbors_of_polygons(path, wanted.name)
        neighbors = neighbors or found
        rows = pl.DataFrame(
            [
                {key: None if value is None else str(value) for key, value in feature.properties.items()}
                for feature in read_areas(path).features
            ]
        )
    else:
        rows = read_table(path).frame
    for column in (wanted.name, *([wanted.residents] if wanted.residents else [])):
        if column not in rows.columns:
            raise UsageError(
                found=f'no column "{column}" in {path.name}.{did_you_mean(column, rows.columns)}',
                expected=f"one of: {', '.join(rows.columns)}",
                action="correct [areas]",
            )
    names = rows[wanted.name].str.strip_chars()
    table = None
    if wanted.residents is not None:
        residents = rows[wanted.residents].str.replace_all(",", "").cast(pl.Float64, strict=False)
        table = (
            pl.DataFrame({"area": names, "residents": residents})
            .drop_nulls("area").group_by("area").agg(pl.col("residents").sum()).sort("area")
        )  # fmt: skip
    areas = tuple(sorted(set(names.drop_nulls()) - {""}))
    if not areas:
        raise InputError(
            found=f"no area in {path.name}", expected="one row per area", action="correct path in [areas]"
        )
    return AreaFacts(areas, table, neighbors)


def _listed(neighbors: Mapping[str, tuple[str, ...]]) -> Neighbors:
    return both_ways(((one, other) for one, others in neighbors.items() for other in others), neighbors)
