"""`rightcall fetch`: a public export to a file, by place and year or by its address."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.commands.progress import row_progress
from call_codes.errors import UsageError


def fetch(
    place: Annotated[
        str,
        typer.Argument(help="A place that openpolicedata knows, or the address of a dataset (https://...)."),
    ],
    year: Annotated[int | None, typer.Argument(help="The year, for a place.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="The file to write [default: a name from the source].")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="For an address: socrata, ckan, arcgis or file, if not recognised.")
    ] = None,
    where: Annotated[
        str | None, typer.Option(help="For an address: a condition in the portal's own language.")
    ] = None,
    table: Annotated[
        str, typer.Option(help="For a place: which of its tables, as openpolicedata names them.")
    ] = "CALLS FOR SERVICE",
    state: Annotated[
        str | None, typer.Option(help="For a place: its state, where several share a name.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many rows, to have a look.")] = None,
    force: Annotated[bool, typer.Option(help="Replace the file if it exists.")] = False,
) -> None:
    """Fetch a public export, with its hash and provenance beside it; goes on after a break."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    is_address = "://" in place
    if is_address and year is not None:
        raise UsageError(
            found="an address and a year.",
            expected="a year only behind a place name: a portal's column for the year has a name of its own.",
            action='Leave the year away, or give a condition, such as --where "year = 2023".',
        )
    if not is_address and year is None:
        raise UsageError(
            found=f'the place "{place}" and no year.',
            expected="a place and a year, or the address of a dataset.",
            action=f'Add the year: rightcall fetch "{place}" 2023',
        )
    with row_progress("Fetching") as progress:
        if is_address:
            from calls.fetch.portals import fetch_address, kind_of
            from calls.fetch.web import Web

            # A portal's application token only raises its limit of requests; it is sent and never written down.
            token = os.environ.get("RIGHTCALL_SOCRATA_TOKEN")
            is_socrata = (kind or kind_of(place)) == "socrata"
            web = Web(headers={"X-App-Token": token} if token and is_socrata else {})
            fetched = fetch_address(
                place,
                out,
                kind=kind,
                where=where,
                limit=limit,
                force=force,
                web=web,
                now=now,
                progress=progress,
            )
        else:
            from calls.fetch.police_data import fetch_police_data

            fetched = fetch_police_data(
                place, year or 0, out, table=table.upper(), state=state, limit=limit, force=force, now=now,
                progress=progress,
            )  # fmt: skip
    rows = "" if fetched.rows is None else f"{fetched.rows:,} rows, "
    print(
        f"{fetched.path.resolve()}: {rows}sha256 {fetched.sha256}"
        + (" (went on after a break)" if fetched.resumed else "")
    )
    print(f"Where it came from: {fetched.provenance.resolve()}")
    print(f"Next: rightcall check {fetched.path}")
