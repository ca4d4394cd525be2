"""What a city has decided, or assumes, about its program: teams, screening, waiting, durations, roll-out.

Read from a plan.toml (plan_file.py) or built from the command's options. Whatever is left out keeps a neutral value
that is printed as an assumption (every eligible call accepted, officers' own times on scene), so that nothing is
assumed in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from call_codes.errors import UsageError
from evaluation.before.cost import Amount
from evaluation.before.roster import Team
from evaluation.before.simulation import Rules, check_replications
from evaluation.before.sizing import check_target


@dataclass(frozen=True)
class Durations:
    """How long calls take a team.

    factor: times the officers' recorded time on scene. Or medians and 90th percentiles in minutes, which replace the
    city's records: service_minutes and travel_minutes as (median, p90). source: where the numbers come from.
    """

    factor: float = 1.0
    service_minutes: tuple[float, float] | None = None
    travel_minutes: tuple[float, float] | None = None
    source: str = "assumed: a team stays as long as officers do today"

    def __post_init__(self) -> None:
        if not self.factor > 0:
            raise UsageError(
                found=f"a service factor of {self.factor:g}.",
                expected="a number above 0; 1 = as long as officers stay today.",
                action="Correct factor in [durations].",
            )
        for name in ("service_minutes", "travel_minutes"):
            pair = getattr(self, name)
            if pair is not None and not 0 < pair[0] <= pair[1] < float("inf"):
                raise UsageError(
                    found=f"{name} with a median of {pair[0]:g} and a 90th percentile of {pair[1]:g} minutes.",
                    expected="a median above 0 and a 90th percentile that is not below it.",
                    action=f"Correct {name} in [durations].",
                )

    @property
    def sentence(self) -> str:
        """How long a call takes a team, with the source."""
        times = "the recorded ones" + ("" if self.factor == 1 else f", times {self.factor:g}")
        if self.service_minutes:
            times = "half within {:g} minutes on scene, 9 of 10 within {:g}".format(*self.service_minutes)
        if self.travel_minutes:
            times += "; travel half within {:g} minutes, 9 of 10 within {:g}".format(*self.travel_minutes)
        own = self.source == Durations.source and (self.factor != 1 or self.service_minutes)
        return f"Time on a call: {times}; {'no source given' if own else self.source}."


@dataclass(frozen=True)
class People:
    """Who is on a team, and how many hours a year one person works (None: people to hire are not computed)."""

    per_team: int = 2
    net_hours_per_year: float | None = None
    supervisors: float = 0
    vehicles: int | None = None
    source: str = "assumed"

    def __post_init__(self) -> None:
        numbers = {
            "per_team": self.per_team,
            "net_hours_per_year": self.net_hours_per_year,
            "supervisors": self.supervisors,
            "vehicles": self.vehicles,
        }
        for name, number in numbers.items():
            least = 0 if name in ("supervisors", "vehicles") else 1
            if number is not None and not least <= number < float("inf"):
                raise UsageError(
                    found=f"{name} = {number:g} in [people].",
                    expected=f"{least} or more.",
                    action="Correct the number.",
                )

    @property
    def sentence(self) -> str:
        """Who and what a team is made of, with the source."""
        cars = "a vehicle for each team" if self.vehicles is None else f"{self.vehicles} vehicles in all"
        return f"People: {self.per_team} on a team, {cars}; {self.source}."


@dataclass(frozen=True)
class Rollout:
    """The evaluation to come: areas that start, months before and after, waves of starting."""

    treated_areas: int | None = None
    months_before: int = 12
    months_after: int = 12
    waves: int = 1


@dataclass(frozen=True)
class Target:
    """What the number of teams is to reach: one of the two; see evaluation.before.sizing.fewest_teams."""

    served_share: float | None = None
    response_p90_minutes: float | None = None

    def __post_init__(self) -> None:
        check_target(self.served_share, self.response_p90_minutes)


@dataclass(frozen=True)
class PlanSettings:
    """Everything that a plan depends on besides the calls and the policy.

    target: where it is given, as many teams like the first of `teams` as it takes. costs: the city's amounts by cost
    item (evaluation.before.cost.load_costs); None: costs are not computed. avoided: by cost item (a booking,
    a visit to an emergency department), how many of them 100 served calls avoid: the city's own numbers.
    """

    teams: tuple[Team, ...]
    rules: Rules = field(default_factory=Rules)
    durations: Durations = field(default_factory=Durations)
    people: People = field(default_factory=People)
    rollout: Rollout = field(default_factory=Rollout)
    costs: Mapping[str, Amount] | None = None
    avoided: Mapping[str, Amount] = field(default_factory=dict)
    target: Target | None = None
    replications: int = 50
    seed: int = 1

    def __post_init__(self) -> None:
        check_replications(self.replications)
        if self.seed < 0:
            raise UsageError(
                found=f"a seed of {self.seed}.",
                expected="a whole number of 0 or more.",
                action="Choose another --seed.",
            )

    @property
    def assumptions(self) -> tuple[str, ...]:
        """In words, what is assumed and where it comes from."""
        rules = self.rules
        hold = (
            "A call that finds no team free goes to police at once."
            if rules.hold_minutes == 0
            else "A call waits for a team as long as it takes."
            if rules.hold_minutes is None
            else f"A call waits up to {rules.hold_minutes:g} minutes for a team, then goes to police."
        )
        return (
            f"Screening: {rules.accepted_share:.0%} of eligible calls accepted "
            f"({rules.accepted_low:.0%} to {rules.accepted_high:.0%}); {rules.accepted_source}.",
            self.durations.sentence,
            f"Police go along on {rules.joint_share:.0%} of served calls and are called to {rules.back_up_share:.0%} "
            "of the others.",
            hold,
            self.people.sentence,
        )


def teams_of(count: Any, schedule: str, areas: tuple[str, ...] | None = None) -> tuple[Team, ...]:
    """`count` teams of one schedule. Raises UsageError for no team, and what the schedule raises."""
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise UsageError(
            found=f"{count} teams.",
            expected="a whole number of 1 or more.",
            action="Correct the number of teams.",
        )
    return alike(Team("Team 1", schedule, areas), count)


def alike(team: Team, count: int) -> tuple[Team, ...]:
    """`count` teams like this one, named "Team 1" and on."""
    return tuple(replace(team, name=f"Team {number}") for number in range(1, count + 1))
