"""A policy's verdict on classified types: the category first, then the hazard, which only takes away."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_codes.errors import InputError
from call_codes.policy import Policy, load_policy, policy_names
from call_codes.taxonomy import HAZARD_KINDS, load_taxonomy
from classifier import add_eligibility
from classifier.eligibility import judge

POLICY = load_policy("community_responder_broad")
POLICIES = [load_policy(name) for name in policy_names()]


def classified(*rows: tuple[str, bool, str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["category", "hazard", "hazard_kinds", "basis"], orient="row")


def test_each_type_gets_one_outcome_one_reason_and_the_rule_that_decided() -> None:
    answer = add_eligibility(
        classified(
            ("welfare_check", False, "", "model"),
            ("welfare_check", True, "weapon", "model"),
            ("assault", True, "violence", "signed"),
            ("unclassified", False, "", "bare_code"),
            ("unclassified", False, "", "blank"),
            ("unclassified", True, "weapon", "model"),
        ),
        POLICY,
    )
    assert answer.select("eligibility", "eligibility_reason").rows() == [
        ("eligible", "category eligible: scope"),
        ("excluded", "hazard: weapon"),
        ("excluded", "category excluded: safety"),
        ("unclassified", "bare code without a code-book"),
        ("unclassified", "no call type given"),
        ("excluded", "hazard: weapon"),
    ]
    assert answer["eligibility_rule"].to_list()[:2] == ["rule 1", "hazards_excluded"]
    assert answer["eligibility_rule"].to_list()[3] == "unclassified"


def test_only_the_kinds_that_the_policy_excludes_take_eligibility_away() -> None:
    tolerant = replace(POLICY, hazards_excluded=("weapon",))
    assert judge("welfare_check", True, "violence", "model", tolerant).eligibility == "eligible"
    assert judge("welfare_check", True, "weapon|violence", "model", tolerant).reason == "hazard: weapon"


def test_a_kind_that_makes_no_hazard_by_itself_counts_where_the_policy_names_it() -> None:
    adults_only = replace(POLICY, hazards_excluded=("minor",))
    assert judge("welfare_check", False, "minor", "model", adults_only).eligibility == "excluded"
    assert judge("welfare_check", False, "minor", "model", POLICY).eligibility == "eligible"


def test_a_hazard_that_only_the_model_suspects_takes_eligibility_away_too() -> None:
    assert judge("welfare_check", True, "", "model", POLICY).reason == "hazard: suspected by the model"


@given(
    policy=st.sampled_from(POLICIES),
    category=st.sampled_from(load_taxonomy().ids),
    kinds=st.lists(st.sampled_from(HAZARD_KINDS), unique=True),
    suspected=st.booleans(),
)
def test_a_hazard_can_only_take_eligibility_away(
    policy: Policy, category: str, kinds: list[str], suspected: bool
) -> None:
    without = judge(category, False, "", "model", policy)
    with_hazard = judge(category, bool(kinds) or suspected, "|".join(kinds), "model", policy)
    assert with_hazard.eligibility in (without.eligibility, "excluded")


def test_rows_and_other_columns_stay_as_they_were() -> None:
    frame = classified(("noise", False, "", "model"), ("animal", False, "", "signed")).with_columns(
        calls=pl.Series([7, 3])
    )
    answer = add_eligibility(frame, POLICY)
    assert answer.select(frame.columns).equals(frame)
    assert add_eligibility(answer, POLICY).equals(answer)


def test_types_that_were_not_classified_first_are_a_fault_of_the_input() -> None:
    with pytest.raises(InputError, match="category"):
        add_eligibility(pl.DataFrame({"call_type": ["NOISE"]}), POLICY)
