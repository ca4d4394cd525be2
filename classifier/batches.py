"""Any number of call types, some thousands at a time: category, hazard, answer under a policy, chance of each.

A list of five million texts does not fit in memory beside its answers, and an export that was not deduplicated
repeats a few hundred types a million times. So types come and go in batches, and the model is asked once for a
text as long as there is room to remember it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from call_codes.crosswalk import Crosswalk
from call_codes.policy import Policy
from classifier.classify import classify_types
from classifier.eligible_share import eligible_chances
from classifier.model import TypeModel
from classifier.probabilities import category_probabilities
from classifier.remarks import add_remark_hazards
from classifier.screening import add_screening

BATCH = 20_000
"""Types at a time: enough to sort by length, few enough to keep the batch and its answers within 200 MB."""

ROOM = 100_000


class UnrepeatedModel(TypeModel):
    """A model that answers as the one it stands for, and encodes a text once while it remembers it.

    The shipped model is read at the first question, so that a list of signed types never loads it. At most `room`
    texts are remembered; then it starts over.
    """

    def __init__(self, room: int = ROOM) -> None:
        super().__init__()
        self.room = room
        self._known: dict[str, tuple[NDArray[np.float64], float]] = {}

    @property
    def loaded(self) -> bool:
        """Whether the model was needed so far."""
        return "_model" in vars(self)

    def __getattr__(self, name: str) -> Any:
        # Called only for what this object lacks: what the real model has learned (classes_, warnings_, …).
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "_model":
            from classifier.store import default_model

            self._model = default_model()
            return self._model
        return getattr(self._model, name)

    def predict(self, texts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """As TypeModel.predict."""
        if not texts:
            empty: tuple[NDArray[np.float64], NDArray[np.float64]] = self._model.predict(texts)
            return empty
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new and len(self._known) + len(new) > self.room:
            self._known.clear()
            new = list(dict.fromkeys(texts))
        if new:
            shares, hazards = self._model.predict(new)
            self._known.update(zip(new, zip(shares, hazards.tolist(), strict=True), strict=True))
        found = [self._known[text] for text in texts]
        return np.stack([shares for shares, _ in found]), np.array([hazard for _, hazard in found])


def answered_batches(
    batches: Iterable[pl.DataFrame], policy: Policy, *, crosswalk: Crosswalk | None, model: UnrepeatedModel
) -> Iterator[pl.DataFrame]:
    """Each batch with its answers: rows as they came, in their order, duplicates and blanks kept.

    batches: columns call_type_code, call_type (String, nulls allowed), `agency` and `remark` where there; further
    columns are kept, `remark` is dropped (see `remarks`). Added: the columns of `classify_types`, `add_screening`
    and `eligible_chances`.
    """
    for batch in batches:
        classified = classify_types(batch, crosswalk=crosswalk, model=model)
        classified = add_remark_hazards(classified)
        probabilities = category_probabilities(classified, crosswalk=crosswalk, model=model)
        yield eligible_chances(add_screening(classified, policy), probabilities, policy)
