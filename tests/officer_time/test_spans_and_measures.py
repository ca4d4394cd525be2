"""Officer time on a handful of units: what counts as measured, what is missing, and what the totals bound."""

from __future__ import annotations

import statistics

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.clean import clean
from calls.detection import detect_layout
from calls.read import read_table
from calls.schema import COLUMNS, UNIT_COLUMNS, conform
from officer_time.cells import category_means, police_units, roll_up, time_cells, with_hours
from officer_time.measures import median_seconds, officer_time
from officer_time.spans import CAP_HOURS, unit_spans, waiting_seconds

HOUR = 3600


def units(*rows: dict[str, object]) -> pl.LazyFrame:
    """Unit rows of call 1 by police, unless a row says otherwise; a row may also carry its call's category."""
    table = pl.DataFrame(
        [{"call_id": "1", "responder": "police", "category": "noise", **row} for row in rows]
    )
    return conform(table, UNIT_COLUMNS).hstack(table.select("category")).lazy()


def calls(*rows: dict[str, object]) -> pl.LazyFrame:
    table = pl.DataFrame([{"category": "noise", **row} for row in rows])
    return conform(table, COLUMNS).hstack(table.select("category")).lazy()


def cells_of(some_calls: pl.LazyFrame, some_units: pl.LazyFrame, *keys: str) -> pl.DataFrame:
    cells = time_cells(some_calls, some_units, ["category", *keys])
    return with_hours(cells, category_means(cells))


@pytest.mark.parametrize(
    ("stamps", "status", "committed_seconds"),
    [
        ({"dispatched_at": 0, "cleared_at": HOUR}, "measured", 3600),
        (
            {"arrived_at": 600, "cleared_at": HOUR},
            "measured",
            3000,
        ),  # no assignment: from the arrival, shorter
        ({"dispatched_at": 30, "cleared_at": 0}, "measured", 0),  # clocks differ by half a minute
        ({"dispatched_at": 600, "cleared_at": 0}, "wrong_order", None),
        ({"dispatched_at": 0, "cleared_at": 13 * HOUR}, "over_cap", None),
        ({"dispatched_at": 0}, "missing_end", None),
        ({"cleared_at": 0}, "missing_start", None),
        ({}, "not_recorded", None),
    ],
)
def test_each_fault_of_a_span_has_its_name(stamps, status, committed_seconds):
    row = unit_spans(units(stamps)).collect().row(0, named=True)
    assert (row["span_status"], row["committed_seconds"]) == (status, committed_seconds)


def test_travel_starts_at_enroute_or_else_at_the_assignment():
    table = unit_spans(
        units(
            {"dispatched_at": 0, "enroute_at": 60, "arrived_at": 360, "cleared_at": HOUR},
            {"dispatched_at": 0, "arrived_at": 360, "cleared_at": HOUR},
        )
    )
    assert table.select("travel_seconds", "on_scene_seconds").collect().rows() == [(300, 3240), (360, 3240)]


def test_what_is_missing_is_excluded_then_imputed_from_its_category_then_capped():
    """Five half-hour noise calls and one never cleared: 2.5 h measured, 3 h central, 2.5 h + the cap at most."""
    noise = [{"call_id": str(i), "dispatched_at": 0, "cleared_at": HOUR // 2} for i in range(5)]
    total = roll_up(
        cells_of(
            calls(*({"call_id": str(i)} for i in range(6))),
            units(*noise, {"call_id": "5", "dispatched_at": 0}),
        ),
        [],
    ).row(0, named=True)
    assert (total["unit_hours_low"], total["unit_hours"], total["unit_hours_high"]) == (
        2.5,
        3.0,
        2.5 + CAP_HOURS,
    )


def test_an_export_without_any_span_has_unknown_hours_and_not_zero():
    one, unit = calls({"call_id": "1"}), units({})
    table = officer_time(one, unit, cells_of(one, unit), ["category"])
    assert table.select("calls", "unit_rows", "unit_hours").rows() == [(1, 1, None)]


def test_only_police_units_take_officer_time():
    table = police_units(
        units(
            {"unit_id": "A1", "dispatched_at": 0, "cleared_at": HOUR},
            {"unit_id": "T1", "responder": "community", "dispatched_at": 0, "cleared_at": HOUR},
        )
    )
    assert table.collect()["unit_id"].to_list() == ["A1"]


def test_waiting_is_measured_on_the_call():
    table = waiting_seconds(
        calls({"call_id": "1", "received_at": 0, "queued_at": 60, "dispatched_at": 360, "arrived_at": 900})
    ).collect()
    assert table.select("call_processing_seconds", "queue_seconds", "response_seconds").rows() == [
        (60, 300, 900)
    ]


def test_means_and_medians_are_in_minutes_and_say_how_many_they_rest_on():
    one = calls({"call_id": "1"})
    unit = units(*({"dispatched_at": 0, "cleared_at": 60 * m} for m in (10, 20, 90)), {"dispatched_at": 0})
    row = officer_time(one, unit, cells_of(one, unit), ["category"]).row(0, named=True)
    assert (row["committed_minutes_mean"], row["committed_minutes_median"]) == (40.0, 20.0)
    assert row["committed_minutes_measured"] == 3


_CALLS = {"1": ("noise", "A"), "2": ("noise", "B"), "3": ("property_crime", None)}
_unit = st.builds(
    lambda call, start, end: {
        "call_id": call,
        "category": _CALLS[call][0],
        "area": _CALLS[call][1],
        "dispatched_at": start,
        "cleared_at": end,
    },
    st.sampled_from(sorted(_CALLS)),
    st.none() | st.integers(0, 20 * HOUR),
    st.none() | st.integers(0, 20 * HOUR),
)


@given(rows=st.lists(_unit, min_size=1, max_size=20))
def test_the_bounds_are_in_order_and_every_breakdown_has_the_same_total(rows):
    some_calls = calls(*({"call_id": c, "category": k, "area": a} for c, (k, a) in _CALLS.items()))
    some_units = units(*rows)
    cells = cells_of(some_calls, some_units, "area")
    total = roll_up(cells, []).row(0, named=True)
    if total["unit_hours"] is not None:
        assert total["unit_hours_low"] <= total["unit_hours"] + 1e-9 <= total["unit_hours_high"] + 2e-9
    for by in (["category"], ["area"], ["category", "area"]):
        table = officer_time(some_calls, some_units, cells, by)
        assert table["calls"].sum() == 3
        assert table["unit_hours"].sum() == pytest.approx(total["unit_hours"] or 0)


@given(values=st.lists(st.integers(0, 50), min_size=1, max_size=30))
def test_the_median_from_a_histogram_is_the_median(values):
    rows = pl.DataFrame({"key": ["a"] * len(values), "on_scene_seconds": values}).lazy()
    assert median_seconds(rows, ["key"], ["on_scene"]).row(0) == ("a", statistics.median(values))


@given(rows=st.lists(_unit, min_size=2, max_size=20), cut=st.integers(0, 20), seed=st.randoms())
def test_cells_do_not_depend_on_the_order_of_rows_or_on_how_files_are_split(rows, cut, seed):
    some_calls = calls({"call_id": "1"})
    whole = time_cells(some_calls, units(*rows), ["category", "area"])
    shuffled = list(rows)
    seed.shuffle(shuffled)
    assert time_cells(some_calls, units(*shuffled), ["category", "area"]).equals(whole)
    parts = [
        time_cells(some_calls.head(0), units(*part), ["category", "area"])
        for part in (rows[:cut], rows[cut:])
        if part
    ]
    parts.append(time_cells(some_calls, units(*rows).head(0), ["category", "area"]))
    assert roll_up(pl.concat(parts), ["category", "area"]).select(whole.columns).equals(whole)


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
    spans = police_units(cleaned.units.lazy()).collect()
    assert spans["committed_seconds"].sum() / 3600 == pytest.approx(recomputed, rel=1e-9)
    assert 10_000 < recomputed < 10_500
