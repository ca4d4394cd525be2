"""What a city has decided, or assumes, about its program: teams, screening, waiting, durations, roll-out.

Read from a plan.toml or built from the command's options. Whatever is left out keeps a neutral value that is printed
as an assumption (every eligible call accepted, officers' own times on scene), so that nothing is assumed in silence.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from call_codes.errors import UsageError, did_you_mean
from evaluation.before.roster import Team, same_teams
from evaluation.before.simulation import Rules

_SECTIONS: Final = (
    "teams",
    "hours",
    "areas",
    "team",
    "screening",
    "rules",
    "durations",
    "people",
    "rollout",
    "costs",
)


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


@dataclass(frozen=True)
class People:
    """Who is on a team, and how many hours a year one person works (None: people to hire are not computed)."""

    per_team: int = 2
    net_hours_per_year: float | None = None
    supervisors: float = 0
    vehicles: int | None = None
    source: str = "assumed: two people on a team, a vehicle for each team"


@dataclass(frozen=True)
class Rollout:
    """The evaluation to come: areas that start, months before and after, waves of starting."""

    treated_areas: int | None = None
    months_before: int = 12
    months_after: int = 12
    waves: int = 1


@dataclass(frozen=True)
class PlanSettings:
    """Everything that a plan depends on besides the calls and the policy."""

    teams: tuple[Team, ...]
    rules: Rules = field(default_factory=Rules)
    durations: Durations = field(default_factory=Durations)
    people: People = field(default_factory=People)
    rollout: Rollout = field(default_factory=Rollout)
    costs: Path | None = None
    replications: int = 50
    seed: int = 1

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
            f"Time on a call: {self.durations.source}.",
            f"Police go along on {rules.joint_share:.0%} of served calls and are called to {rules.back_up_share:.0%} "
            "of the others.",
            hold,
            f"People: {self.people.source}.",
        )


def read_plan(path: Path, *, replications: int = 50, seed: int = 1) -> PlanSettings:
    """The settings in a plan.toml.

    Sections: teams and hours (so many teams of one schedule), or [[team]] with name, schedule, areas, home,
    other_area_minutes, break_minutes, break_after_hours; [screening] accepted_share, low, high, source; [rules]
    hold_minutes, waiting_limit, joint_share, back_up_share; [durations]; [people]; [rollout]; costs = "costs.toml".
    Raises UsageError for anything that cannot be read, with the section's name.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            found=f"{path.name} cannot be read: {error}.", expected="a TOML file.", action="Correct the file."
        ) from error
    for name in data:
        if name not in _SECTIONS:
            raise UsageError(
                found=f'"{name}" in {path.name}.{did_you_mean(name, _SECTIONS)}',
                expected=f"one of {', '.join(_SECTIONS)}.",
                action="Correct the name.",
            )
    if "team" in data:
        teams = tuple(_build(Team, _tuples(entry), "[[team]]") for entry in data["team"])
    elif "teams" in data and "hours" in data:
        areas = tuple(data["areas"]) if "areas" in data else None
        teams = teams_of(data["teams"], str(data["hours"]), areas)
    else:
        raise UsageError(
            found=f"no teams in {path.name}.",
            expected='teams = 2 and hours = "mon-fri 09:00-17:00", or [[team]] sections.',
            action="Add them.",
        )
    screening = dict(data.get("screening", {}))
    share = screening.pop("accepted_share", 1.0)
    given = {
        "accepted_share": share,
        "accepted_low": screening.pop("low", share),
        "accepted_high": screening.pop("high", share),
        "accepted_source": screening.pop("source", "no source given" if data.get("screening") else None),
        **data.get("rules", {}),
    }
    if screening:
        raise UsageError(
            found=f'"{next(iter(screening))}" in [screening].',
            expected="accepted_share, low, high, source.",
            action="Correct the name.",
        )
    return PlanSettings(
        teams=teams,
        rules=_build(Rules, {k: v for k, v in given.items() if v is not None}, "[rules]"),
        durations=_build(Durations, _tuples(data.get("durations", {})), "[durations]"),
        people=_build(People, data.get("people", {}), "[people]"),
        rollout=_build(Rollout, data.get("rollout", {}), "[rollout]"),
        costs=path.parent / data["costs"] if "costs" in data else None,
        replications=replications,
        seed=seed,
    )


def teams_of(count: Any, schedule: str, areas: tuple[str, ...] | None = None) -> tuple[Team, ...]:
    """`count` teams of one schedule. Raises UsageError for no team, and what the schedule raises."""
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise UsageError(
            found=f"{count} teams.",
            expected="a whole number of 1 or more.",
            action="Correct the number of teams.",
        )
    teams = same_teams(count, schedule)
    return tuple(Team(team.name, team.schedule, areas) for team in teams)


def _tuples(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}


def _build(kind: Any, values: Mapping[str, Any], section: str) -> Any:
    """`kind` with these values; unknown keys and values of another type are named."""
    known = [f.name for f in fields(kind)]
    for key, value in values.items():
        if key not in known:
            raise UsageError(
                found=f'"{key}" in {section}.{did_you_mean(key, known)}',
                expected=f"one of {', '.join(known)}.",
                action="Correct the name.",
            )
        if isinstance(value, str) != (key in ("name", "schedule", "home", "source", "accepted_source")):
            raise UsageError(
                found=f"{key} = {value!r} in {section}.",
                expected="a number." if isinstance(value, str) else "text in quotes.",
                action="Correct the value.",
            )
    return kind(**values)
