"""The page of an evaluation: the answer on one page, then the trial it stands for, figures, checks and limits.

The same rules as the main report: everything comes from the evaluation's tables, no script, no outside request.
"""

from __future__ import annotations

import shlex

from app import evaluation_words as words
from app.evaluation_answer import in_short
from app.evaluation_figures import course_figure, path_words, versions_figure
from app.evaluation_team_words import team_words
from app.evaluation_units import MARYLAND
from app.report import page
from app.report_figures import Figure, figure
from evaluation.after.designs import design_named
from evaluation.after.evaluate import Evaluation
from evaluation.after.evidence import TIERS


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
            "scale": MARYLAND,
            "evidence": evaluation.evidence,
            "argument": evaluation.argument,
            "not_adjusted": words.left_out_of_covariates(evaluation),
            "main": main,
            "design": design_named(main.design) if main else None,
            "effects": words.effects_words(evaluation),
            "p_values": words.p_value_words(main) if main and main.p_values else None,
            "figures": _figures(evaluation),
            "path": path_words(evaluation, main) if main and main.path is not None else None,
            "weights": words.weights_words(main) if main else None,
            "checks": words.check_words(result.checks),
            "check_tables": words.check_tables(result.checks),
            "refused": words.refused_words(result),
            "team": team_words(evaluation),
            "diverted": words.diverted_sentence(evaluation),
            "team_notes": evaluation.team.notes,
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
    drawn = [course_figure(evaluation, result, main), versions_figure(result)]
    return {
        one.id: figure(one.id, one.chart, one.finding, one.alternative, one.reading)
        for one in drawn
        if one is not None
    }
