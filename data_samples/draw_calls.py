"""Who called about what, where and when: one row per call, before any unit is sent.

Counts are Poisson around rate × season × area × noise; the hour follows the type's own hours of the week.
The final type, the priority and the way the call ended are drawn here as well, as if no program existed.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from data_samples.city import (
    City,
    FloatArray,
    IntArray,
    area_noise,
    beat_corners,
    choose,
    citywide,
    hours_of,
    local_time,
    points_inside,
)

TEST_TYPE = "TEST"


def draw_calls(city: City) -> pl.DataFrame:
    """All calls in the order of receipt.

    Columns: call (row number), incident, code, final_code, source, received (UTC seconds), beat, district,
    x, y (thousandths of a degree), priority, final_priority, police, fire, ems (units that would go),
    arrest (Boolean), disposition, kind ('call', 'cancelled', 'no unit', 'duplicate' or 'test'). No nulls.
    """
    calls = _place_and_time(city)
    calls = _source_and_response(city, calls)
    calls = _endings(city, calls)
    calls = pl.concat([calls, _second_callers(city, calls)])
    calls = calls.sort("received", "code", "beat", "x", "y", "kind")
    year = local_time("received", city).dt.strftime("%y")
    number = pl.int_range(1, pl.len() + 1).over(year).cast(pl.String).str.zfill(6)
    return calls.with_columns(incident=pl.format("AF{}-{}", year, number)).with_row_index("call")


def _place_and_time(city: City) -> pl.DataFrame:
    mix, beats, stream = city.call_mix, city.beats, city.random("calls")
    hours = hours_of(city)
    weeks = hours.group_by("month").len().sort("month")["len"].to_numpy() / 168
    month_factor = weeks * citywide(city, "calls") * city.settings["call_volume"]
    noise = area_noise(city, city.settings["noise"]["calls_sd"], "calls noise")
    share = {name: (beats[name] / beats[name].sum()).to_numpy() for name in ("core", "home", "road", "even")}
    where: FloatArray = np.array([share[name] for name in mix["area_shape"]])
    rate = mix["calls_per_week"].to_numpy()[:, None, None] * where[:, :, None] * (noise * month_factor)[None]
    counts = stream.poisson(rate)
    type_id, beat_id, month = np.repeat(np.indices(counts.shape).reshape(3, -1), counts.ravel(), axis=1)
    received = _draw_hours(city, hours, mix["hour_shape"].to_numpy()[type_id], month)
    x, y = _draw_points(city, beat_id)
    return pl.DataFrame(
        {
            "code": mix["code"].to_numpy()[type_id],
            "received": received,
            "beat": beats["code"].to_numpy()[beat_id],
            "district": beats["district"].to_numpy()[beat_id],
            "x": x,
            "y": y,
        }
    )


def _draw_hours(city: City, hours: pl.DataFrame, shape: IntArray, month: IntArray) -> IntArray:
    """A second of receipt for each call: its hour by the type's shape within its month, the rest uniform."""
    stream, received = city.random("hours"), np.zeros(len(month), dtype=np.int64)
    hour, weekend = hours["hour"].to_numpy(), hours["weekend"].to_numpy()
    starts, month_of_hour = hours["start_s"].to_numpy(), hours["month"].to_numpy()
    for name, weights in city.settings["hours"].items():
        weight = (
            np.where(weekend, np.array(weights["weekend"])[hour], np.array(weights["weekday"])[hour])
            * hours["busy"].to_numpy()
        )
        for number in range(city.settings["months"]):
            calls = np.flatnonzero((shape == name) & (month == number))
            candidates = np.flatnonzero(month_of_hour == number)
            steps = np.cumsum(weight[candidates])
            picked = np.searchsorted(steps, stream.random(len(calls)) * steps[-1], side="right")
            received[calls] = starts[candidates[picked]]
    return received + stream.integers(0, 3600, size=len(month))


def _draw_points(city: City, beat_id: IntArray) -> tuple[IntArray, IntArray]:
    """A point of the beat for each call; some fall on the beat's few busy spots, so that places repeat."""
    places, stream = city.settings["places"], city.random("points")
    corners, points = beat_corners(city), np.zeros((len(beat_id), 2), dtype=np.int64)
    for number, beat in enumerate(city.beats["code"]):
        calls, inside = np.flatnonzero(beat_id == number), points_inside(corners[beat])
        anywhere = stream.integers(0, len(inside), size=len(calls))
        busy = stream.choice(len(inside), size=places["hot_spots"], replace=False)
        spot = busy[stream.integers(0, len(busy), size=len(calls))]
        points[calls] = inside[np.where(stream.random(len(calls)) < places["hot_spot_share"], spot, anywhere)]
    return points[:, 0], points[:, 1]


def _source_and_response(city: City, calls: pl.DataFrame) -> pl.DataFrame:
    """Add source, final type, priorities and the number of police, fire and ambulance units."""
    flow, stream = city.settings["flow"], city.random("response")
    types = calls.select("code").join(city.call_mix, on="code", how="left", maintain_order="left")
    size = calls.height
    source, final = np.full(size, "", dtype=object), calls["code"].to_numpy().copy()
    for name, weights in city.settings["sources"].items():
        rows = np.flatnonzero(types["source_mix"].to_numpy() == name)
        source[rows] = choose(stream, weights, len(rows))
    changed = stream.random(size) < types["final_change_share"].to_numpy()
    for code, alternatives in city.call_mix.select("code", "final_alternatives").iter_rows():
        rows = np.flatnonzero(changed & (calls["code"].to_numpy() == code))
        if len(rows):
            pairs = [alternative.split(":") for alternative in alternatives.split("|")]
            final[rows] = choose(stream, {other: float(weight) for other, weight in pairs}, len(rows))
    priority_of = dict(city.call_mix.select("code", "priority").iter_rows())
    step = np.where(
        stream.random(size) < flow["priority_raised_or_lowered_share"], stream.choice([-1, 1], size=size), 0
    )
    fire = (stream.random(size) < types["fire_share"].to_numpy()).astype(np.int64)
    ems = (stream.random(size) < types["ems_share"].to_numpy()).astype(np.int64)
    more = np.clip((types["units"].to_numpy() - 1) / (3 - fire - ems), 0, 1)
    return calls.with_columns(
        source=pl.Series(source.tolist(), dtype=pl.String),
        final_code=pl.Series(final.tolist(), dtype=pl.String),
        priority=np.clip(types["priority"].to_numpy() + step, 1, 5),
        final_priority=np.array([priority_of[code] for code in final], dtype=np.int64),
        police=1 + stream.binomial(3 - fire - ems, more),
        fire=fire,
        ems=ems,
    )


def _endings(city: City, calls: pl.DataFrame) -> pl.DataFrame:
    """Add kind, arrest and disposition: calls that were cancelled or needed no unit get none."""
    flow, stream, size = city.settings["flow"], city.random("endings"), calls.height
    types = calls.select("code").join(city.call_mix, on="code", how="left", maintain_order="left")
    source, code = calls["source"].to_numpy(), calls["code"].to_numpy()
    kind = np.full(size, "call", dtype=object)
    kind[(source != "OFFICER") & (stream.random(size) < flow["cancelled_share"])] = "cancelled"
    kind[(source == "ONLINE") & (stream.random(size) < flow["no_unit_share_online"])] = "no unit"
    kind[code == TEST_TYPE] = "test"
    disposition = np.full(size, "", dtype=object)
    for name, weights in city.settings["dispositions"].items():
        rows = np.flatnonzero(types["disposition_mix"].to_numpy() == name)
        disposition[rows] = choose(stream, weights, len(rows))
    arrest = (stream.random(size) < types["arrest_share"].to_numpy()) & (kind == "call")
    disposition[arrest] = "ARREST"
    disposition[kind == "cancelled"] = "CANCELLED"
    disposition[kind == "no unit"] = "REPORT TAKEN"
    none = kind != "call"
    return calls.with_columns(
        pl.when(pl.Series(none)).then(0).otherwise(pl.col("police", "fire", "ems")).name.keep(),
        kind=pl.Series(kind.tolist(), dtype=pl.String),
        arrest=arrest,
        disposition=pl.Series(disposition.tolist(), dtype=pl.String),
        final_code=pl.Series(np.where(none, code, calls["final_code"].to_numpy()).tolist(), dtype=pl.String),
        final_priority=np.where(none, calls["priority"].to_numpy(), calls["final_priority"].to_numpy()),
    )


def _second_callers(city: City, calls: pl.DataFrame) -> pl.DataFrame:
    """Further calls about something already reported, closed as DUP without a unit."""
    stream = city.random("second callers")
    public = np.flatnonzero(
        (calls["kind"] == "call").to_numpy() & calls["source"].is_in(["911", "NON-EMERGENCY"]).to_numpy()
    )
    chosen = public[stream.random(len(public)) < city.settings["flow"]["duplicate_call_share"]]
    later = stream.integers(30, 420, size=len(chosen))
    return calls[chosen.tolist()].with_columns(
        received=pl.col("received") + pl.Series(later),
        source=pl.lit("911"),
        kind=pl.lit("duplicate"),
        disposition=pl.lit("DUP"),
        arrest=pl.lit(False),
        police=pl.lit(0, dtype=pl.Int64),
        fire=pl.lit(0, dtype=pl.Int64),
        ems=pl.lit(0, dtype=pl.Int64),
        final_code=pl.col("code"),
        final_priority=pl.col("priority"),
    )
