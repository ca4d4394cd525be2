"""The best week of shifts for a given number of team-hours, by exact search.

The objective is stated and simple: calls per week that find a free team, where each hour's calls come evenly and the
teams on duty lose the share that Erlang's loss formula gives. More teams in one hour help less and less, so the
problem is a small integer program, which HiGHS solves to within a thousandth of a proven bound. The simulation then
tells what the schedule serves in truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from call_codes.errors import UsageError
from call_codes.hours import parse_hours
from evaluation.before.coverage import DAY_SETS, HOURS_PER_WEEK, schedule_text
from evaluation.before.erlang import erlang_b

# The sets of days on which a team of a regular week works.
REGULAR: Final = ("mon-sun", "mon-fri", "sat-sun")


@dataclass(frozen=True)
class BestSchedule:
    """Shifts as (start hour of the week, hours long), one entry per shift and team.

    teams: one line of hours per team; no team has two shifts at once. calls_per_week: the
    objective reached; bound: no schedule of these hours can do better than this.
    """

    shifts: tuple[tuple[int, int], ...]
    teams: tuple[str, ...]
    team_hours: int
    calls_per_week: float
    bound: float


def best_schedule(
    calls_per_hour: Sequence[float],
    minutes_per_call: float,
    team_hours: int,
    *,
    shift_hours: Sequence[int] = (8, 10, 12),
    most_teams: int = 12,
    same_times: bool = True,
) -> BestSchedule:
    """The shifts that answer most calls within `team_hours` per week.

    calls_per_hour: 168 eligible, accepted calls per hour of an average week, Monday 00:00 first. minutes_per_call:
    travel and service. Maximises Σ_h λ_h (1 − B(λ_h·m/60, n_h)) with B Erlang's loss formula and n_h the teams on
    duty in hour h, subject to Σ shift lengths ≤ team_hours. same_times: a team starts at one time on all its days,
    which are every day, the working days or the weekend; False lets every shift lie anywhere, without rest rules:
    what the regular week costs is the difference. Raises UsageError where not one shift
    fits or a number is not above 0.
    """
    rate = np.asarray(calls_per_hour, float)
    if len(rate) != HOURS_PER_WEEK or (rate < 0).any() or rate.sum() == 0:
        raise UsageError(
            found=f"{len(rate)} hourly rates with a sum of {rate.sum():g}.",
            expected="168 numbers of 0 or more, not all 0.",
            action="Give one rate for each hour of the week.",
        )
    if minutes_per_call <= 0 or team_hours < min(shift_hours) * (2 if same_times else 1):
        raise UsageError(
            found=f"{team_hours} team-hours a week, shifts of {', '.join(map(str, shift_hours))} hours and "
            f"{minutes_per_call:g} minutes a call.",
            expected="time for one shift at least, and calls that take more than 0 minutes.",
            action="Give more team-hours or shorter shifts.",
        )
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    days = [DAY_SETS[name] for name in REGULAR] if same_times else [(day,) for day in range(7)]
    patterns = [
        tuple((day * 24 + start, length) for day in on)
        for on in days
        for start in range(24)
        for length in shift_hours
    ]
    hours_of = np.array([sum(length for _, length in pattern) for pattern in patterns])
    covers = np.zeros((HOURS_PER_WEEK, len(patterns)))
    for column, pattern in enumerate(patterns):
        for start, length in pattern:
            covers[(start + np.arange(length)) % HOURS_PER_WEEK, column] += 1
    answered = np.array(
        [[r * (1 - erlang_b(r * minutes_per_call / 60, n)) for n in range(most_teams + 1)] for r in rate]
    )
    gain = np.diff(answered, axis=1)  # falls with every further team
    steps = np.kron(np.eye(HOURS_PER_WEEK), np.ones(most_teams))
    filled = csr_array(np.hstack([-covers, steps]))
    spent = csr_array(np.append(hours_of, np.zeros(steps.shape[1]))[None, :])
    # A hair's cost per team-hour: of two schedules that answer the same, the shorter one.
    cost = np.concatenate([1e-7 * hours_of, -gain.ravel()])
    result = milp(
        cost,
        integrality=np.concatenate([np.ones(len(patterns)), np.zeros(steps.shape[1])]),
        bounds=Bounds(0, np.concatenate([np.full(len(patterns), most_teams), np.ones(steps.shape[1])])),
        constraints=[LinearConstraint(filled, -np.inf, 0), LinearConstraint(spent, 0, team_hours)],
        options={"mip_rel_gap": 1e-3, "time_limit": 60},
    )
    if result.x is None:
        raise UsageError(
            found=f"no schedule within a minute of search ({result.message}).",
            expected="a week of fewer team-hours.",
            action="Plan parts of the city or of the day by themselves.",
        )
    chosen = np.round(result.x[: len(patterns)]).astype(int)
    picked = [pattern for pattern, many in zip(patterns, chosen, strict=True) for _ in range(many)]
    shifts = tuple(sorted(shift for pattern in picked for shift in pattern))
    on_duty = np.minimum((covers @ chosen).astype(int), most_teams)
    return BestSchedule(
        shifts=shifts,
        teams=tuple(schedule_text(pattern) for pattern in picked) if same_times else _dealt(shifts),
        team_hours=sum(length for _, length in shifts),
        calls_per_week=float(answered[np.arange(HOURS_PER_WEEK), on_duty].sum()),
        bound=float(-result.mip_dual_bound + 1e-7 * team_hours),
    )


def counted_calls(
    calls_per_hour: Sequence[float], minutes_per_call: float, schedules: Sequence[str]
) -> float:
    """The objective of best_schedule for given lines of hours, one per team; an hour open in part counts by the part.

    Raises PolicyError for hours that cannot be read.
    """
    on_duty = np.zeros(HOURS_PER_WEEK)
    for schedule in schedules:
        for start, end in parse_hours(schedule).spans:
            for hour in range(start // 60, -(-end // 60)):
                on_duty[hour] += (min(end, 60 * hour + 60) - max(start, 60 * hour)) / 60
    total = 0.0
    for rate, teams in zip(calls_per_hour, on_duty, strict=True):
        whole, part = int(teams), teams - int(teams)
        load = rate * minutes_per_call / 60
        total += rate * (1 - (1 - part) * erlang_b(load, whole) - part * erlang_b(load, whole + 1))
    return float(total)


def _dealt(shifts: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """Shifts dealt to as few teams as possible without overlap; the week is a ring."""
    teams: list[list[tuple[int, int]]] = []
    for start, length in sorted(shifts):
        for mine in teams:
            last_start, last_length = mine[-1]
            first_start = mine[0][0]
            if last_start + last_length <= start and start + length <= first_start + HOURS_PER_WEEK:
                mine.append((start, length))
                break
        else:
            teams.append([(start, length)])
    return tuple(schedule_text(mine) for mine in teams)
