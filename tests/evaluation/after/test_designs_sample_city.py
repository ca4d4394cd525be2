"""The sample city: what was built into it lies inside the interval of every design that its study is offered."""

from __future__ import annotations

from typing import Any

import pytest

from evaluation.after.build_panel import BuiltPanel
from evaluation.after.designs import Facts, offered
from evaluation.after.results import Effect

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
