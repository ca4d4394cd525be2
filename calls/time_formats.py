"""How time stamps are written: reading a text by one or several formats, and finding the formats of a column.

No single parser takes all formats, and one column may hold several: a spreadsheet that was filled by hand, or two
systems one after the other. So formats are tried in turn, and the first that reads a cell as a moment between
1980 and 2100 wins ("12/30/15" is the year 2015 by `%y` and the year 15 by `%Y`). The share that was read is always
given with the formats.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import polars as pl

EPOCHS: Final = ("epoch_s", "epoch_ms")
# Days since 1899-12-30 with the time of day as a fraction: what a spreadsheet keeps behind a date, local clock.
EXCEL_SERIAL: Final = "excel_serial"
NUMBERS: Final = (*EPOCHS, EXCEL_SERIAL)
EARLIEST: Final = 315_532_800  # 1980-01-01
LATEST: Final = 4_102_444_800  # 2100-01-01
# A stated offset at the end of a text: "-05:00", "+0000".
OFFSET_AT_END: Final = r"\s*[+-]\d{2}:?\d{2}$"
_EXCEL_DAY_ZERO: Final = 25_569  # 1970-01-01 as a serial
# Serials are only recognised from 2000 to 2050, so that spans and counts are not taken for dates.
SERIALS: Final = (36_526, 55_153)
_ENOUGH: Final = 0.95
_WORTH_A_FORMAT: Final = 0.002
_MOST_FORMATS: Final = 6
_SAMPLE: Final = 2_000


@lru_cache(maxsize=1)
def header_words() -> dict[str, Any]:
    """`layouts/header_words.toml`: header words, time formats and initiator words."""
    with (Path(__file__).parent / "layouts" / "header_words.toml").open("rb") as file:
        return tomllib.load(file)


def plain_text(column: str) -> pl.Expr:
    """The cell stripped, with single blanks, and "Z" as the offset that the format letter %z takes."""
    return pl.col(column).str.strip_chars().str.replace_all(r"\s+", " ").str.replace("Z$", "+00:00")


def plain_text_of(frame: pl.DataFrame, column: str) -> pl.Expr:
    """`plain_text` without the steps that no cell of the frame needs: on long columns they cost more than parsing."""
    cell = pl.col(column)
    untidy, zulu = frame.select(
        cell.str.contains(r"^\s|\s$|\s\s|[^\S ]").any().alias("untidy"),
        cell.str.ends_with("Z").any().alias("zulu"),
    ).row(0)
    return plain_text(column) if untidy or zulu else cell


def is_zoned(fmt: str) -> bool:
    """Whether the format says by itself which moment it is, without a time zone."""
    return fmt in EPOCHS or fmt.endswith("%z")


def seconds_by(text: pl.Expr, fmt: str) -> pl.Expr:
    """Int64 seconds of the clock reading (or of UTC where the format has an offset); null where unreadable."""
    if fmt in EPOCHS:
        seconds = text.cast(pl.Float64, strict=False) / (1000 if fmt == "epoch_ms" else 1)
        return seconds.floor().cast(pl.Int64, strict=False)
    if fmt == EXCEL_SERIAL:
        days = text.cast(pl.Float64, strict=False) - _EXCEL_DAY_ZERO
        # A fraction of a day is never exact: 10:00 is stored as .41666666, a fraction of a second before it.
        return (days * 86_400).round(0).cast(pl.Int64, strict=False)
    return text.str.to_datetime(fmt, strict=False, exact=True, time_unit="us").dt.epoch("s")


def seconds_by_any(text: pl.Expr, formats: Sequence[str]) -> pl.Expr:
    """Int64 seconds by the first format that reads a plausible moment, else by the first that reads at all."""
    if not formats:
        return pl.lit(None, pl.Int64)
    if len(formats) == 1:
        return seconds_by(text, formats[0])
    read = [seconds_by(text, fmt) for fmt in formats]
    return pl.coalesce(
        *(pl.when(seconds.is_between(EARLIEST, LATEST)).then(seconds) for seconds in read), *read
    )


@dataclass(frozen=True)
class FormatGuess:
    """The formats a column is written in, the share of filled cells they read, and whether day/month is open.

    `shares`: of the filled cells, which share each format reads that none before it does. `half_cut_off`: the
    share of cells with a clock time whose AM or PM is missing, where others have it; no format reads those.
    """

    formats: tuple[str, ...]
    share_read: float
    ambiguous: bool
    shares: tuple[float, ...] = ()
    half_cut_off: float = 0.0


def guess_formats(values: pl.Series) -> FormatGuess:
    """Which formats read these cells (String). No filled cell, or none readable: no formats, share 0."""
    text = values.drop_nulls().to_frame("v").select(plain_text("v")).to_series()
    text = text.filter(text != "").head(_SAMPLE)
    if text.is_empty():
        return FormatGuess((), 0.0, False)
    numbers = text.cast(pl.Float64, strict=False)
    if numbers.null_count() == 0:
        fmt = _format_of_numbers(numbers)
        if fmt is not None:
            return FormatGuess((fmt,), 1.0, False, (1.0,))
    words = header_words()["time_formats"]
    frame = text.to_frame("v")
    some_read = []
    for fmt in [*words["moments"], *words["dates"]]:
        share = _share_read(frame, fmt)
        if share >= _ENOUGH:
            guess = _more_formats(frame, _settle_day_first(frame, fmt, share), words)
            return _without_cut_halves(frame, guess)
        twin = _day_first_twin(fmt)
        if share > 0 and twin and _share_read(frame, twin) >= _ENOUGH:
            return FormatGuess((twin,), _share_read(frame, twin), False)
        if share > 0 or (twin and _share_read(frame, twin) > 0):
            some_read.append(fmt)
    # A column of plain numbers is none of dates, unless all of them can be (see above); a few among texts can be.
    candidates = some_read if numbers.null_count() == 0 else [*some_read, *NUMBERS]
    return _without_cut_halves(frame, _several_formats(frame, candidates))


def _without_cut_halves(frame: pl.DataFrame, guess: FormatGuess) -> FormatGuess:
    """A clock time without AM or PM among others that have it is no 24-hour time, unless an hour says so."""
    halves = [f for f in guess.formats if "%p" in f]
    dates = {f.partition("%I")[0] for f in halves}
    whole = [f for f in guess.formats if "%H" in f and f.partition("%H")[0] in dates]
    if not halves or not whole:
        return guess
    cut = _unread(frame, halves).select(seconds_by_any(pl.col("v"), whole).alias("s")).drop_nulls()
    hours = cut["s"] // 3600 % 24
    if cut.is_empty() or not hours.is_between(1, 12).all():
        return guess
    kept = [(f, share) for f, share in zip(guess.formats, guess.shares, strict=True) if f not in whole]
    share = cut.height / frame.height
    return FormatGuess(
        tuple(f for f, _ in kept),
        max(guess.share_read - share, 0.0),
        guess.ambiguous,
        tuple(s for _, s in kept),
        half_cut_off=share,
    )


def _more_formats(frame: pl.DataFrame, one: FormatGuess, words: dict[str, Any]) -> FormatGuess:
    """One format reads nearly all cells; what it leaves may still be written in another."""
    if one.share_read >= 1.0:
        return one
    rest = _unread(frame, one.formats)
    others = [f for f in [*words["moments"], *words["dates"]] if _share_read(rest, f) > 0]
    more = _several_formats(rest, [*others, *NUMBERS])
    if not more.formats:
        return one
    left = 1 - one.share_read
    return FormatGuess(
        (*one.formats, *more.formats),
        one.share_read + left * more.share_read,
        one.ambiguous,
        (one.share_read, *(share * left for share in more.shares)),
    )


def _several_formats(frame: pl.DataFrame, candidates: Sequence[str]) -> FormatGuess:
    """The format that reads most of the cells, then the one that reads most of the rest, and so on."""
    formats: list[str] = []
    shares: list[float] = []
    ambiguous, rest = False, frame
    while not rest.is_empty() and len(formats) < _MOST_FORMATS:
        best = max(
            ((_share_read(rest, fmt), fmt) for fmt in candidates if fmt not in formats),
            key=lambda pair: pair[0],
            default=(0.0, ""),
        )
        if best[0] * rest.height < max(1, _WORTH_A_FORMAT * frame.height):
            break
        settled = _settle_day_first(rest, best[1], best[0])
        if settled.formats[0] in formats:
            break
        formats.append(settled.formats[0])
        shares.append(settled.share_read * rest.height / frame.height)
        ambiguous = ambiguous or settled.ambiguous
        rest = _unread(rest, settled.formats)
    return FormatGuess(tuple(formats), sum(shares), ambiguous, tuple(shares))


def _unread(frame: pl.DataFrame, formats: Sequence[str]) -> pl.DataFrame:
    return frame.filter(
        seconds_by_any(pl.col("v"), formats).is_between(EARLIEST, LATEST).fill_null(False).not_()
    )


def _format_of_numbers(numbers: pl.Series) -> str | None:
    for fmt, unit in (("epoch_s", 1), ("epoch_ms", 1000)):
        if (numbers / unit).is_between(EARLIEST, LATEST).all() and (numbers / unit > 1e8).all():
            return fmt
    fractions = float((numbers != numbers.floor()).mean() or 0.0)  # type: ignore[arg-type]
    return EXCEL_SERIAL if numbers.is_between(*SERIALS).all() and fractions > 0.5 else None


def share_read_by(values: pl.Series, formats: tuple[str, ...]) -> float:
    """The share of these cells (String, none blank) that any of the formats reads; 0 where there are none."""
    if not formats or values.is_empty():
        return 0.0
    frame = values.to_frame("v").select(plain_text("v"))
    read = seconds_by_any(pl.col("v"), formats).is_between(EARLIEST, LATEST).fill_null(False)
    return float(frame.select(read.mean()).item())


def _share_read(frame: pl.DataFrame, fmt: str) -> float:
    seconds = seconds_by(pl.col("v"), fmt)
    plausible = seconds.is_between(EARLIEST, LATEST)
    if fmt == EXCEL_SERIAL:
        plausible &= pl.col("v").cast(pl.Float64, strict=False).is_between(*SERIALS)
    return float(frame.select(plausible.fill_null(False).mean()).item() or 0.0)


def _day_first_twin(fmt: str) -> str | None:
    """The same format with the day before the month; None for formats that write the year first."""
    for month_first, day_first in header_words()["time_formats"]["day_first"]:
        if fmt.startswith(month_first):
            return fmt.replace(month_first, day_first)
    return None


def _settle_day_first(frame: pl.DataFrame, fmt: str, share: float) -> FormatGuess:
    twin = _day_first_twin(fmt)
    if twin is None:
        return FormatGuess((fmt,), share, False, (share,))
    twin_share = _share_read(frame, twin)
    if twin_share > share:
        return FormatGuess((twin,), twin_share, False, (twin_share,))
    # Both read every cell: no day above 12 was seen, and the reading stays a guess.
    return FormatGuess((fmt,), share, twin_share >= share, (share,))
