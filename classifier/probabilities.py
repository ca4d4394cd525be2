"""How likely each category is for each call type: what the eligible share's interval and the review queue need.

`classify_types` gives one answer per type; this gives the whole distribution behind it, one row per type and
category. A signed or code-book type is certain, and a type that is never guessed is "unclassified" for certain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from call_codes.crosswalk import Crosswalk
from classifier.classify import classify_types, guessed_text
from classifier.text import model_text

if TYPE_CHECKING:
    from classifier.model import TypeModel

SMALLEST_PROBABILITY = 0.001
"""Categories below this are left out, and what is left is scaled to a sum of one."""

COLUMNS: dict[str, pl.DataType] = {
    "type_row": pl.Int64(),
    "call_type_code": pl.String(),
    "call_type": pl.String(),
    "category": pl.String(),
    "probability": pl.Float64(),
}
"""The columns that `category_probabilities` returns."""


def category_probabilities(
    types: pl.DataFrame, *, crosswalk: Crosswalk | None, model: TypeModel | None = None
) -> pl.DataFrame:
    """One row per call type × category with a probability of SMALLEST_PROBABILITY or more.

    types, crosswalk, model: as for `classify_types`, whose order of decisions holds here too; `types` may be its
    output (its columns basis and category are then used and nothing signed is looked up again).
    Columns out: type_row (Int64: the row of `types`, from 0), call_type_code, call_type (String, null as in
    `types`), category (String), probability (Float64, 0–1; sums to 1 within each type_row). Sorted by type_row,
    then the likeliest category first.
    Signed and code-book types: one row with probability 1. Blank types and bare codes: one row, "unclassified", 1.
    A guess that `classify_types` leaves unclassified, being too unlikely, keeps the model's whole distribution.
    Probabilities are calibrated on held-out naming styles: see `calibration.toml`. Raises InputError when
    call_type_code or call_type is absent.
    """
    answers = types
    if not {"basis", "category"} <= set(types.columns):
        answers = classify_types(types, crosswalk=crosswalk, model=model)
    guessed: dict[int, str] = {}
    certain: list[tuple[int, str, float]] = []
    for number, row in enumerate(answers.iter_rows(named=True)):
        if row["basis"] == "model":
            guessed[number] = model_text(guessed_text(row["call_type_code"], row["call_type"]))
        else:
            certain.append((number, row["category"], 1.0))
    rows = certain + (_model_rows(guessed, model) if guessed else [])
    named = answers.select(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("type_row"),
        pl.col("call_type_code", "call_type").cast(pl.String),
    )
    return (
        pl.DataFrame(
            rows,
            schema={"type_row": pl.Int64, "category": pl.String, "probability": pl.Float64},
            orient="row",
        )
        .sort("type_row", "probability", "category", descending=[False, True, False])
        .join(named, on="type_row", how="left", maintain_order="left")
        .select(*COLUMNS)
    )


def _model_rows(guessed: dict[int, str], model: TypeModel | None) -> list[tuple[int, str, float]]:
    if model is None:
        from classifier.store import default_model

        model = default_model()
    distinct = list(dict.fromkeys(guessed.values()))
    shares = model.predict_proba(distinct)
    shares[shares < SMALLEST_PROBABILITY] = 0.0
    shares /= shares.sum(axis=1, keepdims=True)
    classes = [str(category) for category in model.classes_]
    place = {text: index for index, text in enumerate(distinct)}
    return [
        (number, classes[column], float(shares[place[text], column]))
        for number, text in guessed.items()
        for column in shares[place[text]].nonzero()[0]
    ]
