"""By what the answer is broken down: the columns a person may name, and how each is made from the clean tables.

A key of text stays text, months and hours are made from local wall-clock seconds by integer arithmetic, so that
every engine gives the same groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from call_codes.errors import UsageError, did_you_mean
from calls.schema import hour_of_week

BREAKDOWNS: Final = {
    "category": "the category of the initial call type",
    "group": "the group of that category",
    "eligible": "what the policy says of the initial type: eligible, conditional, excluded, unclassified",
    "initiated_by": "who started the call",
    "priority": "the initial priority as the agency writes it",
    "hour_of_week": "local hour of the week of the call's start, 0 = Monday 00:00 to 167 = Sunday 23:00",
    "month": "local month of the call's start, such as 2024-03",
    "area": "the agency's area: beat, precinct, sector",
    "district": "council district or the larger area",
    "disposition": "how the call was closed, as the agency writes it",
    "call_type": "the initial type as the agency writes it",
    "final_type": "the final type as the agency writes it",
    "outcome": "handled, not_dispatched, cancelled, duplicate or unknown",
}
OF_THE_TYPE: Final = ("category", "group", "eligible", "call_type")
OF_THE_FINAL_TYPE: Final = ("final_type",)


def parse_by(text: str) -> tuple[str, ...]:
    """The columns in "category,initiated_by". Raises UsageError for one that does not exist or stands twice."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in BREAKDOWNS:
            raise UsageError(
                found=f'--by {text}, in which "{name}" is no column.{did_you_mean(name, BREAKDOWNS)}',
                expected=f"columns among: {', '.join(BREAKDOWNS)}.",
                action="Correct the name, as in --by category,initiated_by",
            )
    if len(set(names)) < len(names):
        raise UsageError(
            found=f"--by {text}, with a column twice.",
            expected="each column once.",
            action="Take the second one out.",
        )
    return names


def with_keys(rows: pl.LazyFrame, by: Sequence[str]) -> pl.LazyFrame:
    """Rows with the keys that are made from the local time: hour_of_week, and month as 12 × year + month − 1.

    Columns in: started_local (local wall seconds; null stays null). Other keys must be there already.
    """
    made = []
    if "hour_of_week" in by:
        made.append(hour_of_week(pl.col("started_local")).cast(pl.Int32).alias("hour_of_week"))
    if "month" in by:
        day = (pl.col("started_local") // 86400).cast(pl.Int32).cast(pl.Date)
        made.append((day.dt.year() * 12 + day.dt.month().cast(pl.Int32) - 1).alias("month"))
    return rows.with_columns(made) if made else rows


def as_text(table: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """The table with its keys as people read them: text; months as 2024-03; null stays null (not recorded)."""
    columns = []
    for name in by:
        if name == "month":
            year, month = pl.col(name) // 12, pl.col(name) % 12 + 1
            columns.append(pl.format("{}-{}", year, month.cast(pl.String).str.zfill(2)).alias(name))
        else:
            columns.append(pl.col(name).cast(pl.String))
    return table.with_columns(columns)
