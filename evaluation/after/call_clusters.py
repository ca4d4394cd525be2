"""Which calls hang together when single calls are compared, and whether a test holds with so many groups of them.

Standard errors are clustered at the level at which the program was given (Abadie, Athey, Imbens & Wooldridge 2023):
a program that works in an area from a day on is given to areas, so calls of one area count as one draw, however
many there are. By date a far smaller error comes out, because two days of one area are no two draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evaluation.after.difference_in_differences import t_interval, t_p_value
from evaluation.after.inference import LEAST_PROGRAM_AREAS_CR3
from evaluation.after.results import PValue

Array = NDArray[np.float64]
# What a study may name → column of the call table; None: every call by itself.
CLUSTERS: Final = {"area": "area", "date": "date", "place": "place_key", "call": None}
LEAST_CLUSTERS = 20  # groups that both program and comparison calls fall into at random
BY_AREA: Final = "The program was given to areas, so calls are clustered by area (Abadie, Athey, Imbens & Wooldridge 2023)."


@dataclass(frozen=True)
class Parts:
    """An AIPW effect as two weighted means per call: value · weight summed ÷ weight summed, program less comparison.

    with_value, with_weight, without_value, without_weight: per call; plain: added per call ÷ calls (ATE), else 0.
    """

    with_value: Array
    with_weight: Array
    without_value: Array
    without_weight: Array
    plain: Array

    def estimate(self, sums: Array | None = None) -> Array:
        """The effect; sums: rows of the five totals and the number of calls, else those of all calls."""
        if sums is None:
            sums = self.totals(np.zeros(len(self.plain), dtype=np.int64))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(
                sums[:, 0] / sums[:, 1] - sums[:, 2] / sums[:, 3] + sums[:, 4] / sums[:, 5],
            )

    def totals(self, groups: NDArray[np.int64]) -> Array:
        """One row per group: Σ of value · weight and of weight (program, comparison), Σ plain, calls."""
        columns = (
            self.with_value * self.with_weight,
            self.with_weight,
            self.without_value * self.without_weight,
            self.without_weight,
            self.plain,
            np.ones(len(self.plain)),
        )
        return np.column_stack([np.bincount(groups, weights=column) for column in columns])


@dataclass(frozen=True)
class ClusterError:
    """Standard error, its test, the 95 % interval (None where the test does not hold), and how many groups."""

    standard_error: float
    test: PValue
    low: float | None
    high: float | None
    clusters: int


def clustered_error(
    parts: Parts, influence: Array, treated: Array, groups: NDArray[np.int64], name: str | None, why: str = ""
) -> ClusterError:
    """Leave-one-group-out (CR3) error with the fitted models kept, and whether its test holds.

    influence: per call, mean zero; groups: 0 … clusters − 1; name: what they are, None for single calls. Never smaller
    than the error of independent calls: with few groups the clustered one can come out too small by chance, and
    nothing makes calls of one area truly unlike each other (Angrist & Pischke 2009, section 8.1). Few groups: the test
    by area is valid with four program areas and four others, not more than nine others to one, others with 20 groups.
    """
    estimate = float(parts.estimate()[0])
    alone = float(np.sqrt((influence**2).sum()) / len(influence))
    sums = parts.totals(groups)
    clusters = len(sums)
    without = parts.estimate(sums.sum(axis=0) - sums) if clusters > 1 else np.array([np.nan])
    jackknife = float(np.sqrt((clusters - 1) / clusters * ((without - estimate) ** 2).sum()))
    error = max(jackknife, alone) if np.isfinite(jackknife) else alone
    holding = np.bincount(groups, weights=treated, minlength=clusters) > 0
    program, others = int(holding.sum()), int((~holding).sum())
    valid, reason = _judged(name, clusters, program, others)
    if not np.isfinite(jackknife):
        valid, reason = False, "Leaving one group out leaves nothing to compare."
    elif valid and alone > jackknife and name is not None:
        reason += " Their error came out below that of independent calls, which is taken instead."
    method = "jackknife over single calls" if name is None else f"jackknife by {name} (CR3)"
    test = PValue(method, t_p_value(estimate, error, max(clusters - 1, 1)), valid, f"{why} {reason}".strip())
    low, high = t_interval(estimate, error, clusters - 1) if valid else (None, None)
    return ClusterError(error, test, low, high, clusters)


def _judged(name: str | None, clusters: int, program: int, others: int) -> tuple[bool, str]:
    if name == "area":
        least = LEAST_PROGRAM_AREAS_CR3
        if program < least or others < least or others / program > 9:
            return False, (
                f"{program} program and {others} comparison areas: too few for single calls to be tested. Read the designs "
                "that compare areas, whose tests are made for few."
            )
        return True, f"{program} program and {others} comparison areas."
    if clusters < LEAST_CLUSTERS:
        return False, f"Only {clusters} groups: rejects too often."
    return True, f"{clusters:,} independent groups."


def group_codes(series: pl.Series) -> NDArray[np.int64]:
    """0, 1, 2 … by sorted value; each unknown one is a group of its own."""
    codes = series.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
    unknown = np.flatnonzero(codes < 0)
    codes[unknown] = codes.max(initial=-1) + 1 + np.arange(len(unknown))
    return np.asarray(codes, dtype=np.int64)
