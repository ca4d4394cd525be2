"""Makes a probability of 0.8 mean "right in 8 of 10 new agencies": temperature scaling on held-out styles.

A model is over-confident about names it has seen and has to be judged on names it has not. So whole naming
styles are held out, never single rows, and one number, the temperature, is learned from what the model says
about them.

Source: Guo, Pleiss, Sun and Weinberger 2017, On Calibration of Modern Neural Networks (arXiv:1706.04599).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

TEMPERATURES = np.geomspace(0.05, 5.0, 200)
"""The grid searched. Below 1 sharpens (a regularised model is often too modest), above 1 flattens."""


def style_folds(styles: Sequence[str], folds: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """(training rows, held-out rows) with every style wholly in one of the two; each row is held out once.

    Styles are dealt out from the largest to the smallest, each to the fold that has the fewest rows, so the
    folds depend on the data alone. With fewer styles than folds there are as many folds as styles; a single
    style gives none.
    """
    names, counts = np.unique(np.asarray(styles), return_counts=True)
    folds = min(folds, len(names))
    if folds < 2:  # one style cannot be held out of itself
        return
    sizes = [0] * folds
    fold_of: dict[str, int] = {}
    for index in np.lexsort((names, -counts)):
        smallest = sizes.index(min(sizes))
        fold_of[str(names[index])] = smallest
        sizes[smallest] += int(counts[index])
    fold = np.array([fold_of[style] for style in styles])
    for number in range(folds):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def softmax(logits: NDArray[np.floating], temperature: float = 1.0) -> NDArray[np.float64]:
    """exp(logits / temperature), each row divided by its sum; float64."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    powers = np.exp(scaled)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit_temperature(logits: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """The temperature with the highest mean log probability of a right answer.

    logits: rows × categories, held out. right: the same shape; True where a category counts as right (the
    label or its alternative: the likelier of the two is scored). Returns 1.0 when there is no row.
    """
    if len(logits) == 0:
        return 1.0
    best = np.where(right, logits, -np.inf)
    best_column = best.argmax(axis=1)
    rows = np.arange(len(logits))
    losses = [
        -np.log(np.maximum(softmax(logits, float(t))[rows, best_column], 1e-12)).mean() for t in TEMPERATURES
    ]
    return float(TEMPERATURES[int(np.argmin(losses))])


def fit_threshold(
    probabilities: NDArray[np.floating],
    positive: NDArray[np.bool_],
    clear: NDArray[np.bool_],
    false_alarms: float,
) -> float:
    """The lowest threshold at which at most this share of the clear rows is called hazardous.

    probabilities: held out. positive: rows where a hazard is stated. clear: rows with none, stated or
    implied. Returns 0.5 when either is absent. A false alarm costs a review, a miss costs more: so the limit
    is on false alarms, and recall takes all that it leaves.
    """
    if not positive.any() or not clear.any():
        return 0.5
    ranked = np.sort(probabilities[clear])
    allowed = min(int(np.floor(false_alarms * len(ranked))), len(ranked) - 1)
    # Just above the (allowed + 1)-th highest clear row, so that at most `allowed` of them reach it.
    return float(np.nextafter(ranked[len(ranked) - 1 - allowed], 1.0))
