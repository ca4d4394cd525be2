"""The argument for a comparison of calls, recorded with DoWhy: diagram, what to adjust for, what never to touch.

This is the one place that DoWhy is used in. It is asked what the diagram identifies, and for refuters that hold on
independent calls; several of its parts give wrong numbers (tests/evaluation/after/test_dowhy_record.py keeps a
watch on each), so estimates and standard errors are our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from call_codes.errors import UsageError
from evaluation.after.pandas_border import held_back, to_pandas
from evaluation.after.results import Check

Edge = tuple[str, str]
MOST_NODES = 15  # more, and the search for adjustment sets can take hours
MOST_CALLS = 20_000
SIMULATIONS = 100  # of the placebo: fewer give false alarms
REPEATS = 20  # of the others, whose mean is all that is read
NOISE = 0.25  # a refuter may move the estimate by this share before it is called unstable


@dataclass(frozen=True)
class Argument:
    """What a causal diagram says about one question.

    - identified: whether recorded variables suffice; adjust_for: these variables, sorted.
    - leave_alone: variable, reason: what the program itself changes, which adjusting for would hide or distort.
    - sentences: the argument in words. estimand: DoWhy's own text, for the record.
    """

    treatment: str
    outcome: str
    edges: tuple[Edge, ...]
    identified: bool
    adjust_for: tuple[str, ...]
    leave_alone: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]
    estimand: str


def record_argument(edges: Sequence[Edge], treatment: str, outcome: str, observed: Sequence[str]) -> Argument:
    """Ask DoWhy (maximal adjustment) what the diagram identifies. observed: variables that the data hold.

    Raises UsageError for a diagram with a circle, with more than 15 variables, or without treatment and outcome.
    """
    with held_back():
        import networkx as nx  # type: ignore[import-untyped]
        from dowhy.causal_identifier import EstimandType, identify_effect_auto
        from dowhy.causal_identifier.auto_identifier import BackdoorAdjustment

    graph = nx.DiGraph(list(edges))
    _check(graph, treatment, outcome, nx.is_directed_acyclic_graph(graph))
    known = sorted({node for node in graph if node in observed} | {treatment, outcome})
    with held_back():
        estimand = identify_effect_auto(
            graph,
            [treatment],
            [outcome],
            known,
            EstimandType.NONPARAMETRIC_ATE,
            backdoor_adjustment=BackdoorAdjustment.BACKDOOR_MAX,
        )
    found = estimand.get_backdoor_variables()
    after = nx.descendants(graph, treatment) - {outcome}
    alone = tuple((name, _reason(name, outcome, nx.has_path(graph, name, outcome))) for name in sorted(after))
    hidden = sorted(set(graph) - set(known))
    identified = estimand.estimands.get("backdoor") is not None
    adjust = tuple(sorted(found or ()))
    words = _words(treatment, outcome, identified, adjust, alone, hidden)
    return Argument(treatment, outcome, tuple(edges), identified, adjust, alone, words, str(estimand).strip())


def _check(graph: Any, treatment: str, outcome: str, without_circle: bool) -> None:
    missing = [node for node in (treatment, outcome) if node not in graph]
    problem = None
    if missing:
        problem = f"a diagram without {' and '.join(missing)}"
    elif not without_circle:
        problem = "a diagram in which something causes itself along the arrows"
    elif len(graph) > MOST_NODES:
        problem = f"a diagram of {len(graph)} variables"
    if problem:
        raise UsageError(
            found=problem,
            expected=f"arrows from causes to effects, without a circle, at most {MOST_NODES} variables, with the treatment and the outcome",
            action="correct dag in the study",
        )


def _reason(name: str, outcome: str, leads_on: bool) -> str:
    if leads_on:
        return f"the program changes it, and it changes {outcome}: part of the effect would be taken out"
    return "it comes after the program: among calls alike in it, program and outcome are tied in false ways"


def _words(
    treatment: str,
    outcome: str,
    identified: bool,
    adjust: tuple[str, ...],
    alone: tuple[tuple[str, str], ...],
    hidden: list[str],
) -> tuple[str, ...]:
    if identified and adjust:
        first = (
            f"If the diagram is right, calls alike in {', '.join(adjust)} differ in {outcome} only by {treatment} and by chance: the "
            "difference between them is the effect."
        )
    elif identified:
        first = f"If the diagram is right, nothing has to be adjusted for: {treatment} shares no cause with {outcome}."
    else:
        first = f"By this diagram the effect of {treatment} on {outcome} cannot be had from these data by adjustment."
    sentences = [first]
    if hidden:
        sentences.append(f"Not in the data: {', '.join(hidden)}.")
    sentences += [f"Not adjusted for: {name}, because {reason}." for name, reason in alone]
    sentences.append(
        f"It fails if something that is not in the diagram changes both {treatment} and {outcome}."
    )
    return tuple(sentences)


def refuter_checks(
    calls: pl.DataFrame, treatment: str, outcome: str, adjust_for: Sequence[str], *, seed: int = 0
) -> tuple[Check, ...]:
    """DoWhy's refuters on a linear regression of independent calls: shuffled treatment, one more random cause, subsets.

    calls: treatment as Boolean, outcome and adjust_for without nulls; above 20,000 calls a drawn part is used, and
    said. Not for panels: shuffled rows are too calm a placebo there (checks_placebo.py shuffles areas). passed:
    False where the placebo is unlike zero or the estimate moves by more than a quarter; None where not computed.
    """
    table = calls.select(treatment, outcome, *adjust_for).drop_nulls()
    if table[treatment].dtype != pl.Boolean:
        # With 0/1 numbers DoWhy's placebo is constant and always passes.
        table = table.with_columns(pl.col(treatment).cast(pl.Boolean))
    drawn = table.height > MOST_CALLS
    if drawn:
        table = table.sample(MOST_CALLS, seed=seed)
    part = f" ({MOST_CALLS:,} drawn calls)" if drawn else ""
    placebo = _refuted(
        table, treatment, outcome, adjust_for, seed, "placebo_treatment_refuter", placebo_type="permute"
    )
    checks = []
    real = placebo[0]
    unlike = placebo[2] is not None and placebo[2] <= 0.05
    checks.append(
        Check(
            "dowhy_placebo",
            "Treatment shuffled over calls (DoWhy placebo refuter)",
            None if placebo[2] is None else not unlike,
            f"With the treatment shuffled over calls the estimate is {placebo[1]:+.4g} on average, really {real:+.4g}{part}.",
        )
    )
    for method, name, label in (
        ("random_common_cause", "dowhy_random_cause", "One more, random cause (DoWhy)"),
        ("data_subset_refuter", "dowhy_subset", "Four fifths of the calls (DoWhy subset refuter)"),
    ):
        more = {"subset_fraction": 0.8} if method == "data_subset_refuter" else {}
        estimate, moved, _ = _refuted(table, treatment, outcome, adjust_for, seed, method, **more)
        stable = abs(moved - estimate) <= NOISE * abs(estimate)
        checks.append(
            Check(name, label, stable, f"The estimate goes from {estimate:+.4g} to {moved:+.4g}{part}.")
        )
    return tuple(checks)


def _refuted(
    table: pl.DataFrame,
    treatment: str,
    outcome: str,
    causes: Sequence[str],
    seed: int,
    method: str,
    **options: Any,
) -> tuple[float, float, float | None]:
    """Estimate, mean of the refuter's estimates, and its p-value ("has it found a problem")."""
    with held_back():
        from dowhy import CausalModel

        # A new model on a copy each time: estimators leave columns behind and share one estimand.
        model = CausalModel(
            data=to_pandas(table), treatment=treatment, outcome=outcome, common_causes=list(causes)
        )
        estimand = model.identify_effect(method_name="maximal-adjustment", proceed_when_unidentifiable=True)
        estimate = model.estimate_effect(estimand, method_name="backdoor.linear_regression")
        refuted = model.refute_estimate(
            estimand,
            estimate,
            method_name=method,
            num_simulations=SIMULATIONS if options.get("placebo_type") else REPEATS,
            random_state=seed,
            **options,
        )
    result = refuted.refutation_result or {}
    p_value = result.get("p_value")
    if p_value is not None and not np.isfinite(p_value):
        p_value = None  # too few simulations to say
    return float(estimate.value), float(refuted.new_effect), None if p_value is None else float(p_value)
