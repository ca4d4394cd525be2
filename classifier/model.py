"""The text model: what a call type says → the probability of each category, and of a stated hazard.

Letters and meaning together: groups of 2 to 5 letters catch the abbreviations ("DISTURB", "DSTRB"), sentence
embeddings catch other words for the same thing; on cities that were never seen the two together beat either.
On top of both stands a multinomial logistic regression, whose temperature is learned on held-out styles.

`python -m classifier.model` fits the model and stores it; every later run reads the stored one.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classifier.calibrate import fit_temperature, fit_threshold, softmax, style_folds
from classifier.encoders import ClassifierWarning, Encoder
from classifier.vocabulary import HAZARD_STATED, Vocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Matrix = NDArray[np.float32]


class TypeModel:
    """Call-type text → category and hazard. `__init__` stores, `fit` learns what ends in "_".

    embedding_weight: length of the embedding beside the letter groups' length of 1. strength,
    hazard_strength: inverse of the L2 penalty of the logistic regressions. folds: groups of held-out styles.
    hazard_false_alarms: the share of harmless held-out types that the hazard model may call hazardous.

    Learned: classes_ (category ids), temperature_, hazard_threshold_, letters_ (the fitted vectorizer),
    coefficients_ (categories × features), intercepts_, hazard_coefficients_, hazard_intercept_, warnings_
    (sentences that every user has to see).
    """

    def __init__(
        self,
        *,
        embedding_weight: float = 0.7,
        strength: float = 10.0,
        hazard_strength: float = 10.0,
        folds: int = 3,
        hazard_false_alarms: float = 0.04,
    ) -> None:
        self.embedding_weight = embedding_weight
        self.strength = strength
        self.hazard_strength = hazard_strength
        self.folds = folds
        self.hazard_false_alarms = hazard_false_alarms

    def get_params(self) -> dict[str, float | int]:
        """The arguments of `__init__` as given."""
        names = ("embedding_weight", "strength", "hazard_strength", "folds", "hazard_false_alarms")
        return {name: getattr(self, name) for name in names}

    def fit(
        self,
        vocabulary: Vocabulary,
        encoder: Encoder | None,
        problem: str = "",
        calibration: tuple[float, float] | None = None,
    ) -> TypeModel:
        """Learns from a vocabulary; deterministic. Returns itself.

        calibration: temperature and hazard threshold where they are known for just this vocabulary and encoder
        (see `store.known_calibration`); learned from held-out styles, three fits more, where not.

        encoder: None for letters alone; `problem` then says why, and stays in `warnings_`.
        """
        self.encoder_ = encoder
        self.warnings_: tuple[str, ...] = (problem,) if problem else ()
        self.classes_ = np.array(sorted(set(vocabulary.categories)))
        column = {category: index for index, category in enumerate(self.classes_)}
        target = np.array([column[c] for c in vocabulary.categories])
        stated = np.array(vocabulary.hazards) == HAZARD_STATED
        # Many names stand in several styles: each is encoded once.
        distinct = {text: row for row, text in enumerate(dict.fromkeys(vocabulary.texts))}
        vectors = None if encoder is None else encoder.encode(list(distinct))
        if vectors is not None:
            vectors = vectors[[distinct[text] for text in vocabulary.texts]]

        if calibration is not None:
            self.temperature_, self.hazard_threshold_ = calibration
        else:
            self._calibrate(vocabulary, vectors, target, stated)
        self._fit_rows(vocabulary.texts, vectors, target, stated, np.arange(len(target)))
        return self

    def _calibrate(
        self,
        vocabulary: Vocabulary,
        vectors: Matrix | None,
        target: NDArray[np.int64],
        stated: NDArray[np.bool_],
    ) -> None:
        """Learn temperature and hazard threshold from styles that were held out of the fit."""
        column = {category: index for index, category in enumerate(self.classes_)}
        held_out = np.zeros((len(vocabulary), len(self.classes_)))
        held_out_hazard = np.zeros(len(vocabulary))
        scored = np.zeros(len(vocabulary), dtype=bool)
        for learn, hold in style_folds(vocabulary.styles, self.folds):
            self._fit_rows(vocabulary.texts, vectors, target, stated, learn)
            features = self._features([vocabulary.texts[i] for i in hold], _rows(vectors, hold))
            held_out[hold], held_out_hazard[hold] = self._logits(features), self._hazard(features)
            scored[hold] = True
        right = np.zeros_like(held_out, dtype=bool)
        right[np.arange(len(target)), target] = True
        for row, alt in enumerate(vocabulary.alts):
            if alt in column:
                right[row, column[alt]] = True
        self.temperature_ = fit_temperature(held_out[scored], right[scored])
        self.hazard_threshold_ = fit_threshold(
            held_out_hazard[scored],
            stated[scored],
            np.array(vocabulary.hazards)[scored] == 0,
            self.hazard_false_alarms,
        )

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """One row per text (as `text.model_text` leaves it), one column per `classes_`; rows sum to 1."""
        return self.predict(texts)[0]

    def hazard_proba(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The probability that a weapon or violence is stated, per text."""
        return self.predict(texts)[1]

    def predict(self, texts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """`predict_proba` and `hazard_proba` together, encoding each text once."""
        if not texts:
            return np.zeros((0, len(self.classes_))), np.zeros(0)
        vectors = None if self.encoder_ is None else self.encoder_.encode(texts)
        features = self._features(texts, vectors)
        return softmax(self._logits(features), self.temperature_), self._hazard(features)

    def state(self) -> dict[str, Any]:
        """Everything that `from_state` needs but the encoder: parameters and what was learned."""
        learned = {
            name: value for name, value in vars(self).items() if name.endswith("_") and name != "encoder_"
        }
        return {"parameters": self.get_params(), "learned": learned}

    @classmethod
    def from_state(cls, state: dict[str, Any], encoder: Encoder | None) -> TypeModel:
        """The model that `state` was taken from, with the encoder it was fitted with."""
        model = cls(**state["parameters"])
        vars(model).update(state["learned"])
        model.encoder_ = encoder
        return model

    def _fit_rows(
        self,
        texts: Sequence[str],
        vectors: Matrix | None,
        target: NDArray[np.int64],
        stated: NDArray[np.bool_],
        rows: NDArray[np.int64],
    ) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        chosen = [texts[i] for i in rows]
        self.letters_ = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2, dtype=np.float32
        ).fit(chosen)
        features = self._features(chosen, _rows(vectors, rows))
        self.coefficients_, self.intercepts_ = _regression(
            features, target[rows], len(self.classes_), self.strength
        )
        weights, intercept = _regression(features, stated[rows].astype(np.int64), 2, self.hazard_strength)
        self.hazard_coefficients_, self.hazard_intercept_ = (
            weights[1] - weights[0],
            float(intercept[1] - intercept[0]),
        )

    def _features(self, texts: Sequence[str], vectors: Matrix | None) -> csr_matrix:
        from scipy.sparse import csr_matrix, hstack

        letters = self.letters_.transform(texts)
        if vectors is None:
            return letters.tocsr()
        return hstack([letters, csr_matrix(vectors * np.float32(self.embedding_weight))], format="csr")

    def _logits(self, features: csr_matrix) -> NDArray[np.floating]:
        return np.asarray(features @ self.coefficients_.T + self.intercepts_)

    def _hazard(self, features: csr_matrix) -> NDArray[np.float64]:
        logit = np.asarray(features @ self.hazard_coefficients_ + self.hazard_intercept_, dtype=np.float64)
        return 1.0 / (1.0 + np.exp(-logit))


def _rows(vectors: Matrix | None, rows: NDArray[np.int64]) -> Matrix | None:
    return None if vectors is None else vectors[rows]


def _regression(
    features: csr_matrix, target: NDArray[np.int64], classes: int, strength: float
) -> tuple[Matrix, NDArray[np.float32]]:
    """Coefficients (classes × features) and intercepts; a class that no row has gets an intercept of -20."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    coefficients = np.zeros((classes, features.shape[1]), dtype=np.float32)
    intercepts = np.full(classes, -20.0, dtype=np.float32)
    seen = np.unique(target)
    if len(seen) == 1:
        intercepts[seen] = 0.0
        return coefficients, intercepts
    with warnings.catch_warnings():
        # A few more steps would change the third decimal; the limit keeps the fit within its 40 seconds.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = LogisticRegression(C=strength, max_iter=100, tol=1e-3).fit(features, target)
    if len(seen) == 2:  # scikit-learn keeps one row of coefficients for two classes
        coefficients[seen[1]], intercepts[seen] = fitted.coef_[0], (0.0, fitted.intercept_[0])
    else:
        coefficients[seen], intercepts[seen] = fitted.coef_, fitted.intercept_
    return coefficients, intercepts


def main() -> None:
    """Fits the model if no stored one fits the vocabulary, stores it, and says so in one line.

    With --calibrate it is fitted anew with its calibration, which is written to calibration.toml: to be run
    after every change of the vocabulary, because it saves every user three of four fits.
    """
    from classifier.store import fitted_model

    calibrate = "--calibrate" in sys.argv[1:]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ClassifierWarning)
        model, report = fitted_model(calibrate=calibrate)
    print(report.sentence)  # noqa: T201 - this is the command line of `python -m classifier.model`
    for sentence in model.warnings_:
        print(f"WARNING: {sentence}")  # noqa: T201


if __name__ == "__main__":
    main()
