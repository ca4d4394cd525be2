"""Scores classified call types against labelled ones: shares right, calibration, coverage, hazards, unsafe accepts.

Right means: the category is the label or its alternative. Every share comes with its two numbers, because the
yardstick holds some hundreds of types and a share alone would look more exact than it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

SEEN_CITIES = ("Burlington", "Minneapolis", "New Orleans")
"""Errors in these cities may be looked at while the classifier is built; the other cities are only scored."""

PRECISION_WANTED = 0.95


@dataclass(frozen=True)
class Part:
    """`right` of `of` rows; `low` and `high`: the exact 95 % interval (Clopper and Pearson 1934)."""

    right: int
    of: int

    @property
    def share(self) -> float:
        """right / of; NaN where there is no row."""
        return self.right / self.of if self.of else float("nan")

    @property
    def low(self) -> float:
        """Lower end of the two-sided 95 % interval."""
        from scipy.stats import beta

        return float(beta.ppf(0.025, self.right, self.of - self.right + 1)) if self.right else 0.0

    @property
    def high(self) -> float:
        """Upper end of the two-sided 95 % interval."""
        from scipy.stats import beta

        missed = self.of - self.right
        return float(beta.ppf(0.975, self.right + 1, missed)) if missed else 1.0

    @property
    def upper(self) -> float:
        """One-sided 95 % upper bound; for 0 of n it is close to the "rule of three", 3 / n."""
        from scipy.stats import beta

        missed = self.of - self.right
        return float(beta.ppf(0.95, self.right + 1, missed)) if missed else 1.0


def part(flags: pl.Series) -> Part:
    """The Part of a Boolean column."""
    return Part(int(flags.sum()), flags.len())


def read_labels(data: Path) -> pl.DataFrame:
    """The labelled types. Columns: city, half (seen, unseen), call_type_code, call_type, label, alt, sure, danger."""
    labels = pl.read_csv(data / "labelled_call_types.csv", infer_schema=False)
    return labels.select(
        "city",
        pl.when(pl.col("city").is_in(SEEN_CITIES))
        .then(pl.lit("seen"))
        .otherwise(pl.lit("unseen"))
        .alias("half"),
        pl.col("code").replace("", None).alias("call_type_code"),
        "call_type",
        pl.col("category").alias("label"),
        pl.col("alt").fill_null(""),
        (pl.col("sure") == "y").alias("sure"),
        pl.col("danger").cast(pl.Int64),
    )


def with_scores(answers: pl.DataFrame, known_texts: frozenset[str]) -> pl.DataFrame:
    """Adds right (the answer is the label or its alternative) and known (the text stands in the vocabulary)."""
    from classifier.text import model_text

    return answers.with_columns(
        ((pl.col("category") == pl.col("label")) | (pl.col("category") == pl.col("alt"))).alias("right"),
        pl.col("call_type").map_elements(lambda t: model_text(t) in known_texts, pl.Boolean).alias("known"),
    )


def macro_f1(rows: pl.DataFrame) -> float:
    """Mean F1 over the categories that the labels of `rows` use; an answer equal to `alt` counts as that label."""
    truth = np.where(rows["right"], rows["category"], rows["label"])
    answer = rows["category"].to_numpy()
    return float(np.mean([_f1(truth, answer, label) for label in rows["label"].unique().sort()]))


def _f1(truth: NDArray[np.object_], answer: NDArray[np.object_], label: str) -> float:
    hits = int(((truth == label) & (answer == label)).sum())
    named = int((truth == label).sum()) + int((answer == label).sum())
    return 2 * hits / named if named else 0.0


def calibration_table(rows: pl.DataFrame, bins: int = 10) -> pl.DataFrame:
    """Columns: from, to, types, said (mean probability), right (share right); bins without types are left out."""
    place = (pl.col("probability") * bins).ceil().clip(1, bins).cast(pl.Int64)
    return (
        rows.group_by(place.alias("bin"))
        .agg(pl.len().alias("types"), pl.col("probability").mean().alias("said"), pl.col("right").mean())
        .sort("bin")
        .select(
            ((pl.col("bin") - 1) / bins).round(6).alias("from"),
            (pl.col("bin") / bins).alias("to"),
            "types",
            "said",
            "right",
        )
    )


def calibration_error(rows: pl.DataFrame) -> float:
    """Expected calibration error: mean distance of said and right over ten bins, weighted by their types."""
    table = calibration_table(rows)
    distance = np.abs(table["said"].to_numpy() - table["right"].to_numpy())
    return float(np.average(distance, weights=table["types"].to_numpy()))


def coverage(rows: pl.DataFrame, precision: float = PRECISION_WANTED) -> Part:
    """The largest group of the likeliest answers of which this share is right, out of all rows."""
    ranked = rows.sort("probability", "call_type", descending=[True, False])["right"].to_numpy()
    share_right = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    enough = np.flatnonzero(share_right >= precision)
    return Part(int(enough[-1]) + 1 if len(enough) else 0, len(ranked))


@dataclass(frozen=True)
class UnsafeAccepts:
    """Types with a stated danger that a policy calls eligible (or eligible after a question: `screened`).

    unreviewed: eligible, and no person is asked to look at the type.
    """

    policy: str
    eligible: Part
    unreviewed: Part
    screened: Part


def unsafe_accepts(rows: pl.DataFrame, policies: Sequence[str]) -> list[UnsafeAccepts]:
    """One entry per policy, over the rows whose label says that a danger is stated (danger 2)."""
    from call_codes.policy import load_policy
    from classifier.eligibility import add_eligibility

    stated = rows.filter(pl.col("danger") == 2)
    found = []
    for name in policies:
        verdicts = add_eligibility(stated, load_policy(name))["eligibility"]
        eligible = verdicts == "eligible"
        found.append(
            UnsafeAccepts(
                name,
                part(eligible),
                part(eligible & ~stated["needs_review"]),
                part(verdicts == "conditional"),
            )
        )
    return found
