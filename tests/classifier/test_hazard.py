"""The hazard patterns: every row's own examples, negation, and what makes a hazard."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_codes.errors import CodeBookError
from classifier.hazard import (
    PATTERNS_PATH,
    HazardPattern,
    find_hazards,
    hazard_text,
    is_denied,
    is_hazard,
    load_patterns,
    stated_kinds,
)

PATTERNS = load_patterns()
SIGNS = [p for p in PATTERNS if p.level in ("stated", "implied")]
NEGATIONS = [p for p in PATTERNS if p.level == "negated"]
SOFTENERS = [p for p in PATTERNS if p.level == "softened"]


def name(pattern: HazardPattern) -> str:
    return f"{'+'.join(pattern.kinds)}-{pattern.level}-{pattern.hit}"


def levels(text: str) -> dict[str, str]:
    return {finding.kind: finding.level for finding in find_hazards(text)}


@pytest.mark.parametrize("pattern", SIGNS, ids=name)
def test_a_pattern_hits_its_own_example_and_leaves_its_counter_example(pattern: HazardPattern) -> None:
    assert pattern.expression.search(hazard_text(pattern.hit))
    for kind in pattern.kinds:
        assert levels(pattern.hit).get(kind) == pattern.level
        assert levels(pattern.miss).get(kind) != pattern.level


@pytest.mark.parametrize("pattern", NEGATIONS, ids=name)
def test_a_negated_phrase_is_struck_out_and_its_counter_example_is_not(pattern: HazardPattern) -> None:
    assert pattern.expression.search(hazard_text(pattern.hit))
    assert not pattern.expression.search(hazard_text(pattern.miss))
    for kind in pattern.kinds:
        assert levels(pattern.hit).get(kind) != "stated"


@pytest.mark.parametrize("pattern", SOFTENERS, ids=name)
def test_a_softening_word_takes_away_what_is_only_implied(pattern: HazardPattern) -> None:
    assert pattern.expression.search(hazard_text(pattern.hit))
    assert not pattern.expression.search(hazard_text(pattern.miss))
    for kind in pattern.kinds:
        assert kind not in levels(pattern.hit)
        assert levels(pattern.miss).get(kind) == "implied"


@pytest.mark.parametrize(
    "text",
    [
        "DISTURBANCE - NO WEAPON",
        "DISTURBANCE W/O WPN",
        "DISTURBANCE WITHOUT WEAPONS",
        "MENTAL SUBJECT NON-VIOLENT",
        "MENTAL SUBJECT NONVIOLENT",
        "MENTAL SUBJ - NOT VIOLENT",
        "UNARMED SUBJECT",
        "DOMESTIC, VERBAL ONLY",
        "ACCIDENT NO INJ",
        "SUBJECT DENIES WEAPON",
        "EDP - NO WEAPONS OR VIOLENCE",
        "DISTURBANCE, WEAPON: NO",
        "SUICIDE THREAT",
        "THREATENING SUICIDE",
        "PANIC ATTACK",
        "DEAD BATTERY",
        "SHOPLIFTING",
        "AGGRESSIVE DRIVER",
        "FIREWORKS",
        "DISPUTE - NO INJURIES, WEAPONS OR THREATS",
        "ARGUMENT (NO WPN/ASLT/THRT)",
        "NEIGHBOR PROBLEM WITHOUT THREATS OR VIOLENCE",
        "LOUD VERBAL FIGHT",
        "ROAD DEBRIS - THREAT TO PUBLIC SAFETY",
        "NON-URGENT COVER FOR OFFICER",
        "COVER OFFICER - ROUTINE",
        "FIGHT VERBAL NO INJ/WPN",
        "ARGUMENT W/O DRUGS/WEAPONS",
        "10-33 ALARM AUDIBLE",
    ],
)
def test_a_text_that_denies_the_danger_is_no_hazard(text: str) -> None:
    assert not is_hazard(find_hazards(text))


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("MENTAL VIOLENT - ARMED", {"weapon", "violence"}),
        ("WELFARE CHECK W/KNIFE", {"weapon"}),
        ("SUICIDAL SUBJ W/ GUN", {"weapon", "medical_emergency"}),
        ("NO WEAPON SEEN, ASSAULT", {"violence"}),
        ("VERBAL DISPUTE W/ GUN", {"weapon"}),
        ("NON-VIOLENT SUBJ ARMED WITH KNIFE", {"weapon"}),
        ("THREATS TO NEIGHBOR", {"threat"}),
        ("OFFICER NEEDS HELP", {"officer_emergency"}),
        ("DOMESTIC W/WEAPON", {"weapon", "domestic"}),
        ("JUVENILE FIGHTING", {"violence", "minor"}),
        ("NO WEAPON, INJURY OR DRUGS; ASSAULT", {"violence"}),
        ("BRAWL WITH OR WITHOUT WEAPONS", {"weapon", "violence"}),
        ("VERBAL FIGHT WITH KNIFE", {"weapon"}),
        ("VERBAL AND PHYSICAL FIGHT", {"violence"}),
        ("URGENT COVER REQUESTED", {"officer_emergency"}),
        ("COVER DEPUTY IMMEDIATELY", {"officer_emergency"}),
        ("DEPUTY SHOUTING FOR HELP", {"officer_emergency"}),
        ("10-33 UNIT NEEDS AID", {"officer_emergency"}),
        ("NO INJ/ASLT", {"violence"}),
        ("NO INJ/GUN SEEN", {"weapon"}),
        ("STATUTORY RAPE", {"violence"}),
        ("MEDIC NEEDS HELP", {"officer_emergency"}),
    ],
)
def test_a_stated_danger_is_found_whatever_the_topic_says(text: str, kinds: set[str]) -> None:
    findings = find_hazards(text)
    assert set(stated_kinds(findings)) == kinds
    assert is_hazard(findings)


@pytest.mark.parametrize(
    "text",
    [
        "KIDN",
        "SHTG",
        "PHY-FIGHT",
        "FAM FGHT PHYS",
        "DOMES-VIO",
        "DMSTC BTTRY",
        "RBBRY",
        "ROBGUN",
        "PSY-VIOL",
        "BRNDSH",
        "OFC TRBL",
        "OFFCR NDS HLP",
        "ACTI-SHOO",
        "SUSP/PACKAGE",
        "HUSBAND HIT WIFE",
        "PUNCHES THROWN",
        "BITE FROM PERSON",
        "THROWING MISSILE AT PERSON",
        "TRYING TO RUN PEOPLE OVER",
        "STRUCK BY CAR INTENTIONALLY",
        "FORCIBLE TOUCHING",
        "INDECENT LIBERTIES",
        "FELONIOUS RESTRAINT",
        "OBSTRUCTION OF BREATHING",
        "CRUELTY TO PERSONS WITH INFIRMITIES",
        "INJURY TO DISABLED INDIVIDUAL",
        "TRAFFICKING IN PERSONS",
        "FIGHT - BATS",
        "ASLT W/DW",
        "AGG BATT",
        "CSC 1ST",
        "HOT PROWL",
        "ARSON OF OCCUPIED STRUCTURE",
        "SHOOTING INTO DWELLING",
        "CORPORAL INJURY",
    ],
)
def test_short_forms_and_titles_of_statutes_state_their_danger(text: str) -> None:
    assert is_hazard(find_hazards(text))


@pytest.mark.parametrize(
    "text",
    [
        "SHOTGUN HOUSE",
        "CAULKING GUN",
        "SHOTS OF TEQUILA",
        "GUN LAW QUESTION",
        "WEAPON LAW INFO",
        "BOMB CYCLONE",
        "MENACING DOG",
        "UNLAWFUL RESTRAINT OF DOG",
        "ILLEGAL DISCHARGE TO STORM DRAIN",
        "FIREWORKS - ILLEGAL DISCHARGE",
        "ALLERGY ATTACK",
        "BATTERY ACID SPILL",
        "LITHIUM BATTERY SMOKING",
        "BARRICADE MISSING",
        "WATER SHUT OFF HELP",
        "TIRES SLASHED",
        "K9 EXPLOSIVES TRAINING",
        "ROBBERY/HOLDUP ALARM",
        "ALARM - BANK ROBBERY",
        "DURESS BUTTON",
        "FOLLOW UP - ASSAULT",
        "DIRECTED PATROL SHOOTINGS",
        "WARRANT SERVICE - ASSAULT",
        "10-33 TRAFFIC STOP",
        "KIDNEY STONE",
        "SOLAR FARM ALARM",
    ],
)
def test_a_thing_that_only_sounds_dangerous_is_no_hazard(text: str) -> None:
    assert not is_hazard(find_hazards(text))


@pytest.mark.parametrize("text", ["CUSTOMER DISPUTE - NO WEAPONS", "DOMESTIC, VERBAL ONLY", "DEAD BATTERY"])
def test_a_denial_is_seen_where_the_danger_is_denied_or_explained(text: str) -> None:
    assert is_denied(text)


@pytest.mark.parametrize("text", [None, "", "ASSAULT", "ACCIDENT NO INJ", "WELFARE CHECK"])
def test_a_text_that_denies_no_weapon_violence_or_threat_is_no_denial(text: str | None) -> None:
    assert not is_denied(text)


def test_a_child_or_a_medical_emergency_is_told_but_is_no_hazard_by_itself() -> None:
    findings = find_hazards("UNCONSCIOUS CHILD")
    assert set(stated_kinds(findings)) == {"medical_emergency", "minor"}
    assert not is_hazard(findings)


@pytest.mark.parametrize(
    "text",
    [
        "SUBJECT THREATENING TO JUMP",
        "JUMPER",
        "MAN SITTING ON LEDGE",
        "SUICIDAL FEMALE - OVERPASS",
        "STUDENT TRYING TO HANG SELF",
        "SUICIDAL W/RAZOR BLADE",
        "SUICIDAL, ROPE IN HAND",
    ],
)
def test_a_person_about_to_die_is_a_medical_emergency_like_a_suicide_attempt(text: str) -> None:
    assert "medical_emergency" in stated_kinds(find_hazards(text))


@pytest.mark.parametrize(
    "text", ["SUICIDAL THOUGHTS", "SUICIDAL - NO MEANS", "JUMPER CABLES", "FARE JUMPER", "TEENS HANGING OUT"]
)
def test_talk_of_suicide_and_other_jumping_or_hanging_states_no_medical_emergency(text: str) -> None:
    assert "medical_emergency" not in stated_kinds(find_hazards(text))


def test_a_denied_list_is_denied_item_by_item() -> None:
    assert hazard_text("No weapons, threats or drugs") == "NO WEAPONS NO THREATS NO DRUGS"
    assert hazard_text("NO WEAPON SEEN, ASSAULT") == "NO WEAPON SEEN ASSAULT"


def test_a_finding_says_which_words_gave_it() -> None:
    (finding,) = find_hazards("Man w/gun")
    assert (finding.kind, finding.level, finding.phrase) == ("weapon", "stated", "GUN")


def test_no_pattern_stands_twice() -> None:
    rows = [(p.expression.pattern, p.kinds, p.level) for p in PATTERNS]
    assert len(rows) == len(set(rows))


@given(
    st.lists(st.sampled_from(["GUN", "NO", "WEAPON", "VERBAL", "FIGHT", "W/O", "ARMED", "CHILD"]), max_size=6)
)
def test_appending_a_stated_weapon_always_gives_a_hazard(words: list[str]) -> None:
    assert "weapon" in stated_kinds(find_hazards(" ".join([*words, "; SUSPECT SEEN HOLDING MACHETE"])))


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("GUN,wepon,stated,GUN,X,", "wepon"),
        ("GUN,weapon,certain,GUN,X,", "certain"),
        ("GUN(,weapon,stated,GUN,X,", "broken"),
    ],
)
def test_a_faulty_pattern_row_is_named(tmp_path: Path, row: str, fault: str) -> None:
    file = tmp_path / "patterns.csv"
    file.write_text(f"pattern,kind,level,hit,miss,note\n{row}\n", encoding="utf-8")
    with pytest.raises(CodeBookError, match=fault):
        load_patterns(file)


def test_the_shipped_table_is_sorted_out_by_level_and_has_examples_in_every_row() -> None:
    assert PATTERNS_PATH.is_file()
    assert all(p.hit and p.miss for p in PATTERNS)
