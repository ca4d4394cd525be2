"""Writing the workload: all files or none; tables with small counts blank."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import polars as pl

from app.job import Job
from app.outputs import write_csv, write_folder
from app.summary import record as run_record
from app.workload import Workload
from app.workload_report import workload_html

FILES: Final = (
    "busy_by_hour.csv",
    "outcome_rates.csv",
    "repeats.csv",
    "areas.csv",
    "workload.html",
    "workload.json",
)


def record(found: Workload, job: Job) -> dict[str, Any]:
    """The answers as plain JSON values."""
    run = run_record(job)
    return {
        **{
            key: run[key]
            for key in ("files", "layout", "time_zone", "policy", "period", "calls", "warnings", "hashes")
        },
        "busy": found.busy.as_dict() if found.busy else None,
        "outcome_rates": found.outcomes.to_dicts(),
        "repeats": None if found.repeats is None else found.repeats.to_dicts(),
        "places": None
        if found.places is None
        else {**asdict(found.places), "curve": found.places.curve.to_dicts()},
        "area_rates": None if found.area_rates is None else found.area_rates.to_dicts(),
        "area": found.area_name,
        "notes": list(found.notes),
        "not_computed": dict(found.left_out),
    }


def write_workload(found: Workload, job: Job, out: Path, *, force: bool = False) -> None:
    """Write FILES into `out`; a part that could not be computed is an empty table."""

    def write(folder: Path) -> None:
        nothing = pl.DataFrame({"not_computed": list(found.left_out.values())})
        write_csv(found.busy.by_hour if found.busy else nothing, folder / "busy_by_hour.csv")
        write_csv(found.outcomes, folder / "outcome_rates.csv")
        write_csv(nothing if found.repeats is None else found.repeats, folder / "repeats.csv")
        write_csv(nothing if found.area_rates is None else found.area_rates, folder / "areas.csv")
        (folder / "workload.html").write_text(workload_html(found, job), encoding="utf-8")
        text = json.dumps(record(found, job), indent=2, ensure_ascii=False, default=str)
        (folder / "workload.json").write_text(text + "\n", encoding="utf-8")

    write_folder(out, FILES, write, force=force)
