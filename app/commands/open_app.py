"""`rightcall app`: the pages in the browser, on this machine only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def open_app(
    file: Annotated[
        Path | None, typer.Argument(help="An export to open; the sample city if left away.")
    ] = None,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8501,
) -> None:
    """Open the app in the browser, on this machine only."""
    from app.serve import serve

    raise typer.Exit(serve(file, port))
