"""A city's calls for a year through the library openpolicedata, which knows where agencies publish them.

The library is an optional part of Rightcall and keeps its own directory of datasets on the web. It is loaded
only here, and what it raises is turned into a sentence; a file is written in the same way as from a portal.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Final

from call_codes.errors import InputError
from calls.fetch.saving import Fetched, Progress, cannot_write, check_free, finish, part_of

CALLS_FOR_SERVICE: Final = "CALLS FOR SERVICE"


def fetch_police_data(
    place: str,
    year: int,
    out: Path | None = None,
    *,
    table: str = CALLS_FOR_SERVICE,
    state: str | None = None,
    limit: int | None = None,
    force: bool = False,
    now: str,
    progress: Progress = lambda done, total: None,
) -> Fetched:
    """Fetch `table` of `place` for `year` to a CSV file, with its provenance beside it.

    Raises InputError where the library is not installed, the directory or the portal cannot be reached, or the
    place, table or year is not in it.
    """
    default = f"{'_'.join(place.lower().split())}_{'_'.join(table.lower().split())}_{year}.csv"
    out = out or Path(default)
    check_free(out, force=force)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library tells of its own deprecations
        library = _library()
        progress(0, None)
        source = _source(library, place, state)
        loaded = _load(source, place, year, table, limit)
    rows = len(loaded.table)
    if rows == 0:
        raise InputError(
            found=f"no rows of {table.lower()} for {place} in {year}.",
            expected="a year that the agency has published.",
            action="Try another year, or look at the agency's open-data page.",
        )
    progress(rows, rows)
    part, _ = part_of(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        loaded.table.to_csv(part, index=False)
        details = {
            "kind": "openpolicedata",
            "library": f"openpolicedata {getattr(library, '__version__', '')}".strip(),
            "place": place,
            "state": str(getattr(loaded, "state", "") or "") or None,
            "year": year,
            "table": table,
            "source": str(getattr(loaded, "url", "") or "") or None,
            "rows": rows,
            "limit": limit,
        }
        return finish(out, details, rows=rows, resumed=False, now=now)
    except OSError as error:
        raise cannot_write(out, error) from error


def _library() -> Any:
    try:
        import openpolicedata
    except ImportError as error:
        raise InputError(
            found="a place name, and no openpolicedata on this machine to look it up with.",
            expected="the optional part of Rightcall that fetches by place.",
            action="Install it: pip install 'rightcall[fetch]'; or give the address of the dataset itself.",
        ) from error
    except Exception as error:  # it reads its directory from the web as it is loaded
        raise _unreachable() from error
    if getattr(openpolicedata.datasets, "datasets", None) is None:
        raise _unreachable()
    return openpolicedata


def _unreachable() -> InputError:
    return InputError(
        found="no answer from the directory of openpolicedata.",
        expected="a connection to the internet.",
        action="Connect and run the command again, or download the file elsewhere and copy it over.",
    )


def _source(library: Any, place: str, state: str | None) -> Any:
    try:
        return library.Source(place, state=state)
    except Exception as error:  # a ValueError, or kinds of its own
        raise InputError(
            found=f"{place} is not a place of openpolicedata ({_first_line(error)}).",
            expected="the name of a city, county or agency as openpolicedata writes it, such as New Orleans.",
            action="Correct the name, add --state where several share it, or give the dataset's address.",
        ) from error


def _load(source: Any, place: str, year: int, table: str, limit: int | None) -> Any:
    known = [str(kind) for kind in source.get_tables_types()]
    if table not in known:
        raise InputError(
            found=f"{place} publishes no {table.lower()} that openpolicedata knows of.",
            expected=f"one of its tables: {', '.join(known)}.",
            action="Choose one with --table, or ask the agency: rightcall request",
        )
    try:
        # Dates stay as the agency writes them: reading them is our own step, with its own account of faults.
        return source.load(table, date=year, pbar=False, nrows=limit, format_date=False)
    except Exception as error:
        raise InputError(
            found=f"{table.lower()} of {place} for {year} cannot be loaded ({_first_line(error)}).",
            expected="a year that the agency has published, and a portal that is up.",
            action="Try another year, or again later.",
        ) from error


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".")[:300] if lines else type(error).__name__
