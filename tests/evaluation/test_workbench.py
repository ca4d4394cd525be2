"""Policies side by side on a few calls, and a changed policy that is saved and read back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from call_codes.errors import InputError, OutputError, PolicyError, UsageError
from call_codes.policy import load_policy, policy_names
from call_codes.policy_check import DECISIONS
from evaluation.before.call_kinds import call_kinds, on_final_types
from evaluation.before.cascade import cascade
from evaluation.before.changed_policy import Changes, Decision, changed_policy, policy_toml, save_policy
from evaluation.before.workbench import Variant, compare, compare_kinds
from officer_time.cells import category_means, time_cells
from tests.evaluation.test_cascade import TUESDAY_NOON, TUESDAY_THREE, tables

BASE = load_policy("behavioral_health_plus")
DAY = date(2026, 11, 21)
CATEGORIES = ("welfare_check", "trespass", "disturbance", "burglary", "suspicious_activity")


def changed(**changes):
    return changed_policy(BASE, Changes(**changes), new_id="ours", label="Ours", as_of=DAY)


def town(*rows):
    """Calls as in the cascade's tests, with an area; each has one unit for one hour."""
    plain = [{key: value for key, value in row.items() if key != "area"} for row in rows]
    areas = pl.LazyFrame({"call_id": [str(n) for n in range(len(rows))], "area": [row.get("area") for row in rows]},
                         schema={"call_id": pl.String, "area": pl.String})  # fmt: skip
    calls, units = tables(plain)
    return tuple(
        table.drop("area", strict=False).join(areas, on="call_id", maintain_order="left")
        for table in (calls, units)
    )


ROWS = (
    {"area": "North"},
    {"area": "North", "category": "trespass"},
    {"area": "South", "category": "trespass"},
    {"area": "South", "category": "burglary"},
    {"area": "South", "initiated_by": "officer"},
    {"area": "North", "started_local": TUESDAY_THREE},
)


def last(comparison, policy, judged_on="initial"):
    return comparison.steps.filter(policy=policy, judged_on=judged_on).row(-1, named=True)


def test_a_changed_category_brings_in_its_calls_and_is_named_as_what_drives_the_answer():
    ours = changed(decisions={"trespass": Decision("eligible", "Owners want help, not arrests.")})
    result = compare(*town(*ROWS), [Variant(BASE), Variant(ours)])
    assert (last(result, BASE.id)["calls_policy"], last(result, "ours")["calls_policy"]) == (2, 4)
    assert last(result, "ours")["calls_difference"] == 2
    assert last(result, "ours")["unit_hours_difference"] == pytest.approx(2)
    assert (last(result, BASE.id)["share_policy"], last(result, "ours")["share_policy"]) == (2 / 5, 4 / 5)
    drives = result.by_category.filter(pl.col("eligible_difference") != 0)
    assert drives.select("policy", "category", "decision", "eligible", "share_points").rows() == [
        ("ours", "trespass", "eligible", 2, 0.4)
    ]
    assert result.by_area.filter(policy="ours").select("area", "calls", "eligible", "eligible_difference").rows() == [
        ("North", 3, 3, 1), ("South", 2, 1, 1),
    ]  # fmt: skip
    assert result.sensitivity["policy"].to_list() == [BASE.id] * 3 + ["ours"] * 3


def test_hours_and_areas_are_steps_of_their_own():
    by_day = changed(schedule="mon-sun 08:00-20:00")
    result = compare(*town(*ROWS), [Variant(BASE), Variant(by_day, ("South",))])
    assert result.steps.filter(policy="ours", judged_on="initial")["calls_policy"].to_list()[-3:] == [2, 1, 0]
    assert last(result, BASE.id)["calls_policy"] == 2
    assert by_day.hours.is_open(TUESDAY_NOON // 60 % 1440)
    with pytest.raises(UsageError, match=r'area "Noth".*Did you mean "North"'):
        compare(*town(*ROWS), [Variant(BASE, ("Noth",))])
    with pytest.raises(UsageError, match="two policies of one id"):
        compare(*town(*ROWS), [Variant(BASE), Variant(BASE)])


def test_on_final_types_a_call_counts_as_what_it_turned_out_to_be():
    turned = {"final_category": "assault", "final_hazard": True, "final_hazard_kinds": "violence"}
    found = {
        "category": "burglary",
        "final_category": "welfare_check",
        "final_hazard": False,
        "final_hazard_kinds": "",
    }
    calls, units = town({"area": "A", **turned}, {"area": "A", **found}, {"area": "A"})
    assert on_final_types(calls).select("category", "hazard", "final_category").collect().rows() == [
        ("assault", True, None), ("welfare_check", False, None), ("welfare_check", False, None),
    ]  # fmt: skip
    result = compare(calls, units, [Variant(BASE)])
    first, final = last(result, BASE.id), last(result, BASE.id, "final")
    # Both ways two of three, but not the same two: the low is what is eligible by both readings.
    assert (first["calls_low"], first["calls_policy"], first["calls_high"]) == (1, 2, 3)
    assert (final["calls_low"], final["calls_policy"], final["calls_high"]) == (2, 2, 2)


def test_a_group_has_the_rate_of_the_areas_in_which_it_lives():
    populations = pl.DataFrame(
        {
            "area": ["North", "North", "South"],
            "group": ["renters", "owners", "renters"],
            "population": [600, 400, 1000],
        }
    )
    result = compare(*town(*ROWS), [Variant(BASE)], populations=populations)
    # North has two eligible calls on 1,000 people, South none: renters live 600 to 1,000 in them.
    assert result.by_group.rows() == [
        (BASE.id, "owners", 400.0, pytest.approx(2.0), 0.0),
        (BASE.id, "renters", 1600.0, pytest.approx(2 * 600 / 1600), 0.0),
    ]
    with pytest.raises(InputError, match="no group"):
        compare(*town(*ROWS), [Variant(BASE)], populations=populations.drop("group"))
    with pytest.raises(InputError, match="stand twice"):
        compare(*town(*ROWS), [Variant(BASE)], populations=pl.concat([populations, populations]))
    with pytest.raises(InputError, match="no area of the populations"):
        compare(
            *town(*ROWS),
            [Variant(BASE)],
            populations=populations.head(2).with_columns(area=pl.lit("Elsewhere")),
        )


_rows = st.lists(
    st.fixed_dictionaries(
        {
            "area": st.sampled_from(["North", "South", None]),
            "category": st.sampled_from(CATEGORIES),
            "initiated_by": st.sampled_from(["community", "officer"]),
        }
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=30)
@given(rows=_rows, decision=st.sampled_from(DECISIONS), category=st.sampled_from(CATEGORIES))
def test_areas_and_categories_add_up_to_the_steps_for_every_policy(rows, decision, category):
    ours = changed(decisions={category: Decision(decision, "A try.")})
    result = compare(*town(*rows), [Variant(BASE), Variant(ours)])
    for policy in (BASE.id, "ours"):
        step = last(result, policy)
        for table in (result.by_area, result.by_category):
            mine = table.filter(policy=policy)
            assert mine["eligible"].sum() == step["calls_policy"]
            assert mine["eligible_high"].sum() == step["calls_high"]
            assert mine["eligible_difference"].sum() == step["calls_difference"]
        assert step["calls_low"] <= step["calls_policy"] <= step["calls_high"]


@settings(max_examples=30)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "area": st.sampled_from(["North", "South", None]),
                "category": st.sampled_from((*CATEGORIES, "unclassified")),
                "initiated_by": st.sampled_from(["community", "officer"]),
                "outcome": st.sampled_from(["handled", "duplicate"]),
                "hazard_kinds": st.sampled_from(["", "weapon"]),
                "needs_review": st.booleans(),
                "started_local": st.sampled_from([TUESDAY_NOON, TUESDAY_NOON + 61, TUESDAY_THREE, None]),
                "final_category": st.sampled_from([None, *CATEGORIES]),
                "final_hazard": st.just(False),
                "final_hazard_kinds": st.just(""),
            }
        ),
        min_size=1,
        max_size=12,
    ),
    decision=st.sampled_from(DECISIONS),
    schedule=st.sampled_from([None, "mon-sun 00:00-24:00", "tue 11:00-12:01", "mon-fri 02:30-03:00"]),
    areas=st.sampled_from([None, (), ("North",)]),
)
def test_calls_that_were_counted_before_give_exactly_what_the_calls_give(rows, decision, schedule, areas):
    rows = [*rows, {"area": "North"}]
    ours = changed(decisions={"trespass": Decision(decision, "A try.")}, schedule=schedule)
    variants = [Variant(BASE), Variant(ours, areas)]
    calls, units = town(*rows)
    slow, fast = compare(calls, units, variants), compare_kinds(call_kinds(calls, units), variants)
    for name in ("steps", "by_area", "by_category", "sensitivity"):
        assert_frame_equal(getattr(fast, name), getattr(slow, name), check_exact=True)
    means = category_means(time_cells(calls, units, ["category"]))
    for policy in (BASE, ours):
        whole = cascade(calls, units, means, policy)
        for found in (slow.cascades[policy.id], fast.cascades[policy.id]):
            assert (found.eligible, found.eligible_in_hours) == (whole.eligible, whole.eligible_in_hours)
            assert found.eligible_hours == whole.eligible_hours
            assert_frame_equal(found.steps, whole.steps, check_exact=True)
            assert_frame_equal(found.losses, whole.losses, check_exact=True)
    with pytest.raises(UsageError, match='Did you mean "North"'):
        compare_kinds(call_kinds(calls, units), [Variant(BASE, ("Noth",))])


@pytest.mark.parametrize("name", policy_names())
def test_every_policy_is_written_so_that_it_reads_back_the_same(name: str, tmp_path: Path):
    policy = load_policy(name)
    path = tmp_path / f"{name}.toml"
    save_policy(policy, path)
    again = load_policy(path)
    assert {**vars(again), "digest": ""} == {**vars(policy), "digest": ""}
    with pytest.raises(OutputError, match="there already"):
        save_policy(policy, path)


def test_a_saved_change_keeps_rationale_and_sources_and_says_what_was_changed(tmp_path: Path):
    ours = changed(
        decisions={
            "trespass": Decision("excluded", "Owners insist.", "legal"),
            "noise": Decision("eligible", "A try."),
        },
        hazards_excluded=("weapon", "violence"),
        schedule="fri-sat 20:00-28:00",
    )
    path = tmp_path / "ours.toml"
    save_policy(ours, path)
    read = load_policy(path)
    assert read == ours
    assert read.digest == ours.digest
    assert set(BASE.sources) < set(read.sources)
    assert "Changed from the policy behavioral_health_plus as of 2026-11-21" in read.sources
    assert read.rule_for("trespass").reason == "Owners insist."
    assert read.rule_for("welfare_check") == BASE.rule_for("welfare_check")
    assert not read.rule_for("noise").verified
    assert set(read.unverified) == {"hours", "rules"}
    assert 'schedule = "fri-sat 20:00-28:00"' in policy_toml(ours)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"decisions": {"trespas": Decision("eligible", "x")}}, 'Did you mean "trespass"'),
        ({"decisions": {"trespass": Decision("maybe", "x")}}, 'the decision "maybe"'),
        ({"decisions": {"unclassified": Decision("eligible", "x")}}, "cannot be eligible"),
        ({"hazards_excluded": ("guns",)}, "hazards_excluded"),
        ({"schedule": "mon 25:00-26:00"}, "cannot be read"),
        ({"schedule": ""}, "never open"),
    ],
)
def test_changes_that_cannot_be_are_refused(changes, sentence):
    with pytest.raises(PolicyError, match=sentence):
        changed(**changes)
