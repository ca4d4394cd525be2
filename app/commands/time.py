"""`rightcall time`: what officer time each kind of call takes, with definitions, bounds and cautions beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from call_codes.errors import UsageError


def time(
    files: Annotated[
        list[str],
        typer.Argument(help="One or more exports of one city, or one postgresql:// address with --query."),
    ],
    by: Annotated[
        str, typer.Option(help="Columns to break down by, such as category,initiated_by.")
    ] = "category",
    denominator: Annotated[
        str,
        typer.Option(help="Of which calls: community, officer, alarm, agency, unknown, all, administrative."),
    ] = "community",
    cap_hours: Annotated[
        float | None, typer.Option(help="No unit stays on a call for longer than this [default: 12].")
    ] = None,
    officers_per_unit: Annotated[
        str | None,
        typer.Option(help="A number, or a CSV with unit_type and officers_per_unit [default: 1]."),
    ] = None,
    policy: Annotated[
        str | None, typer.Option(help="For --by eligible: a named policy or a .toml file.")
    ] = None,
    crosswalk: Annotated[Path | None, typer.Option(help="A crosswalk CSV signed by your reviewers.")] = None,
    layout: Annotated[
        str | None, typer.Option(help="A named layout or a .toml file; recognised if left away.")
    ] = None,
    query: Annotated[
        str | None, typer.Option(help="For a database: the SELECT that finds the calls.")
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(help='The stamps\' time zone where no layout says it; or "unknown".')
    ] = None,
    engine: Annotated[str, typer.Option(help="polars (this machine) or spark.")] = "polars",
    master: Annotated[str, typer.Option(help="For spark: where it runs, such as local[2].")] = "local[*]",
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap intervals.")] = 1,
    out: Annotated[Path | None, typer.Option(help="A CSV file for the whole table.")] = None,
    config: Annotated[Path | None, typer.Option(help="A rightcall.toml with these settings.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Read and clean the files anew, and keep nothing.")
    ] = False,
) -> None:
    """Officer time by category, hour, area or anything: unit-hours with bounds, minutes with intervals."""
    from app.commands.progress import progress
    from app.settings import Settings, read_settings, with_options
    from app.sources import split_sources
    from app.time_words import document, lines, write_table
    from officer_time.breakdown import parse_by
    from officer_time.denominators import check_denominator
    from officer_time.person_hours import read_officers_per_unit

    keys = parse_by(by)
    check_denominator(denominator)
    if engine not in ("polars", "spark"):
        raise UsageError(
            found=f"the engine {engine}.",
            expected="polars or spark.",
            action="Correct --engine, or leave it away.",
        )
    officers = read_officers_per_unit(officers_per_unit)
    paths, database = split_sources(files)
    settings = with_options(
        read_settings(config) if config else Settings(),
        files=paths,
        database=database,
        query=query,
        layout=layout,
        policy=policy,
        crosswalk=crosswalk,
        time_zone=time_zone,
        cap_hours=cap_hours,
    )
    from app.time_job import STEPS, run_time
    from officer_time.answer import Question

    question = Question(keys, denominator, settings.cap_hours, officers, seed)
    with progress(STEPS) as step:
        found = run_time(
            settings,
            question,
            step,
            use_cache=not no_cache,
            spark_master=master if engine == "spark" else None,
        )
    if out is not None:
        write_table(found, out)
    if as_json:
        print(json.dumps(document(found), ensure_ascii=False))
        return
    for line in lines(found):
        print(line)
    if out is not None:
        print(f"\nThe whole table: {out.resolve()}")
