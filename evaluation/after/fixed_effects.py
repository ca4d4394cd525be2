"""The adapter to pyfixest: regressions with fixed effects by least squares, Poisson, and two stages (instrument).

Polars table in, coefficients and their cluster covariance out; nothing of pyfixest or pandas passes beyond this
file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evaluation.after.pandas_border import held_back, to_pandas


@dataclass(frozen=True)
class Fit:
    """Coefficients by regressor with their covariance; freedom: degrees of freedom for t (clusters − 1).

    first_stage_f and classical: of two stages only. classical: standard error of the endogenous regressor and
    first-stage F as if all rows were independent and equally noisy, as many programs print them.
    """

    names: tuple[str, ...]
    estimates: NDArray[np.float64]
    covariance: NDArray[np.float64]
    observations: int
    freedom: int
    first_stage_f: float | None = None
    classical: tuple[float, float] | None = None

    def of(self, name: str) -> tuple[float, float]:
        """Estimate and standard error of one regressor. KeyError where it was dropped (collinear)."""
        if name not in self.names:
            raise KeyError(name)
        place = self.names.index(name)
        return float(self.estimates[place]), float(np.sqrt(self.covariance[place, place]))


def least_squares(
    table: pl.DataFrame,
    outcome: str,
    regressors: list[str],
    fixed_effects: list[str],
    cluster: str | None,
    *,
    weights: str | None = None,
    jackknife: bool = False,
) -> Fit:
    """Ordinary or weighted least squares with fixed effects taken out; CR1 (or CR3) by cluster, HC1 without one."""
    import pyfixest

    with held_back():
        fitted = pyfixest.feols(
            _formula(outcome, regressors, fixed_effects),
            to_pandas(table),
            vcov=_covariance(cluster, jackknife),
            weights=weights,
        )
    return _fit(fitted, table, cluster)


def poisson(
    table: pl.DataFrame,
    outcome: str,
    regressors: list[str],
    fixed_effects: list[str],
    cluster: str,
    *,
    offset: str | None = None,
    jackknife: bool = False,
) -> Fit:
    """Poisson pseudo-maximum likelihood with fixed effects; offset: a column of log exposures."""
    import pyfixest

    with held_back():
        fitted = pyfixest.fepois(
            _formula(outcome, regressors, fixed_effects),
            to_pandas(table),
            vcov=_covariance(cluster, jackknife),
            offset=offset,
            iwls_maxiter=100,
        )
    return _fit(fitted, table, cluster)


def two_stages(
    table: pl.DataFrame,
    outcome: str,
    regressors: list[str],
    fixed_effects: list[str],
    endogenous: str,
    instrument: str,
    cluster: str | None,
) -> Fit:
    """Two-stage least squares with fixed effects; first_stage_f is the cluster-robust F of the instrument."""
    import pyfixest

    controls = " + ".join(regressors) or "1"
    effects = f" | {' + '.join(fixed_effects)}" if fixed_effects else ""
    with held_back():
        fitted = pyfixest.feols(
            f"{outcome} ~ {controls}{effects} | {endogenous} ~ {instrument}",
            to_pandas(table),
            vcov=_covariance(cluster, False),
        )
        fit = _fit(fitted, table, cluster)
        first = pyfixest.feols(
            _formula(endogenous, [instrument, *regressors], fixed_effects),
            to_pandas(table),
            vcov=_covariance(cluster, False),
        )
        robust = _fit(first, table, cluster)
        alike, first_alike = _fit(fitted.vcov("iid"), table, None), _fit(first.vcov("iid"), table, None)
    if endogenous not in fit.names or instrument not in robust.names:
        return fit
    return replace(
        fit,
        first_stage_f=_squared_t(robust, instrument),
        classical=(alike.of(endogenous)[1], _squared_t(first_alike, instrument)),
    )


def _squared_t(fit: Fit, name: str) -> float:
    estimate, error = fit.of(name)
    return (estimate / error) ** 2


def _formula(outcome: str, regressors: list[str], fixed_effects: list[str]) -> str:
    formula = f"{outcome} ~ {' + '.join(regressors)}"
    return f"{formula} | {' + '.join(fixed_effects)}" if fixed_effects else formula


def _covariance(cluster: str | None, jackknife: bool) -> str | dict[str, str]:
    if cluster is None:
        return "HC1"
    return {"CRV3" if jackknife else "CRV1": cluster}


def _fit(fitted: object, table: pl.DataFrame, cluster: str | None) -> Fit:
    names = tuple(str(name) for name in fitted._coefnames)  # type: ignore[attr-defined]
    observations = int(fitted._N)  # type: ignore[attr-defined]
    clusters = table[cluster].n_unique() if cluster else observations - len(names)
    return Fit(
        names,
        np.asarray(fitted._beta_hat, dtype=np.float64).ravel(),  # type: ignore[attr-defined]
        np.asarray(fitted._vcov, dtype=np.float64),  # type: ignore[attr-defined]
        observations,
        clusters - 1,
    )
