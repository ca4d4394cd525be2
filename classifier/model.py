"""The text model: what a call type says → the probability of each category, and of a stated hazard.

Letters, words and meaning together: groups of 2 to 4 letters catch the abbreviations ("DISTURB", "DSTRB"), words
and pairs of words catch the fixed phrases, sentence embeddings catch other words for the same thing; on cities that
were never seen the three together beat any two. On top stands a multinomial logistic regression, which also learns
shortened forms of every text (`augment`) and whose temperature is learned on held-out styles.

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
from classifier.examples import Examples, Matrix, make_examples
from classifier.held_out import HeldOut, held_out_scores
from classifier.regression import fit_regression
from classifier.vocabulary import HAZARD_STATED, Vocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_WORD = r"[A-Za-z0-9']+"


class TypeModel:
    """Call-type text → category and hazard. `__init__` stores, `fit` learns what ends in "_".

    embedding_weight, word_weight: lengths of the embedding and of the words beside the letter groups' length of 1.
    strength, hazard_strength: inverse of the L2 penalty of the logistic regressions. variant_weight: how much a
    shortened form of a text counts beside the text. folds: groups of held-out styles. hazard_false_alarms: the
    share of harmless held-out types that the hazard model may call hazardous.

    Learned: classes_ (category ids), temperature_, hazard_threshold_, letters_ and words_ (the fitted
    vectorizers), coefficients_ (categories × features), intercepts_, hazard_coefficients_, hazard_intercept_,
    warnings_ (sentences that every user has to see), held_out_scores_ (see `held_out.held_out_scores`; empty where
    the calibration was given).
    """

    def __init__(
        self,
        *,
        embedding_weight: float = 0.7,
        word_weight: float = 0.7,
        strength: float = 10.0,
        hazard_strength: float = 10.0,
        variant_weight: float = 0.5,
        folds: int = 3,
        hazard_false_alarms: float = 0.04,
    ) -> None:
        self.embedding_weight = embedding_weight
        self.word_weight = word_weight
        self.strength = strength
        self.hazard_strength = hazard_strength
        self.variant_weight = variant_weight
        self.folds = folds
        self.hazard_false_alarms = hazard_false_alarms

    def get_params(self) -> dict[str, float | int]:
        """The arguments of `__init__` as given."""
        names = ("embedding_weight", "word_weight", "strength", "hazard_strength", "variant_weight", "folds")
        return {name: getattr(self, name) for name in (*names, "hazard_false_alarms")}

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

        encoder: None for letters and words alone; `problem` then says why, and stays in `warnings_`.
        """
        examples = self._examples(vocabulary, encoder)
        self.warnings_: tuple[str, ...] = (problem,) if problem else ()
        self.held_out_scores_: dict[str, float] = {}
        if calibration is not None:
            self.temperature_, self.hazard_threshold_ = calibration
        else:
            self._calibrate(vocabulary, self._held_out(vocabulary, examples))
        self._fit_rows(examples, np.arange(len(vocabulary)))
        return self

    def held_out(self, vocabulary: Vocabulary, encoder: Encoder | None) -> HeldOut:
        """What models fitted on the other styles say of each row: the ground of every stated share.

        One fit per fold. Leaves this model fitted on the last fold's styles: use a fresh one.
        """
        return self._held_out(vocabulary, self._examples(vocabulary, encoder))

    def _examples(self, vocabulary: Vocabulary, encoder: Encoder | None) -> Examples:
        self.encoder_ = encoder
        self.classes_ = np.array(sorted(set(vocabulary.categories)))
        return make_examples(vocabulary, list(self.classes_), encoder, self.variant_weight)

    def _held_out(self, vocabulary: Vocabulary, examples: Examples) -> HeldOut:
        rows = len(vocabulary)
        logits, hazards = np.zeros((rows, len(self.classes_))), np.zeros(rows)
        scored = np.zeros(rows, dtype=bool)
        for learn, hold in style_folds(vocabulary.families, self.folds):
            self._fit_rows(examples, learn)
            features = self._features([examples.texts[i] for i in hold], _rows(examples.vectors, hold))
            logits[hold], hazards[hold] = self._logits(features), self._hazard(features)
            scored[hold] = True
        column = {category: index for index, category in enumerate(self.classes_)}
        right = np.zeros_like(logits, dtype=bool)
        right[np.arange(rows), examples.target[:rows]] = True
        for row, alt in enumerate(vocabulary.alts):
            if alt in column:
                right[row, column[alt]] = True
        return HeldOut(logits, right, hazards, scored)

    def _calibrate(self, vocabulary: Vocabulary, held_out: HeldOut) -> None:
        """Learn temperature and hazard threshold from families of styles that were held out of the fit."""
        scored, hazards = held_out.scored, np.array(vocabulary.hazards)
        self.temperature_ = fit_temperature(held_out.logits[scored], held_out.right[scored])
        self.hazard_threshold_ = fit_threshold(
            held_out.hazards[scored],
            hazards[scored] == HAZARD_STATED,
            hazards[scored] == 0,
            self.hazard_false_alarms,
        )
        rows = np.flatnonzero(scored)
        if len(rows):
            self.held_out_scores_ = held_out_scores(
                softmax(held_out.logits[rows], self.temperature_),
                held_out.right[rows],
                [vocabulary.texts[i] for i in rows],
                [vocabulary.styles[i] for i in rows],
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

    def _fit_rows(self, examples: Examples, rows: NDArray[np.int64]) -> None:
        """Fit both regressions on the examples made from these rows of the vocabulary."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        chosen = examples.of_rows(rows)
        texts = [examples.texts[i] for i in chosen]
        shared = {"sublinear_tf": True, "min_df": 2, "dtype": np.float32}
        self.letters_ = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), **shared).fit(texts)
        self.words_ = TfidfVectorizer(token_pattern=_WORD, ngram_range=(1, 2), **shared).fit(texts)
        features = self._features(texts, _rows(examples.vectors, chosen))
        weight = examples.weight[chosen]
        self.coefficients_, self.intercepts_ = fit_regression(
            features, examples.target[chosen], len(self.classes_), self.strength, weight
        )
        weights, intercept = fit_regression(
            features, examples.stated[chosen].astype(np.int64), 2, self.hazard_strength, weight
        )
        self.hazard_coefficients_ = weights[1] - weights[0]
        self.hazard_intercept_ = float(intercept[1] - intercept[0])

    def _features(self, texts: Sequence[str], vectors: Matrix | None) -> csr_matrix:
        from scipy.sparse import csr_matrix, hstack

        parts = [self.letters_.transform(texts), self.words_.transform(texts) * np.float32(self.word_weight)]
        if vectors is not None:
            parts.append(csr_matrix(vectors * np.float32(self.embedding_weight)))
        return hstack(parts, format="csr")

    def _logits(self, features: csr_matrix) -> NDArray[np.floating]:
        return np.asarray(features @ self.coefficients_.T + self.intercepts_)

    def _hazard(self, features: csr_matrix) -> NDArray[np.float64]:
        logit = np.asarray(features @ self.hazard_coefficients_ + self.hazard_intercept_, dtype=np.float64)
        return 1.0 / (1.0 + np.exp(-logit))


def _rows(vectors: Matrix | None, rows: NDArray[np.int64]) -> Matrix | None:
    return None if vectors is None else vectors[rows]


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
