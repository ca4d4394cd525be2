"""The working sheet of the column recognition: what has been decided so far, how surely and why.

One `Draft` is made per file, filled by the steps of `detection`, and turned into a layout at the end. It is the
one mutable thing in this folder, and it never leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from calls.column_values import TimeKind, days_of_a_spreadsheet, filled, parts_of_a_day, time_kind
from calls.headers import header_score, words_of
from calls.layouts import Checks, CodeList, Duration, TagList
from calls.schema import MAPPABLE

_HEADER_ONLY = 0.95
_VALUES_AGREE = 0.03
_SUREST = 0.99


@dataclass
class Draft:
    """Decisions about one file. `sample` holds its first rows as text, `headers` its column names in order."""

    sample: pl.DataFrame
    headers: tuple[str, ...]
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    durations: dict[str, Duration] = field(default_factory=dict)
    code_lists: dict[str, CodeList] = field(default_factory=dict)
    tag_list: TagList | None = None
    checks: Checks = field(default_factory=Checks)
    confidence: dict[str, float] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    _kinds: dict[str, TimeKind] = field(default_factory=dict)

    @cached_property
    def scores(self) -> dict[tuple[str, str], float]:
        """(standard column, header) → how well the header says it, where it says it at all."""
        every = {(s, h): header_score(s, h) for s in MAPPABLE for h in self.headers}
        return {pair: score for pair, score in every.items() if score > 0}

    def taken(self) -> set[str]:
        """The headers that are spoken for."""
        named = {h for sources in self.columns.values() for h in sources}
        listed = {self.tag_list.column} if self.tag_list else set()
        return named | listed | {span.column for span in self.durations.values()}

    def has_values(self, header: str) -> bool:
        """Whether any sampled cell of the column is filled."""
        return not filled(self.sample[header]).is_empty()

    def kind(self, header: str) -> TimeKind:
        """How the column tells time (see `column_values.time_kind`)."""
        if header not in self._kinds:
            values = self.sample[header]
            kind = time_kind(values)
            # Plain numbers: only the header tells the days of a spreadsheet from minutes or counts.
            if kind.kind in ("span", "none"):
                kind = self._serials(header, values) or kind
            self._kinds[header] = kind
        return self._kinds[header]

    def _serials(self, header: str, values: pl.Series) -> TimeKind | None:
        if has(header, "date", "timestamp") or words_of(header)[-1:] == ("time",):
            days = days_of_a_spreadsheet(values)
            if days is not None:
                return days
        dates = [h for h in self.headers if h != header and has(h, "date")]
        beside = has(header, "time") and any(days_of_a_spreadsheet(self.sample[h]) for h in dates)
        return parts_of_a_day(values) if beside else None

    def take(self, standard: str, sources: tuple[str, ...], score: float, reason: str) -> None:
        """Decide a column. The confidence is the header's score, more where values agree, less without any."""
        valued = self.has_values(sources[0])
        self.columns[standard] = sources
        sure = score + _VALUES_AGREE if valued else score * _HEADER_ONLY
        self.confidence[standard] = round(min(sure, _SUREST), 2)
        self.reasons[standard] = reason

    def drop(self, standard: str) -> None:
        """Take a decision back."""
        self.columns.pop(standard, None)
        self.confidence.pop(standard, None)
        self.reasons.pop(standard, None)

    def lower(self, standard: str, most: float) -> None:
        """Be no surer than `most` of a decision."""
        self.confidence[standard] = min(self.confidence[standard], most)

    def ask(self, question: str) -> None:
        """Put a question to a person, once."""
        if question not in self.questions:
            self.questions.append(question)

    def left(self) -> list[str]:
        """Headers that nothing was decided about, in the order of the file."""
        taken = self.taken()
        return [h for h in self.headers if h not in taken]


def has(header: str, *words: str) -> bool:
    """Whether the header holds any of these plain words."""
    return bool(set(words_of(header)) & set(words))
