"""Power before launch: against the formula where it holds, and in the right direction where it does not."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from call_codes.errors import InputError, UsageError
from evaluation.before.power import _statistics, analytic_minimum_detectable_effect, power_on_history
from evaluation.before.rollout import drawn_rollout


def noise(areas: int, periods: int, rho: float, seed: int) -> np.ndarray:
    """AR(1) noise with a standard deviation of 1 in every area."""
    rng = np.random.default_rng(seed)
    paths = np.empty((areas, periods))
    paths[:, 0] = rng.normal(size=areas)
    for t in range(1, periods):
        paths[:, t] = rho * paths[:, t - 1] + np.sqrt(1 - rho**2) * rng.normal(size=areas)
    return paths


SIZES = tuple(-step / 100 for step in range(52, 120, 6))


def test_the_formula_gives_the_published_anchors():
    assert analytic_minimum_detectable_effect(8, 28, 6, 6) == pytest.approx(0.648, abs=5e-4)
    assert analytic_minimum_detectable_effect(2, 34, 6, 6) == pytest.approx(1.18, abs=5e-3)
    assert analytic_minimum_detectable_effect(1, 35, 6, 6) == pytest.approx(1.64, abs=5e-3)


@pytest.mark.slow
def test_simulated_power_agrees_with_the_formula_on_independent_months_and_is_lower_with_memory():
    anchor = analytic_minimum_detectable_effect(8, 28, 6, 6)
    found = {}
    for rho in (0.0, 0.5):
        result = power_on_history(
            noise(36, 4000, rho, 3), 8, 6, 6, effects=SIZES, scale="difference", trials=1500, seed=3
        )
        assert 0.03 <= result.false_alarms <= 0.07
        found[rho] = result.minimum_detectable_effect
    assert found[0.0] == pytest.approx(anchor, rel=0.05)
    # Months that resemble their neighbours tell less: the reference says 1.42 times.
    assert found[0.5] / found[0.0] == pytest.approx(1.42, rel=0.08)


def test_the_clustered_statistic_equals_the_regression_done_at_length():
    rng = np.random.default_rng(6)
    path, treated = rng.normal(size=(7, 9)), np.zeros((7, 9))
    treated[:3, 5:] = 1
    design = treated - treated.mean(0) - treated.mean(1, keepdims=True) + treated.mean()
    orders = np.array([rng.permutation(7) for _ in range(4)])
    observed, others = _statistics(path, treated, design, np.array([0.0, -0.7]), orders, "cluster_t")
    for e, effect in enumerate((0.0, -0.7)):
        y = path + effect * treated
        for k, order in enumerate([np.arange(7), *orders]):
            mine = y[order] - y[order].mean(0) - y[order].mean(1, keepdims=True) + y.mean()
            beta = (mine * design).sum() / (design**2).sum()
            scores = ((mine - beta * design) * design).sum(axis=1)
            t = abs(beta) / (np.sqrt((scores**2).sum()) / (design**2).sum())
            assert (observed[e] if k == 0 else others[e, k - 1]) == pytest.approx(t)


def test_more_areas_and_more_months_find_smaller_effects():
    history = np.random.default_rng(3).poisson(40, (24, 60)).astype(float)
    few, more_areas, more_months = (
        power_on_history(history, n, 6, after, trials=80, arrangements=99)
        for n, after in ((3, 6), (12, 6), (3, 24))
    )
    assert few.minimum_detectable_effect > more_areas.minimum_detectable_effect
    assert few.minimum_detectable_effect > more_months.minimum_detectable_effect
    assert few.false_alarms < 0.15
    assert "8 of 10 cases" in few.sentence
    assert few.curve["power"].is_between(0, 1).all()


def test_waves_count_the_ways_in_which_lots_can_fall():
    history = np.random.default_rng(3).poisson(40, (12, 36)).astype(float)
    at_once = power_on_history(history, 4, 6, 6, trials=10, arrangements=19)
    in_waves = power_on_history(history, 4, 6, 6, waves=2, trials=10, arrangements=19)
    assert at_once.arrangements == 495
    assert in_waves.arrangements == 66 * 45


def test_one_area_of_twelve_cannot_be_tested_and_this_is_said():
    result = power_on_history(
        np.random.default_rng(3).poisson(40, (12, 36)), 1, 6, 6, trials=10, arrangements=19
    )
    assert result.minimum_detectable_effect is None
    assert "only 12 ways" in result.sentence


def test_impossible_roll_outs_are_refused():
    history = np.ones((5, 24))
    with pytest.raises(UsageError, match="5 treated of 5"):
        power_on_history(history, 5, 6, 6)
    with pytest.raises(UsageError, match="1 periods before"):
        power_on_history(history, 2, 1, 6)
    history[0] = 0
    with pytest.raises(InputError, match="1 of 5 areas without a single event"):
        power_on_history(history, 2, 6, 6)


def test_lots_are_drawn_within_areas_of_like_volume():
    volumes = pl.DataFrame({"area": list("ABCDEFGH"), "calls": [80, 70, 60, 50, 40, 30, 20, 10]})
    drawn = drawn_rollout(volumes, 3, seed=4)
    for _, stratum in drawn.group_by("stratum"):
        assert stratum["wave"].n_unique() == stratum.height  # one area of each run in each group
    assert drawn.filter(pl.col("area").is_in(["A", "B", "C", "D"]))["stratum"].to_list() == [1] * 4
    assert drawn.equals(drawn_rollout(volumes, 3, seed=4))
    assert any(not drawn.equals(drawn_rollout(volumes, 3, seed=s)) for s in range(5, 9))
    with pytest.raises(UsageError, match="8 areas for 9 waves"):
        drawn_rollout(volumes, 9)


def test_a_lot_for_so_many_areas_takes_one_of_each_run_and_every_area_may_be_it():
    volumes = pl.DataFrame({"area": list("ABCDEFGH"), "calls": [80, 70, 60, 50, 40, 30, 20, 10]})
    lots = [drawn_rollout(volumes, 2, treated=4, seed=seed) for seed in range(40)]
    for lot in lots:
        started = lot.filter(pl.col("wave").is_not_null())
        assert started["stratum"].sort().to_list() == [1, 2, 3, 4]
        assert started["wave"].sort().to_list() == [1, 1, 2, 2]
        # The two busiest that start are not in one wave, nor are the two others.
        assert (
            started.sort("stratum")["wave"][:2].n_unique()
            == started.sort("stratum")["wave"][2:].n_unique()
            == 2
        )
    assert {area for lot in lots for area in lot.filter(pl.col("wave") == 1)["area"]} == set("ABCDEFGH")
    with pytest.raises(UsageError, match="8 of 8 areas that start"):
        drawn_rollout(volumes, 1, treated=8)
