"""How much of an outcome one answered call can hold at most, for the mechanical bound: or why nobody can say."""

from __future__ import annotations

import polars as pl

from evaluation.after.build_panel import BuiltPanel
from evaluation.after.cohort import offered
from evaluation.after.outcome_cells import AMONG_CALLS
from evaluation.after.study import CALLS, Outcome, Study


def most_per_call(study: Study, outcome: Outcome, built: BuiltPanel) -> tuple[float | None, str]:
    """The most that one call can take away of the outcome, and what that is; None with the reason where unknown.

    Counts: 1. Sums of whole numbers (monthly counts of reports): 1. Police unit-hours: the mean per call of the
    outcome's kind where the program was not offered, since a call that the team answers cannot free more than
    police would have spent on it.
    """
    if outcome.measure == "count":
        return 1.0, "one per call"
    if outcome.measure == "sum":
        values = built.panel.used[outcome.name].drop_nulls()
        if (values == values.round()).all():
            return 1.0, "one per call"
        return None, f"“{outcome.label}” is a sum of amounts: nobody can say how much of it one call holds."
    if outcome.measure == "unit_hours" and outcome.table == CALLS and built.cohort is not None:
        calls = offered(built.cohort.table, study.program.starts).filter(AMONG_CALLS[outcome.among])
        untouched = calls.filter(~pl.col("offered").fill_null(False)).select(pl.col("police_hours").mean())
        mean = untouched.collect().item()
        if mean:
            return float(mean), "mean police unit-hours of such a call without the program"
        return None, "No call without the program has measured police hours."
    return None, f"“{outcome.label}” is an average, so there is no total that the answered calls could hold."
