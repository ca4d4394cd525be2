"""Small counts where parts can be chosen: which cells must stay hidden so that no subtraction brings one back.

A reader who may choose areas sees the same table of one area, of several, and of all. A cell of two calls that is
blank in its own area's table could be had by taking the others from the whole. So each small cell is hidden
together with enough others, along its row and its column, that only sums of `smallest_count` calls or more can
be worked out. The smallest count itself is that of `calls.small_counts`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import polars as pl

from calls.small_counts import POOLED, SMALLEST_COUNT


def hidden_parts(
    table: pl.DataFrame, part: str, key: str, count: str = "calls", smallest_count: int = SMALLEST_COUNT
) -> pl.DataFrame:
    """The cells of parts × keys that may not be told by themselves: `part`, `key`, sorted.

    Columns in: `part` (such as the area), `key` (such as the category) and `count` (integer, not null), one row
    per cell; a cell that is absent has 0 calls. Both sums are taken as known to the reader: those of a part over
    its keys and those of a key over its parts. A cell is hidden where it holds 1 to `smallest_count` − 1 calls;
    then, while the hidden cells of a row or a column are only one, or hold fewer than `smallest_count` together, its
    smallest cell that is not hidden yet is hidden as well (complementary suppression). `smallest_count` of 1 or less: none.
    """
    nothing = table.select(part, key).clear()
    if smallest_count <= 1 or table.is_empty():
        return nothing
    parts, keys = (table[name].unique().sort() for name in (part, key))
    at = [
        table.select(name).join(
            values.to_frame().with_row_index("_at"), on=name, how="left", nulls_equal=True, maintain_order="left"
        )["_at"].to_numpy()
        for name, values in ((part, parts), (key, keys))
    ]  # fmt: skip
    cells = np.zeros((len(parts), len(keys)), dtype=np.int64)
    np.add.at(cells, tuple(at), table[count].to_numpy())
    hidden = (cells > 0) & (cells < smallest_count)
    # Every round hides at least one more cell, or is the last.
    while _widen(cells, hidden, smallest_count) | _widen(cells.T, hidden.T, smallest_count):
        pass
    rows, columns = np.nonzero(hidden)
    return pl.DataFrame([parts.gather(rows), keys.gather(columns)]).sort(part, key)


def _widen(cells: np.ndarray, hidden: np.ndarray, smallest_count: int) -> bool:
    """Hide the smallest shown cell of every column with too few hidden cells, or calls in them; True where any was."""
    together = np.where(hidden, cells, 0).sum(axis=0)
    few = (hidden.sum(axis=0) == 1) | (together < smallest_count)
    # A cell that is alone in its row hides nothing, because the row's sum tells it: taken only for want of others.
    alone = np.where((cells > 0).sum(axis=1, keepdims=True) == 1, cells.max() + 1, 0)
    free = np.where(hidden | (cells == 0), np.iinfo(np.int64).max, cells + alone)
    needy = (together > 0) & few & (free.min(axis=0) < np.iinfo(np.int64).max)
    columns = np.flatnonzero(needy)
    hidden[free[:, columns].argmin(axis=0), columns] = True
    return bool(needy.any())


def open_keys(
    hidden: pl.DataFrame, part: str, key: str, chosen: Collection[str | int | bool | None]
) -> pl.Expr:
    """True for keys whose sum over the `chosen` parts may be shown: none of these cells is hidden.

    hidden: as hidden_parts. Sums over cells that are not hidden can be added and subtracted at will.
    """
    named = [c for c in chosen if c is not None]
    is_chosen = pl.col(part).is_in(named).fill_null(None in chosen)
    closed = hidden.filter(is_chosen)[key]
    is_closed = pl.col(key).is_in(closed.drop_nulls().unique().to_list())
    return ~is_closed.fill_null(closed.null_count() > 0)


def pool_closed(
    table: pl.DataFrame,
    key: str,
    is_open: pl.Expr,
    sums: Sequence[str],
    smallest_count: int = SMALLEST_COUNT,
) -> pl.DataFrame:
    """`table` with every row that is not open merged into one at the end, as calls.small_counts.pool does it.

    Columns in: `key`, calls and `sums`. Out: the same, `key` as String. Where the merged row would hold 1 to
    `smallest_count` − 1 calls, the smallest open rows join it.
    """
    opened = table.with_columns(pl.col(key).cast(pl.String), is_open.alias("_open"))
    while True:
        closed, kept = opened.filter(~pl.col("_open")), opened.filter("_open")
        if kept.is_empty() or not 0 < closed["calls"].sum() < smallest_count:
            break
        smallest = kept.sort("calls", key)[key][0]
        opened = opened.with_columns(pl.col("_open") & pl.col(key).ne_missing(pl.lit(smallest, pl.String)))
    if closed.is_empty():
        return kept.drop("_open")
    together = [
        pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)
        for name in ("calls", *sums)
    ]
    row = closed.select(pl.lit(POOLED).alias(key), *together)
    return pl.concat([kept.drop("_open"), row], how="diagonal")


def short_of(count: str, smallest_count: int = SMALLEST_COUNT) -> pl.Expr:
    """True where `count` is 1 to `smallest_count` − 1: too few to be told."""
    if smallest_count <= 1:
        return pl.lit(False)
    return pl.col(count).is_between(1, smallest_count - 1).fill_null(False)
