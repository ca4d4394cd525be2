"""What `rightcall time` says: the table for people, the JSON document for programs, the CSV for spreadsheets.

Small cells are pooled by the one rule before anything is shown or written; definitions, assumptions and cautions
stand beside the numbers, so that a figure cannot be quoted without its meaning at hand.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill
from typing import Any, Final

import polars as pl

from app.time_job import TimeJob
from call_codes.errors import OutputError
from calls.small_counts import pool
from officer_time.cautions import assumptions, cautions, definitions
from officer_time.cells import CALL_TIMES, HOURS, UNIT_TIMES
from officer_time.denominators import DENOMINATORS

_SHOWN_ROWS: Final = 40
_WIDTH: Final = 100
_FORMULA_STARTS: Final = r"^([=+\-@\t\r])"
_ADDITIVE: Final = (
    "unit_rows", "unit_rows_measured", *HOURS, "single_unit_hours", "multi_unit_hours", "merged_unit_hours",
    "person_hours", "calls_with_unit", "calls_with_backup",
    *(f"{time}_minutes_{what}" for time in (*CALL_TIMES, *UNIT_TIMES) for what in ("total", "measured")),
)  # fmt: skip
_SHOWN_MINUTES: Final = ("response", "response_agency", "on_scene", "committed")


def shown_table(job: TimeJob) -> pl.DataFrame:
    """The answer's table with small cells pooled, as it may be shown and written."""
    found = job.answer
    return pool(found.table, found.question.by, "calls", _ADDITIVE, job.settings.smallest_count)


def document(job: TimeJob) -> dict[str, Any]:
    """The answer as plain JSON values: every number with its definition, bounds and assumptions."""
    found, facts = job.answer, job.canonical.facts
    question = found.question
    return {
        "question": {
            "by": list(question.by),
            "denominator": question.denominator,
            "denominator_definition": DENOMINATORS[question.denominator],
            "cap_hours": question.cap_hours,
            "seed": question.seed,
            "policy": job.policy.id if "eligible" in question.by else None,
        },
        "table": shown_table(job).to_dicts(),
        "total": found.total.row(0, named=True),
        "administrative": found.administrative.row(0, named=True),
        "stamps": found.stamps,
        "definitions": definitions(),
        "assumptions": assumptions(found, facts["multi_unit_rule"]),
        "warnings": [*cautions(found), *_not_kept(job), *job.warnings],
        "layout": facts["layout"],
        "rows_read": facts["rows_read"],
        "rows_kept": facts["rows_kept"],
        "rows_set_aside": facts["rows_set_aside"],
        "questions": facts["questions"],
        "engine": job.engine,
        "from_cache": job.from_cache,
    }


def lines(job: TimeJob) -> Iterator[str]:
    """The answer as people read it on a terminal."""
    found, facts = job.answer, job.canonical.facts
    question = found.question
    for sentence in [*cautions(found), *_not_kept(job), *job.warnings]:
        yield _wrapped(f"Before reading on: {sentence}")
    aside = sum(facts["rows_set_aside"].values())
    yield (
        f"{facts['rows_read']:,} rows read = {facts['rows_kept']:,} kept + {aside:,} set aside "
        f"(layout: {facts['layout']})."
    )
    yield _wrapped(f"Of {DENOMINATORS[question.denominator]}.")
    yield ""
    yield from _table(job)
    yield ""
    administrative = found.administrative.row(0, named=True)
    if question.denominator != "administrative":
        yield _wrapped(
            f"Administrative activity, in none of the numbers above: {administrative['calls']:,} records, "
            f"{_hours(administrative['unit_hours'])} unit-hours."
        )
    for label, text in _meanings():
        yield _wrapped(f"{label}: {text}")
    for sentence in assumptions(found, facts["multi_unit_rule"]):
        yield _wrapped(sentence)
    for asked in facts["questions"]:
        yield _wrapped(f"Please check: {asked}")


def write_table(job: TimeJob, out: Path) -> None:
    """The whole table as CSV, all or nothing, with the denominator in every row. Raises OutputError."""
    table = shown_table(job).with_columns(pl.lit(job.answer.question.denominator).alias("denominator"))
    # No text can act as a spreadsheet formula.
    safe = table.with_columns(pl.col(pl.String).str.replace(_FORMULA_STARTS, "'$1"))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent) as beside:
            safe.write_csv(Path(beside) / "table.csv", float_precision=6)
            os.replace(Path(beside) / "table.csv", out)
    except OSError as error:
        raise OutputError(
            found=f"the table cannot be written to {out} ({error.strerror}).",
            expected="a file name in a folder that may be written to.",
            action="Choose another --out.",
        ) from error


def _not_kept(job: TimeJob) -> list[str]:
    """Columns with so many values that they are free text, which no breakdown can use."""
    return [
        f"{name} has {values:,} different values and was taken for free text: it is read as not recorded."
        for name, values in job.canonical.facts["not_kept"].items()
        if name in job.answer.question.by
    ]


def _meanings() -> Iterator[tuple[str, str]]:
    words = definitions()
    for kind, name in (
        ("hours", "unit_hours"), ("hours", "unit_hours_low"), ("hours", "unit_hours_high"),
        ("hours", "imputed_share"), ("hours", "single_unit_hours"), ("hours", "multi_unit_hours"),
        ("hours", "merged_unit_hours"), ("hours", "person_hours"), ("hours", "backup_share"),
        *(("minutes", name) for name in _SHOWN_MINUTES),
    ):  # fmt: skip
        yield words[kind][name]["label"], words[kind][name]["definition"]


def _table(job: TimeJob) -> Iterator[str]:
    """Hours first, then minutes: two tables of the same rows, each with its total."""
    found, by = job.answer, job.answer.question.by
    rows = shown_table(job)
    total = found.total.row(0, named=True)
    shown = [*rows.head(_SHOWN_ROWS).to_dicts(), {**total, **dict.fromkeys(by)}]
    names = ["Total" if i == len(shown) - 1 else _name(row, by) for i, row in enumerate(shown)]
    head = " × ".join(by) or "everything"
    hours = [
        [
            f"{row['calls']:,}", _hours(row["unit_hours_low"]), _hours(row["unit_hours"]),
            _hours(row["unit_hours_high"]), _percent(row["imputed_share"]), _hours(row["single_unit_hours"]),
            _hours(row["multi_unit_hours"]), _hours(row["merged_unit_hours"]), _hours(row["person_hours"]),
            _percent(row["backup_share"]),
        ]
        for row in shown
    ]  # fmt: skip
    yield "UNIT-HOURS"
    yield from _columns(
        head, names,
        ["calls", "low", "central", "high", "imputed", "single-unit", "multi-unit", "merged", "person", "back-up"],
        hours,
    )  # fmt: skip
    yield ""
    yield "MINUTES: mean (95 % interval) median / 90th percentile"
    words = definitions()["minutes"]
    minutes = [[_minutes(row, time) for time in _SHOWN_MINUTES] for row in shown]
    yield from _columns(head, names, [words[time]["label"].lower() for time in _SHOWN_MINUTES], minutes)
    if rows.height > _SHOWN_ROWS:
        yield f"The {_SHOWN_ROWS} largest of {rows.height:,} rows; --out FILE.csv writes all."


def _columns(head: str, names: list[str], headings: list[str], rows: list[list[str]]) -> Iterator[str]:
    widths = [max(len(h), *(len(row[i]) for row in rows)) for i, h in enumerate(headings)]
    first = max(len(head), *(len(name) for name in names))
    yield "  ".join([head.ljust(first), *(h.rjust(w) for h, w in zip(headings, widths, strict=True))])
    for name, row in zip(names, rows, strict=True):
        cells = "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True))
        yield f"{name.ljust(first)}  {cells}"


def _name(row: dict[str, Any], by: tuple[str, ...]) -> str:
    texts = ["(not recorded)" if row[key] is None else str(row[key]) for key in by]
    return " × ".join(dict.fromkeys(texts)) if len(set(texts)) == 1 else " × ".join(texts)


def _hours(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _minutes(row: dict[str, Any], time: str) -> str:
    at = f"{time}_minutes"
    if row[f"{at}_mean"] is None:
        return "–"
    low, high = row[f"{at}_mean_low"], row[f"{at}_mean_high"]
    interval = "" if low is None else f" ({low:.1f}–{high:.1f})"
    median = "" if row[f"{at}_median"] is None else f" {row[f'{at}_median']:.1f} / {row[f'{at}_p90']:.1f}"
    return f"{row[f'{at}_mean']:.1f}{interval}{median}"


def _wrapped(text: str) -> str:
    return fill(text, _WIDTH, subsequent_indent="  ")
