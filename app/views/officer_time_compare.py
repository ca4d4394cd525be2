"""The last section of officer time: two areas or two periods side by side; cities are in officer_time_cities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl
import streamlit as st

from app import session
from app.area_values import area_values, places_of
from app.figures import show_figure
from app.officer_time_compare import Compared, cannot_be_said, compare, period_text, sides_chart
from app.officer_time_filter import Filter
from app.officer_time_trend import month_number, month_text
from app.officer_time_view import View, quiet
from app.officer_time_words import COUNTED, DEFINITIONS, filter_words, listed
from app.plain_table import plain_table
from app.views.officer_time_cities import show_cities
from app.wording import category_label, count, number_of_hours, percent, without_markup
from calls.small_counts import POOLED

OFFERED: Final = {
    "nothing": "Nothing",
    "areas": "Two areas",
    "periods": "Two periods",
    "cities": "Several cities",
}
_TOP: Final = 12


def show_compare(opened: session.Opened, view: View) -> None:
    """The choice of what to compare, and the comparison."""
    st.header("Compare")
    chosen = st.radio(
        "Compare",
        list(OFFERED),
        format_func=lambda name: OFFERED[name],
        key="compare",
        bind="query-params",
        persist_state="session",
        horizontal=True,
        label_visibility="collapsed",
    )
    if chosen == "areas":
        show_areas(view)
    elif chosen == "periods":
        show_periods(view)
    elif chosen == "cities":
        show_cities(opened)


def show_areas(view: View) -> None:
    """Two areas in the same months, started by the same people."""
    names = places_of(view.cells)
    if view.choice is None or len(names) < 2:
        st.text("There are no two areas with calls to compare.")
        return
    filtered = [place for place in view.chosen.places if place is not None]
    first = [names.index(place) for place in filtered[:2]] if len(filtered) > 1 else [0, 1]
    columns = st.columns(2)
    picked = [
        column.selectbox(
            label,
            names,
            index=index,
            format_func=without_markup,
            key=f"{key}_{view.choice.id}",
            bind="query-params",
            persist_state="session",
        )
        for column, label, index, key in zip(
            columns, ("One area", "The other"), first, ("left", "right"), strict=True
        )
    ]
    sides = [replace(view.chosen, places=(place,)) for place in picked]
    found = compare(view.cells, sides[0], sides[1], view.smallest_count)
    if found is None or picked[0] == picked[1]:
        st.text(
            "Choose two different areas."
            if picked[0] == picked[1]
            else "One of the two has too few calls to be shown."
        )
        return
    asked = _asked(view, replace(view.chosen, places=()))
    kind = view.area_name.partition(",")[0]
    _show_two(view, found, [f"{kind} {place}" for place in picked], asked, "areas")
    if view.populations is not None:
        values = area_values(view.cells, view.chosen, view.populations, view.smallest_count).table
        rates = dict(values.select("place", "per_1000_a_year").drop_nulls().iter_rows())
        told = [f"{kind} {place}: {count(rates[place])}" for place in picked if rates.get(place) is not None]
        if told:
            st.text(f"Calls a year per 1,000 residents: {listed(told)}.")
    quiet(
        "Shares compare what areas call about, not how much. A difference can lie in who lives, works and travels there, "
        "in who calls, and in how officers record."
    )


def show_periods(view: View) -> None:
    """Two periods of the same areas, with what cannot be said."""
    months = [month_text(month) for month in view.months]
    if len(months) < 2:
        st.text("The file holds one month only: there are no two periods.")
        return
    # The last twelve months and the same months a year before, where there are two years.
    span = 12 if len(months) >= 24 else len(months) // 2
    starts = {
        "first_period": (months[-2 * span], months[-span - 1]),
        "second_period": (months[-span], months[-1]),
    }
    sides = []
    for (key, value), label in zip(starts.items(), ("First period", "Second period"), strict=True):
        first, last = st.select_slider(
            label, months, value=value, key=key, bind="query-params", persist_state="session"
        )
        sides.append(replace(view.chosen, first_month=month_number(first), last_month=month_number(last)))
    found = compare(view.cells, sides[0], sides[1], view.smallest_count)
    if found is None:
        st.text("One of the two periods has too few calls to be shown.")
        return
    names = [period_text(side) for side in sides]
    if names[0] == names[1]:
        st.text("Choose two different periods.")
        return
    asked = _asked(view, replace(view.chosen, first_month=None, last_month=None))
    _show_two(view, found, names, asked, "periods")
    st.subheader("What cannot be said", anchor=False)
    for sentence in cannot_be_said(sides[0], sides[1], (found.left_days, found.right_days), view.marks):
        st.text(sentence)


def _asked(view: View, chosen: Filter) -> str:
    filtered = filter_words(chosen, view.area_name)
    return f"Counted: {COUNTED[chosen.counted].lower()}{'; ' + filtered if filtered else ''}."


def _show_two(view: View, found: Compared, names: Sequence[str], asked: str, key: str) -> None:
    """Totals of both sides, then categories: shares as a chart, everything as a table."""
    wholes = (found.left, found.right)
    headings = ["", *names, "Change" if key == "periods" else "Difference"]
    rows = [["Calls", *(count(w["calls"]) for w in wholes), _change(*(w["calls"] for w in wholes))]]
    days = (found.left_days, found.right_days)
    daily = [(w["calls"] or 0) / d if d else None for w, d in zip(wholes, days, strict=True)]
    rows.append(["Calls a day", *(number_of_hours(v) for v in daily), _change(*daily)])
    if view.known:
        hours = [w["unit_hours"] for w in wholes]
        rows.append([
            "Unit-hours (low–high)",
            *(f"{number_of_hours(w['unit_hours'])} ({number_of_hours(w['unit_hours_low'])}–"
              f"{number_of_hours(w['unit_hours_high'])})" for w in wholes),
            _change(*hours),
        ])  # fmt: skip
        a_day = [(h or 0) / d if d else None for h, d in zip(hours, days, strict=True)]
        rows.append(["Unit-hours a day", *(number_of_hours(v) for v in a_day), _change(*a_day)])
    rows.append(["Days with calls", *(count(d) for d in days), ""])
    st.html(plain_table(asked, headings, rows))
    table = found.table
    told = table.filter(pl.col("category") != POOLED)
    top = (told if told.height else table).head(_TOP)
    drawn = pl.concat(
        top.select(
            pl.col("category").map_elements(category_label, pl.String).alias("label"),
            pl.lit(name).alias("side"),
            pl.col(f"{side}_calls_share").alias("share"),
        )
        for name, side in zip(names, ("left", "right"), strict=True)
    )
    largest = (told if told.height else table).sort(
        pl.col("difference").abs(), "category", descending=[True, False]
    ).row(0, named=True)  # fmt: skip
    finding = (
        f"The largest difference is {category_label(largest['category'])}: {percent(largest['left_calls_share'])} of the "
        f"calls of {names[0]}, {percent(largest['right_calls_share'])} of those of {names[1]}."
    )
    headings = ["Category"]
    for name in names:
        headings += [f"{name}: calls", "share", "a day", *(["unit-hours"] if view.known else [])]
    headings.append("Difference of shares, points")
    rows = []
    for row in table.iter_rows(named=True):
        cells = [category_label(row["category"])]
        for side in ("left", "right"):
            cells += [
                count(row[f"{side}_calls"]), percent(row[f"{side}_calls_share"]),
                number_of_hours(row[f"{side}_calls_per_day"]),
            ]  # fmt: skip
            cells += [number_of_hours(row[f"{side}_unit_hours"])] if view.known else []
        # + 0.0: no difference has no sign.
        cells.append(f"{round(row['difference'], 1) + 0.0:+.1f}")
        rows.append(cells)
    definition = f"{asked} Share: of the calls of the same column. {DEFINITIONS[view.chosen.counted]}"
    show_figure(
        finding,
        sides_chart(drawn, "Share of calls"),
        plain_table(definition, headings, rows, narrow=True),
        definition=definition,
        key=f"compare-{key}",
    )
    merged = table.filter(pl.col("category") == POOLED)
    if merged.height:
        row = merged.row(0, named=True)
        quiet(
            f"Categories with few calls stand together in the table, and are not drawn: "
            f"{percent(row['left_calls_share'])} of the calls of {names[0]}, {percent(row['right_calls_share'])} of those "
            f"of {names[1]}. So do those whose small numbers could be had from them by subtraction."
        )
    quiet(definition)


def _change(before: float | None, after: float | None) -> str:
    return "" if not before or after is None else f"{100 * (after / before - 1):+.1f}%"
