"""Eligible calls by population group: the rates of the areas in which a group lives, for every policy compared."""

from __future__ import annotations

import polars as pl

from call_codes.errors import InputError


def by_population_group(by_area: pl.DataFrame, populations: pl.DataFrame) -> pl.DataFrame:
    """Eligible calls per 1,000 people of each group, if all who live in an area share its rate.

    Columns in: Comparison.by_area; area, group, population. The rate of a group is the mean of the areas' rates,
    weighted by where the group's people live: Σ pop(g, a) · eligible(a) / pop(a) / Σ pop(g, a). It tells of places,
    not of who calls. Columns out: policy, group, population, eligible_per_1000, difference (from the first policy).
    Raises InputError for a missing column, a number below 0, a pair that stands twice, or no area in common.
    """
    missing = [name for name in ("area", "group", "population") if name not in populations.columns]
    if missing:
        raise InputError(
            found=f"no {', '.join(missing)} in the table of populations.",
            expected="the columns area, group and population.",
            action="Rename the columns.",
        )
    table = populations.select(
        pl.col("area").cast(pl.String),
        pl.col("group").cast(pl.String),
        pl.col("population").cast(pl.Float64, strict=False),
    ).drop_nulls()
    if (table["population"] < 0).any() or table.select("area", "group").is_duplicated().any():
        raise InputError(
            found="a population below 0, or an area and group that stand twice.",
            expected="one row for each area and group, with a number of people.",
            action="Correct the table.",
        )
    people = table.group_by("area").agg(pl.col("population").sum().alias("_all"))
    rates = by_area.join(
        people.filter(pl.col("_all") > 0), on="area", how="inner", maintain_order="left"
    ).with_columns((1000 * pl.col("eligible") / pl.col("_all")).alias("_rate"))
    if rates.is_empty():
        raise InputError(
            found="no area of the populations that any call has.",
            expected=f"areas such as {', '.join(by_area['area'].drop_nulls().unique().sort().head(6))}.",
            action="Use the names of the areas as the export writes them.",
        )
    order = {name: number for number, name in enumerate(by_area["policy"].unique(maintain_order=True))}
    return (
        rates.join(table, on="area", how="inner")
        .group_by("policy", "group")
        .agg(
            pl.col("population").sum(),
            ((pl.col("population") * pl.col("_rate")).sum() / pl.col("population").sum()).alias(
                "eligible_per_1000"
            ),
        )
        .with_columns(pl.col("policy").replace_strict(order, return_dtype=pl.Int64).alias("_order"))
        .sort("_order", "group")
        .with_columns(
            (pl.col("eligible_per_1000") - pl.col("eligible_per_1000").first().over("group")).alias(
                "difference"
            )
        )
        .drop("_order")
    )
