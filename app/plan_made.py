"""Plans that the Plan page has made: each is kept by what was asked, and what teams do not change is kept apart."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import streamlit as st

from app import session
from app.job import Job
from app.plan_outputs import FILES, plan_command, write_plan
from evaluation.before.plan import Plan, accepted_per_hour, make_plan, minutes_per_call
from evaluation.before.plan_settings import PlanSettings
from evaluation.before.plan_toml import plan_toml
from evaluation.before.schedule import BestSchedule, best_schedule

MADE: Final = "plan_made"


def planned(opened: session.Opened, settings: PlanSettings) -> Plan:
    """evaluation.before.plan.make_plan of what is open. Raises RightcallError. The last one is left for the report."""
    plan = session.kept(opened, "plan", repr(settings), make=lambda: _plan(opened, settings))
    st.session_state[MADE] = (opened.key, plan)
    return plan


def plan_made(opened: session.Opened) -> Plan | None:
    """The plan that was made last on what is open; None where there is none."""
    key, plan = st.session_state.get(MADE, ("", None))
    return plan if key == opened.key else None


def _plan(opened: session.Opened, settings: PlanSettings) -> Plan:
    job = opened.job
    return make_plan(
        job.calls,
        job.units,
        job.policy,
        settings,
        time_zone=job.detection.layout.zone,
        cap_hours=job.settings.cap_hours,
        keep=lambda name, make: session.kept(opened, "part of a plan", repr(name), make=make),
    )


def week_of(opened: session.Opened, plan: Plan, team_hours: int) -> BestSchedule:
    """The best regular week of so many team-hours for the plan's calls. Raises UsageError."""

    def best() -> BestSchedule:
        return best_schedule(
            accepted_per_hour(plan.simulated, plan.settings.rules),
            minutes_per_call(plan.demand),
            team_hours,
            most_teams=max(12, len(plan.settings.teams)),
        )

    return session.kept(opened, "best week", repr(plan.settings), str(team_hours), make=best)


def plan_file(plan: Plan, job: Job, settings: PlanSettings) -> str:
    """The plan.toml that `rightcall plan --config` reads to the same numbers. settings: as asked, with any target."""
    import shlex

    return plan_toml(
        settings,
        f"A plan made in the app of Rightcall. To repeat it, beside the export:\n{shlex.join(plan_command(plan.settings, job))}",
    )


def plan_files(plan: Plan, job: Job, settings: PlanSettings) -> dict[str, bytes]:
    """app.plan_outputs.FILES by name, and plan.toml."""
    with tempfile.TemporaryDirectory(prefix="rightcall-") as folder:
        out = Path(folder) / "plan"
        write_plan(plan, job, out)
        files = {name: (out / name).read_bytes() for name in FILES}
    return {**files, "plan.toml": plan_file(plan, job, settings).encode()}
