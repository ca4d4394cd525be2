"""Recognising the columns of an unknown export, from header words and from values, with a reason for each.

A named layout that fits wins. Otherwise each standard column takes the source column whose header matches its
words best, provided that the values agree (a time column must read as times). What was chosen, how sure that
is and what a person should check are returned, never assumed in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from call_codes.errors import LayoutError
from calls.column_values import share_degrees, share_distinct, share_numbers
from calls.detect_checks import find_checks
from calls.detect_grain import find_grain
from calls.detect_spans import find_spans
from calls.detect_times import settle_clocks, settle_start, stamp_order, take_stamp
from calls.detect_types import find_code_lists, settle_types
from calls.draft import Draft, has
from calls.headers import header_form
from calls.layout_check import judge_named
from calls.layouts import Layout, ValueMap, fitting_layout
from calls.read import RawTable
from calls.schema import MAPPABLE, STAMPS
from calls.tag_lists import formats_of_tags, recognise_tag_list
from calls.times import header_words
from calls.value_words import initiators, responders

__all__ = ["Detection", "detect_layout", "header_form"]

_SAMPLE_ROWS = 2_000
_NUMBERS_READ = 0.8
_DEGREES_READ = 0.8
_LEAST_SCORE = 0.45
_NEAR = 0.02
_TORN = 0.75
_REPEATED_IDS = 0.12
_TYPES: Final = ("call_type", "call_type_code", "final_type", "final_type_code")
# Where two headers say nearly the same about one of these, a person is asked which.
_ASKED: Final = ("call_id", "unit_id", "received_at", "call_type", "cleared_at", "arrived_at", "agency")


@dataclass(frozen=True)
class Detection:
    """A layout for a file, and why: confidence (0–1) and reason per standard column, questions for a person."""

    layout: Layout
    named: bool
    confidence: Mapping[str, float]
    reasons: Mapping[str, str]
    questions: tuple[str, ...]


def detect_layout(raw: RawTable, *, use_named: bool = True, need_call_type: bool = True) -> Detection:
    """The named layout that fits this file, else one made from header words and values.

    `use_named=False` recognises the columns even where a named layout fits. A file with a header and no rows is
    recognised by its header alone. Raises LayoutError where no call type column can be found, unless
    `need_call_type` is False, which asks for it instead.
    """
    named = fitting_layout(raw.headers) if use_named else None
    if named is not None:
        layout, questions = _without_missing_columns(named, raw.headers)
        judged = judge_named(layout, raw.frame.head(_SAMPLE_ROWS))
        asked = (*questions, *judged.questions)
        return Detection(judged.layout, True, judged.confidence, judged.reasons, asked)
    return _guess(raw, need_call_type)


def check_call_type(detection: Detection, raw: RawTable) -> None:
    """Raise LayoutError where no call type column was recognised: without one there is nothing to answer."""
    _check_types(detection.layout.columns, raw)


def _check_types(columns: Mapping[str, tuple[str, ...]], raw: RawTable) -> None:
    if not any(c in columns for c in _TYPES):
        raise LayoutError(
            found=f"no column for the call type in {raw.path.name}. Its columns are: {', '.join(raw.headers[:30])}.",
            expected="a column that says what each call was about, such as Call_Type, Nature or Problem.",
            action='Say which column it is: in the app by the boxes under "Correct the columns"; on the command line write a '
            'layout with call_type = "THE COLUMN" (rightcall layout FILE --save city.toml) and pass it as --layout city.toml.',
        )


def _without_missing_columns(layout: Layout, headers: tuple[str, ...]) -> tuple[Layout, tuple[str, ...]]:
    """A release of the same export may lack a column: go on without it, and ask about it."""
    missing = [c for c in layout.source_columns() if c not in headers]
    if not missing:
        return layout, ()
    columns = {k: v for k, v in layout.columns.items() if not set(v) & set(missing)}
    values = {k: v for k, v in layout.values.items() if v.column not in missing}
    durations = {k: v for k, v in layout.durations.items() if v.column not in missing}
    tag_list = layout.tag_list
    if tag_list and {tag_list.column, tag_list.date} & set(missing):
        tag_list = None
    questions = tuple(
        f'Why does this file lack the column "{c}" that the layout {layout.id} expects?' for c in missing
    )
    kept = replace(layout, columns=columns, values=values, durations=durations, tag_list=tag_list)
    return kept, questions


def _guess(raw: RawTable, need_call_type: bool) -> Detection:
    draft = Draft(raw.frame.head(_SAMPLE_ROWS), raw.headers)
    _find_tag_list(draft)
    _best_headers(draft)
    settle_types(draft)
    settle_start(draft)
    settle_clocks(draft)
    _degrees_in_pairs(draft)
    _settle_tag_list(draft)
    find_spans(draft)
    find_code_lists(draft, raw.path)
    find_checks(draft)
    _ask_where_torn(draft)
    if need_call_type:
        _check_types(draft.columns, raw)
    _ask_what_is_missing(draft)
    final = "final_type" in draft.columns or "final_type_code" in draft.columns
    grain = find_grain(draft)
    layout = Layout(
        id="recognised",
        label=f"recognised from the columns of {raw.path.name}",
        columns={c: draft.columns[c] for c in MAPPABLE if c in draft.columns},
        type_is="initial" if final or _says_initial(draft) else "unknown",
        formats=tuple(draft.formats),
        grain=grain,
        values=_value_maps(raw.frame, draft),
        code_lists=draft.code_lists,
        durations=draft.durations,
        tag_list=draft.tag_list,
        checks=draft.checks,
    )
    return Detection(layout, False, draft.confidence, draft.reasons, tuple(draft.questions))


def _best_headers(draft: Draft) -> None:
    """Best match first; among equals the earlier standard column and header, so that chance never decides."""
    ranked = sorted(
        draft.scores,
        key=lambda pair: (
            -stamp_order(draft, pair[0], pair[1], draft.scores[pair]),
            MAPPABLE.index(pair[0]),
            draft.headers.index(pair[1]),
        ),
    )
    for standard, header in ranked:
        score = draft.scores[standard, header]
        if score < _LEAST_SCORE or standard in draft.columns or header in draft.taken():
            continue
        if standard in STAMPS:
            take_stamp(draft, standard, header, score)
        elif _values_allow(draft, standard, header):
            draft.take(standard, (header,), score, f'header "{header}"')


def _values_allow(draft: Draft, standard: str, header: str) -> bool:
    """Whether the column's values can be what its header says. A column without any can."""
    values = draft.sample[header]
    wanted = header_words()[standard]["values"]
    if wanted == "count":
        share = share_numbers(values)
        return share is None or share >= _NUMBERS_READ
    if wanted == "degrees":
        share = share_degrees(values, 90 if standard == "latitude" else 180)
        if share is not None and share < _DEGREES_READ:
            draft.ask(f'What are the coordinates in "{header}"? They are not degrees, and are not used.')
            return False
        return True
    if standard == "call_id":
        distinct = share_distinct(values)
        return distinct is None or distinct > _REPEATED_IDS
    return not (
        draft.kind(header).kind == "moment" and standard not in ("priority", "call_type_code", "unit_id")
    )


def _degrees_in_pairs(draft: Draft) -> None:
    """A latitude wants its longitude. Bare X and Y are degrees only if their values are; else they are asked."""
    pairs = [
        (x, y) for x in draft.headers for y in draft.headers if (header_form(x), header_form(y)) == ("x", "y")
    ]
    if not {"latitude", "longitude"} & set(draft.columns):
        for x, y in pairs:
            shares = (share_degrees(draft.sample[x], 180), share_degrees(draft.sample[y], 90))
            if all(share is not None and share >= _DEGREES_READ for share in shares):
                draft.take("longitude", (x,), 0.7, f'"{x}" holds degrees')
                draft.take("latitude", (y,), 0.7, f'"{y}" holds degrees')
            else:
                draft.ask(f'Are "{x}" and "{y}" degrees or feet of a state grid? They are not used.')
    for one, other in (("latitude", "longitude"), ("longitude", "latitude")):
        if one in draft.columns and other not in draft.columns:
            draft.ask(f'"{draft.columns[one][0]}" has no {other} beside it. Which column has it?')
            draft.lower(one, 0.6)
    if {"latitude", "longitude"} <= set(draft.columns):
        _not_swapped(draft)


def _not_swapped(draft: Draft) -> None:
    """In the United States latitudes are positive and longitudes negative: the other way round is asked."""
    first = {
        c: draft.sample[draft.columns[c][0]].cast(pl.Float64, strict=False) for c in ("latitude", "longitude")
    }
    if bool((first["latitude"].drop_nulls() < -60).any()) and bool(
        (first["longitude"].drop_nulls() > 0).any()
    ):
        draft.ask("Are latitude and longitude swapped in this file? Their values suggest it.")
        for column in first:
            draft.lower(column, 0.4)


def _find_tag_list(draft: Draft) -> None:
    """A column of tagged times is nothing else, so it is set apart before headers are compared."""
    for header in draft.headers:
        tag_list, unknown = recognise_tag_list(header, draft.sample[header])
        if tag_list is not None:
            draft.tag_list = tag_list
            for tag in unknown:
                draft.ask(f'What does the tag {tag} in "{header}" mean? It is not used.')
            return


def _settle_tag_list(draft: Draft) -> None:
    """Give the tagged times their date, and leave out the stamps that have a column of their own."""
    if draft.tag_list is None:
        return
    received = draft.columns.get("received_at", ("",))
    date = received[0] if draft.tag_list.date else ""
    tags = {s: t for s, t in draft.tag_list.tags.items() if s not in draft.columns}
    if not tags:
        draft.tag_list = None
        return
    draft.tag_list = replace(draft.tag_list, date=date, tags=tags)
    draft.formats += [f for f in formats_of_tags(draft.sample, draft.tag_list) if f not in draft.formats]
    for stamp, names in tags.items():
        draft.confidence[stamp] = _TORN
        draft.reasons[stamp] = f'the tag {" or ".join(names)} in "{draft.tag_list.column}"'


def _ask_where_torn(draft: Draft) -> None:
    """Two headers that say nearly the same thing: take the better, and ask."""
    left = draft.left()
    for standard in _ASKED:
        if standard not in draft.columns:
            continue
        chosen = draft.columns[standard][0]
        score = draft.scores.get((standard, chosen), 0.0)
        rivals = [h for h in left if draft.scores.get((standard, h), 0) >= score - _NEAR]
        if rivals and score:
            draft.lower(standard, _TORN)
            draft.ask(f'Is {standard} the column "{chosen}", as taken, or "{rivals[0]}"?')


def _ask_what_is_missing(draft: Draft) -> None:
    if not any(c in draft.columns for c in _TYPES):
        draft.ask("Which column says what each call was about? None was recognised.")
    if not any(s in draft.columns or s in draft.durations for s in STAMPS) and draft.tag_list is None:
        draft.ask("Which column says when the call came in? None was recognised.")
    else:
        draft.ask("In which time zone are the stamps? The file does not say.")
    if {"call_type", "call_type_code"} & set(draft.columns) and not (
        {"final_type", "final_type_code"} & set(draft.columns) or _says_initial(draft)
    ):
        draft.ask("Is the one call type column the initial or the final type?")


def _says_initial(draft: Draft) -> bool:
    return any(
        has(draft.columns[c][0], "initial") for c in ("call_type", "call_type_code") if c in draft.columns
    )


def _value_maps(frame: pl.DataFrame, draft: Draft) -> dict[str, ValueMap]:
    agency = draft.columns.get("agency")
    maps = {"responder": responders(frame, agency[0] if agency else None)}
    if "source" in draft.columns:
        maps["initiated_by"] = initiators(frame, draft.columns["source"][0])
    return maps
