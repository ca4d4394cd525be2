"""Seconds per million unit rows of one question of officer time: Polars, and the same functions inside Spark.

    python -m benchmarks.speed_spark --rows 1e6 3e6 [--master local[2]]

The made-up rows of benchmarks.speed as canonical tables; the question is unit-hours and minutes by category and
initiator. Both answers are compared to the last digit. Starting the session is printed by itself.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import polars as pl

from benchmarks.machine import description
from benchmarks.speed_data import CATEGORIES, make
from benchmarks.speed_rightcall import write_narrow
from calls.schema import INITIATORS, RESPONDERS
from officer_time.answer import Engine, Question, answer
from officer_time.canonical import Canonical, open_canonical
from officer_time.spark import spark_engine

_QUESTION = Question(("category", "initiated_by"), "community")


def canonical(folder: Path, rows: int) -> Canonical:
    """The made-up rows as officer_time.canonical writes them; every category is a type of its own."""
    make(folder, rows)
    write_narrow(folder, "parquet", folder / "narrow.parquet")
    every = pl.scan_parquet(folder / "narrow.parquet").select(
        "call_id",
        pl.col("category").to_physical().cast(pl.Int32).alias("type_id"),
        pl.lit("police").cast(pl.Enum(RESPONDERS)).alias("responder"),
        pl.col("initiated_by").cast(pl.String).cast(pl.Enum(INITIATORS)),
        pl.col("received_at").alias("started_local"),
        "received_at",
        pl.lit(None, pl.Int32).alias("queued_at"),
        "dispatched_at",
        "enroute_at",
        "arrived_at",
        "cleared_at",
    )
    every.group_by("call_id").agg(pl.all().first()).sink_parquet(folder / "calls.parquet", compression="lz4")
    length = (pl.col("cleared_at") - pl.col("dispatched_at")).clip(0, 12 * 3600)
    every.with_columns(
        pl.lit("U").cast(pl.Enum(["U"])).alias("unit_type"),
        pl.lit(1, pl.Int32).alias("unit_number"),
        pl.lit(False).alias("repeats_unit"),
        pl.lit(1, pl.Int32).alias("units_assumed"),
        length.alias("merged_seconds"),
    ).sink_parquet(folder / "units-00000.parquet", compression="lz4")
    types = [f"category_{i:02}" for i in range(CATEGORIES)]
    pl.DataFrame({"type_id": range(CATEGORIES), "call_type": types}).write_parquet(folder / "types.parquet")
    (folder / "facts.json").write_text(json.dumps({}), encoding="utf-8")
    return open_canonical(folder)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", nargs="+", type=float, default=[1e6, 3e6])
    parser.add_argument("--master", default="local[2]")
    options = parser.parse_args()
    print(f"{description()}\n")
    print("| rows | engine | start s | first question s | the same again s | again, s per million rows |")
    print("|---|---|---|---|---|---|")
    for rows in map(int, options.rows):
        with tempfile.TemporaryDirectory() as scratch:
            _compare(canonical(Path(scratch), rows), rows, options.master)


def _compare(tables: Canonical, rows: int, master: str) -> None:
    names = pl.Enum(tables.types["call_type"])
    types = tables.types.select(
        "type_id",
        pl.col("call_type").cast(names),
        pl.col("call_type").cast(names).alias("category"),
        pl.lit(None, pl.Enum(INITIATORS)).alias("settled"),
    )
    started = time.perf_counter()
    with spark_engine(tables, types, master) as spark:
        starting = time.perf_counter() - started
        found = {}
        for name, engine, start in (
            ("polars", Engine(tables, types), 0.0),
            (f"spark {master}", spark, starting),
        ):
            seconds = []
            for _ in range(2):
                asked = time.perf_counter()
                found[name] = answer(engine, _QUESTION)
                seconds.append(time.perf_counter() - asked)
            print(
                f"| {rows:,} | {name} | {start:.1f} | {seconds[0]:.2f} | {seconds[1]:.2f} "
                f"| {seconds[1] / rows * 1e6:.2f} |",
                flush=True,
            )
    one, other = found.values()
    if not one.table.equals(other.table) or not one.total.equals(other.total):
        raise SystemExit("the engines answer otherwise")


if __name__ == "__main__":
    main()
