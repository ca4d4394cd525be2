"""All the ways in which the program's starts could have fallen on the areas, or a seeded draw of them.

Randomization inference asks how unusual the effect is among these arrangements. Up to 20,000 they are all
listed, so the test is exact; above that, draws stand for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

MOST_LISTED = 20_000
DRAWS = 9_999
MOST_CELLS = 5_000_000  # draws × areas kept in memory; thousands of areas get fewer draws


@dataclass(frozen=True)
class Arrangements:
    """labels: arrangements × areas, the group each area falls into (0 = never); the first row is the real one.

    total: how many arrangements there are; exact: labels lists all of them.
    """

    labels: NDArray[np.int16]
    total: int
    exact: bool


def arrangements(group: NDArray[np.int64], seed: int = 0) -> Arrangements:
    """Every way to deal the same group sizes over the areas, or `DRAWS` seeded ones beside the real one.

    group: the real group of each area, 0 = never, 1, 2 … = start dates.
    """
    real = tuple(int(one) for one in group)
    sizes = np.bincount(group)
    total, left = 1, len(real)
    for size in sizes:
        total *= comb(left, int(size))
        left -= int(size)
    labels = _listed(tuple(sizes.tolist())) if total <= MOST_LISTED else _drawn(tuple(sorted(real)), seed)
    exact = total <= MOST_LISTED
    row = np.array(real, dtype=np.int16)
    others = labels[(labels != row).any(axis=1)] if exact else labels
    return Arrangements(np.vstack([row[None, :], others]), total, exact)


@lru_cache(maxsize=16)
def _listed(sizes: tuple[int, ...]) -> NDArray[np.int16]:
    """All distinct arrangements of groups of these sizes."""
    areas = sum(sizes)
    rows = np.zeros((1, areas), dtype=np.int16)
    for group, size in enumerate(sizes):
        if group == 0:
            continue
        free = np.argsort(rows != 0, axis=1, kind="stable")[:, : int((rows[0] == 0).sum())]
        picks = np.array(list(combinations(range(free.shape[1]), size)), dtype=np.int64).reshape(-1, size)
        grown = np.repeat(rows, len(picks), axis=0)
        places = np.take_along_axis(
            np.repeat(free, len(picks), axis=0), np.tile(picks, (len(rows), 1)), axis=1
        )
        np.put_along_axis(grown, places, np.int16(group), axis=1)
        rows = grown
    return rows


@lru_cache(maxsize=16)
def _drawn(labels: tuple[int, ...], seed: int) -> NDArray[np.int16]:
    """Seeded draws of arrangements, each as likely as the other."""
    draws = int(np.clip(MOST_CELLS // len(labels), 199, DRAWS))
    return np.random.default_rng(seed).permuted(np.tile(np.array(labels, dtype=np.int16), (draws, 1)), axis=1)
