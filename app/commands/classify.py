"""`rightcall classify`: a list of call types, each with its category, its danger, and yes, screen or no."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.progress import row_progress
from call_codes.errors import OutputError, UsageError


def classify(
    types: Annotated[
        Path,
        typer.Argument(
            help="A table with call_type, and optionally code, agency, calls, hours: CSV, TSV, Excel, Parquet."
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="The CSV file for the answers, one row per row.")] = None,
    agency: Annotated[
        str | None,
        typer.Option(help="Whose types these are: applies that agency's signed rows and code-book."),
    ] = None,
    policy: Annotated[
        str | None, typer.Option(help="A named policy or a .toml file [default: behavioral_health_plus].")
    ] = None,
    crosswalk: Annotated[Path | None, typer.Option(help="A crosswalk CSV signed by your reviewers.")] = None,
    code_book: Annotated[
        str | None, typer.Option(help="A code-book that comes with Rightcall, or a CSV file of that form.")
    ] = None,
    read_remarks: Annotated[
        bool,
        typer.Option(
            "--read-remarks",
            help="Look for danger in a column remark. Its text is never written; without this it is never read.",
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
    force: Annotated[bool, typer.Option(help="Replace an --out that exists.")] = False,
) -> None:
    """Classify a list of call types; write category, danger, eligibility and doubt of each."""
    from app.agency_rows import agency_rows
    from app.classified_list import classify_list
    from app.settings import DEFAULT_POLICY
    from app.type_list import open_type_list
    from call_codes.policy import load_policy
    from classifier.encoders import ClassifierWarning

    if out is None and not as_json:
        raise UsageError(
            found="no --out.",
            expected="a file for the answers, or --json to print the summary alone.",
            action="Add, for example, --out classified.csv",
        )
    if out is not None:
        _check_out(out, types, force=force)
    # The small choices are checked first: nobody should wait for a big file to learn of a misspelt policy.
    chosen = load_policy(policy or DEFAULT_POLICY)
    rows = agency_rows(agency, crosswalk, code_book)
    listed = open_type_list(types, read_remarks=read_remarks)
    with row_progress("Classifying") as done, warnings.catch_warnings():
        # The model's warnings are told in the summary's notices.
        warnings.simplefilter("ignore", ClassifierWarning)
        summary = classify_list(listed, chosen, rows, out, done)
    if as_json:
        print(json.dumps(summary, ensure_ascii=False))
        return
    for line in _sentences(summary, out):
        print(line)


def _check_out(out: Path, types: Path, *, force: bool) -> None:
    if out.is_dir():
        raise OutputError(
            found=f"{out} is a folder.",
            expected="a file for the answers.",
            action="Add a name: --out FOLDER/classified.csv",
        )
    if out.exists() and types.exists() and out.samefile(types):
        raise OutputError(
            found=f"--out names the list itself, {types}.",
            expected="another file: the list stays as it is.",
            action="Give --out another name.",
        )
    if out.exists() and not force:
        raise OutputError(
            found=f"{out} is there already.",
            expected="a new file, so that no answers are lost.",
            action="Give --out another name, or add --force to replace it.",
        )


def _sentences(summary: dict[str, Any], out: Path | None) -> Iterator[str]:
    for notice in summary["notices"]:
        yield f"Before reading on: {notice}"
    answers = summary["rows_by_answer"]
    yield (
        f"{summary['rows']:,} rows, {summary['distinct_types']:,} distinct types. Under {summary['policy']}: "
        f"{answers['yes']:,} yes, {answers['screen']:,} screen (a question has to be asked), {answers['no']:,} no; "
        f"{summary['rows_needing_review']:,} need a person's look."
    )
    for weight, share in summary["eligible_share"].items():
        if share["policy"] is not None:
            yield (
                f"Expected eligible share of {weight}: {share['policy']:.1%} (low {share['low']:.1%}, "
                f"high {share['high']:.1%}) of {share['denominator']:,.0f}."
            )
            yield f"  {share['definition']}"
            if share["on_unsigned_types_share"]:
                yield f"  {share['on_unsigned_types_share']:.0%} of it stands on types that nobody has signed yet."
    if out is not None:
        yield f"Answers: {out.resolve()}"
