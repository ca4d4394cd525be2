"""A plan that is written as a file is read back as the same plan."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_codes.errors import InputError, UsageError
from evaluation.before.cost import Amount
from evaluation.before.plan_file import settings_of
from evaluation.before.plan_settings import Durations, People, PlanSettings, Rollout, Target, teams_of
from evaluation.before.plan_toml import plan_toml
from evaluation.before.roster import Team
from evaluation.before.simulation import Rules

shares = st.floats(0, 1)
texts = st.text(st.characters(exclude_categories=("Cs",)))
amounts = st.tuples(
    st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6), texts, st.integers(1990, 2030)
).map(lambda drawn: Amount(sorted(drawn[:3])[1], min(drawn[:3]), max(drawn[:3]), drawn[3], drawn[4]))
rules = st.builds(
    lambda ends, joint, back_up, hold, limit, source: Rules(
        sorted(ends)[1], min(ends), max(ends), source, joint, back_up, hold, limit
    ),
    st.tuples(shares, shares, shares),
    shares,
    shares,
    st.one_of(st.none(), st.floats(0, 600)),
    st.one_of(st.none(), st.integers(0, 50)),
    texts,
)
teams = st.lists(
    st.builds(
        Team,
        texts,
        st.sampled_from(("mon-fri 09:00-17:00", "thu-sat 18:00-26:00; sun 08:00-16:00")),
        st.one_of(st.none(), st.lists(texts, min_size=1, max_size=3).map(tuple)),
        st.one_of(st.none(), texts),
        st.floats(0, 60),
        st.floats(0, 30),
        st.just(3.5),
    ),
    min_size=1,
    max_size=3,
).map(tuple)


@given(
    teams,
    rules,
    st.builds(Durations, st.floats(0.1, 3), st.one_of(st.none(), st.just((40.0, 95.5))), st.none(), texts),
    st.builds(People, st.integers(1, 5), st.one_of(st.none(), st.floats(1, 2500)), st.floats(0, 9), st.one_of(st.none(), st.integers(0, 9)), texts),
    st.builds(Rollout, st.one_of(st.none(), st.integers(1, 9)), st.integers(2, 24), st.integers(1, 24), st.integers(1, 4)),
    st.one_of(st.none(), st.dictionaries(st.sampled_from(("person_per_year", "booking")), amounts)),
    amounts,
)  # fmt: skip
def test_any_plan_is_read_back_as_it_was_written(teams, rules, durations, people, rollout, costs, avoided):
    avoided = Amount(avoided.value, avoided.low, avoided.high, avoided.source)
    settings = PlanSettings(teams, rules, durations, people, rollout, costs, {"booking": avoided})
    assert settings_of(plan_toml(settings, "A heading\nof two lines"), "plan.toml", None) == settings


def test_a_target_is_written_with_the_hours_and_not_with_a_number_of_teams():
    settings = PlanSettings(teams_of(1, "mon-fri 09:00-17:00", ("Dock",)), target=Target(0.8))
    text = plan_toml(settings)
    assert settings_of(text, "plan.toml", None) == settings
    assert "[[team]]" not in text


def test_an_amount_in_the_plan_needs_its_source_and_a_cost_file_must_be_there():
    teams = 'teams = 1\nhours = "mon-fri 09:00-17:00"\n'
    with pytest.raises(InputError, match=r"no source and no year in \[costs.person_per_year\]"):
        settings_of(teams + "[costs.person_per_year]\nvalue = 3\n", "plan.toml", None)
    with pytest.raises(UsageError, match="did not come with"):
        settings_of('costs = "costs.toml"\n' + teams, "plan.toml", None)
