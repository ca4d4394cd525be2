"""The benchmark's job as one would write it without Rightcall: plain pandas, DuckDB SQL, and a bare scan.

Each is meant to be good of its kind: vectorised, each text compared once, no row-wise Python, and in SQL one
narrow table first, as here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.speed_data import INITIATED_BY, STAMPS

_CAP = 12 * 3600


def pandas_answers(folder: Path, source: str) -> dict[str, Any]:
    """As benchmarks.speed_rightcall.answers, as an analyst writes it: default types, merge, group by, cumsum."""
    import pandas as pd

    if source == "csv":
        table = pd.read_csv(folder / "units.csv")
        for name in STAMPS:
            table[name] = pd.to_datetime(table[name])
    else:
        table = pd.read_parquet(folder / "units.parquet")
    table = table.merge(pd.read_csv(folder / "types.csv"), on="call_type", how="left")
    table["initiated_by"] = table["source"].map(INITIATED_BY).fillna("unknown")
    table["start"] = table["dispatched"].fillna(table["enroute"]).fillna(table["arrived"])
    table["committed"] = _between(table["start"], table["cleared"], _CAP)
    inside = table["arrived"].where(table["arrived"] >= table["start"] - pd.Timedelta("60s"))
    inside = inside.where((inside >= table["start"]) | inside.isna(), table["start"])
    table["on_scene"] = _between(inside, table["cleared"], _CAP)

    by_category = table.groupby("category")
    cells = (
        table.groupby(["category", "initiated_by"])["committed"].agg(["sum", "count", "size"]).reset_index()
    )
    means = by_category["committed"].mean().rename("mean").reset_index()
    cells = cells.merge(means, on="category")
    missing = cells["size"] - cells["count"]
    cells["low"] = cells["sum"] / 3600
    cells["central"] = cells["low"] + missing * cells["mean"] / 3600
    cells["high"] = cells["low"] + missing * 12

    minutes = []
    for name in ("committed", "on_scene"):
        times = by_category[name]
        found = (
            pd.DataFrame({"mean": times.mean(), "median": times.median(), "p90": times.quantile(0.9)}) / 60
        )
        minutes += [[category, name, *map(float, row)] for category, *row in found.itertuples()]

    table["hour"] = table["received"].dt.dayofweek * 24 + table["received"].dt.hour
    area = table.groupby(["hour", "area"])["committed"].sum().reset_index()

    calls = table.groupby("call_id").agg(
        received=("received", "min"), arrived=("arrived", "min"), units=("unit_id", "size")
    )
    calls["response"] = _between(calls["received"], calls["arrived"], 72 * 3600)
    calls["month"] = calls["received"].dt.strftime("%Y-%m")
    months = calls.groupby("month").agg(
        n=("units", "size"), units=("units", "sum"), response=("response", "mean")
    )

    spans = table.loc[table["committed"].notna(), ["start", "committed"]]
    ends = spans["start"] + pd.to_timedelta(spans["committed"], unit="s")
    events = pd.concat(
        [pd.DataFrame({"at": spans["start"], "units": 1}), pd.DataFrame({"at": ends, "units": -1})]
    )
    events["minute"] = events["at"].dt.floor("min")
    events["seconds"] = events["units"] * (60 - events["at"].dt.second)
    changes = events.groupby("minute")[["units", "seconds"]].sum()
    every = pd.date_range(changes.index.min(), changes.index.max(), freq="min")
    changes = changes.reindex(every, fill_value=0)
    level = 60 * (changes["units"].cumsum() - changes["units"]) + changes["seconds"]
    return {
        "hours_by_category_and_initiator": [
            [category, initiator, float(low), float(central), float(high)]
            for category, initiator, low, central, high in cells[
                ["category", "initiated_by", "low", "central", "high"]
            ].itertuples(index=False)
        ],
        "minutes_by_category": minutes,
        "hours_by_hour_and_area": [[int(a), b, int(s)] for a, b, s in area.itertuples(index=False)],
        "calls_by_month": [[str(k), int(r.n), int(r.units), float(r.response)] for k, r in months.iterrows()],
        "busy": [int(level.sum()), *(int((level >= 60 * 2**k).sum()) for k in range(10))],
    }


def _between(start: Any, end: Any, cap_seconds: int) -> Any:
    """Seconds from one column of stamps to another; missing where impossible or beyond the cap."""
    seconds = (end - start).dt.total_seconds()
    return seconds.where(seconds.between(-60, cap_seconds)).clip(lower=0)


def tuned_pandas_answers(folder: Path, source: str) -> dict[str, Any]:
    """As pandas_answers, by someone who knows where pandas is slow: categories, narrow columns, numpy for the sweep."""
    import numpy as np
    import pandas as pd

    if source == "csv":
        table = pd.read_csv(
            folder / "units.csv", dtype={"source": "category", "area": "category"}, engine="pyarrow"
        )
        for name in STAMPS:
            table[name] = pd.to_datetime(table[name], format="%Y-%m-%d %H:%M:%S")
    else:
        table = pd.read_parquet(folder / "units.parquet")
    types = pd.read_csv(folder / "types.csv").set_index("call_type")["category"]
    table["category"] = table["call_type"].map(types).astype("category")
    table["initiated_by"] = (
        table["source"].astype(object).map(INITIATED_BY).fillna("unknown").astype("category")
    )
    table["area"] = table["area"].astype("category")
    table = table.drop(columns=["call_type", "source", "unit_id"])

    start = table["dispatched"].fillna(table["enroute"]).fillna(table["arrived"])
    length = (table["cleared"] - start).dt.total_seconds()
    table["committed"] = length.where(length.between(-60, _CAP)).clip(lower=0)
    inside = table["arrived"].where(table["arrived"] >= start - pd.Timedelta("60s"))
    on_scene = (
        table["cleared"] - inside.where(inside >= start, start).where(inside.notna())
    ).dt.total_seconds()
    table["on_scene"] = on_scene.where(on_scene.between(-60, _CAP)).clip(lower=0)

    cells = table.groupby(["category", "initiated_by"], observed=True)["committed"].agg(
        ["sum", "count", "size"]
    )
    by_category = table.groupby("category", observed=True)["committed"].mean()
    missing = cells["size"] - cells["count"]
    low = cells["sum"] / 3600
    mean = by_category.reindex(cells.index.get_level_values("category")).to_numpy() / 3600
    hours = pd.DataFrame(
        {"low": low, "central": low + missing * mean, "high": low + missing * 12}
    ).reset_index()

    minutes = []
    for name in ("committed", "on_scene"):
        grouped = table.groupby("category", observed=True)[name]
        found = (
            pd.DataFrame({"mean": grouped.mean(), "median": grouped.median(), "p90": grouped.quantile(0.9)})
            / 60
        )
        minutes += [
            [str(k), name, *map(float, row)] for k, row in zip(found.index, found.to_numpy(), strict=True)
        ]

    received = table["received"]
    table["hour"] = (received.dt.dayofweek * 24 + received.dt.hour).astype("int16")
    area = table.groupby(["hour", "area"], observed=True)["committed"].sum().reset_index()

    calls = table.groupby("call_id").agg(
        received=("received", "min"), arrived=("arrived", "min"), units=("call_id", "size")
    )
    response = (calls["arrived"] - calls["received"]).dt.total_seconds()
    calls["response"] = response.where(response.between(-60, 72 * 3600)).clip(lower=0)
    calls["month"] = calls["received"].dt.to_period("M")
    months = calls.groupby("month").agg(
        n=("units", "size"), units=("units", "sum"), response=("response", "mean")
    )

    measured = table["committed"].notna()
    first = start[measured].to_numpy().astype("datetime64[s]").astype("int64")
    last = first + table.loc[measured, "committed"].to_numpy().astype("int64")
    origin = int(first.min()) // 60
    size = int(last.max()) // 60 - origin + 1
    units = np.bincount(first // 60 - origin, minlength=size) - np.bincount(
        last // 60 - origin, minlength=size
    )
    seconds = np.bincount(first // 60 - origin, weights=60 - first % 60, minlength=size)
    seconds -= np.bincount(last // 60 - origin, weights=60 - last % 60, minlength=size)
    level = 60 * (np.cumsum(units) - units) + seconds
    return {
        "hours_by_category_and_initiator": [
            [str(a), str(b), *map(float, r)] for a, b, *r in hours.to_numpy()
        ],
        "minutes_by_category": minutes,
        "hours_by_hour_and_area": [[int(a), str(b), int(s)] for a, b, s in area.to_numpy()],
        "calls_by_month": [[str(k), int(r.n), int(r.units), float(r.response)] for k, r in months.iterrows()],
        "busy": [int(level.sum()), *(int((level >= 60 * 2**k).sum()) for k in range(10))],
    }


def duckdb_answers(folder: Path, source: str) -> dict[str, Any]:
    """As benchmarks.speed_rightcall.answers."""
    import duckdb

    session = duckdb.connect()
    file = f"read_csv('{folder}/units.csv')" if source == "csv" else f"read_parquet('{folder}/units.parquet')"
    cases = " ".join(f"WHEN '{k}' THEN '{v}'" for k, v in INITIATED_BY.items())
    session.execute(f"""
        CREATE TEMP TABLE s AS
        WITH raw AS (
          SELECT call_id::INTEGER AS call_id, category, area,
            CASE source {cases} ELSE 'unknown' END AS initiated_by,
            epoch(received)::INTEGER AS received, epoch(arrived)::INTEGER AS arrived,
            epoch(coalesce(dispatched, enroute, arrived))::INTEGER AS start, epoch(cleared)::INTEGER AS cleared
          FROM {file} LEFT JOIN read_csv('{folder}/types.csv') USING (call_type))
        SELECT call_id, category, area, initiated_by, received, arrived, start,
          CASE WHEN cleared - start BETWEEN -60 AND {_CAP} THEN greatest(cleared - start, 0) END AS committed,
          CASE WHEN arrived >= start - 60 AND cleared - greatest(arrived, start) BETWEEN -60 AND {_CAP}
            THEN greatest(cleared - greatest(arrived, start), 0) END AS on_scene
        FROM raw""")

    def rows(query: str) -> list[Any]:
        return [list(row) for row in session.execute(query).fetchall()]

    hours = rows("""
        WITH means AS (SELECT category, avg(committed) / 3600 AS mean FROM s GROUP BY category),
        cells AS (SELECT category, initiated_by, sum(committed) / 3600 AS low, count(*) - count(committed) AS missing
          FROM s GROUP BY category, initiated_by)
        SELECT category, initiated_by, low, low + missing * mean, low + missing * 12
        FROM cells JOIN means USING (category)""")
    minutes = [
        [category, name, *row]
        for name in ("committed", "on_scene")
        for category, *row in rows(f"""SELECT category, avg({name}) / 60, median({name}) / 60,
            quantile_disc({name}, 0.9) / 60 FROM s GROUP BY category""")
    ]
    area = rows(
        "SELECT (received // 3600 + 72) % 168 AS h, area, sum(committed)::BIGINT FROM s GROUP BY h, area"
    )
    months = rows("""
        WITH calls AS (SELECT min(received) AS received, min(arrived) AS arrived, count(*) AS units
          FROM s GROUP BY call_id)
        SELECT strftime(make_timestamp(received::BIGINT * 1000000), '%Y-%m') AS month, count(*), sum(units)::BIGINT,
          avg(CASE WHEN arrived - received BETWEEN -60 AND 259200 THEN greatest(arrived - received, 0) END)
        FROM calls GROUP BY month""")
    busy = rows(
        """
        WITH events AS (
          SELECT start // 60 AS minute, count(*) AS units, sum(60 - start % 60) AS seconds
          FROM s WHERE committed IS NOT NULL GROUP BY minute
          UNION ALL
          SELECT (start + committed) // 60, -count(*), -sum(60 - (start + committed) % 60)
          FROM s WHERE committed IS NOT NULL GROUP BY 1),
        changes AS (SELECT minute, sum(units) AS units, sum(seconds) AS seconds FROM events GROUP BY minute),
        every AS (SELECT unnest(range((SELECT min(minute) FROM changes), (SELECT max(minute) + 1 FROM changes)))
          AS minute),
        level AS (SELECT 60 * (sum(coalesce(units, 0)) OVER (ORDER BY minute) - coalesce(units, 0))
          + coalesce(seconds, 0) AS s FROM every LEFT JOIN changes USING (minute))
        SELECT sum(s)::BIGINT, """
        + ", ".join(f"count(*) FILTER (s >= {60 * 2**k})" for k in range(10))
        + " FROM level"
    )
    return {
        "hours_by_category_and_initiator": hours,
        "minutes_by_category": minutes,
        "hours_by_hour_and_area": area,
        "calls_by_month": months,
        "busy": busy[0],
    }


def scan_answers(folder: Path, source: str) -> dict[str, Any]:
    """Only reads every column once: the floor under any job."""
    import polars as pl

    rows = (
        pl.scan_csv(folder / "units.csv", infer_schema=False)
        if source == "csv"
        else pl.scan_parquet(folder / "units.parquet")
    )
    counts = rows.select(pl.all().count()).collect()
    return {"rows": int(counts["call_id"].item())}
