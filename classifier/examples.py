"""What a model is fitted on: the rows of the vocabulary and their variants, encoded once and drawn from by style.

A variant (`augment`) belongs to the row it was made from: where a style is held out, its variants are held out too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.augment import variants
from classifier.encoders import Encoder
from classifier.vocabulary import HAZARD_STATED, Vocabulary

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Examples:
    """Texts to learn from, all columns of one length: the rows of the vocabulary first, then their variants.

    row: the vocabulary's row each comes from. vectors: sentence embeddings, None without an encoder. target: place
    of the category among the classes. stated: a hazard is stated. weight: how much each counts (1 for a row of
    the vocabulary). rows: how many rows the vocabulary has.
    """

    texts: tuple[str, ...]
    row: NDArray[np.int64]
    vectors: Matrix | None
    target: NDArray[np.int64]
    stated: NDArray[np.bool_]
    weight: NDArray[np.float64]
    rows: int

    def of_rows(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Places of the examples made from these rows of the vocabulary, variants included."""
        return np.flatnonzero(np.isin(self.row, rows))


def make_examples(
    vocabulary: Vocabulary, classes: Sequence[str], encoder: Encoder | None, variant_weight: float
) -> Examples:
    """The examples of a vocabulary; each distinct text is encoded once. variant_weight 0: no variants."""
    texts, row = list(vocabulary.texts), list(range(len(vocabulary)))
    if variant_weight > 0:
        for source, variant in variants(vocabulary.texts, vocabulary.categories, vocabulary.alts):
            texts.append(variant)
            row.append(source)
    source_of = np.array(row, dtype=np.int64)
    vectors = None
    if encoder is not None:
        place = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        vectors = encoder.encode(list(place))[[place[text] for text in texts]]
    column = {category: number for number, category in enumerate(classes)}
    target = np.array([column[category] for category in vocabulary.categories], dtype=np.int64)
    stated = np.array(vocabulary.hazards) == HAZARD_STATED
    weight = np.ones(len(texts))
    weight[len(vocabulary) :] = variant_weight
    return Examples(
        tuple(texts), source_of, vectors, target[source_of], stated[source_of], weight, len(vocabulary)
    )
