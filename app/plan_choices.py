"""The choices of the Plan page: widgets in, evaluation.before.plan_settings.PlanSettings out.

Each widget stands in the page's address, so that a link restores the plan; amounts of money and their sources do
not, they go with the plan file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import streamlit as st

from app.plan_cost_form import choose_avoided, choose_costs, choose_people
from call_codes.errors import UsageError
from evaluation.before.plan_settings import Durations, PlanSettings, Rollout, Target, teams_of
from evaluation.before.roster import Team
from evaluation.before.simulation import Rules

SCHEDULES: Final = {
    "mon-fri 09:00-17:00": "Working days, 9 am to 5 pm",
    "mon-sun 08:00-24:00": "Every day, 8 am to midnight",
    "mon-sun 10:00-22:00": "Every day, 10 am to 10 pm",
    "mon-sun 00:00-24:00": "Around the clock",
}
OWN: Final = "own"
MOST_SHIFTS: Final = 12
ASKED: Final = {
    "teams": "I say how many teams",
    "served": "As many as it takes to serve a share of the calls",
    "response": "As many as it takes to arrive in time",
}
REPLICATIONS: Final = (20, 50, 200)
_HOURS_FORM: Final = "mon-fri 07:00-15:00; sat 10:00-26:00 (26:00 is 2 am of the next day)"


def choose(areas: Sequence[str]) -> PlanSettings:
    """The plan as chosen. areas: those of the data. Raises RightcallError for what cannot be."""
    asked = (
        st.radio(
            "How many teams",
            list(ASKED),
            format_func=lambda name: ASKED[name],
            key="plan_asked",
            bind="query-params",
        )
        or "teams"
    )
    target = _target(asked)
    groups = 1 if target else _number_of_groups()
    teams: list[Team] = []
    for number in range(1, groups + 1):
        teams += _shift(number, groups, areas, counted=target is None)
    with st.expander("Screening, waiting, and time on a call", key="plan_fold_rules"):
        rules, minutes, replications = _rules(), _time_on_a_call(), _replications()
    with st.expander("People and costs: your city's own amounts, none is preset", key="plan_fold_costs"):
        people = choose_people()
        costs = choose_costs()
        avoided = choose_avoided()
    rollout = _rollout()
    # Read last: a number that is half given must not take the widgets below it off the page.
    return PlanSettings(
        teams=tuple(replace(team, name=f"Team {number}") for number, team in enumerate(teams, 1)),
        rules=rules,
        durations=_durations(*minutes),
        people=people,
        rollout=rollout,
        costs=costs,
        avoided=avoided,
        target=target,
        replications=replications,
    )


def take_schedule(lines: Sequence[str]) -> None:
    """Put these hours, one line per team, into the widgets: for a button's callback, before the page runs."""
    groups = list(Counter(lines).items())[:MOST_SHIFTS]
    st.session_state["plan_asked"] = "teams"
    st.session_state["plan_shifts"] = len(groups)
    for number, (hours, count) in enumerate(groups, 1):
        st.session_state[f"plan_teams_{number}"] = count
        st.session_state[f"plan_hours_{number}"] = hours if hours in SCHEDULES else OWN
        st.session_state[f"plan_own_{number}"] = hours
        st.session_state[f"plan_areas_{number}"] = []


def _target(asked: str) -> Target | None:
    if asked == "served":
        share = st.slider(
            "Of 100 eligible calls, so many shall be served",
            5,
            100,
            60,
            5,
            key="plan_served",
            bind="query-params",
        )
        return Target(served_share=share / 100)
    if asked == "response":
        minutes = st.slider(
            "9 of 10 served calls shall be reached within (minutes)", 5, 120, 30, 5,
            key="plan_response", bind="query-params",
        )  # fmt: skip
        return Target(response_p90_minutes=float(minutes))
    return None


def _number_of_groups() -> int:
    return int(
        st.number_input(
            "Different shifts", 1, MOST_SHIFTS, 1, key="plan_shifts", bind="query-params",
            help="Teams that work at other hours, or in other areas, are a shift of their own.",
        )
    )  # fmt: skip


def _shift(number: int, groups: int, areas: Sequence[str], *, counted: bool) -> list[Team]:
    """The teams of one shift."""
    name = f", shift {number}" if groups > 1 else ""
    left, right = st.columns(2)
    count = 1
    if counted:
        count = left.slider(
            f"Teams at a time{name}",
            1,
            20,
            2 if number == 1 else 1,
            key=f"plan_teams_{number}",
            bind="query-params",
        )
    options = [*SCHEDULES, OWN]
    schedule = (
        right.selectbox(
            f"On duty{name}",
            options,
            index=1,
            format_func=lambda one: SCHEDULES.get(one, "Hours of your own"),
            key=f"plan_hours_{number}",
            bind="query-params",
        )
        or options[1]
    )
    if schedule == OWN:
        schedule = right.text_input(
            f"Hours{name}, such as {_HOURS_FORM}",
            "mon-fri 07:00-15:00",
            key=f"plan_own_{number}",
            bind="query-params",
        )
    where: list[str] = []
    if areas:
        where = (left if counted else right).multiselect(
            f"Areas{name}",
            list(areas),
            placeholder="Everywhere",
            key=f"plan_areas_{number}",
            bind="query-params",
        )
    return list(teams_of(count, schedule, tuple(where) or None))


def _rules() -> Rules:
    low, high = st.slider(
        "Of 100 eligible calls, so many pass the call-taker's questions (from, to)",
        0,
        100,
        (100, 100),
        5,
        key="plan_accepted",
        bind="query-params",
        help="Eligible means that the call type fits. A call-taker may still see a reason to send police. Take the "
        "numbers from a city that screens, and say which.",
    )
    source = st.text_input("Where these numbers come from", "", key="plan_source", bind="query-params")
    left, right = st.columns(2)
    joint = left.slider(
        "Police go along on so many of 100 served calls", 0, 100, 0, 5, key="plan_joint", bind="query-params"
    )
    back_up = right.slider(
        "Teams call police to so many of 100 others", 0, 100, 0, 1, key="plan_back_up", bind="query-params"
    )
    hold = st.slider(
        "Minutes that a call may wait for a team before police go",
        0,
        120,
        0,
        5,
        key="plan_hold",
        bind="query-params",
    )
    if low == high == 100:
        return Rules(joint_share=joint / 100, back_up_share=back_up / 100, hold_minutes=float(hold))
    return Rules(
        (low + high) / 200,
        low / 100,
        high / 100,
        source.strip() or "chosen in the app, no source given",
        joint / 100,
        back_up / 100,
        float(hold),
    )


def _time_on_a_call() -> tuple[float, tuple[int, int], tuple[int, int], str]:
    """Factor on recorded times, minutes on scene and of travel (half within, 9 of 10 within), and their source."""
    factor = st.slider(
        "A team stays so many times as long as officers do today",
        0.25,
        4.0,
        1.0,
        0.25,
        key="plan_factor",
        bind="query-params",
    )
    service = _minutes("on scene", "service")
    travel = _minutes("of travel", "travel")
    source = st.text_input(
        "Where the time on a call comes from", "", key="plan_minutes_source", bind="query-params"
    )
    return factor, service, travel, source.strip()


def _durations(factor: float, service: tuple[int, int], travel: tuple[int, int], source: str) -> Durations:
    """Raises UsageError for one number of minutes without the other."""
    on_scene, on_the_way = _pair("on scene", *service), _pair("of travel", *travel)
    if factor == 1 and on_scene is None and on_the_way is None:
        return Durations()
    return Durations(factor, on_scene, on_the_way, source or "chosen in the app, no source given")


def _minutes(what: str, name: str) -> tuple[int, int]:
    """Minutes that stand in for recorded ones: half of the calls within, 9 of 10 within; 0 for the recorded ones."""
    half, most = (
        column.number_input(
            f"Minutes {what}: {part} (0 = as recorded)",
            0,
            720,
            0,
            5,
            key=f"plan_{name}_{key}",
            bind="query-params",
            help="For an export that does not tell how long calls take, or a team that will take another time.",
        )
        for column, part, key in zip(
            st.columns(2), ("half of the calls within", "9 of 10 calls within"), ("half", "most"), strict=True
        )
    )
    return int(half), int(most)


def _pair(what: str, half: int, most: int) -> tuple[float, float] | None:
    if not half and not most:
        return None
    if not 0 < half <= most:
        raise UsageError(
            found=f"half of the calls within {half} minutes {what}, 9 of 10 within {most}.",
            expected="both numbers above 0, the second not below the first.",
            action=f"Give both numbers of minutes {what}, or 0 in both to take the recorded ones.",
        )
    return float(half), float(most)


def _replications() -> int:
    return int(
        st.selectbox(
            "How often the calls are replayed",
            REPLICATIONS,
            index=REPLICATIONS.index(PlanSettings.replications),
            format_func=str,
            key="plan_replays",
            bind="query-params",
            help="More replays give steadier ranges and take longer. The command line takes 50 as well.",
        )
        or PlanSettings.replications
    )


def _rollout() -> Rollout:
    with st.expander("The evaluation to come: areas, months, waves", key="plan_fold_rollout"):
        left, right = st.columns(2)
        treated = left.number_input(
            "Areas that start (0 = half of them)", 0, 500, 0, key="plan_treated", bind="query-params"
        )
        waves = right.number_input("Waves of starting", 1, 12, 1, key="plan_waves", bind="query-params")
        before = left.number_input("Months before", 2, 60, 12, key="plan_before", bind="query-params")
        after = right.number_input("Months after", 1, 60, 12, key="plan_after", bind="query-params")
    return Rollout(int(treated) or None, int(before), int(after), int(waves))
