"""Time stamps: from an export's text to whole seconds UTC and local, and which formats a column is written in.

No single parser takes all formats, so formats are tried in turn and the first that reads a cell wins. Local
clock times meet two odd hours a year: in autumn an hour happens twice (read as the first, or as the second where
the first would lie before an earlier stamp of the row, so that no duration turns negative and none gains an hour)
and in spring an hour is skipped (read one hour later, and counted).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import polars as pl

from calls.places import Place, first_rows, first_shapes
from calls.time_formats import (
    EARLIEST,
    EXCEL_SERIAL,
    LATEST,
    OFFSET_AT_END,
    FormatGuess,
    guess_formats,
    header_words,
    is_zoned,
    plain_text,
    plain_text_of,
    seconds_by,
    seconds_by_any,
    share_read_by,
)

__all__ = [
    "FormatGuess",
    "StampCounts",
    "add_span",
    "guess_formats",
    "header_words",
    "join_date_and_time",
    "read_stamps",
    "share_read_by",
]

_CLOCK_WITHOUT_HALF: Final = r"\d{1,2}:\d{2}(:\d{2})?$"


@dataclass(frozen=True)
class StampCounts:
    """How reading one stamp column went, in rows."""

    filled: int
    unreadable: int
    implausible: int
    skipped_hour: int
    next_day: int = 0
    doubled_hour: int = 0
    half_cut_off: int = 0
    # Under the names of these counts, or of the problem: the first rows concerned.
    seen_in: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)


def read_stamps(
    frame: pl.DataFrame,
    column: str,
    name: str,
    *,
    formats: tuple[str, ...],
    zone: str | None,
    offset: str = "none",
    since: pl.Expr | None = None,
    not_before: pl.Expr | None = None,
) -> tuple[pl.DataFrame, StampCounts]:
    """Add `name` (UTC seconds) and `name`_local (wall-clock seconds), read from the text `column`.

    Both Int64, null where blank or unreadable. Without a zone the two are equal, but for stamps that state their
    offset: their local clock is as written. `offset="applied_twice"`: the stated offset had been subtracted
    already, so the UTC moment's digits are the local clock.
    In the twice-happening autumn hour a stamp takes the earlier of the two, unless that lies before `not_before`
    (UTC seconds of an earlier stamp) and the later does not; the last stamp of a call (cleared_at) takes the later
    where no earlier stamp is known.
    `since` (local seconds of an earlier stamp) is given for a clock time whose date is the call's: read more
    than 12 hours before it, the clock has passed midnight, and the time is the next day's.
    """
    text = plain_text_of(frame, column)
    with_offset = [f for f in formats if is_zoned(f)]
    plain = [f for f in formats if not is_zoned(f)]
    naive = seconds_by_any(text, plain)
    # A naive reading that is no plausible moment gives way to a zoned one and the other way round, in range below.
    frame = frame.with_columns(
        seconds_by_any(text, with_offset).alias("_zoned"), naive.alias("_naive"), text.alias("_text")
    )
    if offset == "applied_twice":
        frame = frame.with_columns(
            pl.coalesce("_zoned", "_naive").alias("_naive"), pl.lit(None, pl.Int64).alias("_zoned")
        )
    in_range = {c: pl.col(c).is_between(EARLIEST, LATEST) for c in ("_zoned", "_naive")}
    readable = pl.col("_zoned").is_not_null() | pl.col("_naive").is_not_null()
    filled = pl.col("_text").is_not_null() & (pl.col("_text") != "")
    plausible = in_range["_zoned"].fill_null(False) | in_range["_naive"].fill_null(False)
    faults = {
        "unreadable": filled & ~readable,
        "implausible": readable & ~plausible,
        "half_cut_off": filled & ~readable & _half_cut_off(formats),
    }
    counts = frame.select(
        filled.sum().alias("filled"), *(mask.sum().alias(name) for name, mask in faults.items())
    ).row(0, named=True)
    seen_in = {name: first_shapes(frame, "_text", mask) for name, mask in faults.items() if counts[name]}
    frame = frame.with_columns(pl.when(keep).then(pl.col(c)).alias(c) for c, keep in in_range.items())
    next_day = 0
    if since is not None:
        past_midnight = (pl.col("_naive") < since - 43_200).fill_null(False)
        next_day = frame.select(past_midnight.sum()).item()
        if next_day:
            seen_in["next_day"] = first_rows(frame, past_midnight)
        frame = frame.with_columns(
            pl.when(past_midnight).then(pl.col("_naive") + 86_400).otherwise("_naive").alias("_naive")
        )
    skipped = doubled = 0
    if zone is None:
        frame = frame.with_columns(pl.coalesce("_zoned", "_naive").alias(name)).with_columns(
            pl.coalesce(_clock_as_written(with_offset), name).alias(f"{name}_local")
        )
    else:
        clock = pl.from_epoch("_naive", "s")
        frame = frame.with_columns(
            _moment(clock, zone, "earliest").alias("_utc"),
            _moment(clock, zone, "latest").alias("_later"),
        )
        in_spring = pl.col("_naive").is_not_null() & pl.col("_utc").is_null()
        in_autumn = pl.col("_utc") != pl.col("_later")
        skipped, doubled = frame.select(
            in_spring.sum().alias("skipped"), in_autumn.sum().alias("doubled")
        ).row(0)
        if skipped:
            seen_in["skipped_hour"] = first_rows(frame, in_spring)
        if doubled:
            seen_in["doubled_hour"] = first_rows(frame, in_autumn)
        # Nothing before the end of a call is known: the later reading cannot put it before its start.
        last = name == "cleared_at"
        if not_before is None:
            use_later = pl.lit(last)
        else:
            use_later = ((pl.col("_utc") < not_before) & (pl.col("_later") >= not_before)).fill_null(last)
        utc = pl.when(use_later).then("_later").otherwise("_utc")
        hour_later = _moment(clock.dt.offset_by("1h"), zone, "latest" if name == "cleared_at" else "earliest")
        known = [pl.col("_zoned"), utc, *([hour_later] if skipped else [])]
        frame = frame.with_columns(pl.coalesce(known).alias(name))
        frame = frame.with_columns(local_clock(pl.col(name), zone).alias(f"{name}_local"))
    helpers = [c for c in ("_zoned", "_naive", "_text", "_utc", "_later") if c in frame.columns]
    return frame.drop(helpers), StampCounts(
        **counts, skipped_hour=skipped, next_day=next_day, doubled_hour=doubled, seen_in=seen_in
    )


def _moment(clock: pl.Expr, zone: str, which: Literal["earliest", "latest"]) -> pl.Expr:
    """Int64 seconds UTC of a local clock reading; null in the hour that is skipped in spring."""
    return clock.dt.replace_time_zone(zone, ambiguous=which, non_existent="null").dt.epoch("s")


def local_clock(utc_seconds: pl.Expr, zone: str) -> pl.Expr:
    """Int64 local wall-clock seconds of UTC seconds."""
    moment = pl.from_epoch(utc_seconds, "s").dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    return moment.dt.replace_time_zone(None).dt.epoch("s")


def _clock_as_written(formats: list[str]) -> pl.Expr:
    """The clock reading of a text with an offset, in `_text`; null for stamps without one."""
    stated = [f.removesuffix("%z").rstrip() for f in formats if f.endswith("%z")]
    text = pl.when(pl.col("_text").str.contains(OFFSET_AT_END)).then(
        pl.col("_text").str.replace(OFFSET_AT_END, "")
    )
    clock = seconds_by_any(text, stated)
    return pl.when(pl.col("_zoned").is_not_null() & clock.is_between(EARLIEST, LATEST)).then(clock)


def _half_cut_off(formats: tuple[str, ...]) -> pl.Expr:
    """True for a clock time without AM or PM in a column that is written with them."""
    if not any("%p" in f for f in formats):
        return pl.lit(False)
    return pl.col("_text").str.contains(_CLOCK_WITHOUT_HALF)


def add_span(
    frame: pl.DataFrame, column: str, name: str, *, seconds: int, after: tuple[str, ...], zone: str | None
) -> tuple[pl.DataFrame, StampCounts]:
    """Add `name` and `name`_local: the first known stamp of `after` plus the span in the text `column`.

    `seconds` is the length of the span's unit. Null where the span is blank, negative, no number, or nothing
    of `after` is known. Local seconds follow the zone, so that a span across a change of the clocks is right.
    """
    number = plain_text(column).str.replace_all(",", "").cast(pl.Float64, strict=False)
    span = (pl.when(number >= 0).then(number) * seconds).round(0).cast(pl.Int64, strict=False)
    filled = pl.col(column).is_not_null() & (plain_text(column) != "")
    unreadable = filled & span.is_null()
    counts = frame.select(filled.sum().alias("filled"), unreadable.sum().alias("unreadable")).row(
        0, named=True
    )
    seen_in = {"filled": first_rows(frame, filled & span.is_not_null())}
    if counts["unreadable"]:
        shown = frame.with_columns(plain_text(column).alias("_text"))
        seen_in["unreadable"] = first_shapes(shown, "_text", unreadable)
    frame = frame.with_columns((pl.coalesce(after) + span).alias(name))
    local = pl.coalesce(f"{stamp}_local" for stamp in after) + span
    if zone is not None:
        local = local_clock(pl.col(name), zone)
    frame = frame.with_columns(local.alias(f"{name}_local"))
    return frame, StampCounts(**counts, implausible=0, skipped_hour=0, seen_in=seen_in)


_CLOCK_OF_A_DATE: Final = (
    r"[T ]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*([AaPp]\.?[Mm]\.?)?\s*(Z|[+-]\d{2}:?\d{2})?$"
)
_DAYS_OF_A_SPREADSHEET: Final = r"^[345]\d{4}(\.0+)?$"
_PART_OF_A_DAY: Final = r"^0?\.\d+$"
_DATE_OF_A_CLOCK: Final = r"^\d{4}-\d{2}-\d{2}[T ]"


def join_date_and_time(frame: pl.DataFrame, columns: tuple[str, ...], name: str) -> pl.DataFrame:
    """Add `name`: the text of one column, or of a date and a time column with a blank between them.

    Of two columns, a midnight that an export adds to every date is cut off, so is the date that a spreadsheet
    adds to every clock time (1899-12-30), and 930 becomes 0930. A date that is a spreadsheet's count of days
    (45090) and a clock time that is a fraction of a day (0.5833) are written out.
    """
    if len(columns) == 1:
        return frame.with_columns(pl.col(columns[0]).alias(name))
    date = pl.col(columns[0]).str.strip_chars().str.replace(_CLOCK_OF_A_DATE, "")
    clock = pl.col(columns[1]).str.strip_chars().str.replace(_DATE_OF_A_CLOCK, "")
    digits = pl.when(clock.str.len_chars() <= 4).then(clock.str.zfill(4)).otherwise(clock.str.zfill(6))
    clock = pl.when(clock.str.contains(r"^\d{1,6}$")).then(digits).otherwise(clock)
    fraction = pl.when(clock.str.contains(_PART_OF_A_DAY)).then(clock)
    seconds = (fraction.cast(pl.Float64, strict=False) * 86_400).round(0).cast(pl.Int64)
    clock = pl.coalesce(pl.from_epoch(seconds, "s").dt.strftime("%H:%M:%S"), clock)
    days = seconds_by(pl.when(date.str.contains(_DAYS_OF_A_SPREADSHEET)).then(date), EXCEL_SERIAL)
    date = pl.coalesce(pl.from_epoch(days, "s").dt.strftime("%Y-%m-%d"), date)
    return frame.with_columns(pl.concat_str(date, clock, separator=" ").alias(name))
