"""What an evaluation finds, as small values: effects with their inference, checks, and refusals with a reason.

Every design returns the same `Effect`, every check the same `Check`, so that the report, the page and a critic's
own script read them alike. Nothing here computes: drawing and wording live in app/.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

Scale = Literal["difference", "rate_ratio"]


@dataclass(frozen=True)
class PValue:
    """One test of "no effect at all".

    - method: for example "cluster-robust (CR1)", "wild cluster bootstrap", "randomization inference".
    - value: between 0 and 1; None where the method could not be computed.
    - valid: False where the number or size of the treated areas makes the method misleading here.
    - reason: why it is valid or not, one sentence.
    - smallest_possible: for exact tests, the smallest value that the number of arrangements allows.
    """

    method: str
    value: float | None
    valid: bool
    reason: str
    smallest_possible: float | None = None


@dataclass(frozen=True)
class Effect:
    """An effect of the program on one outcome, by one design.

    - scale: "difference" in the outcome's own unit per area and period (or per call), or "rate_ratio" where 1
      means no difference.
    - estimate, low, high: on that scale; low and high are the 95 % interval by `interval_method`, None where no
      valid interval exists.
    - baseline: what would have been expected without the program, in the outcome's unit; `relative` is the
      effect as a share of it (−0.2 = 20 % fewer), with its interval.
    - path: one row per event time or period: event_time, estimate, low, high (and observed, counterfactual
      where the design has them); None where the design has no path.
    - weights: donor, weight for synthetic controls.
    - p_values: all that were computed, invalid ones marked; `p_value` is the one that the chooser picked.
    """

    design: str
    outcome: str
    estimand: str
    scale: Scale
    estimate: float
    standard_error: float | None
    low: float | None
    high: float | None
    interval_method: str
    baseline: float | None
    relative: float | None
    relative_low: float | None
    relative_high: float | None
    treated_areas: int | None
    comparison_areas: int | None
    periods: int | None
    observations: int
    p_values: tuple[PValue, ...] = ()
    p_value: PValue | None = None
    path: pl.DataFrame | None = None
    weights: pl.DataFrame | None = None
    notes: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """A check that could sink the result: passed True or False, or None where it could not be judged.

    sentence: what was looked at and what came out, in plain words with the numbers in it. table: the figures
    behind it, or None.
    """

    name: str
    label: str
    passed: bool | None
    sentence: str
    table: pl.DataFrame | None = None


@dataclass(frozen=True)
class Refusal:
    """A design that was not run, with the reason and what would have to be different."""

    design: str
    found: str
    needed: str
