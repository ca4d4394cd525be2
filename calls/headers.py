"""What a column's header says: cut into words, brought to plain forms, and compared with each standard column.

Exports write one thing in a hundred ways (RCVD_DTTM, timeReceived, "Call Rec'd"). The words, their spellings and
what they mean together are data in `layouts/header_words.toml`; here is only how a header is cut and scored.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, Final

from calls.times import header_words

_BANDS: Final = (("sure", 0.9), ("likely", 0.76), ("possible", 0.56))
_WORD_BONUS: Final = 0.012
_FILLER_COST: Final = 0.006
_OTHER_COST: Final = 0.07
_BARE_TIME: Final = frozenset({"date", "time", "timestamp"})
_STRONG_BONUS: Final = 0.03
_SHORT_ANYWHERE: Final = ("id", "no", "at", "by")
_SHORT_AT_END: Final = ("dt", "tm", "cd", "ts", "nm")
_LIKE: Final = 0.84
# Words of a yes or no, which is no moment ("IS_OPEN").
_FLAGS: Final = frozenset({"is", "flag", "indicator"})
_LONGEST_PREFIX: Final = 4
_SHORTEST_TAIL: Final = 4


def header_form(header: str) -> str:
    """A header in lower case with camelCase, punctuation and underscores turned into single spaces."""
    marked = re.sub(r"#(?!\d)", " number ", header.replace("'", "").replace("’", ""))
    marked = re.sub(r"→|->", " to ", marked)
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", marked)
    split = re.sub(r"(?<=[A-Z])(?=[A-Z][a-z])", " ", split)
    return re.sub(r"[^a-z0-9]+", " ", split.lower()).strip()


@lru_cache(maxsize=1)
def _plain_forms() -> Mapping[str, str]:
    """Every known spelling and its plain form."""
    data = header_words()
    forms: dict[str, str] = {}
    for plain, spellings in data["spellings"].items():
        if " " not in plain:
            forms[plain] = plain
        for spelling in spellings:
            forms.setdefault(spelling, plain)
    for word in data["vocabulary"]["words"]:
        forms.setdefault(word, word)
    return forms


@cache
def words_of(header: str) -> tuple[str, ...]:
    """The plain words of a header, in order: "RCVD_DTTM" → ("received", "date", "time")."""
    text = header_form(header)
    for phrase, word in header_words()["phrases"].items():
        text = re.sub(rf"\b{phrase}\b", word, text)
    words: list[str] = []
    for token in text.split():
        for piece in _pieces(token):
            words += _plain_forms().get(piece, piece).split()
    return tuple(w for w in words if len(w) > 1 or w in "xy")


def _pieces(token: str) -> list[str]:
    """One word, or the words that were run together: "policeprecinct" → police, precinct."""
    known = _plain_forms()
    if token in known or token.isdigit():
        return [token]
    stem = token.rstrip("0123456789")
    if stem != token and stem in known:
        return [stem]
    best: dict[int, list[str]] = {0: []}
    for end in range(1, len(token) + 1):
        for start in range(max(0, end - 14), end):
            piece = token[start:end]
            short = piece in _SHORT_ANYWHERE or (end == len(token) and piece in _SHORT_AT_END)
            if start in best and piece in known and (len(piece) >= 3 or short):
                pieces = [*best[start], piece]
                if end not in best or len(pieces) < len(best[end]):
                    best[end] = pieces
    if len(token) in best:
        return best[len(token)]
    for cut in range(1, _LONGEST_PREFIX + 1):
        # A short prefix of the agency's own before a known word: "capriority", "statbeat".
        tail = token[cut:]
        if len(tail) >= _SHORTEST_TAIL and tail in known and known[tail] not in ("date", "time"):
            return [token[:cut], tail]
    # A word cut short, as databases with short names do: "sour", "onsc".
    whole = {known[word] for word in known if len(token) >= _SHORTEST_TAIL and word.startswith(token)}
    if len(whole) == 1:
        return [min(word for word in known if word.startswith(token))]
    # A letter dropped or doubled: "arrivd", "closng".
    long_words = [word for word in known if len(word) >= 5 and word[:2] == token[:2]]
    like = difflib.get_close_matches(token, long_words, n=1, cutoff=_LIKE) if len(token) >= 5 else []
    return like or [token]


@lru_cache(maxsize=1)
def _rules() -> Mapping[str, Mapping[str, Any]]:
    """The rules of every standard column with their phrases as sets of plain words."""
    data = header_words()
    everywhere = {w for phrase in data["filler"]["words"] for w in words_of(phrase)}
    return {
        name: {
            "patterns": [
                (frozenset(words_of(phrase)), band) for key, band in _BANDS for phrase in rule.get(key, ())
            ],
            "never": [frozenset(words_of(phrase)) for phrase in rule.get("never", ())],
            "is_time": rule["values"] == "time",
            "strong": frozenset(rule.get("strong", ())),
            "filler": everywhere | {w for phrase in rule.get("filler", ()) for w in words_of(phrase)},
        }
        for name, rule in data.items()
        if isinstance(rule, dict) and "sure" in rule
    }


def header_score(standard: str, header: str) -> float:
    """How well a header says this standard column: near 1 = the very words, 0 = not at all."""
    words = frozenset(words_of(header))
    if words & {"description", "text"}:
        words -= {"code"}  # the description of a code is a text
    rule = _rules()[standard]
    if rule["is_time"] and words & _FLAGS:
        return 0.0
    best = 0.0
    for phrase, band in rule["patterns"]:
        if phrase <= words:
            extra = words - phrase
            # "date time" alone says so little that a word beside it may change everything.
            other = _OTHER_COST * (2 if phrase <= _BARE_TIME else 1)
            cost = sum(_FILLER_COST if w in rule["filler"] or w.isdigit() else other for w in extra)
            strong = _STRONG_BONUS if words & rule["strong"] else 0.0
            best = max(best, band + _WORD_BONUS * len(phrase) + strong - cost)
    if best and any(never <= words for never in rule["never"]):
        return 0.0
    return round(min(best, 1.0), 3)


def says_span(header: str) -> bool:
    """Whether the header itself says a span of time (minutes, travel time, "A to B") and not a moment."""
    words = set(words_of(header))
    spans = header_words()["spans"]
    if words & set(spans["never"]) or "units" in words:
        return False
    return bool(words & set(spans["header"])) or "to" in words or _plain_response_time(words)


def _plain_response_time(words: set[str]) -> bool:
    return {"response", "time"} <= words and not {"date", "timestamp"} & words
