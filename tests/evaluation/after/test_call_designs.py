"""Call-level designs on made-up calls whose true effect is known."""

from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest

from evaluation.after.availability_instrument import availability_instrument
from evaluation.after.call_aipw import call_level_aipw
from evaluation.after.hour_boundary import hour_boundary
from evaluation.after.randomised import randomised
from evaluation.after.repeat_calls import DAY, follow_up, repeat_calls
from evaluation.after.results import Effect, Refusal


def holds(found: object, truth: float) -> Effect:
    assert isinstance(found, Effect), found
    assert found.low is not None
    assert found.high is not None
    assert found.low <= truth <= found.high, (found.low, found.estimate, found.high)
    return found


# Service-hour boundary ----------------------------------------------------------------------------------


def calls_around_nine(effect: float, seed: int = 0, calls: int = 12_000) -> pl.DataFrame:
    """Arrests jump by 0.10 at nine o'clock on every day (shift change), and by `effect` more on program days."""
    generator = np.random.default_rng(seed)
    minutes = np.floor(generator.uniform(-180, 180, calls))
    date = generator.integers(0, 200, calls)
    program = date >= 100
    rate = 0.3 + 0.0003 * minutes + 0.10 * (minutes >= 0) + effect * ((minutes >= 0) & program)
    return pl.DataFrame(
        {
            "minutes_from_edge": minutes,
            "program_day": program,
            "date": date,
            "arrest": (generator.random(calls) < rate).astype(float),
        }
    )


def test_the_edge_of_the_hours_counts_only_what_the_program_adds() -> None:
    found = holds(hour_boundary(calls_around_nine(-0.2, calls=30_000), "arrest"), -0.2)
    assert found.high is not None
    assert found.high < 0
    assert found.details["density_p_value"] > 0.01
    assert found.details["dates"] == 200


def test_a_jump_on_all_days_alike_is_no_effect_of_the_program() -> None:
    holds(hour_boundary(calls_around_nine(0.0, seed=1), "arrest"), 0.0)


def test_the_edge_is_refused_without_minutes_or_without_other_days() -> None:
    calls = calls_around_nine(0.0)
    hours = calls.with_columns(minutes_from_edge=(pl.col("minutes_from_edge") / 60).floor() * 60)
    assert "hour only" in hour_boundary(hours, "arrest").found  # type: ignore[union-attr]
    one_kind = hour_boundary(calls.filter("program_day"), "arrest")
    assert isinstance(one_kind, Refusal)
    assert "one kind" in one_kind.found


# Availability instrument --------------------------------------------------------------------------------


def calls_with_teams(strength: float, seed: int = 0, calls: int = 6_000) -> pl.DataFrame:
    """Hard cases are served more often and arrested more often; being served lowers arrest by 0.2."""
    generator = np.random.default_rng(seed)
    area, hour = generator.integers(0, 5, calls), generator.integers(0, 24, calls)
    hard = generator.normal(size=calls)
    free = generator.random(calls) < 0.3 + 0.1 * (area % 3)
    served = (strength * free + 0.5 * hard + generator.normal(size=calls) > 0.5).astype(float)
    arrest = 0.4 - 0.2 * served + 0.4 * hard + 0.05 * area + generator.normal(size=calls) * 0.2
    return pl.DataFrame(
        {
            "area": area, "hour_of_week": hour, "month": generator.integers(0, 6, calls),
            "date": generator.integers(0, 180, calls), "team_available": free.astype(float), "served": served,
            "arrest": arrest, "hard": hard, "noise": generator.normal(size=calls),
        }
    )  # fmt: skip


def test_availability_recovers_the_effect_that_a_plain_comparison_turns_around() -> None:
    calls = calls_with_teams(1.5)
    plain = calls.group_by("served").agg(pl.col("arrest").mean()).sort("served")["arrest"].diff()[1]
    assert plain > 0
    found = holds(availability_instrument(calls, "arrest", covariates=("noise",)), -0.2)
    assert found.details["first_stage_f"] > 100
    assert found.details["availability_predicted_p_value"] > 0.001
    assert found.interval_method == "two-stage least squares"


def test_with_fixed_effects_that_matter_the_plain_wald_ratio_would_be_wrong() -> None:
    """The fault of a known library: it ignores the area effects that move both availability and arrests."""
    calls = calls_with_teams(1.5, seed=5).with_columns(arrest=pl.col("arrest") + 1.0 * (pl.col("area") % 3))
    free, busy = (calls.filter(pl.col("team_available") == one) for one in (1.0, 0.0))
    wald = (free["arrest"].mean() - busy["arrest"].mean()) / (free["served"].mean() - busy["served"].mean())  # type: ignore[operator]
    assert wald > 0
    holds(availability_instrument(calls, "arrest"), -0.2)


def test_a_weak_instrument_is_said_and_read_with_anderson_rubin() -> None:
    calls = calls_with_teams(0.03, seed=3, calls=1_500)
    found = availability_instrument(calls, "arrest")
    assert isinstance(found, Effect)
    assert found.details["first_stage_f"] < 10
    assert found.p_value is not None
    assert found.p_value.method == "Anderson–Rubin"
    assert not found.p_values[0].valid


# Like calls (AIPW) --------------------------------------------------------------------------------------


def mixed_calls(calls: int, seed: int, effect: float = -0.05) -> pl.DataFrame:
    """Urgent and well-known places are treated more often and arrested more often; 36 areas, places of about 4."""
    generator = np.random.default_rng(seed)
    hour, kind = generator.integers(0, 168, calls), generator.integers(0, 40, calls)
    urgent, prior = generator.integers(1, 5, calls), generator.poisson(1.5, calls)
    wave = np.sin(hour / 24 * 2 * np.pi)
    index = -0.6 + 0.5 * (urgent > 2) + 0.4 * wave + 0.02 * (kind % 7) + 0.2 * np.minimum(prior, 5)
    treated = generator.random(calls) < 1 / (1 + np.exp(-index))
    rate = 0.2 + 0.1 * (urgent > 2) + 0.04 * np.minimum(prior, 4) + 0.05 * wave + effect * treated
    return pl.DataFrame(
        {
            "hour": hour, "kind": [f"type {one}" for one in kind], "urgent": urgent, "prior": prior,
            "week": generator.integers(0, 104, calls), "latitude": generator.normal(size=calls),
            "age": generator.integers(18, 90, calls), "alone": generator.integers(0, 2, calls),
            "treated": treated, "arrest": (generator.random(calls) < rate).astype(float),
            "place": generator.integers(0, max(calls // 4, 2), calls), "area": generator.integers(0, 36, calls),
        }
    )  # fmt: skip


COVARIATES = ("hour", "kind", "urgent", "prior", "week", "latitude", "age", "alone")


@pytest.mark.parametrize("estimand", ["att", "ate"])
def test_like_calls_recover_an_effect_that_a_plain_comparison_hides(estimand: str) -> None:
    calls = mixed_calls(4_000, seed=1)
    by = calls.group_by("treated").agg(pl.col("arrest").mean()).sort("treated")["arrest"]
    assert by[1] - by[0] > -0.02
    found = call_level_aipw(calls, "arrest", covariates=COVARIATES, cluster="place", estimand=estimand)  # type: ignore[arg-type]
    checked = holds(found, -0.05)
    balance = checked.details["balance"]
    assert float(balance["after"].abs().max()) < float(balance["before"].abs().max())
    again = call_level_aipw(calls, "arrest", covariates=COVARIATES, cluster="place", estimand=estimand)  # type: ignore[arg-type]
    assert isinstance(again, Effect)
    assert again.estimate == checked.estimate


def test_calls_that_could_only_go_one_way_are_refused() -> None:
    calls = mixed_calls(3_000, seed=2).with_columns(treated=pl.col("hour") < 60)
    found = call_level_aipw(calls, "arrest", covariates=COVARIATES)
    assert isinstance(found, Refusal)
    assert "either way" in found.found
    flat = call_level_aipw(calls.with_columns(arrest=pl.lit(0.0)), "arrest", covariates=COVARIATES)
    assert isinstance(flat, Refusal)


def test_nothing_is_added_to_the_callers_table() -> None:
    calls = mixed_calls(1_000, seed=3)
    before = calls.clone()
    call_level_aipw(calls, "arrest", covariates=("urgent", "prior"))
    assert calls.equals(before)


@pytest.mark.slow
def test_a_million_calls_take_less_than_two_minutes() -> None:
    calls = mixed_calls(1_000_000, seed=4)
    began = time.perf_counter()
    found = call_level_aipw(calls, "arrest", covariates=COVARIATES, cluster="place")
    assert time.perf_counter() - began < 120
    assert isinstance(found, Effect)
    assert found.estimate == pytest.approx(-0.05, abs=0.004)


@pytest.mark.slow
def test_the_interval_of_like_calls_holds_the_truth_nineteen_times_of_twenty() -> None:
    inside = 0
    for seed in range(100):
        found = call_level_aipw(
            mixed_calls(2_000, seed=seed), "arrest", covariates=COVARIATES, cluster="place", folds=3
        )
        assert isinstance(found, Effect)
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= -0.05 <= found.high
    assert inside >= 88


# By lot -------------------------------------------------------------------------------------------------


def lots(seed: int = 0, effect: float = -0.3, days: int = 120) -> pl.DataFrame:
    """Days drawn by lot within weekday or weekend; seven in ten of the assigned calls are served, no other."""
    generator = np.random.default_rng(seed)
    day = np.repeat(np.arange(days), 10)
    lot = np.zeros(days)
    for part in (np.arange(days) % 7 < 5, np.arange(days) % 7 >= 5):
        places = np.flatnonzero(part)
        lot[generator.permutation(places)[: len(places) // 2]] = 1
    assigned = lot[day]
    served = assigned * (generator.random(len(day)) < 0.7)
    mood = generator.normal(size=days)[day] * 0.2
    return pl.DataFrame(
        {
            "day": day, "weekend": (day % 7 >= 5), "assigned": assigned, "served": served,
            "age": generator.normal(40, 10, len(day)),
            "ems": 1.0 + mood + effect * served + generator.normal(size=len(day)) * 0.5,
        }
    )  # fmt: skip


def test_lots_give_the_effect_of_the_offer_and_of_being_served() -> None:
    found = randomised(lots(), "ems", served="served", covariates=("age",), strata="weekend", cluster="day")
    checked = holds(found, -0.3 * 0.7)
    late, error, first_stage = checked.details["late"]
    assert late == pytest.approx(-0.3, abs=2.5 * error)
    assert first_stage > 100
    assert checked.details["share_served"] == (pytest.approx(0.7, abs=0.05), 0.0)
    assert checked.details["balance_p_value"] > 0.01
    assert checked.p_value is not None
    assert checked.p_value.method == "randomization inference"


def test_the_lots_keep_their_size() -> None:
    rejected = 0
    for seed in range(200):
        found = randomised(lots(seed, effect=0.0, days=40), "ems", cluster="day", strata="weekend", draws=399)
        assert isinstance(found, Effect)
        assert found.p_value is not None
        assert found.p_value.value is not None
        rejected += found.p_value.value <= 0.05
    assert 0.01 <= rejected / 200 <= 0.10


def test_lots_that_no_chance_would_draw_are_refused() -> None:
    calls = lots().with_columns(age=pl.col("age") + 30 * pl.col("assigned"))
    found = randomised(calls, "ems", covariates=("age",), cluster="day")
    assert isinstance(found, Refusal)
    assert "too uneven" in found.found
    split = randomised(lots().with_columns(assigned=pl.Series([0.0, 1.0] * 600)), "ems", cluster="day")
    assert isinstance(split, Refusal)
    assert "assigned differently" in split.found


# Repeat calls -------------------------------------------------------------------------------------------


def test_each_call_is_watched_until_the_next_one_the_window_or_the_end_of_the_data() -> None:
    calls = pl.DataFrame(
        {"place_key": ["a", "a", "b", "b", None], "received_s": [0, 5 * DAY, 0, 40 * DAY, 0]}
    )
    found = follow_up(calls, place="place_key", received="received_s", data_end=50 * DAY, window_days=30)
    assert found.select("place_key", "again", "watched_days", "complete").rows() == [
        ("a", 1.0, 5.0, True),
        ("a", 0.0, 30.0, True),
        ("b", 0.0, 30.0, True),
        ("b", 0.0, 10.0, False),
    ]


def called_again(ratio: float, seed: int = 0, places: int = 1_500) -> pl.DataFrame:
    """Places call at a constant rate each, treated ones at `ratio` times theirs, over 200 days."""
    generator = np.random.default_rng(seed)
    treated = generator.random(places) < 0.5
    rate = 1 / 40 * np.exp(generator.normal(0, 0.3, places)) * np.where(treated, ratio, 1.0)
    rows = []
    for place in range(places):
        now = float(generator.uniform(0, 30))
        while now < 200:
            rows.append((f"p{place}", int(now * DAY), bool(treated[place])))
            now += float(generator.exponential(1 / rate[place]))
    return pl.DataFrame(rows, schema=["place_key", "received_s", "treated"], orient="row")


def test_the_rate_of_repeat_calls_is_recovered_and_its_sign_is_not_judged() -> None:
    found = holds(repeat_calls(called_again(0.7), data_end=200 * DAY), 0.7)
    assert found.scale == "rate_ratio"
    assert "trust" in found.notes[0]
    assert found.details["rate_treated"] < found.details["rate_other"]


def test_repeat_calls_are_refused_where_the_data_end_before_the_window() -> None:
    found = repeat_calls(called_again(1.0), data_end=200 * DAY, window_days=365)
    assert isinstance(found, Refusal)
    assert "365 days" in found.found
