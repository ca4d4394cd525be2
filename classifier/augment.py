"""Shortened and misspelt forms of the training texts, so that a name that is spelled out teaches its abbreviations.

Every agency shortens in its own way, so no table of abbreviations is applied to what a user brings: "ASST" is
assistance here and assault there, and only its company tells. At training time the same table does good: each text
is also learned shortened word by word, without vowels, cut off at the width of a field, and with a slip of the keys.

Which words are shortened depends on the text alone (a hash of it), so that fitting twice gives the same model.
"""

from __future__ import annotations

import csv
import hashlib
import random
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

ABBREVIATIONS_PATH = Path(__file__).parent / "dispatch_abbreviations.csv"

FIELD_WIDTHS = (10, 12, 14, 15, 16, 18, 20, 20, 20, 24)
"""Where fields for the type's text are cut off; 20 characters is the most usual."""

_SHARE_SHORTENED = 0.7
_SHARE_CUT = 0.6


def variants(texts: Sequence[str], categories: Sequence[str], alts: Sequence[str]) -> list[tuple[int, str]]:
    """(row, variant) pairs: what each row's text may look like elsewhere; at most one per row, never equal to it.

    texts: as `text.model_text` leaves them. It is shortened by the table, or where that holds none of its words in one
    of the other ways. A variant is left out where it is the text of another category, or a beginning that rows of another
    category share ("VIOLATION OF"), and where the category has it already.
    """
    categories_of: dict[str, set[str]] = {}
    for text, category in zip(texts, categories, strict=True):
        categories_of.setdefault(text, set()).add(category)
    beginnings: dict[str, set[str]] = {}
    for text, own in categories_of.items():
        for width in set(FIELD_WIDTHS):
            beginnings.setdefault(_cut(text, width), set()).update(own)
    taken: set[tuple[str, str]] = set()
    pairs = []
    for row, (text, category, alt) in enumerate(zip(texts, categories, alts, strict=True)):
        dice = random.Random(hashlib.sha256(text.encode()).digest())
        # The table first; where it holds none of the words, one of the other ways.
        other_way = dice.choice((_cut_off, _mistyped, _cut_words))
        for changed in (_abbreviated(text, dice), other_way(text, dice)):
            others = categories_of.get(changed, set()) | beginnings.get(changed, set())
            if changed != text and len(changed) >= 3 and not others - {category, alt}:
                if (changed, category) not in taken:
                    taken.add((changed, category))
                    pairs.append((row, changed))
                break
    return pairs


@lru_cache(maxsize=1)
def _abbreviations() -> tuple[re.Pattern[str], dict[str, list[str]]]:
    """A pattern of all words that have abbreviations (longest first), and the abbreviations of each."""
    with ABBREVIATIONS_PATH.open(encoding="utf-8", newline="") as file:
        table = {row["word"]: row["variants"].split("|") for row in csv.DictReader(file)}
    words = "|".join(re.escape(word) for word in sorted(table, key=lambda word: (-len(word), word)))
    return re.compile(rf"(?<![A-Z])(?:{words})(?![A-Z])"), table


def _abbreviated(text: str, dice: random.Random) -> str:
    pattern, table = _abbreviations()
    return pattern.sub(
        lambda word: dice.choice(table[word[0]]) if dice.random() < _SHARE_SHORTENED else word[0], text
    )


def _cut(text: str, width: int) -> str:
    return text[:width].rstrip(" -/&")


def _cut_off(text: str, dice: random.Random) -> str:
    return _cut(text, dice.choice(FIELD_WIDTHS)) if " " in text else text


def _mistyped(text: str, dice: random.Random) -> str:
    """A letter left out, doubled or swapped with the next, inside a word."""
    places = [i for i in range(1, len(text) - 1) if text[i - 1 : i + 2].isalpha()]
    if len(places) < 5:
        return text
    at = dice.choice(places)
    slips = ("", text[at] * 2, text[at + 1] + text[at])
    slip = dice.choice(slips)
    return text[:at] + slip + text[at + (2 if slip == slips[2] else 1) :]


def _cut_words(text: str, dice: random.Random) -> str:
    """Long words cut to three to six letters, or without their vowels."""

    def shorter(word: re.Match[str]) -> str:
        if dice.random() > _SHARE_CUT:
            return word[0]
        if dice.random() < 0.4:
            return word[0][0] + re.sub("[AEIOU]", "", word[0][1:])
        return word[0][: dice.choice((3, 4, 4, 5, 6))]

    return re.sub(r"[A-Z]{6,}", shorter, text)
