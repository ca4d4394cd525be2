"""Tables beside the calls (use of force, arrests, injuries): which of their rows belong to which call.

Only the number of the call links a row to it. Dates, places and persons are not tried: a match that is right most
of the time is wrong about somebody. Where a table has no call number, the answer is a sentence that says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from call_codes.errors import InputError, did_you_mean
from calls.read import read_table

# A column of the other table is its call number if half of its filled rows are numbers of calls here. Short
# values (ages, districts) are never call numbers.
_LEAST_SHARE: Final = 0.5
_SHORTEST: Final = 4


@dataclass(frozen=True)
class Linked:
    """What of a table could be linked.

    numbers: the distinct call numbers that it shares with the calls (sorted). column: which of its columns held
    them, None where there is none. rows: all rows; with_number: rows with a call number; matched: rows whose
    number is a call here; sentence: all of it in words.
    """

    numbers: pl.Series
    column: str | None
    rows: int
    with_number: int
    matched: int
    sentence: str


def read_linked(path: str | Path, calls: pl.LazyFrame, column: str | None = None) -> Linked:
    """Link the table at `path` to `calls` (call_id) by `column`, or by the column that holds call numbers.

    Several rows of one call (two officers, two arrests) count as one call. Raises InputError if `column` is not
    in the table or the table cannot be read.
    """
    raw = read_table(Path(path))
    name = raw.path.name
    if column is not None and column not in raw.headers:
        raise InputError(
            found=f'no column "{column}" in {name}.{did_you_mean(column, raw.headers)}',
            expected=f"one of its columns: {', '.join(raw.headers)}",
            action="name the column that holds the call number",
        )
    values = raw.frame.select(pl.col(c).str.strip_chars() for c in ([column] if column else raw.headers))
    every = pl.concat([values[c] for c in values.columns]).drop_nulls().unique()
    # Only numbers that occur in the table are kept: there may be a hundred million calls.
    ids = (
        calls.select("call_id")
        .filter(pl.col("call_id").is_in(every.implode()))
        .unique()
        .collect()
        .to_series()
    )
    found = [(int(values[c].is_in(ids.implode()).sum()), c) for c in values.columns]
    if column is None:
        found = [(hits, c) for hits, c in found if _holds_numbers(values[c], hits)]
    rows = raw.frame.height
    if not found:
        sentence = (
            f"{name} has {rows:,} rows and no column with the numbers of these calls (its columns: "
            f"{', '.join(raw.headers)}). Nothing in it can be tied to a call or a call type; ask the agency for the "
            "call number in that table."
        )
        return Linked(ids.clear(), None, rows, 0, 0, sentence)
    matched, best = max(found, key=lambda pair: pair[0])
    filled = rows - int(values[best].is_in(["", None], nulls_equal=True).sum())
    shared = values[best].filter(values[best].is_in(ids.implode())).unique().sort()
    sentence = (
        f"{name}: {matched:,} of {rows:,} rows have the number ({best}) of one of {shared.len():,} calls here; "
        f"{filled - matched:,} have a number that is no call here, {rows - filled:,} have none."
    )
    return Linked(shared, best, rows, filled, matched, sentence)


def _holds_numbers(values: pl.Series, hits: int) -> bool:
    long = int((values.str.len_chars() >= _SHORTEST).sum())
    return hits > 0 and hits >= _LEAST_SHARE * long and 2 * long > values.len() - values.null_count()
