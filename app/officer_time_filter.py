"""What a visitor filters officer time by, and the tables that come of it with their small counts protected.

Every table is a sum of ready cells (`officer_time_cells`). A table by area, by month or by who started the call
leaves its own filter out and shows every area, month or starter, so that it can be compared.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from app.officer_time_cells import PLACE, SUMS, FilterCells
from calls.period_ends import closed_periods
from calls.small_counts import pool
from calls.small_parts import hidden_parts, open_keys, pool_closed, short_of
from officer_time.cells import HOURS, roll_up

Counted = Literal["community", "answering", "all"]
Dimension = Literal["place", "months", "initiated_by", "counted"]
_OWN: Final[dict[str, Dimension]] = {PLACE: "place", "month": "months", "initiated_by": "initiated_by"}


@dataclass(frozen=True)
class Filter:
    """What is kept. Empty tuples and None keep everything.

    counted: community (the cascade's denominator), answering (all but administrative activity), all. places: names,
    None for calls without an area. first_month and last_month: 12 × year + month − 1, both kept; calls without a
    time fall out where either is set. initiated_by: of calls.schema.INITIATORS.
    """

    counted: Counted = "community"
    places: tuple[str | None, ...] = ()
    first_month: int | None = None
    last_month: int | None = None
    initiated_by: tuple[str, ...] = ()

    @property
    def active(self) -> tuple[Dimension, ...]:
        """The dimensions that leave something out, besides what is counted."""
        found: list[Dimension] = []
        if self.places:
            found.append("place")
        if self.first_month is not None or self.last_month is not None:
            found.append("months")
        if self.initiated_by:
            found.append("initiated_by")
        return tuple(found)


@dataclass(frozen=True)
class Told:
    """A table as it may be shown: the key (text; null: not recorded), calls, unit_rows, unit_rows_measured and hours,
    most hours first, the merged row last. merged: how many rows stand in it only because of the filter."""

    table: pl.DataFrame
    merged: int = 0


def table_by(cells: FilterCells, chosen: Filter, by: str, smallest_count: int) -> Told:
    """The filtered calls by category, hour_of_week, place, month, initiated_by or eligible.

    A row that a filter leaves so that a small count could be had by subtraction, from the view of other areas, of
    the months beside or of the whole, is merged with the small ones. By place, month and initiated_by the filter's
    own choice of them is left out; by initiated_by all calls are counted.
    """
    own = _OWN.get(by)
    left_out: set[Dimension] = {own} if own else set()
    if by == "initiated_by":
        left_out.add("counted")
    rows = cells.by_hour if by == "hour_of_week" else cells.by_category
    table = _sorted(roll_up(rows.filter(kept(chosen, left_out)), [by]), by)
    dimensions = [d for d in chosen.active if d not in left_out]
    if not dimensions:
        return Told(pool(table, [by], "calls", SUMS, smallest_count))
    is_open = ~short_of("calls", smallest_count) & open_to_filters(rows, chosen, by, left_out, smallest_count)
    merged = table.filter(~short_of("calls", smallest_count) & ~is_open).height
    return Told(pool_closed(table, by, is_open, SUMS, smallest_count), merged)


def open_to_filters(
    rows: pl.DataFrame, chosen: Filter, by: str, left_out: Collection[Dimension], smallest_count: int
) -> pl.Expr:
    """True for keys of `by` of which no active filter gives a small count away. Columns in: cells' keys and calls."""
    dimensions = [d for d in chosen.active if d not in left_out]
    if dimensions and "counted" not in left_out and chosen.counted != "all":
        dimensions.append("counted")
    openings = [_open(rows, chosen, by, dimension, left_out, smallest_count) for dimension in dimensions]
    return pl.all_horizontal([pl.lit(True), *openings])


def total(cells: FilterCells, chosen: Filter, smallest_count: int) -> dict[str, float | None] | None:
    """calls, unit_rows, unit_rows_measured and hours of the filtered calls; None where they may not be told.

    That is where the filter keeps, or leaves out in one of its dimensions, 1 to `smallest_count` − 1 calls.
    """
    rows = cells.by_category.with_columns(pl.lit("all").alias("whole"))
    row = roll_up(rows.filter(kept(chosen)), [])
    if smallest_count > 1 and 0 < (row["calls"].item() or 0) < smallest_count:
        return None
    whole = pl.DataFrame({"whole": ["all"]})
    for dimension in chosen.active:
        if not whole.select(_open(rows, chosen, "whole", dimension, set(), smallest_count)).item():
            return None
    found: dict[str, float | None] = row.row(0, named=True)
    return found


def kept(chosen: Filter, left_out: Collection[Dimension] = ()) -> pl.Expr:
    """True for cells that the filter keeps, where the dimensions `left_out` filter nothing."""
    conditions = [pl.lit(True)]
    if "counted" not in left_out:
        conditions.append(_counted(chosen.counted))
    if chosen.places and "place" not in left_out:
        named = [name for name in chosen.places if name is not None]
        conditions.append(pl.col(PLACE).cast(pl.String).is_in(named).fill_null(None in chosen.places))
    if "months" not in left_out:
        if chosen.first_month is not None:
            conditions.append((pl.col("month") >= chosen.first_month).fill_null(False))
        if chosen.last_month is not None:
            conditions.append((pl.col("month") <= chosen.last_month).fill_null(False))
    if chosen.initiated_by and "initiated_by" not in left_out:
        conditions.append(pl.col("initiated_by").cast(pl.String).is_in(list(chosen.initiated_by)))
    return pl.all_horizontal(conditions)


def _counted(counted: Counted) -> pl.Expr:
    if counted == "all":
        return pl.lit(True)
    return pl.col("in_base") if counted == "community" else ~pl.col("administrative")


def _sorted(table: pl.DataFrame, by: str) -> pl.DataFrame:
    # By text, so that ties fall as in the command's tables.
    order = [HOURS[1], "calls", pl.col(by).cast(pl.String)]
    return table.sort(order, descending=[True, True, False], nulls_last=True)


def _open(
    rows: pl.DataFrame,
    chosen: Filter,
    by: str,
    dimension: Dimension,
    left_out: Collection[Dimension],
    smallest_count: int,
) -> pl.Expr:
    """True for keys of `by` that the choice in one dimension gives nothing away of, the other filters held."""
    context = rows.filter(kept(chosen, {*left_out, dimension}))
    if dimension == "months":
        return _open_months(context, chosen, by, smallest_count)
    if dimension == "counted":
        context = context.with_columns(_counted(chosen.counted).alias("counted"))
    column: str = dimension
    parts = context.group_by(column, by).agg(pl.col("calls").sum())
    choice: tuple[str | bool | None, ...] = (True,)
    if dimension != "counted":
        parts = parts.with_columns(pl.col(column).cast(pl.String))
        choice = chosen.places if dimension == "place" else chosen.initiated_by
    return open_keys(hidden_parts(parts, column, by, "calls", smallest_count), column, by, choice)


def _open_months(context: pl.DataFrame, chosen: Filter, by: str, smallest_count: int) -> pl.Expr:
    """Keys of which the period can be told beside every other period that may be asked for.

    Of hours of the week only what lies before and after it is looked at: they name no kind of call, and a month has
    four of each, so that hardly any could be told for any period.
    """
    first, last = chosen.first_month, chosen.last_month
    cells = context.group_by(by, "month").agg(pl.col("calls").sum())
    if by == "hour_of_week":
        month = pl.col("month")
        side = (
            pl.when(month < (first or 0)).then(-1)
            .when(month > (last if last is not None else 2**30)).then(1)
            .when(month.is_not_null()).then(0)
        )  # fmt: skip
        cells = cells.with_columns(side.alias("side")).group_by(by, "side").agg(pl.col("calls").sum())
        left_out = cells.filter(pl.col("side").ne_missing(pl.lit(0)))
        closed = left_out.filter(short_of("calls", smallest_count)).select(by).unique()
    else:
        closed = closed_periods(cells, by, first, last, "calls", smallest_count)
    return open_keys(closed.select(pl.lit(True).alias("_part"), by), "_part", by, (True,))
