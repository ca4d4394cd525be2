"""`rightcall crosswalk`: a sheet for reviewers, its way back, two crosswalks side by side, and how reviewers agree."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from call_codes.crosswalk import Crosswalk

crosswalk = typer.Typer(
    no_args_is_help=True, help="Make a sheet for reviewers, sign it, compare crosswalks, see who disagrees."
)

_Policy = Annotated[
    str | None, typer.Option(help="A named policy or a .toml file [default: behavioral_health_plus].")
]


@crosswalk.command("export")
def export(
    files: Annotated[
        list[str] | None, typer.Argument(help="The exports whose call types are to be reviewed.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The sheet to write, a CSV for a spreadsheet.")] = Path(
        "review.csv"
    ),
    signed: Annotated[
        Path | None,
        typer.Option("--crosswalk", help="What was signed before; it stands at the end of the sheet."),
    ] = None,
    policy: _Policy = None,
    layout: Annotated[str | None, typer.Option(help="A named layout or a .toml file.")] = None,
    code_book: Annotated[list[str] | None, typer.Option(help="A code list that your agency uses.")] = None,
    config: Annotated[Path | None, typer.Option(help="A rightcall.toml with these settings.")] = None,
    force: Annotated[bool, typer.Option(help="Replace a sheet that is there already.")] = False,
) -> None:
    """Write the review queue as a sheet to fill in; without a file, an empty one.

    Fill in category, hazard (none, or kinds joined by "|"), and where useful confidence (sure or unsure), reason and
    reviewer; leave a category blank to leave the type for later. Then: rightcall crosswalk import.

    Example: rightcall crosswalk export calls.csv --out review.csv --crosswalk city.csv
    """
    from app.commands.review import review_settings
    from app.job import run_job
    from app.review_sheet import sheet_table, write_sheet
    from app.type_facts import queue_of
    from classifier.review import empty_queue

    if files or config:
        settings = review_settings(files, signed, policy, layout, code_book, config)
        job = run_job(settings)
        table = sheet_table(queue_of(job), job.crosswalk, settings.smallest_count)
    else:
        table = sheet_table(empty_queue(), _read(signed), 0)
    write_sheet(table, out, force=force)
    print(f"{table.height:,} call types: {out.resolve()}")


@crosswalk.command("import")
def import_(
    sheet: Annotated[Path, typer.Argument(help="The sheet that was filled in, saved as CSV UTF-8.")],
    into: Annotated[Path, typer.Option(help="The crosswalk to sign into; it is made where there is none.")],
    reviewer: Annotated[
        str, typer.Option(help="Who signs the lines whose reviewer is blank: a role or initials.")
    ] = "",
    check_only: Annotated[
        bool, typer.Option("--check-only", help="Check every line and sign nothing.")
    ] = False,
) -> None:
    """Check every line of a filled-in sheet and sign them all, or none if one is wrong.

    Example: rightcall crosswalk import review.csv --into city.csv --reviewer "A. Reviewer"
    """
    from app.review_sheet import read_sheet
    from call_codes.signing import append_decisions

    found = read_sheet(sheet, reviewer=reviewer, day=date.today().isoformat())
    for line in found.repaired:
        print(line)
    print(f"{len(found.decisions):,} decisions; {found.blank:,} types are left for later (category blank).")
    if check_only or not found.decisions:
        return
    signed = append_decisions(into, found.decisions)
    print(f"{signed.written:,} signed into {into}, {signed.already_there:,} were there already.")
    for line in (*signed.notices, *state_of(into)):
        print(line)


@crosswalk.command("diff")
def diff(
    before: Annotated[Path, typer.Argument(help="The earlier crosswalk.")],
    after: Annotated[Path, typer.Argument(help="The later crosswalk.")],
    counts: Annotated[
        Path | None,
        typer.Option(
            help="call_types.csv of a run: how many calls each type has, for the effect on eligible calls."
        ),
    ] = None,
    policy: _Policy = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
) -> None:
    """What changed between two crosswalks, and what that does to the eligible calls.

    Example: rightcall crosswalk diff city_2025.csv city_2026.csv --counts results/call_types.csv
    """
    from app.crosswalk_diff import compare
    from app.settings import DEFAULT_POLICY
    from call_codes.crosswalk import load_crosswalk
    from call_codes.policy import load_policy

    found = compare(
        load_crosswalk(before), load_crosswalk(after), load_policy(policy or DEFAULT_POLICY), counts
    )
    if as_json:
        print(json.dumps(found.as_dict(), ensure_ascii=False))
        return
    for line in found.sentences():
        print(line)


@crosswalk.command("status")
def status(
    file: Annotated[Path, typer.Argument(help="The crosswalk CSV.")],
    two_signatures: Annotated[
        bool, typer.Option("--two-signatures", help="A type counts only when two reviewers agree.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
) -> None:
    """Who signed how much, how far reviewers agree, and which types they contradict each other on.

    Example: rightcall crosswalk status city.csv --two-signatures
    """
    if as_json:
        print(json.dumps(_state(file, 2 if two_signatures else 1), ensure_ascii=False))
        return
    for line in state_of(file, 2 if two_signatures else 1, everything=True):
        print(line)


def state_of(file: Path, signatures: int = 1, *, everything: bool = False) -> list[str]:
    """The state of a crosswalk in sentences: conflicts and notices always, counts and agreement if `everything`."""
    state = _state(file, signatures)
    lines = list(state["notices"])
    if everything:
        lines.insert(0, f"{state['types']:,} types count, of {state['lines']:,} lines in {file.name}.")
        lines += [f"{name}: {n:,} lines." for name, n in state["reviewers"].items()]
    for found in state["agreement"]:
        if found["denominator"]:
            kappa = (
                "not defined"
                if found["kappa"] is None
                else f"{found['kappa']:.2f} ({found['method'].title()})"
            )
            lines.append(
                f"Reviewers agree on the {found['column']} of {found['numerator']:,} of {found['denominator']:,} types "
                f"that two or more judged = {found['share']:.1%}; kappa (agreement beyond chance) {kappa}."
            )
    if state["conflicts"]:
        lines.append(f"{len(state['conflicts'])} conflict(s) stop every run until they are settled:")
        lines += [f"  {sentence}" for sentence in state["conflicts"]]
        lines.append(
            '  To settle one: rightcall sign … --replaces "FIRST|SECOND", naming the reviewers who differ.'
        )
    return lines


def _state(file: Path, signatures: int) -> dict[str, Any]:
    from dataclasses import asdict

    import polars as pl

    from call_codes.agreement import agreement
    from call_codes.crosswalk import conflict_sentences, read_crosswalk

    book = read_crosswalk(file, signatures=signatures)
    people = (
        book.decisions.filter(pl.col("basis") == "signed")
        .group_by("reviewer", maintain_order=True)
        .agg(pl.len())
    )
    agreements = [agreement(book.decisions, column) for column in ("category", "hazard")]
    return {
        "types": book.rows.height,
        "lines": book.decisions.height,
        "standing": dict(sorted(book.decisions["standing"].value_counts().iter_rows())),
        "reviewers": dict(people.iter_rows()),
        "agreement": [{**asdict(found), "share": found.share} for found in agreements],
        "conflicts": conflict_sentences(book.decisions),
        "notices": list(book.notices),
    }


def _read(file: Path | None) -> Crosswalk | None:
    from call_codes.crosswalk import load_crosswalk

    return load_crosswalk(file) if file else None
