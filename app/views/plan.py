"""The page of planning: teams and shifts chosen by hand, replayed on the city's own calls."""

from __future__ import annotations

import polars as pl
import streamlit as st

from app import plan_charts, session
from app import plan_words as words
from app.charts import cascade_chart
from app.figures import show_figure
from app.job import Job
from app.plain_table import plain_table
from app.plan_report import in_short
from app.report_tables import Words
from call_codes.errors import RightcallError
from evaluation.before.plan import Plan, make_plan
from evaluation.before.plan_settings import PlanSettings, teams_of
from evaluation.before.simulation import Rules

SCHEDULES = {
    "mon-fri 09:00-17:00": "Working days, 9 am to 5 pm",
    "mon-sun 08:00-24:00": "Every day, 8 am to midnight",
    "mon-sun 10:00-22:00": "Every day, 10 am to 10 pm",
    "mon-sun 00:00-24:00": "Around the clock",
}
OWN = "Hours of your own"
REPLICATIONS = 20


def show(opened: session.Opened) -> None:
    """Draw the page."""
    st.title("Plan")
    st.text(
        "What teams on given shifts would have met and served, replayed on this city's own calls. Calls that no team "
        "could take went to police, as they do today."
    )
    try:
        settings = choose(opened)
        plan = planned(opened.key, repr(settings), opened.job, settings)
    except RightcallError as error:
        with st.container(border=True):
            st.text(error.found)
            st.text(error.action)
        return
    with st.container(border=True):
        for sentence in in_short(plan):
            st.text(f"• {sentence}")
    show_steps(plan)
    show_coverage(plan, opened.job.settings.smallest_count)
    show_teams(plan)
    if plan.power is not None:
        st.header("Could an evaluation tell?")
        show_figure(plan.power.sentence, plan_charts.power_chart(plan.power.curve), _power_table(plan))
    st.header("Assumptions")
    for line in settings.assumptions:
        st.text(f"• {line}")
    st.caption("More (costs, several shifts, roll-out by lot, a draft of the study): rightcall plan --help")


def choose(opened: session.Opened) -> PlanSettings:
    """Teams, hours and screening. Raises RightcallError for hours that cannot be read."""
    left, right = st.columns(2)
    count = left.slider("Teams at a time", 1, 20, 2, key="teams", persist_state="session")
    options = [*SCHEDULES, OWN]
    chosen = right.selectbox(
        "On duty",
        options,
        index=1,
        format_func=lambda name: SCHEDULES.get(name, name),
        key="schedule",
        persist_state="session",
    )
    schedule = chosen or options[1]
    if schedule == OWN:
        schedule = right.text_input(
            "Hours, such as mon-fri 07:00-15:00; sat 10:00-26:00 (26:00 is 2 am of the next day)",
            "mon-fri 07:00-15:00",
            key="own_schedule",
            persist_state="session",
        )
    accepted = left.slider(
        "Of 100 eligible calls, so many pass the call-taker's questions",
        5,
        100,
        100,
        5,
        key="accepted",
        persist_state="session",
        help="Eligible means that the call type fits. A call-taker may still see a reason to send police. "
        "Take the number from a city that screens, and say which.",
    )
    share = accepted / 100
    rules = Rules(share, share, share, "chosen on this page")
    return PlanSettings(teams=teams_of(count, schedule), rules=rules, replications=REPLICATIONS)


@st.cache_resource(max_entries=16, show_spinner="Replaying the calls …", scope="session")
def planned(key: str, settings_key: str, _job: Job, _settings: PlanSettings) -> Plan:
    """evaluation.before.plan.make_plan of the opened job. key and settings_key tell one answer from another."""
    return make_plan(
        _job.calls,
        _job.units,
        _job.policy,
        _settings,
        time_zone=_job.detection.layout.zone,
        cap_hours=_job.settings.cap_hours,
    )


def show_steps(plan: Plan) -> None:
    """From all calls to calls served without police, with the reasons."""
    st.header("From all calls to served calls")
    whole = plan.steps.with_columns(pl.col(f"calls_{r}").round() for r in ("low", "policy", "high"))
    table = words.steps_words(plan)
    show_figure(table.caption, cascade_chart(whole), _html(table))
    with st.expander("Why calls are not served"):
        st.html(_html(words.losses_words(plan)))


def show_coverage(plan: Plan, smallest_count: int) -> None:
    """Start and length of a daily shift."""
    st.header("Which hours hold the calls")
    days = st.selectbox(
        "Days", plan.grid["days"].unique(maintain_order=True).to_list(), key="days", persist_state="session"
    )
    grid = plan.grid.filter(pl.col("days") == days)
    shown = grid.filter(pl.col("hours_long").is_in(plan_charts.LENGTHS))
    table = plain_table(
        "Percent of eligible calls that come while the doors are open",
        ["Start", *(f"{n} hours" for n in plan_charts.LENGTHS)],
        [
            [f"{start:02d}:00", *(f"{100 * (share or 0):.0f}" for share in rows["calls_share"])]
            for (start,), rows in shown.group_by("start_hour", maintain_order=True)
        ],
    )
    show_figure(
        "Share of eligible calls that come while the doors are open, by start and length of a shift.",
        plan_charts.coverage_heatmap(plan.grid, str(days)),
        table,
    )
    with st.expander("By area"):
        st.html(_html(words.areas_words(plan, smallest_count)))


def show_teams(plan: Plan) -> None:
    """What the teams would do, and the best shifts for the same hours."""
    st.header("Teams")
    for table in (words.served_words(plan), words.schedule_words(plan)):
        if table is None:
            continue
        st.html(_html(table))
        if table.note:
            st.caption(table.note)


def _power_table(plan: Plan) -> str:
    assert plan.power is not None
    return plain_table(
        "How often an effect would be found",
        ["Effect", "Of 100 trials", "Low", "High"],
        [
            [f"{100 * row['effect']:.0f}%", *(f"{100 * row[c]:.0f}" for c in ("power", "low", "high"))]
            for row in plan.power.curve.iter_rows(named=True)
        ],
    )


def _html(table: Words) -> str:
    numbers = [i for i, name in enumerate(table.columns) if name in table.numeric]
    return plain_table(table.caption, table.columns, table.rows, min(numbers) if numbers else None)


if __name__ == "__main__":
    show(session.current())
