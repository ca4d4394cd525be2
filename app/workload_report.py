"""The workload as a page: busy units, how calls end, repeat places, areas, in words and tables that print."""

from __future__ import annotations

from typing import Any

import polars as pl

from app import wording
from app.charts import hour_of_week_heatmap
from app.job import Job
from app.report import page
from app.report_figures import Figure, figure
from app.report_tables import Words
from app.summary import period
from app.wording import count, number_of_hours, percent
from app.workload import Workload
from officer_time.outcome_words import outcome_words
from officer_time.repeats import DEFINITION
from officer_time.shifts import SATURATION_DEFINITION


def workload_html(found: Workload, job: Job) -> str:
    """The page as one HTML document: static charts, real tables, no script, no outside request."""
    return page(
        "workload.html",
        {
            "place": job.detection.layout.place or "",
            "period": wording.period_words(period(job)),
            "policy": job.policy.label,
            "in_short": in_short(found),
            "busy_figure": _busy_figure(found),
            "at_least": at_least_words(found),
            "freed": freed_words(found),
            "saturation": saturation_words(found),
            "outcomes": outcome_tables(found),
            "repeats": repeat_words(found),
            "curve": curve_words(found),
            "areas": area_words(found),
            "left_out": found.left_out,
            "notes": found.notes,
            "small_counts": wording.small_count_note(job.settings.smallest_count),
        },
    )


def in_short(found: Workload) -> list[str]:
    """What stands out, in sentences."""
    sentences = []
    if found.busy is not None:
        low, central, high = found.busy.unit_hours
        mean = central / found.busy.recorded_hours if found.busy.recorded_hours else 0.0
        sentences.append(
            f"On average {mean:.1f} police units were busy at any moment of the recorded time: "
            f"{number_of_hours(central)} unit-hours ({number_of_hours(low)} to {number_of_hours(high)}) in "
            f"{number_of_hours(found.busy.recorded_hours)} hours, a unit counted once however many calls it was on."
        )
    if found.repeats is not None:
        rows = found.repeats.filter(pl.col("category").is_null() & pl.col("repeat_share").is_not_null())
        for row in rows.iter_rows(named=True):
            sentences.append(
                f"{count(row['repeated'])} of {count(row['followed_up'])} calls ({percent(row['repeat_share'])}) were "
                f"followed by another at the same place within {row['days']} days."
            )
    if found.area_rates is not None and found.area_rates["per_1000_a_year"].is_not_null().any():
        most = found.area_rates.drop_nulls("per_1000_a_year").sort("per_1000_a_year").row(-1, named=True)
        sentences.append(
            f"Most calls per resident: {most['area']}, {most['per_1000_a_year']:,.0f} a year per 1,000 residents."
        )
    return sentences


def at_least_words(found: Workload) -> Words | None:
    """Share of recorded time with at least so many units busy."""
    if found.busy is None:
        return None
    return Words(
        "busy-at-least",
        "Share of the recorded time in which at least so many police units were busy",
        ("Units", "Share", "Low", "High"),
        tuple(
            (str(units), percent(share.share), percent(share.low_share), percent(share.high_share))
            for units, share in found.busy.shares.items()
            if (share.share or 0) >= 0.0005
        ),
        ("Share", "Low", "High"),
        "Low leaves out units whose times are missing; high gives them the cap.",
    )


def freed_words(found: Workload) -> Words | None:
    """What the eligible calls keep busy, in the busiest hours of the week and in all."""
    if found.busy is None or found.busy.freed is None:
        return None
    freed = found.busy.freed
    rows = []
    for label, part in (
        (f"The {freed['busy_hour'].sum()} busiest hours of the week", freed.filter("busy_hour")),
        ("All hours", freed),
    ):
        hours, of = float(part["freed_unit_hours"].sum()), float(part["unit_hours"].sum())
        rows.append((label, number_of_hours(hours), number_of_hours(of), percent(hours / of if of else None)))
    return Words(
        "freed",
        "What police units spent on nothing but eligible calls: the most that another responder could free",
        ("When", "Unit-hours on eligible calls alone", "Of unit-hours", "Share"),
        tuple(rows),
        ("Unit-hours on eligible calls alone", "Of unit-hours", "Share"),
    )


def saturation_words(found: Workload) -> Words | None:
    """Committed over staffed time in all."""
    if found.busy is None or found.busy.saturation_total is None:
        return None
    return _plain(
        found.busy.saturation_total,
        "saturation",
        "Committed time and time on duty",
        note=SATURATION_DEFINITION,
    )


def outcome_tables(found: Workload) -> list[Words]:
    """One table per outcome that some call states: categories with their rate and interval."""
    labels = {
        **outcome_words().labels,
        "back_up": "A further police unit was sent after the first arrived",
        "several_units": "Two police units or more were sent",
    }
    tables = []
    for (outcome, basis), rows in found.outcomes.group_by("outcome", "basis", maintain_order=True):
        told = rows.filter(pl.col("per_1000").is_not_null()).sort("per_1000", descending=True)
        if told.is_empty():
            continue
        tables.append(
            Words(
                f"outcome-{outcome}-{basis}".replace("_", "-"),
                f"{labels.get(str(outcome), str(outcome).replace('_', ' ').capitalize())}: per 1,000 calls, by category",
                (
                    "Category",
                    "Per 1,000",
                    "95 of 100: from",
                    "to",
                    "Calls with it",
                    "Of calls judged",
                    "Not judged",
                ),
                tuple(
                    (
                        wording.category_label(row["category"]),
                        *(f"{row[c]:,.0f}" for c in ("per_1000", "low_per_1000", "high_per_1000")),
                        count(row["outcome_calls"]),
                        count(row["judged"]),
                        percent(row["not_judged_share"]),
                    )
                    for row in told.iter_rows(named=True)
                ),
                ("Per 1,000", "95 of 100: from", "to", "Calls with it", "Of calls judged", "Not judged"),
                f"{told['definition'][0]}.",
            )
        )
    return tables


def repeat_words(found: Workload) -> Words | None:
    """Repeats within 30 and 90 days."""
    if found.repeats is None:
        return None
    return Words(
        "repeats",
        "Calls followed by another at the same place",
        ("Category", "Within days", "Followed", "Of calls followed up", "Share"),
        tuple(
            (
                "All calls" if row["category"] is None else wording.category_label(row["category"]),
                str(row["days"]),
                count(row["repeated"]),
                count(row["followed_up"]),
                percent(row["repeat_share"]),
            )
            for row in found.repeats.iter_rows(named=True)
        ),
        ("Within days", "Followed", "Of calls followed up", "Share"),
        f"{DEFINITION}.",
    )


def curve_words(found: Workload) -> Words | None:
    """How few places make how many calls."""
    if found.places is None:
        return None
    return Words(
        "concentration",
        f"How few of the {count(found.places.places)} places make how many of the {count(found.places.calls)} calls",
        ("Busiest places", "Places", "Calls", "Share of calls"),
        tuple(
            (
                percent(row["top_share"]),
                count(row["places"]),
                count(row["calls"]),
                percent(row["calls_share"]),
            )
            for row in found.places.curve.iter_rows(named=True)
        ),
        ("Places", "Calls", "Share of calls"),
        "Places are pseudonyms; no table here names one. Places without any call are not known.",
    )


def area_words(found: Workload) -> Words | None:
    """Calls by area, with rates where populations are known."""
    if found.area_rates is None:
        return None
    return Words(
        "area-rates",
        f"Calls by {str(found.area_name).replace('_', ' ')}",
        ("Area", "Calls", "Residents", "Per 1,000 residents and year", "Remark"),
        tuple(
            (
                wording.area_label(row["area"]),
                count(row["calls"]) if not row["suppressed"] else wording.small_count(),
                count(row["population"]),
                wording.NOT_KNOWN if row["per_1000_a_year"] is None else f"{row['per_1000_a_year']:,.0f}",
                row["reason"] or "",
            )
            for row in found.area_rates.iter_rows(named=True)
        ),
        ("Calls", "Residents", "Per 1,000 residents and year"),
        "People call where they work and visit as well: a rate per resident of a downtown area says little.",
    )


def _busy_figure(found: Workload) -> Figure | None:
    if found.busy is None:
        return None
    table = found.busy.by_hour.select("hour_of_week", pl.col("units_mean").alias("unit_hours"))
    known = table.drop_nulls()
    if known.is_empty():
        return None
    most = known.sort("unit_hours").row(-1, named=True)
    return figure(
        "busy-hours",
        hour_of_week_heatmap(table, "unit_hours"),
        f"Most units are busy on {wording.DAYS[most['hour_of_week'] // 24]} from "
        f"{wording.clock_hour(most['hour_of_week'] % 24)}: {most['unit_hours']:.1f} on average.",
        "Grid of the average number of busy police units by day and hour.",
        "Average number of police units on a call, by hour of the week; a unit counts once.",
    )


def _plain(table: pl.DataFrame, name: str, caption: str, note: str = "") -> Words:
    """A small table as it is, its columns in words."""

    def told(value: Any) -> str:
        return (
            wording.NOT_KNOWN
            if value is None
            else f"{value:,.2f}"
            if isinstance(value, float)
            else str(value)
        )

    columns = tuple(column.replace("_", " ").capitalize() for column in table.columns)
    return Words(
        name, caption, columns, tuple(tuple(told(v) for v in row) for row in table.rows()), columns[1:], note
    )
