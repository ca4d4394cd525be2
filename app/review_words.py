"""Words for the review of call types: how likely a category is, how far reviewers agree, what became of a decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.wording import category_label, chance, count, hazard_words, number_of_hours, percent
from call_codes.agreement import Agreement
from call_codes.crosswalk import NO_HAZARD
from call_codes.standing import CONFLICT, COUNTS, UNSURE, WAITING

NOBODY: Final = "nobody"
NOT_I: Final = "not_i"
QUEUE_LABELS: Final = {
    NOBODY: "that nobody has decided",
    NOT_I: "that I have not decided",
}
SECOND_OPINION: Final = "A second opinion: what others said stays hidden until you have decided. Only so does agreement say something."
STANDING_LABELS: Final = {
    COUNTS: "signed",
    UNSURE: "unsure, does not count",
    WAITING: "waits for a second signature",
    CONFLICT: "reviewers differ, does not count",
}
FEW_JUDGED: Final = 30
HAZARD_HELP: Final = (
    "What the wording states, for an unarmed team. Danger can only take a call type out of what a team may answer; "
    "it never brings one in. What was found by the wording stands here already: read it, and correct it where it is "
    "wrong. Only a person can sign that no danger is stated."
)
# The likelihood scale of Mastrandrea et al. 2010, guidance note for lead authors of the IPCC on uncertainties.
_LIKELIHOODS: Final = (
    (0.90, "very likely"), (0.66, "likely"), (0.33, "possible"), (0.10, "unlikely"), (0.0, "very unlikely"),
)  # fmt: skip
# The scale of Landis and Koch 1977, Biometrics 33(1): 159–174.
_AGREEMENTS: Final = (
    (0.80, "almost perfect"), (0.60, "substantial"), (0.40, "moderate"), (0.20, "fair"), (0.0, "slight"),
)  # fmt: skip


def likelihood(probability: float) -> str:
    """0.62 → "possible, 62%": the word before the number."""
    word = next(word for least, word in _LIKELIHOODS if probability >= least)
    return f"{word}, {'under 1%' if probability < 0.005 else chance(probability)}"


def kappa_words(kappa: float | None) -> str:
    """0.71 → "substantial"; below chance: "poor, less than chance would give"; None: "not defined"."""
    if kappa is None:
        return "not defined, because chance alone would give it"
    return next(
        (word for above, word in _AGREEMENTS if kappa > above), "poor, no more than chance would give"
    )


def agreement_sentence(found: Agreement) -> str:
    """How far reviewers agree on the categories or on the danger, with what was counted."""
    what = "category" if found.column == "category" else "danger"
    if not found.denominator:
        return f"On the {what}: no call type has been judged by two reviewers yet."
    number = "" if found.kappa is None else f" ({found.kappa:.2f})"
    few = f" {FEW_JUDGED} types or more make this steadier." if found.denominator < FEW_JUDGED else ""
    return (
        f"On the {what}, {found.reviewers} reviewers agree on {count(found.numerator)} of {count(found.denominator)} call "
        f"types that at least two of them judged ({percent(found.share)}). Agreement beyond chance is "
        f"{kappa_words(found.kappa)}{number}.{few}"
    )


def hazard_signed(hazard: str) -> str:
    """A signed hazard in words: "none" → "no danger stated", "" → "danger not judged"."""
    if hazard in ("", NO_HAZARD):
        return "no danger stated" if hazard else "danger not judged"
    return f"danger: {hazard_words(hazard)}"


def decision_words(row: Mapping[str, Any]) -> str:
    """A decision in words: "Noise, no danger stated (AB)". row: category, hazard, reviewer."""
    return f"{category_label(row['category'])}, {hazard_signed(row['hazard'])} ({row['reviewer']})"


def type_name(code: str | None, text: str | None) -> str:
    """The name of a call type for people: "103M / MENTAL PATIENT", or "(blank)"."""
    return " / ".join(dict.fromkeys(part for part in (code, text) if part)) or "(blank)"


def progress_sentence(types: int, of_types: int, calls: int, of_calls: int, blank: int | None = 0) -> str:
    """How far the review is, by types and by calls.

    blank: calls without any type, which nobody can decide and which are not in the other numbers; None for few.
    """
    left_out = (
        f" Left out: {'few' if blank is None else count(blank)} calls whose type is blank in the export; they stay unclassified."
        if blank != 0
        else ""
    )
    if not of_types:
        return (
            "Every call type of this export was signed before or comes from a code-book: nothing is left to decide."
            + left_out
        )
    share = calls / of_calls if of_calls else None
    these = "this one holds" if types == 1 else f"these {count(types)} hold"
    held = f"; {these} {percent(share)} of the calls" if types else ""
    return (
        f"{count(types)} decided of {count(of_types)} call types whose category nobody had signed before{held} "
        f"({count(calls)} of {count(of_calls)} calls).{left_out}"
    )


def left_sentence(left: float, total: float, weight: str) -> str:
    """What the types that are still open may put on the wrong side of the policy."""
    unit = "officer hours" if weight == "unit_hours" else "calls"
    return (
        f"Of {number_of_hours(total)} {unit} that were expected on the wrong side of the policy, {number_of_hours(left)} "
        "are left in the types still open."
    )


def weight_definition(weight: str) -> str:
    """What the order of the queue is made of."""
    unit = "officer hours" if weight == "unit_hours" else "calls"
    return (
        f"Counted: the {unit} of each type times the chance that the present answer to “does the policy take it?” is "
        "wrong, min(s, 1 − s) with s = the chance that it does. The type at the top moves the answer most."
    )
