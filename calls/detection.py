"""Recognising the columns of an unknown export, from header words and from values, with a reason for each.

A named layout that fits wins. Otherwise each standard column takes the source column whose header matches its
words best, provided that the values agree (a time column must read as times). What was chosen, how sure that
is and what a person should check are returned, never assumed in silence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from call_codes.errors import LayoutError
from calls.layouts import Layout, ValueMap, fitting_layout
from calls.read import RawTable
from calls.schema import MAPPABLE, STAMPS
from calls.times import FormatGuess, guess_formats, header_words

_SAMPLE_ROWS = 2_000
_NAMED = 1.0
_TIMES_READ = 0.8
_NUMBERS_READ = 0.8
_LEAST_SCORE = 0.4


@dataclass(frozen=True)
class Detection:
    """A layout for a file, and why: confidence (0–1) and reason per standard column, questions for a person."""

    layout: Layout
    named: bool
    confidence: Mapping[str, float]
    reasons: Mapping[str, str]
    questions: tuple[str, ...]


def detect_layout(raw: RawTable) -> Detection:
    """The named layout that fits this file, else one made from header words and values.

    Raises LayoutError where no call type column can be found.
    """
    named = fitting_layout(raw.headers)
    if named is not None:
        layout, questions = _without_missing_columns(named, raw.headers)
        reasons = dict.fromkeys(layout.columns, f"named layout {layout.id}")
        return Detection(layout, True, dict.fromkeys(layout.columns, _NAMED), reasons, questions)
    return _guess(raw)


def _without_missing_columns(layout: Layout, headers: tuple[str, ...]) -> tuple[Layout, tuple[str, ...]]:
    """A release of the same export may lack a column: go on without it, and ask about it."""
    missing = [c for c in layout.source_columns() if c not in headers]
    if not missing:
        return layout, ()
    columns = {k: v for k, v in layout.columns.items() if not set(v) & set(missing)}
    values = {k: v for k, v in layout.values.items() if v.column not in missing}
    questions = tuple(
        f'Why does this file lack the column "{c}" that the layout {layout.id} expects?' for c in missing
    )
    return replace(layout, columns=columns, values=values), questions


def header_form(header: str) -> str:
    """A header in lower case with camelCase, punctuation and underscores turned into single spaces."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", header)
    return re.sub(r"[^a-z0-9]+", " ", split.lower()).strip()


def _header_score(standard: str, header: str) -> float:
    """How well a header says this standard column: 1 = the very words, 0 = not at all."""
    rule = header_words()[standard]
    form = header_form(header)
    exact: list[str] = rule["exact"]
    if form in exact:
        return 1.0 - 0.3 * exact.index(form) / len(exact)
    joined = form.replace(" ", "")
    if joined in (joined_forms := [e.replace(" ", "") for e in exact]):
        return 0.95 - 0.3 * joined_forms.index(joined) / len(exact)
    words = form.split()
    if any(set(never.split()) <= set(words) for never in rule.get("never", ())):
        return 0.0
    for rank, needed in enumerate(rule["words"]):
        if set(needed) <= set(words):
            extra = len(words) - len(needed)
            return max(0.65 - 0.03 * rank - 0.04 * extra, 0.0)
    return 0.0


def _guess(raw: RawTable) -> Detection:
    sample = raw.frame.head(_SAMPLE_ROWS)
    scores = [
        (_header_score(standard, header), standard, header) for standard in MAPPABLE for header in raw.headers
    ]
    taken: set[str] = set()
    columns: dict[str, tuple[str, ...]] = {}
    confidence: dict[str, float] = {}
    reasons: dict[str, str] = {}
    formats: list[str] = []
    questions: list[str] = []
    # Best match first; among equals the earlier standard column, so that the result never depends on chance.
    for score, standard, header in sorted(scores, key=lambda s: (-s[0], MAPPABLE.index(s[1]))):
        if score < _LEAST_SCORE or standard in columns or header in taken:
            continue
        source: tuple[str, ...] = (header,)
        reason = f'header "{header}"'
        kind = header_words()[standard]["values"]
        filled = sample[header].drop_nulls()
        if kind == "time" and not filled.is_empty():
            source, guess = _time_source(sample, header, raw.headers)
            if guess.share_read < _TIMES_READ:
                continue
            formats += [f for f in guess.formats if f not in formats]
            reason += f", {guess.share_read:.0%} of its values read as times ({', '.join(guess.formats[:2])})"
            if guess.ambiguous:
                questions.append(f'Are the dates in "{header}" month-first, as read, or day-first?')
        if kind == "number" and not filled.is_empty():
            share = filled.cast(pl.Float64, strict=False).is_not_null().mean()
            if share is None or float(str(share)) < _NUMBERS_READ:
                continue
        columns[standard] = source
        taken.update(source)
        confidence[standard] = round(score, 2)
        reasons[standard] = reason
    if not any(c in columns for c in ("call_type", "call_type_code", "final_type", "final_type_code")):
        raise LayoutError(
            found=f"no column for the call type in {raw.path.name}. Its columns are: {', '.join(raw.headers[:30])}.",
            expected="a column that says what each call was about, such as Call_Type, Nature or Problem.",
            action='Write a layout (see calls/layouts/) with call_type = "THE COLUMN" and pass it as --layout FILE.',
        )
    if not any(stamp in columns for stamp in STAMPS):
        questions.append("Which column says when the call came in? None was recognised.")
    questions.append("In which time zone are the stamps? The file does not say.")
    type_is = "initial"
    if "final_type" not in columns and "final_type_code" not in columns:
        type_is = "unknown"
        questions.append("Is the one call type column the initial or the final type?")
    layout = Layout(
        id="recognised",
        label=f"recognised from the columns of {raw.path.name}",
        columns=columns,
        type_is=type_is,
        formats=tuple(formats),
        grain=_grain(sample, columns),
        values=_initiators(raw.frame, columns),
    )
    return Detection(layout, False, confidence, reasons, tuple(questions))


def _time_source(
    sample: pl.DataFrame, header: str, headers: tuple[str, ...]
) -> tuple[tuple[str, ...], FormatGuess]:
    """The column, or the column with its time-of-day partner, and the formats in which it is written."""
    guess = guess_formats(sample[header])
    if guess.formats and all(fmt in header_words()["time_formats"]["dates"] for fmt in guess.formats):
        for partner in _time_partners(header, headers):
            joined = sample.select(pl.concat_str([header, partner], separator=" ")).to_series()
            together = guess_formats(joined)
            if together.share_read >= _TIMES_READ:
                return (header, partner), together
    return (header,), guess


def _time_partners(header: str, headers: tuple[str, ...]) -> list[str]:
    """Headers that say the time of day where `header` says the date: same words with time for date."""
    form = header_form(header)
    wanted = {form.replace("date", "time"), "time", "time of day", form.replace("date", "").strip()}
    return [h for h in headers if h != header and "time" in header_form(h) and header_form(h) in wanted]


def _grain(sample: pl.DataFrame, columns: Mapping[str, tuple[str, ...]]) -> str:
    """unit where a unit column exists and call numbers repeat with different units; else call."""
    if "unit_id" not in columns or "call_id" not in columns:
        return "call"
    call, unit = columns["call_id"][0], columns["unit_id"][0]
    rows = sample.select(pl.col(call).alias("call"), pl.col(unit).alias("unit")).drop_nulls()
    repeated = rows.height - rows["call"].n_unique()
    distinct = rows.n_unique() - rows["call"].n_unique()
    return "unit" if repeated > 0.02 * rows.height and distinct > 0.5 * repeated else "call"


def _initiators(frame: pl.DataFrame, columns: Mapping[str, tuple[str, ...]]) -> dict[str, ValueMap]:
    """Who started the call, from the words in the source column; a yes/no column answers its own header."""
    maps: dict[str, ValueMap] = {"responder": _responders(frame, columns)}
    if "source" not in columns:
        return maps
    header = columns["source"][0]
    values = [v.strip().upper() for v in frame[header].drop_nulls().unique().sort().head(200)]
    about_officers = {"officer", "self", "selfinitiated"} & set(header_form(header).split())
    mapping: dict[str, str] = {}
    for value in values:
        if about_officers and value in {"Y", "YES", "TRUE", "1", "T"}:
            mapping[value] = "officer"
        elif about_officers and value in {"N", "NO", "FALSE", "0", "F"}:
            mapping[value] = "community"
        else:
            for who, words in header_words()["initiated_by_words"].items():
                if any(word in value for word in words):
                    mapping[value] = who
                    break
    maps["initiated_by"] = ValueMap(header, mapping, "unknown", "unknown")
    return maps


def _responders(frame: pl.DataFrame, columns: Mapping[str, tuple[str, ...]]) -> ValueMap:
    """Which kind of unit came, from the words in the agency column; police where the export names no agency."""
    if "agency" not in columns:
        return ValueMap(None, {}, "police", "police")
    header = columns["agency"][0]
    mapping: dict[str, str] = {}
    for value in (v.strip().upper() for v in frame[header].drop_nulls().unique().sort().head(200)):
        for kind, words in header_words()["responder_words"].items():
            if any(word in value for word in words):
                mapping[value] = kind
                break
    return ValueMap(header, mapping, "unknown", "unknown")
