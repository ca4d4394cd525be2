"""The expected eligible share: known sums, a range that carries doubt, and laws that it keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from call_codes.errors import InputError
from call_codes.policy import Rule, load_policy
from classifier.eligible_share import EligibleShare, agency_effect, eligible_chances, eligible_share

POLICY = load_policy("behavioral_health_plus")
TYPE: dict[str, Any] = {
    "category": "welfare_check",
    "hazard": False,
    "hazard_kinds": "",
    "hazard_reason": "",
    "basis": "model",
}


def chances(*types: tuple[dict[str, float], dict[str, object]], policy: Any = POLICY) -> pl.DataFrame:
    """Types as (category → probability, other columns), each with the weight `calls` of 1 unless given."""
    table = pl.DataFrame([{**TYPE, "calls": 1, **columns} for _, columns in types])
    shares = [(row, c, p) for row, (dist, _) in enumerate(types) for c, p in dist.items()]
    probabilities = pl.DataFrame(shares, schema=["type_row", "category", "probability"], orient="row")
    return eligible_chances(table, probabilities, policy)


def share(table: pl.DataFrame, **options: Any) -> EligibleShare:
    return eligible_share(table, "calls", POLICY, **{"draws": 400, **options})


def test_the_chance_of_a_type_is_the_sum_over_what_it_may_be_and_conditions_stand_apart() -> None:
    table = chances(({"welfare_check": 0.6, "suicide_risk": 0.1, "trespass": 0.2, "burglary": 0.1}, {}))
    row = table.row(0, named=True)
    assert row["eligible_chance"] == pytest.approx(0.7)
    assert row["conditional_chance"] == pytest.approx(0.2)


def test_a_danger_that_the_text_states_leaves_no_chance_and_a_suspicion_takes_its_probability_off() -> None:
    armed = {"hazard": True, "hazard_kinds": "weapon", "hazard_reason": 'weapon stated: "GUN"'}
    remarked = {"hazard": True, "hazard_kinds": "weapon", "hazard_reason": "weapon stated in the remarks"}
    suspected = {"hazard": True, "hazard_reason": "model: 0.40"}
    table = chances(*(({"welfare_check": 1.0}, danger) for danger in (armed, remarked, suspected)))
    assert table["eligible_chance"].to_list() == pytest.approx([0.0, 0.0, 0.6])
    assert table["certain"].to_list() == [True, True, False]


def test_a_dangerous_category_that_is_only_one_guess_of_several_does_not_wipe_out_the_others() -> None:
    guess = {"category": "assault", "hazard": True, "hazard_kinds": "violence", "hazard_reason": "category"}
    table = chances(({"assault": 0.55, "welfare_check": 0.45}, guess))
    assert table["eligible_chance"].to_list() == pytest.approx([0.45])


def test_signed_types_leave_no_doubt_so_the_range_is_the_policys_own() -> None:
    table = chances(
        ({"welfare_check": 1.0}, {"basis": "signed", "calls": 30}),
        ({"trespass": 1.0}, {"category": "trespass", "basis": "signed", "calls": 20}),
        ({"burglary": 1.0}, {"category": "burglary", "basis": "code_book", "calls": 50}),
    )
    found = share(table)
    assert (found.eligible.low, found.eligible.numerator, found.eligible.high) == (30, 30, 50)
    assert (found.eligible.denominator, found.conditional, found.unsigned) == (100, 20, 0)


def test_what_was_never_guessed_counts_in_the_high_alone() -> None:
    blank = {"category": "unclassified", "basis": "blank", "calls": 10}
    found = share(chances(({"unclassified": 1.0}, blank), ({"welfare_check": 1.0}, {"basis": "signed"})))
    assert (found.eligible.low, found.eligible.numerator, found.eligible.high) == (1, 1, 11)
    assert found.unknown == 10


def test_one_heavy_doubtful_type_makes_the_range_as_wide_as_its_weight() -> None:
    heavy = chances(
        ({"welfare_check": 0.7, "burglary": 0.3}, {"calls": 80}),
        ({"burglary": 1.0}, {"category": "burglary", "basis": "signed", "calls": 20}),
    )
    found = share(heavy)
    assert found.eligible.share == pytest.approx(0.56)
    assert (found.eligible.low_share, found.eligible.high_share) == (0.0, 0.8)
    assert found.unsigned_share == 1.0


def test_without_an_agency_effect_the_range_is_that_of_a_poisson_binomial_sum() -> None:
    """200 types of equal weight at 0.5: the exact binomial quantiles are 86 and 114."""
    table = chances(*[({"welfare_check": 0.5, "burglary": 0.5}, {})] * 200)
    found = share(table, effect=0.0, draws=4000)
    assert found.eligible.numerator == pytest.approx(100)
    assert found.eligible.low == pytest.approx(86, abs=1)
    assert found.eligible.high == pytest.approx(114, abs=1)


def test_errors_that_the_types_share_widen_the_range() -> None:
    table = chances(*[({"welfare_check": 0.5, "burglary": 0.5}, {})] * 200)
    alone, together = share(table, effect=0.0), share(table, effect=1.0)
    assert together.eligible.high - together.eligible.low > 3 * (alone.eligible.high - alone.eligible.low)


def test_light_types_beyond_those_drawn_one_by_one_still_count(monkeypatch: pytest.MonkeyPatch) -> None:
    table = chances(*[({"welfare_check": 0.5, "burglary": 0.5}, {})] * 300)
    one_by_one = share(table).eligible
    monkeypatch.setattr("classifier.eligible_share.DRAWN_TYPES", 100)
    binned = share(table).eligible
    assert binned.numerator == one_by_one.numerator
    assert binned.low == pytest.approx(one_by_one.low, abs=12)
    assert binned.high == pytest.approx(one_by_one.high, abs=12)


_type = st.tuples(
    st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3).filter(lambda p: sum(p) > 0.01),
    st.integers(0, 1000),
    st.sampled_from(["", 'weapon stated: "GUN"', "model: 0.50"]),
)


@settings(max_examples=40, deadline=None)
@given(types=st.lists(_type, min_size=1, max_size=8), seed=st.integers(0, 5))
def test_the_range_holds_the_point_and_more_conditions_never_lower_the_high(
    types: list[tuple[list[float], int, str]], seed: int
) -> None:
    rows = [
        (
            dict(zip(("welfare_check", "trespass", "noise"), np.array(p) / sum(p), strict=True)),
            {"calls": calls, "hazard": bool(reason), "hazard_reason": reason},
        )
        for p, calls, reason in types
    ]
    rule = Rule(("noise",), "conditional", "scope", "Only when asked.", True)
    wider = replace(POLICY, rules=(rule, *POLICY.rules))
    before, after = share(chances(*rows), seed=seed), share(chances(*rows, policy=wider), seed=seed)
    for found in (before.eligible, after.eligible):
        assert found.low <= found.numerator <= found.high <= found.denominator + 1e-9
    assert after.eligible.high >= before.eligible.high
    assert after.eligible.low == before.eligible.low


def test_the_same_seed_gives_the_same_range() -> None:
    table = chances(*[({"welfare_check": 0.4, "burglary": 0.6}, {"calls": n}) for n in range(1, 30)])
    assert share(table, seed=3) == share(table, seed=3)


def test_no_calls_at_all_have_no_share() -> None:
    found = share(chances(({"welfare_check": 1.0}, {"calls": 0})))
    assert found.eligible.share is None
    assert found.unsigned_share is None


def test_the_agency_effect_is_read_from_its_file() -> None:
    assert 0.3 <= agency_effect() <= 2.0


def test_probabilities_of_other_rows_are_a_fault_of_the_input() -> None:
    table = pl.DataFrame([{**TYPE, "calls": 1}] * 2)
    one = pl.DataFrame({"type_row": [0], "category": ["noise"], "probability": [1.0]})
    with pytest.raises(InputError, match="probabilities"):
        eligible_chances(table, one, POLICY)
