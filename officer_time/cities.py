"""Several cities side by side in one taxonomy, each with its own definitions and what cannot be compared.

The same 40 categories make cities comparable only as far as their recording is. So every city brings how its
numbers came about, and every difference that moves them is named beside the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from calls.small_counts import SMALLEST_COUNT, mask
from officer_time.cells import HOURS

# More calls than this without a category, or with an unknown beginning, can turn any comparison round.
_LARGE_SHARE: Final = 0.1
_GRAINS: Final = {
    "call": "hours of the first or primary unit only",
    "unit": "hours of every unit",
    "agency": "hours of named units only",
}


@dataclass(frozen=True)
class CityRun:
    """One city's results. table: category, calls, unit_hours_low, unit_hours, unit_hours_high (null: no such stamps).

    denominator: in words, which calls are counted. grain, type_is: of its layout. first_day, last_day: of the extract,
    as ISO dates. unknown_initiator_share: of calls, 0–1.
    """

    city: str
    table: pl.DataFrame
    denominator: str
    grain: str
    type_is: str
    first_day: str
    last_day: str
    unknown_initiator_share: float


def side_by_side(runs: Sequence[CityRun], smallest_count: int = SMALLEST_COUNT) -> pl.DataFrame:
    """Calls and hours by category of every city, one below another.

    Columns out, sorted by category and in the order of the cities: category, city, calls, of_calls, calls_share,
    unit_hours_low, unit_hours, unit_hours_high, of_unit_hours, unit_hours_share (central), denominator,
    suppressed. A category that a city has no call of is a row with 0. Small cells are blank.
    """
    categories = pl.concat(run.table.select("category") for run in runs).unique()
    tables = []
    for number, run in enumerate(runs):
        table = categories.join(
            run.table.select("category", "calls", *HOURS), on="category", how="left", nulls_equal=True
        ).with_columns(pl.col("calls").fill_null(0))
        known = table["unit_hours"].is_not_null().any()
        hours = pl.col("unit_hours").sum() if known else pl.lit(None, pl.Float64)
        tables.append(
            table.with_columns(
                *(pl.col(name).fill_null(0.0) if known else pl.col(name) for name in HOURS),
            ).select(
                "category",
                pl.lit(run.city).alias("city"),
                "calls",
                pl.col("calls").sum().alias("of_calls"),
                (pl.col("calls") / pl.col("calls").sum()).alias("calls_share"),
                *HOURS,
                hours.alias("of_unit_hours"),
                (pl.col("unit_hours") / hours).alias("unit_hours_share"),
                pl.lit(run.denominator).alias("denominator"),
                pl.lit(number).alias("_order"),
            )
        )
    whole = pl.concat(tables).sort("category", "_order").drop("_order")
    return mask(whole, "calls", ["calls_share", *HOURS, "unit_hours_share"], smallest_count)


def not_comparable(runs: Sequence[CityRun]) -> pl.DataFrame:
    """What keeps the cities from being compared: topic, note (in words), and the cities' values; sorted as found.

    Columns out: topic, note, values ("Minneapolis: call; Alder Falls: unit"). Empty where nothing was found.
    """
    found: list[tuple[str, str, list[str]]] = []

    def differs(topic: str, note: str, values: list[str]) -> None:
        if len(set(values)) > 1:
            found.append((topic, note, values))

    differs("denominator", "The cities do not count the same calls.", [run.denominator for run in runs])
    differs(
        "unit hours",
        "Hours of one unit per call leave out every further unit: compare calls, not hours.",
        [_GRAINS.get(run.grain, run.grain) for run in runs],
    )
    differs(
        "call type",
        "An initial type is what was asked for, a final one what was found: categories shift between them.",
        [run.type_is for run in runs],
    )
    differs(
        "period", "Other months, seasons and years.", [f"{run.first_day} to {run.last_day}" for run in runs]
    )
    unclassified = [_share_of(run, "unclassified") for run in runs]
    if max(unclassified, default=0) > _LARGE_SHARE:
        found.append(
            (
                "unclassified",
                "A tenth or more of a city's calls have no category; every other share is too low by as much.",
                [f"{share:.1%}" for share in unclassified],
            )
        )
    unknown = [run.unknown_initiator_share for run in runs]
    if max(unknown, default=0) > _LARGE_SHARE:
        found.append(
            (
                "who started the call",
                "Where it is not known, officers' own calls may be counted as the community's.",
                [f"{share:.1%}" for share in unknown],
            )
        )
    rows = [
        (topic, note, "; ".join(f"{run.city}: {value}" for run, value in zip(runs, values, strict=True)))
        for topic, note, values in found
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("topic", "note", "values"), pl.String), orient="row")


def _share_of(run: CityRun, category: str) -> float:
    total = int(run.table["calls"].sum())
    of = int(run.table.filter(pl.col("category").fill_null("unclassified") == category)["calls"].sum())
    return of / total if total else 0.0
