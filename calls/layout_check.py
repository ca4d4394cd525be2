"""Whether a named layout's time formats and units are those of the file at hand, which may be another release.

Portals change how they write dates without changing a header. Where a layout's formats do not read the values,
the formats that do are taken instead, and a person is asked to look.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from calls.column_values import filled, span_unit
from calls.layouts import Duration, Layout
from calls.schema import STAMPS
from calls.times import guess_formats, join_date_and_time, share_read_by

_ENOUGH: Final = 0.8
_SAMPLE: Final = 200


def layout_as_written(layout: Layout, sample: pl.DataFrame) -> tuple[Layout, tuple[str, ...]]:
    """The layout with the formats and units that read this sample, and a question for each that had to change."""
    formats: list[str] = []
    questions: list[str] = []
    for stamp in (s for s in STAMPS if s in layout.columns):
        sources = layout.columns[stamp]
        joined = join_date_and_time(sample.select(pl.col(list(dict.fromkeys(sources)))), sources, "_joined")
        text = filled(joined["_joined"]).head(_SAMPLE)
        if text.is_empty() or share_read_by(text, layout.formats) >= _ENOUGH:
            continue
        guess = guess_formats(text)
        if guess.share_read >= _ENOUGH:
            formats += [f for f in guess.formats if f not in formats]
            questions.append(
                f'Are the times in "{sources[0]}" written as {guess.formats[0]}? The layout {layout.id} says otherwise.'
            )
    durations, asked = _units(layout, sample)
    return replace(layout, formats=(*formats, *layout.formats), durations=durations), (*questions, *asked)


def _units(layout: Layout, sample: pl.DataFrame) -> tuple[dict[str, Duration], list[str]]:
    durations, questions = dict(layout.durations), []
    for stamp, span in layout.durations.items():
        likely, sure = span_unit(sample[span.column])
        if span.unit == "minutes" and likely == "seconds" and sure:
            durations[stamp] = replace(span, unit="seconds")
            questions.append(
                f'Is "{span.column}" in seconds? The layout {layout.id} says minutes, which would be hours a call.'
            )
    return durations, questions
