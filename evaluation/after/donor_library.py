"""The adapter to augsynth-py: synthetic control, its ridge augmentation, placebos in space, conformal test.

The ridge penalty is chosen here by the one-standard-error rule of the authors' R package; the library's own
choice is the plain minimum, which on the Kansas example moves the effect from −0.040 to −0.080.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evaluation.after.area_matrix import AreaMatrix
from evaluation.after.pandas_border import held_back

Array = NDArray[np.float64]
PENALTIES = 21  # 20 steps


@dataclass(frozen=True)
class DonorFit:
    """gap: observed − synthetic per period; l2: imbalance before the start; ranks: ratio of errors after/before."""

    gap: Array
    synthetic: Array
    weights: dict[str, float]
    l2: float
    rank_p_value: float
    units_ranked: int
    conformal_p_value: float
    placebo_gaps: pl.DataFrame
    penalty: float | None


def donor_fit(matrix: AreaMatrix, *, augmented: bool, penalty: float | None, demeaned: bool) -> DonorFit:
    """Synthetic control of the one program area; demeaned: courses compared, each area at its own level."""
    import augsynth_py

    before = matrix.starts[0]
    target = next(area for area, ever in zip(matrix.areas, matrix.ever, strict=True) if ever)
    chosen = penalty
    if augmented and chosen is None:
        chosen = one_standard_error_penalty(matrix, demeaned=demeaned)
    estimator: Any = (
        augsynth_py.AugSynth(lambda_=chosen, fixedeff=demeaned)
        if augmented
        else augsynth_py.Synth(fixedeff=demeaned)
    )
    with held_back():
        fit = _fitted(estimator, matrix, target, before)
        ranked = augsynth_py.placebo_in_space(fit)
        conformal = float(augsynth_py.conformal_pvalue(fit))
    return DonorFit(
        gap=np.asarray(fit.gap_, dtype=np.float64),
        synthetic=np.asarray(fit.synthetic_, dtype=np.float64),
        weights={str(donor): float(weight) for donor, weight in fit.weights_.items()},
        l2=float(fit.l2_imbalance_),
        rank_p_value=float(ranked.pvalue),
        units_ranked=len(matrix.areas),
        conformal_p_value=conformal,
        placebo_gaps=ranked.gaps,
        penalty=chosen if augmented else None,
    )


def _fitted(estimator: Any, matrix: AreaMatrix, target: str, before: int, skip: int | None = None) -> Any:
    areas, periods = matrix.values.shape
    table = pl.DataFrame(
        {
            "area": np.repeat(np.array(matrix.areas), periods),
            "period": np.tile(np.arange(periods), areas),
            "outcome": matrix.values.ravel(),
        }
    )
    if skip is not None:
        table = table.filter(pl.col("period") != skip)
    return estimator.fit(
        table, unit="area", time="period", outcome="outcome", treated=target, treatment_time=before
    )


def one_standard_error_penalty(matrix: AreaMatrix, *, demeaned: bool = False) -> float:
    """Largest ridge penalty whose cross-validated error is within one standard error of the smallest.

    Each period before the start is left out in turn and predicted from the rest (Ben-Michael, Feller &
    Rothstein 2021, JASA 116, section 5.3); from the largest squared singular value of the donors down to 10⁻⁸ of it
    in 20 equal steps of its logarithm.
    """
    import augsynth_py

    before = matrix.starts[0]
    target = next(area for area, ever in zip(matrix.areas, matrix.ever, strict=True) if ever)
    program = matrix.values[matrix.ever][0, :before]
    donors = matrix.values[~matrix.ever][:, :before].T
    names = [area for area, ever in zip(matrix.areas, matrix.ever, strict=True) if not ever]
    centred = donors - donors.mean(axis=0) if demeaned else donors
    largest = float(np.linalg.svd(centred - centred.mean(axis=1, keepdims=True), compute_uv=False)[0] ** 2)
    penalties = largest * np.logspace(0, -8, PENALTIES)
    errors = np.zeros((before, PENALTIES))
    with held_back():
        for out in range(before):
            kept = np.arange(before) != out
            fit = _fitted(augsynth_py.Synth(fixedeff=demeaned), matrix, target, before, skip=out)
            weights = np.array([fit.weights_.get(name, 0.0) for name in names])
            own, others = program, donors
            if demeaned:
                own, others = program - program[kept].mean(), donors - donors[kept].mean(axis=0)
            middle = others.mean(axis=1)
            own, others = own - middle, others - middle[:, None]
            left = own[kept] - others[kept] @ weights
            cross = others[kept] @ others[kept].T
            for place, penalty in enumerate(penalties):
                ridge = others[kept].T @ np.linalg.solve(cross + penalty * np.eye(int(kept.sum())), left)
                errors[out, place] = (own[out] - others[out] @ (weights + ridge)) ** 2
    mean, spread = errors.mean(axis=0), errors.std(axis=0, ddof=1) / np.sqrt(before)
    best = int(mean.argmin())
    return float(penalties[np.flatnonzero(mean <= mean[best] + spread[best])].max())
