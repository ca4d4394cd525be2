"""Eligibility policies: which categories of call a community or civilian team may take, and why.

A policy is a TOML file: `policies/*.toml` holds four archetypes and a number of named programs, and a city
can write its own. The same calls give different answers under different policies, so every share that
Rightcall prints names the policy it stands on.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import polars as pl

from call_codes.errors import PolicyError, did_you_mean
from call_codes.hours import Hours, parse_hours
from call_codes.policy_check import DECISIONS, KINDS, RATIONALES, check_policy
from call_codes.taxonomy import load_taxonomy

__all__ = [
    "DECISIONS",
    "KINDS",
    "RATIONALES",
    "Hours",
    "Policy",
    "Rule",
    "load_policy",
    "parse_hours",
    "policy_names",
    "policy_of_file",
]

POLICIES_FOLDER = Path(__file__).parent / "policies"

Decision = Literal["eligible", "conditional", "excluded"]
Rationale = Literal["safety", "legal", "labour", "capacity", "scope"]


@dataclass(frozen=True)
class Rule:
    """One decision for some categories.

    reason: one sentence on why, and for "conditional" on what condition. verified: whether a source that we
    hold states it; False means inferred, from memory or marked as unsure.
    """

    categories: tuple[str, ...]
    decision: Decision
    rationale: Rationale
    reason: str
    verified: bool


@dataclass(frozen=True)
class Policy:
    """Who may be sent to what, where and when, as of a day.

    hazards_excluded: kinds of hazard that take a call away whatever its category. default: the rule for the
    categories that no rule names; its `categories` lists them. unverified: the fields that our source marks
    as unsure. digest: sha256 of the file's bytes, to cite with a result.
    """

    id: str
    label: str
    kind: Literal["archetype", "program"]
    place: str
    as_of: date
    sources: tuple[str, ...]
    status: str
    area: str
    hours: Hours
    hazards_excluded: tuple[str, ...]
    rules: tuple[Rule, ...]
    default: Rule
    unverified: tuple[str, ...]
    note: str
    digest: str

    def rule_for(self, category_id: str) -> Rule:
        """The rule that decides this category; raises CodeBookError for an id outside the taxonomy."""
        category = load_taxonomy().get(category_id).id
        return next((rule for rule in self.rules if category in rule.categories), self.default)

    def decisions(self) -> pl.DataFrame:
        """One row per category of the taxonomy, in its order.

        Columns: category, decision (eligible, conditional, excluded), rationale, reason (String), verified
        (Boolean). No nulls.
        """
        rules = {category: self.rule_for(category) for category in load_taxonomy().ids}
        return pl.DataFrame(
            {
                "category": list(rules),
                "decision": [rule.decision for rule in rules.values()],
                "rationale": [rule.rationale for rule in rules.values()],
                "reason": [rule.reason for rule in rules.values()],
                "verified": [rule.verified for rule in rules.values()],
            }
        )

    def categories_with(self, decision: str) -> tuple[str, ...]:
        """The ids that this policy decides as "eligible", "conditional" or "excluded", in taxonomy order."""
        if decision not in DECISIONS:
            raise PolicyError(
                found=f'"{decision}" is no decision.{did_you_mean(decision, DECISIONS)}',
                expected=f"one of {', '.join(DECISIONS)}",
                action="correct the word",
            )
        return tuple(i for i in load_taxonomy().ids if self.rule_for(i).decision == decision)


def policy_names() -> tuple[str, ...]:
    """The ids of the policies that come with Rightcall, sorted."""
    return tuple(sorted(path.stem for path in POLICIES_FOLDER.glob("*.toml")))


def load_policy(name_or_path: str | Path) -> Policy:
    """A policy that comes with Rightcall, by its id, or one of your own, by the path to its .toml file.

    Raises PolicyError when there is no such policy or file, or when the file is not TOML or fails
    `check_policy`; the message holds up to five of its sentences.
    """
    path = Path(name_or_path)
    if path.suffix.lower() != ".toml":
        name = str(name_or_path)
        if name not in policy_names():
            raise PolicyError(
                found=f'no policy is called "{name}".{did_you_mean(name, policy_names())}',
                expected=f"one of {', '.join(policy_names())}, or the path to a .toml file",
                action="correct the name, or give the path to your own policy file",
            )
        path = POLICIES_FOLDER / f"{name}.toml"
    return _read(path)


def _read(path: Path) -> Policy:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PolicyError(
            found=f"the policy file {path} cannot be opened ({error.strerror})",
            expected=f"a .toml file, or one of the bundled policies: {', '.join(policy_names())}",
            action="check the path",
        ) from error
    return policy_of_file(content, str(path))


def policy_of_file(content: bytes, name: str) -> Policy:
    """The policy in the bytes of a policy file; `name` is what the messages call it.

    Raises PolicyError when they are not TOML or fail `check_policy`; the message holds up to five of its sentences.
    """
    try:
        raw = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PolicyError(
            found=f"the policy file {name} is not valid TOML ({error})",
            expected="a TOML file in UTF-8",
            action="correct the place that is named; a file in call_codes/policies is the pattern",
        ) from error
    category_ids = load_taxonomy().ids
    faults = check_policy(raw, category_ids)
    if faults:
        more = f" And {len(faults) - 5} more." if len(faults) > 5 else ""
        raise PolicyError(
            found=f"{len(faults)} fault(s) in the policy {name}: {' '.join(faults[:5])}{more}",
            expected="a policy without faults",
            action="correct the keys that are named; a file in call_codes/policies is the pattern",
        )
    return _policy(raw, hashlib.sha256(content).hexdigest(), category_ids)


def _policy(raw: Mapping[str, Any], digest: str, category_ids: tuple[str, ...]) -> Policy:
    hours = raw["hours"]
    named = {category for rule in raw["rule"] for category in rule["categories"]}
    rest = tuple(category for category in category_ids if category not in named)
    return Policy(
        id=raw["id"],
        label=raw["label"],
        kind=raw["kind"],
        place=raw["place"],
        as_of=raw["as_of"],
        sources=tuple(raw["sources"]),
        status=raw["status"],
        area=raw["area"],
        hours=parse_hours(hours["schedule"], text=hours["text"], verified=hours["verified"]),
        hazards_excluded=tuple(raw["hazards_excluded"]),
        rules=tuple(_rule(rule, tuple(rule["categories"])) for rule in raw["rule"]),
        default=_rule(raw["default"], rest),
        unverified=tuple(raw["unverified"]),
        note=raw.get("note", ""),
        digest=digest,
    )


def _rule(raw: Mapping[str, Any], categories: tuple[str, ...]) -> Rule:
    return Rule(categories, raw["decision"], raw["rationale"], raw["reason"], raw["verified"])
