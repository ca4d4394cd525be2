"""How far a mean or a median could move by chance: bootstrap intervals from the histogram, without a second pass.

The interval answers "had the same period been drawn again from calls like these"; it knows nothing of missing
stamps, which the low and high of the hours bound. Every group has its own stream of random numbers, so an
interval does not change when other groups are added, and the same seed gives the same interval.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any, Final

import polars as pl

REPLICATES: Final = 400
LEAST_FOR_AN_INTERVAL: Final = 5
# Of more values the bootstrap's means are normal to less than the intervals' own noise: no need to draw them.
MOST_DRAWN: Final = 20_000
# On either side.
_OUTSIDE: Final = 0.025
_STANDARD_ERRORS: Final = 1.959964
_NAMES: Final = ("mean_low", "mean_high", "median_low", "median_high")
_BLOCK: Final = 2_000_000


def bootstrap_intervals(
    bins: pl.DataFrame, keys: Sequence[str], seed: int, replicates: int = REPLICATES
) -> pl.DataFrame:
    """95 % percentile intervals per group and measure: mean_low, mean_high, median_low, median_high (minutes).

    Columns in: as histograms.histogram. Mean: a Poisson bootstrap (each replicate counts every bin's rows a
    Poisson number of times); of more than MOST_DRAWN values, the normal distribution that it then is. Median: the bootstrap's order statistic is the empirical distribution's inverse at a
    Beta(k, n + 1 - k) variate (Efron 1979), drawn directly; of an even number, the mean of the middle two. Null
    for groups of fewer than LEAST_FOR_AN_INTERVAL rows; medians are null where bins have no seconds. Sorted.
    """
    import numpy as np

    groups = [*keys, "measure"]
    ordered = bins.group_by(*groups, "seconds").agg(pl.col("count", "total").sum()).sort(*groups, "seconds")
    # Bins are joined to minutes for the means: what varies inside one cannot be seen in them.
    minute = pl.col("seconds") // 60
    minutes = ordered.group_by(*groups, minute).agg(pl.col("count", "total").sum()).sort(*groups, "seconds")
    fine, coarse = _slices(ordered, groups), _slices(minutes, groups)
    rows: list[dict[str, Any]] = []
    for group, (seconds, counts, _) in fine.items():
        result: dict[str, float | None] = dict.fromkeys(_NAMES)
        n = int(counts.sum())
        if n >= LEAST_FOR_AN_INTERVAL and not np.isnan(seconds).any():
            stream = np.random.default_rng([seed, zlib.crc32(repr(group).encode())])
            _, in_minutes, totals = coarse[group]
            mean = (
                _interval(_means(in_minutes, totals, stream, replicates))
                if n <= MOST_DRAWN
                else _normal(in_minutes, totals)
            )
            median = _interval(_medians(seconds, np.cumsum(counts) / n, n, stream, replicates))
            result = dict(zip(_NAMES, (*mean, *median), strict=True))
        rows.append({**dict(zip(groups, group, strict=True)), **result})
    schema: dict[str, Any] = {**{g: ordered.schema[g] for g in groups}, **dict.fromkeys(_NAMES, pl.Float64)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _slices(table: pl.DataFrame, groups: Sequence[str]) -> dict[tuple[Any, ...], tuple[Any, Any, Any]]:
    """Group → its seconds (float), counts and totals as arrays. The table is sorted by the groups."""
    arrays = (
        table["seconds"].cast(pl.Float64).to_numpy(),
        table["count"].to_numpy(),
        table["total"].to_numpy(),
    )
    sizes = table.group_by(groups, maintain_order=True).len()
    found, start = {}, 0
    for *group, size in sizes.iter_rows():
        found[tuple(group)] = tuple(array[start : start + size] for array in arrays)
        start += size
    return found  # type: ignore[return-value]


def _interval(replicates: Any) -> tuple[float, float]:
    """The middle 95 % of the replicates, in minutes."""
    import numpy as np

    ordered = np.sort(replicates)
    outside = int(len(ordered) * _OUTSIDE)
    return float(ordered[outside]) / 60, float(ordered[-1 - outside]) / 60


def _normal(counts: Any, totals: Any) -> tuple[float, float]:
    """The middle 95 % of the means that a Poisson bootstrap of very many rows would draw, in minutes."""
    import numpy as np

    n, mean = counts.sum(), totals.sum() / counts.sum()
    error = float(np.sqrt((counts * (totals / counts - mean) ** 2).sum()) / n)
    return (mean - _STANDARD_ERRORS * error) / 60, (mean + _STANDARD_ERRORS * error) / 60


def _medians(seconds: Any, reached: Any, n: int, stream: Any, replicates: int) -> Any:
    import numpy as np

    lower = (n + 1) // 2
    at = stream.beta(lower, n - lower + 1, replicates)
    values = seconds[np.searchsorted(reached, at)]
    if n % 2:
        return values
    # The next order statistic, given this one.
    beyond = np.minimum(at + (1 - at) * stream.beta(1, n - lower, replicates), 1.0)
    return (values + seconds[np.searchsorted(reached, beyond)]) / 2


def _means(counts: Any, totals: Any, stream: Any, replicates: int) -> Any:
    import numpy as np

    values = totals / counts
    means = []
    step = max(1, _BLOCK // len(counts))
    for start in range(0, replicates, step):
        drawn = stream.poisson(counts, (min(step, replicates - start), len(counts)))
        rows = drawn.sum(axis=1)
        means.append((drawn @ values)[rows > 0] / rows[rows > 0])
    return np.concatenate(means)
