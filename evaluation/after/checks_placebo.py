"""Placebos: what the program cannot have changed, dates at which nothing happened, areas that never had it.

Whatever "effect" turns up there shows what the design finds where there is nothing to find.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from math import comb

import numpy as np
import polars as pl

from evaluation.after.area_contrast import before_after_contrast, estimates, start_date_contrast
from evaluation.after.area_matrix import area_matrix
from evaluation.after.panel import Panel
from evaluation.after.ratio_tests import TwoCounts, log_ratios, two_counts
from evaluation.after.results import Check, Effect, Refusal
from evaluation.after.versions import (
    ALPHA,
    Estimate,
    Version,
    detected,
    in_words,
    size,
    version_table,
    with_starts,
)

LEAST_PERIODS = 6
DRAWS = 2_000


def placebo_outcomes_check(versions: Collection[Version]) -> Check:
    """Effects on outcomes that the program cannot change, tested together (Holm).

    versions: one per placebo outcome, by the main design. passed: False where one is detected though several
    were tried; None where there is none or none could be tested.
    """
    name, label = "placebo_outcomes", "Outcomes that the program cannot change (placebo outcomes)"
    if not versions:
        return Check(
            name,
            label,
            None,
            "There is no placebo outcome that this design can use. Name one: calls that the team may not take, for example.",
        )
    tested = [
        (one.effect.p_value.value, one)
        for one in versions
        if isinstance(one.effect, Effect) and one.effect.p_value and one.effect.p_value.value is not None
    ]
    table = version_table(versions)
    if not tested:
        return Check(name, label, None, "No placebo outcome could be tested.", table)
    tested.sort(key=lambda pair: pair[0])
    smallest, first = tested[0]
    found = smallest * len(tested) <= ALPHA
    listed = "; ".join(
        f"{one.label} {in_words(one.effect)} (p = {p:.3f})"
        for p, one in tested
        if isinstance(one.effect, Effect)
    )
    verdict = (
        f"“{first.label}” moves with the program though it should not: something else changed, or the program reaches further."
        if found
        else "None of them moves detectably with the program."
    )
    return Check(name, label, not found, f"{verdict} {listed}.", table)


def placebo_dates_check(
    panel: Panel, outcome: str, estimate: Estimate, main: Effect, *, dates: int = 3
) -> Check:
    """The start moved to earlier dates, with the periods after the real start left out.

    dates: how many, spread over the periods before. passed: False where one of them shows a detected effect (Holm); None with fewer than six
    used periods before the first start or without a valid test.
    """
    name, label = "placebo_dates", "Earlier dates at which nothing began (placebo dates)"
    used = panel.used
    first = used["start"].drop_nulls().min()
    periods = used.filter(pl.col("period") < first)["period"].unique().sort().to_list()
    if len(periods) < LEAST_PERIODS:
        return Check(
            name, label, None, f"Only {len(periods)} periods before the start: too few to try an earlier one."
        )
    before = replace(panel, table=panel.table.filter(pl.col("period") < first))
    program = panel.treated_areas
    versions = []
    for place in sorted({len(periods) * (k + 1) // (dates + 1) for k in range(dates)}):
        moved = with_starts(before, dict.fromkeys(program, periods[place]))
        day = moved.table.filter(pl.col("period") == periods[place])["period_start"][0]
        versions.append(Version("start", str(day), estimate(moved, outcome)))
    table = version_table(versions)
    p_values = sorted(table["p_value"].drop_nulls().to_list())
    if not p_values:
        return Check(name, label, None, "No earlier date could be tested.", table)
    passed = p_values[0] * len(p_values) > ALPHA
    sizes = [one.effect for one in versions if isinstance(one.effect, Effect)]
    largest = max(sizes, key=lambda effect: abs(size(effect)))
    verdict = (
        "At none of the earlier dates is an effect detected"
        if passed
        else "At an earlier date, too, an “effect” is detected"
    )
    sentence = (
        f"{verdict} ({len(p_values)} tried, smallest p = {p_values[0]:.3f}). The largest estimate there is {in_words(largest)}, "
        f"at the real start {in_words(main)}."
    )
    return Check(name, label, passed, sentence, table)


def placebo_areas_check(panel: Panel, outcome: str, main: Effect, *, seed: int = 0) -> Check:
    """The program assigned to comparison areas only: how often is the placebo effect as large as the real one?

    Same estimator in closed form (difference, staggered difference, or rate ratio before/after). passed: True
    where at most 1 in 20 placebo groups reach the real effect, False where more than 1 in 5 do though the effect
    was detected, None otherwise or with fewer than 20 possible groups. table: quantile, placebo_estimate.
    """
    name, label = "placebo_areas", "Areas that never had it (area-permutation placebos)"
    matrix = area_matrix(panel, outcome, name)
    if isinstance(matrix, Refusal):
        return Check(name, label, None, matrix.found)
    program, others = int(matrix.ever.sum()), int((~matrix.ever).sum())
    if others < program + 2 or comb(others, program) < 20:
        return Check(
            name, label, None, f"{others} comparison areas are too few to draw placebo groups of {program}."
        )
    generator = np.random.default_rng(seed)
    if len(matrix.starts) == 1 and main.scale == "rate_ratio":
        counts = two_counts(matrix)
        group = counts.program.astype(np.int64)
        labels = _labels(group[group > 0], others, generator)
        placebo = log_ratios(
            TwoCounts(counts.before[~matrix.ever], counts.after[~matrix.ever], matrix.ever[~matrix.ever]),
            labels,
        )[0]
        real = float(log_ratios(counts, group[None, :])[0][0])
    else:
        contrast = before_after_contrast(matrix) if len(matrix.starts) == 1 else start_date_contrast(matrix)
        labels = _labels(contrast.group[contrast.group > 0], others, generator)
        placebo = estimates(contrast.numbers[~matrix.ever], labels)[0]
        real = float(estimates(contrast.numbers, contrast.group[None, :])[0][0])
    share = float((np.abs(placebo) >= abs(real)).mean())
    passed = True if share <= ALPHA else (False if share > 0.2 and detected(main) else None)
    steps = (0.0, 0.025, 0.25, 0.5, 0.75, 0.975, 1.0)
    table = pl.DataFrame({"quantile": steps, "placebo_estimate": np.quantile(placebo, steps)})
    sentence = (
        f"Of {len(placebo):,} groups of {program} comparison areas that never had the program, {share:.1%} show a difference "
        f"as large as the program areas do ({real:+.3g}; half of the placebos lie between {np.quantile(placebo, 0.25):+.3g} and "
        f"{np.quantile(placebo, 0.75):+.3g})."
    )
    return Check(name, label, passed, sentence, table)


def _labels(groups: np.ndarray, others: int, generator: np.random.Generator) -> np.ndarray:
    """Arrangements of the start groups over comparison areas, one a row, drawn with replacement of arrangements."""
    whole = np.concatenate([groups, np.zeros(others - len(groups), dtype=np.int64)])
    return generator.permuted(np.tile(whole, (DRAWS, 1)), axis=1)
