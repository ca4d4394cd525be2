"""A layout as a person corrected it: other columns for some of ours, or none.

What hangs on a column is worked out anew from its values: how its times are written, and what the words of a source
column say about who started a call. Everything that was not touched stays as it was recognised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, TypeVar

import polars as pl

from call_codes.errors import LayoutError
from calls.detection import Detection
from calls.layouts import Layout
from calls.raw_table import RawTable
from calls.schema import MAPPABLE, STAMPS
from calls.times import guess_formats, join_date_and_time
from calls.value_words import initiators, responders

CHOSEN: Final = "chosen by a person"
_LEAST_READ: Final = 0.5
_Value = TypeVar("_Value")


def corrected(
    detection: Detection,
    first: RawTable,
    columns: Mapping[str, tuple[str, ...]],
    *,
    grain: str | None = None,
    type_is: str | None = None,
) -> Detection:
    """The detection with these columns in place of its own.

    columns: standard column → the file's column, or its date and time columns for a stamp, or () for "not in this
    file"; a standard column that is not named stays. grain, type_is: as in a layout, None = as it was. first: the
    first file or its first rows. Raises LayoutError for a column that the file does not have, for one that is used
    twice, and for a stamp whose values cannot be read as times.
    """
    found = detection.layout
    changed = {name: value for name, value in columns.items() if value != _now(found, name)}
    chosen = {name: columns.get(name, found.columns.get(name, ())) for name in MAPPABLE}
    chosen = {name: value for name, value in chosen.items() if value}
    _check(chosen, first)
    formats = list(found.formats)
    for stamp in STAMPS:
        if stamp in changed and stamp in chosen:
            formats += [f for f in _formats(first.frame, stamp, chosen[stamp]) if f not in formats]
    values = dict(found.values)
    if "source" in changed:
        values.pop("initiated_by", None)
        if "source" in chosen:
            values["initiated_by"] = initiators(first.frame, chosen["source"][0])
    if "agency" in changed:
        values["responder"] = responders(first.frame, chosen["agency"][0] if "agency" in chosen else None)
    tags = found.tag_list
    if tags is not None:
        left = {stamp: names for stamp, names in tags.tags.items() if stamp not in changed}
        tags = replace(tags, tags=left) if left else None
    layout = replace(
        found,
        columns=chosen,
        formats=tuple(formats),
        values=values,
        durations={name: span for name, span in found.durations.items() if name not in changed},
        tag_list=tags,
        grain=grain or found.grain,
        type_is=type_is or found.type_is,
    )
    gone = [name for name in changed if name not in chosen]
    return replace(
        detection,
        layout=layout,
        confidence=_without(detection.confidence, gone) | {n: 1.0 for n in changed if n in chosen},
        reasons=_without(detection.reasons, gone) | {n: CHOSEN for n in changed if n in chosen},
        questions=_left_open(detection, found, changed, type_is),
    )


def _now(layout: Layout, name: str) -> tuple[str, ...]:
    """The file's columns behind a standard column, also where it is a span or a list of tags."""
    if name in layout.columns:
        return layout.columns[name]
    if name in layout.durations:
        return (layout.durations[name].column,)
    if layout.tag_list and name in layout.tag_list.tags:
        return (layout.tag_list.column,)
    return ()


def columns_now(layout: Layout) -> dict[str, tuple[str, ...]]:
    """Every standard column that the layout can give, with the file's columns behind it."""
    return {name: now for name in MAPPABLE if (now := _now(layout, name))}


def _check(chosen: Mapping[str, tuple[str, ...]], first: RawTable) -> None:
    used: dict[str, str] = {}
    for name, sources in chosen.items():
        for source in sources:
            if source not in first.headers:
                raise LayoutError(
                    found=f'the column "{source}", which {first.path.name} does not have.',
                    expected=f"one of its columns: {', '.join(first.headers[:30])}.",
                    action="Choose another column.",
                )
        if name in STAMPS:
            continue  # one date column may serve several stamps
        if sources[0] in used:
            raise LayoutError(
                found=f'the column "{sources[0]}" chosen twice: for {used[sources[0]]} and for {name}.',
                expected="one meaning for one column.",
                action='Choose another column for one of them, or "not in this file".',
            )
        used[sources[0]] = name


def _formats(frame: pl.DataFrame, stamp: str, sources: tuple[str, ...]) -> tuple[str, ...]:
    if len(sources) == 2:
        text = join_date_and_time(frame.select(pl.col(list(sources))), sources, "_joined")["_joined"]
    else:
        text = frame[sources[0]]
    guess = guess_formats(text)
    if not guess.formats or guess.share_read < _LEAST_READ:
        example = next((v for v in text.drop_nulls() if v.strip()), "nothing")
        raise LayoutError(
            found=f'"{" + ".join(sources)}" chosen for {stamp}, of whose values {guess.share_read:.0%} read as a date '
            f"with a time (the first is {example[:40]!r}).",
            expected="a column with moments such as 03/04/2024 13:05, or a date column together with a time column.",
            action='Choose another column, or two, or "not in this file".',
        )
    return guess.formats


def _without(what: Mapping[str, _Value], names: list[str]) -> dict[str, _Value]:
    return {name: value for name, value in what.items() if name not in names}


def _left_open(
    detection: Detection, before: Layout, changed: Mapping[str, tuple[str, ...]], type_is: str | None
) -> tuple[str, ...]:
    """The questions that the corrections have not answered: those that name no column that was touched."""
    touched = {f'"{source}"' for name in changed for source in (*_now(before, name), *changed[name])}
    return tuple(
        question
        for question in detection.questions
        if not any(source in question for source in touched)
        and not (type_is and "initial or the final type" in question)
        and not ("what each call was about" in question and {"call_type", "call_type_code"} & set(changed))
        and not ("when the call came in" in question and set(STAMPS) & set(changed))
    )
