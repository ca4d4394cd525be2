"""Which hazards the text of a call type states or implies, from the patterns of `hazard_patterns.csv`.

Risk is a separate axis from topic: "MENTAL VIOLENT - ARMED" is rightly a mental-health call and still no
call for an unarmed team. So a hazard can only take eligibility away. Negation is read first: "NO WEAPON",
"W/O WPN", "NON-VIOLENT" and "DENIES WEAPON" are struck out before anything is looked for, and "UNARMED" is
a word of its own.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from call_codes.errors import CodeBookError
from call_codes.responder_names import upper_text
from call_codes.taxonomy import HAZARD_KINDS

PATTERNS_PATH = Path(__file__).parent / "hazard_patterns.csv"

DECISIVE_KINDS = ("weapon", "violence", "threat", "officer_emergency")
"""The kinds that make `hazard` true when stated. The others are told, and a policy may use them."""

INHERENT_KINDS = {"serious_violence": "violence", "weapon": "weapon", "assault": "violence"}
"""Categories that are hazardous by what they are, whatever words the text uses."""

LEVELS = ("stated", "implied", "negated", "softened")
"""stated, implied: the phrase is a sign of the kind. negated: the phrase is struck out before the search.
softened: the phrase takes away what is only implied, anywhere in the text."""

_COLUMNS = ("pattern", "kind", "level", "hit", "miss", "note")
_STRUCK_OUT = "\x00"

_ITEM = r"(?!WITH\b|W/|HAS\b|IN\b)[A-Z][A-Z\-]*"
_DENIED_LIST = re.compile(
    # "NO BIAS, THREATS OR STALKING": the "or" at its end shows that the commas belong to one list.
    rf"\b(?:NO|W/O|WITHOUT|DENIES|DENIED)(?: (?:ANY|KNOWN|PHYSICAL))? "
    rf"(?:({_ITEM}(?:(?:, ?| ?/ ?){_ITEM})*,? (?:OR|NOR) {_ITEM})\b"
    # "NO THRT/ASLT/DIST": three make a list; two do where a bracket closes them. "NO INJ/ASLT" stays as it is.
    rf"|({_ITEM}(?: ?/ ?{_ITEM}){{2,}})\b|({_ITEM}(?:(?:, ?| ?/ ?){_ITEM})+)(?= ?[)\]]))"
)
_EITHER_WAY = re.compile(r"\b(?:WITH|W/) ?(?:OR|AND|&|/) ?(?:WITHOUT|W/O)\b")


@dataclass(frozen=True)
class HazardPattern:
    """One row of the table. `expression` matches whole words of `hazard_text`; kinds: what it speaks of."""

    expression: re.Pattern[str]
    kinds: tuple[str, ...]
    level: str
    hit: str
    miss: str


@dataclass(frozen=True)
class Finding:
    """One kind of hazard in one text: level "stated" or "implied", and the phrase that said so."""

    kind: str
    level: str
    phrase: str


def hazard_text(text: str | None) -> str:
    """The form that the patterns read: upper case, letters, digits, "/" and "&" only, single spaces.

    A denial of several things is said of each of them ("NO A, B OR C" → "NO A NO B NO C"), and "with or without"
    is read as "with", because such a type covers calls of both sorts.
    """
    upper = _EITHER_WAY.sub("WITH", " ".join(upper_text(text).split()))
    upper = _DENIED_LIST.sub(_deny_each, upper)
    plain = re.sub(r"[^A-Z0-9/&' ]", " ", upper).replace("'", "")
    plain = re.sub(r"\bW/ (?=[A-Z])", "W/", " ".join(plain.split()))
    return re.sub(r" ?/ ?", "/", plain)


@lru_cache(maxsize=4)
def load_patterns(path: Path = PATTERNS_PATH) -> tuple[HazardPattern, ...]:
    """The rows of a pattern table. Raises CodeBookError for an unknown kind or level or a broken pattern."""
    patterns = []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != _COLUMNS:
            raise CodeBookError(
                found=f"{path.name} has the columns {', '.join(reader.fieldnames or ())}",
                expected=", ".join(_COLUMNS),
                action="restore the header row",
            )
        for line, row in enumerate(reader, start=2):
            kinds = tuple(row["kind"].split("|"))
            if not set(kinds) <= set(HAZARD_KINDS) or row["level"] not in LEVELS:
                raise CodeBookError(
                    found=f'{path.name}, row {line}: kind "{row["kind"]}", level "{row["level"]}"',
                    expected=f"kinds of {', '.join(HAZARD_KINDS)}; a level of {', '.join(LEVELS)}",
                    action="correct the row",
                )
            try:
                # Whole words only: "ARMED" must not be found in "UNARMED" nor "ROB" in "PROBATION".
                expression = re.compile(rf"(?<![A-Z0-9])(?:{row['pattern']})(?![A-Z0-9])")
            except re.error as error:
                raise CodeBookError(
                    found=f"{path.name}, row {line}: the pattern is broken ({error})",
                    expected="a regular expression of upper-case words",
                    action="correct the pattern",
                ) from None
            patterns.append(HazardPattern(expression, kinds, row["level"], row["hit"], row["miss"]))
    return tuple(patterns)


def find_hazards(text: str | None, patterns: tuple[HazardPattern, ...] | None = None) -> tuple[Finding, ...]:
    """The hazards in one call type, at most one finding per kind ("stated" before "implied").

    text: a call type as the agency writes it, null allowed. patterns: those of `load_patterns()` by default.
    Order: that of HAZARD_KINDS. An empty tuple means that no pattern hit, not that the call is safe.
    """
    plain = hazard_text(text)
    if not plain:
        return ()
    patterns = load_patterns() if patterns is None else patterns
    # Each pattern reads the text once; most texts hold none, and few hold more than two.
    here = tuple(pattern for pattern in patterns if pattern.expression.search(plain))
    struck_out = [pattern for pattern in here if pattern.level == "negated"]
    if not any(pattern.level in ("stated", "implied") for pattern in here) and not struck_out:
        return ()
    findings = []
    for kind in HAZARD_KINDS:
        left, searched = plain, here
        for pattern in struck_out:
            if kind in pattern.kinds:
                left = pattern.expression.sub(_STRUCK_OUT, left)
                searched = patterns  # a phrase may begin where another was struck out
        finding = _first(left, kind, "stated", searched)
        if finding is None and _first(left, kind, "softened", searched) is None:
            finding = _first(left, kind, "implied", searched)
        if finding is not None:
            findings.append(finding)
    return tuple(findings)


def is_denied(text: str | None, patterns: tuple[HazardPattern, ...] | None = None) -> bool:
    """True when the text says that there is no danger, or names a thing that only sounds like one.

    That is: a negated phrase of a decisive kind ("NO WEAPONS", "DEAD BATTERY") or a softening word ("VERBAL ONLY").
    What else the text states is for `find_hazards` to say.
    """
    plain = hazard_text(text)
    return any(
        pattern.level in ("negated", "softened")
        and set(pattern.kinds) & set(DECISIVE_KINDS)
        and pattern.expression.search(plain)
        for pattern in (load_patterns() if patterns is None else patterns)
    )


def stated_kinds(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """The kinds that are stated, in the order of HAZARD_KINDS."""
    return tuple(f.kind for f in findings if f.level == "stated")


def is_hazard(findings: tuple[Finding, ...]) -> bool:
    """True when a weapon, violence, a threat to a person or an officer emergency is stated."""
    return any(kind in DECISIVE_KINDS for kind in stated_kinds(findings))


def _deny_each(match: re.Match[str]) -> str:
    items = next(group for group in match.groups() if group)
    return " ".join(f"NO {item}" for item in re.split(r",? (?:OR|NOR) |, ?| ?/ ?", items) if item)


def _first(text: str, kind: str, level: str, patterns: tuple[HazardPattern, ...]) -> Finding | None:
    for pattern in patterns:
        if pattern.level == level and kind in pattern.kinds:
            match = pattern.expression.search(text)
            if match:
                return Finding(kind, level, match.group(0))
    return None
