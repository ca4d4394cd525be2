"""Writing a layout as the TOML file that `load_layout` reads, with the reasons as comments, to be corrected.

What was recognised is a proposal: each line carries how sure it is and why, and the open questions stand on top.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from calls.detection import Detection
from calls.layouts import Layout, ValueMap
from calls.schema import MAPPABLE, STAMPS

_DEFAULT_ZONE_LINE = '# zone = "America/Chicago"    # not known: put the agency\'s time zone here'


def layout_text(detection: Detection, name: str, headers: Iterable[str]) -> str:
    """The layout as TOML text with comments; `name` becomes its id. `headers` are the file's own columns.

    `load_layout` reads it back to the same layout (save for id and digest), as long as it names a call type.
    """
    layout = replace(detection.layout, id=name)
    return "\n".join(_lines(layout, detection, tuple(headers))) + "\n"


def save_layout(detection: Detection, path: Path, headers: Iterable[str]) -> None:
    """Write `layout_text` to `path`; its id is the file's name without .toml."""
    path.write_text(layout_text(detection, path.stem, headers), encoding="utf-8")


def _lines(layout: Layout, detection: Detection, headers: tuple[str, ...]) -> Iterator[str]:
    yield "# Which column of the export is which of ours. Correct what is wrong, then: rightcall run FILE --layout THIS"
    if detection.questions:
        yield "#"
        yield "# Please check:"
        yield from (f"#  - {_comment(question)}" for question in detection.questions)
    yield ""
    for key, value in (
        ("id", layout.id),
        ("label", layout.label),
        ("place", layout.place),
        ("one_agency", layout.agency),
        ("source", layout.source),
        ("note", layout.note),
    ):
        if value:
            yield f"{key} = {_text(value)}"
    yield f'grain = "{layout.grain}"    # one row per "call", "unit" or "agency"'
    yield f'type_is = "{layout.type_is}"    # is the one call type column the "initial" or the "final" type, or "unknown"'
    if layout.blank_values:
        yield f"blank_values = {_list(layout.blank_values)}"
    if layout.match_headers:
        yield from ("", "[match]", f"headers = {_list(layout.match_headers)}")
    yield from ("", "[columns]")
    for column in MAPPABLE:
        why = f"{detection.confidence.get(column, 0):.2f}: {_comment(detection.reasons.get(column, ''))}"
        if column in layout.columns:
            sources = layout.columns[column]
            yield f"{column} = {_text(sources[0]) if len(sources) == 1 else _list(sources)}    # {why}"
        elif column in layout.durations:
            span = layout.durations[column]
            after = _text(span.after[0]) if len(span.after) == 1 else _list(span.after)
            yield (
                f"{column} = {{ column = {_text(span.column)}, unit = {_text(span.unit)}, "
                f"after = {after} }}    # {why}"
            )
        elif column == "call_type" and "call_type_code" not in layout.columns:
            yield '# call_type = "THEIR COLUMN"    # none was recognised'
    unused = [h for h in headers if h not in (*layout.source_columns(), *layout.checks.columns)]
    if unused:
        yield f"# Not used: {_comment(', '.join(unused))}"
    yield from ("", "[times]")
    yield f"zone = {_text(layout.zone)}" if layout.zone else _DEFAULT_ZONE_LINE
    yield f"formats = {_list(layout.formats)}"
    if layout.offset != "none":
        yield f"offset = {_text(layout.offset)}"
    if layout.repair_half_day_slips:
        yield "repair_half_day_slips = true"
    if layout.checks.columns:
        yield from ("", "[checks]")
        if layout.checks.hour:
            yield f"hour = {_text(layout.checks.hour)}"
        for key, names in (("local_text", layout.checks.local_text), ("later", layout.checks.later)):
            if names:
                yield f"{key} = {_list(names)}"
    for key, value_map in layout.values.items():
        yield from _value_map(key, value_map)
    for key, code_list in layout.code_lists.items():
        yield from ("", f"[code_lists.{key}]")
        yield from (f"{k} = {_text(getattr(code_list, k))}" for k in ("files", "code", "text"))
    if layout.tag_list:
        spec = layout.tag_list
        yield from ("", "[tag_list]")
        yield from (
            f"{k} = {_text(getattr(spec, k))}"
            for k in ("column", "units_apart", "unit_ends", "equals", "date")
        )
        yield "[tag_list.tags]"
        yield from (f"{stamp} = {_list(spec.tags[stamp])}" for stamp in STAMPS if stamp in spec.tags)


def _value_map(key: str, value_map: ValueMap) -> Iterator[str]:
    yield from ("", f"[values.{key}]")
    if value_map.column is not None:
        yield f"column = {_text(value_map.column)}"
        yield f"map = {_table(value_map.map)}"
    yield f"other = {_text(value_map.other)}"
    yield f"blank = {_text(value_map.blank)}"


def _text(value: str) -> str:
    """A TOML string: JSON's escapes are TOML's, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(values: Iterable[str]) -> str:
    return "[" + ", ".join(_text(v) for v in values) + "]"


def _table(mapping: Mapping[str, str]) -> str:
    return (
        "{ " + ", ".join(f"{_text(k)} = {_text(v)}" for k, v in mapping.items()) + " }" if mapping else "{}"
    )


def _comment(text: str) -> str:
    """One line without control characters, which TOML forbids in comments."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)
