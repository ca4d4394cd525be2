"""The one rule for small counts: a cell of fewer than five calls is not shown.

A count of one or two calls of a rare kind, in one area at one hour, can point at a household. Two forms of the
same rule: `mask` blanks the cell and says so (where every row must stay, as in a list of call types), and
`pool` merges all small cells of a table into one row (where the table must still add up). Totals of the whole
file, the cascade's steps and the ledger are not cells in this sense: they describe everyone at once and must
add up, so they stay exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

SMALLEST_COUNT: Final = 5
# What the keys of the merged row say. It may hold a cell that is not small, where one was needed to hide another.
POOLED: Final = "(smallest cells together)"


def mask(
    table: pl.DataFrame, count: str, values: Sequence[str], smallest_count: int = SMALLEST_COUNT
) -> pl.DataFrame:
    """Blank `count` and `values` where 0 < count < `smallest_count`; adds `suppressed` (Boolean).

    Columns in: `count` (integer) and every name of `values`. Rows keep their order. `smallest_count` of 1 or
    less switches the rule off.
    """
    small = pl.col(count).is_between(1, smallest_count - 1) if smallest_count > 1 else pl.lit(False)
    small = small.fill_null(False)
    return table.with_columns(small.alias("suppressed")).with_columns(
        pl.when("suppressed").then(None).otherwise(pl.col(name)).alias(name) for name in (count, *values)
    )


def pool(
    table: pl.DataFrame,
    keys: Sequence[str],
    count: str,
    sums: Sequence[str],
    smallest_count: int = SMALLEST_COUNT,
) -> pl.DataFrame:
    """Merge every row whose `count` is below `smallest_count` into one row at the end, so that sums stay.

    Where the merged row would itself be small, the smallest remaining rows join it. Columns named in neither
    `keys`, `count` nor `sums` (means, medians) are null in the merged row, because they cannot be added.
    Keys of other types than String become String. Rows keep their order.
    """
    table = table.with_columns(pl.col(key).cast(pl.String) for key in keys)
    if smallest_count <= 1 or table.is_empty():
        return table
    by_size = table.with_row_index("_row").sort(count, "_row")
    is_small = pl.col(count) < smallest_count
    merged_count = by_size.filter(is_small)[count].sum()
    merged_rows = by_size.filter(is_small).height
    if merged_rows == 0:
        return table
    while merged_count < smallest_count and merged_rows < by_size.height:
        merged_count += by_size[count][merged_rows]
        merged_rows += 1
    merged = by_size.head(merged_rows)
    kept = by_size.slice(merged_rows).sort("_row").drop("_row")
    row = merged.select(
        *(pl.lit(POOLED).alias(key) for key in keys),
        # A sum of nothing but unknowns is unknown, not zero.
        *(
            pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)
            for name in (count, *sums)
        ),
    )
    return pl.concat([kept, row], how="diagonal")
