"""Writing a plan: all files or none, and the record that repeats it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import polars as pl

from app.draft_study import draft_study
from app.job import Job
from app.outputs import write_csv, write_folder
from app.plan_report import plan_html
from app.plan_words import areas_table
from app.repeat_command import repeat_options
from app.summary import period, record
from app.wording import period_words
from calls.small_counts import mask
from evaluation.before.plan import Plan
from evaluation.before.plan_settings import PlanSettings, alike
from evaluation.before.roster import Team

FILES: Final = (
    "steps.csv",
    "reasons.csv",
    "coverage.csv",
    "areas.csv",
    "served.csv",
    "study.toml",
    "plan.html",
    "plan.json",
)


def plan_record(plan: Plan, job: Job) -> dict[str, Any]:
    """The plan as plain JSON values; shares carry their counts beside them."""
    run = record(job)
    settings = plan.settings
    rollout = plan.rollout
    if rollout is not None:
        rollout = mask(rollout, "calls", [], job.settings.smallest_count)
    return {
        "files": run["files"],
        "policy": run["policy"],
        "period": run["period"],
        "teams": [asdict(team) for team in settings.teams],
        "assumptions": list(settings.assumptions),
        "steps": plan.steps.to_dicts(),
        "reasons": plan.losses.to_dicts(),
        "weeks": plan.simulated.weeks,
        "replications": settings.replications,
        "seed": settings.seed,
        "served": plan.simulated.summary.to_dicts(),
        "nine_to_five": plan.nine_to_five,
        "sizing": None
        if plan.sizing is None
        else {
            "target": plan.sizing.target,
            "teams": plan.sizing.teams,
            "tried": plan.sizing.tried.to_dicts(),
        },
        "best_schedule": None if plan.schedule is None else asdict(plan.schedule),
        "own_schedule_calls_per_week": plan.own_calls_per_week,
        "forecast": None
        if plan.forecast is None
        else {
            "method": plan.forecast.method,
            "by_week": _plain(plan.forecast.by_week),
            "back_test": _plain(plan.forecast.back_test),
        },
        "people": plan.people,
        "officer_hours_freed": asdict(plan.officer_hours_freed) if plan.officer_hours_freed else None,
        "cost": None
        if plan.balance is None
        else {
            "totals": plan.balance.totals.to_dicts(),
            "lines": plan.balance.lines.to_dicts(),
            "left_out": list(plan.balance.left_out),
        },
        "power": None
        if plan.power is None
        else {
            "minimum_detectable_effect": plan.power.minimum_detectable_effect,
            "sentence": plan.power.sentence,
            "curve": plan.power.curve.to_dicts(),
            "false_alarms": plan.power.false_alarms,
            "arrangements": plan.power.arrangements,
        },
        "rollout": None if rollout is None else rollout.to_dicts(),
        "not_computed": dict(plan.left_out),
        "hashes": run["hashes"],
        "warnings": run["warnings"],
    }


def _plain(table: pl.DataFrame) -> list[dict[str, Any]]:
    return table.with_columns(pl.col(pl.Date).cast(pl.String)).to_dicts()


def write_plan(plan: Plan, job: Job, out: Path, *, force: bool = False) -> None:
    """Write FILES into `out`; on any failure `out` stays as it was."""
    smallest = job.settings.smallest_count

    def write(folder: Path) -> None:
        write_csv(plan.steps, folder / "steps.csv")
        write_csv(plan.losses, folder / "reasons.csv")
        write_csv(plan.grid, folder / "coverage.csv")
        write_csv(areas_table(plan, smallest), folder / "areas.csv")
        write_csv(plan.simulated.summary, folder / "served.csv")
        (folder / "study.toml").write_text(draft_study(plan, job), encoding="utf-8")
        html = plan_html(
            plan,
            job.policy,
            place=job.detection.layout.place or "",
            period=period_words(period(job)),
            warnings=job.warnings,
            command=plan_command(plan.settings, job),
            smallest_count=smallest,
        )
        (folder / "plan.html").write_text(html, encoding="utf-8")
        (folder / "plan.json").write_text(
            json.dumps(plan_record(plan, job), indent=2, ensure_ascii=False) + "\n",
            encoding="utf-8",
        )

    write_folder(out, FILES, write, force=force, what="plan")


def plan_command(settings: PlanSettings, job: Job) -> list[str]:
    """The command that repeats a plan; settings that are no options stand in a plan.toml."""
    words = ["rightcall", "plan", *(f.name for f in job.files), *repeat_options(job)]
    first = settings.teams[0]
    bare = PlanSettings(
        alike(Team(first.name, first.schedule), len(settings.teams)),
        target=settings.target,
        replications=settings.replications,
        seed=settings.seed,
    )
    if settings != bare:
        words += ["--config", "plan.toml"]
    else:
        target = settings.target
        if target is None:
            words += ["--teams", str(len(settings.teams))]
        elif target.served_share is not None:
            words += ["--target-served", f"{target.served_share:g}"]
        else:
            words += ["--target-response", f"{target.response_p90_minutes:g}"]
        words += ["--hours", first.schedule]
    words += ["--replications", str(settings.replications)] if settings.replications != 50 else []
    return [*words, "--seed", str(settings.seed), "--out", "plan"]
