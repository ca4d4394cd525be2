"""`rightcall review`: which call types to decide first, and deciding them one by one on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import polars as pl

    from app.settings import Settings


def review(
    files: Annotated[list[str] | None, typer.Argument(help="One or more exports of one city.")] = None,
    crosswalk: Annotated[
        Path | None,
        typer.Option(help="Your signed crosswalk; with --interactive it is made where there is none."),
    ] = None,
    policy: Annotated[
        str | None, typer.Option(help="A named policy or a .toml file [default: behavioral_health_plus].")
    ] = None,
    layout: Annotated[str | None, typer.Option(help="A named layout or a .toml file.")] = None,
    code_book: Annotated[list[str] | None, typer.Option(help="A code list that your agency uses.")] = None,
    config: Annotated[Path | None, typer.Option(help="A rightcall.toml with these settings.")] = None,
    top: Annotated[int, typer.Option(min=1, help="How many types to show or to go through.")] = 15,
    out: Annotated[Path | None, typer.Option(help="Write the whole queue as a sheet to fill in.")] = None,
    interactive: Annotated[
        bool, typer.Option("--interactive", help="Decide one by one: s sign, u unsure, k skip, q stop.")
    ] = False,
    reviewer: Annotated[str, typer.Option(help="With --interactive: who signs, a role or initials.")] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
    force: Annotated[bool, typer.Option(help="Replace a sheet that is there already.")] = False,
) -> None:
    """Show the call types whose decision moves the most officer time, with what is known about each.

    They stand in the order of the hours that the text model is expected to count on the wrong side under the
    policy; the first fifteen decide most of it.

    Examples:

      rightcall review calls.csv

      rightcall review calls.csv --out review.csv

      rightcall review calls.csv --interactive --crosswalk city.csv --reviewer AB
    """
    from app.job import run_job
    from app.review_sheet import sheet_table, write_sheet
    from app.type_facts import queue_of

    if interactive:
        _check_interactive(crosswalk, reviewer)
    signed = crosswalk if crosswalk is None or crosswalk.exists() or not interactive else None
    settings = review_settings(files, signed, policy, layout, code_book, config)
    job = run_job(settings)
    queue = queue_of(job)
    if out is not None:
        write_sheet(sheet_table(queue, job.crosswalk, settings.smallest_count), out, force=force)
    shown = queue.head(top)
    if interactive:
        assert crosswalk is not None
        _go_through(shown, crosswalk, reviewer, settings.smallest_count)
        return
    summary = _summary(queue, shown, job.policy.id)
    if as_json:
        rows = _masked(shown, settings.smallest_count).to_dicts()
        print(json.dumps({**summary, "queue": rows}, ensure_ascii=False))
        return
    for line in _sentences(summary, shown, settings.smallest_count):
        print(line)
    if out is not None:
        print(f"\nThe whole queue, to fill in: {out.resolve()}")


def review_settings(
    files: list[str] | None,
    crosswalk: Path | None,
    policy: str | None,
    layout: str | None,
    code_book: list[str] | None,
    config: Path | None,
) -> Settings:
    """The settings of a review from the command's options over a rightcall.toml."""
    from app.settings import Settings, read_settings, with_options
    from app.sources import split_sources

    paths, database = split_sources(files)
    return with_options(
        read_settings(config) if config else Settings(),
        files=paths,
        database=database,
        crosswalk=crosswalk,
        policy=policy,
        layout=layout,
        code_books=tuple(code_book) if code_book else None,
    )


def _check_interactive(crosswalk: Path | None, reviewer: str) -> None:
    from call_codes.errors import UsageError

    if crosswalk is None or not reviewer:
        raise UsageError(
            found="--interactive without --crosswalk and --reviewer.",
            expected="the file to sign into and who signs.",
            action="Add, for example, --crosswalk city.csv --reviewer AB",
        )
    if not sys.stdin.isatty():
        raise UsageError(
            found="--interactive where nobody can answer (standard input is no terminal).",
            expected="a terminal.",
            action="Write a sheet instead (--out review.csv), and sign it with rightcall crosswalk import.",
        )


def _masked(queue: pl.DataFrame, smallest_count: int) -> pl.DataFrame:
    from calls.small_counts import mask

    return mask(queue, "calls", ["unit_hours", "expected_misallocated"], smallest_count)


def _summary(queue: pl.DataFrame, shown: pl.DataFrame, policy: str) -> dict[str, Any]:
    weight = queue["weight"][0] if queue.height else "unit_hours"
    total, first = (float(t["expected_misallocated"].sum()) for t in (queue, shown))
    return {
        "policy": policy,
        "types_to_review": queue.height,
        "weight": weight,
        "expected_misallocated": total,
        "expected_misallocated_of_those_shown": first,
        "definition": f"{'Officer hours' if weight == 'unit_hours' else 'Calls'} of each type times the chance that "
        "the present answer to “does the policy take it?” is wrong: min(s, 1 − s), s = the chance that it does.",
    }


def _sentences(summary: dict[str, Any], shown: pl.DataFrame, smallest_count: int) -> Iterator[str]:
    unit = "officer hours" if summary["weight"] == "unit_hours" else "calls"
    yield (
        f"{summary['types_to_review']:,} call types are undecided; {summary['expected_misallocated']:,.0f} {unit} are "
        f"expected on the wrong side under {summary['policy']}, {summary['expected_misallocated_of_those_shown']:,.0f} "
        f"of them in the {shown.height} below."
    )
    for row in _masked(shown, smallest_count).iter_rows(named=True):
        yield ""
        yield from _facts(row)


def _facts(row: dict[str, Any]) -> Iterator[str]:
    named = " / ".join(part for part in (row["call_type_code"], row["call_type"]) if part)
    yield f"{row['rank']:3d}. {named}"
    counted = "too few calls to be shown" if row["calls"] is None else f"{row['calls']:,} calls"
    hours = "" if row["unit_hours"] is None else f", {row['unit_hours']:,.0f} officer hours"
    minutes = row["on_scene_minutes_median"]
    scene = "" if minutes is None else f", half of them at most {minutes:.0f} minutes on scene (median)"
    yield f"     {counted}{hours}{scene}"
    if row["plausible"]:
        yield f"     may be: {row['plausible'].replace('|', ', ')}"
    yield f"     chance that the policy takes it: {row['eligible_chance']:.0%}"
    for label, name in (
        ("hazard", "hazard_reason"),
        ("how the calls ended", "dispositions"),
        ("priority", "priority"),
        ("signed before, written alike", "nearest_signed"),
    ):
        if row[name]:
            yield f"     {label}: {row[name].replace('|', ', ')}"


def _go_through(shown: pl.DataFrame, crosswalk: Path, reviewer: str, smallest_count: int) -> None:
    """Ask for each type, and sign each answer at once: what was answered is kept whatever happens next."""
    from call_codes.errors import CodeBookError
    from call_codes.signing import Decision, append_decisions

    done = 0
    for row in _masked(shown, smallest_count).iter_rows(named=True):
        print()
        for line in _facts(row):
            print(line)
        answer = _ask("     s sign, u unsure, k skip, q stop", ("s", "u", "k", "q"), "k")
        if answer == "q":
            break
        if answer == "k":
            continue
        while True:
            suggested = row["category"] if row["category"] != "unclassified" else ""
            category = typer.prompt("     category", default=suggested or None).strip().lower()
            stated = row["hazard_kinds"]
            hazard = typer.prompt('     hazard ("none", or kinds joined by "|")', default=stated or "none")
            reason = typer.prompt("     reason", default="", show_default=False)
            decision = Decision(
                category=category,
                reviewer=reviewer,
                date=date.today().isoformat(),
                code=row["call_type_code"] or "",
                text=row["call_type"] or "",
                hazard=hazard,
                reason=reason,
                confidence="sure" if answer == "s" else "unsure",
            )
            try:
                append_decisions(crosswalk, [decision])
            except CodeBookError as error:
                print(f"     {error}")
                continue
            done += 1
            break
    print(f"\n{done} decision(s) signed into {crosswalk}.")


def _ask(question: str, answers: tuple[str, ...], default: str) -> str:
    while True:
        answer = str(typer.prompt(question, default=default)).strip().lower()[:1]
        if answer in answers:
            return answer
