"""Busy units: a sweep that loses no second, on hand-made shifts, on laws, and on real calls."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from call_codes.errors import InputError
from call_codes.hours import parse_hours
from calls.clean import clean
from calls.layouts import load_layout
from calls.read import read_table
from calls.schema import UNIT_COLUMNS, conform
from officer_time.busy import (
    ACTIVITIES,
    ELIGIBLE,
    add_changes,
    busy_changes,
    placed_spans,
    unit_seconds,
)
from officer_time.busy_report import busy_units
from officer_time.busy_tables import (
    busy_by_hour_of_week,
    busy_minutes,
    freed_time,
    recorded_minutes,
    share_at_least,
    time_at_least,
    with_hour_of_week,
)
from officer_time.shifts import Shift, read_shifts, saturation, saturation_in_all, staffed_units

MINUTE, HOUR, DAY = 60, 3600, 86400
MONDAY = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())


def units(*spans: tuple[str | None, int, int], **columns: object) -> pl.LazyFrame:
    """Police units (name, from, until) on Monday, 1 January 2024, seconds after midnight UTC."""
    rows = [
        {"call_id": "1", "responder": "police", "initiated_by": "community", "unit_id": name}
        | {"dispatched_at": MONDAY + start, "cleared_at": MONDAY + end}
        for name, start, end in spans
    ]
    table = conform(pl.DataFrame(rows), UNIT_COLUMNS)
    return table.with_columns(pl.Series(name, values) for name, values in columns.items()).lazy()


def busy_seconds(changes: pl.DataFrame) -> list[int]:
    minutes = busy_minutes(changes, recorded_minutes(changes), ["responder"])
    return minutes["busy_seconds"].to_list()


def test_two_units_at_once_are_two_busy_units_in_the_minutes_that_they_share():
    """A from 08:00:00 to 08:03:00, B from 08:01:30 to 08:02:15, and the last start at 08:04."""
    at_eight = 8 * HOUR
    changes = busy_changes(
        units(
            ("A", at_eight, at_eight + 180),
            ("B", at_eight + 90, at_eight + 135),
            ("C", at_eight + 240, at_eight + 241),
        )
    )
    assert busy_seconds(changes) == [60, 60 + 30, 60 + 15, 0, 1]


def test_a_unit_on_two_calls_at_once_is_one_busy_unit_but_two_nameless_rows_are_two():
    overlapping = [("A", 0, 600), ("A", 300, 900), ("A", 400, 500)]
    assert unit_seconds(busy_changes(units(*overlapping))) == 900
    assert unit_seconds(busy_changes(units(*((None, *span) for _, *span in overlapping)))) == 1300


def test_units_of_the_same_name_in_different_services_are_different_units():
    table = units(("1", 0, 600), ("1", 0, 600), responder=["police", "fire"])
    assert unit_seconds(busy_changes(table)) == 1200


def test_what_is_not_measured_is_left_out_or_lasts_as_long_as_one_says():
    table = units(("A", 0, 600), ("B", 60, 600)).with_columns(
        pl.when(pl.col("unit_id") == "A").then("cleared_at").alias("cleared_at")
    )
    assert unit_seconds(busy_changes(table)) == 600
    assert unit_seconds(busy_changes(table, unmeasured_seconds=1000)) == 1600
    never_stamped = units(("A", 0, 600)).with_columns(
        pl.lit(None, pl.Int64).alias(c) for c in ("dispatched_at", "cleared_at")
    )
    assert busy_changes(never_stamped, unmeasured_seconds=1000).is_empty()


def test_activities_share_a_second_in_the_order_of_urgency():
    """A call from 0 to 600 within a break from 0 to 1800: 600 s on the call, 1200 s administrative."""
    table = units(("A", 0, 600), ("A", 0, 1800), ("B", 0, 60), category=["noise", "police_admin", "noise"])
    changes = busy_changes(
        table.with_columns(
            pl.when(pl.col("unit_id") == "B")
            .then(pl.lit("officer"))
            .otherwise("initiated_by")
            .alias("initiated_by")
        ),
        layers=ACTIVITIES,
    )
    seconds = {layer: unit_seconds(rows) for (layer,), rows in changes.group_by("layer")}
    # A layer's minutes run on to the last minute of the layer: its own integral is complete all the same.
    assert seconds == {"calls": 600, "officer_initiated": 60, "administrative": 1200}


def test_only_time_on_nothing_else_is_freed():
    """An eligible call of an hour, half of it beside another call: half an hour would be freed."""
    table = units(("A", 8 * HOUR, 9 * HOUR), ("A", 8 * HOUR, 8 * HOUR + 1800), ("B", 10 * HOUR, 11 * HOUR))
    changes = busy_changes(table.with_columns(eligible=pl.Series([True, False, None])), layers=ELIGIBLE)
    freed = freed_time(
        changes, pl.DataFrame({"first_minute": [MONDAY // 60], "last_minute": [MONDAY // 60 + 1439]}), None
    )
    at = {row["hour_of_week"]: row for row in freed.iter_rows(named=True)}
    assert [at[h]["freed_unit_hours"] for h in (8, 10)] == [0.5, 0]
    assert [at[h]["units_mean_without"] for h in (8, 10)] == [0.5, 1]
    assert sum(row["busy_hour"] for row in at.values()) == 3  # a tenth of the 24 hours, rounded up


SPANS = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C", None]), st.integers(-DAY, DAY), st.integers(0, 11 * HOUR),
        st.sampled_from(["police", "fire"]), st.booleans(),
    ),
    min_size=1, max_size=25,
)  # fmt: skip


def drawn(spans: list[tuple[str | None, int, int, str, bool]]) -> pl.LazyFrame:
    return units(
        *((name, start, start + length) for name, start, length, _, _ in spans),
        responder=[s[3] for s in spans],
        eligible=[s[4] for s in spans],
    )


def brute_force(spans: list[tuple[str | None, int, int, str, bool]]) -> dict[tuple[str, int], int]:
    """Busy seconds by kind and minute, second by second and span by span."""
    seconds: set[tuple[str, str, int]] = set()
    for row, (name, start, length, kind, _) in enumerate(spans):
        seconds |= {(kind, name or f"row {row}", MONDAY + s) for s in range(start, start + length)}
    counted: dict[tuple[str, int], int] = {}
    for kind, _, second in seconds:
        counted[kind, second // 60] = counted.get((kind, second // 60), 0) + 1
    return counted


@given(spans=st.lists(
    st.tuples(st.sampled_from(["A", "B", None]), st.integers(0, 600), st.integers(0, 400), st.sampled_from(["police", "fire"]), st.booleans()),
    min_size=1, max_size=8,
))  # fmt: skip
def test_every_minute_is_what_counting_second_by_second_gives(spans):
    changes = busy_changes(drawn(spans))
    whole = pl.DataFrame({"first_minute": [MONDAY // 60 - 1], "last_minute": [MONDAY // 60 + 20]})
    found = busy_minutes(changes, whole)
    assert {(kind, minute): seconds for kind, minute, seconds in found.iter_rows() if seconds} == brute_force(
        spans
    )


@settings(max_examples=40)
@given(spans=SPANS)
def test_the_integral_of_the_sweep_is_the_unit_time_and_never_more_than_the_sum_of_the_spans(spans):
    table = drawn(spans)
    nameless = table.with_columns(pl.lit(None, pl.String).alias("unit_id"))
    every = placed_spans(table).select((pl.col("busy_until") - pl.col("busy_from")).sum()).collect().item()
    assert unit_seconds(busy_changes(nameless)) == every
    assert unit_seconds(busy_changes(table)) <= every
    assert unit_seconds(busy_changes(table, layers=ELIGIBLE)) == unit_seconds(busy_changes(table))


@settings(max_examples=40)
@given(spans=SPANS, seed=st.integers(0, 9))
def test_row_order_and_splitting_by_unit_change_nothing(spans, seed):
    table = drawn(spans)
    whole = busy_changes(table, layers=ELIGIBLE)
    shuffled = table.collect().sample(fraction=1, shuffle=True, seed=seed).lazy()
    assert busy_changes(shuffled, layers=ELIGIBLE).equals(whole)
    parts = [table.filter(pl.col("unit_id").is_in(names)) for names in (["A"], ["B", "C"])]
    parts.append(table.filter(pl.col("unit_id").is_null()))
    merged = add_changes([busy_changes(part, layers=ELIGIBLE) for part in parts])
    assert merged.sort(merged.columns).equals(whole.sort(whole.columns))


def test_a_gap_in_the_recording_is_no_quiet_time_and_a_mistyped_year_is_no_recording():
    day = [("A", h * HOUR, h * HOUR + 600) for h in range(24)]
    later = [(name, start + 30 * DAY, end + 30 * DAY) for name, start, end in day * 5]
    typo = [("A", 3650 * DAY, 3650 * DAY + 600)]
    changes = busy_changes(units(*day * 5, *later, *typo))
    # The same unit at the same time is one stretch: 24 starts in each piece.
    pieces = recorded_minutes(changes.filter(pl.col("minute") < MONDAY // 60 + 90 * 1440))
    assert [(first - MONDAY // 60, last - MONDAY // 60) for first, last in pieces.iter_rows()] == [
        (0, 23 * 60),
        (30 * 1440, 30 * 1440 + 23 * 60),
    ]
    many = busy_changes(units(*((str(i % 7), i * HOUR, i * HOUR + 600) for i in range(200)), *typo))
    assert recorded_minutes(many)["last_minute"].to_list() == [MONDAY // 60 + 199 * 60]


def test_local_hours_follow_the_clock_when_it_goes_back():
    """New York, 3 November 2024: 01:00–02:00 happens twice, so Sunday's hour 1 has 120 minutes."""
    start = int(datetime(2024, 11, 3, tzinfo=ZoneInfo("America/New_York")).timestamp()) // 60
    minutes = pl.DataFrame({"minute": range(start, start + 25 * 60)})
    hours = with_hour_of_week(minutes, "America/New_York")["hour_of_week"].value_counts().sort("hour_of_week")
    assert hours.rows()[:3] == [(144, 60), (145, 120), (146, 60)]
    assert hours.height == 24


def test_share_of_time_with_at_least_so_many_units_carries_its_bounds():
    table = units(("A", 0, 600), ("B", 120, 600), ("C", 599, 599))
    changes = busy_changes(table)
    minutes = busy_minutes(changes, recorded_minutes(changes), [])
    at_least = time_at_least(minutes, [])
    assert at_least.select("units", "seconds", "of_seconds").rows() == [(1, 600, 600), (2, 480, 600)]
    share = share_at_least(2, minutes, minutes.with_columns(pl.lit(0).alias("busy_seconds")), minutes)
    assert (share.low_share, share.share, share.high_share) == (0, 0.8, 0.8)


def test_saturation_is_committed_over_staffed_time():
    """Two units on duty from 08:00 to 10:00, one of them busy from 08:00 to 09:30 and three from 09:00 to 09:10."""
    table = units(
        ("A", 8 * HOUR, 9 * HOUR + 1800), ("B", 9 * HOUR, 9 * HOUR + 600), ("C", 9 * HOUR, 9 * HOUR + 600),
        category=["noise", "noise", "police_admin"],
    )  # fmt: skip
    whole = pl.DataFrame({"first_minute": [MONDAY // 60], "last_minute": [MONDAY // 60 + 1439]})
    staffed = staffed_units([Shift(parse_hours("mon 08:00-10:00"), 2)])
    hours = saturation(busy_minutes(busy_changes(table), whole), staffed, None)
    eight, nine = hours.filter(pl.col("staffed_unit_hours") > 0)["saturation_index"].to_list()
    assert (eight, nine) == (pytest.approx(1 / 2), pytest.approx((1 / 2 + 1 / 3) / 2))
    assert hours.filter(pl.col("staffed_unit_hours") == 0)["saturation_index"].null_count() == 22
    [row] = saturation_in_all(hours).to_dicts()
    assert row["staffed_unit_hours"] == 4
    assert row["committed_unit_hours"] == pytest.approx(1.5 + 1 / 3)
    assert row["saturation_index"] == pytest.approx((1.5 + 1 / 3) / 4)
    assert row["minutes_over_staffed"] == 10
    assert row["unobligated_unit_hours"] == pytest.approx(4 - 1.5 - 1 / 6)  # the third unit takes nothing


def test_shifts_are_read_from_toml_and_csv_and_refused_in_a_sentence(write):
    toml = write("shifts.toml", '[[shift]]\nhours = "mon-fri 07:00-17:00"\nunits = 12\n')
    table = write("shifts.csv", "hours,units,responder\nmon-fri 07:00-17:00,12,police\n")
    assert read_shifts(toml) == read_shifts(table)
    with pytest.raises(InputError, match=r"shift 1 of bad\.csv"):
        read_shifts(write("bad.csv", "hours,units\nmoonday 07:00-17:00,12\n"))
    with pytest.raises(InputError, match='"many" units'):
        read_shifts(write("many.csv", "hours,units\nmon 07:00-17:00,many\n"))


def test_minneapolis_on_one_day_equals_counting_second_by_second(shared_data: Path):
    raw = read_table(shared_data / "minneapolis_2020.csv")
    cleaned = clean([raw], load_layout("minneapolis_mn_police"))
    spans = placed_spans(cleaned.units.lazy()).collect()
    day = int(datetime(2020, 6, 27, tzinfo=ZoneInfo("America/Chicago")).timestamp())
    seconds = [0] * DAY
    for start, end in spans.select("busy_from", "busy_until").iter_rows():
        for second in range(max(start, day), min(end, day + DAY)):
            seconds[second - day] += 1
    by_minute = [sum(seconds[m : m + 60]) for m in range(0, DAY, 60)]
    changes = busy_changes(cleaned.units.lazy())
    whole_day = pl.DataFrame({"first_minute": [day // 60], "last_minute": [day // 60 + 1439]})
    found = busy_minutes(changes, whole_day, [])
    assert found["busy_seconds"].to_list() == by_minute
    assert unit_seconds(changes) == (spans["busy_until"] - spans["busy_from"]).sum()
    # The two extracts (25 May–2 June, 21 June–13 July) are two pieces: the 19 days between are not quiet days.
    pieces = recorded_minutes(changes)
    assert pieces.height == 2
    hours = busy_by_hour_of_week(busy_minutes(changes, pieces, []), "America/Chicago", [])
    assert hours["minutes"].sum() == (pieces["last_minute"] - pieces["first_minute"] + 1).sum()
    # Minutes stand in for seconds: the share of time with so many units busy differs by less than 0.2 points.
    shares = dict(time_at_least(found, []).select("units", "share").iter_rows())
    for units_busy in (1, 10, 15, 20, 25):
        exact = sum(s >= units_busy for s in seconds) / DAY
        assert shares.get(units_busy, 0) == pytest.approx(exact, abs=0.002)


@settings(max_examples=40)
@given(spans=SPANS)
def test_the_time_with_at_least_one_two_three_units_adds_up_to_the_unit_time(spans):
    changes = busy_changes(drawn(spans))
    minutes = busy_minutes(changes, recorded_minutes(changes))
    levels = time_at_least(minutes)
    assert levels["seconds"].sum() == minutes["busy_seconds"].sum()
    for (_,), rows in levels.group_by("responder"):
        assert rows["seconds"].is_sorted(descending=True)


def test_codes_and_narrow_integers_give_the_same_as_texts():
    """The canonical tables hold units as numbers, texts as Enum and seconds as Int32."""
    table = units(("A", 0, 600), ("A", 300, 900), ("B", 0, 60), (None, 0, 60), category=["noise"] * 4)
    narrow = table.with_columns(
        pl.col("unit_id").replace_strict({"A": 0, "B": 1}, return_dtype=pl.Int32),
        pl.col("responder").cast(pl.Enum(["fire", "police"])),
        pl.col("dispatched_at", "enroute_at", "arrived_at", "cleared_at").cast(pl.Int32),
    )
    assert busy_changes(narrow, layers=ACTIVITIES).equals(busy_changes(table, layers=ACTIVITIES))


def test_the_whole_answer_for_the_sample_city_lies_within_the_known_truth():
    """Its truth holds police unit-hours before any fault: 25,803 h, with units that overlap themselves."""
    folder = Path(__file__).parents[2] / "data_samples"
    cleaned = clean(
        [read_table(folder / "alder_falls_cad_2023-2024.csv.gz")], load_layout("alder_falls_sample")
    )
    truth = tomllib.loads((folder / "truth.toml").read_text(encoding="utf-8"))["unit_hours"]["by_agency"][
        "AFPD"
    ]
    table = cleaned.units.with_columns(
        category=pl.lit("noise"), eligible=pl.col("call_id").str.contains("[13]$")
    )
    found = busy_units(table.lazy(), "America/Chicago", [Shift(parse_hours("mon-sun 00:00-24:00"), 5)])
    low, central, high = found.unit_hours
    assert low < central < high
    assert central == pytest.approx(truth, rel=0.05)
    assert low <= truth <= high
    # Two years without a gap: 17,544 hours, and both changes of the clock in them.
    assert found.recorded_hours == pytest.approx(17_544, abs=3)
    assert found.by_hour["minutes"].sum() == round(found.recorded_hours * 60)
    assert found.at_least["seconds"].sum() / 3600 == pytest.approx(found.by_hour["unit_hours"].sum())
    assert found.by_activity["unit_hours"].sum() == pytest.approx(found.by_hour["unit_hours"].sum())
    [whole] = found.saturation_total.to_dicts()
    assert whole["saturation_index"] == pytest.approx(
        whole["committed_unit_hours"] / (5 * found.recorded_hours)
    )
    assert 0 < found.freed["freed_unit_hours"].sum() < central
    assert json.loads(json.dumps(found.as_dict()))["shares"]["1"]["low"] <= 1
