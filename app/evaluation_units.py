"""What an effect is measured in: the outcome's unit, the rate ratio in percent, and a p-value as a number of chances.

One place for the answer, the tables, the charts and the report, so that no figure stands without its unit.
"""

from __future__ import annotations

from typing import Final

from evaluation.after.designs import design_named
from evaluation.after.evaluate import Evaluation
from evaluation.after.results import Effect
from evaluation.after.study import CALLS, Outcome

MARYLAND: Final = (
    "The scale (Maryland scale) runs from 1, a correlation, to 5, assigned by lot. It rates how the comparison was made, "
    "not how large the effect is."
)
_SHARE: Final = "as a share from 0 to 1"
_OF_MEASURE: Final = {
    "unit_hours": "police unit-hours",
    "response_minutes": "minutes from received to first arrival",
    "share": _SHARE,
    "repeat_share": _SHARE,
}


def unit_of(outcome: Outcome) -> str:
    """The outcome's unit in the plural: "police unit-hours", "calls", else what the study calls it ("arrests")."""
    known = _OF_MEASURE.get(outcome.measure)
    if known is not None:
        return known
    if outcome.measure == "count" and outcome.where is None:
        return "calls" if outcome.table == CALLS else outcome.table.replace("_", " ")
    # "Arrests" as "arrests", but "EMS transports" as it is.
    return outcome.label if outcome.label[1:2].isupper() else outcome.label[:1].lower() + outcome.label[1:]


def unit_of_baseline(evaluation: Evaluation, effect: Effect) -> str:
    """What the effect and what was expected are counted in: "police unit-hours per area and month"."""
    outcome = next((one for one in evaluation.study.outcomes if one.name == effect.outcome), None)
    unit = unit_of(outcome) if outcome is not None else effect.outcome.replace("_", " ")
    per = (
        "per call"
        if design_named(effect.design).unit == "call"
        else f"per area and {evaluation.study.period.every}"
    )
    return f"{unit}, {per}" if unit == _SHARE else f"{unit} {per}"


def unit_of_effect(evaluation: Evaluation, effect: Effect) -> str:
    """What its estimate is: a ratio, said in percent, or the outcome's unit."""
    return (
        ratio_words(effect.estimate) if effect.scale == "rate_ratio" else unit_of_baseline(evaluation, effect)
    )


def ratio_words(ratio: float) -> str:
    """0.6818 → "rate ratio: 31.8% lower"."""
    change = ratio - 1
    if abs(change) < 0.0005:
        return "rate ratio: no difference"
    return f"rate ratio: {abs(change):.1%} {'lower' if change < 0 else 'higher'}"


def chance_words(p_value: float) -> str:
    """How often such a difference would come up by chance: "in fewer than 1 of 1,000 cases"."""
    if p_value < 0.001:
        return "in fewer than 1 of 1,000 cases"
    if p_value < 0.01:
        return f"in about {round(1000 * p_value)} of 1,000 cases"
    return f"in about {round(100 * p_value)} of 100 cases"
