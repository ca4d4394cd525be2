"""The report: one self-contained page that a council member can read, print and pass on.

It puts the job's tables, charts and words in order and hands them to the template `report.html`. The page makes
no outside request, runs no script and holds no number that the job's tables do not hold. The same job gives the
same page, byte for byte.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app import report_account as account
from app import report_tables as tables
from app import wording
from app.job import Job
from app.repeat_command import repeat_options
from app.report_figures import report_pictures
from app.report_types import types_words
from app.summary import record
from call_codes.errors import UsageError, did_you_mean
from evaluation.before.cascade import UNCLASSIFIED_REASON

_TEMPLATE: Final = "report.html"
_NO_TIME: Final = (
    "{reason} Officer time can therefore not be shown. Ask the agency for the times at which each unit was "
    "assigned, arrived and was free again, for every unit on every call."
)


@dataclass(frozen=True)
class Section:
    """A section of the report: its number and title, and where a link leads."""

    number: int
    title: str
    anchor: str


SECTIONS: Final[dict[str, Section]] = {
    "cascade": Section(2, "From all calls to eligible calls", "cascade"),
    "time": Section(3, "What calls take", "time"),
    "types": Section(4, "Call types", "types-section"),
    "policy": Section(5, "The policy", "policy"),
    "quality": Section(6, "Data quality", "quality"),
    "definitions": Section(7, "Definitions and limits", "definitions"),
    "repeat": Section(8, "How to repeat this", "repeat"),
}
# Nobody gets a report without what it must not be used for.
ALWAYS: Final = "definitions"


def page(template: str, content: dict[str, Any]) -> str:
    """One of the templates of this folder, filled. Everything that is put in is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**content)


def report_html(job: Job, sections: Sequence[str] = tuple(SECTIONS)) -> str:
    """The report of a run as one HTML document: static charts, real tables, no script, no outside request.

    sections: those of SECTIONS to be in it. What is left out is named at its top; the answer, and what the report is
    not for, are always in it. Raises UsageError for a section that it does not have.
    """
    for name in sections:
        if name not in SECTIONS:
            raise UsageError(
                found=f'the section "{name}".{did_you_mean(name, SECTIONS)}',
                expected=f"some of {', '.join(SECTIONS)}.",
                action="Correct the name.",
            )
    return page(_TEMPLATE, _content(job, {name for name in SECTIONS if name in sections or name == ALWAYS}))


def _content(job: Job, sections: set[str]) -> dict[str, Any]:
    document = record(job)
    has_hours = document["unit_hours"]["central"] is not None
    shown = tables.breakdowns(job)
    largest, review = types_words(job)
    return {
        "sections": sections,
        "all_sections": SECTIONS,
        "left_out": [f"{one.number}. {one.title}" for name, one in SECTIONS.items() if name not in sections],
        "place": _place(job),
        "agency": _agency(job),
        "period": wording.period_words(document["period"]),
        "policy": job.policy,
        "files": [f.name for f in job.files],
        "in_short": in_short(job, document),
        "caution": _caution(document),
        "definitions_of_answer": _answer_definitions(job, document),
        "has_hours": has_hours,
        "no_time": None if has_hours else _NO_TIME.format(reason=document["unit_hours"]["reason_missing"]),
        "total_hours": _total_hours(document["unit_hours"]) if has_hours else "",
        "unit_hours_meaning": wording.unit_hours_meaning(job.settings.cap_hours),
        "type_note": wording.TYPE_IS_NOTES[job.detection.layout.type_is],
        "figures": {name: one.drawn() for name, one in report_pictures(job, shown, has_hours).items()},
        "cascade": tables.cascade_words(job),
        "losses": tables.loss_words(job),
        "sensitivity": tables.sensitivity_words(job),
        "reading_meanings": list(wording.READING_MEANINGS.values()),
        "by": {key: tables.time_words(job, key, shown[key]) for key in ("category", "initiated_by", "area")},
        "by_hour": tables.hour_words(job, shown["hour_of_week"]),
        "small_counts": wording.small_count_note(job.settings.smallest_count),
        "types": largest,
        "review": review,
        "rules": account.rule_words(job),
        "hazards": [wording.HAZARD_LABELS[kind] for kind in job.policy.hazards_excluded],
        "as_of": wording.day(job.policy.as_of.isoformat()),
        "ledger": account.ledger_words(job),
        "problems": account.problem_words(job),
        "columns": account.column_words(job),
        "notices": document["questions"],
        "warnings": document["warnings"],
        "layout": job.detection.layout,
        "named": job.detection.named,
        "categories": account.category_words(job.cells["category"].unique().to_list()),
        "command": _command(job),
        "cap": f"{job.settings.cap_hours:g}",
        "versions": _versions(document),
        "hashes": account.hash_words(document),
    }


def in_short(job: Job, document: dict[str, Any]) -> list[str]:
    """The answer in sentences: as a range, with what it rests on. Every number is one of `document`'s."""
    cascade, policy = job.cascade, job.policy
    sentences = [
        f"Eligible for a responder other than police under the policy “{policy.label}”: "
        f"{wording.range_first(cascade.eligible)}."
    ]
    expected = job.expected.eligible
    if expected.share is not None:
        sentences.append(
            f"The same with each doubtful type counted by how likely it is, which is what to expect once people have looked at "
            f"every type: {wording.range_first(expected)}. "
            + (
                f"{wording.percent(job.expected.unsigned_share)} of the expected eligible calls stand on types that nobody "
                "has signed yet."
                if job.expected.unsigned_share
                else "All of it stands on types that people have signed."
            )
        )
    in_hours, any_hour = cascade.eligible_in_hours, cascade.eligible
    if (in_hours.low, in_hours.numerator, in_hours.high) != (any_hour.low, any_hour.numerator, any_hour.high):
        sentences.append(f"Within the program's hours: {wording.range_first(cascade.eligible_in_hours)}.")
    if cascade.eligible_hours is not None:
        sentences.append(
            f"Police time recorded on the eligible calls, at any hour: {wording.range_first(cascade.eligible_hours, 'unit-hours')}."
        )
    else:
        sentences.append(
            "How much police time these calls take is not known: the export does not hold the times."
        )
    unclassified = document["unclassified_share"]
    open_types = sum(row["calls"] for row in document["losses"] if row["reason"] == UNCLASSIFIED_REASON)
    sentences.append(
        f"{wording.count(unclassified['numerator'])} of {wording.count(unclassified['denominator'])} calls "
        f"({wording.percent(unclassified['share'])}) could not be classified. {wording.count(open_types)} of them came "
        "as far as the question of their type; they can count only in the high figure."
    )
    as_written, counted_in, left_out = document["sensitivity"]
    vague = (
        "Two vague categories, disturbance and suspicious activity, decide much of such an answer: with all their calls "
        f"counted in, whatever the policy says, it would be {wording.count(counted_in['calls'])} calls "
        f"({wording.percent(counted_in['share'])})"
    )
    if left_out["calls"] != as_written["calls"]:
        vague += (
            f", with none of them {wording.count(left_out['calls'])} ({wording.percent(left_out['share'])})"
        )
    sentences.append(vague + ".")
    return sentences


def _caution(document: dict[str, Any]) -> str:
    return (
        f"{wording.count(document['types_needing_review'])} of {wording.count(document['call_types'])} call types need a "
        "person's look (section 4). Until someone has looked, treat every figure here as provisional."
    )


def _answer_definitions(job: Job, document: dict[str, Any]) -> list[str]:
    shares = [job.cascade.eligible, job.cascade.eligible_hours]
    untold = sum(row["calls"] for row in document["initiated_by"] if row["initiated_by"] == "unknown")
    return [share.definition for share in shares if share is not None] + [
        f"The export does not say who started {wording.count(number)} of {wording.count(document['calls'])} calls; "
        "they count as started by the community."
        for number in (untold,)
        if number
    ]


def _total_hours(hours: dict[str, Any]) -> str:
    return (
        f"All calls together took {wording.number_of_hours(hours['central'])} police unit-hours (between "
        f"{wording.number_of_hours(hours['low'])} and {wording.number_of_hours(hours['high'])}), measured for "
        f"{wording.count(hours['unit_rows_measured'])} of {wording.count(hours['unit_rows'])} units sent."
    )


def _place(job: Job) -> str:
    return job.detection.layout.place or _agency(job)


def _agency(job: Job) -> str:
    names = list(job.facts.agencies)
    return ", ".join(names) if len(names) <= 3 else f"{wording.count(len(names))} agencies"


def _command(job: Job) -> str:
    settings = job.settings
    # The address of a database may hold a password, so it is not repeated.
    sources = ["postgresql://...", "--query", settings.query or ""] if settings.database else []
    sources = sources or [f.name for f in job.files]
    words = ["rightcall", "run", *sources, *repeat_options(job)]
    words += ["--repair-half-day-slips"] if settings.repair_half_day_slips else []
    for book in settings.code_books:
        words += ["--code-book", Path(book).name]
    words += ["--two-signatures"] if settings.two_signatures else []
    return shlex.join([*words, "--out", "results"])


def _versions(document: dict[str, Any]) -> str:
    return ", ".join(
        f"{name} {number}"
        for name, number in {"rightcall": document["rightcall"], **document["versions"]}.items()
    )
