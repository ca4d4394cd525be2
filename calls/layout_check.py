"""How far a named layout is to be believed for the file at hand: what was read in its making, and what its values say.

A header may stay while a portal changes how it writes dates, and many layouts were made from a header row alone. So
declared formats, units and words are held against the values: what they confirm is surer, what they contradict is
less so, and a person is asked. Where other formats read the values, those are taken instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from calls.column_values import filled, span_unit
from calls.layouts import Duration, Layout
from calls.schema import STAMPS
from calls.times import guess_formats, join_date_and_time, share_read_by

_ENOUGH: Final = 0.8
_SAMPLE: Final = 200
_READ_IN_REAL_FILES: Final = 1.0
_HEADER_READ: Final = 0.95
_FORMATS_NOT_SEEN: Final = 0.9
_CONFIRMED: Final = 0.97
_OTHER_FORMATS: Final = 0.6
_UNREADABLE: Final = 0.3
_WORDS_NOT_SEEN: Final = 0.8
_WORDS_UNKNOWN: Final = 0.5
_UNITS_NOT_SEEN: Final = 0.7
# Which column of ours a map of values speaks of.
_MAPPED: Final = {"initiated_by": "source", "responder": "agency", "outcome": "disposition"}


@dataclass
class Judged:
    """A layout as it fits a file, and per standard column how sure it is and why; questions for a person."""

    layout: Layout
    confidence: dict[str, float] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)

    def say(self, column: str, sure: float, why: str) -> None:
        """Set how sure a column is, and add why."""
        self.confidence[column] = sure
        self.reasons[column] += f"; {why}"


def judge_named(layout: Layout, sample: pl.DataFrame) -> Judged:
    """The layout with the formats and units that read this sample (texts, perhaps no rows), and how sure it is."""
    given = [*layout.columns, *layout.durations, *(layout.tag_list.tags if layout.tag_list else ())]
    sure = _READ_IN_REAL_FILES if layout.values_seen else _HEADER_READ
    known = "" if layout.values_seen else ", made from a header row alone"
    reason = f"named layout {layout.id}{known}"
    judged = Judged(layout, dict.fromkeys(given, sure), dict.fromkeys(given, reason))
    _hold_formats(judged, sample)
    _hold_units(judged, sample)
    _hold_words(judged, sample)
    for column, doubt in layout.doubts.items():
        if column in judged.confidence:
            judged.say(column, min(doubt.sure, judged.confidence[column]), doubt.why)
            judged.questions += [doubt.ask] if doubt.ask else []
    if layout.zone is None:
        judged.questions.append("In which time zone are the stamps? The file does not say.")
    return judged


def _hold_formats(judged: Judged, sample: pl.DataFrame) -> None:
    layout, formats = judged.layout, []
    for stamp in (s for s in STAMPS if s in layout.columns):
        sources = layout.columns[stamp]
        joined = join_date_and_time(sample.select(pl.col(list(dict.fromkeys(sources)))), sources, "_joined")
        text = filled(joined["_joined"]).head(_SAMPLE)
        if text.is_empty():
            if not layout.values_seen:
                judged.say(stamp, _FORMATS_NOT_SEEN, "how its times are written was not seen")
            continue
        share = share_read_by(text, layout.formats)
        if share >= _ENOUGH:
            if not layout.values_seen:
                judged.say(stamp, _CONFIRMED, f"{share:.0%} of its values read as times")
            continue
        guess = guess_formats(text)
        named = " + ".join(f'"{source}"' for source in sources)
        if guess.share_read >= _ENOUGH:
            formats += [f for f in guess.formats if f not in formats]
            judged.say(
                stamp,
                _OTHER_FORMATS,
                f"its times are not written as the layout says, but as {guess.formats[0]}",
            )
            judged.questions.append(
                f"Are the times in {named} written as {guess.formats[0]}? The layout {layout.id} says otherwise."
            )
        else:
            judged.say(stamp, _UNREADABLE, f"only {share:.0%} of its values read as times")
            judged.questions.append(
                f"How are the times in {named} written? The layout {layout.id} reads {share:.0%} of them."
            )
    judged.layout = replace(layout, formats=(*formats, *layout.formats))


def _hold_units(judged: Judged, sample: pl.DataFrame) -> None:
    layout = judged.layout
    durations = dict(layout.durations)
    for stamp, span in layout.durations.items():
        likely, certain = span_unit(sample[span.column])
        if span.unit == "minutes" and likely == "seconds" and certain:
            durations[stamp] = Duration(span.column, "seconds", span.after)
            judged.say(stamp, _OTHER_FORMATS, "its spans are too long for minutes, and were read as seconds")
            judged.questions.append(
                f'Is "{span.column}" in seconds? The layout {layout.id} says minutes, which would be hours a call.'
            )
        elif not layout.values_seen and not (certain and likely == span.unit):
            judged.say(stamp, _UNITS_NOT_SEEN, f"that it is in {span.unit} was not seen")
    judged.layout = replace(layout, durations=durations)


def _hold_words(judged: Judged, sample: pl.DataFrame) -> None:
    """The words that a layout maps but nobody has seen: confirmed where nearly all cells hold one of them."""
    layout = judged.layout
    for key, words in layout.values.items():
        column = _MAPPED[key]
        if words.column is None or layout.values_seen or column not in judged.confidence:
            continue
        text = filled(sample[words.column]).str.to_uppercase()
        if text.is_empty():
            judged.say(
                column, min(_WORDS_NOT_SEEN, judged.confidence[column]), "what its values mean was not seen"
            )
            continue
        known = float(text.is_in(list(words.map)).mean() or 0.0)  # type: ignore[arg-type]
        if known >= _ENOUGH:
            judged.say(column, _CONFIRMED, f"the layout knows {known:.0%} of its values")
        else:
            judged.say(column, _WORDS_UNKNOWN, f"the layout knows only {known:.0%} of its values")
            judged.questions.append(
                f'What do the values of "{words.column}" say about {key}? The layout {layout.id} knows {known:.0%} '
                "of them; the rest count as unknown."
            )
