"""A study from end to end: panel and calls, the designs that fit, effects, checks, the team's account, the verdict.

The main design is the one that the plan names; without a plan it follows from the data by a fixed order, never
from the results. Everything that was run is kept, refusals with their reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from call_codes.errors import UsageError, did_you_mean
from evaluation.after.build_calls import BuiltCalls, build_calls
from evaluation.after.build_panel import BuiltPanel, build_panel
from evaluation.after.cohort import StudyCalls
from evaluation.after.designs import DESIGNS, Facts, Offer, design_named, offered
from evaluation.after.dowhy_record import Argument, record_argument, refuter_checks
from evaluation.after.evidence import Evidence, evidence
from evaluation.after.lock import Change, Lock, changes_since_lock, read_lock
from evaluation.after.most_per_call import most_per_call
from evaluation.after.panel import Panel
from evaluation.after.recorded_causes import recorded_causes
from evaluation.after.results import Check, Effect, Refusal
from evaluation.after.run_checks import CheckInputs, area_checks, call_checks
from evaluation.after.run_design import estimate_again, run_design
from evaluation.after.study import Outcome, Study
from evaluation.after.team_account import TeamAccount, answered, team_account
from evaluation.after.versions import Version

Step = Callable[[str], None]
# Designs that would be the main one where the plan names none, most convincing first.
_ORDER = (
    "randomised", "predictor_weights", "synthetic_control", "synthetic_did", "poisson_difference_in_differences", "difference_in_differences",
    "poisson_staggered", "staggered", "interrupted_time_series", "call_level_aipw", "hour_boundary", "repeat_calls",
)  # fmt: skip

_CALL_ORDER = ("randomised", "availability_instrument", "call_level_aipw", "hour_boundary", "repeat_calls")
_TREATMENT_NODES = ("offered", "treated", "program")


@dataclass(frozen=True)
class OutcomeResult:
    """One outcome: what was offered, every effect, what was refused, the main effect and its checks."""

    outcome: Outcome
    offers: tuple[Offer, ...]
    effects: tuple[Effect, ...]
    refusals: tuple[Refusal, ...]
    main: Effect | None
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Evaluation:
    """Everything that an evaluation found; `primary` is the plan's outcome, or the first of the study."""

    study: Study
    built: BuiltPanel | None
    calls: BuiltCalls | None
    results: tuple[OutcomeResult, ...]
    placebos: tuple[Version, ...]
    team: TeamAccount
    evidence: Evidence
    argument: Argument | None
    lock: Lock | None
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    seed: int

    @property
    def primary(self) -> OutcomeResult:
        """The result of the primary outcome."""
        wanted = self.study.plan.primary_outcome
        return next((one for one in self.results if one.outcome.name == wanted), self.results[0])


def evaluate(
    study: Study, source: StudyCalls | None = None, *, seed: int = 0, step: Step = lambda text: None
) -> Evaluation:
    """Run a study. source: its classified calls, where it has [tables.calls].

    Raises RightcallError for what the study or its data do not allow; a design that does not fit is no error.
    """
    _check_design(study)
    step("Panel of areas and periods")
    built = build_panel(study, source)
    calls = build_calls(study, source) if study.unit == "call" and source is not None else None
    team = team_account(study, built.cohort, _days(study, built), seed=seed)
    outcomes = [one for one in study.outcomes if not one.placebo]
    argument = _argument(study, study.plan.primary_outcome or outcomes[0].name)
    placebo_outcomes = [one for one in study.outcomes if one.placebo]
    primary = study.plan.primary_outcome or outcomes[0].name
    results: list[OutcomeResult] = []
    placebos: tuple[Version, ...] = ()
    for outcome in sorted(outcomes, key=lambda one: one.name != primary):
        step(f"Designs: {outcome.label}")
        facts = _facts(study, outcome, placebo_outcomes, calls)
        result = _effects(study, outcome, built.panel, calls, facts, seed, primary == outcome.name)
        if outcome.name == primary and result.main is not None:
            placebos = _placebos(result.main, placebo_outcomes, built.panel, calls, study, seed)
            checks = _checks(study, result, built, calls, source, team, placebos, seed, step)
            result = replace(result, checks=checks)
        results.append(result)
    order = {one.name: place for place, one in enumerate(outcomes)}
    results.sort(key=lambda one: order[one.outcome.name])
    main = next(one for one in results if one.outcome.name == primary)
    return Evaluation(
        study=study,
        built=built,
        calls=calls,
        results=tuple(results),
        placebos=placebos,
        team=team,
        evidence=evidence(main.main, main.checks, areas_by_lot=study.program.areas_by_lot),
        argument=argument,
        lock=read_lock(study),
        changes=tuple(changes_since_lock(study)),
        notes=built.notes,
        seed=seed,
    )


def offers_for(study: Study, source: StudyCalls | None = None) -> tuple[Offer, ...]:
    """What every design says to the primary outcome of a study before anything is estimated; errors as `evaluate`."""
    _check_design(study)
    built = build_panel(study, source)
    calls = build_calls(study, source) if study.unit == "call" and source is not None else None
    outcomes = [one for one in study.outcomes if not one.placebo]
    primary = next((one for one in outcomes if one.name == study.plan.primary_outcome), outcomes[0])
    placebos = [one for one in study.outcomes if one.placebo]
    return offered(built.panel, _facts(study, primary, placebos, calls))


def _check_design(study: Study) -> None:
    known, wanted = [design.id for design in DESIGNS], study.plan.design
    if wanted is not None and wanted not in known:
        raise UsageError(
            found=f'design = "{wanted}" in [plan], which is no design.{did_you_mean(wanted, known)}',
            expected=f"one of: {', '.join(known)}",
            action="correct the name, or leave design away: the data's shape then decides",
        )


def _argument(study: Study, outcome: str) -> Argument | None:
    """What the study's diagram identifies; None without one. The treatment is its node offered, treated or program."""
    if not study.dag:
        return None
    nodes = {node for edge in study.dag for node in edge}
    treatment = next((name for name in _TREATMENT_NODES if name in nodes), _TREATMENT_NODES[0])
    return record_argument(study.dag, treatment, outcome, study.covariates)


def _days(study: Study, built: BuiltPanel) -> int:
    first = min(day for _, day in study.program.starts)
    return max((built.panel.last - first).days + 1, 1)


def _facts(study: Study, outcome: Outcome, placebos: list[Outcome], calls: BuiltCalls | None) -> Facts:
    unaffected = next((one.name for one in placebos if one.is_count), None)
    usable = calls is not None and outcome.name in calls.outcomes
    columns = calls.table.columns if calls is not None else []
    return Facts(
        counts=outcome.is_count,
        random_rollout=study.program.areas_by_lot,
        unaffected=unaffected if outcome.is_count else None,
        clock_minutes=usable and study.program.hours is not None and "minutes_from_edge" in columns,
        availability=usable and "team_available" in columns,
        no_availability=calls.availability if calls is not None else "single calls are not compared",
        assignment=usable and "assigned" in columns,
        call_covariates=study.covariates if usable else (),
        repeat_key=outcome.measure == "repeat_share"
        and calls is not None
        and calls.table["place_key"].is_not_null().any(),
    )


def _effects(
    study: Study,
    outcome: Outcome,
    panel: Panel,
    calls: BuiltCalls | None,
    facts: Facts,
    seed: int,
    all_opinions: bool,
) -> OutcomeResult:
    offers = offered(panel, facts)
    effects: list[Effect] = []
    refusals: list[Refusal] = []
    for offer in offers:
        if not offer.fits or (offer.design.second_opinion and not all_opinions):
            continue
        found = run_design(offer.design, outcome.name, panel, calls, study, facts, seed)
        if isinstance(found, Effect):
            effects.append(found)
        else:
            refusals.append(found)
    return OutcomeResult(outcome, offers, tuple(effects), tuple(refusals), _main(study, effects), ())


def _main(study: Study, effects: list[Effect]) -> Effect | None:
    by_design: Mapping[str, Effect] = {one.design: one for one in effects}
    wanted = study.plan.design
    if wanted is not None and wanted in by_design:
        return by_design[wanted]
    order = _ORDER if study.unit == "area_period" else (*_CALL_ORDER, *_ORDER)
    return next((by_design[one] for one in order if one in by_design), None)


def _placebos(
    main: Effect, outcomes: list[Outcome], panel: Panel, calls: BuiltCalls | None, study: Study, seed: int
) -> tuple[Version, ...]:
    design = design_named(main.design)
    found = []
    for outcome in outcomes:
        if design.unit == "call" and (calls is None or outcome.name not in calls.outcomes):
            continue
        facts = Facts(counts=outcome.is_count, random_rollout=study.program.areas_by_lot)
        effect = run_design(design, outcome.name, panel, calls, study, facts, seed)
        found.append(Version("placebo outcome", outcome.label, effect))
    return tuple(found)


def _checks(
    study: Study,
    result: OutcomeResult,
    built: BuiltPanel,
    calls: BuiltCalls | None,
    source: StudyCalls | None,
    team: TeamAccount,
    placebos: tuple[Version, ...],
    seed: int,
    step: Step,
) -> tuple[Check, ...]:
    main, outcome = result.main, result.outcome
    assert main is not None
    design = design_named(main.design)
    others = [
        Version("design", design_named(one.design).label, one)
        for one in result.effects
        if one.design != main.design
    ]
    if design.unit == "call":
        assert calls is not None
        table = calls.table.filter(pl.col("in_hours").fill_null(False))
        recorded = None
        if design.id == "call_level_aipw":
            recorded = recorded_causes(table, "treated", outcome.name, study.covariates)
        found = call_checks(main, placebos, others, recorded)
        if design.id == "call_level_aipw":
            step("Checks: DoWhy's refuters")
            found += refuter_checks(table, "treated", outcome.name, study.covariates, seed=seed)
        return found
    estimate = estimate_again(
        design, _facts(study, outcome, [one for one in study.outcomes if one.placebo], calls), seed
    )
    readings = []
    if source is not None and outcome.among.startswith("eligible"):
        for rule, words in (
            ("strict", "only types beyond doubt"),
            ("wide", "also what the policy takes on conditions"),
        ):
            step(f"Checks: eligibility, {words}")
            other = build_panel(study, source, rule=rule)  # type: ignore[arg-type]
            readings.append(Version("eligibility", words, estimate(other.panel, outcome.name)))
    most = most_per_call(study, outcome, built)
    given = CheckInputs(built.panel, main, estimate, others, placebos, readings, answered(team, built, most))
    return area_checks(given, seed=seed, step=step)
