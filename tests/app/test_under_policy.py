"""Another policy is asked from kinds of calls: it must say to the last digit what a run under it says."""

from __future__ import annotations

from dataclasses import fields

import pytest
from polars.testing import assert_frame_equal

from app.job import Job, analyse, under_policy
from call_codes.policy import load_policy, policy_names
from evaluation.before.call_kinds import call_kinds


@pytest.mark.parametrize("name", sorted(policy_names())[::4])
def test_what_a_page_says_under_another_policy_is_what_a_run_under_it_says(town: Job, name: str) -> None:
    policy = load_policy(name)
    kinds = call_kinds(town.calls, town.units, town.settings.cap_hours)
    asked = under_policy(town, policy, kinds)
    ran = analyse(town.files, town.settings, town.detection, town.cleaned, policy, town.crosswalk)
    for field in fields(ran.cascade):
        one, other = getattr(asked.cascade, field.name), getattr(ran.cascade, field.name)
        if field.name in ("steps", "losses", "sensitivity"):
            assert_frame_equal(one, other)
        elif field.name == "paths":
            keys = one.columns
            assert_frame_equal(one.sort(keys), other.sort(keys))
        else:
            assert one == other
    assert asked.expected == ran.expected
    assert_frame_equal(asked.types, ran.types, check_column_order=False)
    assert asked.policy.id == asked.settings.policy == name
