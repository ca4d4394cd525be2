"""What the values of a column look like: moments, dates, clock times, spans, degrees, codes or texts.

A header may mislead ("dispatchtime" that holds minutes, "X" that holds feet of a state grid), so the detection
asks the values before it believes a header. All functions take the raw text of one column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from calls.time_formats import EXCEL_SERIAL, SERIALS
from calls.times import guess_formats, header_words

CLOCK: Final = r"^\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*([AaPp]\.?[Mm]\.?)?$"
_DATED_CLOCK: Final = r"^(1899-12-3[01]|1900-01-0[01])[T ]\d{2}:\d{2}"
_IDLE_MIDNIGHT: Final = r"(?i)[T ](00:00(:00(\.0+)?)?|12:00(:00)? AM)\s*(Z|[+-]00:?00)?$"
_MOST: Final = 0.8
_LONGEST_SPAN: Final = 200_000.0
_SAMPLE: Final = 2_000


@dataclass(frozen=True)
class TimeKind:
    """How a column tells time. `kind`: moment, date, clock, span (plain numbers), none (no times), empty."""

    kind: str
    share_read: float
    formats: tuple[str, ...] = ()
    ambiguous: bool = False


def filled(values: pl.Series) -> pl.Series:
    """The cells that hold something, stripped; at most the first 2,000."""
    text = values.cast(pl.String).drop_nulls().str.strip_chars()
    return text.filter((text != "") & ~text.str.to_uppercase().is_in(["NULL", "NA", "N/A", "NONE"])).head(
        _SAMPLE
    )


def time_kind(values: pl.Series) -> TimeKind:
    """Whether the cells are moments, bare dates, clock times without a date, or numbers (spans)."""
    text = filled(values)
    if text.is_empty():
        return TimeKind("empty", 0.0)
    clock = float((text.str.contains(CLOCK) | text.str.contains(_DATED_CLOCK)).mean() or 0.0)  # type: ignore[arg-type]
    if clock >= _MOST:
        return TimeKind("clock", clock)
    numbers = text.str.replace_all(",", "").cast(pl.Float64, strict=False)
    if numbers.null_count() <= (1 - _MOST) * len(text):
        if _clock_digits(text):
            return TimeKind("clock", 1.0)
        guess = guess_formats(text)
        if guess.share_read >= _MOST:
            return TimeKind(_moment_or_date(guess.formats), guess.share_read, guess.formats, guess.ambiguous)
        known = numbers.drop_nulls()
        if float((known.abs() <= _LONGEST_SPAN).mean() or 0.0) >= _MOST:  # type: ignore[arg-type]
            return TimeKind("span", 1.0)
        return TimeKind("none", 0.0)
    guess = guess_formats(text)
    if guess.share_read < _MOST:
        return TimeKind("none", guess.share_read)
    kind = _moment_or_date(guess.formats)
    if kind == "moment" and bool(text.str.contains(_IDLE_MIDNIGHT).all()):
        kind = "date"  # a portal added a midnight to every date
    return TimeKind(kind, guess.share_read, guess.formats, guess.ambiguous)


def days_of_a_spreadsheet(values: pl.Series) -> TimeKind | None:
    """Numbers that can all be days as a spreadsheet counts them, 2000 to 2050; None where one cannot.

    Counts and amounts lie there too: only for a column whose header says that it holds dates.
    """
    numbers = filled(values).cast(pl.Float64, strict=False)
    if numbers.is_empty() or numbers.null_count() or not numbers.is_between(*SERIALS).all():
        return None
    whole = bool((numbers == numbers.floor()).all())
    return TimeKind("date" if whole else "moment", 1.0, (EXCEL_SERIAL,))


def parts_of_a_day(values: pl.Series) -> TimeKind | None:
    """Clock times as fractions of a day (0.5833 = 14:00), as a spreadsheet keeps them; None where one cannot be."""
    numbers = filled(values).cast(pl.Float64, strict=False)
    if numbers.is_empty() or numbers.null_count() or not ((numbers >= 0) & (numbers < 1)).all():
        return None
    return TimeKind("clock", 1.0)


def _moment_or_date(formats: tuple[str, ...]) -> str:
    if all(fmt in header_words()["time_formats"]["dates"] for fmt in formats):
        return "date"
    return "moment"


def _clock_digits(text: pl.Series) -> bool:
    """Clock times written 0930 or 930: minutes below 60, hours below 24, and not all of them small."""
    digits = text.filter(text.str.contains(r"^\d{1,4}$"))
    if len(digits) < _MOST * len(text):
        return False
    value = digits.cast(pl.Int64)
    fits = bool(((value % 100 < 60) & (value < 2400)).all())
    padded = bool((digits.str.len_chars() == 4).all())
    # Minutes on scene can be 145 too: only many values above 12:00, or four digits each, make a clock.
    late = float((value >= 1200).mean() or 0.0)  # type: ignore[arg-type]
    return fits and (padded or late > 0.25)


def span_unit(values: pl.Series) -> tuple[str, bool]:
    """The likely unit of plain-number spans and whether that is sure: decimals and small values are minutes."""
    numbers = filled(values).str.replace_all(",", "").cast(pl.Float64, strict=False).drop_nulls()
    numbers = numbers.filter(numbers > 0)
    if numbers.is_empty():
        return "minutes", False
    typical = float(numbers.median() or 0.0)  # type: ignore[arg-type]
    if bool((numbers != numbers.floor()).any()):
        return "minutes", typical < 120
    return ("seconds", True) if typical >= 240 else ("minutes", False)


def share_degrees(values: pl.Series, limit: float) -> float | None:
    """Share of the cells that are degrees within ±limit; None where nothing is filled. Zeros do not count."""
    numbers = filled(values).cast(pl.Float64, strict=False)
    numbers = numbers.filter(numbers.is_null() | (numbers != 0))
    if numbers.is_empty():
        return None
    return float((numbers.is_not_null() & (numbers.abs() <= limit)).mean() or 0.0)  # type: ignore[arg-type]


def share_numbers(values: pl.Series) -> float | None:
    """Share of the filled cells that are numbers; None where nothing is filled."""
    text = filled(values)
    return None if text.is_empty() else float(text.cast(pl.Float64, strict=False).is_not_null().mean() or 0.0)  # type: ignore[arg-type]


def looks_like_codes(values: pl.Series) -> float | None:
    """Share of the distinct values that can be codes; 0 where they are more likely words. None where none.

    A code is at most 8 capitals, digits and marks without a blank ("415", "103M", "FD", "1016QC"). A list in
    which hardly any value has a digit, and values are as long as words, is a list of words (THEFT, NOISE).
    """
    distinct = filled(values).unique().sort()
    if distinct.is_empty():
        return None
    codes = distinct.filter(distinct.str.contains(r"^[A-Z0-9][A-Z0-9\-/.*]{0,7}$"))
    if codes.is_empty():
        return 0.0
    with_digit = float(codes.str.contains(r"\d").mean() or 0.0)  # type: ignore[arg-type]
    typical = float(codes.str.len_chars().mean() or 0.0)  # type: ignore[arg-type]
    return len(codes) / len(distinct) if with_digit >= 0.3 or typical <= 4 else 0.0


def share_distinct(values: pl.Series) -> float | None:
    """Distinct values per filled cell (1 = each once); None where nothing is filled."""
    text = filled(values)
    return None if text.is_empty() else text.n_unique() / len(text)
