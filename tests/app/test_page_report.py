"""The Report and data page: sections by choice, all charts, and an open-data package that explains itself."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from app.chart_package import chart_package, report_charts
from app.job import Job
from app.open_data import TABLES, package
from app.outputs import FILES, write_outputs
from app.published_tables import published_table
from app.report import ALWAYS, SECTIONS, report_html
from app.views.report_data import permalink
from call_codes.errors import UsageError
from tests.app.test_pages import export, visit, words  # noqa: F401

pytestmark = pytest.mark.xdist_group("pages")
PAGE = "views/report_data.py"


def anchors(html: str) -> set[str]:
    return {name for name, one in SECTIONS.items() if f'<section aria-labelledby="{one.anchor}">' in html}


def test_the_whole_report_says_nothing_of_sections_left_out(town: Job) -> None:
    html = report_html(town)
    assert anchors(html) == set(SECTIONS)
    assert "left out" not in html.split("</header>")[0]


def test_a_report_in_parts_names_what_is_left_out_and_keeps_what_it_is_not_for(town: Job) -> None:
    html = report_html(town, ("types",))
    assert anchors(html) == {"types", ALWAYS}
    head = html.split("</header>")[0]
    assert "This is not the whole report" in head
    assert "3. What calls take; 5. The policy" in head
    assert "never dispatch advice" in html
    # No link leads to a section that is not there, and numbers stay what they are in the whole report.
    assert 'href="#time"' not in html
    assert '<li value="4"><a href="#types-section">' in html


def test_a_section_that_the_report_does_not_have_is_refused(town: Job) -> None:
    with pytest.raises(UsageError, match="polcy"):
        report_html(town, ("polcy",))


def test_every_chart_of_the_report_is_in_the_zip_three_times(town: Job) -> None:
    charts = report_charts(town)
    with zipfile.ZipFile(io.BytesIO(chart_package(charts, "Source: a made-up town."))) as archive:
        names = archive.namelist()
        contents = {name: archive.read(name) for name in names}
    assert len(names) == 3 * len(charts)
    assert {name.rsplit(".")[-1] for name in names} == {"png", "svg", "csv"}
    assert all(b"a made-up town" in content for name, content in contents.items() if name.endswith(".svg"))
    # The numbers beside a chart are those of the report's table, small counts and all.
    category = next(n for n in names if n.endswith(".csv") and "category" in n)
    _, table = charts["category"]
    assert [row[0] for row in csv.reader(io.StringIO(contents[category].decode()))][1:] == [
        row[0] for row in table.rows
    ]


@pytest.fixture(scope="module")
def written(town: Job, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("out") / "results"
    write_outputs(town, out, report=lambda job: "")
    return {name: (out / name).read_bytes() for name in FILES if not name.endswith(".parquet")}


@pytest.fixture(scope="module")
def opened_package(town: Job, written: dict[str, bytes]) -> dict[str, bytes]:
    made = package(written, town)
    assert made == package(written, town)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_package_describes_every_column_of_every_table(opened_package: dict[str, bytes]) -> None:
    described = json.loads(opened_package["datapackage.json"])
    assert [resource["path"] for resource in described["resources"]] == list(TABLES)
    listed = pl.read_csv(opened_package["dictionary.csv"])
    for resource in described["resources"]:
        columns = pl.read_csv(opened_package[resource["path"]]).columns
        assert [field["name"] for field in resource["schema"]["fields"]] == columns
        assert all(field["description"] for field in resource["schema"]["fields"])
        assert {field["type"] for field in resource["schema"]["fields"]} <= {
            "string", "integer", "number", "boolean",
        }  # fmt: skip
        assert listed.filter(table=resource["path"])["column"].to_list() == columns


def test_the_package_holds_no_single_call_and_says_what_was_suppressed(
    opened_package: dict[str, bytes],
) -> None:
    assert not any(name.endswith(".parquet") for name in opened_package)
    readme = opened_package["README.md"].decode()
    # ODD JOB with three calls and NOISE with two.
    assert "2 of 7 types are hidden" in readme
    types = pl.read_csv(opened_package["call_types.csv"])
    assert types.filter("suppressed")["calls"].null_count() == 2
    assert "must not be used for" in readme
    assert b"No licence is stated yet" in opened_package["LICENSE.txt"]
    for name, content in opened_package.items():
        assert b"C000" not in content, name


def small_counts(table: bytes) -> list[tuple[str, int]]:
    """Every cell from 1 to 4 of a column that counts something, but for the cascade's steps."""
    frame = pl.read_csv(io.BytesIO(table), infer_schema_length=None)
    if "row" in frame.columns:
        frame = frame.filter(pl.col("row") != "step")
    return [
        (name, value)
        for name, dtype in frame.schema.items()
        if (dtype.is_integer() and name not in ("hour_of_week", "call_type_code")) or name == "count"
        for value in frame[name].drop_nulls()
        if 1 <= value <= 4
    ]


def test_no_table_of_the_package_holds_a_count_from_1_to_4(
    written: dict[str, bytes], opened_package: dict[str, bytes]
) -> None:
    assert {name for name in TABLES if small_counts(written[name])} >= {
        "data_quality.csv",
        "officer_time.csv",
    }
    for name in TABLES:
        assert small_counts(opened_package[name]) == [], name
    faults = json.loads(opened_package["run.json"])["problems"]
    assert all(one["count"] is None or not 1 <= one["count"] <= 4 for one in faults)
    assert "stay exact" in opened_package["README.md"].decode()


def test_hiding_a_count_blanks_what_would_tell_it_and_nothing_else(
    written: dict[str, bytes], opened_package: dict[str, bytes]
) -> None:
    own, public = (
        pl.read_csv(io.BytesIO(one["data_quality.csv"]), infer_schema=False)
        for one in (written, opened_package)
    )
    hidden = public["count"].is_null()
    assert hidden.any()
    assert public.filter(hidden)["share"].null_count() == hidden.sum()
    assert public.filter(~hidden).equals(own.filter(~hidden))
    assert public.drop("count", "share").equals(own.drop("count", "share"))
    # The city's own tables are as exact as before, and a rule that is switched off hides nothing.
    for name in TABLES:
        rows = pl.read_csv(io.BytesIO(written[name]), infer_schema=False)
        assert pl.read_csv(io.BytesIO(published_table(written[name], 1)), infer_schema=False).equals(rows)


def test_an_address_carries_its_parameters_and_nothing_else() -> None:
    url = "http://127.0.0.1:8501/plan"
    assert (
        permalink(url, [("policy", "A & B"), ("plan_teams_1", "5")]) == f"{url}?policy=A+%26+B&plan_teams_1=5"
    )
    assert permalink("", [("policy", "x")]) == ""


def test_the_page_says_what_a_report_in_parts_leaves_out(
    visit: Callable[..., AppTest],  # noqa: F811
    tmp_path: Path,
) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(export())
    visitor = visit(file, PAGE)
    assert not visitor.exception
    assert "left out" not in words(visitor).split("Charts")[0]
    visitor.multiselect(key="report_sections").set_value(["cascade", "time"]).run()
    assert not visitor.exception
    assert "left out: Call types; The policy; Data quality; How to repeat this" in words(visitor)
    assert "It does not carry the opened file" in words(visitor)


def test_the_report_of_a_plan_is_offered_once_it_is_made(
    visit: Callable[..., AppTest],  # noqa: F811
    tmp_path: Path,
) -> None:
    from tests.app.test_plan_command import harbor_csv

    file = tmp_path / "harbor.csv"
    file.write_text(harbor_csv(12))

    def labels(visitor: AppTest) -> str:
        return " ".join(button.proto.label for button in visitor.get("download_button"))

    visitor = visit(file, PAGE)
    assert "report of your plan" not in labels(visitor)
    visitor.switch_page("views/plan.py").run()
    visitor.switch_page(PAGE).run()
    assert not visitor.exception
    assert "report of your plan with 2 teams" in labels(visitor)
