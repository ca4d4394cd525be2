"""Repeat calls: how soon the same place or person calls again, with calls near the data's end counted for the days
they could be watched.

More repeat calls can mean an unmet need or more trust: the sign alone is no verdict.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from evaluation.after.difference_in_differences import t_interval, t_p_value, with_relative
from evaluation.after.fixed_effects import poisson
from evaluation.after.results import Effect, PValue, Refusal

NAME = "repeat_calls"
DAY = 86_400
LEAST_PLACES = 40
LEAST_WATCHED = 0.5


def repeat_calls(
    calls: pl.DataFrame,
    outcome: str = "repeat_call",
    *,
    seed: int = 0,
    treated: str = "treated",
    place: str = "place_key",
    received: str = "received_s",
    data_end: int | None = None,
    window_days: int = 30,
    fixed_effects: tuple[str, ...] = (),
    covariates: tuple[str, ...] = (),
) -> Effect | Refusal:
    """Rate of a next call from the same place within the window, treated against other calls (hazard ratio).

    received: seconds; data_end: last second of the data (None: the last call). Each call is watched until the
    next call from its place, the end of the window, or the end of the data. Poisson for "called again" with the
    log of watched days as offset is the hazard ratio under a constant hazard; clustered by place.
    details: events, watched_days, share_fully_watched, rate_treated and rate_other per 1,000 days. seed: not used.
    """
    table = follow_up(calls, place=place, received=received, data_end=data_end, window_days=window_days)
    if table.is_empty() or float(table["complete"].mean()) < LEAST_WATCHED:  # type: ignore[arg-type]
        return Refusal(
            NAME,
            f"Most calls can be watched for less than {window_days} days before the data end.",
            "A shorter window, or data that reach further.",
        )
    table = table.with_columns(
        treated_=pl.col(treated).cast(pl.Float64),
        log_days=pl.col("watched_days").log(),
        place_=pl.col(place).cast(pl.String),
    ).drop_nulls(["treated_", *fixed_effects, *covariates])
    if table["treated_"].n_unique() < 2 or table["again"].n_unique() < 2:
        flat = treated if table["treated_"].n_unique() < 2 else outcome
        return Refusal(NAME, f"{flat} has the same value everywhere.", "A column that varies.")
    places = table["place_"].n_unique()
    table = table.with_columns(pl.col(name).cast(pl.String) for name in fixed_effects)
    fit = poisson(table, "again", ["treated_", *covariates], list(fixed_effects), "place_", offset="log_days")
    estimate, error = fit.of("treated_")
    valid = places >= LEAST_PLACES
    test = PValue(
        "clustered by place (CR1)",
        t_p_value(estimate, error, fit.freedom),
        valid,
        f"{places:,} places." if valid else f"Only {places} places: rejects too often.",
    )
    ratio = float(np.exp(estimate))
    low, high = (
        (float(np.exp(end)) for end in t_interval(estimate, error, fit.freedom)) if valid else (None, None)
    )
    rates = {
        int(arm): float(part["again"].sum()) / float(part["watched_days"].sum()) * 1_000
        for (arm,), part in table.partition_by("treated_", as_dict=True).items()
    }
    return with_relative(
        Effect(
            design=NAME,
            outcome=outcome,
            estimand=f"rate of a next call within {window_days} days, as a multiple of that after other calls",
            scale="rate_ratio",
            estimate=ratio,
            standard_error=ratio * error,
            low=low,
            high=high,
            interval_method=test.method if valid else "none",
            baseline=rates[1] / ratio,
            relative=None,
            relative_low=None,
            relative_high=None,
            treated_areas=None,
            comparison_areas=None,
            periods=None,
            observations=table.height,
            p_values=(test,),
            p_value=test if valid else None,
            notes=("More repeat calls can mean an unmet need or more trust: the sign alone is no verdict.",),
            details={
                "events": int(table["again"].sum()),
                "watched_days": float(table["watched_days"].sum()),
                "share_fully_watched": float(table["complete"].mean()),  # type: ignore[arg-type]
                "rate_treated": rates[1],
                "rate_other": rates[0],
            },
        )
    )


def follow_up(
    calls: pl.DataFrame, *, place: str, received: str, data_end: int | None, window_days: int
) -> pl.DataFrame:
    """The calls with a place, each with again (1.0 = called again within the window), watched_days, complete.

    complete: the window ends within the data. Calls of the data's last second cannot be watched and are left out.
    """
    end = int(calls[received].max()) if data_end is None else data_end  # type: ignore[arg-type]
    window = window_days * DAY
    table = calls.filter(pl.col(place).is_not_null() & pl.col(received).is_not_null()).sort(place, received)
    table = table.with_columns(
        gap=pl.col(received).shift(-1).over(place, order_by=received) - pl.col(received)
    )
    limit = pl.min_horizontal(pl.lit(window), pl.lit(end) - pl.col(received))
    table = table.with_columns(
        again=(pl.col("gap") <= limit).fill_null(False).cast(pl.Float64),
        watched_days=pl.min_horizontal(pl.col("gap").fill_null(window), limit).clip(1) / DAY,
        complete=pl.col(received) + window <= end,
    )
    return table.filter(pl.col(received) < end).drop("gap")
