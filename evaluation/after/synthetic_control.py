"""Synthetic control of one program area, with a ridge correction where the weights alone miss its course."""

from __future__ import annotations

import numpy as np
import polars as pl

from evaluation.after.area_matrix import area_matrix
from evaluation.after.difference_in_differences import with_relative
from evaluation.after.donor_library import donor_fit
from evaluation.after.panel import Panel
from evaluation.after.results import Effect, PValue, Refusal

NAME = "synthetic_control"
LEAST_DONORS = 5
LEAST_BEFORE = 10


def synthetic_control(
    panel: Panel,
    outcome: str,
    *,
    seed: int = 0,
    augmented: bool = True,
    penalty: float | None = None,
    demeaned: bool = False,
) -> Effect | Refusal:
    """Average gap after the start between the one program area and its weighted comparison areas.

    penalty: ridge penalty; None = one-standard-error rule. demeaned: compare courses, each area at its own
    level (for a program area larger or smaller than all others). seed: not used (nothing is drawn). The rank test
    compares error after / error before over all areas; with fewer than 19 comparison areas it cannot reach 5 %.
    details: l2_imbalance, penalty.
    """
    matrix = area_matrix(panel, outcome, NAME, one_start=True)
    if isinstance(matrix, Refusal):
        return matrix
    treated, donors, before = int(matrix.ever.sum()), int((~matrix.ever).sum()), matrix.starts[0]
    if treated != 1:
        return Refusal(
            NAME, f"{treated} program areas.", "One; with more, synthetic difference-in-differences."
        )
    if donors < LEAST_DONORS:
        return Refusal(NAME, f"{donors} comparison areas.", f"At least {LEAST_DONORS}; 19 for a test at 5 %.")
    if before < LEAST_BEFORE:
        return Refusal(NAME, f"{before} periods before the start.", f"At least {LEAST_BEFORE}.")
    found = donor_fit(matrix, augmented=augmented, penalty=penalty, demeaned=demeaned)
    estimate = float(found.gap[before:].mean())
    program = matrix.values[matrix.ever][0]
    smallest = 1 / found.units_ranked
    rank = PValue(
        "rank among placebo areas",
        found.rank_p_value,
        smallest <= 0.05,
        f"One of {found.units_ranked} areas: p cannot fall below {smallest:.3f}.",
        smallest,
    )
    periods = len(matrix.periods)
    conformal = PValue(
        "conformal (moving blocks)",
        found.conformal_p_value,
        periods >= 20,
        f"Shifts the {periods} gaps in time; holds if they keep one pattern, and the effect is constant.",
        1 / periods,
    )
    chosen = next((one for one in (rank, conformal) if one.valid), None)
    notes = list(matrix.notes)
    if float(np.sqrt((found.gap[:before] ** 2).mean())) > float(program[:before].std()):
        notes.append("Before the start the weighted areas follow the program area poorly: read with care.")
    if chosen is None:
        notes.append(
            "Too few comparison areas and periods for a test at 5 %: the estimate stands without a verdict."
        )
    low, high = placebo_interval(found.placebo_gaps, matrix.areas[int(matrix.ever.argmax())], before)
    return with_relative(
        Effect(
            design=NAME,
            outcome=outcome,
            estimand="average effect in the program area after the start (ATT), per period",
            scale="difference",
            estimate=estimate,
            standard_error=None,
            low=low,
            high=high,
            interval_method="placebo areas ranked by gap / error before, inverted"
            if low is not None
            else "none",
            baseline=float(found.synthetic[before:].mean()),
            relative=None,
            relative_low=None,
            relative_high=None,
            treated_areas=1,
            comparison_areas=donors,
            periods=periods,
            observations=matrix.values.size,
            p_values=(rank, conformal),
            p_value=chosen,
            path=pl.DataFrame(
                {
                    "event_time": np.arange(periods) - before,
                    "estimate": found.gap,
                    "observed": program,
                    "counterfactual": found.synthetic,
                }
            ),
            weights=pl.DataFrame({"donor": list(found.weights), "weight": list(found.weights.values())}).sort(
                "weight", descending=True
            ),
            notes=tuple(notes),
            details={"l2_imbalance": found.l2, "penalty": found.penalty},
        )
    )


def placebo_interval(gaps: pl.DataFrame, target: str, before: int) -> tuple[float | None, float | None]:
    """Constant effects whose distance from the estimate, in errors before the start, is not among the largest 5 %.

    gaps: unit, period, gap of every area fitted as if it had got the program. None with fewer than 20 areas.
    """
    each = (
        gaps.group_by("unit")
        .agg(
            after=pl.col("gap").filter(pl.col("period") >= before).mean(),
            error=(pl.col("gap").filter(pl.col("period") < before) ** 2).mean().sqrt(),
        )
        .sort("unit")
    )
    others = each.filter(pl.col("unit") != target)
    if others.height < 19:
        return None, None
    own = each.filter(pl.col("unit") == target)
    ratios = np.sort((others["after"].abs() / others["error"].clip(1e-12)).to_numpy())
    # The effect is rejected where fewer than 5 % of all areas (itself included) are at least as far out.
    allowed = int(np.floor(0.05 * (others.height + 1) + 1e-9))
    reach = float(ratios[len(ratios) - allowed]) * float(own["error"][0])
    return float(own["after"][0]) - reach, float(own["after"][0]) + reach
