"""How long `rightcall evaluate` takes with all its checks, on made-up studies of the sizes that matter.

    python -m benchmarks.evaluation [--study staggered star] [--folder DIR]

Processor seconds stand beside the clock: on a busy machine only they can be compared. Imports of libraries are in both.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.machine import description

# Study → areas, periods, length of a period, starts (period → how many areas).
STUDIES: dict[str, tuple[int, int, str, dict[int, int]]] = {
    "staggered": (300, 156, "week", {69: 40, 91: 40, 113: 40}),
    "star": (36, 24, "month", {12: 8}),
}
HEAD = """\
question = "How long does it take?"
unit = "area_period"
period = {{ every = "{every}", first = {first}, last = {last} }}
comparison = {{ areas = "all_others" }}
[program.starts]
{starts}
[tables.crime]
path = "counts.csv"
time = "day"
area = "area"
[outcomes]
targeted = {{ table = "crime", measure = "sum", column = "targeted", better = "lower", generated_by = "both" }}
[placebo_outcomes]
serious = {{ table = "crime", measure = "sum", column = "serious", better = "lower", generated_by = "resident" }}
"""


def write_study(name: str, folder: Path, seed: int = 4) -> Path:
    """Counts around 40 per area and period, a fifth fewer with the program; the study file beside them."""
    areas, periods, every, groups = STUDIES[name]
    first = date(2021, 1, 4) if every == "week" else date(2022, 1, 1)
    days = [
        first + timedelta(days=7 * k) if every == "week" else date(first.year + k // 12, k % 12 + 1, 1)
        for k in range(periods + 1)
    ]
    start = np.full(areas, periods)
    names = [f"a{area:03d}" for area in range(areas)]
    lines, used = [], 0
    for period, size in groups.items():
        start[used : used + size] = period
        listed = ", ".join(f'"{one}"' for one in names[used : used + size])
        lines.append(f'"{days[period]}" = [{listed}]')
        used += size
    generator = np.random.default_rng(seed)
    mean = 40 * np.exp(generator.normal(0, 0.3, areas))[:, None] * np.exp(generator.normal(0, 0.1, periods))
    treated = np.arange(periods)[None, :] >= start[:, None]
    pl.DataFrame(
        {
            "area": np.repeat(names, periods),
            "day": [str(day) for day in days[:-1]] * areas,
            "targeted": generator.poisson(np.where(treated, 0.8 * mean, mean)).ravel(),
            "serious": generator.poisson(mean).ravel(),
        }
    ).write_csv(folder / "counts.csv")
    text = HEAD.format(every=every, first=first, last=days[-1] - timedelta(days=1), starts="\n".join(lines))
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def measured(path: Path) -> tuple[float, float, float, int]:
    """Clock seconds, processor seconds, peak memory in MB, and the number of checks of one evaluation."""
    from evaluation.after.evaluate import evaluate
    from evaluation.after.study_file import load_study

    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    found = evaluate(load_study(path))
    clock, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return clock, processor, after.ru_maxrss / 1024, len(found.primary.checks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", nargs="+", choices=sorted(STUDIES), default=["star"])
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    print(description())
    for name in given.study:
        with tempfile.TemporaryDirectory() as made:
            folder = given.folder or Path(made)
            clock, processor, memory, checks = measured(write_study(name, folder))
        areas, periods, every, groups = STUDIES[name]
        print(
            f"{name}: {areas} areas x {periods} {every}s, {len(groups)} start(s), {checks} checks: {clock:.1f} s, "
            f"{processor:.1f} processor s, {memory:,.0f} MB"
        )


if __name__ == "__main__":
    main()
