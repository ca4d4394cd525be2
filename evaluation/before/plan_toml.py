"""Writing a plan.toml: the settings of a plan as the file that plan_file.settings_of reads to the same settings.

So that a plan that was made by hand in a page can be kept, sent, and repeated by `rightcall plan --config`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from evaluation.before.cost import Amount
from evaluation.before.plan_settings import Durations, People, PlanSettings, Rollout
from evaluation.before.roster import Team
from evaluation.before.simulation import Rules


def plan_toml(settings: PlanSettings, heading: str = "") -> str:
    """The settings as TOML text below `heading`, a comment. Replications and seed are options of the command.

    With a target, the teams are the hours of the first one: how many there are is what the target asks.
    """
    parts = ["".join(f"# {line}\n" for line in heading.splitlines())]
    target, rules = settings.target, settings.rules
    if target is not None:
        first = settings.teams[0]
        areas = {} if first.areas is None else {"areas": first.areas}
        parts.append(_lines({"hours": first.schedule, **areas}))
        parts.append(_section("target", _set(target)))
    else:
        parts += [_section("[team]", _changed(team, Team, ("name", "schedule"))) for team in settings.teams]
    parts.append(
        _section(
            "screening",
            {
                "accepted_share": rules.accepted_share,
                "low": rules.accepted_low,
                "high": rules.accepted_high,
                "source": rules.accepted_source,
            },
        )
    )
    waiting = {
        name: getattr(rules, name)
        for name in ("joint_share", "back_up_share", "hold_minutes", "waiting_limit")
        if getattr(rules, name) != getattr(Rules(), name)
    }
    if rules.hold_minutes is None:
        waiting["hold_minutes"] = float("inf")
    parts.append(_section("rules", waiting))
    parts += [
        _section(name, _changed(getattr(settings, name), kind))
        for name, kind in (("durations", Durations), ("people", People), ("rollout", Rollout))
    ]
    if settings.costs is not None:
        parts += [_section(f"costs.{item}", _amount(one)) for item, one in settings.costs.items()] or [
            "[costs]\n"
        ]
    parts += [
        _section(f"avoided.{item}", _amount(one, "per_100_served_calls"))
        for item, one in settings.avoided.items()
    ]
    return "\n".join(part for part in parts if part)


def _amount(one: Amount, value: str = "value") -> dict[str, Any]:
    year = {} if one.year is None else {"year": one.year}
    return {value: one.value, "low": one.low, "high": one.high, "source": one.source, **year}


def _set(part: Any) -> dict[str, Any]:
    values = {field.name: getattr(part, field.name) for field in fields(part)}
    return {name: value for name, value in values.items() if value is not None}


def _changed(part: Any, kind: Any, always: tuple[str, ...] = ()) -> dict[str, Any]:
    """The values of `part` that are not the ones of `kind` by itself, and those named in `always`."""
    defaults = {field.name: field.default for field in fields(kind)}
    return {
        name: value for name, value in _set(part).items() if name in always or value != defaults.get(name)
    }


def _section(name: str, values: Mapping[str, Any]) -> str:
    return f"[{name}]\n{_lines(values)}" if values else ""


def _lines(values: Mapping[str, Any]) -> str:
    return "".join(f"{name} = {_value(value)}\n" for name, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, str):
        # JSON writes text as TOML does, but for the one control character that TOML does not take as it is.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(part) for part in value) + "]"
    return repr(value)
