"""What can and cannot be computed from a file, why not, and what to ask the agency for.

The questions and their needs are data (`abilities.toml`); here is only how each fact is measured on the clean
tables and how needs add up to an answer: yes, partly or no.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from calls.layouts import Layout
from calls.schema import COLUMNS
from calls.volume import main_days

VERDICTS: Final = ("yes", "partly", "no")
_OF_SENT_CALLS: Final = ("dispatched_at", "enroute_at", "arrived_at", "cleared_at", "disposition")
_OF_SENT_WORDS: Final = {*_OF_SENT_CALLS, "unit_rows"} - {"disposition"}
_TWO_YEARS: Final = 24
# A call table holds none of these: they come as tables of their own, joined by a key.
_NEVER_HERE: Final = ("linked_reports", "linked_force", "person_attributes")
_MIDNIGHT_SHARE: Final = 0.5


@dataclass(frozen=True)
class Need:
    """One thing that a question needs; see abilities.toml for what each field means."""

    any_of: tuple[str, ...]
    say: str
    without: str
    then: str
    ask: tuple[str, ...]
    enough: float = 0.9
    some: float = 0.2


@dataclass(frozen=True)
class Question:
    """A question that people bring to a file of calls, and what it needs."""

    id: str
    text: str
    needs: tuple[Need, ...]


@dataclass(frozen=True)
class Ability:
    """The answer for one file: yes, partly or no; `reasons` say why, `ask` names fields of request_fields.toml."""

    id: str
    question: str
    verdict: str
    reasons: tuple[str, ...]
    ask: tuple[str, ...]


@lru_cache(maxsize=1)
def questions() -> dict[str, Question]:
    """The questions of `abilities.toml`, in its order."""
    with (Path(__file__).parent / "abilities.toml").open("rb") as file:
        data: dict[str, Any] = tomllib.load(file)
    return {
        name: Question(
            name,
            entry["question"],
            tuple(
                Need(**{**need, "any_of": tuple(need["any_of"]), "ask": tuple(need["ask"])})
                for need in entry["needs"]
            ),
        )
        for name, entry in data.items()
    }


def facts(calls: pl.DataFrame | pl.LazyFrame, layout: Layout) -> dict[str, float]:
    """How far each fact of abilities.toml holds in a clean calls table (calls.schema.COLUMNS), 0–1.

    A standard column: the share of calls that have it (of calls to which a unit was sent, for dispatch, driving,
    arrival, clear and disposition). The worked-out facts are explained in abilities.toml.
    """
    calls = calls.lazy()
    is_sent = pl.col("outcome").is_in(["handled", "unknown"])
    midnight = pl.col("started_local") % 86400 == 0
    responder = layout.values.get("responder")
    answered = is_sent & (pl.col("responder") != "unknown")
    counted = calls.select(
        pl.len().alias("calls"),
        is_sent.sum().alias("sent"),
        *(
            (pl.col(c.name).is_not_null() & is_sent if c.name in _OF_SENT_CALLS else pl.col(c.name).is_not_null())
            .sum().alias(f"filled:{c.name}")
            for c in COLUMNS
        ),
        (pl.col("initiated_by_basis") == "source").sum().alias("initiator"),
        (pl.col("outcome") != "unknown").sum().alias("outcome_known"),
        answered.sum().alias("responder_recorded"),
        (pl.col("unit_count") > 0).sum().alias("with_units"),
        midnight.sum().alias("midnight"),
        pl.col("started_local").count().alias("timed"),
    ).collect().row(0, named=True)  # fmt: skip

    def share(name: str, of: str = "calls") -> float:
        return float(counted[name] or 0) / counted[of] if counted[of] else 0.0

    found = {
        c.name: share(f"filled:{c.name}", "sent" if c.name in _OF_SENT_CALLS else "calls") for c in COLUMNS
    }
    days, _ = main_days(calls)
    months = sorted({f"{day:%Y-%m}" for day in days})
    first_last = (min(days), max(days)) if days else None
    spanned = (
        (first_last[1].year - first_last[0].year) * 12 + first_last[1].month - first_last[0].month + 1
        if first_last
        else 0
    )
    at_midnight = share("midnight", "timed") if counted["timed"] else 1.0
    return {
        **found,
        "type_words": max(found["call_type"], found["final_type"]),
        "initial_words": 0.0 if layout.type_is == "final" else found["call_type"],
        "final_words": found["final_type"],
        "initiator": share("initiator"),
        "outcome_known": share("outcome_known"),
        "responder_recorded": share("responder_recorded", "sent") if responder and responder.column else 0.0,
        "unit_rows": share("with_units", "sent") if layout.grain == "unit" else 0.0,
        "time_of_day": 0.0 if at_midnight > _MIDNIGHT_SHARE else 1 - at_midnight,
        "zone": 1.0 if layout.zone else 0.0,
        "months": min(1.0, spanned / _TWO_YEARS),
        "no_gaps": len(months) / spanned if spanned else 0.0,
        **dict.fromkeys(_NEVER_HERE, 0.0),
    }


def abilities(known: Mapping[str, float]) -> tuple[Ability, ...]:
    """For every question of abilities.toml whether the file answers it, given its facts (see `facts`)."""
    return tuple(_ability(question, known) for question in questions().values())


def _ability(question: Question, known: Mapping[str, float]) -> Ability:
    verdict, reasons = "yes", []
    ask: list[str] = []
    for need in question.needs:
        share = max(known[fact] for fact in need.any_of)
        if share >= need.enough:
            continue
        absent = share < need.some
        this = need.without if absent else "partly"
        verdict = max(verdict, this, key=VERDICTS.index)
        reasons.append(_reason(need, share, absent=absent))
        ask += [field for field in need.ask if field not in ask]
    return Ability(question.id, question.text, verdict, tuple(reasons), tuple(ask))


def _reason(need: Need, share: float, *, absent: bool) -> str:
    what = need.say[0].upper() + need.say[1:]
    if share == 0:
        return f"Not in the file: {need.say}. {need.then}"
    if set(need.any_of) <= {"months", "no_gaps"}:
        held = f"{round(share * _TWO_YEARS)} of {_TWO_YEARS} months" if "months" in need.any_of else ""
        return f"{what}: {held or format(share, '.0%') + ' of the months'} are there. {need.then}"
    of = "calls with a unit" if set(need.any_of) & _OF_SENT_WORDS else "calls"
    known_for = f"{what} is recorded for {share:.0%} of {of}"
    return f"{known_for}, which is too little. {need.then}" if absent else f"{known_for}."
