"""Call-type text, made ready for the model, and the two cases that are never guessed: blank and bare code.

"5150", "415" or "10-96" mean different things in different cities, so a text without a word in it is not
guessed: it needs a code-book. A responder's name inside a call type ("CHECK WELFARE, CAHOOTS") is taken out,
because it says who was sent and not what happened; left in, the treatment would leak into the category.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent
WORDS_PATH = FOLDER / "call_type_words.csv"
RESPONDERS_PATH = FOLDER / "responder_names.csv"

_CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z])")
_CODE_TOKEN = re.compile(r"^(?=.*\d)[A-Z]{0,4}[\d.\-/:]*\d[\d.\-/:]*[A-Z]{0,3}$")
_SEGMENT_MARK = r"[,;:/()\[\]\-]"
_KEPT_NUMBERS = re.compile(r"^(?:[93]11|988|\d{1,2}(?:ST|ND|RD|TH))$")


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


@lru_cache(maxsize=1)
def responder_patterns() -> tuple[re.Pattern[str], ...]:
    """One pattern per name in `responder_names.csv`, long names first.

    A name marked "segment" is also an ordinary word or abbreviation: it only counts where it stands alone
    between separators or at an end next to one ("STAR - WELFARE CHECK", not "HEALTH CARE FACILITY").
    """
    with RESPONDERS_PATH.open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda r: -len(r["name"]))
    patterns = []
    for row in rows:
        name = re.escape(row["name"])
        if row["where"] == "segment":
            patterns.append(re.compile(rf"(?:^\s*|{_SEGMENT_MARK}\s*){name}(?=\s*(?:{_SEGMENT_MARK}|$))"))
        else:
            patterns.append(re.compile(rf"(?<![A-Z0-9]){name}(?![A-Z0-9])"))
    return tuple(patterns)


def upper_text(text: str | None) -> str:
    """Upper case, one kind of dash and quote, "_" as a space, "SuspiciousPerson" split, single spaces.

    Null becomes "". Keeps every other mark: the hazard patterns read this form.
    """
    if text is None:
        return ""
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub("[‐‑‒–—―−]", "-", plain).replace("’", "'")
    plain = _CAMEL.sub(" ", plain).upper().replace("_", " ")
    return " ".join(plain.split())


def is_blank(text: str | None) -> bool:
    """True for null, white space, marks only, and words that stand for a missing value ("N/A", "NULL")."""
    upper = upper_text(text)
    return upper in load_words().blank or not re.search(r"[A-Z0-9]", upper)


def strip_responders(text: str) -> str:
    """`text` in the form of `upper_text` without the names of `responder_names.csv`.

    The result may be empty: then the text said only who was sent.
    """
    for pattern in responder_patterns():
        text = pattern.sub(" ", text)
    text = re.sub(r"\(\s*\)|\[\s*\]", " ", text)
    return " ".join(text.split()).strip(" ,;:/-&")


def model_text(text: str | None) -> str:
    """What the model reads: responder's names and codes taken out, marks reduced to "/", "-", "&" and "'".

    Slashes stay because "W/", "W/O" and "S/P" are words of the trade. Tokens that are codes ("459V",
    "10-56A") go, since they mean different things in different cities; "911" and "3RD" stay. When nothing but
    codes is left, the codes are returned: see `is_bare_code`.
    """
    upper = strip_responders(upper_text(text))
    plain = " ".join(re.sub(r"[^A-Z0-9/\-&' ]", " ", upper).split())
    tokens = [token.strip("-'") for token in plain.split()]
    kept = [t for t in tokens if t and (_KEPT_NUMBERS.match(t) or not _CODE_TOKEN.match(t))]
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
