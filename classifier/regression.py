"""Multinomial logistic regression that leaves plain arrays behind, so that a stored model holds no foreign classes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

ABSENT_INTERCEPT = -20.0


def fit_regression(
    features: csr_matrix,
    target: NDArray[np.int64],
    classes: int,
    strength: float,
    weight: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Coefficients (classes × features) and intercepts; a class that no row has gets an intercept of -20.

    strength: inverse of the L2 penalty. weight: of each row, 1 by default.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    coefficients = np.zeros((classes, features.shape[1]), dtype=np.float32)
    intercepts = np.full(classes, ABSENT_INTERCEPT, dtype=np.float32)
    seen = np.unique(target)
    if len(seen) == 1:
        intercepts[seen] = 0.0
        return coefficients, intercepts
    with warnings.catch_warnings():
        # A few more steps would change the third decimal; the limit keeps the fit within its minute.
        warnings.simplefilter("ignore", ConvergenceWarning)
        # One thread: the steps are too short to share, and threads that wait for each other spin.
        with threadpool_limits(1):
            fitted = LogisticRegression(C=strength, max_iter=100, tol=1e-3).fit(
                features, target, sample_weight=weight
            )
    if len(seen) == 2:  # scikit-learn keeps one row of coefficients for two classes
        coefficients[seen[1]], intercepts[seen] = fitted.coef_[0], (0.0, fitted.intercept_[0])
    else:
        coefficients[seen], intercepts[seen] = fitted.coef_, fitted.intercept_
    return coefficients, intercepts
