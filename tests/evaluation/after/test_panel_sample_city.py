"""The panel of the sample city against what was built into it: who is in, what the faults hide, and the effect."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from evaluation.after.build_panel import BuiltPanel
from evaluation.after.cohort import StudyCalls, build_cohort, offered


@pytest.fixture(scope="module")
def eligible(sample_study: Any, sample_panel: BuiltPanel) -> pl.DataFrame:
    """The eligible calls, each with `offered`."""
    assert sample_panel.cohort is not None
    marked = offered(sample_panel.cohort.table, sample_study.program.starts)
    return marked.filter("eligible").collect()


def test_the_cohort_is_what_a_correct_tool_can_see_in_the_file(eligible, truth):
    """5,701 calls by known callers, exactly; 129 more of unknown source, which the house counts as the community's."""
    seen = truth["policies"]["behavioral_health_plus"]["eligible_calls_seen_in_file"]
    by_whom = dict(eligible.group_by("initiated_by").len().iter_rows())
    assert by_whom == {"community": seen, "unknown": by_whom["unknown"]}
    assert 100 < by_whom["unknown"] < 150  # 930 blank sources among 45,841 calls, an eighth of them eligible


def test_calls_in_the_programs_reach_fall_short_of_the_truth_only_by_what_the_faults_hide(eligible, truth):
    """1,257 true; blank types and bare codes hide some 2 % of them, here 23."""
    within = eligible.filter("offered")
    true, effects = truth["launch"]["cascade"], truth["effects"]
    hidden = truth["policies"]["behavioral_health_plus"]
    assert within.height == true["in_hours"] - 23
    assert hidden["eligible_calls"] - hidden["eligible_calls_seen_in_file"] > 23
    # Of 610 served calls the same share is seen; all arrests; hours within what missing stamps allow.
    assert within["team_sent"].sum() == pytest.approx(
        true["served"] * within.height / true["in_hours"], abs=5
    )
    assert (
        within.filter(pl.col("disposition") == "ARREST").height == effects["arrests"]["arrests_with_program"]
    )
    assert within["police_hours"].sum() == pytest.approx(
        effects["police_unit_hours"]["hours_with_program"], rel=0.03
    )
    assert (
        within.filter(pl.col("outcome").is_in(["cancelled", "not_dispatched"])).height
        <= true["cancelled_or_no_unit"]
    )


def test_no_call_is_in_or_out_because_of_who_answered_or_how_it_ended(sample_study, sample_calls, eligible):
    """Everything that came after creation is scrambled; the cohort stays the same (intention to treat)."""
    after = (
        "responder",
        "final_type",
        "final_type_code",
        "final_category",
        "final_hazard_kinds",
        "disposition",
    )
    scrambled = sample_calls.calls.with_columns(
        *(pl.lit("community").alias(name) for name in after),
        pl.lit(True).alias("final_hazard"),
        pl.when(pl.col("outcome") == "duplicate")
        .then("outcome")
        .otherwise(pl.lit("cancelled"))
        .alias("outcome"),
        pl.lit(None, pl.Int64).alias("arrived_at"),
    )
    cohort = build_cohort(StudyCalls(scrambled, None, sample_calls.policy), sample_study.program.hours)
    again = cohort.table.filter("eligible").select("call_id", "in_hours").collect().sort("call_id")
    assert again.equals(eligible.select("call_id", "in_hours").sort("call_id"))


def test_a_responders_name_in_the_type_makes_no_difference(eligible, truth):
    named = eligible.filter(pl.col("call_type").str.ends_with(", ACT"))
    assert named.height > 50
    assert set(named["category"]) == {"welfare_check", "mental_health_crisis"}
    assert truth["faults"]["responder_in_type_calls"] >= named.height


def test_the_account_adds_up_to_all_calls(sample_panel):
    account = sample_panel.cohort.account
    assert account["left"][0] - account["lost"].sum() == account["left"][-1]
    assert account.filter(step="duplicate")["lost"].item() == 761


def test_stricter_and_wider_rules_bracket_the_policy(sample_study, sample_calls):
    hours = sample_study.program.hours
    sizes = {
        rule: build_cohort(sample_calls, hours, rule=rule).account["left"][-1]
        for rule in ("strict", "policy", "wide")
    }
    assert sizes["strict"] <= sizes["policy"] < sizes["wide"]


def test_the_panel_is_the_citys(sample_panel, truth):
    panel = sample_panel.panel
    assert (len(panel.treated_areas), len(panel.comparison_areas), panel.table.height) == (8, 12, 20 * 24)
    starts = dict(panel.table.drop_nulls("start").select("area", "start").unique().iter_rows())
    assert starts == {
        beat: 12 if day == "2024-01-01" else 16 for beat, day in truth["launch"]["starts"].items()
    }
    assert panel.table["residents"].unique().len() > 1
    assert panel.table.filter(pl.col("period") == 0)["residents"].sum() == truth["city"]["population"]
    assert panel.neighbors is not None
    assert panel.neighbors["1A"] == ("1B", "2A", "2B")


def ratio(table: pl.DataFrame, outcome: str) -> float:
    """Observed ÷ expected in treated cells, expected = area × period levels fitted to the untreated cells."""
    areas, periods = table["area"].n_unique(), table["period"].n_unique()
    value = table[outcome].to_numpy().reshape(areas, periods)
    untreated = table["treated"].to_numpy().reshape(areas, periods) == 0
    of_area, of_period = np.ones(areas), np.ones(periods)
    for _ in range(300):
        of_area = (value * untreated).sum(1) / (untreated * of_period).sum(1)
        of_period = (value * untreated).sum(0) / (untreated * of_area[:, None]).sum(0)
    return float(value[~untreated].sum() / np.outer(of_area, of_period)[~untreated].sum())


def interval(table: pl.DataFrame, outcome: str, draws: int = 60) -> tuple[float, float]:
    """95 % by resampling whole areas, treated and comparison areas apart."""
    parts = dict(
        zip(table["area"].unique().sort(), table.partition_by("area", maintain_order=True), strict=True)
    )
    treated = sorted(table.filter(pl.col("start").is_not_null())["area"].unique())
    others = sorted(set(parts) - set(treated))
    random = np.random.default_rng(1)
    drawn = []
    for _ in range(draws):
        picked = [*random.choice(treated, len(treated)), *random.choice(others, len(others))]
        renamed = [parts[area].with_columns(pl.lit(f"{i:02}").alias("area")) for i, area in enumerate(picked)]
        drawn.append(ratio(pl.concat(renamed), outcome))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


@pytest.mark.parametrize(
    ("outcome", "true"),
    [
        ("police_hours", 0.656),
        ("arrests", 0.6066),
        ("targeted_reports", 0.80),
        ("eligible_calls", 1.0),
        ("off_hours", 1.0),
        ("other_types", 1.0),
        ("untargeted_reports", 1.0),
    ],
)
def test_a_plain_estimate_on_the_panel_finds_what_was_built_in_and_nothing_in_the_placebos(
    sample_panel, outcome, true
):
    low, high = interval(sample_panel.panel.table, outcome)
    assert low < true < high
    if outcome in ("police_hours", "targeted_reports"):
        assert high < 1  # and it does find it
