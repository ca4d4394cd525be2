"""Which signed rows and code-books speak for one agency: the city's own crosswalk, and the books that come with us.

A bare code means something only where an agency's book says so. Naming the agency is how a user declares it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from call_codes.crosswalk import Crosswalk, code_book_names, load_crosswalk, normalise
from call_codes.errors import did_you_mean


@dataclass(frozen=True)
class AgencyRows:
    """crosswalk: all rows that apply, None where there are none. agency: its name as the rows spell it, None where
    none was given. books: the code-books used, by name. notices: sentences that the user has to see."""

    crosswalk: Crosswalk | None
    agency: str | None
    books: tuple[str, ...]
    notices: tuple[str, ...]


def agency_rows(agency: str | None, crosswalk: Path | None, code_book: str | None) -> AgencyRows:
    """The crosswalk file, the named code-book and, for a named agency, the bundled code-books that list it.

    agency: as its rows spell it, or the name of its bundled code-book; case and marks do not count. A row that a
    person signed comes before a code-book's. Raises CodeBookError where a file is absent or faulty.
    """
    own = [load_crosswalk(crosswalk)] if crosswalk else []
    books = [load_crosswalk(code_book)] if code_book else []
    spelled = agency
    if agency is not None:
        for name in code_book_names():
            if any(book.name == name for book in books):
                continue
            book = load_crosswalk(name)
            listed = {normalise(value): value for value in book.rows["agency"].unique().sort()}
            if normalise(agency) in listed:
                books.append(book)
            elif normalise(agency) == normalise(name) and len(listed) == 1:
                books.append(book)
                spelled = next(iter(listed.values()))
    notices = [notice for walk in (*own, *books) for notice in walk.notices]
    known = {value for walk in (*own, *books) for value in walk.rows["agency"].unique()} - {""}
    if spelled is not None and normalise(spelled) not in {normalise(value) for value in known}:
        notices.append(
            f'No signed row and no code-book names the agency "{agency}".{did_you_mean(agency or "", known)} '
            "Its bare codes stay unclassified."
        )
    walks = [*own, *books]
    return AgencyRows(_joined(walks), spelled, tuple(book.name for book in books), tuple(notices))


def _joined(walks: list[Crosswalk]) -> Crosswalk | None:
    if len(walks) <= 1:
        return walks[0] if walks else None
    digest = hashlib.sha256("".join(walk.digest for walk in walks).encode()).hexdigest()
    # Rows that disagree are settled by the look-up: what a person signed comes before a code-book.
    rows = pl.concat([walk.rows for walk in walks])
    return Crosswalk(rows, "+".join(walk.name for walk in walks), None, digest)
