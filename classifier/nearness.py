"""Which call types are written alike: groups of letters in common, from 0 (none) to 1 (the same words).

Used to show a reviewer what was signed for similar names, and to let signed names speak for their neighbours. It
needs no text model, so that a queue can be read on any machine.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.text import model_text

_SIZES = (2, 3, 4)


def likeness(texts: Sequence[str | None], known: Sequence[str | None]) -> NDArray[np.float32]:
    """How alike each of `texts` (rows) is to each of `known` (columns): cosine of their groups of 2–4 letters.

    Letters are grouped within words, as `model_text` leaves them; the order of words does not count. 0 where
    either says nothing.
    """
    grams_known = [_grams(text) for text in known]
    column = {gram: number for number, gram in enumerate(sorted(set().union(*grams_known)))}
    table = np.zeros((len(known), len(column)), dtype=np.float32)
    for number, grams in enumerate(grams_known):
        table[number, [column[gram] for gram in grams]] = 1.0 / max(len(grams), 1) ** 0.5
    result = np.zeros((len(texts), len(known)), dtype=np.float32)
    for number, text in enumerate(texts):
        grams = _grams(text)
        shared = [column[gram] for gram in grams if gram in column]
        if shared:
            result[number] = table[:, shared].sum(axis=1) / len(grams) ** 0.5
    return result


def _grams(text: str | None) -> set[str]:
    words = [f" {word} " for word in model_text(text).split()]
    return {word[i : i + n] for word in words for n in _SIZES for i in range(len(word) - n + 1)}
