"""Imputation over single calls: area and period effects from calls without the program, which fill in the others.

As `imputation`, but every call weighs the same, so that an area or a month with many calls counts for more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evaluation.after.difference_in_differences import t_interval, t_p_value, with_relative
from evaluation.after.inference import clustered_p_value, no_test
from evaluation.after.results import Effect, PValue, Refusal

NAME = "call_imputation"
Array = NDArray[np.float64]


def call_imputation(
    calls: pl.DataFrame,
    outcome: str,
    *,
    seed: int = 0,
    treated: str = "treated",
    area: str = "area",
    period: str = "month",
) -> Effect | Refusal:
    """Average effect on the calls that the program was open for: observed − (area effect + period effect).

    calls: one row per call; treated: 0/1 or Boolean. Two stages: the effects by least squares on untreated calls, then
    the mean of what they leave over treated calls (Gardner 2021; Butts & Gardner 2022, The R Journal 14(3)). Its
    variance Σ over areas of (treated residuals − what the area adds to the effects of the first stage)² takes both
    stages into account; below ten program or comparison areas a jackknife over areas stands beside it. Calls of an
    area or a period without any untreated call cannot be imputed: they are left out and counted. seed: not used
    (nothing is drawn).
    """
    table = calls.select(
        pl.col(outcome).cast(pl.Float64).alias("outcome"),
        pl.col(treated).cast(pl.Boolean).alias("treated"),
        pl.col(area).cast(pl.String).alias("area"),
        pl.col(period).cast(pl.String).alias("period"),
    ).drop_nulls()
    untreated = table.filter(~pl.col("treated"))
    known = table.filter(
        pl.col("area").is_in(untreated["area"].unique().to_list()),
        pl.col("period").is_in(untreated["period"].unique().to_list()),
    )
    notes = []
    if known.height < table.height:
        notes.append(f"{table.height - known.height:,} calls left out: no like call without the program.")
    if not known["treated"].any():
        return Refusal(
            NAME,
            "No call with the program has calls without it in its area and its period.",
            "Calls of before the start in the program's areas, and of other areas after it.",
        )
    if known["outcome"].n_unique() < 2:
        return Refusal(NAME, f"{outcome} has the same value everywhere.", "An outcome that varies.")
    cells = _cells(known)
    estimate, error = _two_stages(cells)
    program = known.filter("treated")["area"].n_unique()
    others = known["area"].n_unique() - program
    freedom = program + others - 1
    tests = [_test("clustered by area (two stages)", estimate, error, program, others, False)]
    width = error
    if not tests[0].valid and min(program, others) > 1:
        left_out = _jackknife_error(cells, estimate)
        tests.insert(0, _test("jackknife (CR3)", estimate, left_out, program, others, True))
        width = left_out
    chosen = next((one for one in tests if one.valid), None)
    low, high = t_interval(estimate, width, freedom) if chosen else (None, None)
    observed = float(known.filter("treated")["outcome"].mean())  # type: ignore[arg-type]
    return with_relative(
        Effect(
            design=NAME,
            outcome=outcome,
            estimand="average effect on the calls that the program was open for (ATT), per call",
            scale="difference",
            estimate=estimate,
            standard_error=error,
            low=low,
            high=high,
            interval_method=chosen.method if chosen else "none",
            baseline=observed - estimate,
            relative=None,
            relative_low=None,
            relative_high=None,
            treated_areas=program,
            comparison_areas=others,
            periods=known["period"].n_unique(),
            observations=known.height,
            p_values=tuple(tests),
            p_value=chosen,
            notes=(*notes, *(() if chosen else (no_test(program, others),))),
        )
    )


def _test(
    method: str, estimate: float, error: float, program: int, others: int, conservative: bool
) -> PValue:
    value = t_p_value(estimate, error, program + others - 1) if error > 0 else None
    return clustered_p_value(method, value, program, others, conservative)


@dataclass(frozen=True)
class Cells:
    """Calls and the sum of their outcome per area, period and treatment; areas and periods as numbers from 0."""

    area: NDArray[np.int64]
    period: NDArray[np.int64]
    treated: NDArray[np.bool_]
    calls: Array
    total: Array

    def totals(self, weight: Array) -> Array:
        """The sum of `weight` by area, then by period."""
        by_area = np.bincount(self.area, weight)
        return np.concatenate([by_area, np.bincount(self.period, weight)])

    def without(self, area: int) -> Cells:
        """The cells of the other areas that can still be imputed."""
        keep = self.area != area
        free = np.unique(self.period[keep & ~self.treated])
        keep &= np.isin(self.period, free)
        numbers, periods = (np.unique(one[keep], return_inverse=True)[1] for one in (self.area, self.period))
        return Cells(numbers, periods, self.treated[keep], self.calls[keep], self.total[keep])


def _cells(table: pl.DataFrame) -> Cells:
    cells = (
        table.group_by("area", "period", "treated")
        .agg(calls=pl.len().cast(pl.Float64), total=pl.col("outcome").sum())
        .sort("area", "period", "treated")
    )
    area, period = (cells[name].rank("dense").to_numpy().astype(np.int64) - 1 for name in ("area", "period"))
    return Cells(
        area, period, cells["treated"].to_numpy(), cells["calls"].to_numpy(), cells["total"].to_numpy()
    )


def _two_stages(cells: Cells) -> tuple[float, float]:
    """Estimate and standard error. Both are sums over cells, so that a million calls take no longer than few."""
    free = np.where(cells.treated, 0.0, cells.calls)
    many, times = int(cells.area.max()) + 1, int(cells.period.max()) + 1
    cross = np.zeros((many, times))
    np.add.at(cross, (cells.area, cells.period), free)
    normal = np.block([[np.diag(cross.sum(axis=1)), cross], [cross.T, np.diag(cross.sum(axis=0))]])
    inverse = np.linalg.pinv(normal, hermitian=True)
    effects = inverse @ cells.totals(np.where(cells.treated, 0.0, cells.total))
    left = cells.total - cells.calls * (effects[cells.area] + effects[many + cells.period])
    number = float(cells.calls[cells.treated].sum())
    estimate = float(left[cells.treated].sum() / number)
    second = np.bincount(cells.area, np.where(cells.treated, left - cells.calls * estimate, 0.0), many)
    # What each area's untreated calls add to the effects, as far as treated calls lean on them.
    lean = inverse @ cells.totals(np.where(cells.treated, cells.calls, 0.0))
    leaned = lean[cells.area] + lean[many + cells.period]
    first = np.bincount(cells.area, np.where(cells.treated, 0.0, left * leaned), many)
    return estimate, float(np.sqrt(((second - first) ** 2).sum()) / number)


def _jackknife_error(cells: Cells, estimate: float) -> float:
    """√((n − 1)/n · Σ (estimate without the area − estimate)²)."""
    rest = [cells.without(area) for area in range(int(cells.area.max()) + 1)]
    without = np.array([_two_stages(one)[0] for one in rest if one.treated.any()])
    return float(np.sqrt((len(without) - 1) / len(without) * ((without - estimate) ** 2).sum()))
