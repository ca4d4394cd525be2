"""Synthetic control of one program area, with a ridge correction where the weights alone miss its course."""

from __future__ import annotations

from evaluation.after.area_matrix import AreaMatrix, area_matrix
from evaluation.after.donor_effect import donor_effect, rank_p_value
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
    matrix = one_program_area(panel, outcome, NAME)
    if isinstance(matrix, Refusal):
        return matrix
    found = donor_fit(matrix, augmented=augmented, penalty=penalty, demeaned=demeaned)
    periods = len(matrix.periods)
    conformal = PValue(
        "conformal (moving blocks)",
        found.conformal_p_value,
        periods >= 20,
        f"Shifts the {periods} gaps in time; holds if they keep one pattern, and the effect is constant.",
        1 / periods,
    )
    return donor_effect(
        matrix,
        NAME,
        outcome,
        synthetic=found.synthetic,
        weights=found.weights,
        placebo_gaps=found.placebo_gaps,
        p_values=(rank_p_value(found.rank_p_value, found.units_ranked), conformal),
        notes=matrix.notes,
        details={"l2_imbalance": found.l2, "penalty": found.penalty},
    )


def one_program_area(panel: Panel, outcome: str, design: str) -> AreaMatrix | Refusal:
    """The outcome as arrays where one area has the program, enough do not, and the time before is long enough."""
    matrix = area_matrix(panel, outcome, design, one_start=True)
    if isinstance(matrix, Refusal):
        return matrix
    treated, donors, before = int(matrix.ever.sum()), int((~matrix.ever).sum()), matrix.starts[0]
    if treated != 1:
        return Refusal(
            design, f"{treated} program areas.", "One; with more, synthetic difference-in-differences."
        )
    if donors < LEAST_DONORS:
        return Refusal(
            design, f"{donors} comparison areas.", f"At least {LEAST_DONORS}; 19 for a test at 5 %."
        )
    if before < LEAST_BEFORE:
        return Refusal(design, f"{before} periods before the start.", f"At least {LEAST_BEFORE}.")
    return matrix
