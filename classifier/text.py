"""Call-type text, made ready for the model, and the two cases that are never guessed: blank and bare code.

"5150", "415" or "10-96" mean different things in different cities, so a text without a word in it is not
guessed: it needs a code-book. A responder's name inside a call type ("CHECK WELFARE, CAHOOTS") is taken out,
because it says who was sent and not what happened; left in, the treatment would leak into the category.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from call_codes.responder_names import strip_responders, upper_text

FOLDER = Path(__file__).parent
WORDS_PATH = FOLDER / "call_type_words.csv"

_CODE_TOKEN = re.compile(r"^(?=.*\d)[A-Z]{0,4}[\d.\-/:]*\d[\d.\-/:]*[A-Z]{0,3}$")
_KEPT_NUMBERS = re.compile(r"^(?:[93]11|988|\d{1,2}(?:ST|ND|RD|TH))$")

_EMERGENCY = ("CODE", "3")


@dataclass(frozen=True)
class Words:
    """Words that need special treatment, from `call_type_words.csv`.

    empty: carry no meaning; short: two letters that do; blank: stand for a missing value.
    """

    empty: frozenset[str]
    short: frozenset[str]
    blank: frozenset[str]


@lru_cache(maxsize=1)
def load_words() -> Words:
    """The words of `call_type_words.csv`, by role."""
    with WORDS_PATH.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Words(
        **{
            role: frozenset(r["word"] for r in rows if r["role"] == role)
            for role in ("empty", "short", "blank")
        }
    )


def is_blank(text: str | None) -> bool:
    """True for null, white space, marks only, and words that stand for a missing value ("N/A", "NULL")."""
    upper = upper_text(text)
    return upper in load_words().blank or not re.search(r"[A-Z0-9]", upper)


def model_text(text: str | None) -> str:
    """What the model reads: responder's names and codes taken out, marks reduced to "/", "-", "&" and "'".

    Slashes stay because "W/", "W/O" and "S/P" are words of the trade. Tokens that are codes ("459V",
    "10-56A") go, since they mean different things in different cities; "911", "3RD" and the 3 of "CODE 3" stay. When nothing but
    codes is left, the codes are returned: see `is_bare_code`.
    """
    upper = strip_responders(upper_text(text))
    plain = " ".join(re.sub(r"[^A-Z0-9/\-&' ]", " ", upper).split())
    tokens = [token.strip("-'") for token in plain.split()]
    kept = [
        token
        for before, token in zip(["", *tokens], tokens, strict=False)
        # "CODE 3" is an emergency run with lights and siren in every city: its 3 is a word.
        if token
        and (_KEPT_NUMBERS.match(token) or not _CODE_TOKEN.match(token) or (before, token) == _EMERGENCY)
    ]
    return " ".join(kept) if any(_meaningful(t) for t in kept) else plain


def is_bare_code(text: str | None) -> bool:
    """True when no word carries meaning: "5150", "103M", "10-96", "CODE 43", "T", "AU1", a responder's name.

    A word that carries meaning has three letters or more and is not "CODE", "SIGNAL" and the like, or is one
    of the few two-letter words that mean the same everywhere. Blank texts are not bare codes.
    """
    if is_blank(text):
        return False
    return not any(_meaningful(token) for token in strip_responders(upper_text(text)).split())


def _meaningful(token: str) -> bool:
    words = load_words()
    for part in re.split(r"[^A-Z0-9']+", token):
        if part in words.short:
            return True
        # A digit in the part makes it a code: "AU1", "103M"; and "911" or "2ND" say nothing alone.
        if len(part) >= 3 and part.replace("'", "").isalpha() and part not in words.empty:
            return True
    return False
