"""Calls or shifts assigned by lot: the effect of the offer, of being served, and whether the lots came out even."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evaluation.after.difference_in_differences import t_interval, t_p_value, with_relative
from evaluation.after.fixed_effects import least_squares, two_stages
from evaluation.after.results import Effect, PValue, Refusal

NAME = "randomised"
LEAST_PER_ARM = 2
LEAST_CLUSTERS = 20
UNEVEN_BELOW = 0.001


def randomised(
    calls: pl.DataFrame,
    outcome: str,
    *,
    seed: int = 0,
    assigned: str = "assigned",
    served: str | None = None,
    covariates: tuple[str, ...] = (),
    strata: str | None = None,
    cluster: str | None = None,
    draws: int = 9_999,
) -> Effect | Refusal:
    """Intention to treat: outcome by what the lot said, whoever was served in the end.

    assigned: 0/1; strata: within which lots were drawn; cluster: what was drawn (shift, day), None: each call.
    covariates: numeric, only for the balance test. Refuses where the balance test over all covariates says that
    such lots happen less than once in 1,000. details: balance (covariate, assigned, other, standardised),
    balance_p_value; with `served`: late (estimate, error, first-stage F), share_served (assigned, other).
    """
    table = calls.select(
        pl.col(outcome).cast(pl.Float64).alias("outcome"),
        pl.col(assigned).cast(pl.Float64).alias("assigned"),
        *([pl.col(served).cast(pl.Float64).alias("served")] if served else []),
        *(pl.col(name).cast(pl.Float64) for name in covariates),
        *([pl.col(strata).cast(pl.String).alias("stratum")] if strata else []),
        *([pl.col(cluster).cast(pl.String).alias("cluster")] if cluster else []),
    ).drop_nulls()
    if set(table["assigned"].unique()) != {0.0, 1.0}:
        return Refusal(
            NAME, f"{assigned} is not 0 and 1.", "A column with 1 = assigned to the program, 0 = not."
        )
    if table["outcome"].n_unique() < 2:
        return Refusal(NAME, f"{outcome} has the same value everywhere.", "An outcome that varies.")
    units = (
        table["cluster"].rank("dense").to_numpy().astype(np.int64) - 1 if cluster else np.arange(table.height)
    )
    lot = np.zeros(int(units.max()) + 1)
    lot[units] = table["assigned"].to_numpy()
    if cluster and not np.array_equal(lot[units], table["assigned"].to_numpy()):
        return Refusal(
            NAME, f"Calls of one {cluster} were assigned differently.", "The column that was drawn by lot."
        )
    if min(lot.sum(), len(lot) - lot.sum()) < LEAST_PER_ARM:
        return Refusal(NAME, "One side of the lot is nearly empty.", "Several lots on each side.")
    effects = ["stratum"] if strata else []
    by = "cluster" if cluster else None
    fit = least_squares(table, "outcome", ["assigned"], effects, by)
    estimate, error = fit.of("assigned")
    lots = _lots(lot, table["stratum"].to_numpy() if strata else None, units, draws, seed)
    sampled = _permuted(
        table["outcome"].to_numpy(), units, lots, table["stratum"].to_numpy() if strata else None
    )
    by_lot = PValue(
        "randomization inference",
        float((np.abs(sampled) >= abs(sampled[0]) - 1e-12).mean()),
        True,
        f"{len(sampled) - 1:,} other lots drawn the same way.",
        1 / len(sampled),
    )
    clusters = len(lot)
    regression = PValue(
        "robust (HC1)" if by is None else "clustered (CR1)",
        t_p_value(estimate, error, fit.freedom),
        clusters >= LEAST_CLUSTERS,
        f"{clusters:,} lots drawn.",
    )
    balance, balance_p = _balance(table, covariates, units, lots)
    if balance_p is not None and balance_p < UNEVEN_BELOW:
        return Refusal(
            NAME,
            f"The lots are too uneven in {', '.join(covariates)} (p = {balance_p:.4f}) to have been drawn by chance.",
            "A record of how calls were assigned; else a design without lots.",
        )
    low, high = t_interval(estimate, error, fit.freedom) if regression.valid else (None, None)
    details: dict[str, object] = {"balance": balance, "balance_p_value": balance_p}
    if served:
        late = two_stages(table, "outcome", [], effects, "served", "assigned", by)
        details["late"] = (*late.of("served"), late.first_stage_f)
        details["share_served"] = tuple(
            float(table.filter(pl.col("assigned") == arm)["served"].mean())  # type: ignore[arg-type]
            for arm in (1, 0)
        )
    others = float(table.filter(pl.col("assigned") == 0)["outcome"].mean())  # type: ignore[arg-type]
    return with_relative(
        Effect(
            design=NAME,
            outcome=outcome,
            estimand="effect of being assigned to the program, whoever was served (intention to treat)",
            scale="difference",
            estimate=estimate,
            standard_error=error,
            low=low,
            high=high,
            interval_method=regression.method if regression.valid else "none",
            baseline=others,
            relative=None,
            relative_low=None,
            relative_high=None,
            treated_areas=None,
            comparison_areas=None,
            periods=None,
            observations=table.height,
            p_values=(by_lot, regression),
            p_value=by_lot,
            details=details,
        )
    )


def _lots(
    lot: NDArray[np.float64],
    stratum: NDArray[np.object_] | None,
    units: NDArray[np.int64],
    draws: int,
    seed: int,
) -> NDArray[np.float64]:
    """Lots drawn like the real one (first row), within strata."""
    generator = np.random.default_rng(seed)
    draws = int(np.clip(20_000_000 // len(lot), 199, draws))
    lots = np.tile(lot, (draws + 1, 1))
    of_unit = np.zeros(len(lot), dtype=np.int64)
    if stratum is not None:
        of_unit[units] = np.unique(stratum, return_inverse=True)[1]
    for one in np.unique(of_unit):
        places = np.flatnonzero(of_unit == one)
        lots[1:, places] = generator.permuted(lots[1:, places], axis=1)
    return lots


def _permuted(
    values: NDArray[np.float64],
    units: NDArray[np.int64],
    lots: NDArray[np.float64],
    stratum: NDArray[np.object_] | None,
) -> NDArray[np.float64]:
    """Difference in means for every lot, values taken as deviations from their stratum's mean."""
    if stratum is not None:
        codes = np.unique(stratum, return_inverse=True)[1]
        values = values - (np.bincount(codes, weights=values) / np.bincount(codes))[codes]
    sums, counts = np.bincount(units, weights=values), np.bincount(units).astype(np.float64)
    one, size = lots @ sums, lots @ counts
    return np.asarray(one / size - (sums.sum() - one) / (counts.sum() - size))


def _balance(
    table: pl.DataFrame, covariates: tuple[str, ...], units: NDArray[np.int64], lots: NDArray[np.float64]
) -> tuple[pl.DataFrame, float | None]:
    """Means by arm, and how often lots are as uneven: sum of squared standardised differences, by permutation."""
    rows, total = [], np.zeros(len(lots))
    for name in covariates:
        values = table[name].to_numpy()
        spread = float(values.std()) or 1.0
        found = _permuted(values, units, lots, None) / spread
        total += found**2
        arm = table["assigned"].to_numpy() == 1
        rows.append(
            {
                "covariate": name,
                "assigned": float(values[arm].mean()),
                "other": float(values[~arm].mean()),
                "standardised": float(found[0]),
            }
        )
    frame = pl.DataFrame(
        rows,
        schema={
            "covariate": pl.String,
            "assigned": pl.Float64,
            "other": pl.Float64,
            "standardised": pl.Float64,
        },
    )
    return frame, float((total >= total[0] - 1e-12).mean()) if covariates else None
