"""How far reviewers agree about the same types: the share of agreement, and kappa, which takes chance away.

Two people who code most types "traffic stop" agree often by chance alone. Kappa is the agreement beyond chance as
a part of what was possible beyond chance: 1 = always, 0 = as chance would have it.

Sources: Cohen 1960, A coefficient of agreement for nominal scales, Educ. Psychol. Meas. 20(1): 37–46;
Fleiss 1971, Measuring nominal scale agreement among many raters, Psychol. Bull. 76(5): 378–382.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from call_codes.standing import REPLACED, reviewer_key


@dataclass(frozen=True)
class Agreement:
    """How far reviewers agree on one column (category or hazard).

    numerator of denominator: types on which all agree, of the types that two or more reviewers judged. reviewers:
    how many people judged these. kappa = (observed − by_chance) / (1 − by_chance), None where chance alone gives
    full agreement or nothing was judged twice; method: "cohen" where the same two people judged every type, else
    "fleiss" (pairs of reviewers within each type, whoever they are). definition: the same in a sentence.
    """

    column: str
    numerator: int
    denominator: int
    reviewers: int
    observed: float | None
    by_chance: float | None
    kappa: float | None
    method: Literal["cohen", "fleiss"]
    definition: str

    @property
    def share(self) -> float | None:
        """numerator / denominator, None where nothing was judged twice."""
        return self.numerator / self.denominator if self.denominator else None


def agreement(decisions: pl.DataFrame, column: str = "category") -> Agreement:
    """The agreement of the reviewers of a crosswalk on `column`.

    decisions: `Crosswalk.decisions`. Each reviewer's latest signed line on a type counts, sure or unsure; lines
    that were replaced do not, unless someone else replaced them: a conflict that was settled stays a disagreement.
    """
    judged: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in decisions.filter(pl.col("basis") == "signed").iter_rows(named=True):
        judged.setdefault((row["agency"], row["code_key"], row["text_key"]), {})[
            reviewer_key(row["reviewer"])
        ] = row[column]
    twice = [ratings for ratings in judged.values() if len(ratings) > 1]
    people = sorted({person for ratings in twice for person in ratings})
    agreeing = sum(len(set(ratings.values())) == 1 for ratings in twice)
    two = len(people) == 2
    observed, by_chance = _cohen(twice, people) if two else _fleiss([list(r.values()) for r in twice])
    kappa = None
    if observed is not None and by_chance is not None and by_chance < 1:
        kappa = (observed - by_chance) / (1 - by_chance)
    return Agreement(
        column,
        agreeing,
        len(twice),
        len(people),
        observed,
        by_chance,
        kappa,
        "cohen" if two else "fleiss",
        f"Call types on which all reviewers give the same {column}, among the types that at least two judged; "
        "each reviewer's latest decision.",
    )


def pending(decisions: pl.DataFrame) -> pl.DataFrame:
    """The lines that do not count although nobody replaced them (unsure, waiting, conflict), in file order."""
    return decisions.filter(~pl.col("standing").is_in([REPLACED, "counts"]))


def _cohen(types: Sequence[Mapping[str, str]], people: Sequence[str]) -> tuple[float | None, float | None]:
    """Observed agreement and that by chance, from each person's own shares of the values."""
    n = len(types)
    if n == 0:
        return None, None
    first, second = (Counter(ratings[person] for ratings in types) for person in people)
    observed = sum(len(set(ratings.values())) == 1 for ratings in types) / n
    return observed, sum(first[value] * second[value] for value in first) / n**2


def _fleiss(types: Sequence[Sequence[str]]) -> tuple[float | None, float | None]:
    """Observed agreement of pairs within types, and that by chance, from everyone's shares of the values.

    With the same number of ratings on each type this is Fleiss's kappa; with different numbers each type counts
    once, and its pairs share that weight.
    """
    if not types:
        return None, None
    within = [
        sum(n * (n - 1) for n in Counter(ratings).values()) / (len(ratings) * (len(ratings) - 1))
        for ratings in types
    ]
    pooled = Counter(value for ratings in types for value in ratings)
    total = sum(pooled.values())
    return sum(within) / len(types), sum((n / total) ** 2 for n in pooled.values())
