"""Team availability as an instrument: calls that happened to find a team free against like calls that did not.

The answer is for marginal calls: those served only because a team was free.
"""

from __future__ import annotations

import polars as pl

from evaluation.after.area_randomization import invert
from evaluation.after.difference_in_differences import t_interval, t_p_value, with_relative
from evaluation.after.fixed_effects import least_squares, two_stages
from evaluation.after.results import Effect, PValue, Refusal

NAME = "availability_instrument"
WEAK_BELOW = 10.0


def availability_instrument(
    calls: pl.DataFrame,
    outcome: str,
    *,
    seed: int = 0,
    served: str = "served",
    available: str = "team_available",
    fixed_effects: tuple[str, ...] = ("area", "hour_of_week", "month"),
    covariates: tuple[str, ...] = (),
    cluster: str | None = "date",
) -> Effect | Refusal:
    """Effect of being served by the team, by two-stage least squares with availability as instrument.

    calls: one row per eligible call; served, available: 0/1 (or how much, such as minutes: the effect is then per
    unit of it); fixed_effects: columns within whose cells availability should be close to chance; covariates:
    numeric, known before dispatch; cluster: column whose calls are not independent (the date), None for none. With a first-stage F below 10 the interval and the test
    are Anderson–Rubin's, which hold with a weak instrument. details: first_stage_f, classical (standard error and
    first-stage F as if calls were independent and equally noisy: for comparison with other programs, and not used),
    intention_to_treat, anderson_rubin_p_value, availability_predicted_p_value. seed: not used.
    """
    columns = {"outcome": outcome, "served": served, "available": available}
    table = calls.select(
        *(pl.col(source).cast(pl.Float64).alias(name) for name, source in columns.items()),
        *(pl.col(name).cast(pl.String) for name in fixed_effects),
        *(pl.col(name).cast(pl.Float64) for name in covariates),
        *([pl.col(cluster).cast(pl.String).alias("cluster")] if cluster else []),
    ).drop_nulls()
    for name, source in columns.items():
        if table[name].n_unique() < 2:
            return Refusal(NAME, f"{source} has the same value everywhere.", "A column that varies.")
    by = "cluster" if cluster else None
    controls, effects = list(covariates), list(fixed_effects)
    fit = two_stages(table, "outcome", controls, effects, "served", "available", by)
    if "served" not in fit.names or fit.first_stage_f is None:
        return Refusal(
            NAME, "Availability does not vary within the cells.", "Fewer fixed effects, or a longer time."
        )
    estimate, error = fit.of("served")
    reduced = least_squares(table, "outcome", ["available", *controls], effects, by)
    itt, itt_error = reduced.of("available")

    def anderson_rubin(effect: float) -> float:
        shifted = table.with_columns(outcome=pl.col("outcome") - effect * pl.col("served"))
        value, spread = least_squares(shifted, "outcome", ["available", *controls], effects, by).of(
            "available"
        )
        return t_p_value(value, spread, reduced.freedom)

    strong = fit.first_stage_f >= WEAK_BELOW
    two_stage = PValue(
        "two-stage least squares",
        t_p_value(estimate, error, fit.freedom),
        strong,
        f"First-stage F = {fit.first_stage_f:.1f}." + ("" if strong else " Below 10: misleading."),
    )
    weak_proof = PValue(
        "Anderson–Rubin",
        t_p_value(itt, itt_error, reduced.freedom),
        True,
        "Holds however weak the instrument is.",
    )
    if strong:
        low, high = t_interval(estimate, error, fit.freedom)
    else:
        low, high = invert(anderson_rubin, estimate, error, 0.05)  # type: ignore[assignment]
    predicted = None
    if covariates:
        first = least_squares(table, "available", controls, effects, by)
        predicted = min(
            1.0,
            len(controls)
            * min(t_p_value(*first.of(name), first.freedom) for name in first.names if name in controls),
        )
    notes = []
    if predicted is not None and predicted < 0.05:
        notes.append("Availability can be predicted from the calls' own facts: it is not close to chance.")
    unserved = table.filter(pl.col("served") == 0)["outcome"].mean()
    return with_relative(
        Effect(
            design=NAME,
            outcome=outcome,
            estimand="effect of being served, for calls served only because a team was free (LATE)",
            scale="difference",
            estimate=estimate,
            standard_error=error,
            low=low,
            high=high,
            interval_method="two-stage least squares" if strong else "Anderson–Rubin",
            baseline=None if unserved is None else float(unserved),  # type: ignore[arg-type]
            relative=None,
            relative_low=None,
            relative_high=None,
            treated_areas=None,
            comparison_areas=None,
            periods=None,
            observations=table.height,
            p_values=(two_stage, weak_proof),
            p_value=two_stage if strong else weak_proof,
            notes=tuple(notes),
            details={
                "first_stage_f": fit.first_stage_f,
                "classical": fit.classical,
                "intention_to_treat": (itt, itt_error),
                "anderson_rubin_p_value": weak_proof.value,
                "availability_predicted_p_value": predicted,
            },
        )
    )
