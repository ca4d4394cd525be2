"""The page of officer time: filter first, then the total, by category, by who started the call, by hour, area, month."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import polars as pl
import streamlit as st

from app import session
from app.charts import (
    calls_by_category,
    calls_by_initiator,
    hour_of_week_heatmap,
    unit_hours_by_category,
    unit_hours_by_initiator,
)
from app.figures import show_figure
from app.job import Job
from app.officer_time_cells import median_minutes
from app.officer_time_filter import Told, table_by, total
from app.officer_time_view import View, quiet, total_of
from app.officer_time_words import DEFINITIONS, SUBTRACTION, filter_words, merged_note
from app.plain_table import plain_table, range_in_large
from app.summary import UNIT_HOURS_DEFINITION, unit_hours
from app.views.officer_time_areas import show_areas, show_trend
from app.views.officer_time_compare import show_compare
from app.views.officer_time_filter import choose_view
from app.wording import (
    DAYS,
    category_finding,
    category_label,
    clock_hour,
    count,
    hour_of_week_finding,
    initiator_finding,
    initiator_label,
    minutes,
    number_of_hours,
    percent,
    small_count_note,
)
from calls.small_counts import POOLED
from officer_time.measures import HOURS

_MINUTES: Final = (
    "Minutes per unit: measured time from assignment to clear of one unit on one call; the mean of those measured. "
    "The median (half took longer) is given without a filter only; rightcall time gives it for any."
)


def show(opened: session.Opened) -> None:
    """Draw the page."""
    st.title("Officer time")
    view = choose_view(opened)
    whole = total(view.cells, view.chosen, view.smallest_count)
    if whole is None or not whole["calls"]:
        show_nothing(view, told=whole is not None)
        return
    if view.known:
        show_total(view, whole)
    else:
        show_no_times(view, whole)
    show_category(opened, view)
    show_initiator(view)
    show_hours_of_week(view)
    show_areas(view)
    show_trend(view)
    show_compare(opened, view)
    filtered = f" {SUBTRACTION}" if view.chosen.active else ""
    quiet(small_count_note(view.smallest_count) + filtered)


def show_nothing(view: View, *, told: bool) -> None:
    """The page where the filter leaves no call, or too few to be told."""
    with st.container(border=True):
        st.subheader("No calls to show", anchor=False)
        st.text(f"Asked for: {filter_words(view.chosen, view.area_name) or 'all calls'}.")
        if told:
            st.text("No call of the file fits all of these at once.")
        else:
            st.text(
                "So few calls fit, or are left out, that their number could point at a household: it is not shown."
            )
        st.text("To do: take more months, more areas, or count other calls.")


def show_total(view: View, whole: dict[str, float | None]) -> None:
    """Unit-hours of the filtered calls as a range, with what they are."""
    low, central, high = (whole[name] for name in HOURS)
    of_file = unit_hours(view.job)
    filtered = filter_words(view.chosen, view.area_name)
    with st.container(border=True):
        st.text("Police unit-hours")
        st.html(range_in_large(f"{number_of_hours(low)}–{number_of_hours(high)}"))
        st.text(
            f"Central estimate {number_of_hours(central)} for {count(whole['calls'])} calls; in the whole export "
            f"{number_of_hours(of_file['central'])} for {count(view.job.facts.calls)} calls."
        )
        if filtered:
            st.text(f"Filtered by {filtered}.")
        quiet(f"Counted: {UNIT_HOURS_DEFINITION} Calls: {DEFINITIONS[view.chosen.counted]}")
        quiet(
            f"{count(whole['unit_rows_measured'])} of these calls' {count(whole['unit_rows'])} records of police units "
            "have a usable start and end."
        )


def show_no_times(view: View, whole: dict[str, float | None]) -> None:
    """The page where the export has no times of units: what is missing, what to ask for, what can be shown."""
    with st.container(border=True):
        st.subheader("This export cannot tell officer time", anchor=False)
        st.text(unit_hours(view.job)["reason_missing"])
        st.text(
            "To do: ask the agency for the same calls with one row per unit sent, and for each unit the time it was "
            "assigned and the time it was free again."
        )
        st.text(f"Below: numbers of calls instead of hours, for {count(whole['calls'])} calls.")
        quiet(f"Calls: {DEFINITIONS[view.chosen.counted]}")


def show_category(opened: session.Opened, view: View) -> None:
    """Unit-hours (or calls) by category, with minutes per unit."""
    st.header("By category")
    told = table_by(view.cells, view.chosen, "category", view.smallest_count)
    quiet(view.counted_line(told.table, view.chosen))
    chart = (unit_hours_by_category if view.known else calls_by_category)(_drawn(told))
    medians = None if view.chosen.active or view.chosen.counted == "answering" else _medians(opened, view)
    _section(view, told, category_finding(told.table), chart, "category", "Category", category_label, medians)
    note = merged_note(told, "categories")
    quiet(" ".join(part for part in (note, _MINUTES if view.known else "") if part))


def _drawn(told: Told) -> pl.DataFrame:
    """The rows for a chart: without the merged row where a filter has filled it, or it would be the longest bar."""
    if not told.merged:
        return told.table
    own = told.table.filter(pl.col(told.table.columns[0]).ne_missing(pl.lit(POOLED)))
    return own if own.height else told.table


def _medians(opened: session.Opened, view: View) -> dict[str, float]:
    in_base = view.chosen.counted == "community"
    keep = _medians_here if opened.source.kind == "upload" else _medians_for_all
    return keep(f"{view.key} {in_base}", view.job, in_base)


@st.cache_resource(max_entries=24, show_spinner=False)
def _medians_for_all(key: str, _job: Job, _in_base: bool) -> dict[str, float]:
    return median_minutes(_job, in_base=_in_base)


@st.cache_resource(max_entries=8, show_spinner=False, scope="session")
def _medians_here(key: str, _job: Job, _in_base: bool) -> dict[str, float]:
    return median_minutes(_job, in_base=_in_base)


def show_initiator(view: View) -> None:
    """Unit-hours (or calls) by who started the call, always of all calls in the areas and months."""
    st.header("By who started the call")
    everyone = replace(view.chosen, counted="all", initiated_by=())
    told = table_by(view.cells, everyone, "initiated_by", view.smallest_count)
    quiet(view.counted_line(told.table, everyone))
    chart = (unit_hours_by_initiator if view.known else calls_by_initiator)(_drawn(told))
    _section(
        view, told, initiator_finding(told.table), chart, "initiated_by", "Started by", initiator_label, None
    )


def _section(
    view: View,
    told: Told,
    finding: str,
    chart: Any,
    key: str,
    heading: str,
    label: Callable[[str | None], str],
    medians: dict[str, float] | None,
) -> None:
    """A finding, its chart, and the chart's table."""
    table, known = told.table, view.known
    hours, calls = total_of(table, "unit_hours"), total_of(table, "calls")
    headings = [heading, "Calls", "Share of calls"]
    if known:
        headings += ["Unit-hours", "Low", "High", "Share of unit-hours", "Minutes per unit: mean"]
        headings += ["median"] if medians is not None else []
    rows = []
    for row in [*table.iter_rows(named=True), None]:
        values = row or {name: total_of(table, name) for name in table.columns if name != key}
        name = label(row[key]) if row else "All"
        cells = [name, count(values["calls"]), percent(values["calls"] / calls if calls else None)]
        if known:
            cells += [number_of_hours(values[h]) for h in (HOURS[1], HOURS[0], HOURS[2])]
            measured = values["unit_rows_measured"]
            cells.append(percent(values["unit_hours"] / hours if hours else None))
            cells.append(minutes(60 * values["unit_hours_low"] / measured if measured else None))
            if medians is not None:
                cells.append(minutes(medians.get(row[key]) if row else None))
        rows.append(cells)
    what = "Unit-hours and calls" if known else "Calls"
    asked = view.counted_line(
        table, view.chosen if key == "category" else replace(view.chosen, counted="all", initiated_by=())
    )
    show_figure(
        finding, chart, plain_table(f"{what}, most first. {asked}", headings, rows), definition=asked, key=key
    )


def show_hours_of_week(view: View) -> None:
    """The week as a map of hours."""
    st.header("By hour of the week")
    told = table_by(view.cells, view.chosen, "hour_of_week", view.smallest_count)
    table = told.table
    asked = view.counted_line(table, view.chosen)
    quiet(asked)
    hour = pl.col("hour_of_week").cast(pl.Int64, strict=False)
    cells = table.with_columns(hour).drop_nulls("hour_of_week")
    if cells.is_empty():
        st.text(hour_of_week_finding(table))
        return
    value: Any = "unit_hours" if view.known else "calls"
    values = dict(cells.select("hour_of_week", value).iter_rows())
    grid = plain_table(
        f"{'Unit-hours' if view.known else 'Calls'} by hour and day, totals over the whole period. {asked}",
        ["Hour", *DAYS],
        [
            [clock_hour(h), *(count(values[d * 24 + h]) if d * 24 + h in values else "" for d in range(7))]
            for h in range(24)
        ],
    )
    chart = hour_of_week_heatmap(table, value=value)
    days = view.days
    finding = hour_of_week_finding(table, value, days)
    show_figure(finding, chart, grid, definition=f"Totals over the whole period. {asked}", key="hours")
    left_out = total_of(table, "calls") - total_of(cells, "calls")
    what = (
        "Unit-hours, counted at the hour in which the call started"
        if view.known
        else "Calls, at the hour of their first recorded time"
    )
    what += (
        "; each number is the total of that hour over the whole period. "
        f"For an average week divide it by {days / 7:,.1f} ({count(days)} days with calls)"
    )
    missing = (
        f" {count(left_out)} calls are not in it: their hour is not known, or holds too few calls."
        if left_out
        else ""
    )
    quiet(f"{what}; local time.{missing} {merged_note(told, 'hours')}")


if __name__ == "__main__":
    show(session.current())
