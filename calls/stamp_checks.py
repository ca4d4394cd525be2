"""Stamps held against each other and against what else the file says: clock slips, hours, local text.

A person who types PM for AM, a form that writes 00:00 for a time nobody noted, an offset that was applied twice:
each leaves stamps that are well formed and wrong. The file often holds the evidence itself, in the stamps around
them, in an hour column or in a local text beside a UTC moment. Everything is counted; nothing is changed but half
days, and those only where the layout or the settings ask for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from calls.layouts import Layout
from calls.places import ROW_NUMBER, SOURCE_FILE, first_rows
from calls.problems import Problem
from calls.schema import STAMPS
from calls.time_formats import EARLIEST, LATEST, guess_formats, plain_text, seconds_by_any
from calls.times import join_date_and_time, read_stamps

HALF_DAY: Final = 12 * 3600
_TOLERANCE: Final = 60
_DAY: Final = 24 * 3600
# A stamp moved by half a day must lie this close to its neighbour, or the order alone shows no slip.
_FITS_WITHIN: Final = 6 * 3600
_HALF_AT_END: Final = r"(?i)[ap]\.?m\.?$"


def check_stamps(frame: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, list[Problem]]:
    """The rows (after `stamps.stamps_of_rows`, with the `src:` columns), repaired where asked, and the faults.

    Columns in: the stamps with …_local beside each, and `src:` + the columns of `layout.checks`.
    """
    frame, later = _read_later(frame, layout)
    stamps = [s for s in STAMPS if s in frame.columns and s in layout.all_stamps]
    frame, found = _half_days(frame, stamps, later, repair=layout.repair_half_day_slips)
    found += [_before_start(frame, column, header) for column, header in later.items()]
    found += _own_hour(frame, layout) + _local_text(frame, layout)
    return frame.drop(c for c in frame.columns if c.startswith("_later")), found


def _read_later(frame: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, dict[str, str]]:
    """Moments that are read for nothing but their order: `_later0` and so on → their header."""
    columns: dict[str, str] = {}
    for i, header in enumerate(layout.checks.later):
        if f"src:{header}" not in frame.columns:
            continue
        name = f"_later{i}"
        frame, _ = read_stamps(
            frame,
            f"src:{header}",
            name,
            formats=layout.formats,
            zone=layout.zone,
            offset=layout.offset,
        )
        columns[name] = header
    return frame, columns


def half_day_shift(stamp: str, before: Sequence[str], after: Sequence[str]) -> pl.Expr:
    """Seconds (Int64: +12 h, −12 h or 0) that put a stamp back in order among its neighbours, local seconds all.

    A stamp slipped where it lies more than a minute before all earlier stamps (or after all later ones) and twelve
    hours more (or less) lie within six hours of the latest stamp before it and not after the one that follows. Midnight sharp is no slip: see
    `midnight_for_no_time`. The first stamp of a call slipped where two or more later ones lie before it.
    """
    own = pl.col(stamp)
    if not before:
        if len(after) < 2:
            return pl.lit(0, pl.Int64)
        latest, first = pl.max_horizontal(after), pl.min_horizontal(after)
        known = pl.sum_horizontal(pl.col(c).is_not_null() for c in after)
        late = (
            (known >= 2)
            & (latest < own - _TOLERANCE)
            & (own - HALF_DAY).is_between(first - _FITS_WITHIN, first + _TOLERANCE)
        )
        return pl.when(late).then(pl.lit(-HALF_DAY, pl.Int64)).otherwise(pl.lit(0, pl.Int64))
    last = pl.max_horizontal(before)
    following = (
        pl.min_horizontal(pl.when(pl.col(c) >= last - _TOLERANCE).then(pl.col(c)) for c in after)
        if after
        else pl.lit(None, pl.Int64)
    )

    def fits(moved: pl.Expr) -> pl.Expr:
        in_order = (moved <= following + _TOLERANCE).fill_null(True)
        return moved.is_between(last - _TOLERANCE, last + _FITS_WITHIN) & in_order

    early = (own < pl.min_horizontal(before) - _TOLERANCE) & (own % _DAY != 0) & fits(own + HALF_DAY)
    # Where later stamps lie on its side, it is the ones between that are odd.
    latest = pl.max_horizontal(after) if after else pl.lit(None, pl.Int64)
    late = (own > following + _TOLERANCE) & (own > latest + _TOLERANCE) & fits(own - HALF_DAY)
    return (
        pl.when(early).then(pl.lit(HALF_DAY, pl.Int64))
        .when(late).then(pl.lit(-HALF_DAY, pl.Int64))
        .otherwise(pl.lit(0, pl.Int64))
    )  # fmt: skip


def _half_days(
    frame: pl.DataFrame, stamps: Sequence[str], later: dict[str, str], *, repair: bool
) -> tuple[pl.DataFrame, list[Problem]]:
    """Slips and midnights of each stamp. A stamp is compared with the earlier ones as they would be put right."""
    found: list[Problem] = []
    right = {s: f"_right:{s}" for s in stamps}
    frame = frame.with_columns(pl.col(f"{s}_local").alias(c) for s, c in right.items())
    order = [(s, [right[t] for t in stamps[:i]], [right[t] for t in stamps[i + 1 :]])
             for i, s in enumerate(stamps)]  # fmt: skip
    order += [(s, [right[stamps[0]]], [right[t] for t in ("cleared_at",) if t in right])
              for s in later if stamps]  # fmt: skip
    for name, before, after in order:
        label = later.get(name, name)
        if name not in right:
            frame = frame.with_columns(pl.col(f"{name}_local").alias(f"_right:{name}"))
        own = pl.col(f"_right:{name}")
        frame = frame.with_columns(half_day_shift(f"_right:{name}", before, after).alias("_shift"))
        shift = pl.col("_shift").fill_null(0)
        midnight = (
            ((own % _DAY == 0) & (own < pl.max_horizontal(before) - _TOLERANCE)).fill_null(False)
            if before
            else pl.lit(False)
        )
        slips, blanks, known = frame.select(
            (shift != 0).sum().alias("slips"), midnight.sum().alias("blanks"), own.count().alias("known")
        ).row(0)
        slipped = first_rows(frame, shift != 0) if slips else ()
        found.append(Problem("half_day_slip", slips, known, label, seen_in=slipped))
        at_midnight = first_rows(frame, midnight) if blanks else ()
        found.append(Problem("midnight_for_no_time", blanks, known, label, seen_in=at_midnight))
        if repair:
            found.append(Problem("half_day_slip_repaired", slips, known, label, seen_in=slipped))
            frame = frame.with_columns((pl.col(c) + shift).alias(c) for c in (name, f"{name}_local"))
        # What is out of order without a remedy must not make the stamps after it look wrong.
        frame = frame.with_columns(pl.when(midnight.not_()).then(own + shift).alias(f"_right:{name}"))
    return frame.drop("_shift", *(c for c in frame.columns if c.startswith("_right:")), strict=False), found


def _before_start(frame: pl.DataFrame, column: str, header: str) -> Problem:
    before = pl.col(column) < pl.col("received_at")
    wrong, known = frame.select(before.sum().alias("wrong"), before.count().alias("known")).row(0)
    seen_in = first_rows(frame, before) if wrong else ()
    return Problem("time_order_violated", wrong, known, f"{header} before received_at", seen_in=seen_in)


def hour_of(column: str) -> pl.Expr:
    """The hour of the day (0–23) in a cell such as "8 pm", "20" or "20:00"; null where there is none."""
    text = pl.col(column).str.to_lowercase().str.strip_chars()
    number = text.str.extract(r"^(\d{1,2})(?:\D|$)").cast(pl.Int64)
    halved = (
        pl.when(text.str.contains(r"p\.?m")).then(number % 12 + 12)
        .when(text.str.contains(r"a\.?m")).then(number % 12)
        .otherwise(number)
    )  # fmt: skip
    return pl.when(halved < 24).then(halved)


def _own_hour(frame: pl.DataFrame, layout: Layout) -> list[Problem]:
    column = f"src:{layout.checks.hour}"
    if not layout.checks.hour or column not in frame.columns or "received_at_local" not in frame.columns:
        return []
    said, read = hour_of(column), pl.col("received_at_local") // 3600 % 24
    known, wrong = frame.select(
        (said - read).count().alias("known"), (said != read).sum().alias("wrong")
    ).row(0)
    seen_in = first_rows(frame, said != read) if wrong else ()
    return [Problem("own_hour_disagrees", wrong, known, layout.checks.hour, seen_in=seen_in)]


def _local_text(frame: pl.DataFrame, layout: Layout) -> list[Problem]:
    """The local text beside the moment that is used: its cut-off halves of the day, and where the two disagree."""
    headers = tuple(f"src:{c}" for c in layout.checks.local_text)
    if not headers or not set(headers) <= set(frame.columns) or "received_at_local" not in frame.columns:
        return []
    own = frame.select(ROW_NUMBER, SOURCE_FILE, "received_at_local", *dict.fromkeys(headers))
    text = join_date_and_time(own, headers, "_text").with_columns(plain_text("_text"))
    label = " + ".join(layout.checks.local_text)
    guess = guess_formats(text["_text"])
    cut = pl.col("_text").str.contains(_HALF_AT_END).not_() if guess.half_cut_off else pl.lit(False)
    # Without AM or PM a clock reading is right up to half a day.
    whole = seconds_by_any(pl.col("_text"), guess.formats)
    morning = seconds_by_any(pl.col("_text") + " AM", guess.formats)
    apart = pl.coalesce(whole, morning) - pl.col("received_at_local")
    within = pl.when(cut).then((apart + HALF_DAY // 2) % HALF_DAY - HALF_DAY // 2).otherwise(apart)
    plausible = pl.coalesce(whole, morning).is_between(EARLIEST, LATEST)
    disagrees, half = plausible & (within.abs() > _TOLERANCE), cut & pl.col("_text").is_not_null()
    known, wrong, halves, filled = text.select(
        (plausible & apart.is_not_null()).sum().alias("known"),
        disagrees.sum().alias("wrong"),
        half.sum().alias("halves"),
        pl.col("_text").count().alias("filled"),
    ).row(0)
    return [
        Problem(
            "local_text_disagrees", wrong, known, label, seen_in=first_rows(text, disagrees) if wrong else ()
        ),
        Problem("am_pm_cut_off", halves, filled, label, seen_in=first_rows(text, half) if halves else ()),
    ]
