"""The forecast of eligible demand on made-up histories whose future is known."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from call_codes.errors import InputError
from evaluation.before.forecast import forecast_demand, weekly_calls

MONDAY = int(datetime(2023, 1, 2, tzinfo=UTC).timestamp())
WEEK = 7 * 86_400


def made_up(weeks: int, level: float, wave: float, seed: int) -> pl.Series:
    """Calls at evening hours, a yearly wave, Poisson noise."""
    rng = np.random.default_rng(seed)
    stamps = []
    for week in range(weeks):
        count = rng.poisson(level * (1 + wave * np.sin(week / 52.18 * 2 * np.pi)))
        hour = rng.choice([18, 19, 20, 21], count) + 24 * rng.integers(0, 7, count)
        stamps.append(MONDAY + week * WEEK + hour * 3600 + rng.integers(0, 3600, count))
    return pl.Series(np.sort(np.concatenate(stamps)))


def test_only_whole_weeks_are_counted():
    stamps = pl.Series([MONDAY - 5, MONDAY, MONDAY + WEEK - 1, MONDAY + WEEK, MONDAY + 2 * WEEK + 9, None])
    assert weekly_calls(stamps).rows() == [(date(2023, 1, 2), 2), (date(2023, 1, 9), 1)]


def test_the_season_is_carried_forward_and_the_range_holds_what_came():
    history, future = made_up(156, 120, 0.3, 1), made_up(182, 120, 0.3, 1)
    result = forecast_demand(history, weeks_ahead=26)
    came = weekly_calls(future)["calls"].to_numpy()[-26:]
    inside = (came >= result.by_week["low"].to_numpy()) & (came <= result.by_week["high"].to_numpy())
    assert inside.mean() > 0.85
    assert result.by_week["calls"].sum() == pytest.approx(came.sum(), rel=0.08)
    assert result.method.startswith("the structural model")


def test_hours_add_up_to_the_week_and_quiet_hours_stay_quiet():
    result = forecast_demand(made_up(80, 60, 0.0, 2), weeks_ahead=13)
    assert result.by_hour.height == 168
    assert result.by_hour["calls_per_week"].sum() == pytest.approx(result.by_week["calls"].mean(), rel=1e-6)
    evening = result.by_hour.filter((pl.col("hour_of_week") % 24).is_between(18, 21))["calls_per_week"].sum()
    assert evening > 0.95 * result.by_hour["calls_per_week"].sum()
    assert (result.by_hour["low"] <= result.by_hour["calls_per_week"]).all()
    assert result.back_test.height >= 3
    assert result.back_test["inside"].mean() >= 0.5


def test_a_short_export_is_refused_with_a_sentence():
    with pytest.raises(InputError, match="10 whole weeks"):
        forecast_demand(made_up(10, 50, 0.0, 3))
