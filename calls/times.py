"""Time stamps: from an export's text to whole seconds UTC and local, and which formats a column is written in.

No single parser takes all formats, so formats are tried in turn and the first that reads a cell wins. Local
clock times meet two odd hours a year: in autumn an hour happens twice (the start of a call is read as the
first, its end as the second, so that no duration turns negative) and in spring an hour is skipped (read one
hour later, and counted).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

EPOCHS: Final = ("epoch_s", "epoch_ms")
_EARLIEST: Final = 315_532_800  # 1980-01-01
_LATEST: Final = 4_102_444_800  # 2100-01-01
_ENOUGH: Final = 0.95
_SAMPLE: Final = 2_000


@lru_cache(maxsize=1)
def header_words() -> dict[str, Any]:
    """`layouts/header_words.toml`: header words, time formats and initiator words."""
    with (Path(__file__).parent / "layouts" / "header_words.toml").open("rb") as file:
        return tomllib.load(file)


def _text(column: str) -> pl.Expr:
    # "Z" is an offset that the format letter %z does not take.
    return pl.col(column).str.strip_chars().str.replace_all(r"\s+", " ").str.replace("Z$", "+00:00")


def _parsed(text: pl.Expr, fmt: str) -> pl.Expr:
    """Int64 seconds of the clock reading (or of UTC where the format has an offset); null where unreadable."""
    if fmt in EPOCHS:
        seconds = text.cast(pl.Float64, strict=False) / (1000 if fmt == "epoch_ms" else 1)
        return seconds.floor().cast(pl.Int64, strict=False)
    return text.str.to_datetime(fmt, strict=False, exact=True, time_unit="us").dt.epoch("s")


def _zoned(fmt: str) -> bool:
    return fmt in EPOCHS or fmt.endswith("%z")


@dataclass(frozen=True)
class StampCounts:
    """How reading one stamp column went, in rows."""

    filled: int
    unreadable: int
    implausible: int
    skipped_hour: int
    next_day: int = 0


def read_stamps(
    frame: pl.DataFrame,
    column: str,
    name: str,
    *,
    formats: tuple[str, ...],
    zone: str | None,
    offset: str = "none",
    since: pl.Expr | None = None,
) -> tuple[pl.DataFrame, StampCounts]:
    """Add `name` (UTC seconds) and `name`_local (wall-clock seconds), read from the text `column`.

    Both Int64, null where blank or unreadable. Without a zone the two are equal. `offset="applied_twice"`:
    the stated offset had been subtracted already, so the UTC moment's digits are the local clock.
    `name` decides the twice-happening autumn hour: the last stamp of a call (cleared_at) takes the later.
    `since` (local seconds of an earlier stamp) is given for a clock time whose date is the call's: read more
    than 12 hours before it, the clock has passed midnight, and the time is the next day's.
    """
    text = _text(column)
    zoned = pl.coalesce([_parsed(text, f) for f in formats if _zoned(f)] or [pl.lit(None, pl.Int64)])
    naive = pl.coalesce([_parsed(text, f) for f in formats if not _zoned(f)] or [pl.lit(None, pl.Int64)])
    frame = frame.with_columns(zoned.alias("_zoned"), naive.alias("_naive"), text.alias("_text"))
    if offset == "applied_twice":
        frame = frame.with_columns(pl.col("_zoned").alias("_naive"), pl.lit(None, pl.Int64).alias("_zoned"))
    in_range = {c: pl.col(c).is_between(_EARLIEST, _LATEST) for c in ("_zoned", "_naive")}
    readable = pl.col("_zoned").is_not_null() | pl.col("_naive").is_not_null()
    filled = pl.col("_text").is_not_null() & (pl.col("_text") != "")
    counts = frame.select(
        filled.sum().alias("filled"),
        (filled & ~readable).sum().alias("unreadable"),
        (readable & ~(in_range["_zoned"].fill_null(False) | in_range["_naive"].fill_null(False)))
        .sum()
        .alias("implausible"),
    ).row(0, named=True)
    frame = frame.with_columns(pl.when(keep).then(pl.col(c)).alias(c) for c, keep in in_range.items())
    next_day = 0
    if since is not None:
        past_midnight = (pl.col("_naive") < since - 43_200).fill_null(False)
        next_day = frame.select(past_midnight.sum()).item()
        frame = frame.with_columns(
            pl.when(past_midnight).then(pl.col("_naive") + 86_400).otherwise("_naive").alias("_naive")
        )
    skipped = 0
    if zone is None:
        frame = frame.with_columns(pl.coalesce("_zoned", "_naive").alias(name)).with_columns(
            pl.col(name).alias(f"{name}_local")
        )
    else:
        later: Literal["latest", "earliest"] = "latest" if name == "cleared_at" else "earliest"
        clock = pl.from_epoch("_naive", "s")
        utc = clock.dt.replace_time_zone(zone, ambiguous=later, non_existent="null")
        an_hour_later = clock.dt.offset_by("1h").dt.replace_time_zone(
            zone, ambiguous=later, non_existent="null"
        )
        frame = frame.with_columns(
            utc.dt.epoch("s").alias("_utc"), an_hour_later.dt.epoch("s").alias("_next")
        )
        skipped = frame.select((pl.col("_naive").is_not_null() & pl.col("_utc").is_null()).sum()).item()
        frame = frame.with_columns(pl.coalesce("_zoned", "_utc", "_next").alias(name)).with_columns(
            pl.from_epoch(name, "s")
            .dt.replace_time_zone("UTC")
            .dt.convert_time_zone(zone)
            .dt.replace_time_zone(None)
            .dt.epoch("s")
            .alias(f"{name}_local")
        )
    helpers = [c for c in ("_zoned", "_naive", "_text", "_utc", "_next") if c in frame.columns]
    return frame.drop(helpers), StampCounts(**counts, skipped_hour=skipped, next_day=next_day)


def add_span(
    frame: pl.DataFrame, column: str, name: str, *, seconds: int, after: tuple[str, ...], zone: str | None
) -> tuple[pl.DataFrame, StampCounts]:
    """Add `name` and `name`_local: the first known stamp of `after` plus the span in the text `column`.

    `seconds` is the length of the span's unit. Null where the span is blank, negative, no number, or nothing
    of `after` is known. Local seconds follow the zone, so that a span across a change of the clocks is right.
    """
    number = _text(column).str.replace_all(",", "").cast(pl.Float64, strict=False)
    span = (pl.when(number >= 0).then(number) * seconds).round(0).cast(pl.Int64, strict=False)
    filled = pl.col(column).is_not_null() & (_text(column) != "")
    counts = frame.select(filled.sum().alias("filled"), (filled & span.is_null()).sum().alias("unreadable"))
    frame = frame.with_columns((pl.coalesce(after) + span).alias(name))
    local = pl.coalesce(f"{stamp}_local" for stamp in after) + span
    if zone is not None:
        local = (
            pl.from_epoch(name, "s").dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
            .dt.replace_time_zone(None).dt.epoch("s")
        )  # fmt: skip
    frame = frame.with_columns(local.alias(f"{name}_local"))
    return frame, StampCounts(**counts.row(0, named=True), implausible=0, skipped_hour=0)


_CLOCK_OF_A_DATE: Final = (
    r"[T ]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*([AaPp]\.?[Mm]\.?)?\s*(Z|[+-]\d{2}:?\d{2})?$"
)
_DATE_OF_A_CLOCK: Final = r"^\d{4}-\d{2}-\d{2}[T ]"


def join_date_and_time(frame: pl.DataFrame, columns: tuple[str, ...], name: str) -> pl.DataFrame:
    """Add `name`: the text of one column, or of a date and a time column with a blank between them.

    Of two columns, a midnight that an export adds to every date is cut off, so is the date that a spreadsheet
    adds to every clock time (1899-12-30), and 930 becomes 0930.
    """
    if len(columns) == 1:
        return frame.with_columns(pl.col(columns[0]).alias(name))
    date = pl.col(columns[0]).str.strip_chars().str.replace(_CLOCK_OF_A_DATE, "")
    clock = pl.col(columns[1]).str.strip_chars().str.replace(_DATE_OF_A_CLOCK, "")
    digits = pl.when(clock.str.len_chars() <= 4).then(clock.str.zfill(4)).otherwise(clock.str.zfill(6))
    clock = pl.when(clock.str.contains(r"^\d{1,6}$")).then(digits).otherwise(clock)
    return frame.with_columns(pl.concat_str(date, clock, separator=" ").alias(name))


@dataclass(frozen=True)
class FormatGuess:
    """The formats a column is written in, the share of filled cells they read, and whether day/month is open."""

    formats: tuple[str, ...]
    share_read: float
    ambiguous: bool


def guess_formats(values: pl.Series) -> FormatGuess:
    """Which formats read these cells (String). No filled cell, or none readable: no formats, share 0."""
    text = values.drop_nulls().to_frame("v").select(_text("v")).to_series()
    text = text.filter(text != "").head(_SAMPLE)
    if text.is_empty():
        return FormatGuess((), 0.0, False)
    frame = text.to_frame("v")
    numbers = text.cast(pl.Float64, strict=False)
    if numbers.null_count() == 0:
        for fmt, unit in (("epoch_s", 1), ("epoch_ms", 1000)):
            if (numbers / unit).is_between(_EARLIEST, _LATEST).all() and (numbers / unit > 1e8).all():
                return FormatGuess((fmt,), 1.0, False)
    words = header_words()["time_formats"]
    best: list[tuple[float, str]] = []
    for fmt in [*words["moments"], *words["dates"]]:
        share = _share_read(frame, fmt)
        if share >= _ENOUGH:
            return _settle_day_first(frame, fmt, share)
        if share > 0:
            twin = _day_first_twin(fmt)
            twin_share = _share_read(frame, twin) if twin else 0.0
            if twin and twin_share >= _ENOUGH:
                return FormatGuess((twin,), twin_share, False)
            best.append((share, fmt))
    if not best:
        return FormatGuess((), 0.0, False)
    formats = tuple(fmt for _, fmt in sorted(best, reverse=True)[:4])
    together = pl.coalesce([_parsed(pl.col("v"), f) for f in formats])
    return FormatGuess(formats, float(frame.select(together.is_not_null().mean()).item()), False)


def share_read_by(values: pl.Series, formats: tuple[str, ...]) -> float:
    """The share of these cells (String, none blank) that any of the formats reads; 0 where there are none."""
    if not formats or values.is_empty():
        return 0.0
    frame = values.to_frame("v").select(_text("v"))
    read = pl.any_horizontal(
        _parsed(pl.col("v"), f).is_between(_EARLIEST, _LATEST).fill_null(False) for f in formats
    )
    return float(frame.select(read.mean()).item())


def _share_read(frame: pl.DataFrame, fmt: str) -> float:
    seconds = _parsed(pl.col("v"), fmt)
    return float(frame.select(seconds.is_between(_EARLIEST, _LATEST).fill_null(False).mean()).item() or 0.0)


def _day_first_twin(fmt: str) -> str | None:
    """The same format with the day before the month; None for formats that write the year first."""
    for month_first, day_first in header_words()["time_formats"]["day_first"]:
        if fmt.startswith(month_first):
            return fmt.replace(month_first, day_first)
    return None


def _settle_day_first(frame: pl.DataFrame, fmt: str, share: float) -> FormatGuess:
    twin = _day_first_twin(fmt)
    if twin is None:
        return FormatGuess((fmt,), share, False)
    twin_share = _share_read(frame, twin)
    if twin_share > share:
        return FormatGuess((twin,), twin_share, False)
    # Both read every cell: no day above 12 was seen, and the reading stays a guess.
    return FormatGuess((fmt,), share, twin_share >= share)
