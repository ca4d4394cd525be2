"""What the Alder Falls Community Team (ACT) changes: who goes, how long police stay, who is arrested.

The effect is built in call by call. For every eligible call in a started beat within the hours one draw says
whether the call-taker sends the team instead of police, police ask for it, or nothing changes. What police
would have done without the team is kept beside it, so that the effect is known exactly for these very calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from data_samples.city import City, choose, local_time, lognormal, midnight, months_of, wave_of_beat
from data_samples.draw_units import STAMPS


@dataclass(frozen=True)
class Served:
    """The city with its program: calls (with who_sent and the counterfactual), unit rows, the team's visits.

    no_team_free counts the calls that were meant for a team when none was free.
    """

    calls: pl.DataFrame
    units: pl.DataFrame
    visits: pl.DataFrame
    no_team_free: int


def run_program(city: City, calls: pl.DataFrame, units: pl.DataFrame) -> Served:
    """Let the team answer its calls.

    Calls get: community, eligible, in_area (beat started at receipt), in_hours, who_sent ('call-taker',
    'police request' or ''), back_up, team_alone, arrest_without_program, police_seconds_without_program. Unit
    rows get unit (null for police, fire and ambulance) and the team's own rows (agency ACT).
    """
    without = _police_seconds(units).rename({"police_seconds": "police_seconds_without_program"})
    calls = _eligibility(city, calls).join(without, on="call", how="left", maintain_order="left")
    calls = calls.with_columns(
        pl.col("police_seconds_without_program").fill_null(0), arrest_without_program=pl.col("arrest")
    )
    asked = _send_teams(city, calls, units)
    visits = asked.filter(pl.col("unit") != "")
    linked = visits.filter(pl.col("call").is_not_null()).select(
        "call", "who_sent", "back_up", "arrived", "minutes_later"
    )
    sent = linked.select("call", "who_sent", "back_up")
    calls = _change_endings(city, calls.join(sent, on="call", how="left", maintain_order="left"))
    not_free = asked.filter(pl.col("unit") == "").filter(pl.col("call").is_not_null()).height
    return Served(calls, _change_units(city, units, linked, visits), visits, not_free)


def _police_seconds(units: pl.DataFrame) -> pl.DataFrame:
    police = units.filter(agency="AFPD").group_by("call", maintain_order=True)
    return police.agg(police_seconds=(pl.col("cleared") - pl.col("dispatched")).sum())


def _eligibility(city: City, calls: pl.DataFrame) -> pl.DataFrame:
    program = city.settings["program"]
    eligible = city.types_with(program["policies"][program["policy"]]["eligible"], program["policy"])
    starts = {beat: midnight(day, city) for beat, day in wave_of_beat(city).items()}
    hour = local_time("received", city).dt.hour()
    return calls.with_columns(
        community=pl.col("source").is_in(city.settings["community_sources"])
        & ~pl.col("kind").is_in(["duplicate", "test"]),
        eligible=pl.col("code").is_in(eligible),
        in_area=pl.col("received")
        >= pl.col("beat").replace_strict(starts, default=2**40, return_dtype=pl.Int64),
        in_hours=(hour >= program["first_hour"]) & (hour < program["last_hour"]),
    )


def _send_teams(city: City, calls: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """One row per wanted visit in the order of dispatch; `unit` is empty when no team was free."""
    service, stream = city.settings["program"]["service"], city.random("teams")
    wanted = calls.filter("community", "eligible", "in_area", "in_hours", pl.col("kind") == "call")
    police = units.filter(agency="AFPD").group_by("call", maintain_order=True)
    first_police = police.agg(police_at=pl.col("arrived").min())
    wanted = wanted.join(first_police, on="call", how="left", maintain_order="left")
    draw, size = stream.random(wanted.height), wanted.height
    alone, asked = service["call_taker_share"], service["police_request_share"]
    who = np.where(draw < alone, "call-taker", np.where(draw < alone + asked, "police request", ""))
    by_phone = wanted["queued"].to_numpy() + lognormal(stream, np.full(size, 240.0), 0.7).astype(np.int64)
    by_police = wanted["police_at"].to_numpy() + stream.integers(180, 900, size=size)
    requested = np.where(who == "call-taker", wanted["queued"].to_numpy(), by_police)
    sent = np.where(who == "call-taker", by_phone, by_police + stream.integers(30, 240, size=size))
    visits = wanted.select("call", "incident", "beat", "code").with_columns(
        who_sent=pl.Series(who.tolist()),
        back_up=pl.Series((who == "call-taker") & (stream.random(size) < service["back_up_share"])),
        requested=requested,
        dispatched=sent,
    )
    visits = pl.concat([visits.filter(pl.col("who_sent") != ""), _own_rounds(city, visits.schema)])
    visits = visits.sort("dispatched", "beat", "code")
    size = visits.height
    arrived = visits["dispatched"].to_numpy() + lognormal(stream, np.full(size, 560.0), 0.45).astype(np.int64)
    arrived = np.where(visits["who_sent"] == "self-initiated", visits["dispatched"].to_numpy(), arrived)
    stay = lognormal(stream, np.full(size, service["on_scene_minutes"] * 60 * np.exp(-0.18)), 0.6).astype(
        np.int64
    )
    visits = visits.with_columns(
        enroute=np.minimum(arrived, visits["dispatched"].to_numpy() + stream.integers(20, 120, size=size)),
        arrived=arrived,
        cleared=arrived + np.clip(stay, 240, 5 * 3600),
        minutes_later=stream.integers(2, 12, size=size),
        outcome=pl.Series(choose(stream, city.settings["program"]["visit_outcomes"], size).tolist()),
        linked=pl.Series(stream.random(size) >= service["not_linked_share"]),
    )
    return visits.with_columns(unit=_free_teams(city, visits))


def _free_teams(city: City, visits: pl.DataFrame) -> pl.Series:
    """The first team that is free at dispatch; empty when none is."""
    teams, waves = city.settings["program"]["teams"], city.settings["program"]["waves"]
    second = midnight(waves[1]["starts"], city)
    free_from: dict[str, int] = {}
    names = []
    for start, end in visits.select("dispatched", "cleared").iter_rows():
        on_shift = [
            f"ACT{number + 1}" for number in range(teams["later"] if start >= second else teams["first"])
        ]
        name = next((team for team in on_shift if free_from.get(team, 0) <= start), "")
        free_from[name] = end
        names.append(name)
    return pl.Series(names, dtype=pl.String)


def _own_rounds(city: City, schema: pl.Schema) -> pl.DataFrame:
    """Contacts that the team started itself: they have no call and no incident number."""
    program, stream = city.settings["program"], city.random("own rounds")
    zone, rows = ZoneInfo(city.settings["time_zone"]), []
    types = city.types_with(["homelessness", "welfare_check", "intoxicated_person"], program["policy"])
    end = date.fromisoformat(f"{months_of(city)[-1]}-01")
    for beat, starts in sorted(wave_of_beat(city).items()):
        first = date.fromisoformat(starts)
        for day in range((end - first).days):
            opens = datetime.combine(first + timedelta(days=day), datetime.min.time(), zone)
            for _ in range(stream.poisson(program["service"]["self_initiated_per_beat_day"])):
                minute = int(stream.integers(program["first_hour"] * 60, program["last_hour"] * 60 - 30))
                at = int((opens + timedelta(minutes=minute)).timestamp())
                code = types[int(stream.integers(0, len(types)))]
                rows.append((None, None, beat, code, "self-initiated", False, at, at))
    return pl.DataFrame(rows, schema=schema, orient="row")


def _change_endings(city: City, calls: pl.DataFrame) -> pl.DataFrame:
    """Arrests and dispositions of served calls; a team on its own arrests nobody."""
    stream, size = city.random("endings with team"), calls.height
    calls = calls.with_columns(pl.col("who_sent").fill_null(""), pl.col("back_up").fill_null(False))
    alone = (pl.col("who_sent") == "call-taker") & ~pl.col("back_up")
    spared = stream.random(size) >= city.settings["program"]["service"]["police_request_arrest_ratio"]
    no_arrest = alone | ((pl.col("who_sent") == "police request") & pl.Series(spared))
    ending = pl.Series(choose(stream, city.settings["dispositions"]["team_alone"], size).tolist())
    return calls.with_columns(
        arrest=pl.col("arrest") & ~no_arrest,
        disposition=pl.when(alone)
        .then(ending)
        .when(pl.col("arrest") & no_arrest)
        .then(pl.lit("ASSISTED"))
        .otherwise(pl.col("disposition")),
        team_alone=alone,
    )


def _change_units(
    city: City, units: pl.DataFrame, linked: pl.DataFrame, visits: pl.DataFrame
) -> pl.DataFrame:
    """Police rows are dropped, moved (back-up) or shortened (police request); the team's rows are added."""
    ratio = city.settings["program"]["service"]["police_request_time_ratio"]
    wide = units.join(
        linked.rename({"arrived": "team_arrived"}), on="call", how="left", maintain_order="left"
    )
    police = pl.col("agency") == "AFPD"
    dropped = police & (pl.col("who_sent") == "call-taker") & ~pl.col("back_up")
    first = pl.col("dispatched").filter(police).min().over("call")
    later = pl.when(police & pl.col("back_up")).then(
        pl.col("team_arrived") + pl.col("minutes_later") * 60 - first
    )
    shorter = pl.col("dispatched") + ((pl.col("cleared") - pl.col("dispatched")) * ratio).cast(pl.Int64)
    leaves = (
        pl.when(police & (pl.col("who_sent") == "police request"))
        .then(pl.max_horizontal(shorter, pl.col("arrived") + 60))
        .otherwise(pl.col("cleared"))
    )
    kept = wide.filter(~dropped.fill_null(False)).with_columns(cleared=leaves)
    kept = kept.with_columns(pl.col(*STAMPS) + later.fill_null(0)).select(
        *units.columns, unit=pl.lit(None, pl.String)
    )
    team = visits.filter(pl.col("call").is_not_null()).with_columns(
        agency=pl.lit("ACT"), place=pl.lit(0, pl.Int64)
    )
    return pl.concat([kept, team.select(kept.columns)]).sort("call", "agency", "place", "dispatched")
