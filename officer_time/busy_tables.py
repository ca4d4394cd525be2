"""From the sweep of busy units to what people ask: busy when, how busy, and how often at least so many units.

A minute counts with the mean number of units that were busy in it. Only recorded minutes count: where nothing
starts for far longer than chance allows, the extract has a gap, and a gap is no quiet time. Labels are local
clock hours; the sweep itself knows only UTC, so that no hour is lost or doubled when the clocks change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from calls.schema import hour_of_week
from calls.share import Share
from officer_time.busy import CHANGES

# Two days pass without a call in a small town; twenty times the mean gap is 2 in a billion by chance.
_LEAST_GAP_MINUTES: Final = 2 * 24 * 60
_GAP_OF_MEAN: Final = 20
# A piece with less than a hundredth of the largest piece's starts holds mistyped dates.
_STRAY_SHARE: Final = 0.01
BUSY_DEFINITION: Final = (
    "seconds in which at least {units} units were busy (from assignment to clear, a unit counted once), among the "
    "recorded seconds of the extract; low leaves out spans that could not be measured, high lets them last for "
    "the cap"
)


def recorded_minutes(changes: pl.DataFrame) -> pl.DataFrame:
    """The pieces of time that the extract covers: first_minute, last_minute (inclusive, minutes since 1970 UTC).

    Columns in: as officer_time.busy.busy_changes (of one layer, whose starts are spans). A piece runs from its first start to its last start, because
    later starts are not in the extract. Pieces are cut where no span starts for two days and for twenty times
    the mean gap. Units that were already out when a piece begins are not in the extract: its first hours are low.
    """
    starts = (
        changes.filter(pl.col("starts") > 0).group_by("minute").agg(pl.col("starts").sum()).sort("minute")
    )
    if starts.is_empty():
        return pl.DataFrame(schema={"first_minute": pl.Int64, "last_minute": pl.Int64})
    gap = pl.col("minute").diff()
    longest = pl.max_horizontal(pl.lit(_LEAST_GAP_MINUTES), _GAP_OF_MEAN * gap.mean())
    pieces = (
        starts.with_columns((gap > longest).fill_null(False).cum_sum().alias("_piece"))
        .group_by("_piece")
        .agg(
            pl.col("minute").min().alias("first_minute"),
            pl.col("minute").max().alias("last_minute"),
            pl.col("starts").sum(),
        )
        .sort("first_minute")
    )
    return pieces.filter(pl.col("starts") >= _STRAY_SHARE * pl.col("starts").max()).select(
        "first_minute", "last_minute"
    )


def busy_minutes(
    changes: pl.DataFrame, recorded: pl.DataFrame, keys: Sequence[str] = ("responder",)
) -> pl.DataFrame:
    """Busy unit seconds of every recorded minute, for each combination of `keys` (layers added unless a key).

    Columns in: changes as officer_time.busy.busy_changes; recorded as recorded_minutes. Columns out, sorted: the
    keys, minute, busy_seconds (Int64: 60 is one unit for the whole minute). Outside of the recorded minutes units
    may be busy too; unit_seconds counts all.
    """
    wanted = list(keys)
    every = pl.concat(
        [
            pl.DataFrame({"minute": pl.int_range(first, last + 1, dtype=pl.Int64, eager=True)})
            for first, last in recorded.iter_rows()
        ]
        or [pl.DataFrame(schema={"minute": pl.Int64})]
    )
    table = changes.group_by(*wanted, "minute").agg(pl.col(CHANGES).sum()).sort(*wanted, "minute")
    groups = table.partition_by(wanted, maintain_order=True) if wanted else [table]
    return pl.concat(
        [_every_minute(group, every, wanted) for group in groups]
        or [_every_minute(table, every.clear(), wanted)]
    )


def _every_minute(changes: pl.DataFrame, every: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Busy seconds of all minutes of `every`; between changes the number stands as the last change left it."""
    after = changes.with_columns(
        pl.col("units_change").cum_sum().alias("_after"), pl.col("minute").alias("_changed")
    )
    last = every.join_asof(after, on="minute", strategy="backward")
    here = pl.when(pl.col("_changed") == pl.col("minute"))
    before = pl.col("_after") - here.then("units_change").otherwise(0)
    names = [
        pl.lit(changes[key][0] if changes.height else None, changes.schema[key]).alias(key) for key in keys
    ]
    return last.select(
        *names,
        "minute",
        (before * 60 + here.then("seconds_change").otherwise(0)).fill_null(0).alias("busy_seconds"),
    )


def with_hour_of_week(minutes: pl.DataFrame, time_zone: str | None) -> pl.DataFrame:
    """`minutes` with hour_of_week (0 = Monday 00:00 … 167), minute_of_week (0 … 10,079) on the local clock.

    `time_zone` is an IANA name. None: the stamps were local already and were counted as if UTC.
    """
    local = pl.col("minute") * 60
    if time_zone is not None:
        moment = pl.from_epoch(local, time_unit="s").dt.replace_time_zone("UTC")
        # Once to the local wall clock; from there on it is integer arithmetic.
        local = moment.dt.convert_time_zone(time_zone).dt.replace_time_zone(None).dt.epoch("s")
    return minutes.with_columns(local.alias("_local")).select(
        *minutes.columns,
        (hour_of_week(pl.col("_local")) * 60 + pl.col("_local") // 60 % 60).alias("minute_of_week"),
        hour_of_week(pl.col("_local")).alias("hour_of_week"),
    )


def busy_by_hour_of_week(
    minutes: pl.DataFrame, time_zone: str | None, keys: Sequence[str] = ("responder",)
) -> pl.DataFrame:
    """How many units are busy in each hour of the week.

    Columns in: as busy_minutes. Columns out, sorted: the keys, hour_of_week, minutes (recorded), unit_hours,
    units_mean (time-weighted), units_p90 (in nine of ten minutes no more units were busy).
    """
    busy = pl.col("busy_seconds")
    return (
        with_hour_of_week(minutes, time_zone)
        .group_by(*keys, "hour_of_week")
        .agg(
            pl.len().cast(pl.Int64).alias("minutes"),
            (busy.sum() / 3600).alias("unit_hours"),
            (busy.sum() / 60 / pl.len()).alias("units_mean"),
            (busy.quantile(0.9, "nearest") / 60).alias("units_p90"),
        )
        .sort(*keys, "hour_of_week")
    )


def time_at_least(minutes: pl.DataFrame, keys: Sequence[str] = ("responder",)) -> pl.DataFrame:
    """How much of the recorded time at least so many units were busy, for 1, 2, 3 … units.

    Columns in: as busy_minutes. Columns out, sorted: the keys, units, seconds (numerator), of_seconds
    (denominator), share. A minute with 2.5 busy units on average counts for 60 seconds of at least 2 and for 30
    of at least 3: exact where the number changes by one within a minute, and over all units the seconds are the
    busy seconds, exactly. See BUSY_DEFINITION.
    """
    by = list(keys)
    busy = pl.col("busy_seconds")
    # A minute of 2 full units and 30 seconds gives 60 seconds to units 1 and 2, and 30 to unit 3.
    counts = minutes.group_by(*by, (busy // 60).alias("_full")).agg(
        pl.len().cast(pl.Int64).alias("_n"), (busy % 60).sum().alias("_rest")
    )
    totals = minutes.group_by(by).agg(of_seconds=pl.len()) if by else minutes.select(of_seconds=pl.len())
    most = int(counts["_full"].max() or 0) + 1  # type: ignore[arg-type]
    grid = totals.with_columns(pl.col("of_seconds").cast(pl.Int64) * 60).join(
        pl.DataFrame({"_full": pl.int_range(0, most + 1, dtype=pl.Int64, eager=True)}), how="cross"
    )
    # Seen from "k − 1 full units": the minutes with k or more, and what is over in those with exactly k − 1.
    above = pl.col("_n").cum_sum(reverse=True) - pl.col("_n")
    return (
        grid.join(counts, on=[*by, "_full"], how="left", nulls_equal=True)
        .with_columns(pl.col("_n", "_rest").fill_null(0))
        .sort(*by, "_full")
        .with_columns(((above.over(by) if by else above) * 60 + pl.col("_rest")).alias("seconds"))
        .filter(pl.col("seconds") > 0)
        .select(
            *by,
            (pl.col("_full") + 1).alias("units"),
            "seconds",
            "of_seconds",
            (pl.col("seconds") / pl.col("of_seconds")).alias("share"),
        )
    )


def share_at_least(units: int, minutes: pl.DataFrame, low: pl.DataFrame, high: pl.DataFrame) -> Share:
    """The share of recorded time in which at least `units` units were busy, with its bounds.

    Tables as busy_minutes without keys and over the same recorded minutes: `low` of measured spans only, `minutes`
    with spans that could not be measured at their mean length, `high` with them at the cap.
    """
    seconds = (pl.col("busy_seconds") - 60 * (units - 1)).clip(0, 60).sum()
    counts = [int(table.select(seconds).item()) for table in (low, minutes, high)]
    return Share(
        numerator=counts[1],
        denominator=60 * minutes.height,
        # A mean length never exceeds the cap, but a merged stretch may begin in another minute.
        low=min(counts),
        high=max(counts),
        definition=BUSY_DEFINITION.format(units=units),
    )


def freed_time(
    layered: pl.DataFrame,
    recorded: pl.DataFrame,
    time_zone: str | None,
    keys: Sequence[str] = ("responder",),
) -> pl.DataFrame:
    """What the time spent on eligible calls alone would free, by hour of the week, and when it is busy.

    Columns in: busy_changes(layers=ELIGIBLE). Columns out, sorted: the keys, hour_of_week, minutes, unit_hours,
    units_mean, units_p90, freed_unit_hours, units_mean_without, units_p90_without, busy_hour (Boolean: among the
    tenth of the week's hours with the most busy units). Freed are hours in which a unit was on nothing else. It
    is arithmetic on recorded time, not an effect: officers may still be called to such calls.
    """
    by = list(keys)
    everything = busy_minutes(layered, recorded, by)
    without = busy_minutes(layered.filter(pl.col("layer") != "eligible"), recorded, by)
    with_all = busy_by_hour_of_week(everything, time_zone, by)
    rest = busy_by_hour_of_week(without, time_zone, by).select(
        *by,
        "hour_of_week",
        pl.col("unit_hours").alias("_rest"),
        pl.col("units_mean").alias("units_mean_without"),
        pl.col("units_p90").alias("units_p90_without"),
    )
    rank = pl.col("units_mean").rank("ordinal", descending=True)
    most = (pl.len() / 10).ceil()
    joined = with_all.join(rest, on=[*by, "hour_of_week"], how="left", nulls_equal=True).with_columns(
        pl.col("_rest", "units_mean_without", "units_p90_without").fill_null(0.0)
    )
    busiest = (rank <= most).over(by) if by else rank <= most
    return (
        joined.sort(*by, "hour_of_week")
        .with_columns((pl.col("unit_hours") - pl.col("_rest")).alias("freed_unit_hours"))
        .with_columns(busiest.alias("busy_hour"))
        .drop("_rest")
    )
