"""Are there comparable calls at all: the scores of both groups, how much the weights rest on few calls, balance.

Weights cannot repair what is not there. Where some kind of call always or never got the program, the data do not
say how such a call would have fared otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from evaluation.after.results import Check, Effect

EDGES = (0.05, 0.95)
LEAST_INSIDE = 0.80
LEAST_EFFECTIVE = 0.10
LARGEST_DIFFERENCE = (
    0.25  # in standard deviations; What Works Clearinghouse: above it, adjustment does not help
)
BINS = 20
NAME, LABEL = "overlap", "Comparable calls on both sides (overlap and balance)"


def score_histogram(score: np.ndarray, treated: np.ndarray) -> pl.DataFrame:
    """score_from, score_to, treated, comparison: calls by estimated chance of getting the program, in 20 bins."""
    edges = np.linspace(0, 1, BINS + 1)
    counts = [np.histogram(score[arm], edges)[0] for arm in (treated, ~treated)]
    return pl.DataFrame(
        {"score_from": edges[:-1], "score_to": edges[1:], "treated": counts[0], "comparison": counts[1]}
    )


def effective_sample_size(weights: np.ndarray) -> float:
    """(Σw)² ÷ Σw² (Kish): how many equally weighted calls would be worth as much. 0 without weights."""
    total = float((weights**2).sum())
    return float(weights.sum()) ** 2 / total if total > 0 else 0.0


def standardized_differences(
    table: pl.DataFrame, treated: np.ndarray, weights: np.ndarray, covariates: Sequence[str]
) -> pl.DataFrame:
    """covariate, before, after: difference in means in pooled standard deviations, raw and with the weights.

    Text columns count as one column per value. treated: Boolean; weights: 1 for treated calls.
    """
    rows = []
    for name in covariates:
        column = table[name]
        if column.dtype.is_numeric() or column.dtype == pl.Boolean:
            parts = {name: column.cast(pl.Float64).to_numpy()}
        else:
            text = column.cast(pl.String).fill_null("(blank)")
            parts = {
                f"{name} = {one}": (text == one).to_numpy().astype(np.float64) for one in text.unique().sort()
            }
        for label, values in parts.items():
            spread = np.sqrt((values[treated].var() + values[~treated].var()) / 2)
            if not spread > 0:
                continue
            mean = values[treated].mean()
            raw, weighted = values[~treated].mean(), np.average(values[~treated], weights=weights[~treated])
            rows.append((label, float((mean - raw) / spread), float((mean - weighted) / spread)))
    return pl.DataFrame(
        rows, schema={"covariate": pl.String, "before": pl.Float64, "after": pl.Float64}, orient="row"
    )


def overlap_check(
    calls: pl.DataFrame, covariates: Sequence[str], *, treated: str = "treated", score: str = "score"
) -> Check:
    """Overlap of treated and comparison calls for an effect on the treated (weights score ÷ (1 − score)).

    calls: treated (Boolean), score (estimated chance of treatment, between 0 and 1), covariates. passed: at least
    80 % of calls with a score within 0.05–0.95, an effective sample of at least 10 % of the comparison calls, and
    no covariate further apart than 0.25 standard deviations after weighting. table: covariate, before, after.
    """
    arm = calls[treated].cast(pl.Boolean).to_numpy().astype(bool)
    chance = calls[score].to_numpy().astype(np.float64)
    if arm.all() or not arm.any():
        return Check(NAME, LABEL, False, "All calls are on one side: there is nothing to compare.")
    inside = float(((chance >= EDGES[0]) & (chance <= EDGES[1])).mean())
    held = np.clip(chance, 1e-6, 1 - 1e-6)
    weights = np.where(arm, 1.0, held / (1 - held))
    effective = effective_sample_size(weights[~arm]) / float((~arm).sum())
    balance = standardized_differences(calls, arm, weights, covariates)
    worst = float(balance["after"].abs().max() or 0.0) if balance.height else 0.0  # type: ignore[arg-type]
    return _judged(inside, effective, worst, len(arm), balance)


def overlap_of(effect: Effect) -> Check:
    """The same judgement for a call-level effect, from overlap, effective_share and balance of its details."""
    details = effect.details
    worst = float(details["balance"]["after"].abs().max() or 0.0)
    return _judged(
        float(details["overlap"]),
        float(details["effective_share"]),
        worst,
        effect.observations,
        details["balance"],
    )


def _judged(inside: float, effective: float, worst: float, calls: int, balance: pl.DataFrame) -> Check:
    sentence = (
        f"{inside:.1%} of {calls:,} calls have a chance of getting the program between 5 % and 95 %; the weighted comparison "
        f"calls are worth {effective:.1%} of their number; the largest difference left between the groups is {worst:.2f} standard "
        "deviations."
    )
    passed = inside >= LEAST_INSIDE and effective >= LEAST_EFFECTIVE and worst <= LARGEST_DIFFERENCE
    return Check(NAME, LABEL, passed, sentence, balance)
