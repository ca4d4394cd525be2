"""`rightcall run`: the main job, from an export to a folder of results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.progress import progress
from call_codes.errors import UsageError


def run(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            help="One or more exports of one city: CSV, TSV, Excel, Parquet, JSON lines; or one "
            "postgresql:// address with --query."
        ),
    ] = None,
    query: Annotated[
        str | None, typer.Option(help="For a database: the SELECT that finds the calls, or a .sql file.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the results (new or empty).")] = None,
    layout: Annotated[
        str | None, typer.Option(help="A named layout or a .toml file; recognised if left away.")
    ] = None,
    policy: Annotated[
        str | None, typer.Option(help="A named policy or a .toml file [default: behavioral_health_plus].")
    ] = None,
    crosswalk: Annotated[Path | None, typer.Option(help="A crosswalk CSV signed by your reviewers.")] = None,
    code_book: Annotated[
        list[str] | None,
        typer.Option(
            help="The code list that your agency uses for bare codes: one of those in call_codes/agencies, or a "
            "CSV of your own; may be given several times."
        ),
    ] = None,
    two_signatures: Annotated[
        bool | None,
        typer.Option(
            "--two-signatures", help="A signed type counts only when two different reviewers agree."
        ),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(
            help='The stamps\' time zone where no layout says it, such as America/Chicago; or "unknown".'
        ),
    ] = None,
    repair_half_day_slips: Annotated[
        bool | None,
        typer.Option("--repair-half-day-slips", help="Move stamps that are 12 hours off, and say which."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A rightcall.toml with these settings.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
    force: Annotated[bool, typer.Option(help="Replace the results in a folder that is not empty.")] = False,
) -> None:
    """Read an export; write the classified calls, officer time, the cascade and a report."""
    from app.job import STEPS, run_job
    from app.outputs import check_target, write_outputs
    from app.report import report_html
    from app.settings import Settings, read_settings, with_options
    from app.sources import split_sources
    from app.summary import summary

    paths, database = split_sources(files)
    settings = with_options(
        read_settings(config) if config else Settings(),
        files=paths,
        database=database,
        query=query,
        layout=layout,
        policy=policy,
        crosswalk=crosswalk,
        code_books=tuple(code_book) if code_book else None,
        two_signatures=two_signatures,
        time_zone=time_zone,
        repair_half_day_slips=repair_half_day_slips,
    )
    if out is None and not as_json:
        raise UsageError(
            found="no --out.",
            expected="a folder for the results, or --json to print the summary alone.",
            action="Add, for example, --out results",
        )
    if out is not None:
        check_target(out, force=force)
    with progress(len(STEPS) + 1) as step:
        job = run_job(settings, step)
        if out is not None:
            step("Writing the results and the report")
            write_outputs(job, out, force=force, report=report_html)
    document = summary(job)
    if as_json:
        print(json.dumps(document, ensure_ascii=False))
        return
    for line in _sentences(document):
        print(line)
    print(f"\nReport: {(out / 'report.html').resolve()}" if out else "")


def _sentences(document: dict[str, Any]) -> Iterator[str]:
    """The result in a few lines that a person can read out."""
    for warning in document["warnings"]:
        yield f"Before reading on: {warning}"
    aside = sum(document["rows_set_aside"].values())
    yield (
        f"{document['rows_read']:,} rows read = {document['rows_kept']:,} kept + {aside:,} set aside; "
        f"{document['calls']:,} calls of {document['call_types']:,} types (layout: {document['layout']})."
    )
    eligible = document["eligible"]
    if eligible["policy"] is not None:
        yield (
            f"Eligible under {document['policy']}: {eligible['numerator']:,} of {eligible['denominator']:,} calls = "
            f"{eligible['policy']:.1%} (low {eligible['low']:.1%}, high {eligible['high']:.1%})."
        )
        yield f"  {eligible['definition']}"
    hours = document["unit_hours"]
    if hours["central"] is None:
        yield f"Officer time: not computed. {hours['reason_missing']}"
    else:
        yield (
            f"Police unit-hours: {hours['central']:,.0f} (low {hours['low']:,.0f}, high {hours['high']:,.0f}), "
            f"measured for {hours['unit_rows_measured']:,} of {hours['unit_rows']:,} unit rows."
        )
    unclassified = document["unclassified_share"]
    if unclassified["share"] is not None:
        yield (
            f"Unclassified: {unclassified['numerator']:,} of {unclassified['denominator']:,} calls = "
            f"{unclassified['share']:.1%}; {document['types_needing_review']:,} types need a person's look."
        )
    for question in document["questions"]:
        yield f"Please check: {question}"
