"""Points into areas, populations with their source, and rates per 1,000 residents."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_codes.errors import InputError
from calls.areas import (
    Area,
    Areas,
    area_code_changes,
    area_column,
    area_of_points,
    name_property,
    read_areas,
    with_area,
)
from calls.clean import clean
from calls.layouts import load_layout
from calls.populations import area_rates, areas_without_calls, populations_of_areas, read_populations
from calls.read import read_table

SAMPLES = Path(__file__).parents[2] / "data_samples"


def square(x: float, y: float, size: float = 1.0) -> list[list[float]]:
    return [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]


def geojson(*features: tuple[str, str, object], **more: object) -> str:
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"id": name, "council_district": name, **more},
                    "geometry": {"type": kind, "coordinates": coordinates},
                }
                for name, kind, coordinates in features
            ],
        }
    )


def points(*pairs: tuple[float | None, float | None]) -> pl.DataFrame:
    """(longitude, latitude)"""
    return pl.DataFrame(pairs, schema={"longitude": pl.Float64, "latitude": pl.Float64}, orient="row")


def test_a_point_lies_in_the_area_around_it_not_in_its_hole_and_in_either_piece(write):
    ring = ("ring", "Polygon", [square(0, 0, 4), square(1, 1, 2)])
    pieces = ("pieces", "MultiPolygon", [[square(10, 0)], [square(20, 0)]])
    areas = read_areas(write("areas.geojson", geojson(ring, pieces)))
    spots = points((0.5, 0.5), (2, 2), (10.5, 0.5), (20.5, 0.5), (15, 0.5), (None, 1), (0.5, 0.5))
    found = area_of_points(spots, areas, "council_district").to_list()
    assert found == ["ring", None, "pieces", "pieces", None, None, "ring"]


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=40),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_every_point_of_a_divided_square_lies_in_exactly_one_part_borders_too(spots, across, up):
    """Four parts that meet in one inner corner, with points on borders and corners."""
    corner = [across + 0.0, up + 0.0]
    outer = [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]]
    triangles = [[outer[i], outer[(i + 1) % 4], corner, outer[i]] for i in range(4)]
    parts = []
    for ring in triangles:
        xy = np.asarray(ring)
        edges = np.hstack([xy, np.roll(xy, -1, axis=0)])
        parts.append(Area({"n": len(parts)}, edges, (0, 0, 10, 10)))
    table = points(*((x / 4, y / 4) for x, y in spots))
    hits = [area_of_points(table, Areas("x", (part,)), "n").is_not_null() for part in parts]
    inside = ((table["longitude"] < 10) & (table["latitude"] < 10)).to_list()
    counts = [sum(h[i] for h in hits) for i in range(len(spots))]
    assert counts == [int(i) for i in inside]


def test_files_that_hold_no_areas_are_refused_in_a_sentence(write):
    projected = geojson(("a", "Polygon", [square(500000, 4e6)]))
    for content, found in (
        ("{", "cannot be read"),
        ('{"type": "FeatureCollection", "features": []}', "no features"),
        (geojson(("a", "Point", [1, 2])), "Point geometry"),
        (projected, "no degrees"),
    ):
        with pytest.raises(InputError, match=found):
            read_areas(write("areas.geojson", content))


def test_council_districts_come_first_and_a_misspelt_property_gets_a_suggestion(write):
    areas = read_areas(write("areas.geojson", geojson(("a", "Polygon", [square(0, 0)]), beat="1A")))
    assert name_property(areas) == "council_district"
    assert name_property(areas, "beat") == "beat"
    with pytest.raises(InputError, match='Did you mean "beat"'):
        name_property(areas, "beet")


def test_the_area_column_is_the_council_district_where_nearly_all_calls_have_one():
    table = pl.LazyFrame({"district": ["1"] * 10, "area": ["1A"] * 10})
    assert area_column(table) == "district"
    thin = pl.LazyFrame({"district": ["1", *[None] * 9], "area": ["1A"] * 10})
    assert area_column(thin) == "area"
    assert area_column(pl.LazyFrame({"district": [None], "area": [None]})) is None


@pytest.fixture(scope="module")
def sample_calls() -> pl.LazyFrame:
    raw = read_table(SAMPLES / "alder_falls_cad_2023-2024.csv.gz")
    return clean([raw], load_layout("alder_falls_sample")).calls.lazy()


def test_sample_city_points_lie_in_the_district_that_the_export_names(sample_calls):
    areas = read_areas(SAMPLES / "alder_falls_areas.geojson")
    table = with_area(sample_calls, areas).filter(pl.col("latitude").is_not_null()).collect()
    same = (table["council_district"] == table["district"]).sum() / table.height
    assert same > 0.98  # coordinates rounded to 100 m fall over some borders
    assert table["council_district"].null_count() / table.height < 0.01
    assert table.height == sample_calls.filter(pl.col("latitude").is_not_null()).collect().height


def test_sample_city_rates_rest_on_the_populations_of_its_beats(sample_calls):
    truth = tomllib.loads((SAMPLES / "truth.toml").read_text(encoding="utf-8"))["city"]
    areas = read_areas(SAMPLES / "alder_falls_areas.geojson")
    residents = populations_of_areas(areas, "council_district", "data_samples/city.toml (made up)", 2023)
    assert residents["population"].sum() == truth["population"]
    counts = sample_calls.group_by(area="district").agg(calls=pl.len()).collect()
    rates = area_rates(counts, residents, days=731)
    row = rates.row(0, named=True)
    assert row["per_1000_residents"] == pytest.approx(1000 * row["calls"] / row["population"])
    assert row["per_1000_a_year"] == pytest.approx(row["per_1000_residents"] * 365.25 / 731)
    assert row["high_per_1000_a_year"] >= row["per_1000_a_year"]


def test_an_area_without_a_population_has_no_rate_and_a_reason():
    counts = pl.DataFrame({"area": ["1", "02", None], "calls": [50, 40, 10], "unit_hours": [9.0, 8.0, 7.0]})
    residents = pl.DataFrame(
        {"area": ["1", "2"], "population": [1000, 2000], "source": ["s", "s"], "year": [2020, 2020]}
    )
    rates = area_rates(counts, residents, days=365.25)
    assert rates.select("area", "per_1000_residents", "reason").rows() == [
        ("02", None, "the table of populations has no line for this area"),
        ("1", 50.0, None),
        (None, None, "calls without an area"),
    ]
    assert rates.filter(pl.col("area") == "1")["high_per_1000_a_year"][0] == pytest.approx(50 * 100 / 90)
    assert areas_without_calls(counts, residents) == ("2",)
    assert set(area_rates(counts, None, 365)["reason"]) == {
        "no table of populations was given",
        "calls without an area",
    }
    few = area_rates(pl.DataFrame({"area": ["1"], "calls": [3], "unit_hours": [1.0]}), residents, 365)
    assert few.select("calls", "unit_hours", "per_1000_residents").row(0) == (None, None, None)


def test_populations_need_a_source_a_year_and_a_number(write):
    header = "area,population,source,year\n"
    good = read_populations(write("p.csv", header + '1,"12,500",Census,2020\n2,900,Census,2020\n'))
    assert good["population"].to_list() == [12500, 900]
    for line, found in (
        ("1,many,Census,2020", "no whole number"),
        ("1,900,,2020", "no source"),
        ("1,900,Census,20", "year that is none"),
        ("1,900,Census,2020\n1,800,Census,2020", "two lines"),
    ):
        with pytest.raises(InputError, match=found):
            read_populations(write("bad.csv", header + line + "\n"))
    with pytest.raises(InputError, match='no column "source"'):
        read_populations(write("short.csv", "area,population,year\n1,900,2020\n"))


def test_redrawn_areas_show_as_vanished_and_new_codes():
    """Beat A becomes A1 in July; B stays; a rare code that is missing in some months is no finding."""
    month = [86400 * 31 * m for m in range(12)]
    rows = [("A" if m < 6 else "A1", month[m] + i) for m in range(12) for i in range(20)]
    rows += [("B", month[m] + i) for m in range(12) for i in range(20)] + [("rare", month[0])]
    table = pl.LazyFrame(rows, schema={"area": pl.String, "started_local": pl.Int64}, orient="row")
    assert area_code_changes(table, "area").select("area", "calls", "change").rows() == [
        ("A", 120, "vanished"),
        ("A1", 120, "new"),
    ]
