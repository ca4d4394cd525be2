"""Units on several calls at once, units of one call, person-hours: small tables worked out by hand, and laws."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_codes.errors import InputError, UsageError
from calls.schema import UNIT_COLUMNS, conform
from officer_time.cells import unit_cells
from officer_time.overlaps import add_merged_seconds
from officer_time.person_hours import OfficersPerUnit, read_officers_per_unit, unit_type
from officer_time.spans import unit_spans, waiting_seconds
from officer_time.units_sent import add_unit_numbers, multi_unit_sums

HOUR = 3600


def units(*rows: dict[str, object]) -> pl.LazyFrame:
    """Rows of unit A1 on call 1 by police, unless a row says otherwise."""
    table = pl.DataFrame([{"call_id": "1", "unit_id": "A1", "responder": "police", **row} for row in rows])
    return conform(table, UNIT_COLUMNS).lazy()


def merged(*rows: dict[str, object]) -> dict[str, int | None]:
    table = add_merged_seconds(units(*rows)).collect()
    return dict(table.select("call_id", "merged_seconds").iter_rows())


def test_time_that_two_calls_of_a_unit_share_belongs_to_the_call_it_was_assigned_to_first():
    assert merged(
        {"call_id": "1", "dispatched_at": 0, "cleared_at": HOUR},
        {"call_id": "2", "dispatched_at": HOUR // 2, "cleared_at": 2 * HOUR},
        {"call_id": "3", "dispatched_at": HOUR, "cleared_at": HOUR + 60},
        {"call_id": "4", "dispatched_at": 3 * HOUR, "cleared_at": 4 * HOUR},
    ) == {"1": HOUR, "2": HOUR, "3": 0, "4": HOUR}


def test_other_units_and_units_without_a_name_do_not_overlap():
    span = {"dispatched_at": 0, "cleared_at": HOUR}
    table = add_merged_seconds(
        units(
            span, {**span, "unit_id": "A2"}, {**span, "unit_id": None}, {**span, "unit_id": None},
            {**span, "responder": "co_response"},
        )
    )  # fmt: skip
    assert table.collect()["merged_seconds"].to_list() == [HOUR] * 5


def test_a_span_that_was_not_measured_covers_nothing():
    assert merged(
        {"call_id": "1", "dispatched_at": 0, "cleared_at": 20 * HOUR},
        {"call_id": "2", "dispatched_at": 10, "cleared_at": None},
        {"call_id": "3", "dispatched_at": HOUR, "cleared_at": 2 * HOUR},
    ) == {"1": None, "2": None, "3": HOUR}


_row = st.builds(
    lambda call, unit, start, length: {
        "call_id": str(call),
        "unit_id": unit,
        "dispatched_at": start,
        "cleared_at": None if start is None else start + length,
    },
    st.integers(1, 4),
    st.sampled_from(["A1", "B2", None]),
    st.none() | st.integers(0, 200),
    st.integers(-100, 120),
)


@given(rows=st.lists(_row, min_size=1, max_size=20), order=st.randoms())
def test_merged_spans_are_the_union_of_each_units_seconds_and_never_more_than_the_sum(rows, order):
    table = add_merged_seconds(unit_spans(units(*rows))).collect()
    known = table.filter(pl.col("unit_id").is_not_null())
    for (unit,), spans in known.group_by("unit_id"):
        covered = {
            second
            for start, length in spans.select("dispatched_at", "committed_seconds").iter_rows()
            if length is not None
            for second in range(start, start + length)
        }
        assert spans["merged_seconds"].sum() == len(covered), unit
    assert table["merged_seconds"].sum() <= table["committed_seconds"].sum()
    shuffled = list(rows)
    order.shuffle(shuffled)
    by_call = pl.col("merged_seconds").sum()
    again = add_merged_seconds(units(*shuffled)).collect()
    assert (
        again.group_by("call_id")
        .agg(by_call)
        .sort("call_id")
        .equals(table.group_by("call_id").agg(by_call).sort("call_id"))
    )


def test_units_are_numbered_by_assignment_and_a_repeated_unit_is_one_unit():
    table = units(
        {"unit_id": "B2", "dispatched_at": 60},
        {"unit_id": "A1", "dispatched_at": 0},
        {"unit_id": "B2", "dispatched_at": 900},
        {"unit_id": "C3"},
        {"call_id": "2", "unit_id": "C3", "dispatched_at": 50},
    ).collect()
    numbered = add_unit_numbers(table)
    assert numbered.select("unit_id", "unit_number", "repeats_unit").rows() == [
        ("B2", 2, False),
        ("A1", 1, False),
        ("B2", 2, True),
        ("C3", 3, False),
        ("C3", 1, False),
    ]


def sums(rows: pl.LazyFrame, units_assumed: int = 1, officers: float = 1) -> dict[str, int]:
    table = add_merged_seconds(rows).collect()
    prepared = add_unit_numbers(table).with_columns(
        pl.lit(units_assumed).alias("units_assumed"),
        OfficersPerUnit(officers).hundredths(pl.lit("A")).alias("officers_hundredths"),
    )
    return unit_cells(prepared.lazy(), ["responder"], 12, *multi_unit_sums()).row(0, named=True)


def test_single_unit_multi_unit_and_person_time_side_by_side():
    found = sums(
        units(
            {"unit_id": "A1", "dispatched_at": 0, "cleared_at": HOUR},
            {"unit_id": "B2", "dispatched_at": 60, "cleared_at": HOUR + 60},
            {"call_id": "2", "unit_id": "C3", "dispatched_at": 0, "cleared_at": HOUR},
        ),
        officers=1.5,
    )
    assert (found["single_unit_seconds"], found["multi_unit_seconds"]) == (2 * HOUR, 3 * HOUR)
    assert found["person_hundredths_seconds"] == 450 * HOUR
    assert (found["calls_with_backup"], found["calls_with_unit"]) == (1, 2)


def test_where_only_the_number_of_units_is_known_each_is_taken_to_stay_as_long():
    found = sums(units({"unit_id": None, "dispatched_at": 0, "cleared_at": HOUR}), units_assumed=3)
    assert (found["single_unit_seconds"], found["multi_unit_seconds"]) == (HOUR, 3 * HOUR)
    assert (found["calls_with_backup"], found["calls_with_unit"]) == (1, 1)


def test_an_arrival_outside_the_units_span_measures_no_time_on_scene():
    table = unit_spans(
        units(
            {"dispatched_at": 7200, "arrived_at": 0, "cleared_at": 9000},
            {"dispatched_at": 7200, "arrived_at": 7170, "cleared_at": 9000},
            {"dispatched_at": 7200, "arrived_at": 9100, "cleared_at": 9000},
        )
    ).collect()
    assert table["on_scene_seconds"].to_list() == [None, 1800, None]


def test_response_has_a_public_and_an_agency_view():
    call = pl.LazyFrame({"received_at": [0], "queued_at": [30], "dispatched_at": [240], "arrived_at": [600]})
    row = waiting_seconds(call).collect().row(0, named=True)
    assert (row["response_seconds"], row["response_agency_seconds"]) == (600, 360)
    assert (row["dispatch_delay_seconds"], row["queue_seconds"]) == (240, 210)


def test_narrow_stamps_do_not_overflow_when_they_are_subtracted_and_summed():
    rows = units(*({"dispatched_at": 2_000_000_000, "cleared_at": 2_000_040_000} for _ in range(60_000)))
    narrow = rows.with_columns(pl.col("dispatched_at", "cleared_at").cast(pl.Int32))
    assert unit_spans(narrow).select(pl.col("committed_seconds").sum()).collect().item() == 60_000 * 40_000


def test_officers_per_unit_come_from_a_number_or_a_table_and_are_said(write):
    assert read_officers_per_unit("1.4").sentence == "Assumed: 1.4 officers in every unit."
    table = read_officers_per_unit(str(write("crew.csv", "unit_type,officers_per_unit\nk,1\n*,1.5\n")))
    assert table.sentence == (
        "Assumed: officers per unit from crew.csv for 1 unit types; 1.5 officers in every other unit."
    )
    types = pl.DataFrame({"unit": ["2K3", "17", "1A4", "SMITH J"]}).select(unit_type(pl.col("unit")))
    assert types["unit"].to_list() == ["K", None, "A", None]
    assert types.select(table.hundredths(pl.col("unit"))).to_series().to_list() == [100, 150, 150, 150]


def test_a_wrong_number_of_officers_is_refused_in_a_sentence(write):
    for text in ("0", "12", "many"):
        with pytest.raises(UsageError):
            read_officers_per_unit(text)
    with pytest.raises(InputError, match=r"line 2 of crew\.csv"):
        read_officers_per_unit(str(write("crew.csv", "unit_type,officers_per_unit\nK,two\n")))
