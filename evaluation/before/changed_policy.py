"""A policy changed in a few places: other decisions for some categories, other hazards, other hours, saved as a file.

The base policy's rules, reasons and sources stay; a changed rule says that it was changed, by whose reason, and is
marked as not verified until someone who holds a source edits the file. What is saved is a policy like any other.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from call_codes.errors import OutputError, PolicyError, did_you_mean
from call_codes.hours import parse_hours
from call_codes.policy import Policy, Rule
from call_codes.policy_check import DECISIONS, RATIONALES, check_policy
from call_codes.taxonomy import load_taxonomy


@dataclass(frozen=True)
class Decision:
    """What a category becomes: eligible, conditional or excluded; on which ground (RATIONALES); why, in a sentence."""

    decision: str
    reason: str
    rationale: str = "scope"


@dataclass(frozen=True)
class Changes:
    """What to change; None and nothing leave it as it is. schedule: opening hours as they are written.

    area: where it holds, in words; a policy file names no areas that a computer could judge. note: in words as well.
    """

    decisions: Mapping[str, Decision] = field(default_factory=dict)
    hazards_excluded: tuple[str, ...] | None = None
    schedule: str | None = None
    area: str | None = None
    note: str | None = None


def changed_policy(base: Policy, changes: Changes, *, new_id: str, label: str, as_of: date) -> Policy:
    """`base` with `changes`, as a policy of its own named `new_id`.

    Raises PolicyError for an unknown category, decision, ground or hazard, hours that cannot be read, and whatever
    makes a policy invalid (see call_codes.policy_check.check_policy).
    """
    taxonomy = load_taxonomy()
    for category, wanted in changes.decisions.items():
        _known("category", category, taxonomy.ids)
        _known("decision", wanted.decision, DECISIONS)
        _known("ground", wanted.rationale, RATIONALES)
    kept = [
        replace(rule, categories=tuple(c for c in rule.categories if c not in changes.decisions))
        for rule in base.rules
    ]
    rules = tuple(rule for rule in kept if rule.categories) + tuple(
        Rule((category,), wanted.decision, wanted.rationale, wanted.reason, verified=False)  # type: ignore[arg-type]
        for category, wanted in changes.decisions.items()
    )
    named = {category for rule in rules for category in rule.categories}
    hours = base.hours
    if changes.schedule is not None:
        hours = parse_hours(changes.schedule, text=f"Changed to {changes.schedule}.", verified=False)
    doubts = {"hours": hours.verified, "rules": all(rule.verified for rule in (*rules, base.default))}
    changed = replace(
        base,
        id=new_id,
        label=label,
        kind="archetype",
        as_of=as_of,
        sources=(*base.sources, f"Changed from the policy {base.id} as of {base.as_of}"),
        status=f"A variant for comparison, changed from {base.label}; not a real program.",
        area=base.area if changes.area is None else changes.area,
        note=base.note if changes.note is None else changes.note,
        hours=hours,
        hazards_excluded=base.hazards_excluded
        if changes.hazards_excluded is None
        else changes.hazards_excluded,
        rules=rules,
        default=replace(base.default, categories=tuple(c for c in taxonomy.ids if c not in named)),
        unverified=tuple(
            dict.fromkeys(
                [name for name in base.unverified if name not in doubts]
                + [name for name, verified in doubts.items() if not verified]
            )
        ),
    )
    text = policy_toml(changed)
    faults = check_policy(tomllib.loads(text), taxonomy.ids)
    if faults:
        raise PolicyError(
            found=f"a changed policy that cannot be: {' '.join(faults[:5])}",
            expected="a policy without faults",
            action="correct the changes",
        )
    return replace(changed, digest=hashlib.sha256(text.encode()).hexdigest())


def policy_id(name: str) -> str:
    """A name as a policy's id: lower-case letters, digits and underscores."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "changed"


def policy_toml(policy: Policy) -> str:
    """The policy as the text of a policy file."""
    lines = [
        *(f"{name} = {_text(getattr(policy, name))}" for name in ("id", "label", "kind", "place")),
        f"as_of = {policy.as_of.isoformat()}",
        f"sources = {_texts(policy.sources)}",
        *(f"{name} = {_text(getattr(policy, name))}" for name in ("status", "area", "note")),
        f"unverified = {_texts(policy.unverified)}",
        f"hazards_excluded = {_texts(policy.hazards_excluded)}",
        "",
        "[hours]",
        f"text = {_text(policy.hours.text)}",
        f"schedule = {_text(policy.hours.schedule)}",
        f"verified = {_flag(policy.hours.verified)}",
    ]
    for rule in policy.rules:
        lines += ["", "[[rule]]", f"categories = {_texts(rule.categories)}", *_decided(rule)]
    return "\n".join([*lines, "", "[default]", *_decided(policy.default)]) + "\n"


def save_policy(policy: Policy, path: Path) -> None:
    """Write the policy to `path` (.toml): whole or not at all. Raises OutputError where that is not possible."""
    check_new_file(path)
    try:
        number, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(policy_toml(policy))
        os.replace(draft, path)
    except OSError as error:
        raise OutputError(
            found=f"{path} cannot be written ({error.strerror}).",
            expected="a folder that may be written to.",
            action="Choose another place.",
        ) from error


def check_new_file(path: Path) -> None:
    """Raise OutputError where `path` is no place for a new policy: there already, or no .toml."""
    if path.suffix.lower() != ".toml" or path.exists():
        raise OutputError(
            found=f"{path.name} is there already."
            if path.exists()
            else f'"{path.name}" as the name of a policy file.',
            expected="a new file whose name ends in .toml.",
            action="Choose another name.",
        )


def _decided(rule: Rule) -> list[str]:
    return [
        f"decision = {_text(rule.decision)}",
        f"rationale = {_text(rule.rationale)}",
        f"reason = {_text(rule.reason)}",
        f"verified = {_flag(rule.verified)}",
    ]


def _text(text: str) -> str:
    # A JSON string is a TOML basic string, except for the one control character that JSON leaves as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _texts(texts: tuple[str, ...]) -> str:
    return "[" + ", ".join(map(_text, texts)) + "]"


def _flag(flag: bool) -> str:
    return "true" if flag else "false"


def _known(what: str, word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        raise PolicyError(
            found=f'the {what} "{word}".{did_you_mean(word, known)}',
            expected=f"one of {', '.join(known)}",
            action="correct the word",
        )
