"""A 311 export goes through the same job in the same taxonomy; what it cannot tell is said, not guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl

TYPES = (
    ("Graffiti Removal", "city_service"),
    ("Noise Complaint", "noise"),
    ("Abandoned Vehicle", "parking_hazard"),
    ("Homeless Encampment", "homelessness"),
    ("Needle Pickup", "public_assist"),
)
HEADER = "Service Request ID,Request Type,Created Date,Closed Date,Status,Agency,Source,Council District\n"


def test_service_requests_are_classified_and_officer_time_is_declared_unknown(
    rightcall: Callable[..., tuple[int, str, str]], write: Callable[..., Path], tmp_path: Path
) -> None:
    lines = [
        f"SR-{n},{TYPES[n % 5][0]},03/{1 + n % 9:02d}/2024 09:00:00 AM,03/{11 + n % 9:02d}/2024 10:00:00 AM,"
        f"Closed,Public Works,Mobile App,{n % 3}\n"
        for n in range(40)
    ]
    signed = "agency,code,text,category,hazard,basis,reviewer,since,note\n" + "".join(
        f",,{text},{category},none,signed,AB,,\n" for text, category in TYPES
    )
    out = tmp_path / "results"
    export, crosswalk = write("requests_311.csv", HEADER + "".join(lines)), write("signed.csv", signed)
    code, said, err = rightcall(
        "run", export, "--crosswalk", crosswalk, "--out", out, "--policy", "denver_star"
    )
    assert code == 0, err
    assert "40 rows read = 40 kept + 0 set aside; 40 calls of 5 types" in said
    assert "Officer time: not computed. The export has no time" in said
    record = json.loads((out / "run.json").read_text())
    assert record["unit_hours"]["central"] is None
    assert record["eligible_unit_hours"] is None
    assert record["unclassified_share"]["numerator"] == 0
    table = pl.read_csv(out / "call_types.csv", infer_schema=False)
    assert dict(table.select("call_type", "category").iter_rows()) == dict(TYPES)
    assert table["calls"].cast(pl.Int64).sum() == 40
    assert (
        "not computed" in (out / "report.html").read_text()
        or "Not recorded" in (out / "report.html").read_text()
    )


def test_the_queue_of_service_requests_weighs_by_calls(
    rightcall: Callable[..., tuple[int, str, str]], write: Callable[..., Path]
) -> None:
    lines = [
        f"SR-{n},{'7' if n % 3 else '12'},03/{1 + n % 9:02d}/2024 09:00:00 AM,,Open,Parks,Web,1\n"
        for n in range(30)
    ]
    _, out, _ = rightcall("review", write("requests_311.csv", HEADER + "".join(lines)), "--json")
    found = json.loads(out)
    assert found["weight"] == "calls"
    assert [row["expected_misallocated"] for row in found["queue"]] == [10.0, 5.0]
