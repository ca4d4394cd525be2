"""Made-up unit rows of any number, for measuring speed: seeded, with the faults that real exports have.

Five years of spans; more rows mean more units, as with a larger city or several. No unit is on two calls at once,
so that engines which would have to merge overlaps need not. Spans that begin together belong to one call.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

TYPES: Final = 300
CATEGORIES: Final = 40
AREAS: Final = 24
SOURCES: Final = ("911", "NON-EMERGENCY", "TEXT", "ALARM CO", "OFFICER", None)
INITIATED_BY: Final = {
    "911": "community",
    "NON-EMERGENCY": "community",
    "TEXT": "community",
    "ALARM CO": "alarm",
    "OFFICER": "officer",
}
STAMPS: Final = ("received", "dispatched", "enroute", "arrived", "cleared")
_START: Final = 1_577_836_800  # 2020-01-01
_SECONDS: Final = 5 * 365 * 86_400
_BLOCK_UNITS: Final = 28


def make(folder: Path, rows: int, seed: int = 1, csv: bool = False) -> Path:
    """Write units.parquet (and units.csv) and types.csv for about `rows` rows into `folder`; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    types = pl.DataFrame({"call_type": [_type(i) for i in range(TYPES)]}).with_columns(
        pl.Series("category", [f"category_{i % CATEGORIES:02}" for i in range(TYPES)])
    )
    types.write_csv(folder / "types.csv")
    per_unit = 36_000
    units = max(1, round(rows / per_unit))
    parts = []
    first_call = 1
    for block, start in enumerate(range(0, units, _BLOCK_UNITS)):
        names = range(start, min(start + _BLOCK_UNITS, units))
        table = _block(np.random.default_rng([seed, block]), names, per_unit, first_call)
        first_call = int(table["call_id"].max()) + 1  # type: ignore[arg-type]
        parts.append(folder / f"part-{block:04}.parquet")
        table.write_parquet(parts[-1])
    pl.scan_parquet(parts).sink_parquet(folder / "units.parquet")
    if csv:
        pl.scan_parquet(parts).sink_csv(folder / "units.csv", datetime_format="%Y-%m-%d %H:%M:%S")
    for part in parts:
        part.unlink()
    return folder


def _type(number: int) -> str:
    return f"{['DISTURBANCE', 'ALARM', 'WELFARE', 'TRAFFIC', 'THEFT'][number % 5]} TYPE {number:03}"


def _block(random: np.random.Generator, names: range, per_unit: int, first_call: int) -> pl.DataFrame:
    """The rows of some units, in the order of their start."""
    n = len(names) * per_unit
    busy = random.gamma(1.6, 1_000, n).astype(np.int64) + 60
    idle = random.exponential(_SECONDS / per_unit - 1_660, n).astype(np.int64) + 1
    cycle = (busy + idle).reshape(len(names), per_unit)
    start = (_START + np.cumsum(cycle, axis=1) - cycle).ravel()
    unit = np.repeat(np.arange(len(names)), per_unit)
    order = np.argsort(start, kind="stable")
    start, busy, unit = start[order], busy[order], unit[order]
    # One to three neighbours in time make a call.
    opens = random.random(n) < 0.62
    opens[0] = True
    call = np.cumsum(opens) - 1
    calls = int(call[-1]) + 1
    call_start = start[opens]
    kind = (random.beta(0.8, 3.0, calls) * TYPES).astype(np.int64)[call]
    source = random.choice(len(SOURCES), calls, p=(0.38, 0.2, 0.02, 0.06, 0.29, 0.05))[call]
    area = random.integers(0, AREAS, calls)[call]
    received = (call_start - random.gamma(1.2, 400, calls).astype(np.int64))[call]
    enroute = start + np.where(random.random(n) < 0.6, 0, random.integers(5, 120, n))
    arrived = start + np.minimum(busy - 1, random.gamma(2.0, 200, n).astype(np.int64) + 30)
    cleared = start + busy
    fault = random.random(n)
    cleared = np.where(
        (fault > 0.02) & (fault < 0.03), cleared + 2 * 86_400, cleared
    )  # never cleared in time
    cleared = np.where((fault > 0.03) & (fault < 0.035), start - 3_600, cleared)  # wrong order
    table = pl.DataFrame(
        {
            "call_id": first_call + call,
            "unit": unit,
            "kind": kind,
            "source": source,
            "area": area,
            "received": received,
            "dispatched": start,
            "enroute": enroute,
            "arrived": arrived,
            "cleared": cleared,
            "no_clear": fault < 0.02,
            "no_arrival": random.random(n) < 0.15,
        }
    )
    stamp = {name: pl.from_epoch(pl.col(name), "s").cast(pl.Datetime("ms")) for name in STAMPS}
    words = {
        "kind": pl.Series("w", [_type(i) for i in range(TYPES)]),
        "source": pl.Series("w", list(SOURCES), dtype=pl.String),
        "unit": pl.Series("w", [f"{i // 100}U{i:04}" for i in names]),
        "area": pl.Series("w", [f"BEAT {i:02}" for i in range(AREAS)]),
    }
    text = {name: pl.Series(name, series.gather(table[name])) for name, series in words.items()}
    return table.select(
        "call_id",
        text["unit"].alias("unit_id"),
        text["kind"].alias("call_type"),
        text["source"],
        text["area"],
        stamp["received"],
        stamp["dispatched"],
        stamp["enroute"],
        pl.when(~pl.col("no_arrival")).then(stamp["arrived"]).alias("arrived"),
        pl.when(~pl.col("no_clear")).then(stamp["cleared"]).alias("cleared"),
    )
