"""Faults of the time that units spend: never cleared, cleared at once, still open as the extract was made.

These are counted where units' times are read, so that the report of a run and `rightcall check` agree; the
bounds that they put on officer time are drawn in the folder `officer_time`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from calls.problems import Problem

# No unit stays on one call for longer than a 12-hour shift: a longer span was most likely never cleared.
CAP_SECONDS: Final = 12 * 3600
SPAN_FAULTS: Final[dict[str, int]] = {"span_over_cap": CAP_SECONDS, "zero_length_span": 0}
# By chance one call in 86,400 starts at the very second of midnight.
_MIDNIGHT_SHARE: Final = 0.02
_FAR_DEGREES: Final = 2.0


def span_start() -> pl.Expr:
    """When a unit's time begins: assigned, else driving, else arrived. Int64 seconds."""
    return pl.coalesce("dispatched_at", "enroute_at", "arrived_at")


def open_at_end(calls: pl.DataFrame | pl.LazyFrame) -> pl.Expr:
    """True for calls that were sent a unit within a shift of the file's last call and have no clear time."""
    # The last call may be a mistyped date years ahead: the last percent-of-a-percent is left out.
    last = calls.lazy().select(pl.col("started_at").drop_nulls().quantile(0.9999, "lower")).collect().item()
    if last is None:
        return pl.lit(False)
    near = pl.col("started_at") >= int(last) - CAP_SECONDS
    return (near & pl.col("cleared_at").is_null()).fill_null(False)


def span_problems(calls: pl.DataFrame, units: pl.DataFrame) -> list[Problem]:
    """Counts over the clean tables (calls.schema); those that do not apply have a count of zero."""
    length = pl.col("cleared_at") - span_start()
    spans = units.select(
        length.is_not_null().sum().alias("known"),
        (length > CAP_SECONDS).sum().alias("over"),
        (length == 0).sum().alias("zero"),
    ).row(0, named=True)
    found = [
        Problem("span_over_cap", int(spans["over"] or 0), int(spans["known"])),
        Problem("zero_length_span", int(spans["zero"] or 0), int(spans["known"])),
    ]
    sent = calls.filter(pl.col("outcome").is_in(["handled", "unknown"]))
    if calls["cleared_at"].null_count() < calls.height:
        still_open = int(sent.select(open_at_end(calls).sum()).item() or 0)
        found.append(Problem("open_call_at_end", still_open, sent.height))
    timed = calls["started_local"].drop_nulls()
    midnight = int((timed % 86400 == 0).sum())
    if timed.len() and midnight / timed.len() > _MIDNIGHT_SHARE:
        found.append(Problem("time_of_day_missing", midnight, timed.len()))
    return [*found, *_place_problems(calls)]


def far_away() -> pl.Expr:
    """True for coordinates more than two degrees from the middle of the table's; null counts as False."""
    return pl.any_horizontal(
        (pl.col(c) - pl.col(c).median()).abs() > _FAR_DEGREES for c in ("latitude", "longitude")
    ).fill_null(False)


def _place_problems(calls: pl.DataFrame) -> list[Problem]:
    """Blank areas and coordinates far from where the agency's calls lie; nothing where no place is recorded."""
    places = ["area", "district", "latitude", "longitude"]
    blank = calls.select(pl.all_horizontal(pl.col(places).is_null()).sum()).item()
    if blank == calls.height:
        return []
    far = far_away()
    n_far = int(calls.select(far.sum()).item() or 0)
    located = calls.height - calls["latitude"].null_count()
    return [
        Problem("blank_area", int(blank), calls.height),
        Problem("implausible_coordinates", n_far, located),
    ]
