"""Names of alternative responders inside call types ("CHECK WELFARE, CAHOOTS"): finding them and taking them out.

Such a name says who was sent and not what happened; left in a type, the treatment leaks into the category. The
names are data (`responder_names.csv`). The data checks count them, the classifier reads the type without them.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

RESPONDERS_PATH: Final = Path(__file__).parent / "responder_names.csv"

_CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z])")
_SEGMENT_MARK: Final = r"[,;:/()\[\]\-]"


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


def names_a_responder(text: str | None) -> bool:
    """Whether a call type carries the name of a responder; False for null."""
    upper = upper_text(text)
    return any(pattern.search(upper) for pattern in responder_patterns())


def strip_responders(text: str) -> str:
    """`text` in the form of `upper_text` without the names of `responder_names.csv`.

    The result may be empty: then the text said only who was sent.
    """
    for pattern in responder_patterns():
        text = pattern.sub(" ", text)
    text = re.sub(r"\(\s*\)|\[\s*\]", " ", text)
    return " ".join(text.split()).strip(" ,;:/-&")
