"""The sections of officer time by area and by month: the map with its table, and the trend with marks of drift."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import polars as pl
import streamlit as st

from app.area_file import property_like
from app.area_map import area_map
from app.area_values import VALUES, area_values, places_of, unmatched
from app.charts import calls_by_area
from app.figures import show_figure
from app.officer_time_cells import PLACE
from app.officer_time_trend import month_text, monthly, not_marked, trend_chart, trend_finding
from app.officer_time_view import View, quiet
from app.officer_time_words import ELIGIBLE, listed
from app.plain_table import plain_table
from app.views.officer_time_filter import AREA_UPLOAD, POPULATION_UPLOAD
from app.wording import NOT_KNOWN, area_label, count, number_of_hours, percent
from calls.populations import RATE_DEFINITION

_NOT_SHOWN: Final = "not shown"
_NO_BREAK_HYPHEN: Final = "\u2011"


def show_areas(view: View) -> None:
    """The map and table of all areas under the other filters; a bar chart where there is no file of outlines."""
    st.header("By area")
    if view.choice is None:
        st.text("The export names no areas.")
        _show_uploads(view)
        return
    asked = replace(view.chosen, places=())
    found = area_values(view.cells, view.chosen, view.populations, view.smallest_count)
    table = found.table
    whole = table.with_columns(pl.col("calls", "unit_hours").fill_null(0))
    quiet(
        f"{view.counted_line(whole, asked)} Every area is shown, so that those filtered for can be compared."
    )
    value = _choose_value(view, table)
    form = number_of_hours if value == "unit_hours" else count
    shown = table.select(
        PLACE, pl.col(value).cast(pl.Float64).alias("value"),
        pl.col(value).map_elements(form, pl.String).fill_null(_NOT_SHOWN).alias("text"),
    )  # fmt: skip
    name = property_like(view.file, places_of(view.cells)) if view.file else None
    if view.choice.property_name is not None:
        name = view.choice.property_name
    chosen = [place for place in view.chosen.places if place is not None]
    finding = area_values_finding(shown, VALUES[value])
    html = _table(view, table)
    definition = _definition(view, value, found.days)
    if view.file is not None and name is not None:
        chart: Any = area_map(view.file, name, shown, VALUES[value], chosen)
        show_figure(finding, chart, html, definition=definition, key="map")
        outlined = " Areas filtered for have a heavy outline." if chosen else ""
        quiet(
            f"{definition} Gray with a dashed outline: {_NOT_SHOWN}, or no calls.{outlined} Outlines: {view.file.name}."
        )
        _show_unmatched(view, table, name)
    else:
        show_figure(finding, calls_by_area(table.rename({PLACE: "area"}).filter(~pl.col("hidden"))), html,
                    definition=definition, key="areas")  # fmt: skip
        quiet(definition)
        st.text(
            "There is no map: no GeoJSON file of areas lies beside the export."
            if view.file is None
            else f"There is no map: no property of {view.file.name} holds the names of these areas."
        )
    hidden = table.filter("hidden")[PLACE].to_list()
    if hidden:
        st.text(
            f"Not shown: {listed([area_label(place) for place in hidden], 12)}. So few calls fit there, or another area's "
            "few calls could be worked out from theirs."
        )
    _show_uploads(view)


def _choose_value(view: View, table: pl.DataFrame) -> str:
    """What the areas are shaded by."""
    offered = [
        value
        for value in VALUES
        if (value != "unit_hours" or view.known)
        and (value != "per_1000_a_year" or table["per_1000_a_year"].is_not_null().any())
    ]
    chosen = st.radio(
        "Shade areas by",
        offered,
        format_func=lambda value: VALUES[value],
        key="shade",
        bind="query-params",
        persist_state="session",
        horizontal=True,
    )
    return chosen or "calls"


def area_values_finding(shown: pl.DataFrame, what: str) -> str:
    """The area with most and that with least. Columns in: place, value, text."""
    told = shown.drop_nulls([PLACE, "value"]).sort("value", PLACE, descending=[True, False])
    if told.is_empty():
        return "No area holds enough calls to be shown."
    top, bottom = told.row(0, named=True), told.row(-1, named=True)
    least = f"; least: {bottom[PLACE]} ({bottom['text']})" if told.height > 1 else ""
    return f"{what}: most in {top[PLACE]} ({top['text']}){least}."


def _definition(view: View, value: str, days: int) -> str:
    eligible = f" {ELIGIBLE.format(policy=view.job.policy.label)}"
    rates = ""
    if view.populations is not None:
        years = [str(y) for y in view.populations["year"].drop_nulls().unique().sort()]
        source = view.populations["source"][0]
        rates = (
            f" Rate: {RATE_DEFINITION}; {days} days. Residents: {source}, "
            f"{'counted in ' + listed(years) if years else 'year not stated'}. People who do not live in an area "
            "call from it too."
        )
    if value == "per_1000_a_year":
        return rates.strip()
    return f"Calls and unit-hours by the area that the call belongs to.{eligible}{rates}"


def _table(view: View, table: pl.DataFrame) -> str:
    """All values of all areas."""
    headings = ["Area", "Calls"]
    if view.known:
        headings += ["Unit-hours", "Low", "High"]
    headings += ["Eligible calls", "Eligible share"]
    rates = table["per_1000_a_year"].is_not_null().any()
    if rates:
        headings += ["Residents", "Calls a year per 1,000", "High"]
    rows = []
    for row in table.iter_rows(named=True):
        cells = [area_label(row[PLACE]), _NOT_SHOWN if row["hidden"] else count(row["calls"])]
        if view.known:
            cells += [
                _NOT_SHOWN if row["hidden"] else number_of_hours(row[name])
                for name in ("unit_hours", "unit_hours_low", "unit_hours_high")
            ]
        both = not row["hidden"] and not row["eligible_hidden"] and row["calls"]
        cells += [
            _NOT_SHOWN if row["eligible_hidden"] else count(row["eligible_calls"]),
            percent(row["eligible_calls"] / row["calls"]) if both else NOT_KNOWN,
        ]
        if rates:
            cells += [count(row[name]) for name in ("population", "per_1000_a_year", "high_per_1000_a_year")]
        rows.append(cells)
    asked = replace(view.chosen, places=())
    whole = table.with_columns(pl.col("calls", "unit_hours").fill_null(0))
    return plain_table(f"By area. {view.counted_line(whole, asked)}", headings, rows)


def _show_unmatched(view: View, table: pl.DataFrame, name: str) -> None:
    assert view.file is not None
    without, unnamed = unmatched(table, view.file, name)
    if without.height:
        told = [
            f"{row[PLACE]} ({count(row['calls']) if row['calls'] is not None else 'few'} calls)"
            for row in without.iter_rows(named=True)
        ]
        st.text(f"In the calls, but not on the map: {listed(told, 12)}.")
    if unnamed:
        st.text(f"On the map, but in no call: {listed(unnamed, 12)}.")


def _show_uploads(view: View) -> None:
    """Where a visitor may give outlines and residents."""
    with st.expander("Other areas or numbers of residents"):
        st.text(
            "Outlines of council districts or beats as GeoJSON, from the city's open-data portal. They are read as "
            "data only, stay on this machine, and are forgotten when you close the page; a link does not carry them."
        )
        st.file_uploader("Areas (GeoJSON)", type=["geojson", "json"], key=AREA_UPLOAD)
        st.file_uploader(
            "Residents (CSV with area, population, source, year)", type=["csv"], key=POPULATION_UPLOAD
        )
        if view.populations is None:
            st.text("No residents are known, so there are no rates per 1,000.")


def show_trend(view: View) -> None:
    """Month by month, with numbered marks where the recording changed, each in words."""
    st.header("By month")
    table = monthly(view.cells, view.chosen, view.smallest_count)
    asked = replace(view.chosen, first_month=None, last_month=None)
    line = f"{view.counted_line(table, asked)} All months are shown; those filtered for are shaded."
    quiet(line)
    if table.height < 2:
        st.text(trend_finding(table, view.marks, hours=view.known))
        return
    first, last = (
        None if m is None else month_text(m) for m in (view.chosen.first_month, view.chosen.last_month)
    )
    rows = [
        [
            row["month"], count(row["days"]), count(row["calls"]), number_of_hours(row["calls_per_day"]),
            *([number_of_hours(row[c]) for c in ("unit_hours", "unit_hours_low", "unit_hours_high",
                                                 "unit_hours_per_day")] if view.known else []),
        ]
        for row in table.iter_rows(named=True)
    ]  # fmt: skip
    headings = ["Month", "Days with calls", "Calls", "Calls a day"]
    headings += ["Unit-hours", "Low", "High", "Unit-hours a day"] if view.known else []
    show_figure(
        trend_finding(table, view.marks, hours=view.known),
        trend_chart(table, view.marks, (first, last), hours=view.known),
        plain_table(f"By month. {line}", headings, rows),
        definition=line,
        key="trend",
    )
    if view.marks:
        marks = [
            [str(n), mark.month.replace("-", _NO_BREAK_HYPHEN), mark.seen, mark.means]
            for n, mark in enumerate(view.marks, start=1)
        ]
        st.html(
            plain_table(
                "Where the recording changed (in the whole file, whatever is filtered)",
                ["Mark", "From", "Seen", "What it means"],
                marks,
                None,
            )
        )
    for sentence in not_marked(view.job):
        st.text(sentence)
    quiet("A day: of the days with any call in the file. Months with too few calls have no point.")
