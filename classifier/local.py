"""Learning from a city's own signed types: the model's shares adjusted to how this agency names things.

A model that was calibrated on other agencies is a little off in each new one. With twenty signed types there is
enough to see how: too sure (temperature), a category named more or less often than the model expects
(shift), and names that are written like signed ones (neighbours). The adjustment is used only where it does better
on signed types that it was not fitted to; what people signed always wins over it.

Sources: temperature as in Guo et al. 2017 (arXiv:1706.04599); the shift is the ratio of observed to expected counts,
as in Saerens, Latinne and Decaestecker 2002, Neural Computation 14(1): 21–41, on the signed types alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from call_codes.crosswalk import Crosswalk
from classifier.classify import guessed_text
from classifier.nearness import likeness
from classifier.signed import SignedRows
from classifier.text import model_text

if TYPE_CHECKING:
    from classifier.model import TypeModel

LEAST_SIGNED = 20
"""Fewer signed types than this say too little about the agency."""

# Never below 1: thirty right answers do not show that a rare error cannot happen, so nothing is made surer.
_TEMPERATURES = (1.0, 1.2, 1.5, 2.0)
_SHIFTS = (0.0, 0.5, 1.0)
_NEIGHBOURS = (0.0, 1.0, 2.0, 4.0)
_GRID = tuple(product(_TEMPERATURES, _SHIFTS, _NEIGHBOURS))
_UNCHANGED = _GRID.index((1.0, 0.0, 0.0))
_SMOOTHING = 2.0
# Measured on three cities with 30 signed types each, 15 draws: with one standard error the adjustment was used in a
# third of the draws in which it did harm; with two it was all but never used where it did.
_STANDARD_ERRORS = 2.0
_FLOOR = 1e-4

Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Recalibration:
    """What a city's signed types say about the model, and whether the model was adjusted to them.

    used: whether the adjustment is applied. signed: types it was learned from. temperature: above 1 the model was
    too sure here. shift, neighbours: strengths, 0 = without. loss_before, loss_after: mean
    −log of the share of the signed category, each type judged without itself; standard_error of the gain.
    """

    used: bool
    signed: int
    temperature: float
    shift: float
    neighbours: float
    loss_before: float
    loss_after: float
    standard_error: float

    @property
    def sentence(self) -> str:
        """What was done, in a sentence for the report."""
        judged = (
            f"on {self.signed} signed types, each judged without itself, its mean −log probability goes from "
            f"{self.loss_before:.3f} to {self.loss_after:.3f} (standard error of the gain {self.standard_error:.3f})"
        )
        if not self.used:
            return f"The text model is used as it comes: adjusting it to the signed types does not help for certain; {judged}."
        return (
            f"The text model was adjusted to this agency's signed types (temperature {self.temperature:g}, shift "
            f"{self.shift:g}, neighbours {self.neighbours:g}): {judged}."
        )


class LocalModel:
    """A text model whose shares are adjusted to one agency; in every other way the model that it wraps."""

    def __init__(
        self,
        model: TypeModel,
        recalibration: Recalibration,
        texts: Sequence[str],
        columns: NDArray[np.int64],
        ratio: Shares,
    ) -> None:
        self.model = model
        self.recalibration = recalibration
        self.texts = tuple(texts)
        self.columns = columns
        self.ratio = ratio

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def predict(self, texts: Sequence[str]) -> tuple[Shares, Shares]:
        """As `TypeModel.predict`, with adjusted category shares; the hazard stays the model's own."""
        shares, hazards = self.model.predict(texts)
        return self._adjust(texts, shares), hazards

    def predict_proba(self, texts: Sequence[str]) -> Shares:
        """As `TypeModel.predict_proba`, adjusted."""
        return self.predict(texts)[0]

    def _adjust(self, texts: Sequence[str], shares: Shares) -> Shares:
        if not len(texts):
            return shares
        votes = _votes(likeness(texts, self.texts).astype(np.float64), self.columns, shares.shape[1])
        found = self.recalibration
        return adjusted(shares, votes, self.ratio, found.temperature, found.shift, found.neighbours)


def learn_locally(
    types: pl.DataFrame, crosswalk: Crosswalk | None, model: TypeModel | None = None
) -> tuple[TypeModel | None, Recalibration | None]:
    """The adjusted model and what was found; (None, None) with fewer than LEAST_SIGNED signed names.

    types: call_type_code, call_type (String, null allowed), agency where present. Learned from the types that a
    person signed (not from code-books) and whose name the model can read. No model is loaded where nothing is left
    for it to guess. The first is None also where the adjustment does not help: the mean gain, each type judged with
    settings chosen and counts made without it, must exceed twice its standard error.
    """
    if crosswalk is None or (crosswalk.rows["basis"] == "signed").sum() < LEAST_SIGNED:
        return None, None
    signed_rows = SignedRows(crosswalk)
    agencies = types["agency"] if "agency" in types.columns else [None] * types.height
    signed: dict[str, str] = {}
    guessed = False
    for agency, code, text in zip(agencies, types["call_type_code"], types["call_type"], strict=True):
        readable = guessed_text(code, text)
        found = signed_rows.find(agency, code, text)
        if found is None:
            guessed = guessed or readable is not None
        elif found.basis == "signed" and readable is not None and found.category != "unclassified":
            signed.setdefault(model_text(readable), found.category)
    if not guessed or len(signed) < LEAST_SIGNED:
        return None, None
    if model is None:
        from classifier.store import default_model

        model = default_model()
    everything, _ = model.predict(list(signed))
    place = {str(category): number for number, category in enumerate(model.classes_)}
    known = [number for number, category in enumerate(signed.values()) if category in place]
    if len(known) < LEAST_SIGNED:
        return None, None
    texts, shares = [list(signed)[number] for number in known], everything[known]
    columns = np.array([place[signed[text]] for text in texts])
    recalibration = recalibrate(shares, columns, likeness(texts, texts).astype(np.float64))
    if not recalibration.used:
        return None, recalibration
    ratio = _ratio(shares.sum(axis=0), np.bincount(columns, minlength=len(place)).astype(float))
    local = LocalModel(model, recalibration, texts, columns, ratio)
    return cast("TypeModel", local), recalibration


def recalibrate(shares: Shares, columns: NDArray[np.int64], alike: Shares) -> Recalibration:
    """The best adjustment on signed types, judged by leaving each out in turn.

    shares: types × categories, what the model says. columns: the signed category of each type. alike: types ×
    types, `nearness.likeness`. Counts and neighbours of a type leave it out; its settings are those that are best
    for the others.
    """
    n, categories = shares.shape
    rows = np.arange(n)
    others = alike.copy()
    np.fill_diagonal(others, 0.0)
    votes = _votes(others, columns, categories)
    own = np.zeros_like(shares)
    own[rows, columns] = 1.0
    ratios = _ratio(shares.sum(axis=0) - shares, own.sum(axis=0) - own)
    losses = np.array(
        [-np.log(adjusted(shares, votes, ratios, *settings)[rows, columns]) for settings in _GRID]
    )
    chosen_without = ((losses.sum(axis=1)[:, None] - losses) / max(n - 1, 1)).argmin(axis=0)
    gain = losses[_UNCHANGED] - losses[chosen_without, rows]
    error = float(gain.std(ddof=1) / np.sqrt(n)) if n > 1 else 0.0
    temperature, shift, neighbours = _GRID[int(losses.mean(axis=1).argmin())]
    return Recalibration(
        used=bool(gain.mean() > max(_STANDARD_ERRORS * error, 1e-9)),
        signed=n,
        temperature=temperature,
        shift=shift,
        neighbours=neighbours,
        loss_before=float(losses[_UNCHANGED].mean()),
        loss_after=float(losses[_UNCHANGED].mean() - gain.mean()),
        standard_error=error,
    )


def adjusted(
    shares: Shares, votes: Shares, ratio: Shares, temperature: float, shift: float, neighbours: float
) -> Shares:
    """shares^(1/temperature) · ratio^shift · exp(neighbours · votes), each row divided by its sum."""
    logits = np.log(np.maximum(shares, _FLOOR)) / temperature + shift * np.log(ratio) + neighbours * votes
    logits -= logits.max(axis=1, keepdims=True)
    powers = np.exp(logits)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _votes(alike: Shares, columns: NDArray[np.int64], categories: int) -> Shares:
    """What the signed neighbours of each type say: squared likeness, added up per category."""
    one_hot = np.zeros((len(columns), categories))
    one_hot[np.arange(len(columns)), columns] = 1.0
    return np.asarray((alike**2) @ one_hot)


def _ratio(expected: Shares, observed: Shares) -> Shares:
    return np.asarray((observed + _SMOOTHING) / (expected + _SMOOTHING))
