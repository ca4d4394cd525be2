"""What was built in, computed from the tables before any fault: the answers a tool should come near to.

Counts of the file itself (rows, incidents, faults) stand beside the true counts (calls, unit-hours, effects),
so that both a recount and an estimate can be checked against `truth.toml`.
"""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from data_samples.city import City, wave_of_beat
from data_samples.faults import Export
from data_samples.program import Served

Truth = dict[str, Any]


def true_types(city: City, calls: pl.DataFrame, units: pl.DataFrame, exported: Export) -> pl.DataFrame:
    """One row per initial type in the file: code, text, category, hazard and how many calls and police hours.

    hazard ('true' | 'false') says whether the text STATES a weapon, violence, a threat to a person or an
    officer emergency; danger is 2 for a stated weapon, violence or officer emergency, 1 for a threat or where
    danger is only implied, else 0. calls and police_unit_hours are true (before faults).
    """
    mix = city.call_mix
    other = [
        mix.filter(code=true_code).with_columns(
            code=pl.lit(code), text=pl.lit(text), stands_for=pl.lit(true_code)
        )
        for code, (true_code, text) in exported.renamed.items()
    ]
    kinds, stated = pl.col("hazard_kinds"), pl.col("hazard_kinds") != ""
    danger = (
        pl.when(stated & (kinds != "threat")).then(2).when(stated | (pl.col("implied_danger") == 1)).then(1)
    )
    seconds = _police_seconds(units)
    per_type = (
        calls.filter(pl.col("kind") != "duplicate")
        .join(seconds, on="call", how="left", maintain_order="left")
        .group_by("shown_code", maintain_order=True)
        .agg(
            calls=pl.len(),
            community_calls=pl.col("community").sum(),
            police_unit_hours=_hours(),
        )
    )
    types = pl.concat([mix.with_columns(stands_for=pl.lit("")), *other]).with_columns(
        hazard=pl.when(stated).then(pl.lit("true")).otherwise(pl.lit("false")),
        danger=danger.otherwise(0),
    )
    types = types.join(per_type, left_on="code", right_on="shown_code", how="left", maintain_order="left")
    described = ["hazard_kinds", "danger", "other_risks", "bare_code", "stands_for"]
    numbers = pl.col("calls", "community_calls", "police_unit_hours").fill_null(0)
    return types.select("code", "text", "category", "hazard", *described, numbers)


def code_book(city: City) -> pl.DataFrame:
    """The bare codes' meaning in the layout of a code-book: agency, code, text, category, hazard, basis, …"""
    return city.call_mix.filter(bare_code=1).select(
        agency=pl.lit(city.settings["name"]),
        code="code",
        text="text",
        category="category",
        hazard=pl.lit("none"),
        basis=pl.lit("code_book"),
        reviewer=pl.lit(""),
        since=pl.lit("2023-01-01"),
        note=pl.lit("made up: means nothing outside Alder Falls"),
    )


def _police_seconds(units: pl.DataFrame) -> pl.DataFrame:
    police = units.filter(agency="AFPD").group_by("call", maintain_order=True)
    return police.agg(police_seconds=(pl.col("cleared") - pl.col("dispatched")).sum())


def _hours() -> pl.Expr:
    """Police unit-hours of a group of calls, summed as whole seconds: row order cannot matter."""
    return (pl.col("police_seconds").sum() / 3600).round(2)


def true_values(city: City, served: Served, exported: Export, visit_faults: dict[str, int]) -> Truth:
    """Everything that goes into truth.toml, as nested tables."""
    calls = served.calls.join(_police_seconds(served.units), on="call", how="left", maintain_order="left")
    calls = calls.with_columns(pl.col("police_seconds").fill_null(0)).join(
        city.call_mix.select("code", "category", "hazard_kinds", "other_risks"),
        on="code",
        how="left",
        maintain_order="left",
    )
    final = city.call_mix.select(
        final_code="code", final_category="category", final_hazard_kinds="hazard_kinds"
    )
    calls = calls.join(final, on="final_code", how="left", maintain_order="left")
    true = calls.filter(~pl.col("kind").is_in(["duplicate", "test"]))
    policies = city.settings["program"]["policies"]
    settings = city.settings
    return {
        "city": {
            "name": settings["name"],
            "made_up": True,
            "seed": settings["seed"],
            "time_zone": settings["time_zone"],
            "first_month": settings["first_month"],
            "months": settings["months"],
            "beats": city.beats.height,
            "population": int(city.beats["population"].sum()),
            "community_sources": settings["community_sources"],
        },
        "counts": _counts(calls, true, served, exported),
        "faults": exported.faults,
        "unit_hours": _unit_hours(true, served),
        "policies": {name: _policy(city, true, name, exported) for name in policies},
        "launch": _launch(city, served, visit_faults),
        "effects": _effects(city, true),
    }


def _counts(calls: pl.DataFrame, true: pl.DataFrame, served: Served, exported: Export) -> Truth:
    changed = true.filter(pl.col("code") != pl.col("final_code"))
    hazard_before, hazard_after = pl.col("hazard_kinds") != "", pl.col("final_hazard_kinds") != ""
    shown_types = exported.table.filter(pl.col("Initial_Type") != "")["Initial_Type"]
    numbers = exported.table.filter(pl.col("Incident_Number") != "")["Incident_Number"]
    return {
        "file_rows": exported.table.height,
        "file_unit_rows": exported.table.filter(pl.col("Unit_ID") != "").height,
        "file_incidents": numbers.n_unique(),
        "file_initial_types": shown_types.n_unique(),
        "incidents": calls.height,
        "calls": true.height,
        "calls_officer_initiated": true.filter(source="OFFICER").height,
        "calls_alarm": true.filter(source="ALARM CO").height,
        "calls_community_initiated": int(true["community"].sum()),
        "calls_final_type_differs": changed.height,
        "calls_hazard_only_in_final_type": changed.filter(~hazard_before & hazard_after).height,
        "calls_hazard_only_in_initial_type": changed.filter(hazard_before & ~hazard_after).height,
        "unit_rows": served.units.height,
        "unit_rows_by_agency": dict(served.units.group_by("agency").len().sort("agency").iter_rows()),
    }


def _unit_hours(true: pl.DataFrame, served: Served) -> Truth:
    hours = ((pl.col("cleared") - pl.col("dispatched")).sum() / 3600).round(2)
    on_scene = ((pl.col("cleared") - pl.col("arrived")).sum() / 3600).round(2)
    officer = pl.when(source="OFFICER").then(pl.lit("officer"))
    started = pl.when("community").then(pl.lit("community")).otherwise(officer.otherwise(pl.lit("alarm")))
    return {
        "definition": "sum over unit rows from dispatched to cleared, before any fault; by initial type",
        "by_agency": dict(served.units.group_by("agency").agg(hours).sort("agency").iter_rows()),
        "police_total": true.select(_hours()).item(),
        "police_on_scene_total": served.units.filter(agency="AFPD").select(on_scene).item(),
        "police_by_category": dict(true.group_by("category").agg(_hours()).sort("category").iter_rows()),
        "police_by_who_started": dict(true.group_by(start=started).agg(_hours()).sort("start").iter_rows()),
    }


def _seen_in_file(city: City, exported: Export, codes: list[str]) -> int:
    """Eligible calls that the file itself shows: worded type, source and number present, no DUP, no TEST."""
    shown = [*codes, *(code for code, (true_code, _) in exported.renamed.items() if true_code in codes)]
    rows = exported.table.filter(
        pl.col("Incident_Number") != "",
        ~pl.col("Disposition").is_in(["DUP", "TEST"]),
        pl.col("Call_Source").is_in(city.settings["community_sources"]),
        pl.col("Initial_Type_Code").is_in(shown),
    )
    return rows["Incident_Number"].n_unique()


def _policy(city: City, true: pl.DataFrame, name: str, exported: Export) -> Truth:
    """The cascade for the whole city and period, as the type at the start of the call would tell it."""
    rule = city.settings["program"]["policies"][name]
    codes, conditional = city.types_with(rule["eligible"], name), city.types_with(rule["conditional"], name)
    hazardous = city.hazardous_types(name)
    bare = city.call_mix.filter(bare_code=1)["code"].to_list()
    at_first, at_end = pl.col("code").is_in(codes), pl.col("final_code").is_in(codes)
    public = true.filter("community")
    of_type = public.filter(pl.col("category").is_in(rule["eligible"]))
    only_medical = pl.col("code").is_in(hazardous) & (pl.col("hazard_kinds") == "")
    eligible, maybe = public.filter(at_first), public.filter(pl.col("code").is_in(conditional))
    return {
        "eligible_categories": rule["eligible"],
        "conditional_categories": rule["conditional"],
        "hazards_excluded": rule["hazards_excluded"],
        "definition": "community-initiated calls without duplicates and tests, by the true initial type",
        "calls": true.height,
        "community_calls": public.height,
        "eligible_type_calls": of_type.height,
        "eligible_calls": eligible.height,
        "eligible_calls_in_hours": eligible.filter("in_hours").height,
        "eligible_calls_seen_in_file": _seen_in_file(city, exported, [c for c in codes if c not in bare]),
        "eligible_calls_hidden_in_bare_codes": eligible.filter(pl.col("code").is_in(bare)).height,
        "taken_away_by_medical_emergency_alone": of_type.filter(only_medical).height,
        "eligible_police_unit_hours": eligible.select(_hours()).item(),
        "conditional_calls": maybe.height,
        "conditional_police_unit_hours": maybe.select(_hours()).item(),
        "eligible_by_final_type": public.filter(at_end).height,
        "eligible_only_by_final_type": public.filter(~at_first & at_end).height,
        "eligible_then_hazard_in_final_type": eligible.filter(pl.col("final_code").is_in(hazardous)).height,
    }


def _launch(city: City, served: Served, visit_faults: dict[str, int]) -> Truth:
    program = city.settings["program"]
    eligible = served.calls.filter("community", "eligible")
    in_area = eligible.filter("in_area")
    in_hours = in_area.filter("in_hours")
    sent = in_hours.filter(pl.col("kind") == "call")
    by_who = dict(served.visits.group_by("who_sent").len().sort("who_sent").iter_rows())
    return {
        "policy": program["policy"],
        "service_hours": program["service_hours"],
        "judged_by": "Time_Received, local wall clock",
        "starts": wave_of_beat(city),
        "cascade": {
            "eligible_calls": eligible.height,
            "in_area_after_start": in_area.height,
            "in_hours": in_hours.height,
            "cancelled_or_no_unit": in_hours.height - sent.height,
            "served": sent.filter(pl.col("who_sent") != "").height,
            "served_sent_by_call_taker": sent.filter(who_sent="call-taker").height,
            "served_on_police_request": sent.filter(who_sent="police request").height,
            "served_then_police_back_up": sent.filter("back_up").height,
            "team_alone": sent.filter("team_alone").height,
            "no_team_free": served.no_team_free,
            "police_as_usual": sent.filter(who_sent="").height - served.no_team_free,
        },
        "visits": {"total": served.visits.height, "by_who_sent": by_who, **visit_faults},
    }


def _effects(city: City, true: pl.DataFrame) -> Truth:
    """Each effect as designed and as it came out in these calls (with the program over without it)."""
    service, reports = city.settings["program"]["service"], city.settings["program"]["reports"]
    treated = true.filter("community", "eligible", "in_area", "in_hours")
    gone = service["call_taker_share"] * (1 - service["back_up_share"])
    by_police = service["police_request_share"]
    hours_without = float(treated["police_seconds_without_program"].sum()) / 3600
    hours_with = float(treated["police_seconds"].sum()) / 3600
    arrests_without, arrests_with = int(treated["arrest_without_program"].sum()), int(treated["arrest"].sum())
    return {
        "population": "eligible in-hours calls in started beats, from each beat's start on",
        "calls": treated.height,
        "police_unit_hours": {
            "designed_ratio": round(1 - gone - by_police * (1 - service["police_request_time_ratio"]), 4),
            "realized_ratio": round(hours_with / hours_without, 4),
            "hours_without_program": round(hours_without, 2),
            "hours_with_program": round(hours_with, 2),
            "hours_saved_per_call": round((hours_without - hours_with) / treated.height, 4),
        },
        "arrests": {
            "designed_ratio": round(1 - gone - by_police * (1 - service["police_request_arrest_ratio"]), 4),
            "realized_ratio": round(arrests_with / arrests_without, 4),
            "arrests_without_program": arrests_without,
            "arrests_with_program": arrests_with,
            "arrests_per_call_difference": round((arrests_with - arrests_without) / treated.height, 5),
        },
        "none_by_design": {
            "eligible_calls_ratio": 1.0,
            "eligible_off_hours_police_unit_hours_ratio": 1.0,
            "ineligible_police_unit_hours_ratio": 1.0,
            "neighboring_beats_ratio": 1.0,
        },
        "reports": {
            "targeted_ratio": reports["targeted_ratio"],
            "untargeted_ratio": reports["untargeted_ratio"],
        },
        "nuisance": {
            "shock_month": city.settings["shock"]["month"],
            "shock_calls_ratio": city.settings["shock"]["calls"],
            "shock_reports_ratio": city.settings["shock"]["reports"],
            "area_noise_autocorrelation": city.settings["noise"]["autocorrelation"],
            "area_noise_sd_calls": city.settings["noise"]["calls_sd"],
            "area_noise_sd_reports": city.settings["noise"]["reports_sd"],
            "yearly_growth": city.settings["yearly_growth"],
        },
    }


def as_toml(truth: Truth, path: tuple[str, ...] = ()) -> str:
    """Nested tables as TOML text (strings, numbers, booleans, lists of strings; plain tables)."""
    lines = [f"[{'.'.join(json.dumps(part) if not _bare(part) else part for part in path)}]"] if path else []
    plain = {key: value for key, value in truth.items() if not isinstance(value, dict)}
    lines += [
        f"{key if _bare(key) else json.dumps(key)} = {json.dumps(value)}" for key, value in plain.items()
    ]
    text = "\n".join(lines) + "\n" if plain else ""
    for key, value in truth.items():
        if isinstance(value, dict):
            text += ("\n" if text else "") + as_toml(value, (*path, key))
    return text


def _bare(key: str) -> bool:
    return key.replace("_", "").replace("-", "").isalnum() and key.isascii()
