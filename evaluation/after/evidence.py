"""How strong the evidence is: the Maryland scale, from the design, lowered by what the checks found.

1 correlation, 2 before and after without comparison, 3 comparison of unlike groups made alike, 4 comparison before
and after with checks, 5 assigned by lot (Sherman et al. 1997; Farrington et al. 2002).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evaluation.after.designs import design_named
from evaluation.after.results import Check, Effect

TIERS: Final = {
    1: "a correlation",
    2: "before and after, without a comparison",
    3: "a comparison of groups made alike",
    4: "before and after, beside a comparison",
    5: "assigned by lot",
}
# A failed one of these says that the comparison itself does not hold.
SINKING: Final = ("pre_trends", "placebo_outcomes", "placebo_dates", "overlap", "mechanical_bound")


@dataclass(frozen=True)
class Evidence:
    """tier: 1 to 5, None without an effect; reason: one or two sentences; failed: labels of failed checks."""

    tier: int | None
    reason: str
    failed: tuple[str, ...]


def evidence(effect: Effect | None, checks: Sequence[Check], *, areas_by_lot: bool = False) -> Evidence:
    """The tier of the main effect: its design's, one lower (never below 2) where a sinking check failed.

    areas_by_lot: a lot decided which areas got the program, so a comparison between areas is a trial of areas.
    """
    if effect is None:
        return Evidence(None, "No design could be used, so there is no evidence either way.", ())
    design = design_named(effect.design)
    failed = tuple(check.label for check in checks if check.passed is False)
    sunk = [check.label for check in checks if check.passed is False and check.name in SINKING]
    tier = design.evidence_tier
    reason = f"The design is {design.label[0].lower()}{design.label[1:]}: {design.tier_reason}."
    if areas_by_lot and design.unit == "area" and effect.comparison_areas:
        tier = 5
        reason += " A lot decided which areas got the program."
    if sunk and tier > 2:
        tier -= 1
        reason += f" One lower, because a check failed that the comparison rests on: {'; '.join(sunk)}."
    if effect.p_value is None:
        reason += " With these areas no test keeps its error rate, so the figure stands without a verdict."
    return Evidence(tier, reason, failed)
