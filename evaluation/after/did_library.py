"""The adapter to diff-diff: imputation, Sun–Abraham, Goodman-Bacon, synthetic weights, regression discontinuity.

Arrays and Polars in, numbers out. Parts of the library that differ from the authors' own code (doubly robust
Callaway–Sant'Anna, relative magnitudes, power under serial correlation) are not used; METHODS.md lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evaluation.after.area_matrix import AreaMatrix
from evaluation.after.pandas_border import held_back, to_pandas

Array = NDArray[np.float64]
COLUMNS: dict[str, Any] = {"outcome": "outcome", "unit": "area", "time": "period", "first_treat": "start"}


@dataclass(frozen=True)
class LibraryEffect:
    """Estimate and standard error, and per event time (event_time, estimate, standard_error)."""

    estimate: float
    standard_error: float
    path: pl.DataFrame


def imputed(matrix: AreaMatrix) -> LibraryEffect:
    """Borusyak, Jaravel & Spiess 2024 (Rev. Econ. Stud. 91), conservative variance clustered by area."""
    from diff_diff import ImputationDiD

    with held_back():
        found = ImputationDiD(cluster="area").fit(to_pandas(matrix.long()), **COLUMNS)
        events = found.aggregate("event_study")
    return LibraryEffect(float(found.overall_att), float(found.overall_se), _events(events))


def sun_abraham_fit(matrix: AreaMatrix) -> LibraryEffect:
    """Sun & Abraham 2021 (J. Econometrics 225), never-starters as comparison, clustered by area."""
    from diff_diff import SunAbraham

    with held_back():
        found = SunAbraham(cluster="area").fit(to_pandas(matrix.long()), **COLUMNS)
    rows = [
        {"event_time": int(time), "estimate": float(one["effect"]), "standard_error": float(one["se"])}
        for time, one in found.event_study_effects.items()
        if np.isfinite(one["se"])
    ]
    path = pl.DataFrame(rows).sort("event_time")
    return LibraryEffect(float(found.overall_att), float(found.overall_se), path)


def _events(events: Any) -> pl.DataFrame:
    table = pl.DataFrame(
        {
            "event_time": np.asarray(events.event_time, dtype=np.int64),
            "estimate": np.asarray(events.att, dtype=np.float64),
            "standard_error": np.asarray(events.se, dtype=np.float64),
        }
    )
    return table.filter(pl.col("estimate").is_finite() & pl.col("standard_error").is_finite()).sort(
        "event_time"
    )


def goodman_bacon(matrix: AreaMatrix) -> tuple[float, pl.DataFrame]:
    """The two-way fixed-effects estimate and what it is a weighted mean of (Goodman-Bacon 2021, J. Econometrics 225).

    Table: comparison (treated_vs_never, earlier_vs_later, later_vs_earlier), weight, effect. Weight on
    later_vs_earlier is weight on comparisons with areas that already have the program.
    """
    from diff_diff import BaconDecomposition

    with held_back():
        found = BaconDecomposition().fit(to_pandas(matrix.long()), **COLUMNS)
    table = pl.DataFrame(
        {
            "comparison": ["treated_vs_never", "earlier_vs_later", "later_vs_earlier"],
            "weight": [
                float(found.total_weight_treated_vs_never),
                float(found.total_weight_earlier_vs_later),
                float(found.total_weight_later_vs_earlier),
            ],
            "effect": [
                float(value) if value is not None else None
                for value in (
                    found.weighted_avg_treated_vs_never,
                    found.weighted_avg_earlier_vs_later,
                    found.weighted_avg_later_vs_earlier,
                )
            ],
        }
    )
    return float(found.twfe_estimate), table


@dataclass(frozen=True)
class SyntheticDid:
    """Synthetic difference-in-differences: effect, weights of comparison areas and of periods before."""

    estimate: float
    area_weights: Array
    period_weights: Array


def synthetic_did_fit(
    comparison: Array, program: Array, before: int, size: tuple[int, int], warm: SyntheticDid | None = None
) -> SyntheticDid:
    """Arkhangelsky et al. 2021 (AER 111), algorithm 1, with the regularisation of the authors' R code.

    comparison: periods × areas; program: mean path of the program areas; before: periods before the start;
    size: (program areas, periods after), which the penalty depends on; warm: where the search starts from.
    """
    from diff_diff import utils

    noise = float(np.std(np.diff(comparison[:before], axis=0), ddof=1))
    penalty = (size[0] * size[1]) ** 0.25 * noise
    return synthetic_did_with(comparison, program, before, penalty, noise, warm, utils)


def synthetic_did_with(
    comparison: Array,
    program: Array,
    before: int,
    penalty: float,
    noise: float,
    warm: SyntheticDid | None,
    utils: Any,
) -> SyntheticDid:
    """The same with the penalty and noise level given, as the placebo runs keep those of the real fit."""
    past, future = comparison[:before], comparison[before:]
    small = 1e-5 * noise
    with held_back():
        areas = utils.compute_sdid_unit_weights(
            past,
            program[:before],
            zeta_omega=penalty,
            min_decrease=small,
            init_weights=None if warm is None else warm.area_weights,
        )
        periods = utils.compute_time_weights(
            past,
            future,
            zeta_lambda=1e-6 * noise,
            min_decrease=small,
            init_weights=None if warm is None else warm.period_weights,
        )
        effect = utils.compute_sdid_estimator(
            past, future, program[:before], program[before:], areas, periods
        )
    return SyntheticDid(float(effect), np.asarray(areas), np.asarray(periods))


@dataclass(frozen=True)
class Jump:
    """Discontinuity at zero: conventional and bias-corrected robust estimate, bandwidths, units inside."""

    conventional: float
    conventional_error: float
    robust: float
    robust_error: float
    bandwidth: float
    bias_bandwidth: float


def jump_at_zero(running: Array, outcome: Array, bandwidth: float | None = None) -> Jump:
    """Local-linear regression discontinuity, triangular kernel (Calonico, Cattaneo & Titiunik 2014, Econometrica 82)."""
    from diff_diff import RegressionDiscontinuity

    table = to_pandas(pl.DataFrame({"running": running, "outcome": outcome}))
    with held_back():
        found = RegressionDiscontinuity(h=bandwidth).fit(table, outcome="outcome", running="running")
    return Jump(
        conventional=float(found.att_conventional),
        conventional_error=float(found.se_conventional),
        robust=float(found.att),
        robust_error=float(found.se),
        bandwidth=float(found.h_left),
        bias_bandwidth=float(found.b_left),
    )


def density_p_value(running: Array) -> float:
    """p-value of "as many units just before zero as just after" (Cattaneo, Jansson & Ma 2020, JASA 115)."""
    from diff_diff import RDDensityTest

    with held_back():
        found = RDDensityTest().fit(to_pandas(pl.DataFrame({"running": running})), running="running")
    return float(found.p_value)
