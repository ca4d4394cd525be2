"""`rightcall app`: the pages in the browser, on this machine only unless a team's server is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def open_app(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Exports of one city, a folder of them, or a rightcall.toml; the sample city if left away."
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8501,
    decisions: Annotated[
        str | None,
        typer.Option(
            help="Where reviewers' decisions are kept: a file, or for a team postgresql://user@host/database. "
            "A file of this user's own if left away."
        ),
    ] = None,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(help="A further name under which browsers may ask for the app, such as a proxy's."),
    ] = None,
    base_path: Annotated[str, typer.Option(help="The part of the address behind the host's name.")] = "",
    address: Annotated[
        str, typer.Option(help="The network address to listen on. Others than this machine's need a sign-in.")
    ] = "127.0.0.1",
    upload_mb: Annotated[
        int, typer.Option(help="The largest file that may be uploaded, in megabytes.")
    ] = 1000,
    headless: Annotated[
        bool, typer.Option("--headless", help="Open no browser window, as on a server.")
    ] = False,
) -> None:
    """Open the app in the browser, on this machine only."""
    from app.serve import ADDRESS, Place, serve

    if address != ADDRESS:
        print(
            f"The app listens on {address}: everyone who reaches this machine can open it. Put a sign-in in front "
            "(docs/serving-a-team.md)."
        )
    place = Place(port, address, tuple(allowed_host or ()), base_path.strip("/"), upload_mb)
    raise typer.Exit(serve(tuple(sources or ()), place, decisions=decisions, headless=headless))
