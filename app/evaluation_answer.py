"""The short answer of an evaluation in sentences, from the verdict to what was locked.

Where nothing was found the words are "no effect detected", never "no effect": a test that finds nothing does not
show that there is nothing.
"""

from __future__ import annotations

from app.evaluation_units import MARYLAND, chance_words, unit_of, unit_of_baseline
from evaluation.after.checks_plausibility import total_change, treated_cells
from evaluation.after.designs import design_named
from evaluation.after.evaluate import Evaluation
from evaluation.after.evidence import TIERS
from evaluation.after.results import Effect
from evaluation.after.versions import detected, size


def in_short(evaluation: Evaluation) -> list[str]:
    """The answer in sentences."""
    result, main = evaluation.primary, evaluation.primary.main
    if main is None:
        return [
            f"{result.outcome.label}: no design could be used with these data, so there is no estimate. The reasons are below.",
            *_lock_sentences(evaluation),
        ]
    sentences = [_verdict(evaluation, main), *_exact_terms(main), *_other_design(evaluation, main)]
    if (
        evaluation.built is not None
        and main.baseline is not None
        and design_named(main.design).unit == "area"
    ):
        cells = treated_cells(evaluation.built.panel)
        total = total_change(main, cells)
        if total is not None:
            every = evaluation.study.period.every
            sentence = f"Expected without the program: {main.baseline:,.3g} {unit_of_baseline(evaluation, main)} in the program areas."
            # Means and shares do not add up.
            if result.outcome.is_count:
                sentence += (
                    f" Over all {cells:,} area-{every}s with the program (one area in one {every} each), the effect adds up "
                    f"to {_span(total, unit_of(result.outcome))}."
                )
            sentences.append(sentence)
    tier = evaluation.evidence
    sentences.append(
        f"Strength of evidence: {tier.tier} of 5 ({TIERS[tier.tier or 1]}). {tier.reason} {MARYLAND}"
    )
    by_result = {key: [c for c in result.checks if c.passed is key] for key in (True, False, None)}
    checks = f"Of {len(result.checks)} checks {len(by_result[True])} passed, {len(by_result[False])} failed, {len(by_result[None])} are open."
    if by_result[False]:
        checks += f" Failed: {'; '.join(check.label for check in by_result[False])}."
    sentences.append(checks)
    if result.outcome.generated_by in ("officer", "both"):
        sentences.append(
            "Officers take part in creating these records. Fewer officers on calls can mean fewer records without any change in what "
            "residents live through."
        )
    return [*sentences, *_lock_sentences(evaluation)]


def _other_design(evaluation: Evaluation, main: Effect) -> list[str]:
    """That the plan's design could not be used, where it could not: no reader should have to compare two tables."""
    wanted = evaluation.study.plan.design
    if wanted is None or wanted == main.design:
        return []
    known = [one.design.label for one in evaluation.primary.offers if one.design.id == wanted]
    return [
        f"The plan names {known[0] if known else wanted} as the design that decides. These data do not carry it (the "
        f"reason is below), so the main analysis is {design_named(main.design).label}."
    ]


def _verdict(evaluation: Evaluation, main: Effect) -> str:
    result = evaluation.primary
    label, found = result.outcome.label, detected(main)
    unit = unit_of_baseline(evaluation, main)
    figure = f"{effect_words(main, unit)}{_interval(main, unit)}"
    if found is None:
        return f"{label}: the estimate is {figure}. No test is valid with these areas, so it stands without a verdict."
    chance = ""
    if main.p_value is not None and main.p_value.value is not None:
        chance = (
            f" If the program changed nothing, a difference this large would still come up by chance "
            f"{chance_words(main.p_value.value)} ({p_words(main.p_value.value)})."
        )
    if not found:
        return f"{label}: no effect detected. The estimate is {figure}; every effect within the interval fits the data.{chance}"
    lower = size(main) < 0
    better = {"lower": lower, "higher": not lower}.get(result.outcome.better)
    judged = "" if better is None else f", which the study calls {'better' if better else 'worse'}"
    if main.scale == "rate_ratio":
        by = f"{abs(main.estimate - 1):.1%}" if main.relative is None else f"{abs(main.relative):.1%}"
    else:
        by = effect_words(main, unit).removeprefix("-").removeprefix("+")
    direction = "lower" if lower else "higher"
    return f"{label}: {direction} with the program by {by}{_interval(main, unit)}{judged}.{chance}"


def _exact_terms(main: Effect) -> list[str]:
    """The terms that a statistician looks for, after the plain words."""
    terms = []
    if main.scale == "rate_ratio":
        terms.append(f"a rate ratio of {main.estimate:.3f} (times the rate expected without the program)")
    if main.p_value is not None and main.p_value.value is not None:
        terms.append(f"{p_words(main.p_value.value)} by {main.p_value.method}")
    return [f"In exact terms: {'; '.join(terms)}."] if terms else []


def p_words(value: float | None) -> str:
    """0.0312 → "p = 0.031", 0.0001 → "p < 0.001"."""
    if value is None:
        return "p not known"
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def effect_words(effect: Effect, unit: str) -> str:
    """The effect in percent where it can be said so, with the figure in its own unit."""
    own = (
        f"a rate ratio of {effect.estimate:.3f}"
        if effect.scale == "rate_ratio"
        else f"{effect.estimate:+,.3g} {unit}"
    )
    return own if effect.relative is None else f"{effect.relative:+.1%} ({own})"


def _interval(effect: Effect, unit: str) -> str:
    if effect.relative_low is not None and effect.relative_high is not None:
        return f", 95 % interval {effect.relative_low:+.1%} to {effect.relative_high:+.1%}"
    if effect.low is not None and effect.high is not None:
        if effect.scale == "rate_ratio":
            return f", 95 % interval of the rate ratio {effect.low:,.3g} to {effect.high:,.3g}"
        return f", 95 % interval {effect.low:+,.3g} to {effect.high:+,.3g} {unit}"
    return ", without a valid interval"


def _span(total: tuple[float, float | None, float | None], unit: str) -> str:
    central, low, high = total
    if low is None or high is None:
        return f"{central:+,.0f} {unit}"
    return f"{central:+,.0f} {unit} (95 % interval {low:+,.0f} to {high:+,.0f})"


def _lock_sentences(evaluation: Evaluation) -> list[str]:
    lock = evaluation.lock
    if lock is None:
        return [
            "The plan was not locked before the outcomes were looked at: treat the result as exploratory."
        ]
    when = "before" if lock.before_start else "after"
    changed = len(evaluation.changes)
    tail = (
        "nothing was changed since"
        if not changed
        else f"{changed} thing(s) were changed since (listed below)"
    )
    return [f"The plan was locked on {lock.locked_on}, {when} the program's first start; {tail}."]
