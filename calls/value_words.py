"""What the values of a source or agency column say: who started the call, and which kind of unit came.

The words are data (`layouts/header_words.toml`). A value that holds none of them stays `unknown`, which is
counted, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from calls.draft import has
from calls.headers import words_of
from calls.layouts import ValueMap
from calls.times import header_words

_YES = {"Y", "YES", "TRUE", "1", "T"}
_NO = {"N", "NO", "FALSE", "0", "F"}


def about_officers(header: str) -> bool:
    """Whether a column answers "did an officer start this call?" rather than how the call came in."""
    words = set(words_of(header))
    return {"self", "officer"} & words != set() and bool({"initiated", "initial"} & words)


def initiators(frame: pl.DataFrame, header: str) -> ValueMap:
    """Who started the call, from the words in `header`'s values; a yes/no column answers its own header."""
    mapping: dict[str, str] = {}
    officers = about_officers(header) or has(header, "proactive")
    for value in _values(frame, header):
        if officers and value in _YES:
            mapping[value] = "officer"
        elif officers and value in _NO:
            mapping[value] = "community"
        elif who := _first_word(value, header_words()["initiated_by_words"]):
            mapping[value] = who
    return ValueMap(header, mapping, "unknown", "unknown")


def responders(frame: pl.DataFrame, header: str | None) -> ValueMap:
    """Which kind of unit came, from the words in the agency column; police where the export names no agency."""
    if header is None:
        return ValueMap(None, {}, "police", "police")
    kinds = {v: _first_word(v, header_words()["responder_words"]) for v in _values(frame, header)}
    return ValueMap(header, {v: kind for v, kind in kinds.items() if kind}, "unknown", "unknown")


def _values(frame: pl.DataFrame, header: str) -> list[str]:
    return [v.strip().upper() for v in frame[header].drop_nulls().unique().sort().head(200)]


def _first_word(value: str, meanings: Mapping[str, list[str]]) -> str | None:
    return next((kind for kind, words in meanings.items() if any(word in value for word in words)), None)
