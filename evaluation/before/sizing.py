"""How many teams a target needs, and how many people it takes to keep those teams on the street.

The number of teams comes from the simulation, one team more at a time, until the target holds in nearly all
replications. People come from the shift-relief factor: a seat that is always filled needs more than one person,
because people have days off, leave and training.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

import polars as pl

from call_codes.errors import UsageError
from evaluation.before.demand import Demand
from evaluation.before.roster import Team
from evaluation.before.simulation import Rules, Simulated, simulate

WEEKS_PER_YEAR = 365.25 / 7


@dataclass(frozen=True)
class Sizing:
    """teams: the fewest that meet the target, None where not even the most tried do.

    - tried: teams, measure, mean, low, high, meets: one row per number of teams.
    - target: in words. simulated: the run with `teams` (or with the most tried).
    """

    teams: int | None
    tried: pl.DataFrame
    target: str
    simulated: Simulated


def fewest_teams(
    demand: Demand,
    teams: Callable[[int], Sequence[Team]],
    rules: Rules,
    *,
    served_share: float | None = None,
    response_p90_minutes: float | None = None,
    most: int = 40,
    replications: int = 20,
    seed: int = 0,
) -> Sizing:
    """Fewest teams for a served share of eligible calls, or for a response time that 90 % of served calls keep.

    teams(n) gives the roster of n teams. Give exactly one target. It is met where the less favourable end of the
    middle 95 % of replications meets it. With a loss rule a response time alone is no target to steer by, since the
    calls that are not served have none: the table shows both. Raises UsageError for none or two targets.
    """
    check_target(served_share, response_p90_minutes)
    measure = "served_share" if served_share is not None else "response_p90_minutes"
    rows = []
    met: int | None = None
    for count in range(1, most + 1):
        simulated = simulate(demand, teams(count), rules, replications=replications, seed=seed)
        found = simulated.summary.filter(measure=measure).row(0, named=True)
        if found["mean"] is None:
            meets = False
        elif served_share is not None:
            meets = found["low"] >= served_share
        else:
            meets = found["high"] <= (response_p90_minutes or 0)
        rows.append({"teams": count, **found, "meets": meets})
        if meets:
            met = count
            break
        if _no_better(rows, measure):
            break
    target = (
        f"at least {100 * served_share:g}% of eligible calls served"
        if served_share is not None
        else f"90% of served calls reached within {response_p90_minutes:g} minutes"
    )
    return Sizing(met, pl.DataFrame(rows, infer_schema_length=None), target, simulated)


def check_target(served_share: float | None, response_p90_minutes: float | None) -> None:
    """Raise UsageError unless exactly one target is given, and one that can be."""
    if (served_share is None) == (response_p90_minutes is None):
        raise UsageError(
            found="no target, or two at once.",
            expected="either a served share or a response time.",
            action="Give one of the two.",
        )
    if served_share is not None and not 0 < served_share <= 1:
        raise UsageError(
            found=f"a served share of {served_share:g}.",
            expected="above 0 and at most 1 (0.8 is 80%).",
            action="Correct the target.",
        )
    if response_p90_minutes is not None and not response_p90_minutes > 0:
        raise UsageError(
            found=f"a response time of {response_p90_minutes:g} minutes.",
            expected="more than 0 minutes.",
            action="Correct the target.",
        )


def shift_relief_factor(hours_per_year_on_duty: float, net_hours_per_person: float) -> float:
    """People needed for one seat: hours that the seat is filled in a year / hours that one person works.

    The usual factor of police staffing studies. net_hours_per_person: paid hours less leave, training and other
    time away. Raises UsageError where a number is not above 0.
    """
    if hours_per_year_on_duty <= 0 or net_hours_per_person <= 0:
        raise UsageError(
            found=f"{hours_per_year_on_duty:g} hours on duty and {net_hours_per_person:g} hours per person.",
            expected="numbers above 0.",
            action="Correct them.",
        )
    return hours_per_year_on_duty / net_hours_per_person


def people_needed(teams: Sequence[Team], people_per_team: int, net_hours_per_person: float) -> int:
    """People to hire for these teams, rounded up: team-hours a year × people per team / hours one person works."""
    hours = sum(team.hours_per_week for team in teams) * WEEKS_PER_YEAR
    return ceil(round(shift_relief_factor(hours * people_per_team, net_hours_per_person), 6))


def _no_better(rows: list[dict[str, float]], measure: str) -> bool:
    """Whether two more teams changed nothing: then hours, areas or the screening are the limit, not teams."""
    if len(rows) < 3 or rows[-1]["mean"] is None or rows[-3]["mean"] is None:
        return False
    scale = max(abs(rows[-3]["mean"]), 1e-9)
    return abs(rows[-1]["mean"] - rows[-3]["mean"]) < 1e-3 * scale
