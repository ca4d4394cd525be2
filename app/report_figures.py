"""The report's charts with their words: as pictures that a page draws, and as static drawings in an HTML report."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from app import charts, wording
from app.job import Job

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True)
class Drawing:
    """The inside of an SVG, its viewBox and its natural width in pixels."""

    view_box: str
    width: str
    marks: str


@dataclass(frozen=True)
class Figure:
    """A chart as static SVG with the sentence that says what it shows, and how to read it."""

    id: str
    finding: str
    alternative: str
    drawing: Drawing
    reading: str


@dataclass(frozen=True)
class Picture:
    """A chart before it is drawn. kind: what one would see; reading: how to read it."""

    id: str
    chart: alt.LayerChart
    finding: str
    kind: str
    reading: str

    def drawn(self) -> Figure:
        """The same as a static figure."""
        return figure(self.id, self.chart, self.finding, self.kind, self.reading)


def report_pictures(job: Job, shown: dict[str, pl.DataFrame], has_hours: bool) -> dict[str, Picture]:
    """The charts of the report by name. shown: app.report_tables.breakdowns; has_hours: whether times are known."""
    smallest = job.settings.smallest_count
    bars = "The bar is the central estimate; the line runs from low to high." if has_hours else ""
    by_category = charts.unit_hours_by_category if has_hours else charts.calls_by_category
    by_initiator = charts.unit_hours_by_initiator if has_hours else charts.calls_by_initiator
    category, initiator = shown["category"], shown["initiated_by"]
    hour, area = shown["hour_of_week"], shown["area"]
    figures = {
        "cascade": Picture(
            "cascade",
            charts.cascade_chart(job.cascade.steps),
            wording.cascade_finding(job.cascade.steps),
            "Bar chart of the calls left after each step.",
            "The bar is the policy as written; the line runs from the low to the high reading.",
        ),
        "category": Picture(
            "category",
            by_category(category, smallest_count=smallest),
            wording.category_finding(category),
            "Bar chart of the largest categories.",
            f"The largest categories, up to 15. {bars}".strip(),
        ),
        "initiated_by": Picture(
            "initiator",
            by_initiator(initiator, smallest_count=smallest),
            wording.initiator_finding(initiator),
            "Bar chart by who started the call.",
            bars,
        ),
    }
    if hour["hour_of_week"].str.contains(r"^\d+$").any():
        figures["hour"] = Picture(
            "hour",
            charts.hour_of_week_heatmap(hour),
            wording.hour_of_week_finding(hour),
            "Grid of calls by day of the week and hour.",
            "Darker means more calls; white fields hold none or too few to be shown.",
        )
    if area.drop_nulls("area").height > 0:
        figures["area"] = Picture(
            "area",
            charts.calls_by_area(area, smallest_count=smallest),
            wording.area_finding(area),
            "Bar chart of the areas with most calls.",
            "The areas are the agency's own; up to 20 are drawn.",
        )
    return figures


def figure(name: str, chart: alt.LayerChart, finding: str, kind: str, reading: str) -> Figure:
    """`chart` as static SVG with its words; `kind` says what one would see."""
    return Figure(
        name, finding, f"{kind} {finding} The table below holds the figures.", static_svg(chart), reading
    )


def static_svg(chart: alt.LayerChart) -> Drawing:
    """`chart` as a drawing that can stand in an HTML page.

    Descriptions of single marks are left out (the table says it better) and so are name spaces, which HTML does
    not need and which look like addresses. The template adds role and title.
    """
    import vl_convert

    spec = chart.to_dict()
    spec.setdefault("config", {})["aria"] = False
    svg = vl_convert.vegalite_to_svg(spec)
    box = re.search(r'viewBox="([^"]*)"', svg)
    if box is None:
        raise AssertionError("the drawing has no viewBox")
    inner = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    # What every mark repeats and the page does not use: half of the bytes.
    inner = re.sub(
        r' (?:role|aria-[a-z]+|xmlns(?::xlink)?|class|font-family|pointer-events)="[^"]*"', "", inner
    )
    return Drawing(box.group(1), box.group(1).split()[2], inner)
