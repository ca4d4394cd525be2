"""Which designs there are, what each needs, and which of them a study's data can carry.

Every area design is called `design(panel, outcome, *, seed=0, …)` and returns an `Effect` or a `Refusal`; every
call design is called `design(calls, outcome, *, seed=0, …)` on one row per eligible call. `offered` says in
words why a design fits or why not, before anything is estimated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from evaluation.after.augmented_predictors import augmented_with_predictors
from evaluation.after.availability_instrument import availability_instrument
from evaluation.after.call_aipw import call_level_aipw
from evaluation.after.call_imputation import call_imputation
from evaluation.after.difference_in_differences import (
    difference_in_differences,
    poisson_difference_in_differences,
)
from evaluation.after.hour_boundary import hour_boundary
from evaluation.after.imputation import imputation
from evaluation.after.interrupted_time_series import interrupted_time_series
from evaluation.after.panel import Panel
from evaluation.after.poisson_staggered import poisson_staggered
from evaluation.after.predictor_weights import predictor_weighted_control
from evaluation.after.randomised import randomised
from evaluation.after.repeat_calls import repeat_calls
from evaluation.after.results import Effect, Refusal
from evaluation.after.staggered import staggered
from evaluation.after.sun_abraham import sun_abraham
from evaluation.after.synthetic_control import synthetic_control
from evaluation.after.synthetic_did import synthetic_did
from evaluation.after.triple_difference import triple_difference


@dataclass(frozen=True)
class Design:
    """One design of the menu.

    - unit: "area" designs read a Panel, "call" designs a table with one row per eligible call.
    - needs, offered_when: plain words for the report and the methods page.
    - evidence_tier: Maryland scale, 1 (correlation) to 5 (randomised), before any check has lowered it.
    - second_opinion: shown beside the main design, never instead of it.
    """

    id: str
    label: str
    unit: Literal["area", "call"]
    needs: str
    offered_when: str
    evidence_tier: int
    tier_reason: str
    function: Callable[..., Effect | Refusal]
    second_opinion: bool = False


@dataclass(frozen=True)
class Facts:
    """What a study knows beyond its panel; each one opens a design or changes its inference.

    - counts: the outcome counts events, so that a rate ratio means something.
    - random_rollout: a lot over program and comparison areas decided which got the program, and when.
    - unaffected: an outcome column of the panel that the program cannot change, for the triple difference.
    - clock_minutes: calls carry the minute of creation and the program has fixed hours.
    - availability: the calls say whether a team was free when the call came in; no_availability: why not.
    - assignment: the calls (or shifts) were assigned by lot.
    - call_covariates: what was known of each call before dispatch.
    - repeat_key: the calls carry a place or person key.
    """

    counts: bool = True
    random_rollout: bool = False
    unaffected: str | None = None
    clock_minutes: bool = False
    availability: bool = False
    no_availability: str = "free teams are not known"
    assignment: bool = False
    call_covariates: tuple[str, ...] = ()
    repeat_key: bool = False

    @property
    def single_calls(self) -> bool:
        """Whether the outcome is one of single calls: only then are the facts of calls known."""
        return bool(self.clock_minutes or self.availability or self.assignment or self.call_covariates)


@dataclass(frozen=True)
class Offer:
    """Whether a design fits a study, and the sentence that says why or why not."""

    design: Design
    fits: bool
    reason: str


DESIGNS: tuple[Design, ...] = (
    Design(
        "randomised", "Assigned by lot", "call",
        "a column that says what each call or shift was assigned to",
        "calls or shifts were assigned by lot", 5, "assigned by lot", randomised,
    ),
    Design(
        "difference_in_differences", "Difference-in-differences", "area",
        "program areas with one start date, comparison areas, two periods before launch",
        "all program areas start in the same period", 4, "comparison areas before and after", difference_in_differences,
    ),
    Design(
        "poisson_difference_in_differences", "Difference-in-differences of counts (rate ratio)", "area",
        "as difference-in-differences, and counts",
        "all program areas start in the same period and the outcome is a count", 4,
        "comparison areas before and after", poisson_difference_in_differences,
    ),
    Design(
        "staggered", "Staggered roll-out (Callaway–Sant'Anna)", "area",
        "two or more start dates and areas that have not started",
        "program areas start in different periods", 4, "comparison areas before and after", staggered,
    ),
    Design(
        "imputation", "Staggered roll-out by imputation (Borusyak–Jaravel–Spiess)", "area",
        "two periods before each start and areas that have not started",
        "as a second opinion beside the difference-in-differences designs", 4,
        "comparison areas before and after", imputation, second_opinion=True,
    ),
    Design(
        "sun_abraham", "Staggered event study (Sun–Abraham)", "area",
        "areas that never start", "as a second opinion beside the staggered roll-out", 4,
        "comparison areas before and after", sun_abraham, second_opinion=True,
    ),
    Design(
        "poisson_staggered", "Staggered roll-out of counts (rate ratio)", "area",
        "as the staggered roll-out, and counts",
        "program areas start in different periods and the outcome is a count", 4,
        "comparison areas before and after", poisson_staggered,
    ),
    Design(
        "synthetic_did", "Synthetic difference-in-differences", "area",
        "1 to 5 program areas with one start, 15 comparison areas, 20 periods before launch",
        "few program areas, many comparison areas, a long time before launch", 4,
        "weighted comparison areas before and after", synthetic_did,
    ),
    Design(
        "synthetic_control", "(Augmented) synthetic control", "area",
        "one program area, 19 comparison areas for a test at 5 %, ten periods before launch",
        "one program area, many comparison areas", 4, "weighted comparison areas before and after",
        synthetic_control,
    ),
    Design(
        "predictor_weights", "Synthetic control by predictors (Abadie–Diamond–Hainmueller)", "area",
        "one program area, predictors in the study, 19 comparison areas for a test at 5 %, ten periods before launch",
        "one program area, and the study names what its comparison shall be alike in", 4,
        "weighted comparison areas before and after", predictor_weighted_control,
    ),
    Design(
        "augmented_predictors", "Augmented synthetic control with predictors", "area",
        "as the synthetic control by predictors",
        "as a second opinion where the study names what the comparison shall be alike in", 4,
        "weighted comparison areas before and after", augmented_with_predictors, second_opinion=True,
    ),
    Design(
        "triple_difference", "Triple difference", "area",
        "an outcome that the program cannot change, counted in the same areas and periods",
        "the study names an outcome that the program cannot change", 4,
        "comparison areas and a comparison outcome before and after", triple_difference,
    ),
    Design(
        "interrupted_time_series", "Interrupted time series", "area",
        "24 periods before launch and 6 after",
        "no comparison area exists", 2, "before and after only, no comparison area", interrupted_time_series,
    ),
    Design(
        "hour_boundary", "Service-hour boundary (difference in discontinuities)", "call",
        "calls by the minute around a fixed start or end of service, and days without the program",
        "the program has fixed hours and calls carry the minute", 4,
        "calls minutes apart, the same clock edge without the program", hour_boundary,
    ),
    Design(
        "availability_instrument", "Team availability as instrument", "call",
        "whether a team was free when each call came in", "the unit log says when teams were free", 4,
        "which calls found a team free is close to chance within area and hour", availability_instrument,
    ),
    Design(
        "call_level_aipw", "Comparison of like calls (AIPW)", "call",
        "what was known of each call before dispatch", "calls carry several pre-dispatch facts", 3,
        "comparison calls made alike in what was recorded", call_level_aipw,
    ),
    Design(
        "call_imputation", "Difference-in-differences of calls by imputation (two stages)", "call",
        "calls of before the start in the program's areas and of comparison areas",
        "as a second opinion where single calls are compared", 4,
        "comparison areas before and after", call_imputation, second_opinion=True,
    ),
    Design(
        "repeat_calls", "Repeat calls", "call",
        "a place or person key and a follow-up as long as the window",
        "calls carry a place or person key", 3, "comparison calls made alike in what was recorded", repeat_calls,
    ),
)  # fmt: skip


def design_named(id: str) -> Design:
    """The design of that id. KeyError where there is none (the study file checks names before)."""
    return {design.id: design for design in DESIGNS}[id]


def offered(panel: Panel | None, facts: Facts) -> tuple[Offer, ...]:
    """For every design, in the order of the menu: whether it fits this study, and why or why not.

    panel None: a study with calls only. The designs look at their outcome themselves and may still refuse.
    """
    return tuple(Offer(design, *_fit(design, panel, facts)) for design in DESIGNS)


def _fit(design: Design, panel: Panel | None, facts: Facts) -> tuple[bool, str]:
    if design.unit == "call":
        needs = {
            "randomised": (facts.assignment, "calls or shifts were assigned by lot", "no assignment column"),
            "hour_boundary": (
                facts.clock_minutes,
                "fixed hours, calls by the minute",
                "no fixed hours or no minutes",
            ),
            "availability_instrument": (
                facts.availability,
                "free teams are known",
                facts.no_availability,
            ),
            "call_level_aipw": (
                bool(facts.call_covariates),
                f"{len(facts.call_covariates)} facts known before dispatch",
                "no covariates known before dispatch",
            ),
            "call_imputation": (
                facts.single_calls and panel is not None and bool(panel.comparison_areas),
                "single calls in program and comparison areas",
                "the outcome is not one of single calls, or there is no comparison area",
            ),
            "repeat_calls": (facts.repeat_key, "calls carry a place or person key", "no place or person key"),
        }
        fits, yes, no = needs[design.id]
        return fits, yes if fits else f"Not offered: {no}."
    if panel is None:
        return False, "Not offered: the study has no areas and periods."
    return _fit_area(design.id, panel, facts)


def _fit_area(id: str, panel: Panel, facts: Facts) -> tuple[bool, str]:
    starts = panel.used["start"].drop_nulls().unique()
    program, others = len(panel.treated_areas), len(panel.comparison_areas)
    if program == 0:
        return False, "Not offered: no area starts the program within the data."
    periods = panel.used["period"].unique()
    before = int((periods < starts.min()).sum())
    after = len(periods) - before
    counted = f"{program} program and {others} comparison areas, {before} periods before the first start"
    if id == "interrupted_time_series":
        if others > 0:
            return False, f"Not offered: there are {others} comparison areas, which say more."
        fits = len(starts) == 1 and before >= 24 and after >= 6
        return fits, f"No comparison area; {before} periods before and {after} after." + (
            "" if fits else " Not offered: one start, 24 before and 6 after are needed."
        )
    if others == 0:
        return False, "Not offered: there is no comparison area."
    if before < 2 and id != "staggered":
        return False, f"Not offered: {before} period(s) before the first start, two are needed."
    one = len(starts) == 1
    by_predictors = (
        one and program == 1 and others >= 5 and before >= 10 and panel.predictors is not None,
        "needs predictors named in the study, one program area, 5 comparison areas (19 for a test), 10 periods before",
    )
    rules = {
        "difference_in_differences": (one, "several start dates"),
        "poisson_difference_in_differences": (one and facts.counts, "several start dates, or not a count"),
        "staggered": (not one, "all program areas start in the same period"),
        "imputation": (True, ""),
        "sun_abraham": (not one, "all program areas start in the same period"),
        "poisson_staggered": (not one and facts.counts, "one start date, or not a count"),
        "synthetic_did": (
            one and program <= 5 and others >= 15 and before >= 10,
            "needs one start, up to 5 program areas, 15 comparison areas, 10 periods before",
        ),
        "synthetic_control": (
            one and program == 1 and others >= 5 and before >= 10,
            "needs one program area, 5 comparison areas (19 for a test), 10 periods before",
        ),
        "predictor_weights": by_predictors,
        "augmented_predictors": by_predictors,
        "triple_difference": (
            one and facts.counts and facts.unaffected is not None,
            "needs one start, counts, and an outcome that the program cannot change",
        ),
    }
    fits, no = rules[id]
    return fits, f"{counted}." if fits else f"Not offered: {no} ({counted})."
