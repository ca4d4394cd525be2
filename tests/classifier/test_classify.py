"""What is signed wins, what has no words is never guessed, and the hazard is judged on its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import cast

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from call_codes.crosswalk import Crosswalk, load_crosswalk
from call_codes.errors import InputError
from call_codes.taxonomy import HAZARD_KINDS, load_taxonomy
from classifier import classify_types
from classifier.classify import COLUMNS, PROBABILITY_FLOOR, REVIEW_BELOW
from classifier.model import TypeModel


def types(*texts: str | None, codes: list[str | None] | None = None) -> pl.DataFrame:
    """A table of call types with these texts, and codes where given."""
    return pl.DataFrame(
        {"call_type_code": codes or [None] * len(texts), "call_type": list(texts)},
        schema={"call_type_code": pl.String, "call_type": pl.String},
    )


HEADER = "agency,code,text,category,hazard,basis,reviewer,since,note\n"


@pytest.fixture
def crosswalk(tmp_path: Path) -> Crosswalk:
    """A crosswalk of Springfield, part signed, part from its code-book."""
    file = tmp_path / "springfield.csv"
    file.write_text(
        HEADER
        + "Springfield,415,Disturbance,disturbance,,code_book,,,\n"
        + "Springfield,245,Assault with a deadly weapon,assault,,code_book,,,\n"
        + "Springfield,,Check the welfare,welfare_check,,signed,QA,,\n"
        + "Springfield,,Knife sharpener on the street,city_service,none,signed,QA,,\n"
        + "Springfield,,Loud party,noise,violence,signed,QA,,\n"
        + "Springfield,77,,animal,none,signed,QA,,\n"
        + "Springfield,88,Quiet Street,noise,,signed,QA,,\n",
        encoding="utf-8",
    )
    return load_crosswalk(file)


def one(frame: pl.DataFrame) -> dict[str, object]:
    (row,) = frame.iter_rows(named=True)
    return row


def test_plain_names_get_their_category_and_a_calibrated_probability(model: TypeModel) -> None:
    answer = classify_types(types("WELFARE CHECK", "LOUD MUSIC", "SHOPLIFTING"), crosswalk=None, model=model)
    assert answer["category"].to_list() == ["welfare_check", "noise", "property_crime"]
    assert answer["group"].to_list() == ["behavioral_health", "public_order", "property"]
    assert answer["basis"].unique().to_list() == ["model"]
    assert answer["probability"].is_between(REVIEW_BELOW, 1).all()
    assert not answer["needs_review"].any()
    assert not answer["hazard"].any()


@pytest.mark.parametrize("text", ["5150", "415", "103M", "10-96", "CODE 43", "T", "AU1"])
def test_a_bare_code_is_never_guessed_whether_it_stands_as_code_or_as_text(
    text: str, model: TypeModel
) -> None:
    for frame in (types(text), types(None, codes=[text]), types(text, codes=[text])):
        answer = one(classify_types(frame, crosswalk=None, model=model))
        assert (answer["category"], answer["basis"], answer["probability"]) == (
            "unclassified",
            "bare_code",
            0.0,
        )
        assert answer["needs_review"]
        assert (answer["alternatives"], answer["plausible"]) == ("", "")


def test_a_blank_type_is_unclassified(model: TypeModel) -> None:
    answer = classify_types(types(None, "", "N/A"), crosswalk=None, model=model)
    assert answer["category"].unique().to_list() == ["unclassified"]
    assert answer["basis"].unique().to_list() == ["blank"]


def test_a_code_that_is_a_word_is_read_where_the_text_is_missing(model: TypeModel) -> None:
    answer = one(classify_types(types(None, codes=["TRESPASS"]), crosswalk=None, model=model))
    assert (answer["category"], answer["basis"]) == ("trespass", "model")


def test_the_name_of_the_team_that_was_sent_changes_nothing(model: TypeModel) -> None:
    answer = classify_types(
        types("CHECK WELFARE", "CHECK WELFARE, CAHOOTS", "STAR - CHECK WELFARE"), crosswalk=None, model=model
    )
    assert answer.drop("call_type").unique().height == 1


def test_rows_keep_their_order_and_their_other_columns_and_repeated_rows_agree(model: TypeModel) -> None:
    frame = types("TRESPASS", None, "WELFARE CHECK", "TRESPASS", "5150").with_columns(
        pl.Series("calls", [5, 4, 3, 2, 1])
    )
    answer = classify_types(frame, crosswalk=None, model=model)
    assert answer.select(frame.columns).equals(frame)
    assert answer.columns == [*frame.columns, *COLUMNS]
    assert answer.row(0)[3:] == answer.row(3)[3:]
    assert answer.null_count().select(list(COLUMNS)).row(0) == (0,) * len(COLUMNS)


def test_classifying_twice_replaces_the_answer(model: TypeModel) -> None:
    once = classify_types(types("TRESPASS", "415"), crosswalk=None, model=model)
    assert classify_types(once, crosswalk=None, model=model).equals(once)


def test_an_empty_table_gives_an_empty_answer() -> None:
    answer = classify_types(types(), crosswalk=None)
    assert answer.height == 0
    assert answer.schema["hazard"] == pl.Boolean


def test_a_table_without_call_types_is_a_fault_of_the_input() -> None:
    with pytest.raises(InputError, match="no column call_type"):
        classify_types(pl.DataFrame({"call_type_code": ["1"]}), crosswalk=None)


@pytest.mark.parametrize(
    "text",
    ["SHELBYVILLE EMERGENCY CALL", "EMERGENCY - POLICE", "DISPATCH CALL", "Service calls", "DESK CALLS"],
)
def test_a_text_that_says_nothing_is_never_taken_for_a_crisis(text: str, model: TypeModel) -> None:
    answer = one(classify_types(types(text), crosswalk=None, model=model))
    assert answer["category"] in ("unclassified", "police_admin", "hangup_unknown")


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("NOISE MISCELLANEOUS", "noise"),
        ("Graffiti, Other", "property_crime"),
        ("Animal Problem / Other", "animal"),
        ("CRANK CALL TO 911", "hangup_unknown"),
        ("WANTED PERSON AT LOCATION", "police_admin"),
        ("LIGHTING FIRECRACKERS", "noise"),
        ("FIGHT (VERBAL)", "disturbance"),
        ("VISITATION ORDER PROBLEM", "neighbor_civil_dispute"),
        ("DEATH REPORTED", "fire_medical"),
        ("MENTAL HEALTH EMERGENCY CALL", "mental_health_crisis"),
    ],
)
def test_other_and_emergency_and_call_leave_the_topic_as_it_is(
    text: str, category: str, model: TypeModel
) -> None:
    assert one(classify_types(types(text), crosswalk=None, model=model))["category"] == category


# --- signed rows ------------------------------------------------------------------------------------------


def test_a_signed_row_wins_over_the_model(tmp_path: Path, model: TypeModel) -> None:
    file = tmp_path / "city.csv"
    file.write_text(HEADER + ",,Welfare check,public_assist,,signed,QA,,\n", encoding="utf-8")
    answer = one(classify_types(types("WELFARE CHECK"), crosswalk=load_crosswalk(file), model=model))
    assert (answer["category"], answer["basis"], answer["probability"]) == ("public_assist", "signed", 1.0)
    assert not answer["needs_review"]


def test_a_code_book_gives_a_bare_code_its_meaning_and_its_hazard(crosswalk: Crosswalk) -> None:
    answer = classify_types(types("415", None, codes=[None, "245"]), crosswalk=crosswalk)
    assert answer["category"].to_list() == ["disturbance", "assault"]
    assert answer["basis"].to_list() == ["code_book", "code_book"]
    assert answer["hazard_kinds"].to_list() == ["", "weapon|violence"]
    assert answer["plausible"].to_list() == ["disturbance:1.00", "assault:1.00"]


def test_a_signed_text_keeps_its_category_but_a_stated_hazard_still_counts(crosswalk: Crosswalk) -> None:
    answer = classify_types(types("Check the welfare", "LOUD PARTY"), crosswalk=crosswalk)
    assert answer["category"].to_list() == ["welfare_check", "noise"]
    assert answer["hazard"].to_list() == [False, True]
    assert answer["hazard_reason"].to_list() == ["", "signed: violence"]


def test_only_the_exact_text_that_was_signed_harmless_is_harmless(crosswalk: Crosswalk) -> None:
    frame = types("KNIFE SHARPENER ON THE STREET", "ANIMAL WITH KNIFE", codes=[None, "77"])
    answer = classify_types(frame, crosswalk=crosswalk)
    assert answer["category"].to_list() == ["city_service", "animal"]
    assert answer["hazard"].to_list() == [False, True]
    assert answer["hazard_reason"][0] == "signed: no hazard"


def test_a_signed_code_with_a_text_does_not_count_for_another_text(
    crosswalk: Crosswalk, model: TypeModel
) -> None:
    answer = one(classify_types(types("TRESPASSING", codes=["88"]), crosswalk=crosswalk, model=model))
    assert (answer["category"], answer["basis"]) == ("trespass", "model")


def test_another_agency_s_code_book_does_not_count(crosswalk: Crosswalk, model: TypeModel) -> None:
    frame = types("415", "415").with_columns(agency=pl.Series(["Springfield", "Shelbyville"]))
    answer = classify_types(frame, crosswalk=crosswalk, model=model)
    assert answer["basis"].to_list() == ["code_book", "bare_code"]


def test_a_file_whose_types_are_all_signed_never_loads_the_model(tmp_path: Path) -> None:
    file = tmp_path / "city.csv"
    file.write_text(HEADER + ",,Welfare check,welfare_check,,signed,QA,,\n", encoding="utf-8")
    script = f"""
import sys
import polars as pl
from call_codes.crosswalk import load_crosswalk
from classifier import classify_types
types = pl.DataFrame({{"call_type_code": [None, "415"], "call_type": ["Welfare check", None]}})
classify_types(types, crosswalk=load_crosswalk({str(file)!r}))
loaded = {{"torch", "sklearn", "scipy", "transformers", "sentence_transformers"}} & set(sys.modules)
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])


# --- hazard -----------------------------------------------------------------------------------------------


def test_an_armed_mental_health_call_is_a_hazard_and_needs_review(model: TypeModel) -> None:
    answer = one(classify_types(types("MENTAL HEALTH - VIOLENT, ARMED"), crosswalk=None, model=model))
    assert answer["hazard"]
    assert answer["hazard_kinds"] == "weapon|violence"
    assert 'weapon stated: "ARMED"' in str(answer["hazard_reason"])
    assert answer["needs_review"]


def test_categories_that_are_violent_by_definition_are_hazards(model: TypeModel) -> None:
    answer = classify_types(types("ASSAULT", "HOMICIDE", "SHOTS FIRED"), crosswalk=None, model=model)
    assert answer["category"].to_list() == ["assault", "serious_violence", "weapon"]
    assert answer["hazard"].all()
    assert answer["hazard_reason"].str.contains("category").all()


class Torn:
    """A model that finds a topic likeliest and a violent one possible."""

    classes_ = ("assault", "disturbance", "noise")
    hazard_threshold_ = 0.5
    warnings_ = ()

    def predict(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        return np.array([[0.2, 0.75, 0.05]] * len(texts)), np.array([0.01] * len(texts))


def test_a_topic_that_may_as_well_be_violent_is_a_hazard() -> None:
    answer = one(classify_types(types("TROUBLE IN STREET"), crosswalk=None, model=cast("TypeModel", Torn())))
    assert (answer["category"], answer["hazard"]) == ("disturbance", True)
    assert answer["hazard_reason"] == "violent categories: 0.20"


@pytest.mark.parametrize("text", ["TROUBLE IN STREET, NO WEAPONS", "TROUBLE IN STREET - VERBAL ONLY"])
def test_what_the_text_denies_is_not_suspected_again(text: str) -> None:
    answer = one(classify_types(types(text), crosswalk=None, model=cast("TypeModel", Torn())))
    assert (answer["hazard"], answer["hazard_reason"], answer["needs_review"]) == (False, "", False)


@pytest.mark.parametrize(("hazard_probability", "needs_review"), [(0.34, False), (0.36, True)])
def test_a_suspicion_near_the_threshold_is_no_hazard_but_is_reviewed(
    hazard_probability: float, needs_review: bool
) -> None:
    class Uneasy(Torn):
        def predict(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
            return np.array([[0.0, 1.0, 0.0]] * len(texts)), np.array([hazard_probability] * len(texts))

    answer = one(classify_types(types("TROUBLE"), crosswalk=None, model=cast("TypeModel", Uneasy())))
    assert (answer["hazard"], answer["needs_review"]) == (False, needs_review)


WORDS = [
    "WELFARE",
    "CHECK",
    "NO",
    "GUN",
    "TRESPASS",
    "W/O",
    "WEAPON",
    "5150",
    "LOUD",
    "CHILD",
    "zzqx",
    "ARMED",
    "-",
]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join), min_size=1, max_size=8))
def test_every_answer_obeys_the_contract(model: TypeModel, texts: list[str]) -> None:
    answer = classify_types(types(*texts), crosswalk=None, model=model)
    assert answer["call_type"].to_list() == texts
    for row in answer.iter_rows(named=True):
        assert row["category"] in load_taxonomy().ids
        assert 0 <= row["probability"] <= 1
        assert set(row["hazard_kinds"].split("|")) <= {"", *HAZARD_KINDS}
        assert row["basis"] in ("model", "bare_code", "blank")
        if row["category"] != "unclassified" and row["probability"] < REVIEW_BELOW:
            assert row["needs_review"]
        if row["probability"] < PROBABILITY_FLOOR:
            assert row["category"] == "unclassified"
        if row["hazard"]:
            assert row["hazard_reason"]
        plausible = [entry.split(":")[0] for entry in row["plausible"].split("|") if entry]
        assert bool(plausible) == (row["basis"] == "model")
        if row["category"] != "unclassified":
            assert plausible[0] == row["category"]


def test_the_same_types_in_another_company_get_the_same_answer(model: TypeModel) -> None:
    names = ["WELFARE CHECK", "SUSPICIOUS PERSON", "THEFT FROM VEHICLE IN A PARKING LOT", "MVA"]
    together = classify_types(types(*names), crosswalk=None, model=model)
    alone = pl.concat(classify_types(types(name), crosswalk=None, model=model) for name in names)
    assert together.equals(alone)
