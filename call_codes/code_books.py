"""Declared code-books: bare codes mean something only where a city says which list it uses.

The bundled books stand in `agencies/`, with where each comes from in `books.toml`. A declared book speaks for every
call of the run, whatever agency it names; what people signed comes before it.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import polars as pl

from call_codes.crosswalk import AGENCIES_FOLDER, Crosswalk, code_book_names, empty_crosswalk, load_crosswalk
from call_codes.errors import CodeBookError, did_you_mean


@dataclass(frozen=True)
class CodeBook:
    """Where a code-book comes from. source: the public list. as_of: when it was written down here.

    checked: whether it was compared with a copy of that list on that day. codes: how many it holds.
    """

    name: str
    label: str
    place: str
    source: str
    as_of: date
    checked: bool
    note: str
    codes: int
    digest: str


@lru_cache(maxsize=1)
def bundled_books() -> tuple[CodeBook, ...]:
    """The code-books that come with Rightcall, by name."""
    about = tomllib.loads((AGENCIES_FOLDER / "books.toml").read_text(encoding="utf-8"))
    books = []
    for name in code_book_names():
        book = load_crosswalk(name)
        books.append(CodeBook(name=name, codes=book.rows.height, digest=book.digest, **about[name]))
    return tuple(books)


def check_book_names(names: Sequence[str]) -> None:
    """Raise CodeBookError for a name that is no bundled code-book and no CSV file."""
    for name in names:
        if name not in code_book_names() and not name.lower().endswith(".csv"):
            raise CodeBookError(
                found=f'no code-book is called "{name}".{did_you_mean(name, code_book_names())}',
                expected=f"one of {', '.join(code_book_names())}, or the path of a CSV file of your own",
                action="correct the name",
            )


def with_code_books(crosswalk: Crosswalk | None, names: Sequence[str]) -> Crosswalk | None:
    """The crosswalk with the rows of the declared code-books behind its own; None where there is neither.

    names: bundled books, or paths of CSV files. Their rows count for every agency. The digest covers all of them.
    Raises CodeBookError for an unknown name or a faulty file.
    """
    if not names:
        return crosswalk
    check_book_names(names)
    signed = crosswalk or empty_crosswalk()
    books = [load_crosswalk(name) for name in names]
    rows = [book.rows.with_columns(pl.lit("").alias("agency")) for book in books]
    digests = [signed.digest, *(book.digest for book in books)]
    return Crosswalk(
        pl.concat([signed.rows, *rows]),
        "+".join([*([signed.name] if crosswalk else []), *(book.name for book in books)]),
        signed.path,
        hashlib.sha256("".join(digests).encode()).hexdigest(),
        signed.decisions,
        (*signed.notices, *(notice for book in books for notice in book.notices)),
    )
