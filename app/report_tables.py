"""The tables of the report: from the job's tables to rows of words, as a person reads them.

A `Words` table holds only text, so that the template has nothing to decide and the tests can read what a reader
reads. Small counts are pooled and masked by the same functions that write the CSV files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from app.job import Job
from app.outputs import officer_time_table
from app.wording import (
    DAYS,
    DECISION_LABELS,
    NOT_KNOWN,
    area_label,
    category_label,
    clock_hour,
    count,
    initiator_label,
    minutes,
    number_of_hours,
    percent,
    reason_words,
    small_count,
    step_label,
    step_meaning,
)
from call_codes.taxonomy import load_taxonomy

TOP_AREAS: Final = 40


@dataclass(frozen=True)
class Words:
    """A table to print: `numeric` names the columns that are set flush right; the first column heads its row."""

    id: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[str, ...] = ()
    note: str = ""


def breakdowns(job: Job) -> dict[str, pl.DataFrame]:
    """The breakdowns by one column as officer_time.csv holds them: small cells pooled, keys as text."""
    table = officer_time_table(job, job.settings.smallest_count)
    return {
        key: table.filter(pl.col("breakdown") == key)
        for key in ("category", "initiated_by", "hour_of_week", "area")
    }


def cascade_words(job: Job) -> Words:
    """Calls and unit-hours at each step, low to high."""
    has_hours = job.cascade.eligible_hours is not None
    calls = ("Calls, low", "Calls, as written", "Calls, high")
    hours = ("Unit-hours, low", "Unit-hours, as written", "Unit-hours, high", "Bounds for missing times")
    rows = []
    for row in job.cascade.steps.iter_rows(named=True):
        cells = [step_label(row["step"]), step_meaning(row["step"])]
        cells += [count(row[f"calls_{reading}"]) for reading in ("low", "policy", "high")]
        if has_hours:
            cells += [number_of_hours(row[f"unit_hours_{reading}"]) for reading in ("low", "policy", "high")]
            cells.append(
                f"{number_of_hours(row['unit_hours_policy_low'])}–{number_of_hours(row['unit_hours_policy_high'])}"
            )
        rows.append(tuple(cells))
    note = (
        "The low and high columns carry the doubt about call types. The last column shows how far the unit-hours as "
        "written could move because times are missing."
    )
    return Words(
        "cascade-steps",
        "From all calls to eligible calls: what is left after each step",
        ("Step", "What it means", *calls, *(hours if has_hours else ())),
        tuple(rows),
        (*calls, *hours),
        note if has_hours else "",
    )


def loss_words(job: Job) -> Words:
    """Why calls leave the cascade, under the policy as written."""
    has_hours = job.cascade.eligible_hours is not None
    rows = (
        (
            step_label(row["step"]),
            reason_words(row["reason"]),
            count(row["calls"]),
            *((number_of_hours(row["unit_hours"]),) if has_hours else ()),
        )
        for row in job.cascade.losses.iter_rows(named=True)
    )
    return Words(
        "cascade-losses",
        "Why calls drop out, under the policy as written",
        ("Lost at the step", "Reason", "Calls", *(("Unit-hours",) if has_hours else ())),
        tuple(rows),
        ("Calls", "Unit-hours"),
    )


def sensitivity_words(job: Job) -> Words:
    """The answer with and without the two vague categories."""
    rows = (
        (row["treatment"].capitalize(), count(row["calls"]), count(row["denominator"]), percent(row["share"]))
        for row in job.cascade.sensitivity.iter_rows(named=True)
    )
    return Words(
        "sensitivity",
        "The answer with and without disturbance and suspicious activity",
        ("Treatment", "Eligible calls", "Of calls", "Share"),
        tuple(rows),
        ("Eligible calls", "Of calls", "Share"),
        job.cascade.eligible.definition,
    )


def time_words(job: Job, key: str, table: pl.DataFrame) -> Words:
    """Calls, unit-hours and on-scene minutes by `key`: category, initiated_by or area."""
    smallest = job.settings.smallest_count
    has_hours = job.cascade.eligible_hours is not None
    label = {"category": category_label, "initiated_by": initiator_label, "area": area_label}[key]
    head = {"category": "Category", "initiated_by": "Started by", "area": "Area"}[key]
    names = ("Calls", "Unit-hours, low", "Unit-hours, central", "Unit-hours, high",
             "On-scene minutes, mean", "On-scene minutes, median", "On-scene measured")  # fmt: skip
    rows = []
    for row in table.head(TOP_AREAS).iter_rows(named=True):
        cells = [label(row[key], smallest)]
        if key == "category":
            cells.append(_decision_of(job, row[key]))
        cells.append(count(row["calls"]))
        if has_hours:
            cells += [number_of_hours(row[h]) for h in ("unit_hours_low", "unit_hours", "unit_hours_high")]
            cells += _on_scene(row, smallest)
        rows.append(tuple(cells))
    more = (
        f" The {TOP_AREAS} largest of {count(table.height)}; officer_time.csv holds all."
        if table.height > TOP_AREAS
        else ""
    )
    return Words(
        f"by-{key.replace('_', '-')}",
        f"Calls{' and recorded police time' if has_hours else ''} by {head.lower() if key != 'initiated_by' else 'who started the call'}"
        f": all {count(job.facts.calls)} calls.{more}",
        (head, *(("Under the policy",) if key == "category" else ()), *(names if has_hours else names[:1])),
        tuple(rows),
        names,
    )


def _on_scene(row: dict[str, Any], smallest: int) -> list[str]:
    measured = row["on_scene_minutes_measured"]
    if measured is None:
        return ["merged"] * 2 + [NOT_KNOWN]
    if 0 < measured < smallest:
        # A mean over so few could be one household's call.
        return [NOT_KNOWN, NOT_KNOWN, small_count(smallest)]
    return [minutes(row["on_scene_minutes_mean"]), minutes(row["on_scene_minutes_median"]), count(measured)]


def _decision_of(job: Job, category: str | None) -> str:
    if category == "unclassified":
        return DECISION_LABELS["unclassified"]
    known = category in load_taxonomy().ids
    return DECISION_LABELS[job.policy.rule_for(str(category)).decision] if known else NOT_KNOWN


def hour_words(job: Job, table: pl.DataFrame) -> Words:
    """Calls by hour (down) and day (across), then what stands in no hour."""
    calls = {row["hour_of_week"]: row["calls"] for row in table.iter_rows(named=True)}
    hidden = small_count(job.settings.smallest_count) if job.settings.smallest_count > 1 else "0"
    rows = tuple(
        (clock_hour(hour), *(count(calls[str(h)]) if str(h) in calls else "·" for h in range(hour, 168, 24)))
        for hour in range(24)
    )
    merged = sum(n for key, n in calls.items() if key and not key.isdigit())
    note = f"· = none, or {hidden} ({count(merged)} calls in such hours together)." if merged else ""
    if not merged and any(cell == "·" for row in rows for cell in row):
        note = "· = none."
    if calls.get(None):
        note = f"{note} The time of {count(calls[None])} calls could not be read.".strip()
    return Words(
        "by-hour",
        "Calls by the hour of their first recorded time, local clock; totals over the period, not averages",
        ("Hour from", *DAYS),
        rows,
        DAYS,
        note,
    )
