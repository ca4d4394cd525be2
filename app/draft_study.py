"""A draft of the later evaluation, written with the plan: the lot's areas, the policy, outcomes to look at.

It is a study file in which only the dates are missing, so that the design is fixed before anyone has seen a result:
fill in the days, then `rightcall evaluate lock study.toml`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date

import polars as pl

from app.job import Job
from app.summary import period
from evaluation.before.plan import Plan


def draft_study(plan: Plan, job: Job) -> str:
    """The draft as TOML text.

    The waves start two months after the data end and then every three months, always on the first of a month:
    stand-ins that the city replaces by its own dates before it locks the plan.
    """
    last_day = date.fromisoformat(period(job)["last_day"])
    lot = plan.rollout
    waves = [] if lot is None else sorted(lot["wave"].drop_nulls().unique().to_list())
    starts = [
        f'"{_first_of_month(last_day, 2 + 3 * (wave - 1))}" = {_areas(lot.filter(pl.col("wave") == wave)["area"])}'
        for wave in waves
        if lot is not None
    ]
    later = "" if lot is None else _areas(lot.filter(pl.col("wave").is_null())["area"])
    effect = (
        plan.power.sentence if plan.power else "Power was not computed: " + plan.left_out.get("power", "")
    )
    return f"""\
# Draft of the evaluation, written with the plan. The areas were drawn by lot; publish the lot before the start.
# The dates are stand-ins: write your own. Then lock the plan: rightcall evaluate lock study.toml
# {effect}
# Power is told for the number of eligible calls that police answer; police hours have a noise of their own.
question = "Did the program reduce police time on eligible calls?"
unit = "area_period"

[period]
every = "month"

[program]
{_lot(lot)}{_starts(starts)}
[comparison]
areas = {later or '"all_others"'}

[tables.calls]
# Where the calls are, seen from this file: the export, or a results folder of rightcall run.
run = {_quoted(_source(job))}
policy = {_quoted(job.policy.id)}

[outcomes.police_hours]
label = "Police unit-hours on eligible calls"
table = "calls"
measure = "unit_hours"
among = "eligible"
better = "lower"
generated_by = "officer"

[outcomes.eligible_calls]
label = "Eligible calls: the program should not change how many people call, or a little"
table = "calls"
measure = "count"
among = "eligible"
better = "neither"
generated_by = "resident"

[placebo_outcomes.other_police_hours]
label = "Police unit-hours on calls that stay with police"
table = "calls"
measure = "unit_hours"
among = "not_eligible"
better = "neither"
generated_by = "officer"

[plan]
primary_outcome = "police_hours"
alpha = 0.05
"""


def _lot(lot: pl.DataFrame | None) -> str:
    """What the lot decided, which the test of the effect is built on; nothing where none was drawn."""
    if lot is None:
        return ""
    drawn = "areas" if lot["wave"].is_null().any() else "order"
    return (
        f'assigned_by = "lot"\ndrawn = "{drawn}"\n'
        'lot = "drawn by rightcall plan, among areas with alike volume; its settings and its seed are in plan.json"\n'
    )


def _starts(lines: list[str]) -> str:
    return (
        "starts = {} # no areas in the data: write them\n"
        if not lines
        else "[program.starts]\n" + "\n".join(lines) + "\n"
    )


def _source(job: Job) -> str:
    return job.files[0].name if job.files else "results"


def _areas(areas: Iterable[str]) -> str:
    return "[" + ", ".join(_quoted(area) for area in sorted(areas)) + "]"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _first_of_month(day: date, months: int) -> date:
    month = day.month - 1 + months
    return date(day.year + month // 12, month % 12 + 1, 1)
