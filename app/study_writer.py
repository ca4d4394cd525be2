"""A `Study` written as a study file (TOML): what is written loads to the same study.

The guided form of the page and any script of an evaluator write their studies here, so that `rightcall evaluate`
runs them to the same numbers. Only keys that differ from their default are written, so that the file stays short
enough to be read before it is locked.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from datetime import date
from typing import Final

from evaluation.after.study import (
    ALL_OTHERS,
    CALLS,
    CostInput,
    Exclusion,
    Outcome,
    Predictor,
    Study,
    TeamTable,
)

_HEAD: Final = (
    "# A study for `rightcall evaluate`: who was offered the program, where and when, and what is counted.\n"
    "# Lock it before the outcomes are looked at: rightcall evaluate lock STUDY.toml\n"
)
_WITH_COLUMN: Final = ("sum", "mean", "repeat_share")
_NOT_COLUMNS: Final = ("path", "who_sent_words", "not_served")


def study_toml(study: Study) -> str:
    """The study as TOML text. Its own path is not part of it: paths of tables are written as they stand."""
    # Rows that are linked to calls can be counted among eligible calls, as calls can.
    linked = {CALLS, *(table.name for table in study.tables if table.call_id is not None)}
    sections = [
        _pairs(
            ("question", study.question),
            ("unit", study.unit),
            ("exposure", study.exposure if study.exposure != "days" else None),
            ("covariates", study.covariates or None),
            ("dag", tuple(f"{cause} -> {effect}" for cause, effect in study.dag) or None),
        ),
        _section("period", _period(study)),
        _section("program", _program(study)),
        _section("program.starts", _starts(study)),
        _section("comparison", _comparison(study)),
        _section("areas", _areas(study)),
        *_tables(study),
        *(
            _section(f"{'placebo_outcomes' if one.placebo else 'outcomes'}.{one.name}", _outcome(one, linked))
            for one in study.outcomes
        ),
        *(_section(f"predictors.{one.name}", _predictor(one, linked)) for one in study.predictors),
        _section("synthetic_control", _pairs(("fit_first", study.fit_first))),
        *_team(study.team),
        *(_section(f"costs.{one.name}", _cost(one)) for one in study.costs),
        _section("plan", _plan(study)),
    ]
    return _HEAD + "\n".join(section for section in sections if section)


def _period(study: Study) -> str:
    period = study.period
    text = _pairs(("every", period.every), ("first", period.first), ("last", period.last))
    if period.exclude:
        text += "exclude = [\n" + "".join(f"  {_window(window)},\n" for window in period.exclude) + "]\n"
    return text


def _window(window: Exclusion) -> str:
    return f"{{ first = {window.first}, last = {window.last}, why = {_value(window.why)} }}"


def _program(study: Study) -> str:
    program = study.program
    return _pairs(
        ("hours", program.hours.schedule if program.hours else None),
        ("partial_period", program.partial_period if program.partial_period != "exclude" else None),
        ("assigned_by", program.assigned_by),
        ("drawn", program.drawn),
        ("lot", program.lot),
    )


def _starts(study: Study) -> str:
    days: dict[date, list[str]] = {}
    for area, day in study.program.starts:
        days.setdefault(day, []).append(area)
    return "".join(f'"{day}" = {_value(areas)}\n' for day, areas in sorted(days.items()))


def _comparison(study: Study) -> str:
    areas = study.comparison.areas
    return _pairs(
        ("areas", areas if areas == ALL_OTHERS else list(areas)),
        ("exclude", study.comparison.exclude or None),
    )


def _areas(study: Study) -> str:
    areas = study.areas
    return _pairs(
        ("path", areas.path),
        ("name", areas.name if areas.path is not None else None),
        ("residents", areas.residents),
        ("neighbors", areas.neighbors if areas.neighbors is not None else areas.neighbors_path),
    )


def _tables(study: Study) -> list[str]:
    sections = []
    if study.calls is not None:
        calls = study.calls
        pairs = (
            ("run", calls.run),
            ("policy", calls.policy),
            ("crosswalk", calls.crosswalk),
            ("where", calls.where),
        )
        sections.append(_section(f"tables.{CALLS}", _pairs(*pairs)))
    for one in study.tables:
        pairs = (("path", one.path), ("time", one.time), ("area", one.area), ("where", one.where))
        sections.append(
            _section(f"tables.{one.name}", _pairs(*pairs, ("through", one.through), ("call_id", one.call_id)))
        )
    return sections


def _outcome(one: Outcome, linked: Collection[str]) -> str:
    return (
        _pairs(("label", one.label))
        + _number(one, linked)
        + _pairs(("better", one.better), ("generated_by", one.generated_by))
    )


def _predictor(one: Predictor, linked: Collection[str]) -> str:
    return _number(one.number, linked) + _pairs(("first", one.first), ("last", one.last))


def _number(one: Outcome, linked: Collection[str]) -> str:
    """How rows become a number, as outcomes and predictors have it."""
    return _pairs(
        ("table", one.table),
        ("measure", one.measure),
        ("among", one.among if one.table in linked else None),
        ("column", one.column if one.measure in _WITH_COLUMN else None),
        ("where", one.where),
        ("event", one.event),
        ("within_days", one.within_days if one.measure == "repeat_share" else None),
    )


def _team(team: TeamTable | None) -> list[str]:
    if team is None:
        return []
    columns = [(one.name, getattr(team, one.name)) for one in fields(team) if one.name not in _NOT_COLUMNS]
    text = _pairs(("path", team.path), *columns, ("not_served", team.not_served or None))
    words = "".join(f"{_value(word)} = {_value(meaning)}\n" for word, meaning in team.who_sent_words.items())
    return [_section("team", text), _section("team.who_sent_words", words)]


def _cost(one: CostInput) -> str:
    return _pairs(
        ("per", one.per),
        ("value", one.value),
        ("low", one.low if one.low != one.value else None),
        ("high", one.high if one.high != one.value else None),
        ("basis", one.basis),
        ("source", one.source),
        ("year", one.year),
    )


def _plan(study: Study) -> str:
    plan = study.plan
    return _pairs(
        ("primary_outcome", plan.primary_outcome),
        ("design", plan.design),
        ("alpha", plan.alpha if plan.alpha != 0.05 else None),
        ("clusters", plan.clusters),
        ("note", plan.note or None),
    )


def _section(name: str, text: str) -> str:
    return f"[{name}]\n{text}" if text else ""


def _pairs(*pairs: tuple[str, object]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in pairs if value is not None)


def _value(value: object) -> str:
    if isinstance(value, str):
        # JSON's form of a text is TOML's, but for the delete character, which TOML wants escaped too.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, Mapping):
        items = ", ".join(f"{_value(key)} = {_value(item)}" for key, item in value.items())
        return f"{{ {items} }}" if items else "{}"
    if isinstance(value, Iterable):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return str(value)
