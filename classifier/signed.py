"""Looks a call type up in a signed crosswalk or code-book, the only sources that come before the model.

A person who signed a row has seen its text, so a row counts for the text or the code that it names and for
nothing near it. "415" on its own is looked up too: handing over a code-book is how a city declares what its
bare codes mean.
"""

from __future__ import annotations

from dataclasses import dataclass

from call_codes.crosswalk import NO_HAZARD, Crosswalk, normalise
from classifier.text import is_bare_code, is_blank


@dataclass(frozen=True)
class SignedRow:
    """The row that decides one call type.

    text: the row's own text, which says more than a bare code. hazard_kinds: what the row names.
    hazard_denied: a person signed "none" for exactly this text. basis: "signed" or "code_book".
    """

    text: str
    category: str
    hazard_kinds: tuple[str, ...]
    hazard_denied: bool
    basis: str


Key = tuple[str, str, str]
Row = dict[str, str]


class SignedRows:
    """A crosswalk ready for look-ups by (agency, code, text).

    Where the calls name no agency, or the row names none, the agency does not count; rows of several agencies
    that then contradict each other are left out.
    """

    def __init__(self, crosswalk: Crosswalk | None) -> None:
        self._by_both: dict[Key, list[Row]] = {}
        self._by_text: dict[Key, list[Row]] = {}
        self._by_code: dict[Key, list[Row]] = {}
        self._families: dict[str, list[tuple[str, Row]]] = {}
        for row in [] if crosswalk is None else crosswalk.rows.iter_rows(named=True):
            code, text = row["code_key"], row["text_key"]
            for agency in {normalise(row["agency"]), ""}:
                if code and text:
                    self._by_both.setdefault((agency, code, text), []).append(row)
                if text:
                    self._by_text.setdefault((agency, "", text), []).append(row)
                if code and row["code"].endswith("*"):
                    self._families.setdefault(agency, []).append((code, row))
                elif code:
                    self._by_code.setdefault((agency, code, ""), []).append(row)

    def find(self, agency: str | None, code: str | None, text: str | None) -> SignedRow | None:
        """The row for one call type, or None.

        In this order: code and text both equal; the text equal, where the row or the call has no code; the
        code equal, where the row or the call has no text, or the row comes from a code-book; where the call has
        no text, the longest family of codes ("125*" holds 125, 125B and 125-D-1, not 1251) that the code is of. A
        text that is itself a bare code is looked up as a code as well.
        """
        agency_key = normalise(agency or "")
        code_key, text_key = normalise(code or ""), normalise(text or "")
        if is_blank(code):
            code_key = ""
        if is_blank(text):
            text_key = ""
        if not code_key and text is not None and is_bare_code(text):
            code_key = text_key
        text_says_nothing = not text_key or is_bare_code(text)
        for agency_used in dict.fromkeys((agency_key, "")):
            by_text = self._by_text.get((agency_used, "", text_key), [])
            by_code = self._by_code.get((agency_used, code_key, ""), [])
            candidates = (
                (self._by_both.get((agency_used, code_key, text_key), []), True),
                ([row for row in by_text if not row["code_key"] or not code_key], True),
                (
                    [
                        row
                        for row in by_code
                        if text_says_nothing or not row["text_key"] or row["basis"] == "code_book"
                    ],
                    text_says_nothing,
                ),
                (self._family(agency_used, code_key) if text_says_nothing else [], False),
            )
            for rows, same_text in candidates:
                fitting = [row for row in rows if _agency_fits(row, agency_key)]
                # What a person signed comes before what a code-book says.
                fitting = [row for row in fitting if row["basis"] == "signed"] or fitting
                if fitting and len({(row["category"], row["hazard"]) for row in fitting}) == 1:
                    return _signed_row(fitting[0], same_text)
        return None

    def _family(self, agency_key: str, code_key: str) -> list[Row]:
        found = [
            (stem, row)
            for stem, row in self._families.get(agency_key, [])
            if code_key.startswith(stem) and not _goes_on(stem, code_key[len(stem) :])
        ]
        longest = max((len(stem) for stem, _ in found), default=0)
        return [row for stem, row in found if len(stem) == longest]


def _goes_on(stem: str, rest: str) -> bool:
    """True where the rest only makes the stem's last number or word longer: 125 and 1251 are two codes."""
    return bool(rest) and (
        (stem[-1].isdigit() and rest[0].isdigit()) or (stem[-1].isalpha() and rest[0].isalpha())
    )


def _agency_fits(row: Row, agency_key: str) -> bool:
    own = normalise(row["agency"])
    return not own or not agency_key or own == agency_key


def _signed_row(row: Row, same_text: bool) -> SignedRow:
    kinds = tuple(kind for kind in row["hazard"].split("|") if kind and kind != NO_HAZARD)
    # Only a person can sign a hazard away, and only for the text that the person read.
    denied = row["hazard"] == NO_HAZARD and row["basis"] == "signed" and same_text
    return SignedRow(row["text"], row["category"], kinds, denied, row["basis"])
