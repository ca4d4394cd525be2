"""Times `rightcall run` as a whole process, from a cold start, on the files given.

    python -m benchmarks.main_job FILE… [--repeats 3]

Prints a Markdown table: rows, wall seconds and peak memory, the best and the worst of the repeats. Each repeat is
a new process with the model already fitted, as on a user's second day; `--fit` empties the model cache first.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine import description


def one_run(file: Path, cache: str | None) -> tuple[int, float, float]:
    """Rows read, wall seconds and peak resident megabytes of one `rightcall run`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "app.cli", "run", str(file), "--out", f"{folder}/out", "--json"]
        environment = {**os.environ, **({"RIGHTCALL_CACHE": cache} if cache else {})}
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        output = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        if status:
            raise SystemExit(f"rightcall run {file} failed")
        return int(json.loads(output)["rows_read"]), seconds, usage.ru_maxrss / 1024


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--fit", action="store_true", help="with an empty model cache: the very first run")
    options = parser.parse_args()
    print(f"{description()}\n")
    print("| file | rows | seconds, best–worst | peak memory |\n|---|---|---|---|")
    for file in options.files:
        runs = []
        for _ in range(options.repeats):
            with tempfile.TemporaryDirectory() as empty:
                runs.append(one_run(file, empty if options.fit else None))
        seconds = [run[1] for run in runs]
        print(
            f"| {file.name} | {runs[0][0]:,} | {min(seconds):.1f}–{max(seconds):.1f} "
            f"| {max(run[2] for run in runs):,.0f} MB |"
        )


if __name__ == "__main__":
    main()
