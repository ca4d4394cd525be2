"""How the gap between a program area and its weighted comparison areas becomes an Effect, with its placebo interval."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evaluation.after.area_matrix import AreaMatrix
from evaluation.after.difference_in_differences import with_relative
from evaluation.after.results import Effect, PValue

Array = NDArray[np.float64]


def donor_effect(
    matrix: AreaMatrix,
    design: str,
    outcome: str,
    *,
    synthetic: Array,
    weights: Mapping[str, float],
    placebo_gaps: pl.DataFrame,
    p_values: tuple[PValue, ...],
    notes: tuple[str, ...],
    details: dict[str, object],
) -> Effect:
    """The average gap after the start of the one program area of `matrix`; the first valid test is the chosen one.

    synthetic: the weighted areas' course; placebo_gaps: as placebo_interval has them.
    """
    before, periods = matrix.starts[0], len(matrix.periods)
    program = matrix.values[matrix.ever][0]
    gap = program - synthetic
    said = list(notes)
    if float(np.sqrt((gap[:before] ** 2).mean())) > float(program[:before].std()):
        said.append("Before the start the weighted areas follow the program area poorly: read with care.")
    chosen = next((one for one in p_values if one.valid), None)
    if chosen is None:
        said.append(
            "Too few comparison areas and periods for a test at 5 %: the estimate stands without a verdict."
        )
    low, high = placebo_interval(placebo_gaps, matrix.areas[int(matrix.ever.argmax())], before)
    return with_relative(
        Effect(
            design=design,
            outcome=outcome,
            estimand="average effect in the program area after the start (ATT), per period",
            scale="difference",
            estimate=float(gap[before:].mean()),
            standard_error=None,
            low=low,
            high=high,
            interval_method="placebo areas ranked by gap / error before, inverted"
            if low is not None
            else "none",
            baseline=float(synthetic[before:].mean()),
            relative=None,
            relative_low=None,
            relative_high=None,
            treated_areas=1,
            comparison_areas=len(matrix.areas) - 1,
            periods=periods,
            observations=matrix.values.size,
            p_values=p_values,
            p_value=chosen,
            path=pl.DataFrame(
                {
                    "event_time": np.arange(periods) - before,
                    "estimate": gap,
                    "observed": program,
                    "counterfactual": synthetic,
                }
            ),
            weights=pl.DataFrame({"donor": list(weights), "weight": list(weights.values())}).sort(
                "weight", "donor", descending=[True, False]
            ),
            notes=tuple(said),
            details=details,
        )
    )


def rank_p_value(value: float, areas: int) -> PValue:
    """The rank among placebo areas as a PValue: valid where 1 of so many areas can reach 5 %."""
    smallest = 1 / areas
    reason = f"One of {areas} areas: p cannot fall below {smallest:.3f}."
    return PValue("rank among placebo areas", value, smallest <= 0.05, reason, smallest)


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


def gap_table(areas: tuple[str, ...], gaps: Array) -> pl.DataFrame:
    """unit, period, gap, as placebo_interval has them, of areas × periods."""
    periods = gaps.shape[1]
    return pl.DataFrame(
        {
            "unit": np.repeat(np.array(areas), periods),
            "period": np.tile(np.arange(periods), len(areas)),
            "gap": gaps.ravel(),
        }
    )


def ranked_by_errors(areas: tuple[str, ...], gaps: Array, before: int) -> pl.DataFrame:
    """area, before, after (mean squares of the gap), ratio, rank (1 = largest ratio; ties take the last place)."""
    early, late = (gaps[:, :before] ** 2).mean(axis=1), (gaps[:, before:] ** 2).mean(axis=1)
    table = pl.DataFrame({"area": list(areas), "before": early, "after": late})
    table = table.with_columns((pl.col("after") / pl.col("before").clip(1e-12)).alias("ratio"))
    rank = pl.col("ratio").rank("max", descending=True).cast(pl.Int64)
    return table.with_columns(rank.alias("rank")).sort("rank", "area")
