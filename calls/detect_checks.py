"""Evidence in an unknown file on whether its stamps are read rightly: its own hour column, a local text, a first contact.

Where the evidence agrees it is kept as a check, so that every row is held against it. Where it does not, a person
is asked; nothing is moved by hours on a guess.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from calls.draft import Draft, has
from calls.headers import words_of
from calls.stamp_checks import hour_of
from calls.time_formats import is_zoned
from calls.times import guess_formats, join_date_and_time, read_stamps

_MOST: Final = 0.95
_SEVERAL: Final = 0.3
_HOUR_WORDS: Final = {"hour", "of", "day", "call", "time", "incident", "received", "local", "created"}
# Standard time and summer time, hours from UTC, of the mainland's zones.
_US_ZONES: Final = {
    (-5, -4): "America/New_York",
    (-6, -5): "America/Chicago",
    (-7, -6): "America/Denver",
    (-8, -7): "America/Los_Angeles",
}


def find_checks(draft: Draft) -> None:
    """Fill `draft.checks`, and ask where the file contradicts the way its stamps are read."""
    received = draft.columns.get("received_at")
    if received is None or not all(draft.has_values(c) for c in received):
        return
    stamps = _read(draft, received, tuple(draft.formats))
    hour = next((h for h in draft.left() if _is_hour(draft, h)), None)
    if hour is not None:
        draft.checks = replace(draft.checks, hour=hour)
        _hold_against_hour(draft, received[0], hour, stamps)
    if any(is_zoned(f) for f in draft.kind(received[0]).formats):
        _find_local_text(draft, received[0], stamps)
    later = tuple(
        h for h in draft.left() if has(h, "engagement", "contact") and draft.kind(h).kind == "moment"
    )
    if later:
        draft.checks = replace(draft.checks, later=later)


def _read(draft: Draft, sources: tuple[str, ...], formats: tuple[str, ...]) -> pl.DataFrame:
    frame = join_date_and_time(draft.sample.select(pl.col(list(dict.fromkeys(sources)))), sources, "_joined")
    return read_stamps(frame, "_joined", "_at", formats=formats, zone=None)[0].select("_at", "_at_local")


def _is_hour(draft: Draft, header: str) -> bool:
    words = set(words_of(header))
    if "hour" not in words or not words <= _HOUR_WORDS:
        return False
    filled = draft.sample[header].drop_nulls()
    hours = draft.sample.select(hour_of(header)).to_series().drop_nulls()
    return len(filled) > 0 and len(hours) >= _MOST * len(filled) and hours.n_unique() > 1


def _share(condition: pl.Series) -> float:
    known = condition.drop_nulls()
    return float(known.mean() or 0.0) if len(known) else 0.0  # type: ignore[arg-type]


def _hold_against_hour(draft: Draft, header: str, hour: str, stamps: pl.DataFrame) -> None:
    said = draft.sample.select(hour_of(hour)).to_series()
    as_written, in_utc = stamps["_at_local"] // 3600 % 24, stamps["_at"] // 3600 % 24
    if _share(said == as_written) >= _MOST:
        return
    apart = ((said - as_written) % 24).drop_nulls()
    if apart.is_empty():
        return
    hours = int(apart.mode().sort()[0])
    difference = f"{hours} hours later" if hours <= 12 else f"{24 - hours} hours earlier"
    states_offset = bool((stamps["_at"] != stamps["_at_local"]).any())
    if states_offset and _share(said == in_utc) >= _MOST:
        draft.ask(
            f'Was the offset in "{header}" applied twice? The file\'s own "{hour}" is {difference} than the time as '
            'written. If so, put offset = "applied_twice" and the zone under [times] of a layout.'
        )
    else:
        wrong = 1 - _share(said == as_written)
        draft.ask(
            f'Are the times in "{header}" in UTC or in another zone? The file\'s own "{hour}" differs from them in '
            f"{wrong:.0%} of rows, mostly {difference}."
        )
    draft.lower("received_at", 0.6)


def _find_local_text(draft: Draft, header: str, stamps: pl.DataFrame) -> None:
    """A date and time in words beside a moment in UTC: kept as a check, and it tells the zone to ask about."""
    left = draft.left()
    dates = [h for h in left if draft.kind(h).kind in ("date", "moment") and h != header]
    clocks = [h for h in left if draft.kind(h).kind == "clock"]
    pairs = [(d, c) for d in dates for c in clocks if draft.kind(d).kind == "date"]
    pairs_or_one: list[tuple[str, ...]] = [*pairs, *((d,) for d in dates if draft.kind(d).kind == "moment")]
    for sources in pairs_or_one:
        frame = draft.sample.select(pl.col(list(sources)))
        joined = join_date_and_time(frame, sources, "_joined")["_joined"]
        guess = guess_formats(joined)
        if not guess.formats or any(is_zoned(f) for f in guess.formats):
            continue
        apart = (_read(draft, sources, guess.formats)["_at"] - stamps["_at"]).drop_nulls()
        offsets = (apart / 3600).round(0).cast(pl.Int64)
        whole = (apart - offsets * 3600).abs() <= 60
        if apart.is_empty() or _share(whole & offsets.is_between(-11, -3)) < _MOST:
            continue
        draft.checks = replace(draft.checks, local_text=sources)
        _ask_zone(draft, header, sources, offsets)
        return


def _ask_zone(draft: Draft, header: str, sources: tuple[str, ...], offsets: pl.Series) -> None:
    counts = offsets.value_counts(sort=True)
    common = counts.filter(pl.col("count") >= _SEVERAL * 0.1 * len(offsets))
    seen = sorted(int(o) for o in common.to_series(0))
    zones = [zone for both, zone in _US_ZONES.items() if set(seen) <= set(both)]
    text = " + ".join(f'"{s}"' for s in sources)
    hours = " or ".join(str(-o) for o in reversed(seen))
    guess = f" Is the time zone {' or '.join(zones)}?" if zones else " Which time zone is that?"
    draft.ask(f'The local text in {text} runs {hours} hours behind the moment in "{header}".{guess}')
