"""The share of calls that a policy would take, with a range that carries the classifier's doubt about the types.

A city has few call types and some are heavy: one wrong heavy type moves the share by points, and a city whose way
of naming the model misreads is misread in many types at once. So the range comes from drawing the truth of every
type many times, each type as one draw with its full weight, and all types of a draw shifted together by one
agency effect. The low end leaves out what the policy takes on a condition only; the high end counts it in.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from call_codes.errors import InputError
from call_codes.policy import Policy
from calls.share import Share
from classifier.eligibility import blocking_hazards, judge
from classifier.hazard import DECISIVE_KINDS

AGENCY_EFFECT_FILE = Path(__file__).parent / "eligible_share.toml"
LEVEL = 0.95
DRAWS = 2_000
DRAWN_TYPES = 20_000
"""The heaviest types are drawn one by one; lighter ones count with their chance, their own luck evens out."""

SMALLEST_DOUBT = 0.002
"""No guess is surer than this: a chance of 0 or 1 is for what a person signed or a text states."""

_WIDEST = float(np.log((1.0 - SMALLEST_DOUBT) / SMALLEST_DOUBT))
_BINS = np.linspace(-_WIDEST, _WIDEST, 501)

CHANCE_COLUMNS = ("eligible_chance", "conditional_chance", "certain", "unsigned", "never_guessed")
_SUSPECTED = re.compile(r"(?:^|; )model: ([0-9.]+)")
_STATED = re.compile(r'(?:^|; )(\w+) stated(?:: "| in the remarks)')


@dataclass(frozen=True)
class EligibleShare:
    """What a policy would take, by weight (calls or hours), over all types.

    eligible: numerator is the expected weight of the types that the policy takes without a condition; low and
    high hold the truth in LEVEL of the draws, conditional types out and in. unsigned: how much of that numerator
    stands on types that no person signed and no code-book names. unknown: the weight of the types that are never
    guessed (blank, bare codes), counted in `high` alone. conditional: expected weight of the conditional types.
    """

    eligible: Share
    unsigned: float
    unknown: float
    conditional: float

    @property
    def unsigned_share(self) -> float | None:
        """The part of the expected eligible weight that stands on unsigned types; None where that is 0."""
        return self.unsigned / self.eligible.numerator if self.eligible.numerator else None


@lru_cache(maxsize=1)
def agency_effect() -> float:
    """Spread of the error that the types of one agency share, in log-odds, from `eligible_share.toml`."""
    return float(tomllib.loads(AGENCY_EFFECT_FILE.read_text(encoding="utf-8"))["agency_effect"])


def eligible_chances(types: pl.DataFrame, probabilities: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The chance that a policy takes each type, from every category it may have; same rows, same order.

    types: as `classify.classify_types` returns them. probabilities: `probabilities.category_probabilities` of the
    same table. Added, never null: eligible_chance and conditional_chance (Float64, 0–1, together at most 1),
    certain (Boolean: signed, from a code-book, blank, a bare code, or dangerous by its text: no draw changes it),
    unsigned (Boolean: basis "model"), never_guessed (Boolean: blank or a bare code without a code-book).
    A danger that the text states and the policy excludes gives 0. One that only the model suspects takes its
    probability off. What stays unclassified or was never guessed may be anything: it counts as conditional.
    Raises InputError when a column is absent or a type has no probabilities.
    """
    needed = ("category", "hazard", "hazard_kinds", "hazard_reason", "basis")
    missing = [name for name in needed if name not in types.columns]
    if missing or probabilities["type_row"].n_unique() != types.height:
        raise InputError(
            found=f"no column {', '.join(missing)}" if missing else "types without category probabilities",
            expected="classify_types' table and category_probabilities of the same table",
            action="classify the types first, and ask for the probabilities of just these rows",
        )
    decisions = {row["category"]: row["decision"] for row in policy.decisions().iter_rows(named=True)}
    decisions["unclassified"] = "conditional"
    by_decision = (
        probabilities.with_columns(decision=pl.col("category").replace_strict(decisions))
        .group_by("type_row")
        .agg(
            pl.col("probability").filter(pl.col("decision") == which).sum().alias(f"{which}_chance")
            for which in ("eligible", "conditional")
        )
        .sort("type_row")
    )
    harmless = np.empty(types.height)
    certain = np.empty(types.height, dtype=bool)
    for number, row in enumerate(types.select(needed).iter_rows(named=True)):
        harmless[number], certain[number] = _harmless(row, policy)
    return types.drop(CHANCE_COLUMNS, strict=False).with_columns(
        pl.Series("eligible_chance", np.clip(by_decision["eligible_chance"].to_numpy(), 0, 1) * harmless),
        pl.Series(
            "conditional_chance", np.clip(by_decision["conditional_chance"].to_numpy(), 0, 1) * harmless
        ),
        pl.Series("certain", certain),
        (pl.col("basis") == "model").alias("unsigned"),
        pl.col("basis").is_in(["blank", "bare_code"]).alias("never_guessed"),
    )


def _harmless(row: dict[str, object], policy: Policy) -> tuple[float, bool]:
    """The chance that no danger which the policy excludes is in the type, and whether that leaves no doubt."""
    category, kinds, reason = str(row["category"]), str(row["hazard_kinds"]), str(row["hazard_reason"])
    hazard, basis = bool(row["hazard"]), str(row["basis"])
    if basis != "model":
        verdict = judge(category, hazard, kinds, basis, policy)
        return (0.0 if verdict.rule == "hazards_excluded" else 1.0), True
    # The category's own danger is in its probability already; only what the text itself states counts here.
    stated = _STATED.findall(reason)
    if blocking_hazards(bool(set(stated) & set(DECISIVE_KINDS)), "|".join(stated), policy):
        return 0.0, True
    suspicion = _SUSPECTED.search(reason)
    if suspicion and blocking_hazards(True, "", policy):
        return 1.0 - float(suspicion[1]), False
    return 1.0, False


def eligible_share(
    chances: pl.DataFrame,
    weight: str,
    policy: Policy,
    *,
    effect: float | None = None,
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = 0,
) -> EligibleShare:
    """The weighted share of eligible types and its range.

    chances: as `eligible_chances` returns them, with a column `weight` (calls or hours; null and below 0 count as
    0). effect: spread of the agency effect in log-odds, `agency_effect()` by default. level: how often the range
    holds the truth. The point lies within the range; more chance for a type never lowers either end.

    Method: in each of `draws` draws the log-odds of every doubtful type are shifted by one normal number with
    standard deviation `effect`, then each type is eligible or not by its shifted chance; low and high are the
    (1 − level)/2 and (1 + level)/2 quantiles of the weight, conditional types out of the low and in the high. This
    is a Poisson-binomial sum with a logistic-normal mixture over agencies (Monte Carlo, seeded).
    """
    weights = np.maximum(chances[weight].cast(pl.Float64).fill_null(0.0).fill_nan(0.0).to_numpy(), 0.0)
    order = np.argsort(-weights, kind="stable")
    weights = weights[order]
    certain = chances["certain"].to_numpy()[order]
    alone = chances["eligible_chance"].to_numpy()[order]
    conditional = chances["conditional_chance"].to_numpy()[order]
    both = np.minimum(alone + conditional, 1.0)
    unsigned = chances["unsigned"].to_numpy()[order]
    expected = float(weights @ alone)
    random = np.random.default_rng(seed)
    shifts = random.standard_normal(draws) * (agency_effect() if effect is None else effect)
    lower, upper = _draw((alone, both), weights, certain, shifts, random)
    tail = (1.0 - level) / 2.0
    never = chances["never_guessed"].to_numpy()[order]
    return EligibleShare(
        eligible=Share(
            expected,
            float(weights.sum()),
            min(float(np.quantile(lower, tail)), expected),
            max(float(np.quantile(upper, 1.0 - tail)), expected),
            f"The {weight} that {policy.label} takes by their call type, of those that are counted here. Each type counts with its "
            f"chance of being eligible. The range holds the truth about the types in {level:.0%} of the draws, errors "
            "that the types of one agency share included; its low end leaves out what the policy takes on a "
            "condition only, its high end counts that and all unclassified types in.",
        ),
        unsigned=float((weights * alone)[unsigned].sum()),
        unknown=float(weights[never].sum()),
        conditional=float((weights * conditional)[~never].sum()),
    )


def _draw(
    chances: tuple[NDArray[np.float64], NDArray[np.float64]],
    weights: NDArray[np.float64],
    certain: NDArray[np.bool_],
    shifts: NDArray[np.float64],
    random: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The weight of each draw for both chances, on the same luck, so that a higher chance never gives less."""
    sums = [np.full(len(shifts), float((weights * chance)[certain].sum())) for chance in chances]
    doubtful = np.flatnonzero(~certain & (weights > 0))
    odds = []
    for chance in chances:
        bounded = np.clip(chance[doubtful], SMALLEST_DOUBT, 1.0 - SMALLEST_DOUBT)
        odds.append(np.log(bounded / (1.0 - bounded)))
    heavy = weights[doubtful[:DRAWN_TYPES]]
    light = [_binned(logits[DRAWN_TYPES:], weights[doubtful[DRAWN_TYPES:]]) for logits in odds]
    for number, shift in enumerate(shifts):
        luck = random.random(len(heavy))
        for which, logits in enumerate(odds):
            sums[which][number] += heavy @ (luck < _logistic(logits[: len(heavy)] + shift))
            sums[which][number] += light[which] @ _logistic(_BINS + shift)
    return sums[0], sums[1]


def _logistic(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1.0 / (1.0 + np.exp(-odds)))


def _binned(odds: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weight at each of _BINS: millions of light types cost no more than a few hundred."""
    place = np.rint((odds - _BINS[0]) / (_BINS[1] - _BINS[0])).astype(np.int64)
    return np.bincount(place, weights=weights, minlength=len(_BINS)).astype(np.float64)
