"""Residents of areas, with their source, and rates per 1,000 residents with what they rest on.

A rate needs to say whom it counts and from when the count is. People who work in or travel through an area call
from it too, so a downtown has a high rate without its residents calling much. An area without a population has
no rate and a reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from call_codes.errors import InputError
from calls.areas import Areas
from calls.read import read_table
from calls.small_counts import SMALLEST_COUNT, mask

_COLUMNS: Final = ("area", "population", "source", "year")
_SCHEMA: Final = {"area": pl.String, "population": pl.Int64, "source": pl.String, "year": pl.Int64}
_DAYS_A_YEAR: Final = 365.25
RATE_DEFINITION: Final = (
    "calls in the area ÷ its residents × 1,000, for the days of the extract and for a year; the high end spreads the "
    "calls without an area like those with one"
)


def read_populations(path: str | Path) -> pl.DataFrame:
    """A user's table with columns area, population, source and year: one line per area, sorted by area.

    Raises InputError for a missing column or source, a population that is no whole number above 0, a year that is
    none, or an area on two lines.
    """
    raw = read_table(Path(path))
    name = raw.path.name
    missing = [column for column in _COLUMNS if column not in raw.frame.columns]
    if missing:
        raise _wrong(name, f'no column "{missing[0]}"')
    table = raw.frame.select(pl.col(column).str.strip_chars() for column in _COLUMNS).with_columns(
        pl.col("population").str.replace_all(r"[, ]", "").cast(pl.Int64, strict=False).alias("_population"),
        pl.col("year").cast(pl.Int64, strict=False).alias("_year"),
    )
    checks = {
        "an area without a name": pl.col("area").fill_null("") == "",
        "a population that is no whole number above 0": ~(pl.col("_population") > 0).fill_null(False),
        "no source": pl.col("source").fill_null("") == "",
        "a year that is none": ~pl.col("_year").is_between(1900, 2100).fill_null(False),
        "an area on two lines": pl.col("area").is_duplicated(),
    }
    for found, condition in checks.items():
        bad = table.filter(condition)
        if bad.height:
            raise _wrong(name, f'{found}: "{bad["area"][0] or ""}", "{bad["population"][0] or ""}"')
    return table.select(
        "area", pl.col("_population").alias("population"), "source", pl.col("_year").alias("year")
    ).sort("area")


def _wrong(name: str, found: str) -> InputError:
    return InputError(
        found=f"{found} ({name})",
        expected="one line per area: area (spelled as in the calls), population (residents), source, year",
        action=f"correct {name}; residents of council districts are published with the census and with redistricting",
    )


def populations_of_areas(
    areas: Areas, property_name: str, source: str, year: int | None, population: str = "population"
) -> pl.DataFrame:
    """As read_populations, from a property of the areas; features of the same name are added up. year: None where
    the file does not say it.

    An area of which any feature has no number is left out: a part is not the whole.
    """
    rows = [(str(a.properties.get(property_name)), a.properties.get(population)) for a in areas.features]
    table = pl.DataFrame(
        [(name, value if isinstance(value, int | float) else None) for name, value in rows],
        schema={"area": pl.String, "population": pl.Float64},
        orient="row",
    )
    return (
        table.group_by("area")
        .agg(
            pl.col("population").sum().round(0).cast(pl.Int64),
            pl.col("population").is_null().any().alias("_part"),
        )
        .filter(~pl.col("_part") & (pl.col("population") > 0))
        .select("area", "population", pl.lit(source).alias("source"), pl.lit(year, pl.Int64).alias("year"))
        .sort("area")
    )


def area_rates(
    counts: pl.DataFrame,
    populations: pl.DataFrame | None,
    days: float,
    smallest_count: int = SMALLEST_COUNT,
) -> pl.DataFrame:
    """Calls (and whatever else is counted) of each area with its rate per 1,000 residents.

    Columns in: counts with area (null: calls without one), calls and any further columns; populations as
    read_populations, or None; `days` that the extract covers. Columns out, sorted by area, calls without an area
    last and without a rate: those of counts, population, source, year, per_1000_residents, per_1000_a_year,
    high_per_1000_a_year, reason (why there is no rate), suppressed (fewer than `smallest_count` calls).
    """
    known = populations if populations is not None else pl.DataFrame(schema=_SCHEMA)
    total = int(counts["calls"].sum())
    placed = int(counts.filter(pl.col("area").is_not_null())["calls"].sum())
    rate = 1000 * pl.col("calls") / pl.col("population")
    a_year = rate * _DAYS_A_YEAR / days if days > 0 else pl.lit(None, pl.Float64)
    reason = (
        pl.when(pl.col("area").is_null()).then(pl.lit("calls without an area"))
        .when(pl.lit(populations is None)).then(pl.lit("no table of populations was given"))
        .when(pl.col("population").is_null()).then(pl.lit("the table of populations has no line for this area"))
    )  # fmt: skip
    table = (
        counts.join(known, on="area", how="left")
        .with_columns(reason.alias("reason"))
        .with_columns(
            rate.alias("per_1000_residents"),
            a_year.alias("per_1000_a_year"),
            (a_year * (total / placed if placed else 1)).alias("high_per_1000_a_year"),
        )
        .sort("area", nulls_last=True)
    )
    others = [
        name for name, kind in counts.schema.items() if name not in ("area", "calls") and kind.is_numeric()
    ]
    rates = ["per_1000_residents", "per_1000_a_year", "high_per_1000_a_year"]
    return mask(table, "calls", [*others, *rates], smallest_count)


def areas_without_calls(counts: pl.DataFrame, populations: pl.DataFrame) -> tuple[str, ...]:
    """Areas of the table of populations that no call names: most often they are spelled in another way there."""
    return tuple(populations.join(counts, on="area", how="anti")["area"].sort().to_list())
