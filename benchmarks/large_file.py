"""Memory and time of `rightcall run` on a CSV larger than memory should hold, made from the sample city.

    python -m benchmarks.large_file --gigabytes 2

Writes the sample city's export again and again with new call numbers to a scratch file, runs the job on it as a
process of its own, and prints rows, wall seconds and peak resident memory.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import polars as pl

from benchmarks.machine import description
from benchmarks.main_job import one_run

SAMPLE = Path(__file__).resolve().parent.parent / "data_samples" / "alder_falls_cad_2023-2024.csv.gz"


def write_large(path: Path, size_bytes: float) -> int:
    """Write at least `size_bytes` of unit rows to `path`; returns how many rows."""
    sample = pl.read_csv(SAMPLE, infer_schema=False)
    copies = written = 0
    with path.open("wb") as file:
        while written < size_bytes:
            copy = sample.with_columns(pl.col("Incident_Number") + f"-{copies:04}")
            written += file.write(copy.write_csv(include_header=copies == 0).encode())
            copies += 1
    return copies * sample.height


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--gigabytes", type=float, default=2.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.csv"
        write_large(path, options.gigabytes * 1e9)
        rows, seconds, megabytes = one_run(path, None)
        print(f"{description()}\n")
        print(f"{path.stat().st_size / 1e9:.1f} GB, {rows:,} rows: {seconds:.0f} s, peak {megabytes:,.0f} MB")


if __name__ == "__main__":
    main()
