"""Two-period difference-in-differences with covariates: regression, weighting, and doubly robust with Hájek weights.

Sant'Anna & Zhao 2020, J. Econometrics 219 (panel case). The weights of the comparison areas are normalised to
sum to one (Hájek), which the library at hand does not do; the standard error comes from the influence function,
so that clusters and aggregations are sums of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Method = Literal["none", "regression", "doubly_robust", "weighting"]


class SeparatedGroupsError(ValueError):
    """The covariates tell program and comparison units apart completely: no weights exist."""


@dataclass(frozen=True)
class TwoPeriods:
    """Effect on the treated, and each unit's influence on it (mean zero, one number per unit)."""

    estimate: float
    influence: Array

    @property
    def standard_error(self) -> float:
        """√(variance of the influence / units), units taken as independent."""
        return float(np.std(self.influence) / np.sqrt(len(self.influence)))


def two_periods(change: Array, treated: NDArray[np.bool_], covariates: Array, method: Method) -> TwoPeriods:
    """Effect on the treated from each unit's change of the outcome.

    covariates: units × covariates as of before the start, without an intercept (added here); ignored for
    "none". Raises SeparatedGroupsError where weights cannot be found.
    """
    units = len(change)
    design = np.ones((units, 1)) if method == "none" else np.column_stack([np.ones(units), covariates])
    program = treated.astype(np.float64)
    others = 1.0 - program
    if method in ("none", "regression"):
        predicted, from_line = _comparison_line(change, others, design)
        gap = change - predicted
        effect = float(program @ gap) / program.sum()
        influence = program * (gap - effect) - from_line @ (program @ design / units)
        return TwoPeriods(effect, influence / program.mean())
    score, from_score = _propensity(program, design)
    weights = score * others / (1 - score)
    if method == "weighting":
        gap, from_line = change, np.zeros_like(design)
    else:
        predicted, from_line = _comparison_line(change, others, design)
        gap = change - predicted
    of_program = float(program @ gap) / program.sum()
    of_others = float(weights @ gap) / weights.sum()
    part_program = program * (gap - of_program) - from_line @ (program @ design / units)
    part_others = (
        weights * (gap - of_others)
        + from_score @ ((weights * (gap - of_others)) @ design / units)
        - from_line @ (weights @ design / units)
    )
    influence = part_program / program.mean() - part_others / weights.mean()
    return TwoPeriods(of_program - of_others, influence)


def _comparison_line(change: Array, others: Array, design: Array) -> tuple[Array, Array]:
    """Change predicted by a least-squares line through the comparison units; each unit's part in its coefficients."""
    cross = (design * others[:, None]).T @ design / len(change)
    inverse = np.linalg.pinv(cross)
    coefficients = inverse @ ((others * change) @ design / len(change))
    predicted = design @ coefficients
    return predicted, ((others * (change - predicted))[:, None] * design) @ inverse


def _propensity(program: Array, design: Array) -> tuple[Array, Array]:
    """Logit by Newton steps: probability of the program, and each unit's part in its coefficients."""
    scale = np.maximum(np.abs(design).max(axis=0), 1e-12)
    scaled = design / scale
    coefficients = np.zeros(design.shape[1])
    for _ in range(60):
        probability = 1 / (1 + np.exp(-np.clip(scaled @ coefficients, -35, 35)))
        information = (scaled * (probability * (1 - probability))[:, None]).T @ scaled
        try:
            step = np.linalg.solve(information, (program - probability) @ scaled)
        except np.linalg.LinAlgError as error:
            raise SeparatedGroupsError from error
        coefficients += step
        if np.abs(step).max() < 1e-10:
            break
    else:
        raise SeparatedGroupsError
    if np.abs(scaled @ coefficients).max() > 30:
        raise SeparatedGroupsError
    part = ((program - probability)[:, None] * scaled) @ np.linalg.inv(information / len(program))
    # The part acts on scaled covariates; dividing by the scale lets callers use the plain ones.
    return probability, part / scale
