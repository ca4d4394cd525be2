"""Several cities side by side: this one, and those of further exports or results that a visitor sends."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import polars as pl
import streamlit as st

from app import session
from app.figures import show_figure
from app.officer_time_compare import sides_chart
from app.officer_time_view import quiet
from app.plain_table import plain_table
from app.refusal import show_refusal
from app.several_cities import FILES, city_of_files, city_of_job
from app.source_choice import ENDINGS, source_of_uploads
from app.waiting import wait_for
from app.wording import category_label, count, number_of_hours, percent
from call_codes.errors import InputError, RightcallError
from officer_time.cities import CityRun, not_comparable, side_by_side

_TOP: Final = 12


def show_cities(opened: session.Opened) -> None:
    """This city beside others, in one taxonomy, each with its own definitions."""
    st.text(
        "Add other cities: their exports, or run.json together with officer_time.csv of the results folder of a run. "
        "They are read on this machine and forgotten when you close the page; a link does not carry them."
    )
    sent = st.file_uploader(
        "Exports or results of other cities",
        type=sorted({*ENDINGS, "json", "csv"}),
        accept_multiple_files=True,
        key="city_files",
    )
    runs = [city_of_job(opened.job, opened.source.name)]
    try:
        runs += _cities(sent or [])
    except RightcallError as error:
        show_refusal(error)
        return
    if len(runs) < 2:
        st.text("With one more city, both stand side by side here.")
        return
    _show_cities(_distinct(runs), opened)


def _cities(sent: Sequence[Any]) -> list[CityRun]:
    """One city per export, and one per pair of run.json and officer_time.csv, in the order in which they came."""
    by_name: dict[str, list[Any]] = {name: [] for name in FILES}
    exports: list[Any] = []
    for file in sent:
        name = Path(file.name.replace("\\", "/")).name
        # A browser writes "run (1).json" where two of one name were downloaded.
        kind = next((known for known in FILES if name.startswith(known.partition(".")[0]) and
                     name.endswith(known.rpartition(".")[2])), None)  # fmt: skip
        (by_name[kind] if kind else exports).append(file)
    runs, tables = (by_name[name] for name in FILES)
    if len(runs) != len(tables):
        raise InputError(
            found=f"{len(runs)} run.json and {len(tables)} officer_time.csv.",
            expected="both files of every results folder.",
            action="Add the missing one; they lie in one folder.",
        )
    found = [
        city_of_files(run.getvalue(), table.getvalue(), f"City {number}")
        for number, (run, table) in enumerate(zip(runs, tables, strict=True), start=2)
    ]
    for file in exports:
        digest = hashlib.sha256(file.getvalue()).hexdigest()
        source = source_of_uploads([(file.name, digest, file.getvalue)])
        running = session.start(source)
        wait_for(running)
        found.append(city_of_job(running.result(), source.name))
    return found


def _distinct(runs: list[CityRun]) -> list[CityRun]:
    """Two of one name, such as two years of one city, are told apart by their first day."""
    names = [run.city for run in runs]
    named = [
        replace(run, city=f"{run.city}, from {run.first_day}") if names.count(run.city) > 1 else run
        for run in runs
    ]
    names = [run.city for run in named]
    return [
        replace(run, city=f"{run.city} ({n})") if names.count(run.city) > 1 else run
        for n, run in enumerate(named, start=1)
    ]


def _show_cities(runs: list[CityRun], opened: session.Opened) -> None:
    table = side_by_side(runs, opened.job.settings.smallest_count)
    order = table.group_by("category").agg(pl.col("calls_share").sum()).sort(
        "calls_share", "category", descending=[True, False], nulls_last=True
    )["category"].to_list()  # fmt: skip
    names = [run.city for run in runs]
    shown = table.filter(pl.col("category").is_in(order[:_TOP]))
    drawn = (
        shown.with_columns(
            pl.col("category").replace_strict(order, list(range(len(order))), return_dtype=pl.Int32).alias("_at"),
            pl.col("city").replace_strict(names, list(range(len(names))), return_dtype=pl.Int32).alias("_city"),
        )
        .sort("_city", "_at")
        .select(
            pl.col("category").map_elements(category_label, pl.String).alias("label"),
            pl.col("city").alias("side"),
            pl.col("calls_share").alias("share"),
        )
    )  # fmt: skip
    cells = {(row["category"], row["city"]): row for row in table.iter_rows(named=True)}
    headings = ["Category"]
    for name in names:
        headings += [f"{name}: calls", "share", "unit-hours", "share"]
    rows = []
    for category in order:
        line = [category_label(category)]
        for name in names:
            row = cells[category, name]
            line += (
                ["not shown"] * 4
                if row["suppressed"]
                else [
                    count(row["calls"]), percent(row["calls_share"]), number_of_hours(row["unit_hours"]),
                    percent(row["unit_hours_share"]),
                ]
            )  # fmt: skip
        rows.append(line)
    totals = {name: cells[order[0], name] for name in names}
    rows.append([
        "All", *(text for name in names for text in (
            count(totals[name]["of_calls"]), "", number_of_hours(totals[name]["of_unit_hours"]), "")),
    ])  # fmt: skip
    definition = (
        "Share: of all calls (or of all unit-hours, central estimate) of the same city, whatever is filtered above. "
        + " ".join(f"{run.city}: {run.denominator}, {run.first_day} to {run.last_day}." for run in runs)
    )
    top = order[0]
    told = ", ".join(f"{name} {percent(cells[top, name]['calls_share'])}" for name in names)
    show_figure(
        f"{category_label(top)}, the largest category of all together, as a share of calls: {told}.",
        sides_chart(drawn, "Share of all calls of the city"),
        plain_table(definition, headings, rows, narrow=True),
        definition=definition,
        key="compare-cities",
    )
    quiet(definition)
    differences = not_comparable(runs)
    st.subheader("Before comparing", anchor=False)
    if differences.is_empty():
        st.text("The cities count the same calls, in the same way and the same months.")
        return
    st.html(
        plain_table(
            "What keeps these cities from being compared",
            ["Topic", "Why", "Here"],
            [list(row) for row in differences.iter_rows()],
            None,
        )
    )
