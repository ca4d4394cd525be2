"""The checks of a main effect, one after another: which apply, and the versions they estimate again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from evaluation.after.checks_areas import donor_drop_check, leave_one_area_out_check, neighbors_check
from evaluation.after.checks_choices import eligibility_check, specification_curve, windows_check
from evaluation.after.checks_overlap import overlap_of
from evaluation.after.checks_placebo import placebo_areas_check, placebo_dates_check, placebo_outcomes_check
from evaluation.after.checks_plausibility import dose_check, mechanical_bound_check, treated_cells
from evaluation.after.checks_trends import pre_trends_check
from evaluation.after.checks_unmeasured import e_value_check, robustness_check
from evaluation.after.designs import design_named
from evaluation.after.honest import event_study_of, relative_magnitudes_check, smoothness_check
from evaluation.after.panel import Panel
from evaluation.after.recorded_causes import RecordedCauses
from evaluation.after.results import Check, Effect
from evaluation.after.versions import Estimate, Version

LARGE_PANEL = 10_000  # area-periods from which an estimate takes seconds: fewer versions are tried
Step = Callable[[str], None]


@dataclass(frozen=True)
class Answered:
    """What the team did: calls answered in all and by area; None where the study has no list of visits.

    per_call: the most of the outcome that one call can hold; of_what: what that is, or why it is not known.
    """

    calls: float | None = None
    by_area: Mapping[str, float] | None = None
    per_call: float | None = None
    of_what: str = "What one call can hold of the outcome is not known."


@dataclass(frozen=True)
class CheckInputs:
    """Everything that the checks of one outcome need.

    estimate: the main design on changed data. others: the other designs' effects on the same outcome. placebos:
    the main design on each placebo outcome. eligibility: the main design under other readings of the policy.
    """

    panel: Panel
    main: Effect
    estimate: Estimate
    others: Sequence[Version] = ()
    placebos: Sequence[Version] = ()
    eligibility: Sequence[Version] = ()
    answered: Answered = field(default_factory=Answered)


def area_checks(given: CheckInputs, *, seed: int = 0, step: Step = lambda text: None) -> tuple[Check, ...]:
    """Every check of an effect between areas, in the order of the report."""
    panel, main, outcome = given.panel, given.main, given.main.outcome
    large = panel.used.height > LARGE_PANEL
    step("Checks: courses before the start")
    course = _with_course(given)
    checks = [
        pre_trends_check(course, panel),
        relative_magnitudes_check(course, seed=seed),
        smoothness_check(course),
    ]
    if course is not main:
        said = f" Judged by the design “{design_named(course.design).label}”: the main one has no course with its covariance."
        checks = [replace(check, sentence=check.sentence + said) for check in checks]
    step("Checks: placebos")
    checks += [
        placebo_outcomes_check(given.placebos),
        placebo_dates_check(panel, outcome, given.estimate, main, dates=3),
        placebo_areas_check(panel, outcome, main, seed=seed),
    ]
    step("Checks: single areas and neighbors")
    checks.append(leave_one_area_out_check(panel, outcome, given.estimate, main, most=12 if large else 40))
    if main.weights is not None:
        checks.append(donor_drop_check(panel, outcome, given.estimate, main))
    checks.append(neighbors_check(panel, outcome, given.estimate, main))
    step("Checks: other choices")
    windows, tried = windows_check(panel, outcome, given.estimate, main)
    checks += [windows, eligibility_check(given.eligibility, main)]
    main_version = Version("main", f"main analysis ({main.design})", main)
    checks.append(specification_curve([main_version, *given.others, *given.eligibility, *tried], main))
    checks += _plausible(given, seed)
    checks.append(e_value_check(main))
    return tuple(checks)


def _with_course(given: CheckInputs) -> Effect:
    """The main effect, or where it has no event study another design's effect on the same outcome that has one."""
    effects = [given.main, *(one.effect for one in given.others if isinstance(one.effect, Effect))]
    return next((one for one in effects if event_study_of(one) is not None), given.main)


def _plausible(given: CheckInputs, seed: int) -> list[Check]:
    answered, main = given.answered, given.main
    cells = treated_cells(given.panel)
    checks = [mechanical_bound_check(main, cells, answered.calls, answered.per_call, answered.of_what)]
    by_area = dict(answered.by_area) if answered.by_area is not None else None
    checks.append(dose_check(given.panel, main.outcome, main, by_area, seed=seed))
    return checks


def call_checks(
    main: Effect,
    placebos: Sequence[Version],
    others: Sequence[Version],
    recorded: RecordedCauses | None = None,
) -> tuple[Check, ...]:
    """The checks of an effect between single calls. recorded: how strong the recorded causes are, where known."""
    checks = [placebo_outcomes_check(placebos)]
    if "overlap" in main.details:
        checks.append(overlap_of(main))
    checks.append(
        specification_curve([Version("main", f"main analysis ({main.design})", main), *others], main)
    )
    checks.append(robustness_check(main, max(main.observations - 2, 1), recorded))
    checks.append(e_value_check(main))
    return tuple(checks)
