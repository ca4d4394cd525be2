"""Where a run's calls come from: files, or one query of a database.

A city at its first try has a file; one that repeats the run each quarter reads its CAD replica. Both end in
the same raw tables, so nothing after this knows the difference.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app.settings import Settings
from call_codes.errors import UsageError
from calls.database import is_database_url, read_database
from calls.read import RawTable, holds_several, named_apart, read_table, read_tables
from calls.stream import RawStream, is_large, open_stream

_ANY_ADDRESS: Final = re.compile(r"^([a-z][a-z0-9+.-]+)://", re.IGNORECASE)


def split_sources(sources: Sequence[str] | None) -> tuple[tuple[Path, ...] | None, str | None]:
    """The files and the database address among what was named on the command line; None where there is none.

    Raises UsageError for addresses that are neither, and for files and a database at once.
    """
    files: list[Path] = []
    databases: list[str] = []
    for source in sources or ():
        address = _ANY_ADDRESS.match(source)
        if is_database_url(source):
            databases.append(source)
        elif address is None:
            files.append(Path(source))
        elif address[1].lower() in ("http", "https"):
            raise UsageError(
                found="a web address in place of a file.",
                expected="a file on this machine.",
                action=f"Fetch it first: rightcall fetch {source.split('?')[0]} --out calls.csv",
            )
        else:
            raise UsageError(
                found=f"an address that begins with {address[1]}://.",
                expected="files, or a PostgreSQL address that begins with postgresql://.",
                action="Export the calls to a CSV file, or copy them to a PostgreSQL database.",
            )
    if len(databases) > 1 or (databases and files):
        raise UsageError(
            found="several sources, one of them a database.",
            expected="files only, or one database address with one --query.",
            action="Join the tables in the query, or run the files on their own.",
        )
    return tuple(files) or None, databases[0] if databases else None


def read_sources(settings: Settings) -> list[RawTable]:
    """The raw tables of the settings' files or query, in memory.

    Raises UsageError where no source or no query is given, InputError for a file that is no table.
    """
    _check_one_source(settings)
    if settings.database is not None:
        return [read_database(settings.database, settings.query or "")]
    return named_apart([table for path in settings.files for table in _tables(path)])


def open_sources(settings: Settings) -> list[RawTable | RawStream]:
    """As read_sources, but large files as streams."""
    if any(is_large(path) for path in settings.files):
        _check_one_source(settings)
        sources: list[RawTable | RawStream] = []
        for path in settings.files:
            sources += [open_stream(path)] if is_large(path) else _tables(path)
        return sources
    return [*read_sources(settings)]


def _tables(path: Path) -> list[RawTable]:
    return read_tables(path) if holds_several(path) else [read_table(path)]


def _check_one_source(settings: Settings) -> None:
    if settings.database is not None:
        if settings.files:
            raise UsageError(
                found="both files and a database in the settings.",
                expected="one of the two.",
                action="Take files or database out of the settings file.",
            )
        if not settings.query:
            raise UsageError(
                found="a database and no query.",
                expected='the query that finds the calls, as in --query "select * from calls".',
                action="Add --query, with a SELECT or the path of a .sql file.",
            )
        return
    if settings.query:
        raise UsageError(
            found="a query and no database.",
            expected="the address of the database, such as postgresql://reader@cad-server/cad.",
            action="Add the address in place of a file, or leave --query away.",
        )
    if not settings.files:
        raise UsageError(
            found="no file to read.",
            expected="the path of at least one calls-for-service export.",
            action="Name it: rightcall run calls.csv --out results",
        )
