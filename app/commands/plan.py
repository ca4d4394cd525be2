"""`rightcall plan`: what a program would meet, serve, free and cost on a city's own calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from app.commands.progress import progress
from call_codes.errors import UsageError


def plan(
    files: Annotated[list[str], typer.Argument(help="One or more exports of one city.")],
    teams: Annotated[int | None, typer.Option(help="How many teams, all on the shifts of --hours.")] = None,
    hours: Annotated[
        str | None,
        typer.Option(
            help='When they are on duty: "mon-fri 09:00-17:00; sat 10:00-26:00" (26:00 = 02:00 next day).'
        ),
    ] = None,
    target_served: Annotated[
        float | None,
        typer.Option(
            help="Instead of --teams: as many as it takes to serve this share of eligible calls (0.8)."
        ),
    ] = None,
    target_response: Annotated[
        float | None,
        typer.Option(
            help="Instead of --teams: as many as it takes to reach 9 of 10 served calls in these minutes."
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="A plan.toml with teams, screening, durations, costs; instead of --teams."),
    ] = None,
    policy: Annotated[
        str | None, typer.Option(help="A named policy or a .toml file [default: behavioral_health_plus].")
    ] = None,
    layout: Annotated[str | None, typer.Option(help="A named layout or a .toml file.")] = None,
    crosswalk: Annotated[Path | None, typer.Option(help="A crosswalk CSV signed by your reviewers.")] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="The stamps' time zone where no layout says it.")
    ] = None,
    replications: Annotated[int, typer.Option(help="How often the calls are replayed.")] = 50,
    seed: Annotated[int, typer.Option(help="Start of the random numbers: the same gives the same plan.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Folder for the results (new or empty).")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
    force: Annotated[bool, typer.Option(help="Replace the results in a folder that is not empty.")] = False,
) -> None:
    """Before launch: teams and shifts replayed on the city's own calls.

    For example: rightcall plan calls.csv --teams 2 --hours "mon-sun 08:00-24:00" --out plan
    """
    from app.job import STEPS, run_job
    from app.outputs import check_target
    from app.plan_outputs import plan_record, write_plan
    from app.plan_report import in_short
    from app.settings import Settings, with_options
    from app.sources import split_sources
    from evaluation.before.plan import make_plan
    from evaluation.before.plan_file import read_plan
    from evaluation.before.plan_settings import PlanSettings, Target, teams_of

    numbers = [option for option in (teams, target_served, target_response) if option is not None]
    if config is None and (len(numbers) != 1 or hours is None):
        raise UsageError(
            found="no --hours." if len(numbers) == 1 else f"{len(numbers)} of --teams and the two targets.",
            expected="--hours with one of --teams, --target-served and --target-response; or --config alone.",
            action='For example: --teams 2 --hours "mon-fri 09:00-17:00"',
        )
    if config is not None and (numbers or hours is not None):
        raise UsageError(
            found="--config together with --teams, --hours or a target.",
            expected="one of the two ways to say what the teams are.",
            action="Write the teams into the configuration, or leave --config out.",
        )
    if out is None and not as_json:
        raise UsageError(
            found="no --out.",
            expected="a folder for the results, or --json.",
            action="Add, for example, --out plan",
        )
    if out is not None:
        check_target(out, force=force)
    # Checked before the file is read: nobody should wait to learn that a shift overlaps.
    chosen = (
        read_plan(config, replications=replications, seed=seed)
        if config
        else PlanSettings(
            teams=teams_of(1 if teams is None else teams, hours or ""),
            target=None if teams is not None else Target(target_served, target_response),
            replications=replications,
            seed=seed,
        )
    )
    paths, _ = split_sources(files)
    settings = with_options(
        Settings(), files=paths, layout=layout, policy=policy, crosswalk=crosswalk, time_zone=time_zone
    )
    with progress(len(STEPS) + 1) as step:
        job = run_job(settings, step)
        step("Replaying the calls")
        made = make_plan(
            job.calls,
            job.units,
            job.policy,
            chosen,
            time_zone=job.detection.layout.zone,
            cap_hours=settings.cap_hours,
        )
        if out is not None:
            write_plan(made, job, out, force=force)
    if as_json:
        print(json.dumps(plan_record(made, job), ensure_ascii=False))
        return
    for sentence in in_short(made):
        print(sentence)
    for name, reason in made.left_out.items():
        print(f"Not computed: {name}. {reason}")
    if out is not None:
        print(f"\nPlan: {(out / 'plan.html').resolve()}")
