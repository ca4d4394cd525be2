"""How good the answers are on naming styles that were held out of the fit: the ground of every stated share.

A new city is a new style, so what is said of held-out styles is the nearest thing to what a new city will see.
Computed when the model is calibrated and kept in `calibration.toml`, where thresholds are read from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

REVIEW_STEPS = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.94)
PLAUSIBLE_STEPS = (0.01, 0.02, 0.03, 0.05, 0.08, 0.1)


@dataclass(frozen=True)
class HeldOut:
    """What the model says of each row of the vocabulary when the row's whole style is held out of the fit.

    logits: rows × classes, before the temperature. right: the same shape, True at the label and its alternative.
    hazards: probability of a stated hazard. scored: False for rows that could not be held out (a single style).
    """

    logits: NDArray[np.float64]
    right: NDArray[np.bool_]
    hazards: NDArray[np.float64]
    scored: NDArray[np.bool_]


def held_out_scores(
    shares: NDArray[np.float64], right: NDArray[np.bool_], texts: Sequence[str], styles: Sequence[str]
) -> dict[str, float]:
    """Scores of held-out rows, by name. "new": rows whose text stands in one style only.

    shares: calibrated probabilities, rows × classes. right: as in HeldOut. All arguments of the same rows.
    types, new_types, styles: counts. accuracy, accuracy_new. calibration_error: over ten bins. coded_0.75: the share
    of rows whose best probability is 0.75 or more; coded_0.75_right, coded_0.75_right_new: the share right among
    them. plausible_0.03: the share of rows for which the categories of 0.03 or more, and the best, hold a right
    one; plausible_0.03_new; plausible_0.03_size: the mean number of these categories.
    """
    rows = np.arange(len(shares))
    best = shares.argmax(axis=1)
    good: NDArray[np.bool_] = np.take_along_axis(right, best[:, None], axis=1)[:, 0]
    sure: NDArray[np.float64] = np.take_along_axis(shares, best[:, None], axis=1)[:, 0]
    styles_of: dict[str, set[str]] = {}
    for text, style in zip(texts, styles, strict=True):
        styles_of.setdefault(text, set()).add(style)
    new = np.array([len(styles_of[text]) == 1 for text in texts])
    scores = {
        "types": float(len(shares)),
        "new_types": float(new.sum()),
        "styles": float(len(set(styles))),
        "accuracy": _share(good),
        "accuracy_new": _share(good[new]),
        "calibration_error": _calibration_error(sure, good),
    }
    for step in REVIEW_STEPS:
        coded: NDArray[np.bool_] = np.greater_equal(sure, step)
        scores[f"coded_{step}"] = _share(coded)
        scores[f"coded_{step}_right"] = _share(good[coded])
        scores[f"coded_{step}_right_new"] = _share(good[coded & new])
    for step in PLAUSIBLE_STEPS:
        plausible = shares >= step
        plausible[rows, best] = True
        holds: NDArray[np.bool_] = np.asarray((plausible & right).any(axis=1))
        scores[f"plausible_{step}"] = _share(holds)
        scores[f"plausible_{step}_new"] = _share(holds[new])
        scores[f"plausible_{step}_size"] = float(plausible.sum(axis=1).mean())
    return scores


def _share(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if len(flags) else 0.0


def _calibration_error(sure: NDArray[np.float64], good: NDArray[np.bool_], bins: int = 10) -> float:
    place = np.clip(np.ceil(sure * bins), 1, bins)
    parts = [place == number for number in range(1, bins + 1)]
    return float(sum(p.mean() * abs(good[p].mean() - sure[p].mean()) for p in parts if p.any()))
