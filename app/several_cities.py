"""A city's results folder as one row set of a comparison: categories, hours, and what its figures rest on."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from call_codes.errors import InputError
from officer_time.cells import HOURS
from officer_time.cities import CityRun


def read_city(folder: Path) -> CityRun:
    """The city of a results folder. Raises InputError where the folder holds no complete results."""
    try:
        run = json.loads((folder / "run.json").read_text("utf-8"))
        table = pl.read_csv(folder / "officer_time.csv", infer_schema_length=None)
    except (OSError, ValueError) as error:
        raise InputError(
            found=f"no complete results in {folder}.",
            expected="a folder that rightcall run wrote, with run.json and officer_time.csv.",
            action="Run rightcall run FILE --out FOLDER first.",
        ) from error
    if "grain" not in run:
        raise InputError(
            found=f"results of an older version in {folder}.",
            expected="results that say which rows and types they rest on.",
            action="Run rightcall run again on the export.",
        )
    # Categories with few calls stand in one pooled row: it belongs to the denominator.
    by_category = table.filter(pl.col("breakdown") == "category")
    unknown = sum(row["calls"] for row in run["initiated_by"] if row["initiated_by"] == "unknown")
    return CityRun(
        city=run["place"] or folder.name,
        table=by_category.select(
            "category", pl.col("calls").cast(pl.Int64), *(pl.col(h).cast(pl.Float64) for h in HOURS)
        ),
        denominator="all calls of the export",
        grain=run["grain"],
        type_is=run["type_is"],
        first_day=run["period"]["first_day"] or "",
        last_day=run["period"]["last_day"] or "",
        unknown_initiator_share=unknown / run["calls"] if run["calls"] else 0.0,
    )
