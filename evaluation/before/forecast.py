"""How many eligible calls to expect by hour of the week, with an honest range and a back-test.

Weekly totals are forecast by a structural time-series model of statsmodels (a level that may drift, the time of the
year as two waves, counts on the square-root scale where their noise is even); hours share the total by their part in
the past. The back-test hides the last weeks again and again and says how far off the forecast was, beside the plain
average of the past year, which is used instead where it is the better one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from call_codes.errors import InputError

WEEKS_PER_YEAR: Final = 365.25 / 7
FEWEST_WEEKS: Final = 26
DRAWS: Final = 2000


@dataclass(frozen=True)
class Forecast:
    """What to expect.

    - by_hour: hour_of_week, calls_per_week, low, high: an average week of the horizon; low and high hold 95 % of
      single weeks of that hour (counts are small, so the range is wide).
    - by_week: week (Monday), calls, low, high of the horizon.
    - back_test: origin (first hidden week), weeks, calls, model, plain_average, low, high, inside: totals of the
      hidden weeks.
    - method: in words, which of the two was used and why.
    """

    by_hour: pl.DataFrame
    by_week: pl.DataFrame
    back_test: pl.DataFrame
    method: str


def weekly_calls(started_local: pl.Series, gaps: Sequence[int] = ()) -> pl.DataFrame:
    """Calls per whole week: week (the Monday, Date), calls; the broken first and last week are left out.

    gaps: days (since 1970) that the export does not hold. A week that has four days or more is told as if it had seven
    like them; a week that has fewer is left out, and all before it, since a series must not have holes.
    """
    day = started_local.drop_nulls() // 86_400
    if day.is_empty():
        return pl.DataFrame(schema={"week": pl.Date, "calls": pl.Int64})
    first, after = -(-(int(day.min()) - 4) // 7), (int(day.max()) + 1 - 4) // 7  # type: ignore[arg-type]
    counts = np.bincount(
        np.clip((day.to_numpy() - 4) // 7 - first + 1, 0, after - first + 1), minlength=after - first + 2
    )
    lacking = np.zeros(after - first, np.int64)
    week_of_gap = (np.array(gaps, np.int64) - 4) // 7 - first
    np.add.at(lacking, week_of_gap[(week_of_gap >= 0) & (week_of_gap < after - first)], 1)
    holes = np.flatnonzero(lacking > 3)
    begin = int(holes[-1]) + 1 if len(holes) else 0
    monday = date(1970, 1, 5) + timedelta(weeks=first)
    table = pl.DataFrame(
        {
            "week": [monday + timedelta(weeks=number) for number in range(after - first)],
            "calls": np.round(counts[1 : after - first + 1] * 7 / np.maximum(7 - lacking, 1)).astype(
                np.int64
            ),
        },
        schema={"week": pl.Date, "calls": pl.Int64},
    )
    return table.slice(begin)


def forecast_demand(
    started_local: pl.Series, *, gaps: Sequence[int] = (), weeks_ahead: int = 26, seed: int = 0
) -> Forecast:
    """Forecast eligible calls from their local start times (wall-clock seconds, Int64; nulls are left out).

    gaps: see weekly_calls. Raises InputError under 26 whole weeks of data: nothing honest can be said of a season then.
    """
    history = weekly_calls(started_local, gaps)
    if history.height < FEWEST_WEEKS:
        raise InputError(
            found=f"{history.height} whole weeks of eligible calls{' since the last gap' if gaps else ''}.",
            expected=f"{FEWEST_WEEKS} weeks or more for a forecast.",
            action="Use a longer export, or plan on the average week of this one.",
        )
    rng = np.random.default_rng(seed)
    calls = history["calls"].to_numpy().astype(float)
    tests = _back_test(calls, rng)
    table = pl.DataFrame(
        [{"origin": history["week"][int(row.pop("start"))], **row} for row in tests], infer_schema_length=None
    )
    came = table["calls"].to_numpy()
    errors = {
        name: float(np.abs(table[name].to_numpy() - came).sum() / max(came.sum(), 1.0))
        for name in ("model", "plain_average")
    }
    use_model = errors["model"] < errors["plain_average"]
    draws = _draws(calls, weeks_ahead, rng) if use_model else _average_draws(calls, weeks_ahead, rng)
    shares = _hour_shares(started_local, rng)
    one_week = draws[np.arange(DRAWS), rng.integers(0, weeks_ahead, DRAWS)]
    hourly = rng.poisson(one_week[:, None] * shares)
    last = history["week"][-1]
    names = {True: "the structural model", False: "the average of the last year"}
    return Forecast(
        by_hour=pl.DataFrame(
            {
                "hour_of_week": np.arange(168),
                "calls_per_week": draws.mean() * shares.mean(axis=0),
                "low": np.quantile(hourly, 0.025, axis=0),
                "high": np.quantile(hourly, 0.975, axis=0),
            }
        ),
        by_week=pl.DataFrame(
            {
                "week": [last + timedelta(weeks=number) for number in range(1, weeks_ahead + 1)],
                "calls": draws.mean(axis=0),
                "low": np.quantile(draws, 0.025, axis=0),
                "high": np.quantile(draws, 0.975, axis=0),
            }
        ),
        back_test=table,
        method=f"{names[use_model]}: in the back-test it was {100 * errors['model' if use_model else 'plain_average']:.1f}% "
        f"off, {names[not use_model]} {100 * errors['plain_average' if use_model else 'model']:.1f}%",
    )


def _back_test(calls: np.ndarray, rng: np.random.Generator) -> list[dict[str, float | int | bool]]:
    """Up to six times: hide the next eight weeks, forecast their total, compare."""
    hidden = 8
    origins = [
        start for start in range(len(calls) - hidden, FEWEST_WEEKS - hidden - 1, -hidden) if start >= 16
    ][:6]
    rows: list[dict[str, float | int | bool]] = []
    for start in reversed(origins):
        total = calls[start : start + hidden].sum()
        sums = _draws(calls[:start], hidden, rng).sum(axis=1)
        low, high = np.quantile(sums, [0.025, 0.975])
        rows.append(
            {
                "start": start,
                "weeks": hidden,
                "calls": float(total),
                "model": float(sums.mean()),
                "plain_average": float(calls[max(0, start - 52) : start].mean() * hidden),
                "low": float(low),
                "high": float(high),
                "inside": bool(low <= total <= high),
            }
        )
    return rows


def _draws(calls: np.ndarray, ahead: int, rng: np.random.Generator) -> np.ndarray:
    """DRAWS possible futures of weekly calls: DRAWS × ahead."""
    import warnings

    from statsmodels.tsa.statespace.structural import UnobservedComponents

    # Waves of the year can be told from a drift only once a year has passed.
    season = [{"period": WEEKS_PER_YEAR, "harmonics": 2}] if len(calls) >= 60 else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # start values that the optimiser leaves at once
        fitted = UnobservedComponents(
            np.sqrt(calls + 0.375),
            level="local level",
            freq_seasonal=season,
            stochastic_freq_seasonal=[False] if season else None,
        ).fit(disp=False)
    roots = np.maximum(_futures(fitted, ahead, rng), 0)
    return np.maximum(
        roots**2 - 0.375 + 0.25, 0
    )  # +1/4: the mean of a square is above the square of the mean


def _futures(fitted: Any, ahead: int, rng: np.random.Generator) -> np.ndarray:
    """DRAWS × ahead futures of a fitted linear state-space model with constant matrices: what its `simulate` draws one
    by one, drawn all at once (y = Z·a + ε, a' = T·a + R·η, from the state predicted for the first unseen week)."""
    space = fitted.model.ssm
    z, t, r = (space[name] for name in ("design", "transition", "selection"))
    state = rng.multivariate_normal(
        fitted.predicted_state[:, -1], fitted.predicted_state_cov[:, :, -1], DRAWS, method="eigh"
    )
    noise = np.sqrt(float(space["obs_cov"].item()))
    shocks = r @ np.linalg.cholesky(space["state_cov"] + 1e-300 * np.eye(len(space["state_cov"])))
    weeks = np.empty((DRAWS, ahead))
    for week in range(ahead):
        weeks[:, week] = state @ z[0] + noise * rng.standard_normal(DRAWS)
        state = state @ t.T + rng.standard_normal((DRAWS, shocks.shape[1])) @ shocks.T
    return weeks


def _average_draws(calls: np.ndarray, ahead: int, rng: np.random.Generator) -> np.ndarray:
    """Futures that repeat whole weeks of the last year at random."""
    return rng.choice(calls[-52:], (DRAWS, ahead))


def _hour_shares(started_local: pl.Series, rng: np.random.Generator) -> np.ndarray:
    """DRAWS × 168 shares of the week's calls by hour: what is seen, with the doubt of a sample (Dirichlet)."""
    hours = ((started_local.drop_nulls() // 3600 + 72) % 168).to_numpy()
    return rng.dirichlet(np.bincount(hours, minlength=168) + 0.5, DRAWS)
