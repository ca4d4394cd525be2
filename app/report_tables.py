"""The tables of the report: from the job's tables to rows of words, as a person reads them.

A `Words` table holds only text, so that the template has nothing to decide and the tests can read what a reader
reads. Small counts are pooled and masked by the same functions that write the CSV files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from app.job import Job
from app.outputs import call_types_table, officer_time_table
from app.wording import (
    BASIS_LABELS,
    DAYS,
    DECISION_LABELS,
    NOT_KNOWN,
    NOT_RECORDED,
    RATIONALE_LABELS,
    SEVERITY_LABELS,
    area_label,
    category_label,
    clock_hour,
    count,
    hazard_words,
    initiator_label,
    minutes,
    number_of_hours,
    percent,
    reason_words,
    small_count,
    step_label,
    step_meaning,
)
from call_codes.policy import Rule
from call_codes.taxonomy import load_taxonomy
from calls.ledger import SET_ASIDE_REASONS
from calls.schema import COLUMNS

TOP_TYPES: Final = 25
TOP_REVIEW: Final = 15
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
    calls = ("Calls, low", "Calls, policy as written", "Calls, high")
    hours = (
        "Unit-hours, low",
        "Unit-hours, policy as written",
        "Unit-hours, high",
        "Of missing times: low–high",
    )
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
        "The last column bounds the unit-hours of the policy as written by what is missing from the time stamps; the "
        "low and high columns carry the doubt about call types."
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
        f": all {count(job.calls.height)} calls.{more}",
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
    note = f"· = none, or {hidden} (merged: {count(sum(n for k, n in calls.items() if k and not k.isdigit()))} calls in all)."
    if calls.get(None):
        note += f" The time of {count(calls[None])} calls could not be read."
    return Words(
        "by-hour",
        "Calls by the hour in which they started, local time",
        ("Hour from", *DAYS),
        rows,
        DAYS,
        note,
    )


def types_words(job: Job) -> tuple[Words, Words]:
    """The call types that weigh most, and those that a person should look at first."""
    smallest = job.settings.smallest_count
    has_hours = job.cascade.eligible_hours is not None
    by = "unit_hours" if has_hours else "calls"
    table = call_types_table(job, smallest).sort(
        by, "call_type", descending=[True, False], nulls_last=True, maintain_order=True
    )
    amounts = ("Calls", "Unit-hours") if has_hours else ("Calls",)

    def amount(row: dict[str, Any]) -> list[str]:
        shown = [small_count(smallest) if row["suppressed"] else count(row["calls"])]
        return [*shown, number_of_hours(row["unit_hours"])] if has_hours else shown

    largest = tuple(
        (
            type_name(row),
            *amount(row),
            category_label(row["category"]),
            DECISION_LABELS[row["eligibility"]],
            hazard_words(row["hazard_kinds"]) or ("suspected" if row["hazard"] else "none stated"),
            sureness(row),
            "yes" if row["needs_review"] else "no",
        )
        for row in table.head(TOP_TYPES).iter_rows(named=True)
    )
    review = tuple(
        (type_name(row), *amount(row), category_label(row["category"]), sureness(row), alternatives(row["alternatives"]),
         reason_words(row["eligibility_reason"]))
        for row in table.filter(pl.col("needs_review")).head(TOP_REVIEW).iter_rows(named=True)
    )  # fmt: skip
    unit = "unit-hours" if has_hours else "calls"
    needing = int(job.types["needs_review"].sum())
    return (
        Words(
            "types",
            f"The {len(largest)} call types with most {unit}, of {count(job.types.height)}",
            ("Call type", *amounts, "Category", "Eligible?", "Danger", "How sure", "Needs a look"),
            largest,
            amounts,
            "call_types.csv holds every call type.",
        ),
        Words(
            "review",
            f"To be looked at first: the {len(review)} with most {unit}, of {count(needing)} call types that need a look",
            ("Call type", *amounts, "Suggested category", "How sure", "Other guesses", "Now counts as"),
            review,
            amounts,
        ),
    )


def type_name(row: dict[str, Any]) -> str:
    """A call type as its code and text, whichever are there."""
    parts = [str(row[key]) for key in ("call_type_code", "call_type") if row[key]]
    return ": ".join(dict.fromkeys(parts)) or "(blank)"


def sureness(row: dict[str, Any]) -> str:
    """How the category came about, with the probability where a model suggested it."""
    return f"{row['probability']:.0%} (model)" if row["basis"] == "model" else BASIS_LABELS[row["basis"]]


def alternatives(text: str) -> str:
    """ "trespass:0.21|noise:0.08" in words."""
    pairs = [part.rsplit(":", 1) for part in text.split("|") if part]
    return (
        "; ".join(f"{category_label(category)} ({float(chance):.0%})" for category, chance in pairs) or "none"
    )


def rule_words(job: Job) -> Words:
    """The policy's rules in words, the default last."""
    rules: Sequence[Rule] = (*job.policy.rules, job.policy.default)
    rows = (
        (
            "; ".join(category_label(c) for c in rule.categories)
            if rule is not job.policy.default
            else "All other categories",
            DECISION_LABELS[rule.decision],
            RATIONALE_LABELS[rule.rationale].capitalize(),
            rule.reason,
            "stated by a source" if rule.verified else "unverified",
        )
        for rule in rules
    )
    return Words(
        "rules",
        f"The rules of “{job.policy.label}”",
        ("Categories", "Decision", "Ground", "Why", "Support"),
        tuple(rows),
    )


def ledger_words(job: Job) -> Words:
    """Rows read = rows kept + rows set aside."""
    ledger = job.cleaned.ledger
    rows: Iterable[tuple[str, str, str]] = (
        ("Rows read", count(ledger.rows_read), "Every row of the file or files."),
        *(
            (f"Set aside: {reason.replace('_', ' ')}", count(number), SET_ASIDE_REASONS[reason])
            for reason, number in sorted(ledger.set_aside.items(), key=lambda item: (-item[1], item[0]))
        ),
        (
            "Set aside, all reasons",
            count(ledger.rows_set_aside),
            "set_aside.parquet says which rows these are.",
        ),
        ("Rows kept", count(ledger.rows_kept), "Rows read less rows set aside."),
        (
            "Calls",
            count(job.calls.height),
            "Where a call has several rows, one for each unit, they count as one call.",
        ),
    )
    return Words(
        "ledger", "Every row is accounted for", ("Account", "Rows", "What it means"), tuple(rows), ("Rows",)
    )


def problem_words(job: Job) -> Words:
    """The data faults that were met, worst first."""
    rows = tuple(
        (
            row["problem"].replace("_", " ").capitalize() + (f" ({row['column']})" if row["column"] else ""),
            SEVERITY_LABELS[row["severity"]],
            f"{count(row['count'])} of {count(row['total'])} {row['of']} ({percent(row['share'])})",
            " ".join(part for part in (row["means"], row["detail"]) if part),
            row["done"],
        )
        for row in job.problems.iter_rows(named=True)
    )
    return Words(
        "problems",
        "Faults found in the data, worst first",
        ("Fault", "Weight", "How many", "What it means", "What was done"),
        rows or (("None found", NOT_KNOWN, NOT_KNOWN, NOT_KNOWN, NOT_KNOWN),),
    )


def column_words(job: Job) -> Words:
    """Which of the agency's columns was read as what."""
    meanings = {column.name: column.meaning for column in COLUMNS}
    detection = job.detection
    rows = tuple(
        (
            name.replace("_", " "),
            ", ".join(sources),
            detection.reasons.get(name, NOT_RECORDED),
            meanings.get(name, ""),
        )
        for name, sources in detection.layout.columns.items()
    )
    return Words(
        "columns", "Columns that were read", ("Read as", "Column in the export", "Why", "Meaning"), rows
    )


def category_words(categories: Sequence[str]) -> Words:
    """The definitions of the categories that occur."""
    known = load_taxonomy().categories
    rows = tuple((known[c].label, known[c].definition) for c in load_taxonomy().ids if c in set(categories))
    return Words("categories", "The categories that occur in this export", ("Category", "Definition"), rows)
