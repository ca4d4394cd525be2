"""`rightcall policies`: the eligibility policies that come with Rightcall, and policies side by side on a city's calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.progress import progress
from call_codes.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

    from call_codes.policy import Policy
    from evaluation.before.changed_policy import Changes


def policies(
    files: Annotated[
        list[str] | None, typer.Argument(help="Exports of one city; without any, the policies are listed.")
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(
            help="Policies to compare, by name or .toml file, joined by commas; the first is the base "
            "[default: behavioral_health_plus]."
        ),
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(help="Change the base: CATEGORY=eligible, conditional or excluded. May be repeated."),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why the base is changed, in a sentence.")] = None,
    hours: Annotated[str | None, typer.Option(help='Change the hours: "mon-fri 09:00-17:00".')] = None,
    hazards: Annotated[
        str | None, typer.Option(help="Change which dangers take a call away: weapon,violence,threat …")
    ] = None,
    areas: Annotated[
        str | None, typer.Option(help="Areas in which the changed base would hold, joined by commas.")
    ] = None,
    populations: Annotated[
        Path | None, typer.Option(help="A CSV with area, group, population: eligible calls by group.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Write the changed base to this .toml file.")] = None,
    layout: Annotated[str | None, typer.Option(help="A named layout or a .toml file.")] = None,
    crosswalk: Annotated[Path | None, typer.Option(help="A crosswalk CSV signed by your reviewers.")] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="The stamps' time zone where no layout says it.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the tables (new or empty).")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
    force: Annotated[bool, typer.Option(help="Replace the results in a folder that is not empty.")] = False,
) -> None:
    """List the policies that come with Rightcall, or compare some on a city's calls.

    For example: rightcall policies calls.csv --compare denver_star,narrow_clinical --change trespass=eligible --out compared
    """
    from datetime import UTC, datetime

    from call_codes.policy import load_policy, policy_names
    from evaluation.before.changed_policy import changed_policy, check_new_file, policy_id, save_policy

    chosen = [load_policy(name.strip()) for name in (compare or "behavioral_health_plus").split(",")]
    changes = _changes(change or [], reason, hours, hazards)
    changed = None
    if changes is not None or areas:
        from evaluation.before.changed_policy import Changes

        changed = changed_policy(
            chosen[0],
            changes or Changes(),
            new_id=policy_id(save.stem) if save else f"{chosen[0].id}_changed",
            label=f"{chosen[0].label}, changed",
            as_of=datetime.now(UTC).date(),
        )
    if save is not None:
        if changed is None:
            raise UsageError(
                found="--save without a change.",
                expected="--change, --hours or --hazards.",
                action="Add one, or leave --save out.",
            )
        check_new_file(save)
    if files:
        _compare(
            files, chosen, changed, areas, populations, layout, crosswalk, time_zone, out, as_json, force
        )
    elif not any((compare, change, hours, hazards, areas, populations, save, out, as_json)):
        for name in policy_names():
            print(f"{name:28} {load_policy(name).label}")
    elif save is None:
        raise UsageError(
            found="no file with calls.",
            expected="an export to compare the policies on.",
            action="Add it: rightcall policies calls.csv --compare …",
        )
    if save is not None and changed is not None:
        save_policy(changed, save)
        if not as_json:
            print(f"Policy: {save.resolve()}")


def _compare(
    files: list[str],
    chosen: list[Policy],
    changed: Policy | None,
    areas: str | None,
    populations: Path | None,
    layout: str | None,
    crosswalk: Path | None,
    time_zone: str | None,
    out: Path | None,
    as_json: bool,
    force: bool,
) -> None:
    from app.job import STEPS, run_job
    from app.outputs import check_target
    from app.policy_outputs import comparison_sentences, comparison_tables, write_comparison
    from app.settings import Settings, with_options
    from app.sources import split_sources
    from evaluation.before.workbench import Variant, compare

    if out is not None:
        check_target(out, force=force)
    people = None if populations is None else _populations(populations)
    paths, _ = split_sources(files)
    settings = with_options(Settings(), files=paths, layout=layout, crosswalk=crosswalk, time_zone=time_zone)
    variants = [Variant(policy) for policy in chosen]
    if changed is not None:
        named = tuple(name.strip() for name in areas.split(",")) if areas else None
        variants.append(Variant(changed, named))
    with progress(len(STEPS) + 1) as step:
        job = run_job(settings, step)
        step("Comparing the policies")
        result = compare(job.calls, job.units, variants, populations=people, cap_hours=settings.cap_hours)
    tables = comparison_tables(result, settings.smallest_count)
    if out is not None:
        write_comparison(tables, out, force=force)
    if as_json:
        print(
            json.dumps(
                {name.removesuffix(".csv"): table.to_dicts() for name, table in tables.items()},
                ensure_ascii=False,
            )
        )
        return
    for sentence in comparison_sentences(result, {v.policy.id: v.policy for v in variants}):
        print(sentence)
    if out is not None:
        print(f"\nTables: {out.resolve()}")


def _changes(change: list[str], reason: str | None, hours: str | None, hazards: str | None) -> Changes | None:
    from evaluation.before.changed_policy import Changes, Decision

    if not change and hours is None and hazards is None:
        return None
    why = reason or "Changed for comparison; no reason was given."
    decisions = {}
    for text in change:
        category, sign, decision = (part.strip() for part in text.partition("="))
        if not sign or category in decisions:
            raise UsageError(
                found=f'--change "{text}".' if not sign else f"two changes of {category}.",
                expected="CATEGORY=eligible, =conditional or =excluded, once for each category.",
                action="For example: --change trespass=eligible",
            )
        decisions[category] = Decision(decision, why)
    named = None if hazards is None else tuple(part.strip() for part in hazards.split(",") if part.strip())
    return Changes(decisions, named, hours)


def _populations(path: Path) -> pl.DataFrame:
    import polars as pl

    from call_codes.errors import InputError

    try:
        return pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(
            found=f"{path.name} cannot be read: {str(error).splitlines()[0]}.",
            expected="a CSV file with the columns area, group and population.",
            action="Correct the file.",
        ) from error
