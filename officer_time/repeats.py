"""Repeat places: how many calls are followed by another at the same place, and how few places make how many calls.

Places are pseudonyms (`place_key`); no table here names one, and persons are not followed at all. A call near the
end of the extract cannot be seen to be followed, so only calls with their whole follow-up are in a denominator.
Counts are additive over any parts that keep the calls of one place together (`rows_of_part`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from calls.small_counts import SMALLEST_COUNT, mask
from calls.volume import main_days

FOLLOW_UP_DAYS: Final = (30, 90)
TOP_SHARES: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_DAY: Final = 86400
_HOUR: Final = 3600
_SECONDS_BITS: Final = 36
_COUNTS: Final = ("calls", "without_place", "too_late", "followed_up", "repeated", "repeated_in_an_hour")
DEFINITION: Final = (
    "calls followed by a later call at the same place within the days ÷ calls with a place whose whole follow-up "
    "lies in the extract; calls closed as duplicates are left out"
)


@dataclass(frozen=True)
class Concentration:
    """How unevenly calls are spread over the places that had at least one.

    places, calls: how many. once_share: places with one call only ÷ places. gini: 0 = all places alike, towards 1 =
    nearly all calls at one place. curve: top_share (of places, those with the most calls), places, calls,
    calls_share; blank where the top holds fewer places than may be shown. Places without a call are not known.
    """

    places: int
    calls: int
    once_share: float | None
    gini: float | None
    curve: pl.DataFrame


def extract_end(calls: pl.LazyFrame) -> int:
    """The last call's start (seconds UTC), leaving out mistyped dates far from all others. 0 without any call."""
    days, _ = main_days(calls)
    if not days:
        return 0
    last_day = max(days).toordinal() - 719163  # 1 January 1970
    inside = pl.col("started_local") < (last_day + 1) * _DAY
    return int(calls.filter(inside).select(pl.col("started_at").max()).collect().item() or 0)


def rows_of_part(calls: pl.LazyFrame, part: int, parts: int) -> pl.LazyFrame:
    """The calls of one of `parts` parts (0 … parts − 1); all calls of one place, and all without one, are together."""
    return calls.filter(pl.col("place_key").hash(0) % parts == part)


def repeat_counts(
    calls: pl.LazyFrame, until: int, keys: Sequence[str] = (), days: Sequence[int] = FOLLOW_UP_DAYS
) -> pl.DataFrame:
    """Calls that are followed by another at the same place, by the earlier call's `keys`.

    Columns in: place_key, started_at, outcome and `keys`. `until`: the extract's end (extract_end), seconds UTC.
    Columns out, one row per combination of keys and follow-up, sorted: the keys, days, calls, without_place (or
    time), too_late (less than `days` before the end), followed_up (denominator), repeated (another call strictly
    later and within `days`), repeated_in_an_hour (of those, within an hour: perhaps the same event).
    """
    by = list(keys)
    table = calls.filter(pl.col("outcome") != "duplicate").select(*by, "place_key", "started_at").collect()
    placed = pl.col("place_key").is_not_null() & pl.col("started_at").is_not_null()
    table = _with_gap(table, placed)
    return pl.concat(
        table.group_by(by or [pl.lit(0).alias("_all")])
        .agg(
            pl.len().cast(pl.Int64).alias("calls"),
            *(
                condition.sum().cast(pl.Int64).alias(name)
                for name, condition in _conditions(placed, until, span)
            ),
        )
        .select(*by, pl.lit(span, pl.Int64).alias("days"), *_COUNTS)
        for span in days
    ).sort(*by, "days")


def _with_gap(table: pl.DataFrame, placed: pl.Expr) -> pl.DataFrame:
    """`table` with _gap: seconds to the next call strictly later at the same place (null: none); in another order.

    Calls of the same second all look to the same next one, so the result does not depend on the order of rows.
    """
    numbers = table.select("place_key").unique().with_row_index("_place")
    moment = (
        pl.col("_place").cast(pl.Int64) * 2**_SECONDS_BITS + pl.col("started_at") - table["started_at"].min()
    )
    # Place and second in one integer: one sort brings the calls of a place together, in order of time.
    table = (
        table.join(numbers, on="place_key", how="left", nulls_equal=True)
        .with_columns(pl.when(placed).then(moment).alias("_moment"))
        .drop("_place")
        .sort("_moment", nulls_last=True)
    )
    moments = table["_moment"].drop_nulls().to_numpy()
    if not len(moments):
        return table.with_columns(pl.lit(None, pl.Int64).alias("_gap"))
    last_of_its_second = np.flatnonzero(np.append(np.diff(moments) > 0, True))
    later = np.append(moments[last_of_its_second[:-1] + 1], -1)
    following = np.repeat(later, np.diff(last_of_its_second, prepend=-1))
    same_place = following >> _SECONDS_BITS == moments >> _SECONDS_BITS
    gaps = pl.select(pl.when(pl.Series(same_place)).then(pl.Series(following - moments))).to_series()
    return table.with_columns(gaps.extend_constant(None, table.height - len(moments)).alias("_gap"))


def _conditions(placed: pl.Expr, until: int, days: int) -> list[tuple[str, pl.Expr]]:
    in_time = pl.col("started_at") <= until - days * _DAY
    followed_up = placed & in_time
    return [
        ("without_place", ~placed),
        ("too_late", placed & ~in_time),
        ("followed_up", followed_up),
        ("repeated", followed_up & (pl.col("_gap") <= days * _DAY)),
        ("repeated_in_an_hour", followed_up & (pl.col("_gap") <= _HOUR)),
    ]


def add_repeat_counts(tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The counts of parts that share no place as one table, sorted."""
    table = pl.concat(tables)
    keys = [name for name in table.columns if name not in _COUNTS]
    return table.group_by(keys).agg(pl.col(_COUNTS).sum()).sort(keys)


def repeat_shares(counts: pl.DataFrame, smallest_count: int = SMALLEST_COUNT) -> pl.DataFrame:
    """The counts with repeat_share (repeated ÷ followed_up; null where nothing was followed up) and definition.

    Cells of fewer than `smallest_count` repeated calls are blank.
    """
    share = pl.when(pl.col("followed_up") > 0).then(pl.col("repeated") / pl.col("followed_up"))
    table = counts.with_columns(share.alias("repeat_share"), pl.lit(DEFINITION).alias("definition"))
    return mask(table, "repeated", ["repeat_share", "repeated_in_an_hour"], smallest_count)


def calls_per_place(calls: pl.LazyFrame) -> pl.DataFrame:
    """How many places had 1, 2, 3 … calls: calls_at_place, places (Int64), sorted. Duplicates are left out."""
    return (
        calls.filter((pl.col("outcome") != "duplicate") & pl.col("place_key").is_not_null())
        .group_by("place_key")
        .agg(pl.len().cast(pl.Int64).alias("calls_at_place"))
        .group_by("calls_at_place")
        .agg(pl.len().cast(pl.Int64).alias("places"))
        .collect()
        .sort("calls_at_place")
    )


def concentration(histogram: pl.DataFrame, smallest_count: int = SMALLEST_COUNT) -> Concentration:
    """The concentration curve and Gini coefficient of one histogram, or of several concatenated.

    Columns in: as calls_per_place. Where a top share ends among places with equally many calls, the calls are
    counted in proportion. Gini: 2 Σ r x / (n Σ x) − (n + 1) / n over places in ascending order of their calls x
    with ranks r. Of places with at least one call; Bernasco and Steenbeek (2017, J. Quant. Criminol. 33, 451–467) show
    why places without any would have to be counted otherwise.
    """
    table = (
        histogram.group_by("calls_at_place")
        .agg(pl.col("places").sum())
        .sort("calls_at_place", descending=True)
    )
    n, x = pl.col("places"), pl.col("calls_at_place")
    places, total = int(table["places"].sum()), int(table.select((n * x).sum()).item())
    once = int(table.filter(x == 1)["places"].sum())
    below = pl.lit(places, pl.Int64) - n.cum_sum()
    ranked = table.select((x * (n * below + n * (n + 1) // 2)).cast(pl.Float64).sum()).item()
    points = []
    for top in TOP_SHARES:
        wanted = top * places
        taken = pl.min_horizontal(n.cast(pl.Float64), (wanted - n.cum_sum() + n).clip(lower_bound=0))
        points.append((top, int(wanted), float(table.select((taken * x).sum()).item())))
    curve = pl.DataFrame(
        points, schema={"top_share": pl.Float64, "places": pl.Int64, "calls": pl.Float64}, orient="row"
    ).with_columns(pl.when(total > 0).then(pl.col("calls") / total).alias("calls_share"))
    hidden = pl.col("places") < smallest_count
    return Concentration(
        places=places,
        calls=total,
        once_share=once / places if places else None,
        gini=2 * ranked / (places * total) - (places + 1) / places if places else None,
        curve=curve.with_columns(
            pl.when(~hidden).then(pl.col(name)).alias(name) for name in ("places", "calls", "calls_share")
        ),
    )
