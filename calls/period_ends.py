"""Between which months a count may be cut: so that no two periods differ by a small count.

A reader may ask for any period, and then for the same one a month longer: the difference is one month's count. So a
cut between two months is open for a row only if it lies 0 or at least `smallest_count` calls from every other open
cut. Cuts between years are opened first, then between halves and quarters, then the rest: the periods that people
ask for stay open the longest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from calls.small_counts import SMALLEST_COUNT


def closed_periods(
    table: pl.DataFrame,
    key: str,
    first_month: int | None,
    last_month: int | None,
    count: str = "calls",
    smallest_count: int = SMALLEST_COUNT,
) -> pl.DataFrame:
    """The keys whose count from `first_month` to `last_month` may not be told: one column, `key`.

    Columns in: `key`, month (12 × year + month − 1; null: time not known, counted with what is left out) and `count`
    (integer), one row per cell. None: from the beginning, to the end. `smallest_count` of 1 or less: none.
    """
    timed = table.drop_nulls("month")
    if smallest_count <= 1 or timed.is_empty():
        return table.select(key).clear()
    start = int(timed["month"].min())  # type: ignore[arg-type]
    keys = table[key].unique().sort()
    at = timed.select(key).join(
        keys.to_frame().with_row_index("_at"), on=key, how="left", nulls_equal=True, maintain_order="left"
    )["_at"].to_numpy()  # fmt: skip
    months = timed["month"].to_numpy() - start
    cells = np.zeros((int(months.max()) + 1, len(keys)), dtype=np.int64)
    np.add.at(cells, (months, at), timed[count].to_numpy())
    # Calls before each cut: cut 0 lies before the first month, the last one after the last month.
    before = np.vstack([np.zeros((1, len(keys)), dtype=np.int64), cells.cumsum(axis=0)])
    is_open = _open_cuts(before, start, smallest_count)
    ends = [None if first_month is None else first_month - start,
            None if last_month is None else last_month + 1 - start]  # fmt: skip
    closed = np.zeros(len(keys), dtype=bool)
    for cut in ends:
        if cut is not None:
            closed |= ~is_open[min(max(cut, 0), len(before) - 1)]
    # Calls without a time are in the whole and in no period.
    untimed = table.filter(pl.col("month").is_null()).group_by(key).agg(pl.col(count).sum())
    few = untimed.filter(pl.col(count).is_between(1, smallest_count - 1)).select(key)
    return pl.concat([pl.DataFrame([keys.filter(pl.Series(closed))]), few]).unique().sort(key)


def _open_cuts(before: np.ndarray, start: int, smallest_count: int) -> np.ndarray:
    """Cuts × keys: whether the cut is open."""
    cuts, keys = before.shape
    is_open = np.zeros((cuts, keys), dtype=bool)
    # The whole file is always shown.
    is_open[[0, -1]] = True
    for cut in _by_rank(range(1, cuts - 1), start):
        below = np.where(is_open[:cut], before[:cut], -1).max(axis=0)
        above = np.where(is_open[cut + 1 :], before[cut + 1 :], np.iinfo(np.int64).max).min(axis=0)
        apart = [before[cut] - below, above - before[cut]]
        is_open[cut] = np.all([(gap == 0) | (gap >= smallest_count) for gap in apart], axis=0)
    return is_open


def _by_rank(cuts: Sequence[int], start: int) -> list[int]:
    """Cuts before January first, then before July, April and October, then the others, each from the oldest on."""

    def rank(cut: int) -> int:
        month = (start + cut) % 12
        return 0 if month == 0 else 1 if month == 6 else 2 if month % 3 == 0 else 3

    return sorted(cuts, key=lambda cut: (rank(cut), cut))
