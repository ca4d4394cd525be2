"""What a map of areas shows and its table tells: calls, unit-hours, eligible calls and calls per resident.

Every area is shown whatever areas are filtered for, so that they can be compared. An area whose number is too
small to be told keeps its name and loses its number, and so does another one where only that hides it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import polars as pl

from app.area_file import AreaFile, plain_name
from app.officer_time_cells import PLACE, FilterCells
from app.officer_time_filter import Dimension, Filter, kept, open_to_filters
from calls.populations import area_rates
from calls.small_parts import hidden_parts
from officer_time.cells import HOURS, roll_up

_OWN: Final[tuple[Dimension, ...]] = ("place",)
# What an area can be shaded by, and its words with unit.
VALUES: Final = {
    "calls": "Calls",
    "unit_hours": "Unit-hours (central estimate)",
    "eligible_calls": "Eligible calls",
    "per_1000_a_year": "Calls a year per 1,000 residents",
}
_TABLE: Final = ("calls", *HOURS, "eligible_calls", "population", "per_1000_a_year", "high_per_1000_a_year")


@dataclass(frozen=True)
class AreaValues:
    """table: place (null: calls without an area, last), calls, unit_hours_low, unit_hours, unit_hours_high,
    eligible_calls, population, per_1000_a_year, high_per_1000_a_year, hidden and eligible_hidden (the number is too
    small to tell, or hides one that is); sorted by place. days: of the period, with a call."""

    table: pl.DataFrame
    days: int


def area_values(
    cells: FilterCells, chosen: Filter, populations: pl.DataFrame | None, smallest_count: int
) -> AreaValues:
    """The values of every area under the other filters. populations: as calls.populations.read_populations."""
    rows = cells.by_category
    calls = _hidden(rows, chosen, smallest_count, "hidden")
    eligible = _hidden(rows.filter("eligible"), chosen, smallest_count, "eligible_hidden")
    eligible = eligible.select(PLACE, pl.col("calls").alias("eligible_calls"), "eligible_hidden")
    table = calls.join(eligible, on=PLACE, how="left", nulls_equal=True).with_columns(
        pl.col("eligible_calls").fill_null(0), pl.col("eligible_hidden").fill_null(False)
    )
    days = int(
        cells.days.filter(kept(Filter("all", (), chosen.first_month, chosen.last_month)))["days"].sum()
    )
    rates = area_rates(
        table.select(pl.col(PLACE).alias("area"), "calls"), populations, float(days), smallest_count
    )
    rates = rates.select(pl.col("area").alias(PLACE), "population", "per_1000_a_year", "high_per_1000_a_year")
    table = table.join(rates, on=PLACE, how="left", nulls_equal=True).sort(PLACE, nulls_last=True)
    of_calls = ("calls", *HOURS, "per_1000_a_year", "high_per_1000_a_year")
    told = table.select(
        PLACE, *(_unless(name, "hidden") if name in of_calls else
                 _unless(name, "eligible_hidden") if name == "eligible_calls" else name for name in _TABLE),
        "hidden", "eligible_hidden",
    )  # fmt: skip
    return AreaValues(told, days)


def _hidden(rows: pl.DataFrame, chosen: Filter, smallest_count: int, name: str) -> pl.DataFrame:
    """place, calls and hours of the filtered rows, with the column `name`: True where they may not be told."""
    table = roll_up(rows.filter(kept(chosen, _OWN)), [PLACE])
    closed = ~open_to_filters(rows, chosen, PLACE, _OWN, smallest_count)
    whole = table.with_columns(pl.col(PLACE).cast(pl.String), closed.alias(name), pl.lit("all").alias("_all"))
    small = hidden_parts(whole, PLACE, "_all", "calls", smallest_count).select(
        PLACE, pl.lit(True).alias("_small")
    )
    return whole.join(small, on=PLACE, how="left", nulls_equal=True).select(
        PLACE, "calls", *HOURS, (pl.col(name) | pl.col("_small").fill_null(False)).alias(name)
    )


def _unless(value: str, hidden: str) -> pl.Expr:
    return pl.when(~pl.col(hidden)).then(pl.col(value)).alias(value)


def unmatched(
    table: pl.DataFrame, file: AreaFile, property_name: str
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Areas of the calls that have no outline (place, calls: null where hidden), and outlines that no call names."""
    outlines = {plain_name(name): name for name in file.names(property_name)}
    places = table.drop_nulls(PLACE)
    has = pl.col(PLACE).map_elements(lambda place: plain_name(place) in outlines, pl.Boolean)
    without_outline = places.filter(~has).select(PLACE, "calls")
    named = {plain_name(place) for place in places[PLACE]}
    return without_outline, tuple(sorted(name for plain, name in outlines.items() if plain not in named))


def places_of(cells: FilterCells) -> tuple[str, ...]:
    """The names of all areas, sorted as people count: 2 before 10."""
    names: Collection[str] = cells.by_category[PLACE].drop_nulls().cast(pl.String).unique().to_list()
    return tuple(
        sorted(names, key=lambda name: (not name.isdigit(), int(name) if name.isdigit() else 0, name))
    )
