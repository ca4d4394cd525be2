"""JSON as portals and programs write it: one object a line, a list of objects, or a list inside an object.

Numbers stay as they are written. Nested objects become columns with a dot in their name; a line that is no JSON
is set aside and counted.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import polars as pl

from call_codes.errors import InputError
from calls.row_kinds import OUR_OWN, Aside

_INNER: Final = ("attributes", "properties")


def rows_of_json(path: Path, text: str) -> tuple[pl.DataFrame, list[Aside]]:
    """The calls as a table of texts with `_row`, and lines set aside. Raises InputError for what is no JSON table."""
    aside: list[Aside] = []
    try:
        # RecursionError: brackets in brackets without end.
        found = _list_of_objects(_loads(text))
    except (ValueError, RecursionError) as error:
        found, aside, good = _by_line(text)
        if not good:
            raise _refused(path, str(error)) from error
    if not found:
        raise _refused(path, "no list of objects is in it")
    flat: list[tuple[int, dict[str, str | None]]] = []
    for number, entry in enumerate(found, 1):
        if isinstance(entry, dict):
            flat.append((number, _flat(entry)))
        elif entry is not None:
            aside.append((number, _text(entry) or "", "unreadable_line"))
    if not flat:
        raise _refused(path, "its entries are not objects")
    columns = list(dict.fromkeys(key for _, row in flat for key in row))
    frame = pl.DataFrame(
        {name: [row.get(name) for _, row in flat] for name in columns},
        schema=dict.fromkeys(columns, pl.String),
    )
    return frame.with_columns(pl.Series("_row", [number for number, _ in flat], dtype=pl.Int64)), aside


def _loads(text: str) -> Any:
    return json.loads(text, parse_int=str, parse_float=str)


def _by_line(text: str) -> tuple[list[Any], list[Aside], int]:
    """One entry for each line that is not blank; None for a line that is no JSON, which is set aside."""
    found: list[Any] = []
    aside: list[Aside] = []
    for line in filter(str.strip, text.split("\n")):
        try:
            found.append(_loads(line))
        except (ValueError, RecursionError):
            found.append(None)
            aside.append((len(found), line, "unreadable_line"))
    return found, aside, sum(isinstance(entry, dict) for entry in found)


def _list_of_objects(value: Any) -> list[Any]:
    """The list itself, or the longest list of objects under a key, as in {"features": [...]}; one object is one row."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return []
    lists = [v for v in value.values() if isinstance(v, list) and v and all(isinstance(x, dict) for x in v)]
    return max(lists, key=len) if lists else [value]


def _flat(entry: dict[str, Any], before: str = "") -> dict[str, str | None]:
    out: dict[str, str | None] = {}
    for key, value in entry.items():
        # What map services wrap every row in says nothing in a column's name.
        name = before if key in _INNER and not before else f"{before}.{key}" if before else key
        if isinstance(value, dict):
            out |= _flat(value, name)
        else:
            out[f"{name}_" if name in OUR_OWN else name] = _text(value)
    return out


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _refused(path: Path, why: str) -> InputError:
    return InputError(
        found=f"{path.name} cannot be read as JSON ({why}).",
        expected="one JSON object per line, or one list of objects, each a call.",
        action="Export the calls as CSV, or as JSON lines.",
    )
