"""What an evaluation found, in parts of a page: the answer, effects and tests, checks, comparison, team, files.

Sentences, tables and figures are those of the HTML report; here they are only laid out for a reader who clicks.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from app import evaluation_words as words
from app.evaluate_downloads import show_downloads
from app.evaluate_session import Ready
from app.evaluate_tables import show_file_text, show_lead, show_sentences, show_words, words_table
from app.evaluation_answer import in_short
from app.evaluation_figures import EvaluationFigure, course_figure, versions_figure
from app.evaluation_team_words import team_words
from app.figures import show_figure
from app.wording import without_markup
from evaluation.after.designs import design_named
from evaluation.after.evaluate import Evaluation, OutcomeResult
from evaluation.after.results import Check, Effect

PARTS: Final = {
    "answer": "Answer",
    "effects": "Effects and tests",
    "checks": "Checks",
    "compared": "What was compared",
    "team": "Team and cost",
    "designs": "Designs not used",
    "files": "Report and files",
}
# What failed is read first; then what nobody could judge.
GROUPS: Final = (
    (False, "Failed", "A reason not to believe the result yet."),
    (None, "Open", "Could not be tested with these data, or has no pass mark."),
    (True, "Passed", "This does not prove the result; it means that the check did not sink it."),
)


def show_result(one: Ready, made: Evaluation) -> None:
    """The finished evaluation, one part at a time; a link to the page carries the part."""
    part = st.segmented_control(
        "Part of the result",
        list(PARTS),
        default="answer",
        required=True,
        format_func=lambda name: PARTS[name],
        key="evaluate_part",
        bind="query-params",
    )
    if part == "effects":
        show_effects(made)
    elif part == "checks":
        show_checks(made)
    elif part == "compared":
        show_compared(made)
    elif part == "team":
        show_team(made)
    elif part == "designs":
        st.subheader("Designs that were not used, and why", anchor=False)
        show_words(words.refused_words(made.primary))
    elif part == "files":
        show_downloads(one, made)
    else:
        show_answer(made)


def show_answer(made: Evaluation) -> None:
    """The page that a council member reads: the sentences, the main effect, its course, and what it cannot say."""
    result, main = made.primary, made.primary.main
    st.subheader(without_markup(made.study.question), anchor=False)
    with st.container(border=True):
        answer, *more = in_short(made)
        show_lead(answer)
        show_sentences(more)
    if main is not None:
        show_words(words.main_effect_words(made, main))
        _figure(course_figure(made, result, main), made)
    else:
        show_words(words.refused_words(result))
    st.subheader("What this cannot say", anchor=False)
    show_sentences(words.cannot_say(made))


def show_effects(made: Evaluation) -> None:
    """Every effect, then one of them with its tests and its course."""
    show_words(words.effects_words(made))
    results = {one.outcome.name: one for one in made.results if one.effects}
    if not results:
        return
    st.subheader("One effect in detail", anchor=False)
    left, right = st.columns(2)
    primary = made.primary.outcome.name
    name = left.selectbox(
        "Outcome",
        list(results),
        index=list(results).index(primary) if primary in results else 0,
        format_func=lambda outcome: results[outcome].outcome.label,
        key="evaluate_outcome",
        bind="query-params",
    )
    result = results[name]
    designs = {effect.design: effect for effect in result.effects}
    main = result.main.design if result.main else next(iter(designs))
    design = right.selectbox(
        "Design",
        list(designs),
        index=list(designs).index(main),
        format_func=lambda id: design_named(id).label + (" (main)" if id == main else ""),
        key="evaluate_design",
        bind="query-params",
    )
    _effect(made, result, designs[design])


def _effect(made: Evaluation, result: OutcomeResult, effect: Effect) -> None:
    show_words(words.main_effect_words(made, effect))
    st.caption(f"Interval: {without_markup(effect.interval_method)}.")
    if effect.p_values:
        show_words(words.p_value_words(effect))
    _figure(course_figure(made, result, effect), made)
    weights = words.weights_words(effect)
    if weights is not None:
        with st.expander("Which comparison areas count how much (weights)"):
            show_words(weights)
    if effect.notes:
        show_sentences(list(effect.notes))


def show_checks(made: Evaluation) -> None:
    """The checks as a list: what failed, what stays open, what passed; the figures behind each in a fold."""
    checks = made.primary.checks
    if not checks:
        st.text("There is no effect to check.")
        return
    st.text(words.RESULT_NOTE)
    for passed, title, meaning in GROUPS:
        group = [check for check in checks if check.passed is passed]
        if not group:
            continue
        st.subheader(f"{title}: {len(group)} of {len(checks)}", anchor=False)
        st.caption(meaning)
        for check in group:
            _check(check, made)


def _check(check: Check, made: Evaluation) -> None:
    with st.container(border=True):
        st.markdown(f"**{without_markup(check.label)}**: {words.RESULT[check.passed]}")
        drawn = versions_figure(made.primary) if check.name == "specification_curve" else None
        if drawn is not None:
            # Its finding is the check's sentence, its table the figures behind the check.
            _figure(drawn, made)
            return
        st.text(check.sentence)
        for table in words.check_tables((check,)):
            with st.expander(f"The figures behind: {without_markup(check.label)}"):
                st.html(words_table(table))


def show_compared(made: Evaluation) -> None:
    """The trial that the data stand in for, the argument, and what was decided on the way."""
    st.subheader("The trial that these data stand in for", anchor=False)
    st.text(
        "No one drew lots in most programs. Writing down the trial that one would have wanted shows what the data can "
        "stand in for (target trial)."
    )
    show_words(words.target_trial_words(made))
    notes = [*made.notes, *(made.primary.main.notes if made.primary.main else ())]
    if notes:
        st.subheader("Decided on the way", anchor=False)
        show_sentences(notes)
    if made.argument is not None:
        st.subheader("The argument (causal diagram)", anchor=False)
        left_out = words.left_out_of_covariates(made)
        show_sentences([*made.argument.sentences, *([left_out] if left_out else [])])
        with st.expander("The identified estimand, as DoWhy writes it"):
            show_file_text(made.argument.estimand, "The identified estimand")
    changes = words.changes_words(made)
    if changes is not None:
        show_words(changes)


def show_team(made: Evaluation) -> None:
    """Who sent the team, hours saved, costs."""
    st.subheader("What the team did, and its cost", anchor=False)
    for table in team_words(made):
        show_words(table)
    diverted = words.diverted_sentence(made)
    if diverted:
        st.text(diverted)
    show_sentences(list(made.team.notes))


def _figure(one: EvaluationFigure | None, made: Evaluation) -> None:
    if one is None:
        return
    show_figure(
        one.finding, one.chart, words_table(one.table), definition=one.reading, source=made.study.question
    )
    st.caption(without_markup(one.reading))
