"""Service-hour boundary: calls just inside against just outside the hours, minus the same clock edge without the
program (difference in discontinuities).

What always changes at that minute (shift change, bars closing) is on both kinds of day and cancels.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from evaluation.after.did_library import density_p_value, jump_at_zero
from evaluation.after.difference_in_differences import t_interval, t_p_value, with_relative
from evaluation.after.fixed_effects import least_squares
from evaluation.after.results import Effect, PValue, Refusal

NAME = "hour_boundary"
LEAST_CALLS = 50  # on each side, on each kind of day, within the bandwidth
LEAST_DATES = 20
LEAST_DONUTS = 4  # a bandwidth that is mostly hole says nothing


def hour_boundary(
    calls: pl.DataFrame,
    outcome: str,
    *,
    seed: int = 0,
    minutes_from_edge: str = "minutes_from_edge",
    program_day: str = "program_day",
    cluster: str = "date",
    donut_minutes: float = 15.0,
    bandwidth_minutes: float | None = None,
) -> Effect | Refusal:
    """Jump of the outcome at the edge of the service hours on program days, minus that on other days.

    calls: one row per eligible call. minutes_from_edge: minutes of creation from the edge, ≥ 0 inside the hours;
    program_day: Boolean, the program ran that day (False: before launch, off-days); cluster: the date. Calls
    within donut_minutes are left out (held calls, wrong clocks). Local lines on both sides, triangular weights,
    the bandwidth of Calonico, Cattaneo & Titiunik 2014 (the wider of the two kinds of day, four donuts at least),
    errors by date.
    Grembi, Nannicini & Troiano 2016, AEJ Applied 8. details: density_p_value, bandwidth_minutes, robust
    estimate and error without clusters. seed: not used.
    """
    table = calls.select(
        outcome=pl.col(outcome).cast(pl.Float64),
        minutes=pl.col(minutes_from_edge).cast(pl.Float64),
        program=pl.col(program_day).cast(pl.Int64),
        date=pl.col(cluster).cast(pl.String),
    ).drop_nulls()
    if table["minutes"].is_empty() or ((table["minutes"] % 60).n_unique() < 12 and table.height > 50):
        return Refusal(NAME, "The calls carry the hour only.", "The minute at which each call was created.")
    if table["program"].n_unique() < 2:
        return Refusal(
            NAME, "All days are of one kind.", "Days with and without the program (before launch, off-days)."
        )
    if table["outcome"].n_unique() < 2:
        return Refusal(NAME, f"{outcome} has the same value everywhere.", "An outcome that varies.")
    outside_donut = table.filter(pl.col("minutes").abs() >= donut_minutes)
    robust = []
    for program in (1, 0):
        day = outside_donut.filter(pl.col("program") == program)
        if min((day["minutes"] >= 0).sum(), (day["minutes"] < 0).sum()) < LEAST_CALLS:
            return Refusal(
                NAME, "Too few calls around the edge.", f"{LEAST_CALLS} on each side, on each kind of day."
            )
        robust.append(jump_at_zero(day["minutes"].to_numpy(), day["outcome"].to_numpy(), bandwidth_minutes))
    bandwidth = bandwidth_minutes or max(LEAST_DONUTS * donut_minutes, *(one.bandwidth for one in robust))
    near = outside_donut.filter(pl.col("minutes").abs() < bandwidth).with_columns(
        inside=(pl.col("minutes") >= 0).cast(pl.Float64),
        weight=1 - pl.col("minutes").abs() / bandwidth,
    )
    near = near.with_columns(
        jump=pl.col("inside") * pl.col("program"),
        slope_inside=pl.col("inside") * pl.col("minutes"),
        slope_program=pl.col("program") * pl.col("minutes"),
        slope_both=pl.col("inside") * pl.col("program") * pl.col("minutes"),
    )
    sides = near.group_by("inside", "program").len()
    if sides.height < 4 or int(sides["len"].min()) < LEAST_CALLS:  # type: ignore[arg-type]
        return Refusal(
            NAME, "Too few calls within the bandwidth.", f"{LEAST_CALLS} on each side, each kind of day."
        )
    terms = ["jump", "inside", "program", "minutes", "slope_inside", "slope_program", "slope_both"]
    fit = least_squares(near, "outcome", terms, [], "date", weights="weight")
    estimate, error = fit.of("jump")
    dates = near["date"].n_unique()
    density = density_p_value(table.filter(pl.col("program") == 1)["minutes"].to_numpy())
    clustered = PValue(
        "clustered by date (CR1)",
        t_p_value(estimate, error, fit.freedom),
        dates >= LEAST_DATES,
        f"{dates} dates." if dates >= LEAST_DATES else f"Only {dates} dates.",
    )
    difference = robust[0].robust - robust[1].robust
    spread = float(np.hypot(robust[0].robust_error, robust[1].robust_error))
    corrected = PValue(
        "bias-corrected (calls taken as independent)",
        t_p_value(difference, spread, table.height),
        False,
        "Calls of one day are not independent.",
    )
    notes = []
    if density < 0.05:
        notes.append(
            f"Calls bunch at the edge (density test p = {density:.3f}): callers or clocks may know the hours."
        )
    low, high = t_interval(estimate, error, fit.freedom) if clustered.valid else (None, None)
    inside = near.filter((pl.col("jump") == 1) & (pl.col("minutes") < bandwidth / 4 + donut_minutes))
    level = float(inside["outcome"].mean() or 0.0)  # type: ignore[arg-type]
    return with_relative(
        Effect(
            design=NAME,
            outcome=outcome,
            estimand="effect of being inside the service hours, for calls at their edge (local intention to treat)",
            scale="difference",
            estimate=estimate,
            standard_error=error,
            low=low,
            high=high,
            interval_method=clustered.method if clustered.valid else "none",
            baseline=level - estimate,
            relative=None,
            relative_low=None,
            relative_high=None,
            treated_areas=None,
            comparison_areas=None,
            periods=None,
            observations=near.height,
            p_values=(clustered, corrected),
            p_value=clustered if clustered.valid else None,
            notes=tuple(notes),
            details={
                "density_p_value": density,
                "bandwidth_minutes": bandwidth,
                "bias_corrected": difference,
                "bias_corrected_error": spread,
                "dates": dates,
            },
        )
    )
