"""What is wrong with a policy file, in plain sentences that name the key and the allowed values.

Kept apart from `policy.py` so that someone who writes a policy for their own city can read in one place
what a file must hold.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import Any

from call_codes.errors import PolicyError, did_you_mean
from call_codes.hours import parse_hours
from call_codes.taxonomy import HAZARD_KINDS

KINDS = ("archetype", "program")
DECISIONS = ("eligible", "conditional", "excluded")
RATIONALES = ("safety", "legal", "labour", "capacity", "scope")
FIELDS_WITH_DOUBT = ("place", "status", "area", "hours", "hazards_excluded", "rules", "note")
"""What `unverified` may name."""

_TEXTS = ("id", "label", "kind", "place", "status", "area")
_LISTS = ("sources", "hazards_excluded", "unverified")
_KEYS = (*_TEXTS, *_LISTS, "as_of", "hours", "rule", "default", "note")
_RULE_KEYS = ("categories", "decision", "rationale", "reason", "verified")
_DEFAULT_KEYS = _RULE_KEYS[1:]


def check_policy(raw: dict[str, Any], category_ids: Collection[str]) -> list[str]:
    """The faults of a policy as read from TOML, one sentence each; an empty list means none.

    Checked beside the presence and type of each key: that a category stands in one rule only, that the
    default and `unclassified` are never eligible, and that `unverified` agrees with the `verified` marks.
    """
    faults = [f'The key "{key}" is missing.' for key in _KEYS if key not in raw and key != "note"]
    faults += [f'"{key}" is no key of a policy.{did_you_mean(key, _KEYS)}' for key in raw if key not in _KEYS]
    faults += [
        f'"{key}" must be a text that is not empty.'
        for key in _TEXTS
        if key in raw and not (isinstance(raw[key], str) and raw[key].strip())
    ]
    faults += [
        f'"{key}" must be a list of texts.'
        for key in _LISTS
        if key in raw and not (isinstance(raw[key], list) and all(isinstance(v, str) for v in raw[key]))
    ]
    if faults:
        return faults
    if not re.fullmatch(r"[a-z0-9_]+", raw["id"]):
        faults.append(f'"id" is "{raw["id"]}"; use lower-case letters, digits and underscores only.')
    faults += _choice('"kind"', raw["kind"], KINDS)
    if type(raw["as_of"]) is not date:
        faults.append('"as_of" must be a date without quotes, such as 2026-11-21.')
    if not raw["sources"]:
        faults.append('"sources" is empty; name at least one.')
    if not isinstance(raw.get("note", ""), str):
        faults.append('"note" must be a text.')
    for hazard in raw["hazards_excluded"]:
        faults += _choice("hazards_excluded", hazard, HAZARD_KINDS)
    for field in raw["unverified"]:
        faults += _choice("unverified", field, FIELDS_WITH_DOUBT)
    faults += _check_hours(raw["hours"])
    faults += _check_rules(raw["rule"], raw["default"], category_ids)
    return faults or _check_marks(raw)


def _choice(key: str, value: object, allowed: Collection[str]) -> list[str]:
    if isinstance(value, str) and value in allowed:
        return []
    near = did_you_mean(str(value), allowed)
    return [f'{key} has "{value}", which is none of {", ".join(allowed)}.{near}']


def _check_hours(hours: object) -> list[str]:
    if not isinstance(hours, dict):
        return ['"hours" must be a table [hours] with text, schedule and verified.']
    faults = [f'hours: the key "{k}" is missing.' for k in ("text", "schedule", "verified") if k not in hours]
    faults += [f'hours: "{k}" is no key.' for k in hours if k not in ("text", "schedule", "verified")]
    if not isinstance(hours.get("verified", True), bool):
        faults.append("hours: verified must be true or false.")
    for key in ("text", "schedule"):
        if not isinstance(hours.get(key, ""), str):
            faults.append(f'hours: "{key}" must be a text.')
    if not faults:
        try:
            parse_hours(hours["schedule"])
        except PolicyError as error:
            faults.append(f"hours: {error.found.rstrip('.')}; expected {error.expected}; {error.action}.")
    return faults


def _check_rules(rules: object, default: object, category_ids: Collection[str]) -> list[str]:
    if not (isinstance(rules, list) and rules and all(isinstance(rule, dict) for rule in rules)):
        return ["There must be at least one [[rule]] table."]
    if not isinstance(default, dict):
        return ['"default" must be a table [default].']
    faults: list[str] = []
    taken: dict[str, int] = {}
    for number, rule in enumerate(rules, start=1):
        faults += _check_rule(f"rule {number}", rule, _RULE_KEYS)
        named = rule.get("categories")
        if not (isinstance(named, list) and named and all(isinstance(c, str) for c in named)):
            faults.append(f'rule {number}: "categories" must be a list with at least one category id.')
            continue
        for category in named:
            if category not in category_ids:
                near = did_you_mean(category, category_ids)
                faults.append(f'rule {number}: "{category}" is no category of the taxonomy.{near}')
            elif category in taken:
                faults.append(f'"{category}" stands in rules {taken[category]} and {number}; keep one.')
            taken.setdefault(category, number)
        if "unclassified" in named and rule.get("decision") == "eligible":
            faults.append(f'rule {number}: "unclassified" cannot be eligible, since nobody knows what it is.')
    faults += _check_rule("default", default, _DEFAULT_KEYS)
    if default.get("decision") == "eligible":
        faults.append("default: decision cannot be eligible; name the eligible categories in a rule.")
    return faults


def _check_rule(name: str, rule: dict[str, Any], keys: Collection[str]) -> list[str]:
    faults = [f'{name}: the key "{key}" is missing.' for key in keys if key not in rule]
    faults += [f'{name}: "{key}" is no key.{did_you_mean(key, keys)}' for key in rule if key not in keys]
    if "decision" in rule:
        faults += _choice(f"{name}: decision", rule["decision"], DECISIONS)
    if "rationale" in rule:
        faults += _choice(f"{name}: rationale", rule["rationale"], RATIONALES)
    if "reason" in rule and not (isinstance(rule["reason"], str) and rule["reason"].strip()):
        faults.append(f"{name}: reason must be a sentence.")
    if "verified" in rule and not isinstance(rule["verified"], bool):
        faults.append(f"{name}: verified must be true or false.")
    return faults


def _check_marks(raw: dict[str, Any]) -> list[str]:
    """Doubt stands in two places, at the rule and in the summary; they must not drift apart."""
    rules = [*raw["rule"], raw["default"]]
    marked = {"hours": not raw["hours"]["verified"], "rules": not all(rule["verified"] for rule in rules)}
    return [
        f'"{field}" is marked verified = false but is not listed in "unverified".'
        if doubtful
        else f'"unverified" lists "{field}", but everything in it is marked verified = true.'
        for field, doubtful in marked.items()
        if doubtful != (field in raw["unverified"])
    ]
