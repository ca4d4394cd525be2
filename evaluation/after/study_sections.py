"""The sections of a study file that say where, when and at what price: program, comparison, period, areas, team, costs."""

from __future__ import annotations

from datetime import date
from typing import Final

from call_codes.errors import UsageError
from call_codes.hours import parse_hours
from evaluation.after.study import (
    ALL_OTHERS,
    Areas,
    Comparison,
    CostInput,
    Exclusion,
    Period,
    Program,
    TeamTable,
)
from evaluation.after.study_keys import check_keys

_WHO_SENT: Final = ("call_taker", "police_request", "self_initiated")


def read_program(given: object) -> Program:
    keys = check_keys(given, "program", "[program]")
    starts: dict[str, date] = {}
    pattern = 'starts = { "2024-05-01" = ["1C", "2D"] }'
    days = keys["starts"]
    if not isinstance(days, dict) or not days:
        raise UsageError(
            found=f"starts in [program] = {days!r}",
            expected=f"the first day and the areas that start on it, as {pattern}",
            action="write the days in quotes, each with its list of areas",
        )
    for text, areas in days.items():
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise UsageError(
                found=f'"{text}" among the starts in [program], which is no day',
                expected=f"a day as 2024-05-01, as in {pattern}",
                action="correct the day",
            ) from error
        if not isinstance(areas, list) or not areas or not all(isinstance(a, str) and a for a in areas):
            raise UsageError(
                found=f"the areas that start on {text} = {areas!r}",
                expected=f"a list of texts, as {pattern}",
                action="write the areas in quotes and brackets",
            )
        for area in areas:
            if area in starts:
                raise UsageError(
                    found=f'the area "{area}" twice among the starts in [program]',
                    expected="one start per area",
                    action="keep its first day",
                )
            starts[area] = day
    hours = parse_hours(keys["hours"]) if "hours" in keys else None
    return Program(
        tuple(sorted(starts.items())),
        hours,
        keys.get("partial_period", "exclude"),
        keys.get("assigned_by"),
        keys.get("drawn"),
        keys.get("lot"),
    )


def read_comparison(given: object) -> Comparison:
    keys = check_keys(given, "comparison", "[comparison]")
    areas, exclude = keys["areas"], tuple(keys.get("exclude", ()))
    if areas == ALL_OTHERS:
        return Comparison("all_others", exclude)
    if not isinstance(areas, list) or not all(isinstance(area, str) and area for area in areas):
        raise UsageError(
            found=f"areas in [comparison] = {areas!r}",
            expected=f'a list of areas, or "{ALL_OTHERS}"',
            action="correct the value",
        )
    return Comparison(tuple(areas), exclude)


def read_period(given: object) -> Period:
    keys = check_keys(given, "period", "[period]")
    windows = keys.get("exclude", [])
    if not isinstance(windows, list):
        raise UsageError(
            found=f"exclude in [period] = {windows!r}",
            expected='exclude = [{ first = 2020-06-01, last = 2020-06-30, why = "protests" }]',
            action="write a list of windows",
        )
    exclude = tuple(Exclusion(**check_keys(window, "exclusion", "exclude of [period]")) for window in windows)
    return Period(keys["every"], keys.get("first"), keys.get("last"), exclude)


def read_areas(given: object) -> Areas:
    keys = check_keys(given, "areas", "[areas]")
    neighbors = keys.get("neighbors")
    explicit = path = None
    if isinstance(neighbors, str):
        path = neighbors
    elif isinstance(neighbors, dict) and all(isinstance(v, list) for v in neighbors.values()):
        explicit = {area: tuple(others) for area, others in neighbors.items()}
    elif neighbors is not None:
        raise UsageError(
            found=f"neighbors in [areas] = {neighbors!r}",
            expected='neighbors = { "1A" = ["1B", "2A"] }, or the path of a table with columns area and neighbor',
            action="correct the value",
        )
    for key in ("name", "residents"):
        if key in keys and "path" not in keys:
            raise UsageError(
                found=f"{key} in [areas] without path",
                expected="the path of the areas' GeoJSON or table",
                action=f"add path, or take {key} out",
            )
    return Areas(keys.get("path"), keys.get("name", "area"), keys.get("residents"), explicit, path)


def read_edge(text: str) -> tuple[str, str]:
    cause, arrow, effect = (part.strip() for part in text.partition("->"))
    if not arrow or not cause or not effect or "->" in effect:
        raise UsageError(
            found=f'"{text}" in dag',
            expected='one cause and one effect, as "hour_of_week -> police_hours"',
            action="write one arrow per line of the list",
        )
    return cause, effect


def read_team(given: object) -> TeamTable:
    keys = check_keys(given, "team", "[team]")
    words = keys.get("who_sent_words", {})
    if not isinstance(words, dict) or any(meaning not in _WHO_SENT for meaning in words.values()):
        raise UsageError(
            found=f"who_sent_words in [team] = {words!r}",
            expected=f"their word = one of {', '.join(_WHO_SENT)}",
            action='write it as who_sent_words = { "Dispatch" = "call_taker", "PD request" = "police_request" }',
        )
    names = (
        "area",
        "requested",
        "dispatched",
        "arrived",
        "departed",
        "call_id",
        "who_sent",
        "outcome",
        "unit",
    )
    return TeamTable(
        path=keys["path"],
        **{name: keys.get(name) for name in names},
        who_sent_words=dict(words),
        not_served=tuple(keys.get("not_served", ())),
    )


def read_cost(name: str, given: object) -> CostInput:
    keys = check_keys(given, "costs.*", f"[costs.{name}]")
    value = float(keys["value"])
    low, high = float(keys.get("low", value)), float(keys.get("high", value))
    if not 0 <= low <= value <= high:
        raise UsageError(
            found=f"low = {low:g}, value = {value:g}, high = {high:g} in [costs.{name}]",
            expected="0 ≤ low ≤ value ≤ high",
            action="correct the numbers",
        )
    return CostInput(name, keys["per"], value, low, high, keys["basis"], keys["source"], keys["year"])
