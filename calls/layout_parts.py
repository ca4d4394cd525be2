"""The parts of a layout: value maps, code lists, spans, tagged times, checks; and reading each from its TOML table.

Every part says in a sentence what is wrong with it, with the word that was probably meant.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from call_codes.errors import LayoutError, did_you_mean
from calls.schema import INITIATORS, MAPPABLE, OUTCOMES, RESPONDERS, STAMPS

DURATION_UNITS: Final[Mapping[str, int]] = {"seconds": 1, "minutes": 60, "hours": 3600}
VALUE_MAPS: Final[Mapping[str, tuple[str, ...]]] = {
    "initiated_by": INITIATORS,
    "responder": RESPONDERS,
    "outcome": OUTCOMES,
}


@dataclass(frozen=True)
class ValueMap:
    """How values of one of their columns become ours; `column` None means `other` for every row."""

    column: str | None
    map: Mapping[str, str]
    other: str
    blank: str


@dataclass(frozen=True)
class CodeList:
    """A table beside the export that says what its codes mean. `files` is a pattern of file names."""

    files: str
    code: str
    text: str


@dataclass(frozen=True)
class Duration:
    """A stamp that the export gives as a span: it comes `unit`s after the first known stamp of `after`."""

    column: str
    unit: str
    after: tuple[str, ...]


@dataclass(frozen=True)
class TagList:
    """A cell that lists units with their times: "12A: DSP=10:01 ARR=10:08 | 7B: DSP=10:03".

    `tags`: stamp → the tags that mean it. `units_apart`: what stands between units ("" = one unit a cell).
    `unit_ends`: what ends the unit's name at the start ("" = no name). `date`: the column with the date where
    the times have none ("" = they have).
    """

    column: str
    tags: Mapping[str, tuple[str, ...]]
    units_apart: str = ""
    unit_ends: str = ""
    equals: str = "="
    date: str = ""


@dataclass(frozen=True)
class Checks:
    """Columns that are read for nothing but to hold the stamps against them; each may be absent from a file.

    `hour`: the file's own hour of the day of received_at. `local_text`: the same moment as local text (one column,
    or date and time). `later`: moments that cannot lie before received_at, such as a first contact.
    """

    hour: str = ""
    local_text: tuple[str, ...] = ()
    later: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(dict.fromkeys([*filter(None, [self.hour]), *self.local_text, *self.later]))


@dataclass(frozen=True)
class Doubt:
    """What nobody could check about a column of a named layout: how sure it is at most, why, and what to ask."""

    sure: float
    why: str
    ask: str = ""


def doubt_of(name: str, column: str, spec: Mapping[str, Any]) -> Doubt:
    """A table under [doubts], such as [doubts.arrived_at]."""
    one_of(name, "a column under [doubts]", [column], MAPPABLE)
    one_of(name, "a key of [doubts]", spec, ("sure", "why", "ask"))
    sure, why = spec.get("sure"), spec.get("why")
    if not isinstance(sure, float) or not 0 <= sure <= 1 or not why:
        raise LayoutError(
            found=f"[doubts.{column}] in {name} without a number from 0 to 1 as sure, or without a why.",
            expected='sure = 0.6, why = "the portal does not say when it starts" and perhaps ask = "…?".',
            action="Add what is missing, or take the table out.",
        )
    return Doubt(sure, str(why), str(spec.get("ask", "")))


def checks_of(name: str, spec: Mapping[str, Any]) -> Checks:
    """The table [checks]."""
    one_of(name, "a key of [checks]", spec, ("hour", "local_text", "later"))
    lists = {k: (v,) if isinstance(v, str) else tuple(v) for k, v in spec.items() if k != "hour"}
    return Checks(hour=str(spec.get("hour", "")), **lists)


def check_time_zone(zone: str, where: str, action: str) -> None:
    """Raise LayoutError in a sentence for a time zone that does not exist."""
    known = zoneinfo.available_timezones()
    if zone not in known:
        raise LayoutError(
            found=f'{where} the time zone "{zone}", which does not exist.' + did_you_mean(zone, known),
            expected='a name such as "America/Chicago".',
            action=action,
        )


def duration_of(name: str, stamp: str, spec: Mapping[str, Any]) -> Duration:
    """`dispatched_at = { column = "queue_minutes", unit = "minutes", after = "received_at" }`."""
    one_of(name, "a key of a duration", spec, ("column", "unit", "after"))
    after = spec.get("after", ())
    after = (after,) if isinstance(after, str) else tuple(after)
    one_of(name, "a time stamp that can be given as a duration", [stamp], STAMPS)
    one_of(name, f"a stamp before {stamp}", after, STAMPS[: STAMPS.index(stamp)])
    one_of(name, "a unit of a duration", [spec.get("unit", "")], DURATION_UNITS)
    if not after or not isinstance(spec.get("column"), str):
        raise LayoutError(
            found=f"{name} gives {stamp} as a duration without saying its column or after which stamp.",
            expected='{ column = "THEIR COLUMN", unit = "minutes", after = "received_at" }.',
            action="Add what is missing to the line.",
        )
    return Duration(spec["column"], spec["unit"], after)


def tag_list_of(name: str, spec: Mapping[str, Any]) -> TagList:
    """The table [tag_list]."""
    one_of(
        name, "a key of [tag_list]", spec, ("column", "tags", "units_apart", "unit_ends", "equals", "date")
    )
    tags = {k: (v,) if isinstance(v, str) else tuple(v) for k, v in spec.get("tags", {}).items()}
    one_of(name, "a time stamp", tags, STAMPS)
    if not tags or "column" not in spec:
        raise LayoutError(
            found=f"[tag_list] in {name} lacks its column or its tags.",
            expected='column = "THEIR COLUMN" and a table [tag_list.tags] with lines such as arrived_at = "ARR".',
            action="Add what is missing.",
        )
    return TagList(**{**spec, "tags": tags})


def value_map_of(name: str, key: str, spec: Mapping[str, Any]) -> ValueMap:
    """A table under [values], such as [values.responder]."""
    one_of(name, "a table under [values]", [key], VALUE_MAPS)
    mapping = {str(k).strip().upper(): str(v) for k, v in spec.get("map", {}).items()}
    other = spec.get("other", "unknown")
    blank = spec.get("blank", "unknown" if spec.get("column") else other)
    one_of(name, f"a value of {key}", [*mapping.values(), other, blank], VALUE_MAPS[key])
    return ValueMap(spec.get("column"), mapping, other, blank)


def one_of(name: str, what: str, found: Iterable[str], allowed: Iterable[str]) -> None:
    """Raise LayoutError for the first word that is not allowed. `what` says what it should have been."""
    for word in found:
        if word not in allowed:
            raise LayoutError(
                found=f'"{word}" in {name}, which is not {what}.' + did_you_mean(word, allowed),
                expected=f"one of: {', '.join(sorted(allowed))}.",
                action="Correct the spelling in the layout file.",
            )
