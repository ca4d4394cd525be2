"""What a person changed in a policy on the page: as a value, as a link that restores it, and as a policy of its own.

Only differences from the base are kept, so that a link stays short and says what was changed, and so that a base
without changes is the base itself. Dangers can only be added: whatever the base leaves to police stays there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from call_codes.errors import PolicyError, did_you_mean
from call_codes.policy import Policy, parse_hours, policy_names
from call_codes.policy_check import DECISIONS
from call_codes.taxonomy import HAZARD_KINDS, load_taxonomy
from evaluation.before.changed_policy import Changes, Decision, changed_policy, policy_id
from evaluation.before.workbench import Variant

LINK: Final = ("changed", "dangers", "hours", "areas")
NO_REASON: Final = "Changed in the workbench; no reason was given."
_UNCLASSIFIED: Final = "unclassified"


@dataclass(frozen=True)
class Choices:
    """What differs from the base policy.

    decisions: category → eligible, conditional or excluded. dangers: kinds of danger left to police besides the base's.
    schedule: other opening hours, as written (None: the base's). areas: where it holds (empty: everywhere).
    """

    decisions: Mapping[str, str] = field(default_factory=dict)
    dangers: tuple[str, ...] = ()
    schedule: str | None = None
    areas: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether this is the base itself."""
        return self == Choices()


@dataclass(frozen=True)
class Naming:
    """What a saved policy says of itself: its name, why it differs, a note, and the day it stands for."""

    label: str
    reason: str
    note: str
    as_of: date


def categories() -> tuple[str, ...]:
    """The categories that a policy can decide about: all but the one for what could not be classified."""
    return tuple(category for category in load_taxonomy().ids if category != _UNCLASSIFIED)


def only_changes(base: Policy, choices: Choices) -> Choices:
    """`choices` without what the base says already."""
    decided = {c: choices.decisions[c] for c in categories() if c in choices.decisions}
    added = {kind for kind in choices.dangers if kind not in base.hazards_excluded}
    same_hours = choices.schedule is not None and parse_hours(choices.schedule).spans == base.hours.spans
    return Choices(
        {c: decision for c, decision in decided.items() if decision != base.rule_for(c).decision},
        tuple(kind for kind in HAZARD_KINDS if kind in added),
        None if same_hours else choices.schedule,
        choices.areas,
    )


def link_of(choices: Choices) -> dict[str, list[str]]:
    """The query parameters that restore the choices; those that say nothing are left out."""
    changed = ",".join(f"{category}:{decision}" for category, decision in choices.decisions.items())
    parts = {
        "changed": [changed] if changed else [],
        "dangers": [",".join(choices.dangers)] if choices.dangers else [],
        "hours": [choices.schedule] if choices.schedule is not None else [],
        # An area's name may hold any sign, so each area has a parameter of its own.
        "areas": list(choices.areas),
    }
    return {name: values for name, values in parts.items() if values}


def choices_of_link(
    link: Mapping[str, Sequence[str]], base: Policy, areas: Sequence[str]
) -> tuple[Choices, list[PolicyError]]:
    """The choices in a link, and an error for every part of it that cannot be; that part is left out."""
    refused: list[PolicyError] = []
    decisions: dict[str, str] = {}
    for part in _parts(link.get("changed", ())):
        category, _, decision = (word.strip() for word in part.partition(":"))
        if _known(category, categories(), "category", refused) and _known(
            decision, DECISIONS, "decision", refused
        ):
            decisions[category] = decision
    dangers = [d for d in _parts(link.get("dangers", ())) if _known(d, HAZARD_KINDS, "danger", refused)]
    named = [area for area in link.get("areas", ()) if _known(area, areas, "area", refused)]
    schedule = next(iter(link.get("hours", ())), None)
    if schedule is not None:
        try:
            parse_hours(schedule)
        except PolicyError as error:
            refused.append(error)
            schedule = None
    found = Choices(decisions, tuple(dangers), schedule, tuple(dict.fromkeys(named)))
    return only_changes(base, found), refused


def policy_of(base: Policy, choices: Choices, naming: Naming) -> Policy:
    """The base with the choices under its new name; the base itself where nothing was chosen.

    Raises PolicyError where the result would not be a valid policy.
    """
    if choices.nothing:
        return base
    reason = naming.reason.strip() or NO_REASON
    name = policy_id(naming.label)
    return changed_policy(
        base,
        Changes(
            {c: Decision(decision, reason) for c, decision in choices.decisions.items()},
            (*base.hazards_excluded, *choices.dangers) if choices.dangers else None,
            choices.schedule,
            f"Only in these areas: {', '.join(choices.areas)}." if choices.areas else None,
            naming.note.strip() or None,
        ),
        # A file that bears the name of another policy would be taken for it.
        new_id=f"{name}_changed" if name in (*policy_names(), base.id) else name,
        label=naming.label.strip() or f"{base.label} (changed)",
        as_of=naming.as_of,
    )


def variants_of(base: Policy, choices: Choices, policy: Policy) -> list[Variant]:
    """What evaluation.before.workbench compares: the base, and what was made of it where that is something else."""
    return [Variant(base)] + ([] if choices.nothing else [Variant(policy, choices.areas or None)])


def _parts(values: Sequence[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _known(word: str, known: Sequence[str], what: str, refused: list[PolicyError]) -> bool:
    if word in known:
        return True
    refused.append(
        PolicyError(
            found=f'the {what} "{word}" in the link.{did_you_mean(word, known)}',
            expected=f"one of {', '.join(known[:12])}{' …' if len(known) > 12 else ''}",
            action="choose it by hand; the rest of the link was used",
        )
    )
    return False
