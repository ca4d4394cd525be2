"""How fast signing from the top of the review queue mends the eligible/not decision, on labelled call types.

    python -m benchmarks.review_queue LABELS.csv --city "New Orleans" [--counts counts.csv] [--policy NAME]

LABELS has the columns city, call_type, category, alt, danger (2 = a weapon or violence is stated); counts has
call_type and calls, and hours where known. Types without a count get the smallest one.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from call_codes.crosswalk import load_crosswalk
from call_codes.policy import Policy, load_policy
from call_codes.signing import Decision, append_decisions
from classifier.classify import classify_types
from classifier.eligibility import add_eligibility
from classifier.local import learn_locally
from classifier.probabilities import category_probabilities
from classifier.review import review_queue

BUDGETS = (0, 5, 10, 15, 20, 30, 40)


@dataclass(frozen=True)
class Point:
    """After `signed` decisions: wrong of total calls, by the label (strict) and by label or alternative."""

    signed: int
    wrong: float
    wrong_either: float
    total: float

    @property
    def error(self) -> float:
        """The share of calls whose type is on the wrong side of eligible/not, by the label alone."""
        return self.wrong / self.total

    @property
    def error_either(self) -> float:
        """As `error`; right also where the label's alternative would give this decision."""
        return self.wrong_either / self.total


class _AskedOnce:
    """The shipped model, put each text only once: the same types are asked again after every batch."""

    def __init__(self) -> None:
        from classifier.store import default_model

        self.model = default_model()
        self.answers: dict[str, tuple[Any, Any]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def predict(self, texts: Sequence[str]) -> tuple[Any, Any]:
        new = [text for text in dict.fromkeys(texts) if text not in self.answers]
        if new:
            shares, hazards = self.model.predict(new)
            self.answers.update(zip(new, zip(shares, hazards, strict=True), strict=True))
        return np.array([self.answers[t][0] for t in texts]), np.array([self.answers[t][1] for t in texts])

    def predict_proba(self, texts: Sequence[str]) -> Any:
        return self.predict(texts)[0]


def error_curve(
    labelled: pl.DataFrame,
    policy: Policy,
    *,
    budgets: tuple[int, ...] = BUDGETS,
    by_queue: bool = True,
    batch: int = 5,
    seed: int = 0,
) -> list[Point]:
    """Sign in the order of the queue (or at random), `batch` at a time, and count the calls that stay wrong.

    labelled: call_type_code, call_type, calls, unit_hours (null: weigh by calls), truth, alt (category ids, alt may
    be ""), danger (0, 1, 2), one row per type. After each batch the queue is made anew, with the model adjusted to
    what was signed where that helps. A decision is wrong where "eligible or not" differs from the label's; a type
    with danger 2 is never eligible. Uses a temporary crosswalk file, as a reviewer would.
    """
    truth = _decisions(labelled, "truth", policy)
    either = [t | {d} for t, d in zip(_alternatives(labelled, policy), truth, strict=True)]
    order = list(range(labelled.height))
    random.Random(seed).shuffle(order)
    types = labelled.select("call_type_code", "call_type", "calls", "unit_hours")
    points = []
    shipped: Any = _AskedOnce()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "signed.csv"
        signed = 0
        while True:
            crosswalk = load_crosswalk(path) if path.exists() else None
            local, _ = learn_locally(types, crosswalk, shipped)
            model = local or shipped
            classified = classify_types(types, crosswalk=crosswalk, model=model)
            now = add_eligibility(classified, policy)["eligibility"] == "eligible"
            if signed in budgets:
                weights = labelled["calls"].to_list()
                wrong = sum(w for w, n, t in zip(weights, now, truth, strict=True) if n != t)
                rest = sum(w for w, n, t in zip(weights, now, either, strict=True) if n not in t)
                points.append(Point(signed, wrong, rest, float(sum(weights))))
            if signed >= max(budgets):
                return points
            probabilities = category_probabilities(classified, crosswalk=crosswalk, model=model)
            queue = review_queue(classified.with_row_index("_row"), probabilities, policy, crosswalk)
            left = queue["_row"].to_list() if by_queue else [n for n in order if n in set(queue["_row"])]
            if not left:
                return points
            append_decisions(path, [_decision(labelled.row(n, named=True)) for n in left[:batch]])
            signed += batch


def _decision(row: dict[str, object]) -> Decision:
    return Decision(
        str(row["truth"]),
        "label",
        "2026-11-22",
        code=str(row["call_type_code"] or ""),
        text=str(row["call_type"] or ""),
        hazard="violence" if row["danger"] == 2 else "none",
    )


def _decisions(labelled: pl.DataFrame, column: str, policy: Policy) -> list[bool]:
    return [
        danger != 2 and category in policy.categories_with("eligible")
        for category, danger in labelled.select(column, "danger").iter_rows()
    ]


def _alternatives(labelled: pl.DataFrame, policy: Policy) -> list[set[bool]]:
    found = _decisions(labelled, "alt", policy)
    return [{d} if alt else set() for d, alt in zip(found, labelled["alt"], strict=True)]


def labelled_types(labels: Path, city: str, counts: pl.DataFrame | None) -> pl.DataFrame:
    """The labelled types of one city with calls and hours; counts: call_type, calls, perhaps unit_hours."""
    rows = pl.read_csv(labels, infer_schema=False).filter(pl.col("city") == city)
    rows = rows.select(
        pl.lit(None, pl.String).alias("call_type_code"),
        "call_type",
        pl.col("category").alias("truth"),
        pl.col("alt").fill_null(""),
        pl.col("danger").cast(pl.Int64),
    ).unique("call_type", keep="first", maintain_order=True)
    if counts is None:
        return rows.with_columns(
            pl.lit(1, pl.Int64).alias("calls"), pl.lit(None, pl.Float64).alias("unit_hours")
        )
    given = counts.with_columns(
        c for c in (pl.lit(None, pl.Float64).alias("unit_hours"),) if "unit_hours" not in counts.columns
    )
    joined = rows.join(given, on="call_type", how="left", maintain_order="left")
    return joined.with_columns(pl.col("calls").fill_null(1), pl.col("unit_hours"))


def main() -> None:
    """Print the curve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--city", required=True)
    parser.add_argument("--counts", type=Path)
    parser.add_argument("--policy", default="behavioral_health_plus")
    arguments = parser.parse_args()
    counts = pl.read_csv(arguments.counts) if arguments.counts else None
    labelled = labelled_types(arguments.labels, arguments.city, counts)
    for by_queue in (True, False):
        print("in the order of the queue" if by_queue else "in a random order")
        for point in error_curve(labelled, load_policy(arguments.policy), by_queue=by_queue):
            print(
                f"  {point.signed:3d} signed: {point.error:.2%} of calls wrong, {point.error_either:.2%} with alt"
            )


if __name__ == "__main__":
    main()
