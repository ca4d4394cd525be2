"""`rightcall request`: a letter that asks an agency for exactly the fields that are missing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FILES = ("record_request.md", "record_request.html", "data_dictionary.csv")


def request(
    from_file: Annotated[
        str | None, typer.Option("--from", help="An export in hand: only what it lacks is asked for.")
    ] = None,
    wants: Annotated[
        str | None,
        typer.Option(help="What you want to know, by commas: officer_time,by_area [default: everything]."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the letter as Markdown and HTML, and the dictionary.")
    ] = None,
    layout: Annotated[
        str | None, typer.Option(help="A named layout or a .toml file for the export in hand.")
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(
            help="The stamps' time zone, if you know it: a file rarely says, and it is asked for else."
        ),
    ] = None,
    agency: Annotated[str, typer.Option(help="The agency you write to.")] = "",
    period: Annotated[str, typer.Option(help="The period, as in: 2023-01-01 to 2024-12-31.")] = "",
    force: Annotated[bool, typer.Option(help="Replace a letter that is in the folder already.")] = False,
) -> None:
    """Write a record-request letter with the data dictionary; without --out, print it as Markdown."""
    from calls.record_request import data_dictionary, letter_html, letter_markdown, record_request

    chosen = [name.strip().replace("-", "_") for name in (wants or "").split(",") if name.strip()]
    record_request(chosen)  # a misspelt question is told before a large file is read
    if from_file is None:
        asked = record_request(chosen)
    else:
        from app.commands.check import check_files
        from app.settings import Settings

        checked = check_files(Settings(files=(Path(from_file),), layout=layout, time_zone=time_zone))
        asked = record_request(chosen, found=checked.quality.abilities, file=Path(from_file).name)
    letter = letter_markdown(asked, agency=agency, period=period)
    if out is None:
        print(letter, end="")
        return
    _write(out, (letter, letter_html(letter), data_dictionary().write_csv()), force=force)
    print(f"{len(asked.fields)} fields are asked for. Letter: {(out / FILES[1]).resolve()}")


def _write(out: Path, contents: tuple[str, ...], *, force: bool) -> None:
    from call_codes.errors import OutputError

    standing = [name for name in FILES if (out / name).exists()]
    if standing and not force:
        raise OutputError(
            found=f"{', '.join(standing)} in {out} already.",
            expected="a folder without an earlier letter, which may have been edited by hand.",
            action="Give --out another name, or add --force to replace it.",
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in zip(FILES, contents, strict=True):
            (out / name).write_text(content, encoding="utf-8")
    except OSError as error:
        raise OutputError(
            found=f"the letter cannot be written to {out} ({error.strerror}).",
            expected="a folder that may be written to.",
            action="Choose another --out.",
        ) from error
