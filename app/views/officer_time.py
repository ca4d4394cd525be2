"""The page of officer time: unit-hours with low and high, by category, by who started the call, by hour and area."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import polars as pl
import streamlit as st

from app import session
from app.charts import (
    calls_by_area,
    calls_by_category,
    calls_by_initiator,
    hour_of_week_heatmap,
    unit_hours_by_category,
    unit_hours_by_initiator,
)
from app.figures import show_figure
from app.job import Job
from app.plain_table import plain_table, range_in_large
from app.summary import UNIT_HOURS_DEFINITION, unit_hours
from app.wording import (
    DAYS,
    area_finding,
    area_label,
    category_finding,
    category_label,
    clock_hour,
    count,
    hour_of_week_finding,
    initiator_finding,
    initiator_label,
    number_of_hours,
    percent,
    small_count_note,
)
from calls.small_counts import pool
from evaluation.before.cascade import DENOMINATOR
from officer_time.measures import HOURS

COUNTED: Final[dict[session.Counted, str]] = {
    "community": "Calls that the community started and police handled",
    "all": "All calls",
}
DEFINITIONS: Final[dict[session.Counted, str]] = {
    "community": f"{DENOMINATOR[:1].upper()}{DENOMINATOR[1:]}.",
    "all": "Every call in the export, after faulty rows were set aside.",
}
_CENTRAL_FIRST: Final = (HOURS[1], HOURS[0], HOURS[2])


def show(opened: session.Opened) -> None:
    """Draw the page."""
    job = opened.job
    st.title("Officer time")
    counted = choose_counted()
    known = job.cells["unit_hours"].is_not_null().any()
    tables = {
        by: shown_table(session.time_by(opened.key, counted, by, job), by, job)
        for by in ("category", "area", "hour_of_week")
    }
    # Who started a call is a question about all calls, whatever is counted in the rest.
    tables["initiated_by"] = shown_table(
        session.time_by(opened.key, "all", "initiated_by", job), "initiated_by", job
    )
    if known:
        show_total(tables["category"], counted, job)
    else:
        show_no_times(job, tables["category"], counted)
    show_category(tables["category"], counted, known)
    show_initiator(tables["initiated_by"], known)
    show_hours_of_week(tables["hour_of_week"], counted, known)
    show_area(tables["area"], counted, known)
    st.caption(small_count_note(job.settings.smallest_count))


def choose_counted() -> session.Counted:
    """The denominator: community-initiated calls unless all are asked for."""
    options: list[session.Counted] = list(COUNTED)
    chosen = st.radio(
        "Calls counted",
        options,
        format_func=lambda option: COUNTED[option],
        captions=[DEFINITIONS[option] for option in options],
        key="counted",
        persist_state="session",
    )
    return chosen or "community"


def shown_table(table: pl.DataFrame, by: str, job: Job) -> pl.DataFrame:
    """A table with its small cells pooled, so that it still adds up."""
    return pool(table.select(by, "calls", *HOURS), [by], "calls", HOURS, job.settings.smallest_count)


def show_total(table: pl.DataFrame, counted: session.Counted, job: Job) -> None:
    """Unit-hours of the counted calls as a range, with what they are."""
    low, central, high = (_sum(table, name) for name in HOURS)
    whole = unit_hours(job)
    with st.container(border=True):
        st.text("Police unit-hours")
        st.html(range_in_large(f"{number_of_hours(low)}–{number_of_hours(high)}"))
        st.text(
            f"Central estimate {number_of_hours(central)} for {count(_sum(table, 'calls'))} calls; in the whole export "
            f"{number_of_hours(whole['central'])} for {count(job.facts.calls)} calls."
        )
        st.caption(f"Counted: {UNIT_HOURS_DEFINITION} Calls: {DEFINITIONS[counted]}")
        st.caption(
            f"In the whole export, {count(whole['unit_rows_measured'])} of {count(whole['unit_rows'])} records of "
            "police units have a usable start and end."
        )


def show_no_times(job: Job, table: pl.DataFrame, counted: session.Counted) -> None:
    """The page where the export has no times of units: what is missing, what to ask for, what can be shown."""
    with st.container(border=True):
        st.subheader("This export cannot tell officer time", anchor=False)
        st.text(unit_hours(job)["reason_missing"])
        st.text(
            "To do: ask the agency for the same calls with one row per unit sent, and for each unit the time it was "
            "assigned and the time it was free again."
        )
        st.text(f"Below: numbers of calls instead of hours, for {count(_sum(table, 'calls'))} calls.")
        st.caption(f"Calls: {DEFINITIONS[counted]}")


def show_counted(table: pl.DataFrame, counted: session.Counted, known: bool) -> None:
    """What the section's numbers are parts of."""
    hours = f", {number_of_hours(_sum(table, 'unit_hours'))} unit-hours (central estimate)" if known else ""
    st.caption(f"Counted: {COUNTED[counted].lower()}; {count(_sum(table, 'calls'))} calls{hours}.")


def show_category(table: pl.DataFrame, counted: session.Counted, known: bool) -> None:
    """Unit-hours (or calls) by category."""
    st.header("By category")
    show_counted(table, counted, known)
    chart = (unit_hours_by_category if known else calls_by_category)(table)
    _section(category_finding(table), chart, table, "category", "Category", category_label, known)


def show_initiator(table: pl.DataFrame, known: bool) -> None:
    """Unit-hours (or calls) by who started the call, always of all calls."""
    st.header("By who started the call")
    show_counted(table, "all", known)
    chart = (unit_hours_by_initiator if known else calls_by_initiator)(table)
    _section(initiator_finding(table), chart, table, "initiated_by", "Started by", initiator_label, known)


def show_area(table: pl.DataFrame, counted: session.Counted, known: bool) -> None:
    """Calls by the agency's own areas."""
    st.header("By area")
    if table["area"].drop_nulls().is_empty():
        st.text("The export names no areas.")
        return
    show_counted(table, counted, known)
    _section(area_finding(table), calls_by_area(table), table, "area", "Area", area_label, known)


def _section(
    finding: str,
    chart: Any,
    table: pl.DataFrame,
    key: str,
    heading: str,
    label: Callable[[str | None], str],
    known: bool,
) -> None:
    """A finding, its chart, and the chart's table."""
    total = _sum(table, "unit_hours") if known else 0.0
    headings = [heading, "Calls", "Unit-hours", "Low", "High", "Share of unit-hours"]
    rows = [
        [
            label(row[key]),
            count(row["calls"]),
            number_of_hours(row["unit_hours"]),
            number_of_hours(row["unit_hours_low"]),
            number_of_hours(row["unit_hours_high"]),
            percent(row["unit_hours"] / total if total else None),
        ]
        for row in table.iter_rows(named=True)
    ]
    whole = ["All", count(_sum(table, "calls"))] + [number_of_hours(_sum(table, h)) for h in _CENTRAL_FIRST]
    rows.append([*whole, percent(1.0 if total else None)])
    width = len(headings) if known else 2
    what = "Unit-hours and calls" if known else "Calls"
    table_html = plain_table(f"{what}, most first", headings[:width], [row[:width] for row in rows])
    show_figure(finding, chart, table_html)


def _sum(table: pl.DataFrame, column: str) -> float:
    return float(table[column].cast(pl.Float64).sum())


def show_hours_of_week(table: pl.DataFrame, counted: session.Counted, known: bool) -> None:
    """The week as a map of hours."""
    st.header("By hour of the week")
    show_counted(table, counted, known)
    hour = pl.col("hour_of_week").cast(pl.Int64, strict=False)
    cells = table.with_columns(hour).drop_nulls("hour_of_week")
    if cells.is_empty():
        st.text(hour_of_week_finding(table))
        return
    value: Any = "unit_hours" if known else "calls"
    finding = hour_of_week_finding(table, value)
    values = dict(cells.select("hour_of_week", value).iter_rows())
    grid = plain_table(
        f"{'Unit-hours' if known else 'Calls'} by hour and day",
        ["Hour", *DAYS],
        [
            [clock_hour(h), *(count(values[d * 24 + h]) if d * 24 + h in values else "" for d in range(7))]
            for h in range(24)
        ],
    )
    show_figure(finding, hour_of_week_heatmap(table, value=value), grid)
    left_out = _sum(table, "calls") - _sum(cells, "calls")
    what = (
        "Unit-hours, counted at the hour in which the call started"
        if known
        else "Calls, at the hour of their first recorded time; totals over the period, not averages"
    )
    missing = (
        f" {count(left_out)} calls are not in it: their hour is not known, or holds too few calls."
        if left_out
        else ""
    )
    st.caption(f"{what}; local time.{missing}")


if __name__ == "__main__":
    show(session.current())
