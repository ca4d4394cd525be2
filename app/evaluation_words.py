"""The tables of an evaluation as rows of text for the page: trial, effects, tests, checks, limits.

The words hold no number that the evaluation's tables do not hold; the template has nothing to decide.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from app.evaluation_answer import p_words
from app.evaluation_units import MARYLAND, chance_words, ratio_words, unit_of_baseline, unit_of_effect
from app.report_tables import Words
from app.wording import NOT_KNOWN, count
from evaluation.after.designs import design_named
from evaluation.after.evaluate import Evaluation, OutcomeResult
from evaluation.after.evidence import TIERS
from evaluation.after.results import Check, Effect
from evaluation.after.study import AMONG

RESULT: Final = {True: "passed", False: "failed", None: "open"}
RESULT_NOTE: Final = (
    "“Open” means that the check could not be judged with these data, or that it has no pass mark. A check that passed "
    "does not prove the result; one that failed is a reason not to believe it yet."
)


def target_trial_words(evaluation: Evaluation) -> Words:
    """The trial that the data stand in for: eligibility, strategies, assignment, time zero, follow-up, outcome."""
    study, result = evaluation.study, evaluation.primary
    outcome, main = result.outcome, result.main
    starts = sorted({str(day) for _, day in study.program.starts})
    panel = evaluation.built.panel if evaluation.built else None
    others = (
        "all other areas"
        if study.comparison.areas == "all_others"
        else f"{len(study.comparison.areas)} named areas"
    )
    what = AMONG[outcome.among] if outcome.table == "calls" else f"rows of the table {outcome.table}"
    rows = [
        ("Question", study.question),
        ("Eligible", f"{what[0].upper()}{what[1:]}" + (f", where {outcome.where}" if outcome.where else "")),
        ("Strategies compared", f"Program in {len(study.program.starts)} areas against none in {others}"),
        (
            "Assignment",
            "By lot"
            if main and main.design == "randomised"
            else "Not by lot: the city chose areas and dates",
        ),
        ("Time zero", f"Start of the program: {', '.join(starts)}; for calls, the moment of creation"),
        ("Follow-up", f"{panel.first} to {panel.last}, by {study.period.every}" if panel else NOT_KNOWN),
        ("Outcome", f"{outcome.label} ({outcome.better} is better; created by: {outcome.generated_by})"),
        ("Contrast", f"Intention to treat: {main.estimand}" if main else NOT_KNOWN),
        ("Main analysis", design_named(main.design).label if main else NOT_KNOWN),
        ("Left out", "; ".join(f"{x.first} to {x.last}: {x.why}" for x in study.period.exclude) or "nothing"),
    ]
    return Words("target-trial", "The trial that these data stand in for", ("Element", "Here"), tuple(rows))


def effects_words(evaluation: Evaluation) -> Words:
    """Every effect: outcome, design, estimate, interval, relative, chosen p-value, areas."""
    rows = []
    for result in evaluation.results:
        for effect in result.effects:
            main = result.main is not None and effect.design == result.main.design
            rows.append(
                (
                    result.outcome.label,
                    design_named(effect.design).label + (" (main)" if main else ""),
                    f"{effect.estimate:,.4g}",
                    unit_of_effect(evaluation, effect),
                    _ends(effect.low, effect.high),
                    NOT_KNOWN if effect.relative is None else f"{effect.relative:+.1%}",
                    "no valid test"
                    if effect.p_value is None or effect.p_value.value is None
                    else p_words(effect.p_value.value).removeprefix("p = ").removeprefix("p "),
                    f"{count(effect.treated_areas)} / {count(effect.comparison_areas)}",
                )
            )
    return Words(
        "effects",
        "Every effect that was estimated",
        (
            "Outcome",
            "Design",
            "Estimate",
            "Unit",
            "95 % interval",
            "Percent",
            "p-value",
            "Areas with / without",
        ),
        tuple(rows),
        ("Estimate", "95 % interval", "Percent", "p-value", "Areas with / without"),
        "A rate ratio says how many times the rate expected without the program was seen: 1 means no difference.",
    )


def main_effect_words(evaluation: Evaluation, effect: Effect) -> Words:
    """One effect in a few rows: relative and absolute size with interval, test, areas, strength of evidence."""
    unit = unit_of_baseline(evaluation, effect)
    own = (
        f"{ratio_words(effect.estimate).capitalize()} (1 means no difference)"
        if effect.scale == "rate_ratio"
        else f"Absolute effect, {unit}"
    )
    rows = [
        ("Relative effect", _with_ends(effect.relative, effect.relative_low, effect.relative_high, "+.1%")),
        (own, _with_ends(effect.estimate, effect.low, effect.high, ",.4g")),
        (
            "Expected without the program",
            NOT_KNOWN if effect.baseline is None else f"{effect.baseline:,.4g} {unit}",
        ),
        (
            "Test of no effect at all (p-value)",
            f"such a difference by chance {chance_words(effect.p_value.value)} ({p_words(effect.p_value.value)}, {effect.p_value.method})"
            if effect.p_value is not None and effect.p_value.value is not None
            else "no valid test",
        ),
        (
            "Areas with / without the program",
            f"{count(effect.treated_areas)} / {count(effect.comparison_areas)}",
        ),
    ]
    tier, note = evaluation.evidence.tier, ""
    if effect is evaluation.primary.main and tier is not None:
        rows.append(("Strength of evidence (Maryland scale)", f"{tier} of 5: {TIERS[tier]}"))
        note = MARYLAND
    labels = {one.outcome.name: one.outcome.label for one in evaluation.results}
    caption = f"{labels.get(effect.outcome, effect.outcome)}: {design_named(effect.design).label}"
    return Words("main-effect", caption, ("The effect", "Value (95 % interval)"), tuple(rows), note=note)


def p_value_words(effect: Effect) -> Words:
    """All tests of the main effect, the invalid ones marked with the reason."""
    rows = [
        (
            one.method + (" (used)" if effect.p_value is not None and one == effect.p_value else ""),
            _p_cell(one.value),
            "valid" if one.valid else "not valid here",
            one.reason,
        )
        for one in effect.p_values
    ]
    return Words(
        "p-values",
        "Every test of the main effect",
        ("Test", "p-value", "Valid?", "Why"),
        tuple(rows),
        ("p-value",),
    )


def check_words(checks: tuple[Check, ...]) -> Words:
    """The checks: label, result, sentence."""
    rows = tuple((check.label, RESULT[check.passed], check.sentence) for check in checks)
    return Words(
        "checks",
        "The checks of the main effect",
        ("Check", "Result", "What came out"),
        rows,
        note=RESULT_NOTE,
    )


def check_tables(checks: tuple[Check, ...]) -> list[Words]:
    """The figures behind each check that has some."""
    return [
        frame_words(f"check-{check.name.replace('_', '-')}", check.label, check.table)
        for check in checks
        if check.table is not None and check.table.height
    ]


def frame_words(id: str, caption: str, table: pl.DataFrame) -> Words:
    """Any table as words: numbers to four digits, blanks as a dash, columns without a single value left out."""
    shown = [name for name in table.columns if table[name].null_count() < table.height]
    numeric = tuple(_heading(name) for name in shown if table[name].dtype.is_numeric())
    rows = tuple(tuple(_cell(value) for value in row) for row in table.select(shown).iter_rows())
    return Words(id, caption, tuple(_heading(name) for name in shown), rows, numeric)


def refused_words(result: OutcomeResult) -> Words:
    """Designs that were not offered or refused, with the reason."""
    rows = [
        (offer.design.label, offer.reason.removeprefix("Not offered: "), offer.design.needs)
        for offer in result.offers
        if not offer.fits
    ]
    rows += [(design_named(one.design).label, one.found, one.needed) for one in result.refusals]
    return Words(
        "refused", "Designs that were not used, and why", ("Design", "Why not", "What it needs"), tuple(rows)
    )


def changes_words(evaluation: Evaluation) -> Words | None:
    """What is not as it was locked."""
    if not evaluation.changes:
        return None
    rows = tuple((one.key, one.was, one.is_now) for one in evaluation.changes)
    return Words("changes", "Changed since the plan was locked", ("Key", "Locked as", "Is now"), rows)


def left_out_of_covariates(evaluation: Evaluation) -> str:
    """A sentence where the diagram asks to adjust for what the study does not, or warns of what it does; else empty."""
    argument, used = evaluation.argument, set(evaluation.study.covariates)
    if argument is None:
        return ""
    missing = sorted(set(argument.adjust_for) - used)
    wrong = sorted(used & {name for name, _ in argument.leave_alone})
    said = (
        [f"The diagram asks to adjust for {', '.join(missing)}, which the study does not."] if missing else []
    )
    said += (
        [f"The study adjusts for {', '.join(wrong)}, which the diagram says to leave alone."] if wrong else []
    )
    return " ".join(said)


def weights_words(effect: Effect) -> Words | None:
    """The comparison areas that a synthetic control is made of; None for other designs."""
    if effect.weights is None:
        return None
    used = effect.weights.filter(effect.weights["weight"].abs() > 0.001)
    return frame_words("weights", "Weights of the comparison areas", used)


def diverted_sentence(evaluation: Evaluation) -> str:
    """How many calls were taken off police, with range, denominator and definition; empty where it is not known."""
    deflection = evaluation.team.deflection
    if deflection is None or deflection.diverted is None:
        return ""
    share = deflection.diverted
    return (
        f"Calls taken off police: {share.numerator:,.0f} ({share.low:,.0f} to {share.high:,.0f}) of "
        f"{share.denominator:,.0f}. Counted are {share.definition}."
    )


def cannot_say(evaluation: Evaluation) -> list[str]:
    """What this evaluation leaves open."""
    said = [
        "A difference that was not detected may still be there: the interval shows which effects fit the data.",
        "The effect is that of offering the program in these areas, at this time. Elsewhere it may differ.",
        "Records show what was recorded. Whether people were helped is not in them.",
    ]
    if evaluation.team.deflection is not None:
        said += evaluation.team.deflection.cannot_say
    said += [
        check.sentence for check in evaluation.primary.checks if check.passed is None and check.table is None
    ]
    return list(dict.fromkeys([*said, *evaluation.team.notes]))


def _p_cell(value: float | None) -> str:
    if value is None:
        return NOT_KNOWN
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


def _with_ends(value: float | None, low: float | None, high: float | None, form: str) -> str:
    if value is None:
        return NOT_KNOWN
    ends = "no valid interval" if low is None or high is None else f"{low:{form}} to {high:{form}}"
    return f"{value:{form}} ({ends})"


def _ends(low: float | None, high: float | None) -> str:
    return NOT_KNOWN if low is None or high is None else f"{low:,.4g} to {high:,.4g}"


def _heading(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _cell(value: object) -> str:
    if value is None:
        return NOT_KNOWN
    return (
        f"{value:,.4g}"
        if isinstance(value, float)
        else f"{value:,}"
        if isinstance(value, int)
        else str(value)
    )
