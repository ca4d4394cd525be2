"""The page of an evaluation: the answer on one page, then the trial it stands for, figures, checks and limits.

The same rules as the main report: everything comes from the evaluation's tables, no script, no outside request.
"""

from __future__ import annotations

import shlex

from app import evaluation_charts as charts
from app import evaluation_words as words
from app.evaluation_answer import in_short
from app.report import Figure, figure, page
from evaluation.after.designs import design_named
from evaluation.after.evaluate import Evaluation
from evaluation.after.evidence import TIERS
from evaluation.after.results import Effect


def evaluation_html(evaluation: Evaluation, command: list[str]) -> str:
    """The page as one HTML document."""
    result = evaluation.primary
    main = result.main
    return page(
        "evaluation.html",
        {
            "question": evaluation.study.question,
            "outcome": result.outcome.label,
            "in_short": in_short(evaluation),
            "trial": words.target_trial_words(evaluation),
            "tiers": TIERS,
            "evidence": evaluation.evidence,
            "argument": evaluation.argument,
            "not_adjusted": words.left_out_of_covariates(evaluation),
            "main": main,
            "design": design_named(main.design) if main else None,
            "effects": words.effects_words(evaluation),
            "p_values": words.p_value_words(main) if main and main.p_values else None,
            "figures": _figures(evaluation),
            "path": words.frame_words("path", "The main effect over time", main.path)
            if main and main.path is not None
            else None,
            "weights": words.frame_words(
                "weights",
                "Weights of the comparison areas",
                main.weights.filter(main.weights["weight"].abs() > 0.001),
            )
            if main and main.weights is not None
            else None,
            "checks": words.check_words(result.checks),
            "check_tables": words.check_tables(result.checks),
            "refused": words.refused_words(result),
            "team": words.team_words(evaluation),
            "team_account": evaluation.team,
            "changes": words.changes_words(evaluation),
            "lock": evaluation.lock,
            "cannot_say": words.cannot_say(evaluation),
            "notes": [*evaluation.notes, *(main.notes if main else ())],
            "command": shlex.join(command),
        },
    )


def _figures(evaluation: Evaluation) -> dict[str, Figure]:
    result, main = evaluation.primary, evaluation.primary.main
    if main is None:
        return {}
    every = evaluation.study.period.polars_every
    figures = {}
    if main.path is not None and "event_time" in main.path.columns:
        if "counterfactual" in main.path.columns:
            figures["course"] = figure(
                "course",
                charts.counterfactual_chart(main.path, every=every),
                f"{result.outcome.label}: as observed, and as expected without the program.",
                "Two lines over time.",
                "The two lines should lie together before the start; the gap after it is the effect.",
            )
        else:
            figures["course"] = figure(
                "course",
                charts.event_study_chart(main.path, ratio=_on_ratio_scale(main), every=every),
                f"{result.outcome.label}: program areas against comparison areas, before and after the start.",
                "Points with intervals over time.",
                _reading(main),
            )
    curve = next((one for one in result.checks if one.name == "specification_curve"), None)
    if curve is not None and curve.table is not None and curve.table["relative"].drop_nulls().len() > 1:
        figures["versions"] = figure(
            "versions",
            charts.versions_chart(curve.table),
            curve.sentence,
            "One point per version of the analysis.",
            "The plan decides which version counts; the others show whether the choice matters.",
        )
    return figures


def _reading(effect: Effect) -> str:
    """How to read the points; staggered designs compare each period before the start with the one before it."""
    assert effect.path is not None
    last = effect.path.filter(effect.path["event_time"] == -1)
    step_by_step = last.height > 0 and "low" in last.columns and last["low"][0] != last["high"][0]
    before = (
        "Before the start each point is the change from one period to the next"
        if step_by_step
        else "Each point compares one period with the last before the start"
    )
    return f"{before}; the line is its own 95 % interval. Before the start the points should lie near the dashed line."


def _on_ratio_scale(effect: Effect) -> bool:
    return effect.scale == "rate_ratio"
