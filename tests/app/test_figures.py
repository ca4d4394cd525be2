"""A figure's files: a drawing that stands alone, the table's own rows, nothing fetched, nothing made in vain."""

from __future__ import annotations

import csv
import io
import struct
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import altair as alt
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from app.chart_files import chart_png, chart_svg, file_stem, rows_csv, table_text
from app.charts import calls_by_area
from app.plain_table import plain_table
from tests.app.test_pages import export, visit  # noqa: F401

pytestmark = pytest.mark.xdist_group("pages")
AREAS = pl.DataFrame({"area": ["North <b>", "South"], "calls": [1593, 20]})
WORDS = ("North has 1,593 of 1,613 calls & more.", "Counted: all calls.", "Source: calls.csv.")


def test_the_drawing_carries_its_finding_what_was_counted_and_its_source() -> None:
    root = ElementTree.fromstring(chart_svg(calls_by_area(AREAS), *WORDS))
    said = " ".join("".join(element.itertext()) for element in root.iter() if element.tag.endswith("text"))
    for words in (*WORDS, "North <b>", "1,593"):
        assert words in said
    name = {"svg": "http://www.w3.org/2000/svg"}
    assert root.findtext("svg:title", namespaces=name) == WORDS[0]
    assert root.findtext("svg:desc", namespaces=name) == " ".join(WORDS[1:])


def test_a_long_finding_is_broken_into_lines_that_fit() -> None:
    root = ElementTree.fromstring(chart_svg(calls_by_area(AREAS), "A finding of many words. " * 12, "", ""))
    lines = [e for e in root.iter("{http://www.w3.org/2000/svg}text") if e.get("font-weight") == "bold"]
    assert len(lines) > 3
    assert float(root.get("height", 0)) > 22 * len(lines) + 60


def test_the_png_is_the_svg_at_twice_its_size() -> None:
    root = ElementTree.fromstring(chart_svg(calls_by_area(AREAS), *WORDS))
    png = chart_png(calls_by_area(AREAS), *WORDS)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    assert (width, height) == pytest.approx(
        (2 * float(root.get("width", 0)), 2 * float(root.get("height", 0))), abs=2
    )


@pytest.mark.parametrize("make", [chart_svg, chart_png])
@pytest.mark.parametrize(
    "chart",
    [
        alt.layer(alt.Chart("http://127.0.0.1:9/calls.json").mark_point().encode(x="calls:Q")),
        alt.layer(
            alt.Chart(pl.DataFrame({"url": ["http://127.0.0.1:9/pixel.png"]}))
            .mark_image()
            .encode(url="url:N")
        ),
    ],
    ids=["data", "picture"],
)
def test_a_chart_that_would_fetch_something_is_refused(
    make: Callable[..., bytes], chart: alt.LayerChart
) -> None:
    with pytest.raises(ValueError, match=r"not allowed|from elsewhere"):
        make(chart, *WORDS)


def test_the_csv_holds_the_rows_of_the_table_and_no_formula() -> None:
    table = plain_table(
        "Calls",
        ["Area", "Calls", "Change"],
        [["=1+1", "1,593", "-5"], ["<b>North</b>, east", "fewer than 5", "–"]],
    )
    assert table_text(table).caption == "Calls"
    assert list(csv.reader(io.StringIO(rows_csv(table_text(table).rows).decode()))) == [
        ["Area", "Calls", "Change"],
        ["'=1+1", "1593", "-5"],
        ["<b>North</b>, east", "fewer than 5", "–"],
    ]


@given(st.lists(st.lists(st.text(), min_size=3, max_size=3), max_size=4), st.text())
def test_any_table_can_be_read_back(rows: list[list[str]], caption: str) -> None:
    # A web page knows no carriage return and no zero character; our tables hold neither.
    def plain(text: str) -> str:
        return "".join(c for c in text if c.isprintable())

    wanted = [[plain(cell) for cell in row] for row in rows]
    read = table_text(plain_table(plain(caption), ["a", "b", "c"], wanted))
    assert read.caption == plain(caption).strip()
    assert [list(row) for row in read.rows] == [["a", "b", "c"], *wanted]


def test_a_file_is_named_after_its_finding() -> None:
    assert file_stem("Of 45,841 calls, 900 are left: *eligible*.") == "of-45841-calls-900-are-left-eligible"
    assert file_stem("../") == "chart"
    assert len(file_stem("word " * 50)) <= 60


@pytest.mark.parametrize("page", ["views/overview.py", "views/officer_time.py"])
def test_each_chart_of_a_page_offers_three_files_with_names_of_their_own(
    visit: Callable[..., AppTest],  # noqa: F811
    tmp_path: Path,
    page: str,
) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(export("<b>SHOTS</b> :red[FIRED]"))
    visitor = visit(file, page)
    assert not visitor.exception
    charts = len(visitor.get("vega_lite_chart")) or len(visitor.get("arrow_vega_lite_chart"))
    labels = [b.proto.label for b in visitor.get("download_button") if " the chart " in b.proto.label]
    assert charts > 0
    assert len(labels) == 2 * charts
    assert len(set(labels)) == len(labels)
