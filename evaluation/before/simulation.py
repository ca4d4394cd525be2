"""What a given number of teams on given shifts would serve, by replaying the city's own calls many times over.

Each replication puts the city's weeks in a new random order (with repetition), lets each call pass the screening or
not, draws how long it takes, and follows every call to its end: served, lost for a named reason, or still waiting.
The spread between replications is the interval. A call that no team can take goes to police, as it does today.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from call_codes.errors import UsageError
from evaluation.before.demand import Demand
from evaluation.before.replay_weeks import ReplayWeeks
from evaluation.before.roster import Team, crew_of, utc_seconds

NOT_ACCEPTED: Final = "not accepted by the screening"


@dataclass(frozen=True)
class Rules:
    """How calls reach a team.

    - accepted_share: share of eligible calls that pass the call-taker's screening; accepted_low, accepted_high: the
      range that replications draw it from: evenly below and evenly above accepted_share, which stays the mean;
      accepted_source: where they come from.
    - joint_share: share of served calls to which police go as well; back_up_share: share of the other served
      calls at which the team asks for police. Neither frees all of the officer time.
    - hold_minutes: how long a call may wait for a team before police go; 0 = not at all, None = without limit.
    - waiting_limit: how many calls may wait at once, None = any number.
    """

    accepted_share: float = 1.0
    accepted_low: float = 1.0
    accepted_high: float = 1.0
    accepted_source: str = "assumed: every eligible call is accepted"
    joint_share: float = 0.0
    back_up_share: float = 0.0
    hold_minutes: float | None = 0.0
    waiting_limit: int | None = None

    def __post_init__(self) -> None:
        shares = {
            name: getattr(self, name)
            for name in ("accepted_low", "accepted_share", "accepted_high", "joint_share", "back_up_share")
        }
        wrong = {name: value for name, value in shares.items() if not 0 <= value <= 1}
        if wrong or not self.accepted_low <= self.accepted_share <= self.accepted_high:
            told = ", ".join(f"{name} = {value:g}" for name, value in (wrong or shares).items())
            raise UsageError(
                found=f"shares that cannot be: {told}.",
                expected="shares between 0 and 1, and accepted_low ≤ accepted_share ≤ accepted_high.",
                action="Correct the shares in the configuration (0.25 is 25%).",
            )
        if (self.hold_minutes or 0) < 0 or (self.waiting_limit or 0) < 0:
            raise UsageError(
                found=f"hold_minutes = {self.hold_minutes}, waiting_limit = {self.waiting_limit}.",
                expected="0 or more.",
                action="Correct the waiting rule.",
            )


@dataclass(frozen=True)
class Simulated:
    """What came out.

    - replications: one row each: eligible_calls, the number of calls with each fate (columns as in
      event_loop.FATES and "not accepted by the screening"), served_share (of eligible_calls), response_p50_minutes
      and response_p90_minutes (call to arrival, served calls), utilisation (team time on calls / time on duty),
      overtime_hours, joint_calls, back_up_calls.
    - summary: measure, mean, low, high: the mean over replications and the middle 95 % of them.
    - by_hour, by_area: hour_of_week or area, eligible_calls, served_calls, lost_calls: means per replication.
    - weeks: length of one replication, in days that the export holds / 7; weekdays: how many of each day of the week it
      has, Monday first.
    - drawn: whether weeks were drawn, or the very calls replayed because there are too few weeks to draw from.
    """

    replications: pl.DataFrame
    summary: pl.DataFrame
    by_hour: pl.DataFrame
    by_area: pl.DataFrame
    weeks: float
    weekdays: tuple[float, ...]
    drawn: bool


def simulate(
    demand: Demand,
    teams: Sequence[Team],
    rules: Rules | None = None,
    *,
    replications: int = 50,
    seed: int = 0,
    resample_weeks: bool = True,
) -> Simulated:
    """Replay the city's calls `replications` times through `teams`.

    resample_weeks: put whole calendar weeks (Monday to Sunday; a first or last week of less than seven days is
    left out) together anew with repetition, so that the interval carries how weeks differ; False, or fewer than
    replay_weeks.FEWEST_WEEKS of them, replays the very calls once per replication. Raises UsageError for no team, an area not in
    the data, or under two replications.
    """
    from evaluation.before.event_loop import FAR_AWAY, FATES, NO_LIMIT, SERVED, pass_calls

    rules = rules or Rules()
    check_replications(replications)
    weeks = ReplayWeeks.of(demand, resample_weeks)
    areas = demand.areas
    crew = crew_of(teams, areas, weeks.first, weeks.last, demand.time_zone)
    codes = {area: number for number, area in enumerate(areas)}
    area = demand.calls["area"].replace_strict(codes, return_dtype=pl.Int32).to_numpy()
    urgency = demand.calls["urgency"].to_numpy()
    hold = NO_LIMIT if rules.hold_minutes is None else round(rules.hold_minutes * 60)
    limit = NO_LIMIT if rules.waiting_limit is None else rules.waiting_limit
    end = utc_seconds(np.array([weeks.end_wall]), demand.time_zone)[0]
    # Nobody is on duty on a day that the export does not hold: it has no calls because nobody kept them.
    duty_seconds = sum(
        int((np.clip(crew.shift_off, start, until) - np.clip(crew.shift_on, start, until)).sum())
        for start, until in utc_seconds(weeks.stretches(), demand.time_zone).reshape(-1, 2)
    )
    if duty_seconds <= 0:
        raise UsageError(
            found="shifts that never open within the time that the calls cover.",
            expected="teams on duty at some time.",
            action="Correct the schedules.",
        )
    rows = []
    by_hour = np.zeros((168, 2))
    by_area = np.zeros((len(areas), 2))
    for number in range(replications):
        rng = np.random.default_rng([seed, number])
        picked, wall, arrival = weeks.draw(rng)
        hour = (wall // 3600 + 72) % 168
        accepted = rng.random(len(picked)) < _drawn_share(rules, rng)
        travel = rng.choice(demand.travel_seconds, len(picked))
        busy = travel + rng.choice(demand.service_seconds, len(picked))
        kept = np.flatnonzero(accepted)
        passed = pass_calls(
            crew,
            arrival[kept],
            area[picked][kept],
            urgency[picked][kept],
            busy[kept],
            hold_seconds=hold,
            waiting_limit=limit,
            end=int(end),
        )
        served = kept[passed.fate == SERVED]
        who, set_off = passed.team[passed.fate == SERVED], passed.set_off[passed.fate == SERVED]
        extra = crew.extra_travel[who, area[picked][served]]
        response = (set_off - arrival[served] + travel[served] + extra) / 60
        free = set_off + busy[served] + extra
        ends = _shift_ends(crew.shift_off, who, set_off)
        joint = rng.random(len(served)) < rules.joint_share
        back_up = ~joint & (rng.random(len(served)) < rules.back_up_share)
        fates = np.bincount(passed.fate, minlength=len(FATES))
        rows.append(
            {
                "eligible_calls": len(picked),
                NOT_ACCEPTED: int((~accepted).sum()),
                **dict(zip(FATES, fates.tolist(), strict=True)),
                "served_share": len(served) / len(picked) if len(picked) else None,
                "response_p50_minutes": float(np.quantile(response, 0.5)) if len(served) else None,
                "response_p90_minutes": float(np.quantile(response, 0.9)) if len(served) else None,
                "utilisation": float((busy[served] + extra).sum() / duty_seconds),
                "overtime_hours": float(np.maximum(free - ends, 0)[ends < FAR_AWAY].sum() / 3600),
                "joint_calls": int(joint.sum()),
                "back_up_calls": int(back_up.sum()),
            }
        )
        by_hour[:, 0] += np.bincount(hour, minlength=168)
        by_hour[:, 1] += np.bincount(hour[served], minlength=168)
        by_area[:, 0] += np.bincount(area[picked], minlength=len(areas))
        by_area[:, 1] += np.bincount(area[picked][served], minlength=len(areas))
    table = pl.DataFrame(rows, infer_schema_length=None)
    return Simulated(
        replications=table,
        summary=summary_of(table),
        by_hour=_counts("hour_of_week", np.arange(168), by_hour / replications),
        by_area=_counts("area", np.array(areas), by_area / replications),
        weeks=float(weeks.held.sum()) / 7,
        weekdays=weeks.weekdays,
        drawn=weeks.resample,
    )


def check_replications(replications: int) -> None:
    """Raise UsageError for fewer than two: an interval needs two."""
    if replications < 2:
        raise UsageError(
            found=f"{replications} replications.",
            expected="2 or more (50 is the default).",
            action="Give more replications.",
        )


def _drawn_share(rules: Rules, rng: np.random.Generator) -> float:
    """An accepted share between its ends whose mean is accepted_share, however lopsided the range is."""
    low, middle, high = rules.accepted_low, rules.accepted_share, rules.accepted_high
    if low == high:
        return middle
    below = rng.random() < (high - middle) / (high - low)
    return float(rng.uniform(low, middle) if below else rng.uniform(middle, high))


def _shift_ends(shift_off: np.ndarray, team: np.ndarray, at: np.ndarray) -> np.ndarray:
    """When the shift ends in which each team set off."""
    ends = np.empty(len(at), np.int64)
    for k in range(len(shift_off)):
        mine = team == k
        ends[mine] = shift_off[k][np.searchsorted(shift_off[k], at[mine], side="right")]
    return ends


def summary_of(table: pl.DataFrame) -> pl.DataFrame:
    """The mean and the middle 95 % of the replications of every measure."""
    return (
        table.unpivot(variable_name="measure")
        .group_by("measure", maintain_order=True)
        .agg(
            pl.col("value").mean().alias("mean"),
            pl.col("value").quantile(0.025, "linear").alias("low"),
            pl.col("value").quantile(0.975, "linear").alias("high"),
        )
    )


def _counts(name: str, keys: np.ndarray, counts: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame(
        {
            name: keys,
            "eligible_calls": counts[:, 0],
            "served_calls": counts[:, 1],
            "lost_calls": counts[:, 0] - counts[:, 1],
        }
    )
