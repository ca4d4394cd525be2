"""The workload behind the calls: busy units, how calls end, repeat places, and rates per resident by area.

Takes the main job and asks the questions that go beyond one table of hours. Each part that the export does not
allow is left out with its reason; nothing here is computed a second time in another way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from app.job import Job
from app.summary import period
from calls.areas import area_column, read_areas, with_area
from calls.populations import area_rates, areas_without_calls, read_populations
from evaluation.before.cascade import add_reasons
from officer_time.busy_report import BusyUnits, busy_units
from officer_time.linked_tables import read_linked
from officer_time.outcome_rates import (
    add_counts,
    back_up_counts,
    disposition_counts,
    linked_counts,
    outcome_rates,
)
from officer_time.outcome_words import read_meanings
from officer_time.repeats import (
    Concentration,
    calls_per_place,
    concentration,
    extract_end,
    repeat_counts,
    repeat_shares,
)
from officer_time.shifts import read_shifts


@dataclass(frozen=True)
class Asked:
    """What a user gives besides the export. linked: outcome (force, arrest, injury …) → a table with call numbers."""

    shifts: Path | None = None
    dispositions: Path | None = None
    linked: Mapping[str, Path] | None = None
    areas: Path | None = None
    populations: Path | None = None


@dataclass(frozen=True)
class Workload:
    """The four answers; None where the export does not allow one, with the reason in `left_out`.

    outcomes: see officer_time.outcome_rates, by category. repeats: see officer_time.repeats, by category and for all
    (category null). area_rates: see calls.populations; area_name says which areas these are. notes: sentences on what
    was linked and which areas have no call.
    """

    busy: BusyUnits | None
    outcomes: pl.DataFrame
    repeats: pl.DataFrame | None
    places: Concentration | None
    area_rates: pl.DataFrame | None
    area_name: str | None
    left_out: Mapping[str, str]
    notes: tuple[str, ...]


def workload(job: Job, asked: Asked) -> Workload:
    """Answer for the job's calls. Raises RightcallError in a sentence for what is wrong with a given table."""
    smallest = job.settings.smallest_count
    # What a user gave is read first: nobody should wait for a sweep to learn of a misspelt column.
    shifts = read_shifts(asked.shifts) if asked.shifts else ()
    meanings = read_meanings(asked.dispositions) if asked.dispositions else {}
    areas = read_areas(asked.areas) if asked.areas else None
    populations = read_populations(asked.populations) if asked.populations else None
    linked = {name: read_linked(path, job.calls) for name, path in (asked.linked or {}).items()}
    left_out: dict[str, str] = {}
    notes = [found.sentence for found in linked.values()]
    busy = None
    if job.cells["unit_rows_measured"].sum():
        units = add_reasons(job.units, job.cascade, job.policy).with_columns(
            pl.col("passes_policy").alias("eligible")
        )
        busy = busy_units(units, job.detection.layout.zone, shifts, job.settings.cap_hours)
    else:
        left_out["busy units"] = "The export has no times at which units were assigned and free again."
    counts = [
        disposition_counts(job.calls, ["category"], meanings),
        back_up_counts(job.units, ["category"]),
        *(linked_counts(job.calls, ["category"], name, found.numbers) for name, found in linked.items()),
    ]
    repeats, places = None, None
    if job.settings.place_columns:
        until = extract_end(job.calls)
        whole = repeat_counts(job.calls, until).with_columns(pl.lit(None, pl.String).alias("category"))
        by_category = repeat_counts(job.calls, until, ["category"])
        repeats = repeat_shares(pl.concat([whole.select(by_category.columns), by_category]), smallest)
        places = concentration(calls_per_place(job.calls), smallest)
    else:
        left_out["repeat places"] = (
            "No address is read unless asked for: give place_columns and place_key in a rightcall.toml."
        )
    calls = job.calls
    if areas is not None:
        calls = with_area(calls, areas)
    name = area_column(calls)
    rates = None
    if name is None:
        left_out["areas"] = "The export names no areas."
    else:
        by_area = (
            calls.group_by(pl.col(name).alias("area")).agg(pl.len().cast(pl.Int64).alias("calls")).collect()
        )
        rates = area_rates(by_area, populations, _days(job), smallest)
        if populations is None:
            left_out["rates per resident"] = (
                "No populations were given: --populations, a CSV of area, population, source, year."
            )
        else:
            empty = areas_without_calls(by_area, populations)
            if empty:
                notes.append(f"No call names these areas of the table of populations: {', '.join(empty)}.")
    return Workload(
        busy=busy,
        outcomes=outcome_rates(add_counts(counts), smallest),
        repeats=repeats,
        places=places,
        area_rates=rates,
        area_name=name,
        left_out=left_out,
        notes=tuple(notes),
    )


def _days(job: Job) -> float:
    return float(period(job)["days_with_calls"] or 0)
