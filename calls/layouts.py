"""Layouts: which of an agency's columns is which of ours, in what time format and zone, at what grain.

A layout is a TOML file that an analyst can read and correct. Named layouts stand in `layouts/`; a file that
fits none is given one by `detection`. This module loads and checks them and says in a sentence what is wrong.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from call_codes.errors import LayoutError, did_you_mean
from calls.layout_parts import (
    DURATION_UNITS,
    Checks,
    CodeList,
    Doubt,
    Duration,
    TagList,
    ValueMap,
    check_time_zone,
    checks_of,
    doubt_of,
    duration_of,
    one_of,
    tag_list_of,
    value_map_of,
)
from calls.schema import MAPPABLE, STAMPS

__all__ = [
    "DURATION_UNITS",
    "Checks",
    "CodeList",
    "Doubt",
    "Duration",
    "Layout",
    "TagList",
    "ValueMap",
    "check_columns",
    "check_time_zone",
    "fitting_layout",
    "layout_names",
    "load_layout",
]

_FOLDER: Final = Path(__file__).parent / "layouts"
_GRAINS: Final = ("call", "unit", "agency")
_OFFSETS: Final = ("none", "stated", "applied_twice")
_TYPE_IS: Final = ("initial", "final", "unknown")
_KEYS: Final = {
    "id", "label", "agency", "place", "source", "as_of", "grain", "type_is", "match", "columns", "times",
    "values", "code_lists", "note", "blank_values", "one_agency", "tag_list",
    "checks", "values_seen", "doubts",
}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """One agency's export as ours. `columns`: standard name → one source column, or date and time columns.

    `durations` holds the stamps that are given as spans after another stamp, `tag_list` those listed in a cell.
    """

    id: str
    label: str
    columns: Mapping[str, tuple[str, ...]]
    agency: str | None = None
    place: str = ""
    source: str = ""
    grain: str = "call"
    type_is: str = "initial"
    match_headers: tuple[str, ...] = ()
    zone: str | None = None
    formats: tuple[str, ...] = ()
    offset: str = "none"
    values: Mapping[str, ValueMap] = field(default_factory=dict)
    code_lists: Mapping[str, CodeList] = field(default_factory=dict)
    blank_values: tuple[str, ...] = ()
    note: str = ""
    digest: str = ""
    durations: Mapping[str, Duration] = field(default_factory=dict)
    tag_list: TagList | None = None
    checks: Checks = field(default_factory=Checks)
    repair_half_day_slips: bool = False
    # A named layout made from a header row alone says so, and what in it nobody could check.
    values_seen: bool = True
    doubts: Mapping[str, Doubt] = field(default_factory=dict)

    def source_columns(self) -> tuple[str, ...]:
        """Every column of the export that this layout reads."""
        named = [name for names in self.columns.values() for name in names]
        named += [m.column for m in self.values.values() if m.column]
        named += [duration.column for duration in self.durations.values()]
        if self.tag_list:
            named += [self.tag_list.column, *filter(None, [self.tag_list.date])]
        return tuple(dict.fromkeys(named))

    @property
    def stamps(self) -> tuple[str, ...]:
        """The time stamps that this layout gives, in the order of a call: as columns or as spans."""
        return tuple(s for s in STAMPS if s in self.columns or s in self.durations)

    @property
    def all_stamps(self) -> tuple[str, ...]:
        """As `stamps`, with those that are listed in a cell."""
        listed = self.tag_list.tags if self.tag_list else {}
        return tuple(s for s in STAMPS if s in self.columns or s in self.durations or s in listed)

    def clock_times(self) -> frozenset[str]:
        """Stamps that share one date column with an earlier stamp: past midnight their date is a day behind."""
        dated = [(s, self.columns[s][0]) for s in STAMPS if len(self.columns.get(s, ())) == 2]
        shared = [stamp for i, (stamp, date) in enumerate(dated) if date in {d for _, d in dated[:i]}]
        return frozenset(shared)


@lru_cache(maxsize=1)
def layout_names() -> tuple[str, ...]:
    """The ids of the named layouts."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml") if path.stem != "header_words"))


def load_layout(name_or_path: str | Path) -> Layout:
    """A named layout by id, or a layout file by path. Raises LayoutError in a sentence."""
    path = Path(name_or_path)
    if str(name_or_path) in layout_names():
        path = _FOLDER / f"{name_or_path}.toml"
    elif path.suffix != ".toml" or not path.is_file():
        raise LayoutError(
            found=f'no layout "{name_or_path}".' + did_you_mean(str(name_or_path), layout_names()),
            expected=f"a .toml file, or one of the named layouts: {', '.join(layout_names())}.",
            action="Choose one of these, or leave --layout away to have the columns recognised.",
        )
    raw = path.read_bytes()
    try:
        data = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LayoutError(
            found=f"{path.name} is not valid TOML ({error}).",
            expected='lines such as received_at = "Time_Received".',
            action="Correct the line named, or start from one of the files in calls/layouts/.",
        ) from error
    return _parse(data, path.name, hashlib.sha256(raw).hexdigest())


def _parse(data: dict[str, Any], name: str, digest: str) -> Layout:
    one_of(name, "a key of the layout", data, _KEYS)
    columns = data.get("columns", {})
    one_of(name, "a standard column", columns, MAPPABLE)
    durations = {k: duration_of(name, k, v) for k, v in columns.items() if isinstance(v, dict)}
    columns = {k: v for k, v in columns.items() if k not in durations}
    if not any(c in columns for c in ("call_type", "call_type_code", "final_type", "final_type_code")):
        raise LayoutError(
            found=f"{name} names no column for the call type.",
            expected="call_type or call_type_code (or the final ones) under [columns].",
            action="Add the line that says which column holds the call type.",
        )
    times = data.get("times", {})
    zone = times.get("zone")
    if zone is not None:
        check_time_zone(
            zone, f"{name} names", "Correct zone under [times], or leave it out if it is not known."
        )
    for key, allowed, value in (
        ("grain", _GRAINS, data.get("grain", "call")),
        ("type_is", _TYPE_IS, data.get("type_is", "initial")),
        ("times.offset", _OFFSETS, times.get("offset", "none")),
    ):
        one_of(name, f"a value of {key}", [value], allowed)
    repair = times.get("repair_half_day_slips", False)
    if not isinstance(repair, bool):
        raise LayoutError(
            found=f"repair_half_day_slips = {repair!r} under [times] in {name}.",
            expected="true or false.",
            action="Write repair_half_day_slips = true to move stamps that are 12 hours off, or leave it out.",
        )
    values = {key: value_map_of(name, key, spec) for key, spec in data.get("values", {}).items()}
    return Layout(
        id=str(data.get("id", name.removesuffix(".toml"))),
        label=str(data.get("label", name)),
        columns={k: (v,) if isinstance(v, str) else tuple(v) for k, v in columns.items()},
        agency=data.get("one_agency"),
        place=str(data.get("place", "")),
        source=str(data.get("source", "")),
        grain=data.get("grain", "call"),
        type_is=data.get("type_is", "initial"),
        match_headers=tuple(data.get("match", {}).get("headers", ())),
        zone=zone,
        formats=tuple(times.get("formats", ())),
        offset=times.get("offset", "none"),
        values=values,
        code_lists={k: CodeList(**v) for k, v in data.get("code_lists", {}).items()},
        blank_values=tuple(data.get("blank_values", ())),
        note=str(data.get("note", "")),
        digest=digest,
        durations=durations,
        tag_list=tag_list_of(name, data["tag_list"]) if "tag_list" in data else None,
        checks=checks_of(name, data.get("checks", {})),
        repair_half_day_slips=repair,
        values_seen=data.get("values_seen", True) is True,
        doubts={k: doubt_of(name, k, v) for k, v in data.get("doubts", {}).items()},
    )


def fitting_layout(headers: Iterable[str]) -> Layout | None:
    """The named layout whose match headers are all in `headers`, the most specific first; None if none."""
    present = set(headers)
    fits = [
        layout
        for layout in map(load_layout, layout_names())
        if layout.match_headers and present.issuperset(layout.match_headers)
    ]
    return max(fits, key=lambda layout: len(layout.match_headers), default=None)


def check_columns(layout: Layout, headers: Iterable[str], file: str) -> None:
    """Raise LayoutError where the layout names columns that the file does not have."""
    present = list(headers)
    missing = [name for name in layout.source_columns() if name not in present]
    if missing:
        raise LayoutError(
            found=f'the layout "{layout.id}" names columns that {file} does not have: {", ".join(missing)}.'
            + did_you_mean(missing[0], present),
            expected=f"the file's own columns, which are: {', '.join(present[:40])}.",
            action="Correct the layout, choose another, or leave --layout away to have the columns recognised.",
        )
