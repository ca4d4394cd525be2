"""The figures of an evaluation with their words, for the report and the page alike: neither can say something else.

A figure is chart, finding, alternative text, how to read it, and the table of its numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app import evaluation_charts as charts
from app import evaluation_words as words
from app.evaluation_units import unit_of_baseline
from app.report_tables import Words
from evaluation.after.evaluate import Evaluation, OutcomeResult
from evaluation.after.results import Effect

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True)
class EvaluationFigure:
    """chart: from evaluation_charts. finding: one sentence. table: the numbers that the chart draws."""

    id: str
    chart: alt.LayerChart
    finding: str
    alternative: str
    reading: str
    table: Words


def course_figure(evaluation: Evaluation, result: OutcomeResult, effect: Effect) -> EvaluationFigure | None:
    """One effect over time: beside its counterfactual (synthetic control), or as an event study.

    None for a design without a course over time.
    """
    if effect.path is None or "event_time" not in effect.path.columns:
        return None
    every = evaluation.study.period.polars_every
    main = result.main is not None and effect.design == result.main.design
    table = path_words(evaluation, effect, main=main)
    unit = unit_of_baseline(evaluation, effect)
    if "counterfactual" in effect.path.columns:
        return EvaluationFigure(
            "course",
            charts.counterfactual_chart(effect.path, every=every, unit=unit),
            f"{result.outcome.label}: as observed, and as expected without the program.",
            "Two lines over time.",
            "The two lines should lie together before the start; the gap after it is the effect.",
            table,
        )
    return EvaluationFigure(
        "course",
        charts.event_study_chart(effect.path, ratio=effect.scale == "rate_ratio", every=every, unit=unit),
        f"{result.outcome.label}: program areas against comparison areas, before and after the start.",
        "Points with intervals over time.",
        _reading(effect),
        table,
    )


def path_words(evaluation: Evaluation, effect: Effect, *, main: bool = True) -> Words:
    """The effect by time since the start, with what its figures are counted in."""
    assert effect.path is not None
    what = "The main effect over time" if main else "The effect over time"
    unit = (
        "rate ratios, 1 means no difference"
        if effect.scale == "rate_ratio"
        else unit_of_baseline(evaluation, effect)
    )
    return words.frame_words("path", f"{what} ({unit})", effect.path)


def versions_figure(result: OutcomeResult) -> EvaluationFigure | None:
    """Every version of the main analysis as a point (specification curve); None with fewer than two."""
    curve = next((one for one in result.checks if one.name == "specification_curve"), None)
    if curve is None or curve.table is None or curve.table["relative"].drop_nulls().len() < 2:
        return None
    return EvaluationFigure(
        "versions",
        charts.versions_chart(curve.table),
        curve.sentence,
        "One point per version of the analysis.",
        "The plan decides which version counts; the others show whether the choice matters.",
        words.frame_words("check-specification-curve", curve.label, curve.table),
    )


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
