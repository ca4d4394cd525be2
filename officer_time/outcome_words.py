"""From what a disposition says to outcomes: report, arrest, citation, force, injury, transport, or not known.

The words are data (`outcome_words.toml`). An agency's own meanings, a table with one line per disposition, win
over them, and are the only way in which a bare code means anything. A disposition that neither knows is unmapped.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import polars as pl

from call_codes.errors import CodeBookError, did_you_mean
from calls.read import read_table

NONE: Final = "none"
_HEADERS: Final = ("disposition", "outcomes", "source")


@dataclass(frozen=True)
class OutcomeWords:
    """The words of `outcome_words.toml`, compiled. labels: outcome → what it is, in words."""

    labels: dict[str, str]
    outcomes: dict[str, re.Pattern[str]]
    denials: re.Pattern[str]
    neither: re.Pattern[str]


@lru_cache(maxsize=1)
def outcome_words() -> OutcomeWords:
    """The words that come with the project."""
    with (Path(__file__).parent / "outcome_words.toml").open("rb") as file:
        data = tomllib.load(file)
    return OutcomeWords(
        {name: entry["label"] for name, entry in data["outcomes"].items()},
        {name: _any_of(entry["words"]) for name, entry in data["outcomes"].items()},
        _any_of(data["denials"]),
        _any_of(data["neither"]),
    )


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def read_meanings(path: str | Path) -> dict[str, frozenset[str]]:
    """An agency's own meanings: a table with columns disposition, outcomes, source; upper-case text → outcomes.

    outcomes: names of `outcome_words.toml` joined by ";", or "none" for a disposition that is none of them. Raises
    CodeBookError for a missing column or source, an unknown outcome, or two meanings of one disposition.
    """
    raw = read_table(Path(path))
    known = [*outcome_words().labels, NONE]
    missing = [name for name in _HEADERS if name not in raw.frame.columns]
    if missing:
        raise _wrong(raw.path.name, f"no column {missing[0]} in {raw.path.name}")
    meanings: dict[str, frozenset[str]] = {}
    for text, outcomes, source in raw.frame.select(_HEADERS).iter_rows():
        key = (text or "").strip().upper()
        names = [name.strip().lower() for name in (outcomes or "").split(";") if name.strip()]
        unknown = [name for name in names if name not in known]
        if unknown:
            raise _wrong(raw.path.name, f'the outcome "{unknown[0]}".{did_you_mean(unknown[0], known)}')
        if not names or not (source or "").strip():
            raise _wrong(raw.path.name, f'"{key}" without {"a source" if names else "outcomes"}')
        found = frozenset(names) - {NONE}
        if meanings.get(key, found) != found:
            raise _wrong(raw.path.name, f'"{key}" with two different meanings')
        meanings[key] = found
    return meanings


def _wrong(name: str, found: str) -> CodeBookError:
    return CodeBookError(
        found=f"{found} ({name})" if name not in found else found,
        expected=f"one line per disposition: disposition, outcomes ({', '.join(outcome_words().labels)}, or none; "
        'several joined by ";") and the source that says so',
        action=f"correct {name} in a spreadsheet and save it as CSV",
    )


def outcomes_of(text: str, meanings: dict[str, frozenset[str]]) -> frozenset[str] | None:
    """The outcomes that one disposition states: none of them is an empty set, None is "not mapped"."""
    own = meanings.get(text.strip().upper())
    if own is not None:
        return own
    words = outcome_words()
    lower = " ".join(text.lower().split())
    left = words.denials.sub(" ", lower)
    found = frozenset(name for name, pattern in words.outcomes.items() if pattern.search(left))
    if found or left != lower or words.neither.search(left):
        return found
    return None


def disposition_meanings(dispositions: pl.Series, meanings: dict[str, frozenset[str]]) -> pl.DataFrame:
    """Every distinct disposition (null too) with what it was taken for.

    Columns out, sorted by disposition: disposition, mapped (Boolean; null and unknown texts are not), outcomes
    (names joined by "; ", "" for none of them).
    """
    distinct = sorted(dispositions.drop_nulls().unique().to_list())
    found = [outcomes_of(text, meanings) for text in distinct]
    return pl.DataFrame(
        {
            "disposition": [None, *distinct],
            "mapped": [False, *(outcomes is not None for outcomes in found)],
            "outcomes": ["", *("; ".join(sorted(outcomes or ())) for outcomes in found)],
        },
        schema={"disposition": pl.String, "mapped": pl.Boolean, "outcomes": pl.String},
    )
