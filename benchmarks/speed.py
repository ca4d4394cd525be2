"""Speed and memory of officer time, side by side with pandas, DuckDB and a bare scan, each in its own process.

    python -m benchmarks.speed --rows 1e6 1e7 [--csv] [--engines rightcall duckdb pandas tuned_pandas scan] [--second]

The job: read unit rows, turn stamps into seconds, join the types' categories, then five questions: unit-hours
(low, central, high) by category and initiator; mean, median and 90th percentile minutes by category; unit-hours by
hour of the week and area; calls, units and response by month; and the sweep of busy units. Prints a Markdown
table, and stops where the engines' answers differ.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.machine import description

# pandas holds half a kilobyte per row: more would not fit into the memory of the machine in the README.
MOST_PANDAS_ROWS = 20_000_000
ENGINES = ("rightcall", "duckdb", "pandas", "tuned_pandas", "scan")


def measured(job: list[str]) -> tuple[dict[str, Any], float, float, float]:
    """Run `python -m benchmarks.speed --job …` by itself: answers, wall seconds, CPU seconds, peak megabytes."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.speed", "--job", *job], stdout=subprocess.PIPE
    )
    output = process.stdout.read() if process.stdout else b""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = status
    if status:
        raise SystemExit(f"{' '.join(job)} failed")
    return json.loads(output), wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _job(engine: str, folder: str, source: str) -> dict[str, Any]:
    from benchmarks import speed_others, speed_rightcall

    jobs: dict[str, Callable[[Path, str], dict[str, Any]]] = {
        "rightcall": speed_rightcall.answers,
        "duckdb": speed_others.duckdb_answers,
        "pandas": speed_others.pandas_answers,
        "tuned_pandas": speed_others.tuned_pandas_answers,
        "scan": speed_others.scan_answers,
        "first": _first_question,
        "second": _second_question,
    }
    return jobs[engine](Path(folder), source)


def _first_question(folder: Path, source: str) -> dict[str, Any]:
    """Narrow Parquet only: what is done once."""
    from benchmarks.speed_rightcall import write_narrow

    write_narrow(folder, source, folder / "narrow.parquet")
    return {}


def _second_question(folder: Path, source: str) -> dict[str, Any]:
    """One more question of the narrow Parquet."""
    import polars as pl

    from benchmarks.speed_rightcall import hours, minutes

    units = pl.scan_parquet(folder / "narrow.parquet")
    return {"hours": hours(units)} if source == "hours" else {"minutes": minutes(units)}


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Where two engines' answers differ by more than rounding (a 90th percentile may be interpolated)."""
    found = []
    for name, rows in one.items():
        mine, theirs = _keyed(rows), _keyed(other[name])
        if mine.keys() != theirs.keys():
            found.append(f"{name}: other rows")
            continue
        for key, values in mine.items():
            for a, b in zip(values, theirs[key], strict=True):
                if not math.isclose(float(a), float(b), rel_tol=1e-6, abs_tol=0.2):
                    found.append(f"{name} {key}: {a} and {b}")
    return found


def _keyed(rows: list[Any]) -> dict[tuple[str, ...], list[Any]]:
    if rows and not isinstance(rows[0], list):
        return {(): rows}
    numbers = [i for i, value in enumerate(rows[0]) if isinstance(value, int | float)]
    first = numbers[1] if 0 in numbers else numbers[0]
    # A leading number (the hour of the week) is a key as well.
    if 0 in numbers:
        first = next(i for i in numbers if i > 1)
    return {tuple(map(str, row[:first])): row[first:] for row in rows}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", nargs="+", type=float, default=[1e6])
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--csv", action="store_true", help="from CSV as well")
    parser.add_argument("--second", action="store_true", help="what is done once, and one more question")
    parser.add_argument("--folder", type=Path, help="keep the made-up data here")
    parser.add_argument("--job", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        print(json.dumps(_job(*options.job)))
        return
    print(f"{description()}\n")
    print("| rows | from | engine | wall s | CPU s | peak MB | wall ÷ Rightcall | peak ÷ Rightcall |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for rows in options.rows:
            _compare(int(rows), options, options.folder or Path(scratch))


def _compare(rows: int, options: argparse.Namespace, where: Path) -> None:
    folder = where / str(rows)
    wanted = folder / ("units.csv" if options.csv else "units.parquet")
    if not wanted.exists():
        # In a process of its own, so that its memory is nobody's peak.
        code = f"from pathlib import Path; from benchmarks.speed_data import make; make(Path({str(folder)!r}), {rows}, csv={options.csv})"
        subprocess.run([sys.executable, "-c", code], check=True)
    for source in ("parquet", *(("csv",) if options.csv else ())):
        reference: dict[str, Any] | None = None
        ours = (math.nan, math.nan)
        for engine in options.engines:
            if "pandas" in engine and rows > MOST_PANDAS_ROWS:
                print(f"| {rows:,} | {source} | {engine} | not run: memory | | | | |", flush=True)
                continue
            found, wall, cpu, peak = measured([engine, str(folder), source])
            if engine == "rightcall":
                ours = (wall, peak)
            if engine != "scan":
                reference = reference or found
                if different := differences(reference, found):
                    raise SystemExit(f"{engine} answers otherwise: {different[:5]}")
            print(
                f"| {rows:,} | {source} | {engine} | {wall:.2f} | {cpu:.2f} | {peak:,.0f} "
                f"| {wall / ours[0]:.2f} | {peak / ours[1]:.2f} |",
                flush=True,
            )
    if options.second:
        for name, job in (
            ("done once", ["first", str(folder), "parquet"]),
            ("then unit-hours", ["second", str(folder), "hours"]),
            ("then medians", ["second", str(folder), "minutes"]),
        ):
            _, wall, cpu, peak = measured(job)
            print(
                f"| {rows:,} | parquet | rightcall, {name} | {wall:.2f} | {cpu:.2f} | {peak:,.0f} | | |",
                flush=True,
            )


if __name__ == "__main__":
    main()
