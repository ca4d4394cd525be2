"""What a dispatcher's list would say of each call type under a policy: yes, screen or no, and why.

The policy's verdict (see `eligibility`) says what the type is entitled to; this adds what a careful person would:
a type that the policy takes on a condition, whose name hints at danger, or whose category is only a guess, is not
a yes but a question that the call-taker has to ask. The deciding rule and the question stand beside the answer.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from call_codes.errors import InputError
from call_codes.policy import Policy
from call_codes.taxonomy import load_taxonomy
from classifier.eligibility import add_eligibility

QUESTIONS_PATH = Path(__file__).parent / "screening_questions.csv"
ANSWERS = ("no", "screen", "yes")
"""From the least to the most eligible."""

COLUMNS = ("eligible", "eligible_because", "question")
_NEEDED = ("probability", "alternatives", "hazard_reason", "needs_review")
_IMPLIED = re.compile(r'(?:^|; )(\w+) implied: "')


@dataclass(frozen=True)
class Answer:
    """eligible: one of ANSWERS. because: what decided, in a phrase. question: of a "screen", else ""."""

    eligible: str
    because: str
    question: str


@lru_cache(maxsize=1)
def load_questions() -> dict[str, str]:
    """Kind of hazard → what a call-taker asks, from `screening_questions.csv`."""
    with QUESTIONS_PATH.open(encoding="utf-8", newline="") as file:
        return {row["kind"]: row["question"] for row in csv.DictReader(file)}


def add_screening(types: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Adds the policy's verdict and the answer to classified types; same rows, same order.

    types: as `classify.classify_types` returns them. Added, never null (columns of these names are replaced):
    those of `eligibility.add_eligibility`, and
    eligible: "yes"; "screen" (eligible on the policy's condition, or its name implies a danger that the policy
        excludes, or the category is a guess that needs review); "no" (excluded, dangerous, or not classified).
    eligible_because: the policy rule's own reason, or the danger with the phrase that states it, or the doubt.
    question: what the call-taker, or in doubt the reviewer, has to ask; "" unless "screen".
    Raises InputError when a column is absent.
    """
    missing = [name for name in _NEEDED if name not in types.columns]
    if missing:
        raise InputError(
            found=f"the table of call types has no column {', '.join(missing)}",
            expected=f"the columns that classify_types adds, among them {', '.join(_NEEDED)}",
            action="classify the types first (classify_types)",
        )
    judged = add_eligibility(types, policy)
    names = ("category", "eligibility", "eligibility_reason", *_NEEDED)
    answers = [_answer(policy=policy, **row) for row in judged.select(names).iter_rows(named=True)]
    added = pl.DataFrame(
        [(a.eligible, a.because, a.question) for a in answers],
        schema=dict.fromkeys(COLUMNS, pl.String),
        orient="row",
    )
    return judged.drop(COLUMNS, strict=False).hstack(added)


def _answer(
    category: str,
    eligibility: str,
    eligibility_reason: str,
    probability: float,
    alternatives: str,
    hazard_reason: str,
    needs_review: bool,
    policy: Policy,
) -> Answer:
    if eligibility == "unclassified":
        return Answer("no", eligibility_reason, "")
    if eligibility_reason.startswith("hazard: "):
        kinds = eligibility_reason.removeprefix("hazard: ")
        return Answer(
            "no", f"danger ({kinds}): {hazard_reason}" if hazard_reason else f"danger ({kinds})", ""
        )
    rule = policy.rule_for(category)
    if eligibility == "excluded":
        return Answer("no", f"excluded: {rule.reason}", "")
    implied = [kind for kind in _IMPLIED.findall(hazard_reason) if kind in policy.hazards_excluded]
    asked = " ".join(load_questions()[kind] for kind in implied)
    if eligibility == "conditional":
        own = f"Does the policy's condition hold? {rule.reason}"
        return Answer("screen", f"on a condition: {rule.reason}", f"{own} {asked}".strip())
    if implied:
        return Answer("screen", f"danger implied: {hazard_reason}", asked)
    if needs_review:
        label = load_taxonomy().get(category).label
        others = f"; next: {alternatives.replace('|', ', ').replace(':', ' ')}" if alternatives else ""
        return Answer(
            "screen",
            f"the category is a guess at {probability:.2f}{others}",
            f"Is this type really “{label}”? Sign it in the crosswalk once a person has looked.",
        )
    return Answer("yes", rule.reason, "")
