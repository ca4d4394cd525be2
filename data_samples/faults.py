"""What a real export does to the truth: lost and slipped stamps, copies, test calls, renamed types, blanks.

Each fault is counted as it is built in. A unit row gets at most one fault of its stamps, so that what was
built in is also what can be seen and counted in the file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from data_samples.city import City, IntArray, local_time, midnight

WALL_CLOCK = "%m/%d/%Y %H:%M:%S"
STAMP_COLUMNS = {
    "Time_Received": "received",
    "Time_Queued": "queued",
    "Time_Dispatched": "dispatched",
    "Time_Enroute": "enroute",
    "Time_Arrived": "arrived",
    "Time_Cleared": "cleared",
}


@dataclass(frozen=True)
class Export:
    """The table as exported (all text), how often each fault was built in, and the types' names in the file.

    `calls` are the calls with the texts that the export shows for them.
    """

    table: pl.DataFrame
    calls: pl.DataFrame
    faults: dict[str, int]
    renamed: dict[str, tuple[str, str]]  # code in the file → (true code, text in the file)


def export(city: City, calls: pl.DataFrame, units: pl.DataFrame) -> Export:
    """Join calls and unit rows to an export and spoil it.

    In: calls and numbered units. Out: one row per unit, one row for a call without a unit (blank unit and
    dispatch, the agency of the call-takers, the time of closing as Time_Cleared).
    """
    calls, renamed = _type_texts(city, calls)
    calls = _blank_cells(city, calls)
    worded, named = calls.filter(~pl.col("blank_type")), city.settings["faults"]["responder_in_type"]
    counts = {
        "renamed_type_calls": worded.filter(shown_code=city.settings["faults"]["rename"]["new_code"]).height,
        "responder_in_type_calls": worded.filter(pl.col("shown_type").str.ends_with(named["suffix"])).height,
    }
    counts["blank_types"] = calls.filter(pl.col("blank_type")).height
    counts["blank_sources"] = calls.filter(pl.col("shown_source") == "").height
    counts["missing_coordinates"] = calls.filter(pl.col("longitude") == "").height
    for kind in ("cancelled", "duplicate", "test"):
        counts[f"{kind}_calls"] = calls.filter(kind=kind).height
    counts["calls_without_unit"] = calls.height - units["call"].n_unique()
    units = units.sort("call", "dispatched", "unit")
    rows = calls.join(units, on="call", how="left", maintain_order="left_right")
    rows = rows.with_columns(cleared=pl.when(pl.col("unit").is_null()).then("closed").otherwise("cleared"))
    rows = _spoil_stamps(city, rows)
    counts |= {
        name: rows.filter(fault=name).height
        for name in ("missing_arrival", "missing_cleared", "never_cleared", "arrival_before_dispatch")
    }
    counts |= _fall_back_counts(city, rows)
    table, marks = _as_text(city, rows)
    table, text_counts = _spoil_text(city, table, marks)
    return Export(table, calls, counts | text_counts, renamed)


def _type_texts(city: City, calls: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, tuple[str, str]]]:
    """Texts of both types; one type is renamed half-way, some carry the responder's name."""
    settings, stream = city.settings["faults"], city.random("type texts")
    text = dict(city.call_mix.select("code", "text").iter_rows())
    rename, named = settings["rename"], settings["responder_in_type"]
    since = midnight(rename["from"], city)
    renamed = {rename["new_code"]: (rename["code"], rename["new_text"])}
    renamed |= {code + named["code_suffix"]: (code, text[code] + named["suffix"]) for code in named["codes"]}
    shown = text | {code: words for code, (_, words) in renamed.items()}
    after = pl.col("received") >= since
    drawn = pl.Series(stream.random(calls.height) < named["share"])
    carries = drawn & (pl.col("who_sent") == "call-taker") & pl.col("code").is_in(named["codes"])

    def rename_from(column: str) -> pl.Expr:
        old = after & (pl.col(column) == rename["code"])
        return pl.when(old).then(pl.lit(rename["new_code"])).otherwise(pl.col(column))

    calls = calls.with_columns(shown_code=rename_from("code"), shown_final_code=rename_from("final_code"))
    calls = calls.with_columns(
        shown_code=pl.when(carries).then(pl.col("code") + named["code_suffix"]).otherwise("shown_code")
    ).with_columns(
        shown_type=pl.col("shown_code").replace_strict(shown),
        shown_final_type=pl.col("shown_final_code").replace_strict(shown),
    )
    return calls, renamed


def _blank_cells(city: City, calls: pl.DataFrame) -> pl.DataFrame:
    settings, stream, size = city.settings["faults"], city.random("blank cells"), calls.height
    blank_type = pl.Series(stream.random(size) < settings["blank_type_share"]) & (calls["kind"] == "call")
    blank_source = pl.Series(stream.random(size) < settings["blank_source_share"]) & (calls["kind"] == "call")
    nowhere = pl.Series(stream.random(size) < city.settings["places"]["missing_coordinates_share"])

    def degrees(column: str) -> pl.Expr:
        return pl.when(nowhere).then(pl.lit("")).otherwise((pl.col(column) / 1000).round(3).cast(pl.String))

    return calls.with_columns(
        blank_type=blank_type,
        shown_source=pl.when(blank_source).then(pl.lit("")).otherwise("source"),
        longitude=degrees("x"),
        latitude=degrees("y"),
    )


def _spoil_stamps(city: City, rows: pl.DataFrame) -> pl.DataFrame:
    """Add `fault` (empty = none) and spoil the stamps accordingly."""
    settings, stream, size = city.settings["faults"], city.random("stamp faults"), rows.height
    has_unit = rows["unit"].is_not_null().to_numpy()
    moved = (rows["arrived"] > rows["dispatched"]).fill_null(False).to_numpy()
    plain_hour = (
        ~rows.select(_in_repeated_hour(city)).to_series().to_numpy()
    )  # there clocks turn by themselves
    weight = np.where(rows["place"].fill_null(0).to_numpy() > 0, 2.0, 1.0)  # later units forget to say so
    draw = stream.random(size)
    lost = settings["missing_arrival_share"] * weight / weight[has_unit].mean()
    fault = np.full(size, "", dtype=object)
    fault[has_unit & (draw < lost)] = "missing_arrival"
    fault[has_unit & (draw > 1 - settings["missing_cleared_share"])] = "missing_cleared"
    for name, among in (
        ("never_cleared", has_unit),
        ("arrival_before_dispatch", has_unit & moved & plain_hour),
    ):
        free = np.flatnonzero(among & (fault == ""))
        fault[stream.choice(free, size=settings[f"{name}_rows"], replace=False)] = name
    days, slip = stream.integers(36 * 3600, 6 * 86_400, size=size), stream.integers(60, 1500, size=size)
    rows = rows.with_columns(fault=pl.Series(fault.tolist(), dtype=pl.String))

    def when(name: str) -> pl.Expr:
        return pl.col("fault") == name

    return rows.with_columns(
        arrived=pl.when(when("missing_arrival"))
        .then(None)
        .when(when("arrival_before_dispatch"))
        .then(pl.col("dispatched") - pl.Series(slip))
        .otherwise(pl.col("arrived")),
        cleared=pl.when(when("missing_cleared"))
        .then(None)
        .when(when("never_cleared"))
        .then(pl.col("cleared") + pl.Series(days))
        .otherwise(pl.col("cleared")),
    )


def _fall_back_counts(city: City, rows: pl.DataFrame) -> dict[str, int]:
    """Rows that touch the repeated hour in autumn, and rows whose wall clock runs backwards because of it."""
    return {
        "fall_back_hour_rows": rows.filter(_in_repeated_hour(city)).height,
        "fall_back_backward_rows": rows.filter(_wall("cleared", city) < _wall("received", city)).height,
        "fall_back_arrival_before_dispatch_rows": rows.filter(
            _in_repeated_hour(city), _wall("arrived", city) < _wall("dispatched", city)
        ).height,
    }


def _wall(column: str, city: City) -> pl.Expr:
    return local_time(column, city).dt.replace_time_zone(None)


def _in_repeated_hour(city: City) -> pl.Expr:
    """True where any stamp could mean either of two instants."""
    zone = city.settings["time_zone"]
    stamps = [_wall(column, city) for column in STAMP_COLUMNS.values()]
    return pl.any_horizontal(
        stamp.is_not_null() & stamp.dt.replace_time_zone(zone, ambiguous="null").is_null() for stamp in stamps
    )


def _as_text(city: City, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The export's columns as text; beside it whether a row is sound, and whether its call has no other."""
    alone = pl.len().over("call") == 1
    sound = (pl.col("fault") == "") & pl.col("unit").is_not_null() & ~pl.col("blank_type")
    sound &= ~_in_repeated_hour(city)
    only_police = alone & (pl.col("agency") == "AFPD")  # so that every visit of the team still finds its call
    marks = rows.select(sound=sound, sound_and_alone=sound & only_police)
    blank = pl.col("blank_type")
    table = rows.select(
        Incident_Number="incident",
        Agency=pl.col("agency").fill_null("AFPD"),
        Unit_ID=pl.col("unit").fill_null(""),
        Call_Source="shown_source",
        Initial_Type_Code=pl.when(blank).then(pl.lit("")).otherwise("shown_code"),
        Initial_Type=pl.when(blank).then(pl.lit("")).otherwise("shown_type"),
        Final_Type_Code="shown_final_code",
        Final_Type="shown_final_type",
        Priority=pl.col("priority").cast(pl.String),
        Final_Priority=pl.col("final_priority").cast(pl.String),
        **{
            name: _wall(column, city).dt.strftime(WALL_CLOCK).fill_null("")
            for name, column in STAMP_COLUMNS.items()
        },
        Disposition="disposition",
        Beat="beat",
        Council_District=pl.col("district").cast(pl.String),
        Latitude="latitude",
        Longitude="longitude",
    )
    return table, marks


def _spoil_text(city: City, table: pl.DataFrame, marks: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """Blank a few incident numbers, make a few stamps unreadable, write some rows twice."""
    settings, stream = city.settings["faults"], city.random("text faults")
    unreadable: list[str] = settings["unparseable_times"]
    blanks: int = settings["blank_incident_numbers"]
    chosen = stream.choice(
        np.flatnonzero(marks["sound_and_alone"]), size=blanks + len(unreadable), replace=False
    )
    columns = {name: table[name].to_list() for name in ("Incident_Number", *STAMP_COLUMNS)}
    for row in chosen[:blanks]:
        columns["Incident_Number"][row] = ""
    for row, text, name in zip(chosen[blanks:], unreadable, _cycle_of_stamps(len(unreadable)), strict=True):
        columns[name][row] = text
    table = table.with_columns(pl.Series(name, values, dtype=pl.String) for name, values in columns.items())
    untouched = np.setdiff1d(np.flatnonzero(marks["sound"]), chosen)
    copied = stream.choice(
        untouched, size=round(settings["exact_duplicate_share"] * table.height), replace=False
    )
    order: IntArray = np.sort(np.concatenate([np.arange(table.height), copied]))
    counts = {
        "exact_duplicate_rows": len(copied),
        "blank_incident_numbers": blanks,
        "unparseable_times": len(unreadable),
    }
    return table[order.tolist()], counts


def _cycle_of_stamps(how_many: int) -> list[str]:
    return [("Time_Received", "Time_Arrived", "Time_Cleared")[number % 3] for number in range(how_many)]
