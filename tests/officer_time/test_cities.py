"""Cities side by side: one taxonomy, each city's own definitions, and what must not be compared."""

from __future__ import annotations

import dataclasses

import polars as pl

from officer_time.cities import CityRun, not_comparable, side_by_side


def run(city: str, calls: dict[str, int], hours: dict[str, float] | None) -> CityRun:
    return CityRun(
        city=city,
        table=pl.DataFrame(
            {
                "category": list(calls),
                "calls": list(calls.values()),
                **{
                    name: [None if hours is None else hours[c] for c in calls]
                    for name in ("unit_hours_low", "unit_hours", "unit_hours_high")
                },
            },
            schema_overrides=dict.fromkeys(("unit_hours_low", "unit_hours", "unit_hours_high"), pl.Float64),
        ),
        denominator="community-initiated calls",
        grain="unit",
        type_is="initial",
        first_day="2023-01-01",
        last_day="2024-12-31",
        unknown_initiator_share=0.0,
    )


ALDER = run("Alder Falls", {"noise": 60, "animal": 40}, {"noise": 30.0, "animal": 10.0})
BIRCH = run("Birch Hill", {"noise": 10, "trespass": 3, "unclassified": 7}, None)


def test_every_category_of_any_city_has_a_row_in_every_city():
    table = side_by_side([ALDER, BIRCH])
    assert table.select("category", "city", "calls", pl.col("calls_share").round(6)).rows() == [
        ("animal", "Alder Falls", 40, 0.4),
        ("animal", "Birch Hill", 0, 0.0),
        ("noise", "Alder Falls", 60, 0.6),
        ("noise", "Birch Hill", 10, 0.5),
        ("trespass", "Alder Falls", 0, 0.0),
        ("trespass", "Birch Hill", None, None),  # three calls are not shown
        ("unclassified", "Alder Falls", 0, 0.0),
        ("unclassified", "Birch Hill", 7, 0.35),
    ]


def test_a_city_without_clear_times_has_no_hours_rather_than_none_spent():
    hours = side_by_side([ALDER, BIRCH]).filter(pl.col("category") == "noise")
    assert hours["unit_hours_share"].to_list() == [0.75, None]


def test_what_cannot_be_compared_is_named_with_every_city_s_value():
    other = dataclasses.replace(BIRCH, grain="call", type_is="final", unknown_initiator_share=0.4)
    notes = not_comparable([ALDER, other])
    assert notes["topic"].to_list() == ["unit hours", "call type", "unclassified", "who started the call"]
    assert notes["values"][1] == "Alder Falls: initial; Birch Hill: final"
    assert not_comparable([ALDER, ALDER]).is_empty()
