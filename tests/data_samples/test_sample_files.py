"""An independent recount of the committed files: what truth.toml says is what anyone can count."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from data_samples.city import HERE

CAD = HERE / "alder_falls_cad_2023-2024.csv.gz"
OUTPUTS = [CAD, *HERE.glob("alder_falls_*.csv"), HERE / "alder_falls_areas.geojson", HERE / "truth.toml"]
STAMPS = ["Time_Received", "Time_Queued", "Time_Dispatched", "Time_Enroute", "Time_Arrived", "Time_Cleared"]
ZONE = ZoneInfo("America/Chicago")


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    return tomllib.loads((HERE / "truth.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    return pl.read_csv(CAD, infer_schema=False).with_columns(pl.all().fill_null(""))


@pytest.fixture(scope="module")
def once(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows without exact copies, with parsed wall clocks beside the text (null = blank or unreadable)."""
    parsed = (
        pl.col(name).str.to_datetime("%m/%d/%Y %H:%M:%S", strict=False).alias(name.lower()) for name in STAMPS
    )
    return rows.unique(maintain_order=True).with_columns(parsed)


def incidents(rows: pl.DataFrame, *conditions: pl.Expr) -> int:
    return rows.filter(*conditions)["Incident_Number"].n_unique()


def test_all_files_together_stay_small() -> None:
    assert sum(path.stat().st_size for path in OUTPUTS) < 3_500_000


def test_the_size_of_the_export(rows: pl.DataFrame, truth: dict[str, Any]) -> None:
    counts, numbered, with_unit = truth["counts"], pl.col("Incident_Number") != "", pl.col("Unit_ID") != ""
    assert rows.height == counts["file_rows"]
    assert rows.filter(with_unit).height == counts["file_unit_rows"]
    assert 55_000 <= counts["file_unit_rows"] <= 70_000
    assert incidents(rows, numbered) == counts["file_incidents"]
    assert (
        rows.filter(pl.col("Initial_Type") != "")["Initial_Type"].n_unique() == counts["file_initial_types"]
    )
    assert 110 <= counts["file_initial_types"] <= 140
    assert rows.filter(with_unit).unique().height == counts["unit_rows"]
    assert incidents(rows, numbered) + truth["faults"]["blank_incident_numbers"] == counts["incidents"]
    tests_and_copies = truth["faults"]["test_calls"] + truth["faults"]["duplicate_calls"]
    assert counts["incidents"] - tests_and_copies == counts["calls"]
    by_agency = rows.unique().filter(with_unit).group_by("Agency").len()
    assert dict(by_agency.iter_rows()) == counts["unit_rows_by_agency"]


def test_shares_look_like_a_city(truth: dict[str, Any]) -> None:
    counts = truth["counts"]
    assert counts["calls_officer_initiated"] / counts["calls"] == pytest.approx(0.35, abs=0.02)
    assert counts["calls_final_type_differs"] / counts["calls"] == pytest.approx(0.12, abs=0.01)


def test_every_fault_can_be_recounted(rows: pl.DataFrame, once: pl.DataFrame, truth: dict[str, Any]) -> None:
    blank_unit, number = pl.col("Unit_ID") == "", pl.col("Incident_Number") != ""
    unreadable = sum(once.filter(pl.col(c) != "", pl.col(c.lower()).is_null()).height for c in STAMPS)
    lasting = pl.col("time_cleared") - pl.col("time_dispatched")
    early = pl.col("time_arrived") < pl.col("time_dispatched")
    hour = [pl.col(c.lower()) for c in STAMPS]
    repeated = [
        (h >= datetime(*day, 1)) & (h < datetime(*day, 2))
        for h in hour
        for day in [(2023, 11, 5), (2024, 11, 3)]
    ]
    recount = {
        "renamed_type_calls": incidents(once, pl.col("Initial_Type") == "REMOVE PERSON/TRESPASS"),
        "responder_in_type_calls": incidents(once, pl.col("Initial_Type").str.ends_with(", ACT")),
        "blank_types": incidents(once, pl.col("Initial_Type") == "", pl.col("Initial_Type_Code") == ""),
        "blank_sources": incidents(once, pl.col("Call_Source") == ""),
        "missing_coordinates": incidents(once, pl.col("Latitude") == "", pl.col("Longitude") == ""),
        "cancelled_calls": incidents(once, pl.col("Disposition") == "CANCELLED"),
        "duplicate_calls": incidents(once, pl.col("Disposition") == "DUP"),
        "test_calls": incidents(once, pl.col("Disposition") == "TEST"),
        "calls_without_unit": incidents(once, blank_unit),
        "missing_arrival": once.filter(~blank_unit, pl.col("Time_Arrived") == "").height,
        "missing_cleared": once.filter(~blank_unit, pl.col("Time_Cleared") == "").height,
        "never_cleared": once.filter(lasting > pl.duration(hours=24)).height,
        "arrival_before_dispatch": once.filter(early, ~pl.any_horizontal(repeated)).height,
        "fall_back_hour_rows": once.filter(pl.any_horizontal(repeated)).height,
        "fall_back_backward_rows": once.filter(pl.col("time_cleared") < pl.col("time_received")).height,
        "fall_back_arrival_before_dispatch_rows": once.filter(early, pl.any_horizontal(repeated)).height,
        "exact_duplicate_rows": rows.height - once.height,
        "blank_incident_numbers": once.filter(~number).height,
        "unparseable_times": unreadable,
    }
    assert recount["fall_back_backward_rows"] > 0
    assert recount == truth["faults"]


def test_the_rename_happens_on_its_day(once: pl.DataFrame) -> None:
    day, received = datetime(2023, 12, 1), pl.col("time_received").drop_nulls()
    old, new = pl.col("Initial_Type") == "UNWANTED PERSON", pl.col("Initial_Type") == "REMOVE PERSON/TRESPASS"
    assert once.filter(old).select((received < day).all()).item()
    assert once.filter(new).select((received >= day).all()).item()


def test_eligible_calls_seen_in_the_file(once: pl.DataFrame, truth: dict[str, Any]) -> None:
    types = pl.read_csv(HERE / "alder_falls_true_types.csv", infer_schema=False).with_columns(
        pl.all().fill_null("")
    )
    for policy in truth["policies"].values():
        codes = {
            row["code"]
            for row in types.iter_rows(named=True)
            if row["category"] in policy["eligible_categories"]
            and not set(f"{row['hazard_kinds']}|{row['other_risks']}".split("|"))
            & set(policy["hazards_excluded"])
            and row["bare_code"] == "0"
        }
        seen = incidents(
            once,
            pl.col("Incident_Number") != "",
            pl.col("Initial_Type_Code").is_in(list(codes)),
            pl.col("Call_Source").is_in(truth["city"]["community_sources"]),
            ~pl.col("Disposition").is_in(["DUP", "TEST"]),
        )
        assert seen == policy["eligible_calls_seen_in_file"]
        assert seen <= policy["eligible_calls"] <= policy["eligible_type_calls"] <= policy["community_calls"]


def test_unit_hours_of_sound_rows_come_near_the_truth(once: pl.DataFrame, truth: dict[str, Any]) -> None:
    police = once.filter(pl.col("Agency") == "AFPD", pl.col("Unit_ID") != "")
    hours = (pl.col("time_cleared") - pl.col("time_dispatched")).dt.total_seconds() / 3600
    sound = police.filter(hours.is_between(0, 24)).select(hours).to_series().to_numpy()
    total = truth["unit_hours"]["police_total"]
    assert sound.sum() < total
    assert sound.mean() * police.height == pytest.approx(total, rel=0.01)
    assert sum(truth["unit_hours"]["police_by_category"].values()) == pytest.approx(total, abs=0.3)
    assert len(truth["unit_hours"]["police_by_category"]) == 40


def test_there_is_no_column_for_personal_data(rows: pl.DataFrame) -> None:
    forbidden = re.compile(
        r"address|street|block|name|phone|remark|narrative|comment|officer_id|plate|birth|race", re.I
    )
    headers = [rows.columns]
    for path in HERE.glob("alder_falls_*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            headers.append(next(csv.reader(file)))
    assert [column for header in headers for column in header if forbidden.search(column)] == []


def test_rings_run_counter_clockwise_and_close() -> None:
    areas = json.loads((HERE / "alder_falls_areas.geojson").read_text(encoding="utf-8"))
    assert len(areas["features"]) == 20
    for feature in areas["features"]:
        ring = feature["geometry"]["coordinates"][0]
        twice_area = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))
        assert ring[0] == ring[-1]
        assert twice_area > 0
        assert set(feature["properties"]) == {"beat", "council_district", "population", "treated_from"}


def test_calls_lie_in_their_beat(once: pl.DataFrame) -> None:
    areas = json.loads((HERE / "alder_falls_areas.geojson").read_text(encoding="utf-8"))
    located = once.filter(pl.col("Latitude") != "").with_columns(
        pl.col("Latitude", "Longitude").cast(pl.Float64)
    )
    x, y = pl.col("Longitude"), pl.col("Latitude")
    for feature in areas["features"]:
        ring, beat = feature["geometry"]["coordinates"][0], feature["properties"]["beat"]
        sides = pairwise(ring)
        left_of = [(x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) > 0 for (x1, y1), (x2, y2) in sides]
        assert located.filter(Beat=beat).select(pl.all_horizontal(left_of).all()).item()


def test_visits_agree_with_the_truth_and_with_the_export(once: pl.DataFrame, truth: dict[str, Any]) -> None:
    visits = pl.read_csv(HERE / "alder_falls_act_visits.csv", infer_schema=False)
    expected, linked = truth["launch"]["visits"], visits.filter(pl.col("incident_number").is_not_null())
    by_who = dict(visits.group_by("who_sent").len().iter_rows())
    assert visits.height == expected["total"]
    assert by_who == expected["by_who_sent"]
    unlinked = visits.height - by_who["self-initiated"] - linked.height
    assert unlinked == expected["not_linked"]
    late = pl.col("requested_at") > pl.col("arrived_at")  # the text sorts as time does
    assert visits.filter(late).height == expected["request_clock_slips"]
    team_calls = once.filter(pl.col("Agency") == "ACT")["Incident_Number"]
    assert linked.filter(~pl.col("incident_number").is_in(team_calls.to_list())).is_empty()
    cascade = truth["launch"]["cascade"]
    assert cascade["served"] == by_who["call-taker"] + by_who["police request"]
    parts = ("cancelled_or_no_unit", "served", "no_team_free", "police_as_usual")
    assert sum(cascade[part] for part in parts) == cascade["in_hours"]


def test_reports_have_a_row_for_every_beat_and_month() -> None:
    reports = pl.read_csv(HERE / "alder_falls_reports.csv")
    assert reports.columns == ["beat", "month", "targeted_reports", "untargeted_reports"]
    assert reports.select("beat", "month").n_unique() == reports.height == 20 * 24


def test_the_team_appears_after_its_start_only(once: pl.DataFrame, truth: dict[str, Any]) -> None:
    first = once.filter(pl.col("Agency") == "ACT").group_by("Beat").agg(pl.col("time_received").min())
    starts = truth["launch"]["starts"]
    assert set(first["Beat"]) <= set(starts)
    for beat, received in first.iter_rows():
        assert received.replace(tzinfo=ZONE) >= datetime.fromisoformat(starts[beat]).replace(tzinfo=ZONE)
