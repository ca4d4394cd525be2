"""Officer time on a handful of units: what counts as measured, what is missing, and what the totals bound."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.clean import clean
from calls.detection import detect_layout
from calls.read import read_table
from calls.schema import COLUMNS, UNIT_COLUMNS, conform
from officer_time.measures import call_minutes, hours_of_calls, officer_time, police_unit_hours
from officer_time.spans import CAP_HOURS, unit_spans

HOUR = 3600


def units(*rows: dict[str, object]) -> pl.DataFrame:
    table = pl.DataFrame([{"call_id": "1", "responder": "police", **row} for row in rows])
    return conform(table, UNIT_COLUMNS)


def calls(*rows: dict[str, object]) -> pl.DataFrame:
    table = pl.DataFrame(list(rows))
    own = [c for c in table.columns if c not in {column.name for column in COLUMNS}]
    return conform(table, COLUMNS).hstack(table.select(own))


@pytest.mark.parametrize(
    ("stamps", "status", "committed_minutes"),
    [
        ({"dispatched_at": 0, "cleared_at": HOUR}, "measured", 60.0),
        (
            {"arrived_at": 600, "cleared_at": HOUR},
            "measured",
            50.0,
        ),  # no assignment: from the arrival, shorter
        ({"dispatched_at": 30, "cleared_at": 0}, "measured", 0.0),  # clocks differ by half a minute
        ({"dispatched_at": 600, "cleared_at": 0}, "wrong_order", None),
        ({"dispatched_at": 0, "cleared_at": 13 * HOUR}, "over_cap", None),
        ({"dispatched_at": 0}, "missing_end", None),
        ({"cleared_at": 0}, "missing_start", None),
        ({}, "not_recorded", None),
    ],
)
def test_each_fault_of_a_span_has_its_name(stamps, status, committed_minutes):
    row = unit_spans(units(stamps)).row(0, named=True)
    assert (row["span_status"], row["committed_minutes"]) == (status, committed_minutes)


def test_travel_starts_at_enroute_or_else_at_the_assignment():
    table = unit_spans(
        units(
            {"dispatched_at": 0, "enroute_at": 60, "arrived_at": 360, "cleared_at": HOUR},
            {"dispatched_at": 0, "arrived_at": 360, "cleared_at": HOUR},
        )
    )
    assert table.select("travel_minutes", "on_scene_minutes").rows() == [(5.0, 54.0), (6.0, 54.0)]


def test_what_is_missing_is_excluded_then_imputed_from_its_category_then_capped():
    """Five half-hour noise calls and one never cleared: 2.5 h measured, 3 h central, 2.5 h + the cap at most."""
    noise = [{"call_id": str(i), "dispatched_at": 0, "cleared_at": HOUR // 2} for i in range(5)]
    table = police_unit_hours(
        calls(*({"call_id": str(i), "category": "noise"} for i in range(6))),
        units(*noise, {"call_id": "5", "dispatched_at": 0}),
    )
    assert table["unit_hours_low"].sum() == 2.5
    assert table["unit_hours"].sum() == 3.0
    assert table["unit_hours_high"].sum() == 2.5 + CAP_HOURS


def test_an_export_without_any_span_has_unknown_hours_and_not_zero():
    one = calls({"call_id": "1", "category": "noise"})
    hours = police_unit_hours(one, units({}))
    assert hours["unit_hours"].to_list() == [None]
    table = officer_time(call_minutes(one), hours, ["category"])
    assert table.select("calls", "unit_hours").rows() == [(1, None)]


def test_only_police_units_take_officer_time():
    table = police_unit_hours(
        calls({"call_id": "1", "category": "welfare_check"}),
        units(
            {"unit_id": "A1", "dispatched_at": 0, "cleared_at": HOUR},
            {"unit_id": "T1", "responder": "community", "dispatched_at": 0, "cleared_at": HOUR},
        ),
    )
    assert table["unit_id"].to_list() == ["A1"]


def test_waiting_is_measured_on_the_call():
    table = call_minutes(
        calls({"call_id": "1", "received_at": 0, "queued_at": 60, "dispatched_at": 360, "arrived_at": 900})
    )
    assert table.select("call_processing_minutes", "queue_minutes", "response_minutes").rows() == [
        (1.0, 5.0, 15.0)
    ]


_unit = st.fixed_dictionaries(
    {
        "call_id": st.sampled_from(["1", "2", "3"]),
        "dispatched_at": st.none() | st.integers(0, 20 * HOUR),
        "cleared_at": st.none() | st.integers(0, 20 * HOUR),
    }
)


@given(rows=st.lists(_unit, min_size=1, max_size=20))
def test_the_bounds_are_in_order_and_every_breakdown_has_the_same_total(rows):
    some_calls = call_minutes(
        calls(
            {"call_id": "1", "category": "noise", "area": "A"},
            {"call_id": "2", "category": "noise", "area": "B"},
            {"call_id": "3", "category": "theft", "area": None},
        )
    )
    hours = police_unit_hours(some_calls, units(*rows))
    low, central, high = (hours[name].sum() for name in ("unit_hours_low", "unit_hours", "unit_hours_high"))
    assert low <= central + 1e-9
    assert central <= high + 1e-9
    for by in (["category"], ["area"], ["category", "area"]):
        table = officer_time(some_calls, hours, by)
        assert table["calls"].sum() == 3
        assert table["unit_hours"].sum() == pytest.approx(central)
    assert hours_of_calls(hours)["unit_hours"].sum() == pytest.approx(central)


def test_minneapolis_agrees_with_a_recomputation_in_a_few_lines(shared_data):
    """Assignment to first clear, in order and within twelve hours: the same hours from the raw file."""
    raw = pl.read_csv(shared_data / "minneapolis_2020.csv", infer_schema=False)
    time = {
        c: pl.col(c).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f")
        for c in ("Time_First_Unit_Assigned", "TimeFirstCallCleared")
    }
    hours = raw.select(
        (time["TimeFirstCallCleared"] - time["Time_First_Unit_Assigned"]).dt.total_seconds() / 3600
    )
    recomputed = hours.to_series().filter(hours.to_series().is_between(0, 12)).sum()

    table = read_table(shared_data / "minneapolis_2020.csv")
    cleaned = clean([table], detect_layout(table).layout)
    measured = police_unit_hours(cleaned.calls.with_columns(pl.lit("any").alias("category")), cleaned.units)
    assert measured["unit_hours_low"].sum() == pytest.approx(recomputed, rel=1e-9)
    assert 10_000 < recomputed < 10_500
