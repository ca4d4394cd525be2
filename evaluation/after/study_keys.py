"""Which keys a study file may have, checked against `study_keys.toml`: spelling, kind, choices, what must be there."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from call_codes.errors import UsageError, did_you_mean

KEYS_PATH: Final = Path(__file__).parent / "study_keys.toml"
_SAYS: Final = {
    "text": "text in quotes",
    "number": "a number",
    "whole": "a whole number",
    "day": "a day as 2024-05-01, without quotes",
    "texts": 'a list of texts, as ["a", "b"]',
    "table": "a table or a list",
}


@lru_cache(maxsize=1)
def study_keys() -> dict[str, dict[str, dict[str, Any]]]:
    """The sections of study_keys.toml: section → key → kind, needed, choices, meaning."""
    raw = tomllib.loads(KEYS_PATH.read_text("utf-8"))
    return {name: keys for name, keys in raw.items() if isinstance(keys, dict)}


def check_keys(given: object, section: str, place: str) -> Mapping[str, Any]:
    """`given`, if it is a table with keys of `section` only, of the right kinds, and with all that are needed.

    place: how errors call the table, as in "[period]". Raises UsageError for the first fault.
    """
    keys = study_keys()[section]
    if not isinstance(given, dict):
        raise UsageError(
            found=f"{place} = {given!r}",
            expected=f"a table with the keys {', '.join(keys)}",
            action="write it as a table",
        )
    for key, value in given.items():
        if key not in keys:
            raise UsageError(
                found=f'the key "{key}" in {place}, which does not exist.{did_you_mean(key, keys)}',
                expected=f"one of: {', '.join(keys)}",
                action="correct the spelling",
            )
        _check_value(value, keys[key], f"{key} in {place}")
    for key, rule in keys.items():
        if rule.get("needed") and key not in given:
            raise UsageError(
                found=f'no "{key}" in {place}',
                expected=f"{key}: {rule['meaning']}",
                action=f"add {key} = … to {place}",
            )
    return given


def _check_value(value: object, rule: Mapping[str, Any], name: str) -> None:
    kind, choices = rule["kind"], rule.get("choices")
    if choices and value not in choices:
        raise UsageError(
            found=f"{name} = {value!r}.{did_you_mean(str(value), choices)}",
            expected=f"one of: {', '.join(choices)}",
            action="correct the word",
        )
    if not _is(value, kind):
        raise UsageError(
            found=f"{name} = {value!r}",
            expected=f"{_SAYS[kind]}: {rule['meaning']}",
            action="correct the value",
        )


def _is(value: object, kind: str) -> bool:
    if kind == "text":
        return isinstance(value, str) and bool(value.strip())
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "whole":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "day":
        return isinstance(value, date) and not isinstance(value, datetime)
    if kind == "texts":
        return isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)
    return True
