"""The 40 categories that a call for service can fall into, read from `taxonomy.yaml`.

The knowledge is in the YAML file; this module turns it into frozen dataclasses and says in plain sentences
what is wrong with it. Ids and groups are stable: a crosswalk signed today must still mean the same next year.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from call_codes.errors import CodeBookError, did_you_mean

TAXONOMY_PATH = Path(__file__).parent / "taxonomy.yaml"

RISK_FLAGS = ("weapon", "violence", "medical", "minor", "domestic", "traffic_hazard")
"""What may be true of a call whose category is all we know."""

RISK_LEVELS = ("no", "screen", "possible", "likely", "yes")
"""From "not by its nature" to "by definition"; "screen" = a call-taker has to ask."""

RESPONSES = (
    "police", "police+community", "community", "community+ems", "ems", "fire_ems",
    "civilian", "report", "311", "police-generated", "review",
)  # fmt: skip
"""Who would answer when nothing speaks against it; a policy, not this field, decides eligibility."""

HAZARD_KINDS = ("weapon", "violence", "threat", "officer_emergency", "medical_emergency", "minor", "domestic")
"""What the text of one call type may state. A hazard can only take eligibility away."""

_TEXT_FIELDS = ("group", "label", "definition", "default_response", "source")
_LIST_FIELDS = ("includes", "excludes", "examples", "responders", "apco_codes", "protocols")
_POINTER = re.compile(r"->\s*([a-z_0-9]+(?:\s+or\s+[a-z_0-9]+)*)\s*$")


@dataclass(frozen=True)
class Category:
    """One category of call. `excludes` entries end in "-> id" where another category takes the case.

    risk_flags: each of RISK_FLAGS → one of RISK_LEVELS. apco_codes, protocols: codes and numbers only; the
    texts behind them belong to their owners.
    """

    id: str
    group: str
    label: str
    definition: str
    includes: tuple[str, ...]
    excludes: tuple[str, ...]
    examples: tuple[str, ...]
    default_response: str
    responders: tuple[str, ...]
    risk_flags: Mapping[str, str]
    apco_codes: tuple[str, ...]
    protocols: tuple[str, ...]
    source: str
    note: str


@dataclass(frozen=True)
class Taxonomy:
    """All categories in the order of the file. Shared between callers: do not change the dictionaries."""

    version: str
    groups: dict[str, str]
    categories: dict[str, Category]
    reviewed: date
    reviewer: str

    @property
    def ids(self) -> tuple[str, ...]:
        """The category ids in the order of the file."""
        return tuple(self.categories)

    def get(self, category_id: str) -> Category:
        """The category with this id; raises CodeBookError with a suggestion when there is none."""
        try:
            return self.categories[category_id]
        except KeyError:
            raise CodeBookError(
                found=f'no category is called "{category_id}".{did_you_mean(category_id, self.ids)}',
                expected=f"one of {', '.join(self.ids)}",
                action="correct the id; labels such as “Welfare check” are not ids",
            ) from None

    def in_group(self, group_id: str) -> tuple[Category, ...]:
        """The categories of one group, in file order; raises CodeBookError for an unknown group."""
        if group_id not in self.groups:
            raise CodeBookError(
                found=f'no group is called "{group_id}".{did_you_mean(group_id, self.groups)}',
                expected=f"one of {', '.join(self.groups)}",
                action="correct the group id",
            )
        return tuple(c for c in self.categories.values() if c.group == group_id)


def check_taxonomy(raw: object) -> list[str]:
    """What is wrong with a taxonomy as read from YAML, one plain sentence each; an empty list means nothing.

    Checked: the top-level keys, ids used once, groups that exist and are used, no empty text, the words of
    `default_response` and of the risk flags, an APCO code in one category only, and that each "-> id" in
    `excludes` points to a category.
    """
    if not isinstance(raw, dict):
        return ["The file is not a table of keys and values."]
    faults = [
        f'The key "{key}" is missing.'
        for key in ("version", "reviewed", "reviewer", "groups", "categories")
        if not raw.get(key)
    ]
    if faults:
        return faults
    if not isinstance(raw["reviewed"], date):
        faults.append(f'"reviewed" is "{raw["reviewed"]}", which is not a date such as 2026-11-21.')
    groups, categories = raw["groups"], raw["categories"]
    if not isinstance(groups, dict) or not isinstance(categories, list):
        return [*faults, '"groups" must be a table (id: label) and "categories" a list.']
    entries = [c for c in categories if isinstance(c, dict) and c.get("id")]
    if len(entries) < len(categories):
        faults.append(f"{len(categories) - len(entries)} of the categories have no id.")
    ids = [str(c["id"]) for c in entries]
    faults += [f'The id "{i}" is used {n} times.' for i, n in Counter(ids).items() if n > 1]
    used = {c.get("group") for c in entries}
    faults += [f'The group "{g}" has no category.' for g in groups if g not in used]
    for entry in entries:
        faults += _check_category(entry, groups, ids)
    homes = Counter(str(code) for c in entries for code in _as_list(c.get("apco_codes")))
    faults += [f'The APCO code "{code}" stands {n} times.' for code, n in homes.items() if n > 1]
    return faults


def _level(value: object) -> str:
    """A risk level as text. YAML reads a bare yes or no as true or false; a person means the word."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _check_category(entry: dict[str, Any], groups: dict[str, str], ids: list[str]) -> list[str]:
    """The faults of one category, each sentence starting with its id."""
    name = entry["id"]
    known = {"id", "note", "risk_flags", *_TEXT_FIELDS, *_LIST_FIELDS}
    strange = [str(key) for key in entry if key not in known]
    faults = [f'{name}: "{key}" is no field.{did_you_mean(key, known)}' for key in strange]
    faults += [f'{name}: "{f}" is empty.' for f in _TEXT_FIELDS if not str(entry.get(f) or "").strip()]
    faults += [f'{name}: "{f}" is not a list.' for f in _LIST_FIELDS if not isinstance(entry.get(f), list)]
    if entry.get("group") and entry["group"] not in groups:
        faults.append(f'{name}: the group "{entry["group"]}" is not defined.')
    if entry.get("default_response") and entry["default_response"] not in RESPONSES:
        faults.append(
            f'{name}: default_response "{entry["default_response"]}" is none of {", ".join(RESPONSES)}.'
        )
    flags = entry.get("risk_flags")
    flags = flags if isinstance(flags, dict) else {}
    faults += [f'{name}: the risk flag "{f}" is missing.' for f in RISK_FLAGS if f not in flags]
    faults += [f'{name}: "{f}" is no risk flag.' for f in flags if f not in RISK_FLAGS]
    faults += [
        f'{name}: the risk flag {f} is "{level}", which is none of {", ".join(RISK_LEVELS)}.'
        for f, level in flags.items()
        if _level(level) not in RISK_LEVELS
    ]
    for line in _as_list(entry.get("excludes")):
        pointer = _POINTER.search(str(line))
        targets = re.split(r"\s+or\s+", pointer.group(1)) if pointer else []
        if "->" in str(line) and not targets:
            faults.append(f'{name}: the exclusion "{line}" does not end in "-> id".')
        lost = [t for t in targets if t not in ids]
        faults += [f'{name}: an exclusion points to "{t}", which is no category.' for t in lost]
    return faults


@lru_cache(maxsize=1)
def _bundled() -> Taxonomy:
    return _read(TAXONOMY_PATH)


def load_taxonomy(path: Path | None = None) -> Taxonomy:
    """The taxonomy that comes with Rightcall, or the one in the YAML file at `path`.

    The bundled one is read once and shared. Raises CodeBookError when the file is absent, is not YAML or
    fails `check_taxonomy`; the message lists up to five of its sentences.
    """
    return _bundled() if path is None else _read(Path(path))


def _read(path: Path) -> Taxonomy:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CodeBookError(
            found=f"the taxonomy {path} cannot be read ({type(error).__name__}: {error})",
            expected="a YAML file in UTF-8 with the keys version, reviewed, reviewer, groups and categories",
            action="check the path and the file, or leave the path out to use the bundled taxonomy",
        ) from error
    faults = check_taxonomy(raw)
    if faults:
        more = f" And {len(faults) - 5} more." if len(faults) > 5 else ""
        raise CodeBookError(
            found=f"{len(faults)} faults in the taxonomy {path}: {' '.join(faults[:5])}{more}",
            expected="a taxonomy without faults",
            action="correct the file; call_codes/taxonomy.yaml is the pattern",
        )
    categories = {c["id"]: _category(c) for c in raw["categories"]}
    groups = {str(k): str(v) for k, v in raw["groups"].items()}
    return Taxonomy(str(raw["version"]), groups, categories, raw["reviewed"], str(raw["reviewer"]))


def _category(entry: dict[str, Any]) -> Category:
    texts = {f: " ".join(str(entry.get(f) or "").split()) for f in (*_TEXT_FIELDS, "note")}
    lists = {f: tuple(str(v) for v in entry[f]) for f in _LIST_FIELDS}
    return Category(
        id=str(entry["id"]),
        group=texts["group"],
        label=texts["label"],
        definition=texts["definition"],
        includes=lists["includes"],
        excludes=lists["excludes"],
        examples=lists["examples"],
        default_response=texts["default_response"],
        responders=lists["responders"],
        risk_flags={f: _level(entry["risk_flags"][f]) for f in RISK_FLAGS},
        apco_codes=lists["apco_codes"],
        protocols=lists["protocols"],
        source=texts["source"],
        note=texts["note"],
    )
