"""Yes, screen or no: the answer that a dispatcher's list would give, and what decided it."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_codes.errors import InputError
from call_codes.policy import Policy, load_policy, policy_names
from call_codes.taxonomy import HAZARD_KINDS, load_taxonomy
from classifier.hazard import DECISIVE_KINDS
from classifier.screening import ANSWERS, add_screening, load_questions

POLICY = load_policy("behavioral_health_plus")
POLICIES = [load_policy(name) for name in policy_names()]
SURE: dict[str, Any] = {
    "category": "welfare_check",
    "probability": 0.99,
    "alternatives": "",
    "hazard": False,
    "hazard_kinds": "",
    "hazard_reason": "",
    "basis": "model",
    "needs_review": False,
}


def answer(policy: Policy = POLICY, **changes: object) -> dict[str, Any]:
    return add_screening(pl.DataFrame([{**SURE, **changes}]), policy).row(0, named=True)


def test_a_sure_harmless_type_that_the_policy_names_is_a_yes_with_the_rules_own_reason() -> None:
    row = answer()
    assert (row["eligible"], row["question"]) == ("yes", "")
    assert row["eligible_because"] == POLICY.rule_for("welfare_check").reason


def test_a_type_taken_on_a_condition_is_a_question_and_the_condition_stands_in_it() -> None:
    row = answer(category="trespass")
    assert row["eligible"] == "screen"
    assert POLICY.rule_for("trespass").reason in row["question"]


def test_a_danger_that_is_only_implied_is_a_question_about_that_danger() -> None:
    row = answer(hazard_reason='weapon implied: "CUTTING"')
    assert (row["eligible"], row["question"]) == ("screen", load_questions()["weapon"])


def test_a_stated_danger_is_a_no_and_the_phrase_that_states_it_is_told() -> None:
    row = answer(hazard=True, hazard_kinds="weapon", hazard_reason='weapon stated: "ARMED"')
    assert row["eligible"] == "no"
    assert '"ARMED"' in row["eligible_because"]


def test_a_guess_in_doubt_is_never_a_yes_and_its_next_guess_is_told() -> None:
    row = answer(probability=0.61, alternatives="disturbance:0.22", needs_review=True)
    assert row["eligible"] == "screen"
    assert "0.61" in row["eligible_because"]
    assert "disturbance 0.22" in row["eligible_because"]


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"category": "burglary"}, f"excluded: {POLICY.rule_for('burglary').reason}"),
        ({"category": "unclassified", "basis": "bare_code"}, "bare code without a code-book"),
        ({"category": "unclassified", "basis": "blank"}, "no call type given"),
    ],
)
def test_what_the_policy_leaves_to_police_or_nobody_could_classify_is_a_no(
    changes: dict[str, str], because: str
) -> None:
    row = answer(**changes)
    assert (row["eligible"], row["eligible_because"]) == ("no", because)


def test_every_kind_of_hazard_has_its_question() -> None:
    assert set(load_questions()) == set(HAZARD_KINDS)


@given(
    policy=st.sampled_from(POLICIES),
    category=st.sampled_from(load_taxonomy().ids),
    stated=st.lists(st.sampled_from(HAZARD_KINDS), unique=True),
    implied=st.lists(st.sampled_from(HAZARD_KINDS), unique=True),
    doubt=st.booleans(),
)
def test_more_hazard_or_more_doubt_never_raises_eligibility(
    policy: Policy, category: str, stated: list[str], implied: list[str], doubt: bool
) -> None:
    reasons = [f'{kind} stated: "X"' for kind in stated] + [f'{kind} implied: "X"' for kind in implied]
    harmless = answer(policy, category=category)
    worse = answer(
        policy,
        category=category,
        hazard=bool(set(stated) & set(DECISIVE_KINDS)),
        hazard_kinds="|".join(stated),
        hazard_reason="; ".join(reasons),
        needs_review=doubt,
    )
    assert ANSWERS.index(worse["eligible"]) <= ANSWERS.index(harmless["eligible"])


def test_types_that_were_not_classified_first_are_a_fault_of_the_input() -> None:
    with pytest.raises(InputError, match="needs_review"):
        add_screening(pl.DataFrame({"category": ["noise"]}), POLICY)
