"""The last letter of a structured dispatch code may be the only place where a danger stands."""

from __future__ import annotations

import csv

import polars as pl
import pytest

from call_codes.taxonomy import HAZARD_KINDS
from classifier import classify_types
from classifier.model import TypeModel
from classifier.protocol_suffixes import SUFFIXES_PATH, suffix_hazards

ROWS = list(csv.DictReader(SUFFIXES_PATH.read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["example"])
def test_every_row_of_the_table_reads_its_own_example(row: dict[str, str]) -> None:
    kinds = row["kinds"].split("|")
    assert set(kinds) <= set(HAZARD_KINDS)
    assert [finding.kind for finding in suffix_hazards(row["example"])] == kinds


@pytest.mark.parametrize("text", ["25-D-1W", "25D01W", "25-D-1W PSYCHIATRIC", "P25D1W"])
def test_the_same_code_is_read_however_it_is_written(text: str) -> None:
    assert [finding.kind for finding in suffix_hazards(text)] == ["weapon"]


@pytest.mark.parametrize(
    "text", ["25D1", "10-56A", "459V", "415G", "21A", "40D3W", None, "", "WELFARE CHECK"]
)
def test_other_codes_say_nothing(text: str | None) -> None:
    assert suffix_hazards(text) == ()


def test_a_code_beside_a_harmless_text_and_a_bare_code_both_keep_their_danger(model: TypeModel) -> None:
    types = pl.DataFrame(
        {"call_type_code": ["25D1W", "25D1W", "25A1"], "call_type": ["MENTAL HEALTH", None, "MENTAL HEALTH"]}
    )
    answer = classify_types(types, crosswalk=None, model=model)
    assert answer["hazard"].to_list() == [True, True, False]
    assert answer["hazard_kinds"].to_list() == ["weapon", "weapon", ""]
    assert answer["category"].to_list()[1] == "unclassified"
