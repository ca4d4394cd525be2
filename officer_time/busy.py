"""How many units are busy at once: an exact sweep over the starts and ends of unit spans, minute by minute.

Every start adds one busy unit and every end takes one away. The changes are added up per minute together with
the seconds that they contribute inside that minute, so nothing is rounded: summed over all minutes, the busy
seconds are the unit seconds to the second. The table of changes is small whatever the number of calls, and the
tables of files, months or agencies add up, as long as all rows of one unit are in one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from officer_time.spans import CAP_HOURS, span_start, unit_spans

CHANGES: Final = ("starts", "units_change", "seconds_change")
# Unit number and second in one integer: 2³⁶ seconds are 2,177 years, which leaves room for 134 million units.
_SECONDS_BITS: Final = 36


@dataclass(frozen=True)
class Layers:
    """A question in which a unit's second counts once, for the first of `order` that the unit was busy with.

    expression: one of `order` (String) for every unit row. A layer's time is what it adds to those before it: a
    unit on a call and on a break at once is on the call.
    """

    expression: pl.Expr
    order: tuple[str, ...]


TOGETHER: Final = Layers(pl.lit("all"), ("all",))
# Who asked for the time, and administrative time (breaks, meetings, court, report writing) apart.
ACTIVITIES: Final = Layers(
    pl.when(pl.col("category") == "police_admin").then(pl.lit("administrative"))
    .when(pl.col("category") == "proactive_patrol").then(pl.lit("directed_patrol"))
    .when(pl.col("initiated_by") == "officer").then(pl.lit("officer_initiated"))
    .otherwise(pl.lit("calls")),
    ("calls", "officer_initiated", "directed_patrol", "administrative"),
)  # fmt: skip
# `eligible` (Boolean; null = not): the layer "eligible" is the time in which a unit was on eligible calls only.
ELIGIBLE: Final = Layers(
    pl.when(pl.col("eligible").fill_null(False)).then(pl.lit("eligible")).otherwise(pl.lit("not_eligible")),
    ("not_eligible", "eligible"),
)


def placed_spans(
    units: pl.LazyFrame, cap_hours: float = CAP_HOURS, unmeasured_seconds: int | None = None
) -> pl.LazyFrame:
    """`units` that can be placed in time, with busy_from and busy_until (Int64 seconds UTC).

    Columns in: calls.schema.UNIT_COLUMNS. Spans that are not measured (see officer_time.spans.STATUSES) are left
    out; with `unmeasured_seconds` each lasts that long, from its start where it has one and else up to its end.
    Rows without any stamp cannot be placed and are left out either way.
    """
    start, end = span_start(), pl.col("cleared_at").cast(pl.Int64)
    measured = start + pl.col("committed_seconds").cast(pl.Int64)
    spans = unit_spans(units, cap_hours)
    if unmeasured_seconds is None:
        placed = spans.with_columns(start.alias("busy_from"), measured.alias("busy_until"))
    else:
        placed = spans.with_columns(
            pl.coalesce(start, end - unmeasured_seconds).alias("busy_from")
        ).with_columns(pl.coalesce(measured, pl.col("busy_from") + unmeasured_seconds).alias("busy_until"))
    return placed.filter(pl.col("busy_from").is_not_null() & pl.col("busy_until").is_not_null())


def busy_changes(
    units: pl.LazyFrame,
    keys: Sequence[str] = ("responder",),
    layers: Layers = TOGETHER,
    cap_hours: float = CAP_HOURS,
    unmeasured_seconds: int | None = None,
) -> pl.DataFrame:
    """The changes in the number of busy units, per minute, for every combination of `keys` and layer.

    Columns in: calls.schema.UNIT_COLUMNS, `keys` and what the layers read (texts may be Enum, unit_id a number from
    0, stamps any integers, as in officer_time.canonical). Columns out, sorted by layer (in its order), keys and minute: the keys,
    layer, minute (whole minutes since 1970 UTC), starts (spans that began), units_change (net units that became
    busy in the minute), seconds_change (busy seconds that these changes add within the minute). All Int64; a
    layer's may be negative. The layers of one key add up to the key's busy units.

    A unit counts once however many of its spans overlap. Rows without a unit_id count as a unit each. Units of
    the same name under different `keys` are different units. `cap_hours`, `unmeasured_seconds`: placed_spans.
    """
    wanted = list(keys)
    schema = units.collect_schema()
    rank = pl.lit(0, pl.Int8)
    if len(layers.order) > 1:
        rank = layers.expression.replace_strict(
            list(layers.order), list(range(len(layers.order))), return_dtype=pl.Int8
        )
    spans = (
        placed_spans(units, cap_hours, unmeasured_seconds)
        .select(
            # Categories are integers: ten million rows of them are a tenth of the memory of their texts.
            *(
                pl.col(name).cast(pl.Categorical) if schema[name] == pl.String else pl.col(name)
                for name in (*wanted, "unit_id")
            ),
            "busy_from",
            "busy_until",
            rank.alias("_rank"),
        )
        .collect()
    )
    spans, names = _numbered(spans, [*wanted, "unit_id"])
    group = pl.struct(pl.col(wanted).cast(pl.String)).rank("dense") - 1 if wanted else pl.lit(0)
    names = names.with_columns(group.cast(pl.Int64).alias("_group"))
    # Nobody knows which nameless rows are the same unit: each is its own.
    named = names["unit_id"].is_not_null().to_numpy()[spans["_unit"].to_numpy()]
    # Any origin will do as long as no second before it is negative and minutes stay whole.
    origin = int(spans["busy_from"].min() or 0) // 60 * 60  # type: ignore[arg-type]
    starts, ends = (_packed(spans, stamp, origin) for stamp in ("busy_from", "busy_until"))
    ranks = spans["_rank"].to_numpy()
    del spans
    groups = names["_group"].to_numpy()
    before: list[pl.DataFrame] = []
    tables = []
    for number, layer in enumerate(layers.order):
        merge, apart = (ranks <= number) & named, (ranks <= number) & ~named
        merged = _merged(_where(merge, starts), _where(merge, ends))
        swept = [
            _changes(*merged, groups=groups, origin=origin),
            _changes(_where(apart, starts), _where(apart, ends), groups, origin),
        ]
        added = _add_minutes([*swept, *before])
        tables.append(added.with_columns(pl.lit(layer).alias("layer")))
        before = [_negative(table) for table in swept]
    names = names.select("_group", pl.col(wanted).cast(pl.String)).unique("_group")
    return (
        pl.concat(tables)
        .join(names, on="_group", how="left", maintain_order="left")
        .select(*wanted, "layer", "minute", *CHANGES)
    )


def add_changes(tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The tables of `busy_changes` of several files or partitions (no unit in two of them) as one, sorted."""
    keys = [name for name in tables[0].columns if name not in CHANGES]
    return _add(tables, keys).sort(keys)


def unit_seconds(changes: pl.DataFrame) -> int:
    """All busy seconds of a table of changes: the integral of the sweep, exact.

    A change of n units in minute m is busy for `seconds_change` in m and for 60 n in every later minute.
    """
    last = int(changes["minute"].max() or 0)  # type: ignore[arg-type]
    later = (pl.lit(last, pl.Int64) - pl.col("minute")) * 60 * pl.col("units_change")
    return int(changes.select((later + pl.col("seconds_change")).sum()).item())


def _add(tables: Sequence[pl.DataFrame], keys: Sequence[str]) -> pl.DataFrame:
    """Changes summed by `keys`; minutes in which nothing changes any more are left out."""
    changed = pl.any_horizontal(pl.col(name) != 0 for name in CHANGES)
    return pl.concat(tables).group_by(keys).agg(pl.col(CHANGES).sum()).filter(changed)


def _add_minutes(tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """As `_add` by _group and minute, sorted by them."""
    rows = pl.concat(tables)
    if rows.is_empty():
        return rows
    first = int(rows["minute"].min())  # type: ignore[arg-type]
    length = int(rows["minute"].max()) - first + 1  # type: ignore[arg-type]
    cells = length * (int(rows["_group"].max()) + 1)  # type: ignore[arg-type]
    if not _is_dense(cells, rows.height):
        return _add(tables, ["_group", "minute"]).sort("_group", "minute")
    at = rows["_group"].to_numpy() * length + (rows["minute"].to_numpy() - first)
    # Whole numbers, far below where a float stops counting by ones.
    sums = {name: np.bincount(at, weights=rows[name].to_numpy()).astype(np.int64) for name in CHANGES}
    changed = np.flatnonzero(np.any([total != 0 for total in sums.values()], axis=0))
    keys = {"_group": changed // length, "minute": changed % length + first}
    return pl.DataFrame({**keys, **{name: total[changed] for name, total in sums.items()}})


def _is_dense(cells: int, rows: int) -> bool:
    """Whether one number per cell is less than the rows would take to be sorted into cells."""
    return cells <= max(4 * rows, 10_000)


def _negative(changes: pl.DataFrame) -> pl.DataFrame:
    return changes.with_columns(-pl.col(name) for name in CHANGES)


def _numbered(spans: pl.DataFrame, columns: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`spans` with _unit, the number of their combination of `columns` (categories or integers); and that combination by number."""
    key = pl.lit(0, pl.Int64)
    for name in columns:
        code = spans[name].to_physical()
        none = int(code.max() or 0) + 1  # type: ignore[arg-type]
        key = key * (none + 1) + pl.col(name).to_physical().cast(pl.Int64).fill_null(none)
    spans = spans.with_columns(key.alias("_key"))
    names = spans.select("_key", *columns).unique("_key").with_row_index("_unit")
    spans = spans.drop(columns)
    most = int(names["_key"].max() or 0)  # type: ignore[arg-type]
    if _is_dense(most, spans.height):
        # Looked up by its key: joining ten million rows would cost more than the sweep.
        number = np.zeros(most + 1, np.uint32)
        number[names["_key"].to_numpy()] = names["_unit"].to_numpy()
        return spans.select(
            pl.exclude("_key"), pl.Series("_unit", number[spans["_key"].to_numpy()], dtype=pl.UInt32)
        ), names
    return spans.join(names.select("_key", "_unit"), on="_key", how="left").drop("_key"), names


def _packed(spans: pl.DataFrame, stamp: str, origin: int) -> np.ndarray:
    """Seconds since `origin` with the number of the unit in the high bits."""
    packed = spans.select(pl.col("_unit").cast(pl.Int64) * 2**_SECONDS_BITS + (pl.col(stamp) - origin))
    return packed.to_series().to_numpy()


def _where(mask: np.ndarray, values: np.ndarray) -> np.ndarray:
    return values if mask.all() else values[mask]


def _merged(starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of the stretches in which a unit is busy without a break, in the same packing.

    Starts and ends are sorted apart. The kth start finds its unit free exactly if the k earlier spans have all
    ended, that is, if the kth smallest end lies before it; units do not mix because their numbers come first.
    """
    if not len(starts):
        return starts, ends
    starts, ends = np.sort(starts), np.sort(ends)
    free = ends[:-1] < starts[1:]
    return starts[np.concatenate([[True], free])], ends[np.concatenate([free, [True]])]


def _changes(starts: np.ndarray, ends: np.ndarray, groups: np.ndarray, origin: int) -> pl.DataFrame:
    """Packed stretches as changes per _group and minute; `groups` is the group of every unit's number."""
    # One after the other: together they would be the peak of memory.
    begun, ended = (_by_minute(stamps, groups, origin) for stamps in (starts, ends))
    return pl.concat([begun.with_columns(pl.col("units_change").alias("starts")), _negative(ended)])


def _by_minute(stamps: np.ndarray, groups: np.ndarray, origin: int) -> pl.DataFrame:
    """How many packed stamps fall into each _group and minute, and the seconds from them to its end."""
    second = stamps & (2**_SECONDS_BITS - 1)
    minute = second // 60
    length = int(minute.max()) + 1 if len(minute) else 1
    if _is_dense(length * (int(groups.max()) + 1 if len(groups) else 1), len(minute)):
        at = minute if not groups.any() else groups[stamps >> _SECONDS_BITS] * length + minute
        counted = np.bincount(at)
        # Sums of whole seconds, far below where a float stops counting by ones.
        passed = np.bincount(at, weights=second).astype(np.int64)
        cell = np.flatnonzero(counted)
        counted, group = counted[cell], cell // length
        ends = (cell - group * length + 1) * 60
        return _changes_of(group, ends // 60 - 1 + origin // 60, counted, ends * counted - passed[cell])
    # Group, minute and the 1–60 seconds left in it as one integer, so that one sort brings a minute together.
    cells = (groups[stamps >> _SECONDS_BITS] << _SECONDS_BITS) + minute << 6
    cells += 60 - (second - minute * 60)
    cells.sort()
    cell = cells >> 6
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    left = np.add.reduceat(cells & 63, first) if len(first) else first
    cell = cell[first]
    counted = np.diff(np.append(first, len(cells)))
    minutes = (cell & (2**_SECONDS_BITS - 1)) + origin // 60
    return _changes_of(cell >> _SECONDS_BITS, minutes, counted, left)


def _changes_of(
    group: np.ndarray, minute: np.ndarray, units: np.ndarray, seconds: np.ndarray
) -> pl.DataFrame:
    """The columns of a table of changes."""
    columns = {
        "_group": group,
        "minute": minute,
        "starts": np.zeros(len(group), np.int64),
        "units_change": units,
        "seconds_change": seconds,
    }
    return pl.DataFrame(columns, schema_overrides=dict.fromkeys(columns, pl.Int64))
