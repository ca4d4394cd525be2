"""The taxonomy that comes with Rightcall is whole, and a broken one is described in plain sentences."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from call_codes.errors import CodeBookError
from call_codes.taxonomy import RISK_FLAGS, TAXONOMY_PATH, check_taxonomy, load_taxonomy

GROUPS = {
    "violence": ["serious_violence", "assault", "weapon"],
    "interpersonal": [
        "domestic_violence", "family_dispute", "threats_harassment", "neighbor_civil_dispute",
        "abuse_neglect",
    ],
    "behavioral_health": [
        "mental_health_crisis", "suicide_risk", "intoxicated_person", "overdose", "welfare_check",
        "homelessness", "public_assist", "youth_concern", "missing_person",
    ],
    "public_order": ["disturbance", "noise", "trespass", "indecency", "drugs_vice", "suspicious_activity"],
    "property": ["burglary", "property_crime"],
    "other_crime": ["other_crime"],
    "traffic": ["crash_injury", "crash_no_injury", "traffic_violation", "traffic_stop", "parking_hazard"],
    "alarms_unknown": ["burglar_alarm", "duress_alarm", "hangup_unknown"],
    "other_services": ["fire_medical", "animal", "city_service"],
    "police_generated": ["proactive_patrol", "police_admin", "unclassified"],
}  # fmt: skip


@pytest.fixture
def raw() -> dict[str, Any]:
    """A copy of the bundled file, to be broken."""
    return copy.deepcopy(yaml.safe_load(TAXONOMY_PATH.read_text(encoding="utf-8")))


def test_ids_and_groups_are_the_published_ones_and_in_their_order() -> None:
    taxonomy = load_taxonomy()
    found = {group: [c.id for c in taxonomy.in_group(group)] for group in taxonomy.groups}
    assert found == GROUPS
    assert list(taxonomy.ids) == [i for ids in GROUPS.values() for i in ids]
    assert len(taxonomy.ids) == 40


def test_the_bundled_taxonomy_has_no_faults(raw: dict[str, Any]) -> None:
    assert check_taxonomy(raw) == []


def test_the_bundled_taxonomy_is_read_once() -> None:
    assert load_taxonomy() is load_taxonomy()
    assert load_taxonomy(TAXONOMY_PATH) == load_taxonomy()


def test_every_category_explains_itself() -> None:
    for category in load_taxonomy().categories.values():
        assert category.definition.endswith("."), category.id
        assert category.examples, category.id
        assert category.responders, category.id
        assert set(category.risk_flags) == set(RISK_FLAGS), category.id
        assert category.includes, category.id
        assert category.excludes or category.id == "unclassified", category.id


def test_a_bare_yes_or_no_in_the_file_stays_a_word() -> None:
    assert load_taxonomy().get("serious_violence").risk_flags["weapon"] == "yes"
    assert load_taxonomy().get("noise").risk_flags["weapon"] == "no"


def test_protocols_are_numbers_and_apco_codes_are_codes() -> None:
    for category in load_taxonomy().categories.values():
        assert all(p.split()[0] in ("EPD", "EMD") and len(p.split()) == 2 for p in category.protocols)
        assert all(code == code.upper() and code.isalnum() for code in category.apco_codes)


@pytest.mark.parametrize(
    ("case", "category"),
    [
        ("Bomb threat", "serious_violence"),
        ("Break-in to a vehicle", "property_crime"),
        ("arson", "property_crime"),
        ("Lost or found property", "property_crime"),
        ("property release", "police_admin"),
        ("Custody dispute or exchange of a child", "neighbor_civil_dispute"),
        ("A parent who takes or keeps a child unlawfully", "missing_person"),
        ("protest", "disturbance"),
        ("Animal bite", "animal"),
        ("explosion", "fire_medical"),
        ("Speed enforcement by radar", "traffic_stop"),
        ("Crash with no word on injury", "crash_no_injury"),
        ("routine back-up", "police_admin"),
        ("Vehicle pursuit", "other_crime"),
    ],
)
def test_cases_that_were_adjudicated_stand_where_they_were_put(case: str, category: str) -> None:
    assert any(case in line for line in load_taxonomy().get(category).includes)


def test_apco_codes_follow_the_adjudication() -> None:
    home = {code: c.id for c in load_taxonomy().categories.values() for code in c.apco_codes}
    assert len(home) == 245
    assert home["BOMB"] == "serious_violence"
    assert home["FARSON"] == "property_crime"
    assert home["CUST"] == "neighbor_civil_dispute"
    assert {home[code] for code in ("PURSUIT", "ELUDING", "RESIST", "ESCAPE")} == {"other_crime"}


def test_an_unknown_category_is_answered_with_a_suggestion() -> None:
    with pytest.raises(CodeBookError, match=r'no category is called "welfare_chek".*"welfare_check"'):
        load_taxonomy().get("welfare_chek")
    with pytest.raises(CodeBookError, match=r'no group is called "traffik".*"traffic"'):
        load_taxonomy().in_group("traffik")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"id": "assault"}, 'The id "assault" is used 2 times.'),
        ({"group": "violins"}, 'assault2: the group "violins" is not defined.'),
        ({"definition": " "}, 'assault2: "definition" is empty.'),
        ({"examples": "FIGHT"}, 'assault2: "examples" is not a list.'),
        ({"default_response": "polise"}, 'assault2: default_response "polise" is none of police,'),
        ({"risk_flags": {}}, 'assault2: the risk flag "weapon" is missing.'),
        (
            {"risk_flags": {"weapon": "maybe"}},
            'assault2: the risk flag weapon is "maybe", which is none of no,',
        ),
        ({"risk_flags": {"wepon": "no"}}, 'assault2: "wepon" is no risk flag.'),
        (
            {"excludes": ["Dogs -> animals"]},
            'assault2: an exclusion points to "animals", which is no category.',
        ),
        (
            {"excludes": ["Dogs -> see Animal"]},
            'assault2: the exclusion "Dogs -> see Animal" does not end in',
        ),
        ({"apco_codes": ["ASSAULT"]}, 'The APCO code "ASSAULT" stands 2 times.'),
        ({"sauce": "x"}, 'assault2: "sauce" is no field. Did you mean "source"?'),
    ],
)
def test_a_broken_category_is_described(raw: dict[str, Any], change: dict[str, Any], sentence: str) -> None:
    twin = copy.deepcopy(next(c for c in raw["categories"] if c["id"] == "assault"))
    raw["categories"].append({**twin, "id": "assault2", "apco_codes": [], **change})
    assert any(fault.startswith(sentence) for fault in check_taxonomy(raw)), check_taxonomy(raw)


def test_a_file_without_its_keys_is_described(raw: dict[str, Any]) -> None:
    assert check_taxonomy(["not", "a", "table"]) == ["The file is not a table of keys and values."]
    del raw["groups"]
    assert check_taxonomy(raw) == ['The key "groups" is missing.']


def test_an_unused_group_a_wrong_date_and_a_nameless_category_are_described(raw: dict[str, Any]) -> None:
    raw["groups"]["sports"] = "Sports"
    raw["reviewed"] = "last week"
    raw["categories"].append({"label": "Nameless"})
    assert check_taxonomy(raw) == [
        '"reviewed" is "last week", which is not a date such as 2026-11-21.',
        "1 of the categories have no id.",
        'The group "sports" has no category.',
    ]


def test_a_file_that_is_absent_or_broken_is_an_error_for_the_user(tmp_path: Path) -> None:
    with pytest.raises(CodeBookError, match="cannot be read"):
        load_taxonomy(tmp_path / "absent.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("categories: [", encoding="utf-8")
    with pytest.raises(CodeBookError, match="cannot be read"):
        load_taxonomy(broken)
    broken.write_text("version: 1", encoding="utf-8")
    with pytest.raises(CodeBookError, match=r'4 faults.*The key "reviewed" is missing'):
        load_taxonomy(broken)
