"""What the report rests on, as tables of words: the policy's rules, the ledger, data faults, columns and hashes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from app.job import Job
from app.report_tables import Words
from app.wording import (
    DECISION_LABELS,
    NOT_KNOWN,
    NOT_RECORDED,
    RATIONALE_LABELS,
    SEVERITY_LABELS,
    category_label,
    count,
    percent,
    stamp_words,
)
from call_codes.policy import Rule
from call_codes.taxonomy import load_taxonomy
from calls.ledger import SET_ASIDE_REASONS

_SHORT_HASH: Final = 12


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
            count(job.facts.calls),
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
            row["problem"].replace("_", " ").capitalize()
            + (f" ({stamp_words(row['column'])})" if row["column"] else ""),
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
        ("Fault", "Severity", "How many", "What it means", "What was done"),
        rows or (("None found", NOT_KNOWN, NOT_KNOWN, NOT_KNOWN, NOT_KNOWN),),
    )


def column_words(job: Job) -> Words:
    """Which of the agency's columns was read as what, and why where that was a guess."""
    detection = job.detection
    why = () if detection.named else ("Why",)
    rows = tuple(
        (stamp_words(name), ", ".join(sources), *(detection.reasons.get(name, NOT_RECORDED) for _ in why))
        for name, sources in detection.layout.columns.items()
    )
    return Words("columns", "Columns that were read", ("Read as", "Column in the export", *why), rows)


def category_words(categories: Sequence[str]) -> Words:
    """The definitions of the categories that occur."""
    known = load_taxonomy().categories
    rows = tuple((known[c].label, known[c].definition) for c in load_taxonomy().ids if c in set(categories))
    return Words("categories", "The categories that occur in this export", ("Category", "Definition"), rows)


def _decided(document: dict[str, Any]) -> list[str]:
    """What decided before the text model: the crosswalk, the code-books by name."""
    books = [f"code-book {name}" for name in document["code_books"]]
    return [*(["Crosswalk"] if document["signed_types"] or not books else []), *books]


def hash_words(document: dict[str, Any]) -> Words:
    """The hashes of run.json, shortened."""
    hashes = document["hashes"]
    named = {
        **{f"Input {name}": digest for name, digest in hashes["inputs"].items()},
        f"Layout {document['layout']}": hashes["layout"],
        f"Policy {document['policy']}": hashes["policy"],
        " and ".join(_decided(document)): hashes["crosswalk"],
        "Text model": hashes["model"],
    }
    rows = tuple((name, digest[:_SHORT_HASH]) for name, digest in named.items() if digest)
    return Words("hashes", "What this run stood on (SHA-256, shortened)", ("What", "Hash"), rows)
