"""The map of areas: outlines of any file drawn offline, numbers that may not be told left out, wrong files refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app import area_file as files
from app.area_file import AreaFile, area_file, found_beside, plain_name, property_like
from app.area_map import area_map
from app.area_values import area_values, unmatched
from app.officer_time_cells import FilterCells
from app.officer_time_filter import Filter
from call_codes.errors import InputError
from officer_time.cells import HOURS


def square(x: float, y: float, size: float = 1.0) -> list[list[float]]:
    """A square of degrees from its lower left corner, counter-clockwise as GeoJSON asks for."""
    return [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]


def geojson(features: Sequence[tuple[dict[str, Any], Any]], kind: str = "Polygon") -> bytes:
    return json.dumps({
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": p, "geometry": {"type": kind, "coordinates": c}} for p, c in features
        ],
    }).encode()  # fmt: skip


TWO_BEATS = [
    ({"beat": "1", "ward": "W"}, [square(0, 0)]),
    ({"beat": "2", "ward": "W"}, [square(1, 0)]),
    ({"beat": "3", "ward": "<b>E</b>"}, [square(2, 0)]),
]


def drawn(file: AreaFile, name: str, values: list[tuple[str, float | None]], **more: Any) -> dict[str, Any]:
    table = pl.DataFrame(
        [(place, value, str(value)) for place, value in values],
        schema={"place": pl.String, "value": pl.Float64, "text": pl.String}, orient="row",
    )  # fmt: skip
    chart: dict[str, Any] = area_map(file, name, table, "Calls", **more).to_dict()
    return chart


def features(chart: dict[str, Any], part: str) -> list[dict[str, Any]]:
    return [f for f in chart["layer"][0]["data"]["values"] if f["part"] == part]


def twice_area(ring: list[list[float]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


@pytest.mark.parametrize("turned", [False, True])
def test_holes_run_against_their_outline_whatever_the_file_had(turned: bool) -> None:
    rings = [square(0, 0, 3), square(1, 1)]
    content = geojson([({"name": "A"}, [ring[::-1] if turned else ring for ring in rings])])
    (area,) = features(drawn(area_file("a.geojson", content), "name", [("A", 5.0)]), "area")
    outline, hole = area["geometry"]["coordinates"][0]
    assert twice_area(outline) > 0 > twice_area(hole)


def test_what_two_pieces_of_one_ward_share_is_no_border_of_it() -> None:
    chart = drawn(area_file("a.geojson", geojson(TWO_BEATS)), "ward", [("W", 5.0), ("<b>E</b>", 9.0)])
    assert len(features(chart, "area")) == 2
    whole = max(features(chart, "border"), key=lambda f: len(f["geometry"]["coordinates"]))
    assert len(whole["geometry"]["coordinates"]) == 6  # of the eight sides of two squares


def test_the_map_asks_nothing_of_anybody_and_takes_no_property_of_the_file_but_the_name() -> None:
    content = geojson([({"beat": "1", "note": "javascript:alert(1)"}, [square(0, 0)])])
    text = json.dumps(drawn(area_file("a.geojson", content), "beat", [("1", 5.0)]))
    assert "javascript" not in text
    assert '"url"' not in text
    assert (
        drawn(area_file("a.geojson", content), "beat", [("1", 5.0)])["layer"][0]["projection"]["type"]
        == "identity"
    )


def test_an_area_whose_number_may_not_be_told_is_drawn_as_such_and_carries_none() -> None:
    chart = drawn(area_file("a.geojson", geojson(TWO_BEATS)), "beat", [("1", 7.0), ("2", None)], chosen=["1"])
    states = {f["state"]: f["value"] for f in features(chart, "area")}
    assert states == {"told": 7.0, "untold": None}
    assert [f["chosen"] for f in features(chart, "area")] == [True, False, False]


def test_a_city_far_north_is_not_drawn_too_wide() -> None:
    chart = drawn(area_file("a.geojson", geojson([({"name": "A"}, [square(20, 60)])])), "name", [("A", 1.0)])
    (area,) = features(chart, "area")
    xs, ys = zip(*area["geometry"]["coordinates"][0][0], strict=True)
    assert (max(xs) - min(xs)) / (max(ys) - min(ys)) == pytest.approx(0.5, abs=0.02)  # cos 60.5°


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"not json", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b'{"features": []}', "no features"),
        (b'{"features": [1]}', "no outline"),
        (b'{"features": [{"properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}', "Point"),
        (geojson([({"n": "A"}, [square(500_000, 0)])]), "no degrees"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_map_of_areas_is_refused_in_a_sentence(content: bytes, found: str) -> None:
    with pytest.raises(InputError, match=found):
        area_file("areas.geojson", content)


def test_a_file_too_large_to_draw_is_refused_with_what_would_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, limit in (("LARGEST_BYTES", 10), ("MOST_AREAS", 2), ("MOST_POINTS", 5)):
        with monkeypatch.context() as patch:
            patch.setattr(files, name, limit)
            with pytest.raises(InputError, match="at most"):
                area_file("areas.geojson", geojson(TWO_BEATS))


def test_names_match_whatever_their_case_and_zeros_and_the_rest_is_told() -> None:
    file = area_file("a.geojson", geojson(TWO_BEATS))
    assert plain_name(" 01a ") == plain_name("1A")
    assert property_like(file, ["01", "2"]) == "beat"
    assert property_like(file, ["Elsewhere"]) is None
    table = pl.DataFrame({"place": ["01", "9", None], "calls": [7, None, 3]})
    without, unnamed = unmatched(table, file, "beat")
    assert without.rows() == [("9", None)]
    assert unnamed == ("2", "3")


def test_the_areas_beside_an_export_are_found_where_there_is_one_file_that_can_be_meant(
    tmp_path: Path,
) -> None:
    export = tmp_path / "calls.csv"
    export.write_text("a\n")
    assert found_beside([export]) is None
    (tmp_path / "parks.geojson").write_text("{}")
    assert found_beside([export]) == tmp_path / "parks.geojson"
    (tmp_path / "city_beats.geojson").write_text("{}")
    assert found_beside([export]) == tmp_path / "city_beats.geojson"
    (tmp_path / "districts.geojson").write_text("{}")
    assert found_beside([export]) is None


def cells(counts: dict[str | None, int]) -> FilterCells:
    table = pl.DataFrame(
        [("x", place, "community", 24276, True, False, False, n, 0, 0, 1.0, 2.0, 3.0) for place, n in counts.items()],
        orient="row",
        schema=["category", "place", "initiated_by", "month", "in_base", "administrative", "eligible", "calls",
                "unit_rows", "unit_rows_measured", *HOURS],
    )  # fmt: skip
    return FilterCells(table, table, pl.DataFrame({"month": [24276], "days": [31]}), 12.0)


def test_an_area_with_few_calls_takes_the_next_smallest_with_it_and_neither_has_a_rate() -> None:
    residents = pl.DataFrame(
        {
            "area": ["A", "B", "C"],
            "population": [100, 1000, 1000],
            "source": ["census"] * 3,
            "year": [2020] * 3,
        }
    )
    table = area_values(cells({"A": 3, "B": 20, "C": 90, None: 30}), Filter(), residents, 5).table
    assert table["place"].to_list() == ["A", "B", "C", None]
    assert table["hidden"].to_list() == [True, True, False, False]
    assert table["calls"].to_list() == [None, None, 90, 30]
    assert table["unit_hours"].to_list() == [None, None, 2.0, 2.0]
    assert table["per_1000_a_year"].to_list() == [None, None, pytest.approx(90 * 365.25 / 31), None]
