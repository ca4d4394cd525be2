"""The policy workbench as a visitor meets it: a choice moves the answer as the cascade of that policy says."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from app.job import Job
from app.policy_choices import (
    NO_REASON,
    Choices,
    Naming,
    categories,
    choices_of_link,
    link_of,
    only_changes,
    policy_of,
    variants_of,
)
from app.policy_outputs import comparison_tables
from app.wording import range_first
from call_codes.policy import Policy, load_policy, policy_names, policy_of_file
from call_codes.policy_check import DECISIONS
from call_codes.taxonomy import HAZARD_KINDS
from evaluation.before.call_kinds import call_kinds
from evaluation.before.cascade import cascade
from evaluation.before.category_weights import category_weights
from evaluation.before.changed_policy import policy_toml
from evaluation.before.workbench import compare_kinds
from tests.app.conftest import town_crosswalk, town_csv

ROOT = Path(__file__).resolve().parents[2]
PAGE = "views/eligibility.py"
BASE = load_policy("behavioral_health_plus")
DAY = date(2026, 11, 21)
pytestmark = pytest.mark.xdist_group("pages")

Visit = Callable[..., AppTest]


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Visit:
    """Open the page on the town of forty calls, every call type of which is signed; a link may say what is changed."""
    (tmp_path / "town.csv").write_text(town_csv(), encoding="utf-8")
    (tmp_path / "signed.csv").write_text(town_crosswalk(), encoding="utf-8")
    settings = tmp_path / "rightcall.toml"
    settings.write_text('files = ["town.csv"]\ncrosswalk = "signed.csv"\n', encoding="utf-8")

    def _visit(**link: str | list[str]) -> AppTest:
        monkeypatch.setattr(sys, "argv", ["home.py", str(settings)])
        visitor = AppTest.from_file(str(ROOT / "app" / "home.py"), default_timeout=60)
        for name, value in link.items():
            visitor.query_params[name] = value
        return visitor.run().switch_page(PAGE).run()

    return _visit


def words(visitor: AppTest) -> str:
    """Everything that the page says."""
    assert not visitor.exception
    kinds = ("title", "header", "subheader", "text", "markdown", "caption", "html")
    elements: list[Any] = [element for kind in kinds for element in getattr(visitor, kind, visitor.get(kind))]
    return "\n".join(str(getattr(e, "value", None) or getattr(e.proto, "body", "")) for e in elements)


def named(label: str = "Ours") -> Naming:
    return Naming(label, "Most are noise.", "", DAY)


def changed(choices: Choices, base: Policy = BASE, label: str = "Ours") -> Policy:
    return policy_of(base, choices, named(label))


def test_a_changed_category_moves_the_share_as_the_cascade_of_that_policy_says(
    visit: Visit, town: Job
) -> None:
    visitor = visit()
    assert "Nothing is changed" in words(visitor)
    assert "and 9 (22.5%) under the policy as written" in words(visitor)
    visitor.radio(key="takes_disturbance").set_value("eligible").run()
    said = words(visitor)
    found = cascade(town.calls, town.units, town.means, changed(Choices({"disturbance": "eligible"})))
    assert found.eligible.numerator == 17
    for share, unit in ((found.eligible, "calls"), (found.eligible_hours, "unit-hours")):
        assert share is not None
        assert range_first(share, unit).removeprefix("between") in said
    assert f"Counted: Eligible types under {BASE.label} (changed)" in said
    assert "8 calls and 4.0 unit-hours more than" in said
    assert "**Changed** (before: on a condition)." in said
    # What is open for every page is now asked under the policy that was built here.
    visitor.button(key="policy_use").click().run()
    assert f"Nothing is changed: this is “{BASE.label} (changed)” as it is." in words(visitor)
    job = visitor.session_state["rightcall"]["opened"].job
    assert job.policy.rule_for("disturbance").reason == NO_REASON
    assert range_first(job.cascade.eligible, "calls") == range_first(found.eligible, "calls")


def test_what_is_chosen_stays_when_another_page_is_visited_and_is_undone_by_one_button(visit: Visit) -> None:
    visitor = visit()
    visitor.radio(key="takes_disturbance").set_value("eligible").run()
    visitor.checkbox(key="danger_minor").set_value(True).run()
    visitor.switch_page("views/about.py").run()
    visitor.switch_page(PAGE).run()
    assert visitor.radio(key="takes_disturbance").value == "eligible"
    assert visitor.checkbox(key="danger_minor").value is True
    visitor.button(key="eligibility_undo").click().run()
    assert visitor.radio(key="takes_disturbance").value == "conditional"
    assert "Nothing is changed" in words(visitor)


def test_beside_each_category_stands_what_it_would_add_and_small_counts_do_not_show(
    visit: Visit, town: Job
) -> None:
    visitor = visit()
    said = words(visitor)
    assert "Adds 20.0% when taken: 8 calls, 4.0 unit-hours." in said  # disturbance
    assert "Would add fewer than 5 calls." in said  # noise, two calls
    # Five calls of a mental-health crisis state a weapon: taking the category adds none of them.
    kinds = call_kinds(town.calls, town.units)
    weights = {row[0]: row[1] for row in category_weights(kinds, BASE).iter_rows()}
    assert (weights["mental_health_crisis"], weights["disturbance"], weights["noise"]) == (0, 8, 2)
    for category in ("disturbance", "noise", "welfare_check"):
        with_it, without = (
            cascade(town.calls, town.units, town.means, changed(Choices({category: decision})))
            for decision in ("eligible", "excluded")
        )
        added = with_it.eligible_in_hours.numerator - without.eligible_in_hours.numerator
        assert added == weights[category]
    visitor.radio(key="takes_noise").set_value("eligible").run()
    assert "fewer than 5" in next(
        h for h in words(visitor).split("<table") if "<caption>Categories that differ" in h
    )


def test_a_danger_can_be_added_and_none_of_the_policy_can_be_taken_away(visit: Visit) -> None:
    visitor = visit(changed="mental_health_crisis:eligible", dangers="minor")
    before = words(visitor)
    assert "and 9 (22.5%) under the policy as written" in before
    assert all(visitor.checkbox(key=f"danger_{kind}").disabled for kind in BASE.hazards_excluded)
    # Even a page that sends it all the same changes nothing: the five armed calls stay with police.
    visitor.session_state["danger_weapon"] = False
    visitor.run()
    assert "and 9 (22.5%) under the policy as written" in words(visitor)


@settings(max_examples=15)
@given(
    decisions=st.dictionaries(st.sampled_from(categories()), st.sampled_from(DECISIONS)),
    dangers=st.sets(st.sampled_from(HAZARD_KINDS)),
    more=st.sampled_from(HAZARD_KINDS),
    name=st.sampled_from(policy_names()),
)
def test_no_set_of_dangers_ever_brings_a_call_in(
    town: Job, decisions: dict[str, str], dangers: set[str], more: str, name: str
) -> None:
    base = load_policy(name)
    kinds = call_kinds(town.calls, town.units)
    eligible = []
    for chosen in ((), tuple(dangers), (*dangers, more)):
        choices = only_changes(base, Choices(decisions, chosen))
        policy = changed(choices, base)
        assert set(base.hazards_excluded) <= set(policy.hazards_excluded)
        share = compare_kinds(kinds, variants_of(base, choices, policy)).cascades[policy.id].eligible
        eligible.append((share.low, share.numerator, share.high))
    assert eligible[0] >= eligible[1] >= eligible[2]


def test_hours_that_cannot_be_read_are_explained_and_the_answer_stays(visit: Visit) -> None:
    visitor = visit()
    visitor.selectbox(key="eligibility_hours").set_value("Hours of your own").run()
    visitor.text_input(key="eligibility_own_hours").set_value("mon-fri 17:00-09:00").run()
    said = words(visitor)
    assert "end before or when they start" in said
    assert "write its end as 33:00" in said
    assert "Nothing is changed" in said
    assert "hours" not in visitor.query_params
    visitor.text_input(key="eligibility_own_hours").set_value("mon-fri 09:00-17:00").run()
    said = words(visitor)
    assert "end before or when they start" not in said
    assert "The same within its hours" in said
    assert visitor.query_params["hours"] == "mon-fri 09:00-17:00"


def test_a_link_restores_the_choices_and_says_what_it_could_not_use(visit: Visit, town: Job) -> None:
    choices = Choices(
        {"disturbance": "eligible", "welfare_check": "excluded"},
        ("minor",),
        "mon-fri 09:00-17:00",
        ("South",),
    )
    visitor = visit(**link_of(choices))
    policy = changed(choices)
    result = compare_kinds(call_kinds(town.calls, town.units), variants_of(BASE, choices, policy))
    last = result.steps.filter(policy=policy.id, judged_on="initial").row(-1, named=True)
    assert f"and {last['calls_policy']} (" in words(visitor)
    assert visitor.radio(key="takes_welfare_check").value == "excluded"
    assert visitor.multiselect(key="eligibility_areas").value == ["South"]
    assert "The same within its hours and areas" in words(visitor)
    faulty = visit(
        changed="disturbanse:eligible,noise:yes,noise:excluded", hours="never", areas=["Moon"], dangers="cold"
    )
    said = words(faulty)
    assert 'Did you mean "disturbance"?' in said
    for part in ('the decision "yes"', 'the hours "never"', 'the area "Moon"', 'the danger "cold"'):
        assert part in said
    assert "Nothing is changed" in said
    assert set(faulty.query_params) == {"policy"}


_choices = st.builds(
    Choices,
    st.dictionaries(st.sampled_from(categories()), st.sampled_from(DECISIONS)),
    st.sets(st.sampled_from(HAZARD_KINDS)).map(tuple),
    st.sampled_from([None, "mon-sun 00:00-24:00", "fri-sat 20:00-28:00; sun 10:00-11:30"]),
    st.sets(st.sampled_from(["North, <b>", "South&areas=x", "3:A"])).map(sorted).map(tuple),
)


@given(choices=_choices, name=st.sampled_from(policy_names()))
def test_every_choice_comes_back_from_its_link_and_from_its_file(choices: Choices, name: str) -> None:
    base = load_policy(name)
    choices = only_changes(base, choices)
    areas = ["3:A", "North, <b>", "South&areas=x"]
    assert choices_of_link(link_of(choices), base, areas) == (choices, [])
    policy = changed(choices, base)
    assert policy_of_file(policy_toml(policy).encode(), "ours.toml") == policy or policy is base
    if not choices.nothing:
        assert {c: policy.rule_for(c).decision for c in categories()} == {
            c: choices.decisions.get(c, base.rule_for(c).decision) for c in categories()
        }


def test_the_saved_file_gives_the_page_numbers_on_the_command_line(
    visit: Visit, town: Job, rightcall: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    choices = Choices({"disturbance": "eligible", "noise": "conditional"}, (), "mon-fri 09:00-17:00")
    policy = changed(choices, label=f"{BASE.id} changed")
    saved = tmp_path / "ours.toml"
    saved.write_bytes(policy_toml(policy).encode())
    result = compare_kinds(call_kinds(town.calls, town.units), variants_of(BASE, choices, policy))
    found = result.cascades[policy.id]
    visitor = visit(**link_of(choices))
    assert range_first(found.eligible_in_hours, "calls").removeprefix("between") in words(visitor)

    files = (tmp_path / "town.csv", "--crosswalk", tmp_path / "signed.csv")
    code, out, error = rightcall("run", *files, "--policy", saved, "--out", tmp_path / "out", "--json")
    assert code == 0, error
    told = json.loads(out)
    assert told["eligible"] == found.eligible.as_dict()
    assert told["eligible_in_hours"] == found.eligible_in_hours.as_dict()
    assert told["cascade"] == found.steps.to_dicts()
    assert told["losses"] == found.losses.to_dicts()
    assert told["sensitivity"] == found.sensitivity.to_dicts()

    change = ("--change", "disturbance=eligible", "--change", "noise=conditional")
    code, out, error = rightcall("policies", *files, *change, "--hours", choices.schedule, "--json")
    assert code == 0, error
    tables = comparison_tables(result, town.settings.smallest_count)
    assert json.loads(out) == {name.removesuffix(".csv"): t.to_dicts() for name, t in tables.items()}


def test_a_policy_file_is_loaded_or_its_faults_are_explained(visit: Visit) -> None:
    visitor = visit()
    faulty = policy_toml(BASE).replace('decision = "eligible"', 'decision = "maybe"')
    for content, sentence in (
        (b"not = toml = at all", "is not valid TOML"),
        (bytes(range(256)), "is not valid TOML"),
        (faulty.encode(), '"maybe", which is none of eligible, conditional, excluded'),
    ):
        visitor.file_uploader(key="policy_file").set_value(("ours.toml", content, "application/toml")).run()
        assert sentence in words(visitor)
        assert not any(button.key == "policy_load" for button in visitor.button)
    ours = changed(Choices({"disturbance": "eligible"}), label="Ours *2026*")
    content = policy_toml(ours).encode()
    visitor.file_uploader(key="policy_file").set_value(("ours.toml", content, "application/toml")).run()
    assert "Ours *2026*. As of November 2026." in words(visitor)
    visitor.button(key="policy_load").click().run()
    said = words(visitor)
    assert "Nothing is changed: this is “Ours *2026*” as it is." in said
    assert "and 17 (42.5%) under the policy as written" in said
    # The name is text: it stands in no element that reads markup, but escaped in tables.
    assert not any("Ours *2026*" in element.value for element in visitor.markdown)


def test_areas_and_names_from_the_export_are_never_markup(visit: Visit) -> None:
    visitor = visit(areas=["North <b>"], changed="disturbance:eligible")
    said = words(visitor)
    assert "North &lt;b&gt;" in said
    assert not any("North <b>" in html.proto.body for html in visitor.get("html"))
    assert visitor.multiselect(key="eligibility_areas").options == ["North <b>", "South"]
