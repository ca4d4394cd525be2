"""The command `rightcall`: it reads the options, runs the main job, and says in sentences how it went.

Results go to files; progress goes to standard error where that is a terminal; `--json` prints one document to
standard output and nothing else. Every fault of the input ends with a sentence and its own exit code.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from call_codes.errors import RightcallError, UsageError

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Which 911/311 calls could someone other than a police officer answer, and what officer time do they take?",
)


@cli.callback()
def _root(
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)
    ] = False,
) -> None:
    if show_version:
        from importlib.metadata import version

        print(f"rightcall {version('rightcall')}")
        raise typer.Exit


@cli.command()
def run(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="One or more exports of one city: CSV, TSV, Excel, Parquet, JSON lines."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the results (new or empty).")] = None,
    layout: Annotated[
        str | None, typer.Option(help="A named layout or a .toml file; recognised if left away.")
    ] = None,
    policy: Annotated[
        str | None, typer.Option(help="A named policy or a .toml file [default: behavioral_health_plus].")
    ] = None,
    crosswalk: Annotated[Path | None, typer.Option(help="A crosswalk CSV signed by your reviewers.")] = None,
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
    from app.summary import summary

    settings = with_options(
        read_settings(config) if config else Settings(),
        files=tuple(files) if files else None,
        layout=layout,
        policy=policy,
        crosswalk=crosswalk,
    )
    if out is None and not as_json:
        raise UsageError(
            found="no --out.",
            expected="a folder for the results, or --json to print the summary alone.",
            action="Add, for example, --out results",
        )
    if out is not None:
        check_target(out, force=force)
    with _progress(len(STEPS) + 1) as step:
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


@cli.command()
def app(
    file: Annotated[
        Path | None, typer.Argument(help="An export to open; the sample city if left away.")
    ] = None,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8501,
) -> None:
    """Open the app in the browser, on this machine only."""
    from app.serve import serve

    raise typer.Exit(serve(file, port))


@cli.command()
def policies() -> None:
    """List the eligibility policies that come with Rightcall."""
    from call_codes.policy import load_policy, policy_names

    for name in policy_names():
        print(f"{name:28} {load_policy(name).label}")


def _sentences(document: dict[str, Any]) -> Iterator[str]:
    """The result in a few lines that a person can read out."""
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
    for warning in document["warnings"]:
        yield f"Warning: {warning}"
    for question in document["questions"]:
        yield f"Please check: {question}"


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    """A progress bar on standard error where that is a terminal, silence elsewhere."""
    if not sys.stderr.isatty():
        yield lambda step: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description:42}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Starting", total=total)
        started = False

        def step(name: str) -> None:
            nonlocal started
            bar.update(task, description=name, advance=1 if started else 0)
            started = True

        yield step


def main() -> None:
    """The entry point: faults of the input become a sentence and an exit code, ours keep their traceback."""
    try:
        cli()
    except RightcallError as error:
        print(f"rightcall: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("rightcall: stopped; nothing was written.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
