"""The tables and outcomes of a study file: each outcome has what its measure needs, and nothing it would not read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from call_codes.errors import UsageError, did_you_mean
from call_codes.policy import load_policy
from evaluation.after.condition import parse_condition
from evaluation.after.known_at_creation import check_where_at_creation
from evaluation.after.study import CALLS, OVER_CALLS, CallsTable, Outcome, OutcomeTable, Predictor
from evaluation.after.study_keys import check_keys, study_keys

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_TAKEN: Final = (
    "area",
    "period",
    "period_start",
    "start",
    "treated",
    "treated_share",
    "exposure",
    "excluded",
)


def named_tables(given: object, section: str) -> list[tuple[str, Any]]:
    """The sub-tables of a section, whose names are the evaluator's own."""
    if not isinstance(given, dict) or not all(isinstance(value, dict) for value in given.values()):
        raise UsageError(
            found=f"[{section}] with something that is no table of its own",
            expected=f"one table per name, as [{section}.name]",
            action=f"write each as [{section}.name]",
        )
    for name in given:
        if not _NAME.fullmatch(name) or name in _TAKEN:
            raise UsageError(
                found=f'the name "{name}" in [{section}.{name}]',
                expected="small letters, digits and _, beginning with a letter, and none of: "
                + ", ".join(_TAKEN),
                action="choose another name; the label is for people",
            )
    return list(given.items())


def read_study_tables(given: object) -> tuple[CallsTable | None, tuple[OutcomeTable, ...]]:
    calls, tables = None, []
    for name, table in named_tables(given, "tables"):
        place = f"[tables.{name}]"
        if name == CALLS:
            keys = check_keys(table, "tables.calls", place)
            where = keys.get("where")
            load_policy_of = keys["policy"]
            if not load_policy_of.endswith(".toml"):
                load_policy(load_policy_of)
            if where is not None:
                check_where_at_creation(where, f"where of {place}")
            calls = CallsTable(keys["run"], keys["policy"], keys.get("crosswalk"), where)
        else:
            keys = check_keys(table, "tables.*", place)
            if "where" in keys:
                parse_condition(keys["where"], f"where of {place}")
            tables.append(
                OutcomeTable(
                    name,
                    keys["path"],
                    keys["time"],
                    keys["area"],
                    keys.get("where"),
                    keys.get("through"),
                    keys.get("call_id"),
                )
            )
    return calls, tuple(tables)


def read_outcomes(
    given: object, section: str, calls: CallsTable | None, tables: tuple[OutcomeTable, ...]
) -> list[Outcome]:
    return [
        _number(
            name,
            check_keys(outcome, "outcomes.*", f"[{section}.{name}]"),
            section,
            calls,
            tables,
        )
        for name, outcome in named_tables(given, section)
    ]


def read_predictors(
    given: object, calls: CallsTable | None, tables: tuple[OutcomeTable, ...]
) -> tuple[Predictor, ...]:
    """The [predictors.name] of a study: as outcomes, with the days that they are averaged over."""
    predictors = []
    for name, predictor in named_tables(given, "predictors"):
        keys = check_keys(predictor, "predictors.*", f"[predictors.{name}]")
        number = _number(
            name, {**keys, "better": "neither", "generated_by": "both"}, "predictors", calls, tables
        )
        predictors.append(Predictor(name, number, keys.get("first"), keys.get("last")))
    return tuple(predictors)


def _number(
    name: str,
    keys: Mapping[str, Any],
    section: str,
    calls: CallsTable | None,
    tables: tuple[OutcomeTable, ...],
) -> Outcome:
    """How the rows of a table become a number per area and period."""
    place = f"[{section}.{name}]"
    known = [*([CALLS] if calls else []), *(table.name for table in tables)]
    if keys["table"] not in known:
        raise UsageError(
            found=f'table = "{keys["table"]}" in {place}, which is none of the tables.'
            + did_you_mean(keys["table"], known),
            expected=f"one of: {', '.join(known)}",
            action=f"correct the name, or add [tables.{keys['table']}]",
        )
    of_calls, measure = keys["table"] == CALLS, keys.get("measure", "count")
    linked = any(table.name == keys["table"] and table.call_id is not None for table in tables)
    _check_measure(keys, measure, of_calls, linked, place)
    return Outcome(
        name=name,
        label=keys.get("label", name.replace("_", " ")),
        table=keys["table"],
        measure=measure,
        better=keys["better"],
        generated_by=keys["generated_by"],
        among=keys.get("among", "eligible_in_hours" if of_calls or linked else "all"),
        column=keys.get("column", "place_key" if of_calls and measure == "repeat_share" else None),
        where=keys.get("where"),
        event=keys.get("event"),
        within_days=keys.get("within_days", 30),
        placebo=section == "placebo_outcomes",
    )


def _check_measure(keys: Mapping[str, Any], measure: str, of_calls: bool, linked: bool, place: str) -> None:
    """A measure has what it needs and nothing that it would not look at."""
    for key in ("where", "event"):
        if key in keys:
            parse_condition(keys[key], f"{key} of {place}")
    needs = {"sum": ["column"], "mean": ["column"], "share": ["event"]}.get(measure, [])
    if measure == "repeat_share" and not of_calls:
        needs = ["column"]
    allowed = {*needs, *(("column", "within_days") if measure == "repeat_share" else ())}
    for key in needs:
        if key not in keys:
            raise UsageError(
                found=f'measure = "{measure}" without {key} in {place}',
                expected=f"{key}: {study_keys()['outcomes.*'][key]['meaning']}",
                action=f"add {key}",
            )
    unread = [key for key in ("column", "event", "within_days") if key in keys and key not in allowed]
    if not of_calls and not linked:
        unread += [key for key in ("among",) if key in keys]
    if unread:
        raise UsageError(
            found=f'{unread[0]} in {place}, which measure = "{measure}" of this table does not look at',
            expected=f"only keys that change the result; {unread[0]} is: "
            + study_keys()["outcomes.*"][unread[0]]["meaning"],
            action=f"take {unread[0]} out, or change the measure",
        )
    if measure in OVER_CALLS and not of_calls:
        raise UsageError(
            found=f'measure = "{measure}" of a table that is not the calls, in {place}',
            expected='table = "calls", whose unit times are known',
            action="count, sum or mean a column of the table instead",
        )
