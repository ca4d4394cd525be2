"""Plans that the Plan page has made: each is kept for its browser session, and what teams do not change is kept apart."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import streamlit as st

from app import session
from app.job import Job
from app.plan_outputs import FILES, plan_command, write_plan
from evaluation.before.plan import Plan, accepted_per_hour, make_plan, minutes_per_call
from evaluation.before.plan_settings import PlanSettings
from evaluation.before.plan_toml import plan_toml
from evaluation.before.schedule import BestSchedule, best_schedule

MADE: Final = "plan_made"
_ROOM: Final = 12


def planned(opened: session.Opened, settings: PlanSettings) -> Plan:
    """evaluation.before.plan.make_plan of what is open. Raises RightcallError. The last one is left for the report."""
    plan = _planned(opened.key, repr(settings), opened.job, settings)
    st.session_state[MADE] = (opened.key, plan)
    return plan


def plan_made(opened: session.Opened) -> Plan | None:
    """The plan that was made last on what is open; None where there is none."""
    key, plan = st.session_state.get(MADE, ("", None))
    return plan if key == opened.key else None


@st.cache_resource(max_entries=24, show_spinner="Replaying the calls …", scope="session")
def _planned(key: str, settings_key: str, _job: Job, _settings: PlanSettings) -> Plan:
    memory = _memory(key)

    def keep(name: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        if name not in memory:
            while len(memory) >= _ROOM:
                memory.pop(next(iter(memory)))
            memory[name] = make()
        return memory[name]

    return make_plan(
        _job.calls,
        _job.units,
        _job.policy,
        _settings,
        time_zone=_job.detection.layout.zone,
        cap_hours=_job.settings.cap_hours,
        keep=keep,
    )


@st.cache_resource(max_entries=4, show_spinner=False, scope="session")
def _memory(key: str) -> dict[tuple[Any, ...], Any]:
    """What make_plan keeps between plans on the opened calls."""
    return {}


def week_of(opened: session.Opened, plan: Plan, team_hours: int) -> BestSchedule:
    """The best regular week of so many team-hours for the plan's calls. Raises UsageError."""
    return _week(opened.key, repr(plan.settings), team_hours, plan)


@st.cache_resource(max_entries=24, show_spinner="Looking for the best week …", scope="session")
def _week(key: str, settings_key: str, team_hours: int, _plan: Plan) -> BestSchedule:
    return best_schedule(
        accepted_per_hour(_plan.simulated, _plan.settings.rules),
        minutes_per_call(_plan.demand),
        team_hours,
        most_teams=max(12, len(_plan.settings.teams)),
    )


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
