"""Reading a plan.toml: what a city has decided, or assumes, about its program, as PlanSettings.

Whatever the file holds is checked before any call is read, so that nobody waits to learn of a misspelt name: unknown
names, values of the wrong kind, overlapping shifts, shares above 1, a cost file that cannot be read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from math import isinf
from pathlib import Path
from typing import Any, Final

from call_codes.errors import InputError, UsageError, did_you_mean
from evaluation.before.cost import Amount, cost_items, load_costs, read_amount
from evaluation.before.plan_settings import Durations, People, PlanSettings, Rollout, Target, teams_of
from evaluation.before.roster import Team
from evaluation.before.simulation import Rules

SECTIONS: Final = (
    "teams",
    "hours",
    "areas",
    "team",
    "target",
    "screening",
    "rules",
    "durations",
    "people",
    "rollout",
    "costs",
    "avoided",
)
_TEXTS: Final = ("name", "schedule", "home", "source", "accepted_source")
_LISTS_OF_TEXT: Final = ("areas",)
_PAIRS: Final = ("service_minutes", "travel_minutes")
_WHOLE: Final = (
    "waiting_limit", "per_team", "vehicles", "treated_areas", "months_before", "months_after", "waves",
)  # fmt: skip


def read_plan(path: Path, *, replications: int = 50, seed: int = 1) -> PlanSettings:
    """The settings in a plan.toml; see settings_of. A cost file that it names lies beside it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path.name, error) from error
    return settings_of(text, path.name, path.parent, replications=replications, seed=seed)


def settings_of(
    text: str, name: str, folder: Path | None, *, replications: int = 50, seed: int = 1
) -> PlanSettings:
    """The settings in the text of a plan.toml called `name`.

    Names: teams and hours, and areas where not everywhere (so many teams of one schedule), or [[team]] with name,
    schedule, areas, home, other_area_minutes, break_minutes, break_after_hours; [target] served_share or
    response_p90_minutes with hours instead of teams; [screening] accepted_share, low, high, source; [rules]
    hold_minutes (inf = as long as it takes), waiting_limit, joint_share, back_up_share; [durations]; [people];
    [rollout]; costs = "costs.toml" in `folder`, or a section [costs.person_per_year] for each amount;
    [avoided.booking] per_100_served_calls, low, high, source. Raises UsageError, and what its parts raise, for
    anything that cannot be read, with the section's name.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(name, error) from error
    for section in data:
        if section not in SECTIONS:
            raise _wrong(
                f'"{section}" in {name}.{did_you_mean(section, SECTIONS)}', f"one of {', '.join(SECTIONS)}."
            )
    target = _build(Target, _section(data, "target"), "[target]") if "target" in data else None
    return PlanSettings(
        teams=_teams(data, name, target),
        rules=_rules(data),
        durations=_build(Durations, _section(data, "durations"), "[durations]"),
        people=_build(People, _section(data, "people"), "[people]"),
        rollout=_build(Rollout, _section(data, "rollout"), "[rollout]"),
        costs=_costs(data.get("costs"), name, folder),
        avoided={
            item: _avoided(item, _section(_section(data, "avoided"), item, "avoided."))
            for item in _section(data, "avoided")
        },
        target=target,
        replications=replications,
        seed=seed,
    )


def _unreadable(name: str, error: Exception) -> UsageError:
    return UsageError(
        found=f"{name} cannot be read: {error}.", expected="a TOML file.", action="Correct the file."
    )


def _costs(given: Any, file: str, folder: Path | None) -> dict[str, Amount] | None:
    """The amounts, from the cost file that is named or from the sections in the plan itself."""
    if given is None:
        return None
    if isinstance(given, Mapping):
        return {item: read_amount(item, entry, f"[costs.{item}] in {file}") for item, entry in given.items()}
    if not isinstance(given, str):
        raise _wrong(f"costs = {given!r} in {file}.", 'the name of a file: costs = "costs.toml".')
    if folder is None:
        raise UsageError(
            found=f"a cost file, {given}, which did not come with {file}.",
            expected="the amounts in the plan itself: a section [costs.person_per_year] for each.",
            action="Copy the sections of the cost file into the plan, each with costs. before its name.",
        )
    return load_costs(folder / given)


def _teams(data: Mapping[str, Any], file: str, target: Target | None) -> tuple[Team, ...]:
    if "team" in data:
        entries = data["team"]
        if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
            raise _wrong(f"a [team] in {file} that is no list.", "[[team]] with two brackets for each team.")
        teams = []
        for entry in entries:
            missing = [name for name in ("name", "schedule") if name not in entry]
            if missing:
                raise _wrong(
                    f"a [[team]] without {' and '.join(missing)} in {file}.",
                    'a name and a schedule: name = "Team 1", schedule = "mon-fri 09:00-17:00".',
                )
            teams.append(_build(Team, entry, "[[team]]"))
        return tuple(teams)
    if "hours" not in data or ("teams" not in data and target is None):
        raise _wrong(
            f"no teams in {file}.",
            'teams = 2 and hours = "mon-fri 09:00-17:00", or [[team]] sections, or hours with a [target].',
        )
    areas = _value("areas", data["areas"], file) if "areas" in data else None
    return teams_of(data.get("teams", 1), str(data["hours"]), areas)


def _rules(data: Mapping[str, Any]) -> Rules:
    screening = dict(_section(data, "screening"))
    share = screening.pop("accepted_share", 1.0)
    given = {
        "accepted_share": share,
        "accepted_low": screening.pop("low", share),
        "accepted_high": screening.pop("high", share),
        **_section(data, "rules"),
    }
    if "screening" in data:
        given["accepted_source"] = screening.pop("source", "no source given")
    if screening:
        raise _wrong(f'"{next(iter(screening))}" in [screening].', "accepted_share, low, high, source.")
    hold = given.get("hold_minutes")
    if isinstance(hold, float) and isinf(hold):
        given["hold_minutes"] = None
    return _build(Rules, given, "[rules]")


def _avoided(item: str, entry: Mapping[str, Any]) -> Amount:
    """How many of `item` 100 served calls avoid."""
    known = [name for name, about in cost_items().items() if str(about["per"]).endswith("_avoided")]
    where = f"[avoided.{item}]"
    if item not in known:
        raise _wrong(f'"{item}" in [avoided].{did_you_mean(item, known)}', f"one of {', '.join(known)}.")
    names = ("per_100_served_calls", "low", "high", "source")
    unknown = [name for name in entry if name not in names]
    if unknown or not {"per_100_served_calls", "source"} <= set(entry):
        raise _wrong(
            f"{', '.join(entry)} in {where}.",
            f"{', '.join(names)}: a number without its source helps nobody.",
        )
    middle = entry["per_100_served_calls"]
    for number in (middle, entry.get("low", middle), entry.get("high", middle)):
        if not isinstance(number, int | float) or isinstance(number, bool):
            raise InputError(found=f"{number!r} in {where}.", expected="numbers.", action="Correct them.")
    return Amount(middle, entry.get("low", middle), entry.get("high", middle), str(entry["source"]))


def _section(data: Mapping[str, Any], name: str, inside: str = "") -> Mapping[str, Any]:
    section = data.get(name, {})
    if not isinstance(section, Mapping):
        raise _wrong(f"{name} = {section!r}.", f"a section [{inside}{name}] with names and values.")
    return section


def _build(kind: Any, values: Mapping[str, Any], section: str) -> Any:
    """`kind` with these values; unknown names and values of another type are named."""
    known = [f.name for f in fields(kind)]
    for key in values:
        if key not in known:
            raise _wrong(f'"{key}" in {section}.{did_you_mean(key, known)}', f"one of {', '.join(known)}.")
    return kind(**{key: _value(key, value, section) for key, value in values.items()})


def _value(key: str, value: Any, section: str) -> Any:
    """`value` as its dataclass takes it; raises UsageError for another kind of value."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if key in _TEXTS:
        fits, expected = isinstance(value, str), "text in quotes."
    elif key in _LISTS_OF_TEXT:
        fits = isinstance(value, list) and bool(value) and all(isinstance(part, str) for part in value)
        expected = 'a list of texts: ["1A", "1B"].'
    elif key in _PAIRS:
        fits = isinstance(value, list) and len(value) == 2
        fits = fits and all(isinstance(part, int | float) and not isinstance(part, bool) for part in value)
        expected = "two numbers, a median and a 90th percentile in minutes: [40, 95]."
    elif key in _WHOLE:
        fits, expected = isinstance(value, int) and not isinstance(value, bool), "a whole number."
    else:
        # hold_minutes has no number where calls wait as long as it takes.
        fits, expected = number or (value is None and key == "hold_minutes"), "a number."
    if not fits:
        raise _wrong(f"{key} = {value!r} in {section}.", expected)
    return tuple(value) if isinstance(value, list) else value


def _wrong(found: str, expected: str) -> UsageError:
    return UsageError(found=found, expected=expected, action="Correct it, or leave it out where it may be.")
