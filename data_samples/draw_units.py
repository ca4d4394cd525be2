"""Which units went and when: one row per responding unit, with stamps in UTC seconds.

Queue and travel times are log-normal by priority, time on scene is heavy-tailed around the type's mean, later
units stay for a part of it. No unit is ever on two calls at once: numbers are given out to whoever is free,
starting with the beat's own car.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from data_samples.city import COLUMNS, ROWS, City, FloatArray, IntArray, local_time, lognormal

STAMPS = ("dispatched", "enroute", "arrived", "cleared")


def draw_units(city: City, calls: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Stamps of every unit as if no program existed.

    In: the calls of draw_calls. Out: calls with queued, ready and closed (UTC seconds) added, and the unit
    rows: call, agency (AFPD, FIRE, EMS), place (0 = first unit of its agency), dispatched, enroute, arrived,
    cleared (UTC seconds, never null).
    """
    calls = _queue(city, calls)
    agencies = {"police": "AFPD", "fire": "FIRE", "ems": "EMS"}
    parts = [_rows_of(calls, column, agency) for column, agency in agencies.items()]
    units = pl.concat(parts).sort("call", "agency", "place")
    return calls, _stamp(city, calls, units)


def _queue(city: City, calls: pl.DataFrame) -> pl.DataFrame:
    flow, stream, size = city.settings["flow"], city.random("queue"), calls.height
    seen_by_officer = (calls["source"] == "OFFICER").to_numpy()
    typed = np.where(seen_by_officer, 0, stream.integers(15, 110, size=size))
    median = _by_priority(flow["queue_minutes_by_priority"], calls["priority"].to_numpy()) * 60
    wait = np.where(seen_by_officer, 0, lognormal(stream, median, flow["queue_sd"])).astype(np.int64)
    queued = calls["received"].to_numpy() + typed
    closed = queued + stream.integers(60, 2400, size=size)
    return calls.with_columns(queued=queued, ready=queued + wait, closed=closed)


def _by_priority(minutes: dict[str, float], priority: IntArray) -> FloatArray:
    return np.array([minutes[str(number)] for number in range(1, 6)])[priority - 1]


def _rows_of(calls: pl.DataFrame, column: str, agency: str) -> pl.DataFrame:
    how_many = calls[column].to_numpy()
    return pl.DataFrame(
        {
            "call": np.repeat(calls["call"].to_numpy(), how_many),
            "agency": [agency] * int(how_many.sum()),
            "place": np.concatenate([np.arange(number) for number in how_many]).astype(np.int64),
        }
    )


def _stamp(city: City, calls: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    flow, stream, size = city.settings["flow"], city.random("stamps"), units.height
    wide = units.join(calls, on="call", how="left", maintain_order="left").join(
        city.call_mix.select("code", "on_scene_minutes"), on="code", how="left", maintain_order="left"
    )
    place, police = wide["place"].to_numpy(), (wide["agency"] == "AFPD").to_numpy()
    own = (wide["source"] == "OFFICER").to_numpy() & police & (place == 0)
    rescue = wide["queued"].to_numpy() + stream.integers(20, 150, size=size)
    later = np.where(place > 0, stream.integers(15, 420, size=size), 0)
    dispatched = np.where(police, wide["ready"].to_numpy(), rescue) + later
    enroute = dispatched + np.where(own | (stream.random(size) < 0.3), 0, stream.integers(5, 80, size=size))
    median = _by_priority(flow["travel_minutes_by_priority"], wide["priority"].to_numpy()) * 60
    travel = np.maximum(20, lognormal(stream, median, flow["travel_sd"])).astype(np.int64)
    arrived = enroute + np.where(own, 0, travel)
    rescue_minutes = np.where(
        wide["agency"] == "EMS", flow["ems_on_scene_minutes"], flow["fire_on_scene_minutes"]
    )
    mean = np.where(police, wide["on_scene_minutes"].to_numpy(), rescue_minutes) * 60
    sd = flow["on_scene_sd"]
    part = np.where(place > 0, stream.uniform(0.25, 0.95, size), 1.0)
    stay = lognormal(stream, mean * np.exp(-(sd**2) / 2), sd) * part
    stay = np.clip(stay, 45, flow["longest_on_scene_minutes"] * 60).astype(np.int64)
    stamps = {"dispatched": dispatched, "enroute": enroute, "arrived": arrived, "cleared": arrived + stay}
    return units.with_columns(**{name: pl.Series(values, dtype=pl.Int64) for name, values in stamps.items()})


def give_unit_numbers(city: City, calls: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Add `unit` to rows that have none: nearest free unit first; a reserve number when all are busy.

    Police cars are called beat + shift ("2B1"; shifts start at 07:00, 15:00 and 23:00), fire engines E1…,
    ambulances M1…; reserves R1… (police), and the next numbers of fire and ambulance.
    """
    wide = units.join(calls.select("call", "beat"), on="call", how="left", maintain_order="left")
    wide = wide.with_columns(hour=local_time("dispatched", city).dt.hour())
    order, near = np.argsort(wide["dispatched"].to_numpy(), kind="stable"), _nearest_beats(city)
    rows = wide.select("agency", "beat", "hour", "dispatched", "cleared", "unit").rows()
    names: list[str] = [row[5] or "" for row in rows]
    free_from: dict[str, int] = {}
    for index in order:
        agency, beat, hour, start, end, unit = rows[index]
        if unit is not None:
            continue
        if agency == "AFPD":
            shift = 1 if 7 <= hour < 15 else 2 if 15 <= hour < 23 else 3
            wanted = [f"{other}{shift}" for other in near[beat]] + [f"R{number}" for number in range(1, 100)]
        else:
            letter, first = ("E" if agency == "FIRE" else "M"), int(beat[0])
            wanted = [f"{letter}{number}" for number in [first, *range(1, 30)]]
        name = next(candidate for candidate in wanted if free_from.get(candidate, 0) <= start)
        free_from[name], names[index] = end, name
    return units.with_columns(unit=pl.Series(names, dtype=pl.String))


def _nearest_beats(city: City) -> dict[str, list[str]]:
    """For each beat all beats, nearest first (distance on the grid, then name)."""
    at = {f"{row + 1}{'ABCDE'[column]}": (row, column) for row in range(ROWS) for column in range(COLUMNS)}

    def distance(one: str, other: str) -> int:
        return abs(at[one][0] - at[other][0]) + abs(at[one][1] - at[other][1])

    return {beat: sorted(at, key=lambda other: (distance(beat, other), other)) for beat in city.beats["code"]}
