"""Which areas touch, and how far each lies from the program."""

from __future__ import annotations

import json
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_codes.errors import InputError, UsageError
from evaluation.after.panel import Panel
from evaluation.after.rings import both_ways, neighbors_of_polygons, neighbors_of_table, ring_table, rings


def square(name: str, x: float, y: float, width: float = 1, height: float = 1) -> dict:
    corners = [[x, y], [x + width, y], [x + width, y + height], [x, y + height], [x, y]]
    return {
        "type": "Feature",
        "properties": {"beat": name},
        "geometry": {"type": "Polygon", "coordinates": [corners]},
    }


def geojson(write, *features: dict):
    return write("areas.geojson", json.dumps({"type": "FeatureCollection", "features": features}))


def test_areas_touch_along_a_side_in_a_corner_and_where_no_corner_is_shared(write):
    path = geojson(
        write,
        square("A", 0, 0),
        square("B", 1, 0),  # shares a side with A
        square("C", 2, 1),  # touches B in one corner
        square("D", 0.25, 1, width=0.5),  # lies on A's side, no corner in common
        square("E", 5, 5),  # touches nobody
        square("F", 3.000001, 1),  # drawn a hand's breadth beside C
    )
    assert neighbors_of_polygons(path, "beat") == {
        "A": ("B", "D"), "B": ("A", "C"), "C": ("B", "F"), "D": ("A",), "E": (), "F": ("C",),
    }  # fmt: skip


def test_an_area_in_two_pieces_touches_what_either_piece_touches(write):
    path = geojson(write, square("A", 0, 0), square("A", 10, 0), square("B", 11, 0))
    assert neighbors_of_polygons(path, "beat") == {"A": ("B",), "B": ("A",)}


def test_a_property_or_a_file_that_is_not_there_is_refused(write):
    with pytest.raises(InputError, match='Did you mean "beat"'):
        neighbors_of_polygons(geojson(write, square("A", 0, 0)), "beats")
    with pytest.raises(InputError, match="cannot be read"):
        neighbors_of_polygons(write("areas.geojson", "beat,x"), "beat")


def test_a_table_of_neighbors_counts_each_pair_both_ways(write):
    path = write("next.csv", "area,neighbor\nA,B\nC,B\nA,A\n")
    assert neighbors_of_table(path) == {"A": ("B",), "B": ("A", "C"), "C": ("B",)}
    with pytest.raises(UsageError, match='no column "neighbor" in other'):
        neighbors_of_table(write("other.csv", "area,neighbour\nA,B\n"))


def test_rings_count_the_steps_from_the_program():
    neighbors = both_ways([("A", "B"), ("B", "C"), ("C", "D"), ("A", "E")], ["Z"])
    assert rings(neighbors, ["A"]) == {"A": 0, "B": 1, "C": 2, "D": 3, "E": 1, "Z": None}
    with pytest.raises(UsageError, match='no "Y"'):
        rings(neighbors, ["Y"])


@given(
    st.lists(st.tuples(st.sampled_from("ABCDEFG"), st.sampled_from("ABCDEFG")), max_size=15),
    st.sampled_from("ABCDEFG"),
)
def test_a_ring_is_one_more_than_the_nearest_neighbors(pairs, treated):
    neighbors = both_ways(pairs, "ABCDEFG")
    found = rings(neighbors, [treated])
    for area, ring in found.items():
        near = [found[n] for n in neighbors[area] if found[n] is not None]
        assert ring == (0 if area == treated else min(near) + 1 if near else None)


def test_the_panel_learns_its_rings_and_when_a_neighbor_starts():
    starts = {"A": 1, "B": None, "C": 2, "D": None}
    rows = [(area, period, start) for area, start in starts.items() for period in range(3)]
    table = pl.DataFrame(
        rows, schema={"area": pl.String, "period": pl.Int64, "start": pl.Int64}, orient="row"
    )
    panel = Panel(
        table, (), (), "1mo", date(2024, 1, 1), date(2024, 3, 31), both_ways([("A", "B"), ("B", "C")], ["D"])
    )
    found = ring_table(panel)
    assert found.select("area", "period").equals(table.select("area", "period"))
    assert found.filter(pl.col("period") == 0).select("area", "ring", "neighbor_start").rows() == [
        ("A", 0, None), ("B", 1, 1), ("C", 0, None), ("D", None, None),
    ]  # fmt: skip
    with pytest.raises(UsageError, match="no neighbors"):
        ring_table(Panel(table, (), (), "1mo", date(2024, 1, 1), date(2024, 3, 31)))
