"""Each bundled policy decides every category for a stated reason, and a broken one is explained."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from call_codes.errors import CodeBookError, PolicyError
from call_codes.policy import POLICIES_FOLDER, load_policy, policy_names
from call_codes.taxonomy import HAZARD_KINDS, load_taxonomy

ARCHETYPES = ("narrow_clinical", "behavioral_health_plus", "community_responder_broad", "civilian_admin")

OWN_POLICY = """\
id = "our_city"
label = "Our team"
kind = "program"
place = "Our City"
as_of = 2026-11-21
sources = ["city council resolution"]
status = "Planned."
area = "Downtown."
unverified = []
hazards_excluded = ["weapon", "violence"]

[hours]
text = "Weekdays"
schedule = "mon-fri 09:00-17:00"
verified = true

[[rule]]
categories = ["welfare_check", "homelessness"]
decision = "eligible"
rationale = "scope"
reason = "The council asked for it."
verified = true

[[rule]]
categories = ["disturbance"]
decision = "conditional"
rationale = "safety"
reason = "Only after screening."
verified = true

[default]
decision = "excluded"
rationale = "scope"
reason = "Not asked for."
verified = true
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "our_city.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", policy_names())
def test_a_bundled_policy_decides_all_40_categories_and_says_why(name: str) -> None:
    policy = load_policy(name)
    decisions = policy.decisions()
    assert policy.id == name
    assert decisions["category"].to_list() == list(load_taxonomy().ids)
    assert decisions.null_count().sum_horizontal().item() == 0
    assert set(decisions["decision"]) <= {"eligible", "conditional", "excluded"}
    assert all(reason.endswith(".") for reason in decisions["reason"])
    assert policy.rule_for("unclassified").decision == "excluded"
    named = [c for rule in (*policy.rules, policy.default) for c in rule.categories]
    assert sorted(named) == sorted(load_taxonomy().ids)


@pytest.mark.parametrize("name", policy_names())
def test_no_bundled_policy_sends_a_civilian_to_violence(name: str) -> None:
    policy = load_policy(name)
    for category in ("serious_violence", "assault", "weapon"):
        assert (policy.rule_for(category).decision, policy.rule_for(category).rationale) == (
            "excluded", "safety",
        )  # fmt: skip
    assert policy.rule_for("domestic_violence").decision != "eligible"
    assert {"weapon", "violence", "threat", "officer_emergency"} <= set(policy.hazards_excluded)
    assert set(policy.hazards_excluded) <= set(HAZARD_KINDS)


@pytest.mark.parametrize("name", policy_names())
def test_a_bundled_policy_is_dated_and_sourced(name: str) -> None:
    policy = load_policy(name)
    assert policy.as_of == date(2026, 11, 21)
    assert policy.sources
    assert policy.kind == ("archetype" if name in ARCHETYPES else "program")
    content = (POLICIES_FOLDER / f"{name}.toml").read_bytes()
    assert policy.digest == hashlib.sha256(content).hexdigest()


def test_the_four_archetypes_and_the_six_leading_programs_are_there() -> None:
    programs = {
        "denver_star", "eugene_cahoots", "durham_heart",
        "albuquerque_acs", "harris_county_hart", "st_petersburg_call",
    }  # fmt: skip
    assert programs | set(ARCHETYPES) <= set(policy_names())


def test_narrow_clinical_takes_mental_health_calls_only() -> None:
    policy = load_policy("narrow_clinical")
    assert policy.categories_with("eligible") == ("mental_health_crisis",)
    assert policy.categories_with("conditional") == ("suicide_risk", "welfare_check")


def test_community_responder_broad_adds_conflict_and_quality_of_life() -> None:
    policy = load_policy("community_responder_broad")
    assert policy.categories_with("eligible") == (
        "neighbor_civil_dispute", "mental_health_crisis", "suicide_risk", "intoxicated_person",
        "welfare_check", "homelessness", "public_assist", "youth_concern", "noise", "trespass", "indecency",
    )  # fmt: skip
    assert policy.categories_with("conditional") == (
        "family_dispute", "missing_person", "disturbance", "suspicious_activity",
    )  # fmt: skip


def test_denver_takes_trespass_and_marks_what_was_inferred() -> None:
    policy = load_policy("denver_star")
    assert policy.categories_with("eligible") == (
        "mental_health_crisis", "intoxicated_person", "welfare_check", "homelessness", "public_assist",
        "trespass", "indecency",
    )  # fmt: skip
    assert policy.categories_with("conditional") == (
        "suicide_risk", "overdose", "disturbance", "fire_medical",
    )  # fmt: skip
    assert policy.rule_for("trespass").verified
    assert not policy.rule_for("suicide_risk").verified
    assert policy.unverified == ("hazards_excluded", "rules")
    assert policy.hours.open_minutes_per_week == 7 * 16 * 60


def test_new_york_answers_past_midnight_and_leaves_disturbances_out() -> None:
    policy = load_policy("nyc_bheard")
    assert policy.hours.is_open(0)  # Monday 00:00 belongs to Sunday's shift
    assert not policy.hours.is_open(60)
    assert policy.rule_for("disturbance").rationale == "scope"


def test_hours_that_a_source_leaves_in_doubt_are_marked() -> None:
    doubtful = {name for name in policy_names() if not load_policy(name).hours.verified}
    programs = {"durham_heart", "harris_county_hart", "st_petersburg_call", "seattle_care"}
    assert doubtful == programs | set(ARCHETYPES)
    assert all("hours" in load_policy(name).unverified for name in doubtful)


def test_your_own_policy_is_loaded_by_its_path(tmp_path: Path) -> None:
    path = write(tmp_path, OWN_POLICY)
    policy = load_policy(path)
    assert load_policy(str(path)) == policy
    assert policy.rule_for("homelessness").decision == "eligible"
    assert policy.rule_for("disturbance").reason == "Only after screening."
    assert policy.rule_for("noise").reason == "Not asked for."
    assert policy.note == ""
    assert "noise" in policy.default.categories
    assert len(policy.default.categories) == 37


def test_an_unknown_policy_is_answered_with_a_suggestion_and_the_list() -> None:
    with pytest.raises(PolicyError, match=r'no policy is called "denver_sta".*"denver_star".*atlanta_pad,'):
        load_policy("denver_sta")


def test_an_unknown_category_or_decision_is_an_error() -> None:
    with pytest.raises(CodeBookError, match='"welfare_check"'):
        load_policy("denver_star").rule_for("welfare_chek")
    with pytest.raises(PolicyError, match=r'"eligibel" is no decision. Did you mean "eligible"'):
        load_policy("denver_star").categories_with("eligibel")


def test_a_file_that_is_absent_or_no_toml_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be opened"):
        load_policy(tmp_path / "absent.toml")
    with pytest.raises(PolicyError, match="not valid TOML"):
        load_policy(write(tmp_path, "id = "))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('label = "Our team"\n', "", 'The key "label" is missing'),
        ('label = "Our team"', 'lable = "Our team"', '"lable" is no key of a policy. Did you mean "label"'),
        ('label = "Our team"', 'label = " "', '"label" must be a text that is not empty'),
        ('sources = ["city council resolution"]', 'sources = "council"', '"sources" must be a list of texts'),
        ('sources = ["city council resolution"]', "sources = []", "name at least one"),
        ('id = "our_city"', 'id = "Our City"', "lower-case letters, digits and underscores"),
        ('kind = "program"', 'kind = "pilot"', '"kind" has "pilot", which is none of archetype, program'),
        ("as_of = 2026-11-21", 'as_of = "2026-11-21"', '"as_of" must be a date without quotes'),
        ('"weapon", "violence"', '"weapons"', '"weapons", which is none of weapon, violence'),
        ("unverified = []", 'unverified = ["horse"]', '"horse", which is none of place'),
        (
            'schedule = "mon-fri 09:00-17:00"',
            'schedule = "mon-fri"',
            'hours: the hours "mon-fri" cannot be read',
        ),
        ('schedule = "mon-fri 09:00-17:00"\n', "", 'hours: the key "schedule" is missing'),
        ('text = "Weekdays"', "text = 5", 'hours: "text" must be a text'),
        ('"disturbance"', '"disturbence"', '"disturbence" is no category.*Did you mean "disturbance"'),
        ('"disturbance"', '"welfare_check"', '"welfare_check" stands in rules 1 and 2'),
        ('["disturbance"]', "[]", "rule 2: .categories. must be a list with at least one category"),
        ('"disturbance"', '"unclassified"', None),
        ('"homelessness"', '"unclassified"', '"unclassified" cannot be eligible'),
        ('"conditional"', '"maybe"', '"maybe", which is none of eligible, conditional, excluded'),
        ('rationale = "safety"', 'rationale = "cost"', '"cost", which is none of safety, legal, labour'),
        ('reason = "Only after screening."\n', "", 'rule 2: the key "reason" is missing'),
        ('reason = "Only after screening."', 'reason = ""', "rule 2: reason must be a sentence"),
        ('decision = "excluded"', 'decision = "eligible"', "default: decision cannot be eligible"),
    ],
)
def test_a_broken_policy_is_explained(tmp_path: Path, old: str, new: str, sentence: str | None) -> None:
    assert old in OWN_POLICY
    path = write(tmp_path, OWN_POLICY.replace(old, new))
    if sentence is None:  # nobody knows what it is, so a condition is as far as it may go
        assert load_policy(path).rule_for("unclassified").decision == "conditional"
        return
    with pytest.raises(PolicyError, match=sentence):
        load_policy(path)


def test_doubt_at_a_rule_must_stand_in_the_summary_too(tmp_path: Path) -> None:
    doubted = OWN_POLICY.replace("verified = true", "verified = false", 2)  # the hours and the first rule
    with pytest.raises(PolicyError, match=r'"hours" is marked.*not listed.*"rules" is marked'):
        load_policy(write(tmp_path, doubted))
    listed = doubted.replace("unverified = []", 'unverified = ["hours", "rules"]')
    assert not load_policy(write(tmp_path, listed)).hours.verified
    undoubted = OWN_POLICY.replace("unverified = []", 'unverified = ["rules"]')
    with pytest.raises(PolicyError, match='lists "rules", but everything in it is marked verified'):
        load_policy(write(tmp_path, undoubted))


@settings(deadline=None)
@given(st.sampled_from(policy_names()), st.sampled_from(load_taxonomy().ids))
def test_law_the_table_says_what_the_rule_says(name: str, category: str) -> None:
    policy = load_policy(name)
    rule = policy.rule_for(category)
    row = policy.decisions().row(load_taxonomy().ids.index(category), named=True)
    assert row == {
        "category": category,
        "decision": rule.decision,
        "rationale": rule.rationale,
        "reason": rule.reason,
        "verified": rule.verified,
    }
    assert category in policy.categories_with(rule.decision)
