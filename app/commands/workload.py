"""`rightcall workload`: busy units, how calls end, repeat places and rates per resident."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from app.commands.progress import progress
from call_codes.errors import UsageError


def workload(
    files: Annotated[list[str] | None, typer.Argument(help="One or more exports of one city.")] = None,
    shifts: Annotated[
        Path | None,
        typer.Option(help="Who is on duty when: TOML or CSV with hours and units, for saturation."),
    ] = None,
    dispositions: Annotated[
        Path | None,
        typer.Option(help="What your agency's dispositions mean: CSV with disposition and outcomes."),
    ] = None,
    linked: Annotated[
        list[str] | None,
        typer.Option(
            help="OUTCOME=TABLE: a table with call numbers, such as force=force.csv; may be given again."
        ),
    ] = None,
    areas: Annotated[Path | None, typer.Option(help="GeoJSON of council districts or other areas.")] = None,
    populations: Annotated[
        Path | None,
        typer.Option(help="CSV with area, population, source, year, for rates per 1,000 residents."),
    ] = None,
    policy: Annotated[
        str | None, typer.Option(help="A named policy or a .toml file: what is eligible.")
    ] = None,
    layout: Annotated[str | None, typer.Option(help="A named layout or a .toml file.")] = None,
    crosswalk: Annotated[Path | None, typer.Option(help="A crosswalk CSV signed by your reviewers.")] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="The stamps' time zone where no layout says it.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="A rightcall.toml; place_columns and place_key in it ask for repeat places."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the results (new or empty).")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
    force: Annotated[bool, typer.Option(help="Replace the results in a folder that is not empty.")] = False,
) -> None:
    """Busy units, outcomes per 1,000 calls, repeat places, calls per resident.

    For example: rightcall workload calls.csv --shifts shifts.csv --linked force=force.csv --out workload
    """
    from app.job import STEPS, run_job
    from app.outputs import check_target
    from app.settings import Settings, read_settings, with_options
    from app.sources import split_sources
    from app.workload import Asked
    from app.workload import workload as answer
    from app.workload_outputs import record, write_workload
    from app.workload_report import in_short

    if out is None and not as_json:
        raise UsageError(
            found="no --out.",
            expected="a folder for the results, or --json.",
            action="Add, for example, --out workload",
        )
    if out is not None:
        check_target(out, force=force)
    tables = {}
    for pair in linked or []:
        name, sign, path = pair.partition("=")
        if not sign or not name or not path:
            raise UsageError(
                found=f'--linked "{pair}".',
                expected="the outcome's name, = and a table: force=force.csv",
                action="Correct it.",
            )
        tables[name.strip()] = Path(path)
    paths, database = split_sources(files)
    settings = with_options(
        read_settings(config) if config else Settings(),
        files=paths,
        database=database,
        policy=policy,
        layout=layout,
        crosswalk=crosswalk,
        time_zone=time_zone,
    )
    with progress(len(STEPS) + 1) as step:
        job = run_job(settings, step)
        step("Sweeping busy units, outcomes, places and areas")
        found = answer(job, Asked(shifts, dispositions, tables, areas, populations))
        if out is not None:
            write_workload(found, job, out, force=force)
    if as_json:
        print(json.dumps(record(found, job), ensure_ascii=False))
        return
    for sentence in (*in_short(found), *found.notes):
        print(sentence)
    for name, reason in found.left_out.items():
        print(f"Not computed: {name}. {reason}")
    if out is not None:
        print(f"\nWorkload: {(out / 'workload.html').resolve()}")
