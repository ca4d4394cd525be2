"""Writing the results of a run: all files or none, and nothing that points at a household.

Everything is written to a folder beside the target and moved over in one go, run.json last, so that a folder
with a run.json is always complete. No address, remark or full coordinate is ever written.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from app.job import Job
from app.summary import record
from call_codes.errors import OutputError
from call_codes.spreadsheet import NUMBER
from calls.read import ROW_NUMBER, SOURCE_FILE
from calls.small_counts import mask, pool
from classifier.transitions import initial_to_final
from evaluation.before.cascade import READINGS, add_reasons
from officer_time.cells import HOURS, UNIT_TIMES
from officer_time.spans import unit_spans

FILES: Final = (
    "calls.parquet",
    "units.parquet",
    "call_types.csv",
    "officer_time.csv",
    "cascade.csv",
    "initial_to_final.csv",
    "data_quality.csv",
    "set_aside.parquet",
    "report.html",
    "run.json",
)
_KEYS: Final = ("category", "initiated_by", "hour_of_week", "area")
_ADDITIVE: Final = ("unit_rows", "unit_rows_measured", *HOURS)
_FORMULA_STARTS: Final = r"^[=+\-@\t\r]"
_NUMBER: Final = rf"^(?:{NUMBER})\z"


def check_target(out: Path, *, force: bool) -> None:
    """Raise OutputError where `out` cannot take the results: a file, or a folder with something in it."""
    if out.exists() and not out.is_dir():
        raise OutputError(
            found=f"{out} is a file.", expected="a folder for the results.", action="Give --out another name."
        )
    if out.is_dir() and any(out.iterdir()) and not force:
        raise OutputError(
            found=f"the folder {out} is not empty.",
            expected="an empty or a new folder, so that results of two runs never mix.",
            action="Give --out another name, or add --force to replace the results in it.",
        )


def write_outputs(job: Job, out: Path, *, force: bool = False, report: Callable[[Job], str]) -> None:
    """Write FILES into `out`; on any failure `out` stays as it was."""
    write_folder(out, FILES, lambda folder: _write(job, folder, report), force=force)


def write_folder(
    out: Path, files: Sequence[str], write: Callable[[Path], None], *, force: bool, what: str = "results"
) -> None:
    """Let `write` fill a draft folder with `files` (or folders) and move them into `out`, the last of them last.

    All or nothing: on any failure `out` stays as it was. Raises OutputError, which calls them `what`, where it
    cannot be written to.
    """
    check_target(out, force=force)
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name}.unfinished-", dir=out.parent))
    # Also at the end of the process: a table being written when a run is stopped goes on for a moment.
    atexit.register(shutil.rmtree, draft, ignore_errors=True)
    try:
        write(draft)
        out.mkdir(exist_ok=True)
        (out / files[-1]).unlink(missing_ok=True)
        for name in files:
            # A folder does not give way to another one by itself.
            if (out / name).is_dir():
                shutil.rmtree(out / name)
            os.replace(draft / name, out / name)
    except OSError as error:
        raise OutputError(
            found=f"the {what} cannot be written to {out} ({error.strerror}).",
            expected="a folder that may be written to, with enough space.",
            action="Choose another --out, or free some space.",
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write(job: Job, folder: Path, report: Callable[[Job], str]) -> None:
    smallest = job.settings.smallest_count
    for name, rows in (("calls", job.calls), ("units", _units_in_minutes(job))):
        add_reasons(rows, job.cascade, job.policy).sink_parquet(folder / f"{name}.parquet")
    write_csv(call_types_table(job, smallest), folder / "call_types.csv")
    write_csv(officer_time_table(job, smallest), folder / "officer_time.csv")
    write_csv(cascade_table(job), folder / "cascade.csv")
    # Shares to a hundredth of a percent: more places would promise more than a count of calls can hold.
    write_csv(initial_to_final(job.calls, smallest), folder / "initial_to_final.csv", decimals=4)
    write_csv(job.problems, folder / "data_quality.csv")
    set_aside_table(job).write_parquet(folder / "set_aside.parquet")
    (folder / "report.html").write_text(report(job), encoding="utf-8")
    (folder / "run.json").write_text(
        json.dumps(record(job), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _units_in_minutes(job: Job) -> pl.LazyFrame:
    """Every unit row of every responder with its span_status and minutes (null = not measurable)."""
    return (
        unit_spans(job.units, job.settings.cap_hours)
        .with_columns((pl.col(f"{name}_seconds") / 60).alias(f"{name}_minutes") for name in UNIT_TIMES)
        .drop(f"{name}_seconds" for name in UNIT_TIMES)
    )


def call_types_table(job: Job, smallest_count: int) -> pl.DataFrame:
    """call_types.csv: one row per distinct type; counts below `smallest_count` are blank and marked."""
    masked = mask(job.types, "calls", ["unit_hours"], smallest_count)
    hidden = pl.col("final_calls").is_between(1, smallest_count - 1)
    first = ["call_type_code", "call_type", "calls", "final_calls", "unit_hours", "category", "probability"]
    rest = [c for c in masked.columns if c not in first]
    return masked.with_columns(pl.when(~hidden).then("final_calls").alias("final_calls")).select(
        *first, *rest
    )


def officer_time_table(job: Job, smallest_count: int) -> pl.DataFrame:
    """officer_time.csv: every breakdown one under another, small cells pooled so that each still adds up."""
    tables = []
    for by, table in job.officer_time.items():
        pooled = pool(table, by, "calls", _ADDITIVE, smallest_count)
        tables.append(
            pooled.select(
                pl.lit(" × ".join(by)).alias("breakdown"),
                *((pl.col(k) if k in by else pl.lit("all")).alias(k) for k in _KEYS),
                *(c for c in pooled.columns if c not in by),
            )
        )
    return pl.concat(tables)


def cascade_table(job: Job) -> pl.DataFrame:
    """cascade.csv: the steps, each followed by its losses by reason (policy reading)."""
    steps = job.cascade.steps.with_columns(
        pl.lit("step").alias("row"), pl.lit(None, pl.String).alias("reason")
    )
    losses = job.cascade.losses.join(
        job.cascade.steps.select("step", "number", "label"), on="step", how="left"
    ).select(
        "number",
        "step",
        "label",
        pl.lit("lost").alias("row"),
        "reason",
        pl.col("calls").alias("calls_policy"),
        pl.col("unit_hours").alias("unit_hours_policy"),
    )
    order = ["number", "step", "label", "row", "reason", *(f"calls_{r}" for r in READINGS)]
    both = pl.concat([steps, losses], how="diagonal").sort(
        ["number", "row", "calls_policy", "reason"], descending=[False, False, True, False]
    )
    return both.select(*order, *(c for c in both.columns if c not in order)).drop("number")


def set_aside_table(job: Job) -> pl.DataFrame:
    """set_aside.parquet: where each row stands in its file, why it was set aside, and the columns of the layout.

    Columns that no layout reads (addresses, remarks, names) and full coordinates stay out of it.
    """
    layout = job.detection.layout
    keep = [
        column
        for name, sources in layout.columns.items()
        if name not in ("latitude", "longitude")
        for column in sources
        if column in job.cleaned.set_aside.columns
    ]
    return job.cleaned.set_aside.select(SOURCE_FILE, ROW_NUMBER, "reason", *dict.fromkeys(keep)).rename(
        {SOURCE_FILE: "file", ROW_NUMBER: "row"}
    )


def write_csv(table: pl.DataFrame, path: Path, *, decimals: int = 6) -> None:
    """CSV in which no text can act as a spreadsheet formula; numbers with `decimals` places."""
    spreadsheet_safe(table).write_csv(path, float_precision=decimals)


def spreadsheet_safe(table: pl.DataFrame) -> pl.DataFrame:
    """`table` with an apostrophe before every text that a spreadsheet would take for a formula; a negative number is none."""
    return table.with_columns(
        pl.when(pl.col(name).str.contains(_FORMULA_STARTS) & ~pl.col(name).str.contains(_NUMBER))
        .then("'" + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name, dtype in table.schema.items()
        if dtype == pl.String
    )
