"""A city's results as one row set of a comparison: categories, hours, and what its figures rest on.

They come from a results folder, from the two files of one that matter, or from a job that is open.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from app.job import Job
from app.summary import period
from call_codes.errors import InputError
from calls.small_counts import pool
from officer_time.cells import HOURS
from officer_time.cities import CityRun

FILES: Final = ("run.json", "officer_time.csv")
_DENOMINATOR: Final = "all calls of the export"


def read_city(folder: Path) -> CityRun:
    """The city of a results folder. Raises InputError where the folder holds no complete results."""
    try:
        run = json.loads((folder / FILES[0]).read_text("utf-8"))
        table = pl.read_csv(folder / FILES[1], infer_schema_length=None)
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise _incomplete(str(folder)) from error
    return _city(run, table, str(folder), folder.name)


def city_of_files(run_json: bytes, officer_time_csv: bytes, name: str) -> CityRun:
    """The city of the run.json and officer_time.csv of a results folder, as a browser sends them.

    name: what to call the city where the results do not. Raises InputError where they are not such files.
    """
    try:
        run = json.loads(run_json)
        table = pl.read_csv(officer_time_csv, infer_schema_length=None)
    except (ValueError, RecursionError, pl.exceptions.PolarsError) as error:
        raise _incomplete("the two files") from error
    if not isinstance(run, dict):
        raise _incomplete("the two files")
    return _city(run, table, "the two files", name)


def _city(run: Mapping[str, Any], table: pl.DataFrame, where: str, name: str) -> CityRun:
    if "grain" not in run:
        raise InputError(
            found=f"results of an older version in {where}.",
            expected="results that say which rows and types they rest on.",
            action="Run rightcall run again on the export.",
        )
    try:
        # Categories with few calls stand in one pooled row: it belongs to the denominator.
        by_category = table.filter(pl.col("breakdown") == "category")
        unknown = sum(row["calls"] for row in run["initiated_by"] if row["initiated_by"] == "unknown")
        return CityRun(
            city=str(run["place"] or name),
            table=by_category.select(
                "category", pl.col("calls").cast(pl.Int64), *(pl.col(h).cast(pl.Float64) for h in HOURS)
            ),
            denominator=_DENOMINATOR,
            grain=str(run["grain"]),
            type_is=str(run["type_is"]),
            first_day=run["period"]["first_day"] or "",
            last_day=run["period"]["last_day"] or "",
            unknown_initiator_share=unknown / run["calls"] if run["calls"] else 0.0,
        )
    except (KeyError, TypeError, AttributeError, pl.exceptions.PolarsError) as error:
        raise _incomplete(where) from error


def _incomplete(where: str) -> InputError:
    return InputError(
        found=f"no complete results in {where}.",
        expected="a folder that rightcall run wrote, with run.json and officer_time.csv.",
        action="Run rightcall run FILE --out FOLDER first.",
    )


def city_of_job(job: Job, name: str) -> CityRun:
    """The city of a finished job: what its results folder would say, without one.

    name: what to call the city where its layout names no place.
    """
    smallest = job.settings.smallest_count
    table = pool(job.officer_time["category",], ["category"], "calls", HOURS, smallest)
    days = period(job)
    unknown = int(job.facts.initiated_by.filter(pl.col("initiated_by") == "unknown")["calls"].sum())
    return CityRun(
        city=job.detection.layout.place or name,
        table=table.select("category", "calls", *HOURS),
        denominator=_DENOMINATOR,
        grain=job.detection.layout.grain,
        type_is=job.detection.layout.type_is,
        first_day=days["first_day"] or "",
        last_day=days["last_day"] or "",
        unknown_initiator_share=unknown / job.facts.calls if job.facts.calls else 0.0,
    )
