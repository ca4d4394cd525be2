"""The whole distribution behind each answer, and the types for which there is nothing to doubt."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from call_codes.crosswalk import load_crosswalk
from classifier import category_probabilities, classify_types
from classifier.model import TypeModel
from classifier.probabilities import COLUMNS, SMALLEST_PROBABILITY


def types(*texts: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"call_type_code": [None] * len(texts), "call_type": list(texts)},
        schema={"call_type_code": pl.String, "call_type": pl.String},
    )


def test_each_type_has_shares_that_sum_to_one_with_the_answer_of_classify_types_first(
    model: TypeModel,
) -> None:
    frame = types("WELFARE CHECK", "DOMESTIC DISTURBANCE", "LOUD MUSIC", "WELFARE CHECK")
    table = category_probabilities(frame, crosswalk=None, model=model)
    assert dict(table.schema) == COLUMNS
    sums = table.group_by("type_row").agg(pl.col("probability").sum()).sort("type_row")
    assert sums["probability"].to_list() == pytest.approx([1.0] * 4)
    assert (table["probability"] >= SMALLEST_PROBABILITY).all()
    first = table.group_by("type_row", maintain_order=True).first()
    answer = classify_types(frame, crosswalk=None, model=model)
    assert first["category"].to_list() == answer["category"].to_list()
    assert first["probability"].to_list() == pytest.approx(answer["probability"].to_list(), abs=0.02)


def test_what_is_signed_is_certain_and_what_is_never_guessed_is_unclassified(
    tmp_path: Path, model: TypeModel
) -> None:
    file = tmp_path / "city.csv"
    file.write_text(
        "agency,code,text,category,hazard,basis,reviewer,since,note\n,,Welfare check,public_assist,,signed,QA,,\n",
        encoding="utf-8",
    )
    table = category_probabilities(
        types("Welfare check", "415", None), crosswalk=load_crosswalk(file), model=model
    )
    assert table.select("type_row", "category", "probability").rows() == [
        (0, "public_assist", 1.0),
        (1, "unclassified", 1.0),
        (2, "unclassified", 1.0),
    ]


def test_classified_types_give_the_same_shares_as_the_bare_table(model: TypeModel) -> None:
    frame = types("TRESPASS", "5150", "SUSP VEH")
    classified = classify_types(frame, crosswalk=None, model=model)
    assert category_probabilities(classified, crosswalk=None, model=model).equals(
        category_probabilities(frame, crosswalk=None, model=model)
    )
