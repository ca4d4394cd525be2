"""The benchmark's job with Rightcall's own functions: once to narrow Parquet, then five questions of it."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.speed_data import INITIATED_BY, STAMPS
from calls.schema import hour_of_week
from officer_time.breakdown import as_text, with_keys
from officer_time.busy import busy_changes
from officer_time.cells import HOURS, category_means, roll_up, unit_cells, with_hours
from officer_time.histograms import describe, histogram
from officer_time.spans import interval_seconds, unit_spans

# As many rows at a time as the sweep may hold in memory: no unit is in two buckets.
_BUCKET_ROWS = 6_000_000


def answers(folder: Path, source: str) -> dict[str, Any]:
    """The five answers as plain values; see benchmarks.speed for what each is."""
    with tempfile.TemporaryDirectory() as scratch:
        narrow = Path(scratch) / "narrow.parquet"
        write_narrow(folder, source, narrow)
        return ask(pl.scan_parquet(narrow))


def write_narrow(folder: Path, source: str, narrow: Path) -> None:
    """Read, clean, join the types' categories, and write narrow columns: the once of "clean once, ask often"."""
    if source == "csv":
        rows = pl.scan_csv(folder / "units.csv", infer_schema=False)
        seconds = {name: pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S").dt.epoch("s") for name in STAMPS}
    else:
        rows = pl.scan_parquet(folder / "units.parquet")
        seconds = {name: pl.col(name).dt.epoch("s") for name in STAMPS}
    types = pl.read_csv(folder / "types.csv")
    # Types and sources are few: each text becomes its number once, and the number looks its meaning up.
    category = types["category"].cast(pl.Enum(types["category"].unique().sort()))
    initiators = pl.Enum([*dict.fromkeys(INITIATED_BY.values()), "unknown"])
    initiated_by = pl.Series(list(INITIATED_BY.values()), dtype=pl.String).cast(initiators)
    rows.select(
        pl.col("call_id").cast(pl.Int32),
        # Numbered as they come: to list the names first would read the file once more.
        pl.col("unit_id", "area").cast(pl.Categorical),
        _meaning("call_type", types["call_type"], category).alias("category"),
        _meaning("source", pl.Series(list(INITIATED_BY)), initiated_by)
        .fill_null(pl.lit("unknown").cast(initiators))
        .alias("initiated_by"),
        seconds["received"].cast(pl.Int32).alias("received_at"),
        *(seconds[name].cast(pl.Int32).alias(f"{name}_at") for name in STAMPS[1:]),
    ).sink_parquet(narrow, compression="lz4", maintain_order=False)


def _meaning(column: str, texts: pl.Series, meanings: pl.Series) -> pl.Expr:
    """The meaning of each text of a column; null for a text that is not listed."""
    number = pl.col(column).cast(pl.Enum(texts), strict=False).to_physical()
    return pl.lit(meanings).gather(number)


def ask(units: pl.LazyFrame) -> dict[str, Any]:
    """The five questions of the narrow table, two at a time: the sweep works on one core, the others on all."""
    questions = {
        "busy": busy,
        "hours_by_category_and_initiator": hours,
        "minutes_by_category": minutes,
        "hours_by_hour_and_area": by_hour_and_area,
        "calls_by_month": calls_by_month,
    }
    with ThreadPoolExecutor(2) as two:
        asked = {name: two.submit(question, units) for name, question in questions.items()}
        return {name: found.result() for name, found in asked.items()}


def _police(units: pl.LazyFrame) -> pl.LazyFrame:
    return units.with_columns(
        pl.lit("police").alias("responder"), pl.col("received_at").alias("started_local")
    )


def hours(units: pl.LazyFrame) -> list[Any]:
    """Unit-hours low, central, high by category and initiator."""
    cells = unit_cells(_police(units), ["category", "initiated_by"])
    found = with_hours(cells, category_means(cells))
    return [
        list(row) for row in found.select(pl.col("category", "initiated_by").cast(pl.String), *HOURS).rows()
    ]


def minutes(units: pl.LazyFrame) -> list[Any]:
    """Mean, median and 90th percentile of on-scene and committed minutes by category."""
    spans = unit_spans(units)
    bins = histogram(spans, ["category"], ("on_scene", "committed"))
    found = describe(bins, ["category"])
    return [
        list(row)
        for row in found.select(
            pl.col("category").cast(pl.String), "measure", "mean_minutes", "median_minutes", "p90_minutes"
        ).rows()
    ]


def by_hour_and_area(units: pl.LazyFrame) -> list[Any]:
    """Measured unit-hours by hour of the week and area."""
    keyed = _police(units).with_columns(hour_of_week(pl.col("received_at")).cast(pl.Int16).alias("hour"))
    found = roll_up(unit_cells(keyed, ["hour", "area"]), ["hour", "area"])
    return [
        list(r)
        for r in found.select("hour", pl.col("area").cast(pl.String), pl.col("committed_seconds")).rows()
    ]


def calls_by_month(units: pl.LazyFrame) -> list[Any]:
    """Calls (not unit rows), units and mean public response seconds by month of the call."""
    calls = units.group_by("call_id").agg(
        pl.col("received_at").min(), pl.col("arrived_at").min(), pl.len().cast(pl.Int16).alias("units")
    )
    keyed = with_keys(calls.with_columns(pl.col("received_at").alias("started_local")), ["month"])
    response = interval_seconds(pl.col("received_at"), pl.col("arrived_at"), 72)
    found = (
        keyed.group_by("month")
        .agg(pl.len().alias("calls"), pl.col("units").cast(pl.Int64).sum(), response.mean().alias("response"))
        .collect()
    )
    return [list(row) for row in as_text(found, ["month"]).sort("month").rows()]


def busy(units: pl.LazyFrame) -> list[Any]:
    """Busy unit seconds in all, and minutes in which on average at least 1, 2, 4 … units were busy."""
    rows = units.select(pl.len()).collect().item()
    buckets = max(1, -(-rows // _BUCKET_ROWS))
    number = pl.col("unit_id").to_physical().cast(pl.Int64) % buckets
    tables = [busy_changes(_police(units).filter(number == b), keys=()) for b in range(buckets)]
    origin = min(int(table["minute"][0]) for table in tables)
    size = max(int(table["minute"][-1]) for table in tables) - origin + 1
    change, seconds = np.zeros(size, np.int64), np.zeros(size, np.int64)
    for table in tables:
        # Every minute stands in a table once, and tables of different units add up.
        at = table["minute"].to_numpy() - origin
        change[at] += table["units_change"].to_numpy()
        seconds[at] += table["seconds_change"].to_numpy()
    level = 60 * (np.cumsum(change) - change) + seconds
    return [int(level.sum()), *(int((level >= 60 * 2**k).sum()) for k in range(10))]
