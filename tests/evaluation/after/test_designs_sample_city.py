"""The sample city: what was built into it lies inside the interval of every design that its study is offered.

Twenty-eight intervals between areas and four between single calls; each is to hold with 95 %, and the city is one draw.
"""

from __future__ import annotations

from typing import Any

import pytest

from evaluation.after.build_calls import build_calls
from evaluation.after.build_panel import BuiltPanel
from evaluation.after.cohort import StudyCalls
from evaluation.after.designs import Facts, offered
from evaluation.after.results import Effect
from evaluation.after.run_design import run_design
from evaluation.after.study import Study

# Outcome of the example study → its true rate ratio in truth.toml.
TRUTH = {
    "police_hours": ("police_unit_hours", "designed_ratio"),
    "arrests": ("arrests", "designed_ratio"),
    "targeted_reports": ("reports", "targeted_ratio"),
    "eligible_calls": ("none_by_design", "eligible_calls_ratio"),
    "off_hours": ("none_by_design", "eligible_off_hours_police_unit_hours_ratio"),
    "other_types": ("none_by_design", "ineligible_police_unit_hours_ratio"),
    "untargeted_reports": ("reports", "untargeted_ratio"),
}


@pytest.mark.parametrize("outcome", sorted(TRUTH))
def test_every_offered_design_holds_what_was_built_in(
    outcome: str, sample_panel: BuiltPanel, truth: dict[str, Any]
) -> None:
    part, key = TRUTH[outcome]
    true = truth["effects"][part][key] - 1
    fitting = [
        offer.design
        for offer in offered(sample_panel.panel, Facts())
        if offer.fits and offer.design.unit == "area"
    ]
    assert {design.id for design in fitting} == {
        "staggered",
        "imputation",
        "sun_abraham",
        "poisson_staggered",
    }
    for design in fitting:
        found = design.function(sample_panel.panel, outcome)
        assert isinstance(found, Effect), found
        assert found.p_value is not None, design.id
        assert found.relative_low is not None, design.id
        assert found.relative_high is not None, design.id
        assert found.relative_low <= true <= found.relative_high, (
            design.id,
            found.relative_low,
            found.relative_high,
        )


@pytest.mark.parametrize("outcome", ["police_hours", "arrests"])
def test_every_offered_design_of_single_calls_holds_it_with_the_clusters_of_the_assignment(
    outcome: str,
    sample_study: Study,
    sample_calls: StudyCalls,
    sample_panel: BuiltPanel,
    truth: dict[str, Any],
) -> None:
    part, key = TRUTH[outcome]
    true = truth["effects"][part][key] - 1
    calls = build_calls(sample_study, sample_calls)
    facts = Facts(clock_minutes=True, call_covariates=sample_study.covariates)
    fitting = [one.design for one in offered(None, facts) if one.fits]
    assert {"hour_boundary", "call_level_aipw"} <= {design.id for design in fitting}
    for design in fitting:
        found = run_design(design, outcome, sample_panel.panel, calls, sample_study, facts, 0)
        assert isinstance(found, Effect), found
        assert found.p_value is not None
        if found.relative_low is None or found.relative_high is None:
            # No share of a baseline that is not positive: then the difference itself must hold the saving per call.
            per_call = "hours_saved_per_call" if outcome == "police_hours" else "arrests_per_call_difference"
            saved = -abs(truth["effects"][part][per_call])
            assert found.low is not None
            assert found.high is not None
            assert found.low <= saved <= found.high, (design.id, found.low, found.high)
        else:
            assert found.relative_low <= true <= found.relative_high, (design.id, found.relative)
        if design.id == "call_level_aipw":
            assert found.details["clustered_by"] == "area"
