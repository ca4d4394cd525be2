"""The page of officer time as a council aide meets it: filter first, numbers of the command, links that restore."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from app.outputs import write_outputs
from app.session import open_source, source_of_file
from officer_time.cities import CityRun

ROOT = Path(__file__).resolve().parents[2]
PAGE = "views/officer_time.py"
pytestmark = pytest.mark.xdist_group("pages")

KINDS = ("WELFARE CHECK", "NOISE COMPLAINT", "BURGLARY REPORT", "DISTURBANCE", "TRAFFIC STOP")


def export(calls: int = 720, rare: int = 0) -> str:
    """Calls over twelve months, half in ward <b>1</b>, half in ward 2; `rare` of those in ward 2 are of another kind."""
    lines = ["Incident,Call Type,Call Source,Ward,Received,Dispatched,Cleared"]
    for i in range(calls):
        at = datetime(2023, 1, 1) + timedelta(hours=12 * i + i % 7)
        kind = KINDS[(i * i + i // 7) % len(KINDS)]
        ward = "<b>1</b>" if i % 2 else "2"
        if rare and i % 2 == 0 and i // 2 < rare:
            kind = "ANIMAL BITE"
        stamps = [at, at + timedelta(minutes=4), at + timedelta(minutes=20 + i % 40)]
        source = "OFFICER" if kind == "TRAFFIC STOP" else "911"
        lines.append(",".join([f"C{i:05}", kind, source, ward, *(f"{s:%m/%d/%Y %H:%M:%S}" for s in stamps)]))
    return "\n".join(lines) + "\n"


def geojson() -> str:
    def square(x: float) -> list[Any]:
        return [[[x, 0], [x + 1, 0], [x + 1, 1], [x, 1], [x, 0]]]

    return json.dumps({
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"ward": name, "population": 1000},
             "geometry": {"type": "Polygon", "coordinates": square(x)}}
            for x, name in enumerate(("<b>1</b>", "2", "Lake"))
        ],
    })  # fmt: skip


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Open the page on a file, as a link with these query parameters does."""

    def _visit(file: Path, **query: Any) -> AppTest:
        monkeypatch.setattr(sys, "argv", ["home.py", str(file)])
        visitor = AppTest.from_file(str(ROOT / "app" / "home.py"), default_timeout=180)
        visitor.run()
        for name, value in query.items():
            visitor.query_params[name] = value
        visitor.switch_page(PAGE).run()
        assert not visitor.exception
        return visitor

    return _visit


def words(visitor: AppTest) -> str:
    kinds = ("title", "header", "subheader", "text", "markdown", "caption", "info", "warning", "html")
    elements: list[Any] = [element for kind in kinds for element in getattr(visitor, kind, visitor.get(kind))]
    return "\n".join(str(getattr(e, "value", None) or getattr(e.proto, "body", "")) for e in elements)


def test_a_ward_is_chosen_first_and_every_section_counts_its_calls_only(
    visit: Callable[..., AppTest], write: Callable[..., Path]
) -> None:
    lines = export().splitlines()[1:]
    community = [line for line in lines if "OFFICER" not in line]
    visitor = visit(write("calls.csv", export()))
    assert f"for {len(community)} calls; in the whole export" in words(visitor)
    visitor.multiselect(key="in_district").set_value(["2"]).run()
    assert not visitor.exception
    said = words(visitor)
    assert "Filtered by ward: 2." in said
    in_ward = [line for line in community if line.split(",")[3] == "2"]
    assert f"for {len(in_ward)} calls; in the whole export" in said
    assert said.count("Counted") >= 5


def test_the_page_shows_the_numbers_of_the_command_on_the_same_filter(
    visit: Callable[..., AppTest], write: Callable[..., Path], rightcall: Callable[..., tuple[int, str, str]]
) -> None:
    file = write("calls.csv", export())
    code, out, _ = rightcall("time", file, "--by", "category", "--denominator", "officer", "--json")
    assert code == 0
    command = json.loads(out)
    visitor = visit(file)
    visitor.radio(key="counted").set_value("answering").run()
    visitor.multiselect(key="started_by").set_value(["officer"]).run()
    said = words(visitor)
    total = command["total"]
    assert f"Central estimate {total['unit_hours']:,.1f} for {total['calls']:,} calls" in said or (
        f"Central estimate {total['unit_hours']:,.0f} for {total['calls']:,} calls" in said
    )
    for row in command["table"]:
        assert f">{row['calls']:,}<" in said


def test_one_changed_cell_in_the_middle_of_a_file_of_the_same_name_changes_the_page(
    visit: Callable[..., AppTest], tmp_path: Path
) -> None:
    """The page library compares long frames by their ends; what is kept here is found by the file's hash."""
    said = []
    lines = export().splitlines()
    middle = next(n for n, line in enumerate(lines) if n > 350 and "NOISE COMPLAINT,911,2," in line)
    for number, kind in enumerate(("NOISE COMPLAINT", "DISTURBANCE", "NOISE COMPLAINT")):
        file = tmp_path / str(number) / "calls.csv"
        file.parent.mkdir()
        changed = [
            line.replace("NOISE COMPLAINT", kind) if n == middle else line for n, line in enumerate(lines)
        ]
        file.write_text("\n".join(changed) + "\n")
        said.append(words(visit(file, in_district=["2"])))
    assert said[0] != said[1]
    assert said[0] == said[2]


def test_a_link_restores_the_filter_what_is_counted_and_the_comparison(
    visit: Callable[..., AppTest], write: Callable[..., Path]
) -> None:
    visitor = visit(
        write("calls.csv", export()),
        in_district=["2"],
        counted="All calls",
        months=["2023-01", "2023-06"],
        compare="Two areas",
    )
    assert visitor.multiselect(key="in_district").value == ["2"]
    assert visitor.radio(key="counted").value == "all"
    assert visitor.radio(key="compare").value == "areas"
    assert "Filtered by ward: 2; months: 2023-01 to 2023-06." in words(visitor)


def test_all_wards_but_one_do_not_tell_the_few_calls_of_the_one(
    visit: Callable[..., AppTest], write: Callable[..., Path]
) -> None:
    visitor = visit(write("calls.csv", export(rare=6)))
    assert "Animal" in words(visitor)
    visitor = visit(write("calls_few.csv", export(rare=3)), in_district=["2"])
    said = words(visitor)
    assert '<th scope="row">Animal' not in said
    assert "Categories with few calls, together" in said


def test_names_from_the_file_never_act_as_markup(
    visit: Callable[..., AppTest], write: Callable[..., Path]
) -> None:
    write("wards.geojson", geojson())
    visitor = visit(write("calls.csv", export()), in_district=["<b>1</b>"], compare="Two areas")
    for kind in ("markdown", "caption", "header", "subheader"):
        assert not any("<b>" in element.value.replace("\\<b", "") for element in getattr(visitor, kind))
    assert not any("<b>" in e.proto.body for e in visitor.get("html"))
    assert "&lt;b&gt;1&lt;/b&gt;" in words(visitor)


def test_outlines_beside_the_export_make_a_map_with_rates_and_tell_what_does_not_match(
    visit: Callable[..., AppTest], write: Callable[..., Path]
) -> None:
    write("wards.geojson", geojson())
    visitor = visit(write("calls.csv", export()))
    said = words(visitor)
    assert "On the map, but in no call: Lake." in said
    assert "year not stated" in said
    visitor.radio(key="shade").set_value("per_1000_a_year").run()
    assert not visitor.exception
    assert "Calls a year per 1,000 residents: most in" in words(visitor)


def test_without_outlines_the_page_says_so_and_takes_them(
    visit: Callable[..., AppTest], write: Callable[..., Path]
) -> None:
    visitor = visit(write("calls.csv", export()))
    assert "There is no map: no GeoJSON file" in words(visitor)
    visitor.file_uploader(key="area_file").set_value(
        ("wards.geojson", geojson().encode(), "application/json")
    ).run()
    assert not visitor.exception
    assert "There is no map" not in words(visitor)
    visitor.file_uploader(key="area_file").set_value(("x.geojson", b"no", "application/json")).run()
    assert not visitor.exception
    assert "x.geojson, which cannot be read as GeoJSON" in words(visitor)


def test_two_periods_are_compared_with_what_cannot_be_said(
    visit: Callable[..., AppTest], write: Callable[..., Path]
) -> None:
    visitor = visit(write("calls.csv", export()))
    visitor.radio(key="compare").set_value("periods").run()
    said = words(visitor)
    assert not visitor.exception
    assert "2023-01 to 2023-06" in said
    assert "do not hold the same months of the year" in said
    assert "no effect of anything that began between them" in said


def test_another_city_comes_from_its_export_or_from_the_results_of_its_run(
    visit: Callable[..., AppTest], write: Callable[..., Path], tmp_path: Path
) -> None:
    file = write("calls.csv", export())
    opened = open_source(source_of_file(write("other.csv", export(360)), "given"))
    write_outputs(opened.job, tmp_path / "out", report=lambda job: "")
    results = [
        (name, (tmp_path / "out" / name).read_bytes(), "text/plain")
        for name in ("run.json", "officer_time.csv")
    ]
    visitor = visit(file)
    visitor.radio(key="compare").set_value("cities").run()
    visitor.file_uploader(key="city_files").set_value(results).run()
    assert not visitor.exception
    from_results = words(visitor)
    assert "the largest category of all together" in from_results
    assert "What keeps these cities from being compared" in from_results  # other months
    visitor.file_uploader(key="city_files").set_value([("other.csv", export(360).encode(), "text/csv")]).run()
    assert not visitor.exception
    table = from_results.partition("share</th>")[2].partition("</tbody>")[0]
    assert table
    numbers = [part.partition("<")[0] for part in table.split('class="number">')[1:]]
    assert all(f">{number}<" in words(visitor) for number in numbers)
    visitor.file_uploader(key="city_files").set_value(results[:1]).run()
    assert "1 run.json and 0 officer_time.csv" in words(visitor)


def test_a_filter_that_nothing_fits_is_answered_with_what_to_do(
    visit: Callable[..., AppTest], write: Callable[..., Path]
) -> None:
    visitor = visit(write("calls.csv", export()), started_by=["Officer"])
    said = words(visitor)
    assert "No calls to show" in said
    assert "To do" in said


def test_the_city_of_a_job_is_the_city_of_its_results(write: Callable[..., Path], tmp_path: Path) -> None:
    from app.several_cities import city_of_job, read_city

    opened = open_source(source_of_file(write("calls.csv", export()), "given"))
    write_outputs(opened.job, tmp_path / "out", report=lambda job: "")
    ours, theirs = city_of_job(opened.job, "out"), read_city(tmp_path / "out")

    def rest(run: CityRun) -> dict[str, Any]:
        return {name: value for name, value in vars(run).items() if name != "table"}

    assert rest(ours) == rest(theirs)
    both = ours.table.join(theirs.table, on="category", nulls_equal=True)
    assert both.height == ours.table.height == theirs.table.height
    assert both.filter(pl.col("calls") != pl.col("calls_right")).is_empty()
