"""How near the expected eligible share comes to the share by the labels, city by city, and how wide its range is.

    python -m benchmarks.eligible_share DATA_FOLDER City [City ...]     # DATA_FOLDER/labelled_call_types.csv
    python -m benchmarks.eligible_share --effect                        # the agency effect, from held-out styles

A type weighs as many calls as the city's own file in DATA_FOLDER counts; where there is no file all types weigh
the same. By the labels a type is eligible where the policy takes its category and no danger is stated.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from call_codes.policy import Policy, load_policy
from classifier.classify import classify_types
from classifier.eligible_share import SMALLEST_DOUBT, eligible_chances, eligible_share
from classifier.probabilities import category_probabilities

POLICIES: Final = (
    "behavioral_health_plus",
    "community_responder_broad",
    "narrow_clinical",
    "civilian_admin",
    "denver_star",
)
# City → its calls file, its column of the initial type, and the column of the labels that this column holds.
CALL_FILES: Final = {
    "Burlington": ("burlington_2022.csv", "call_type", "call_type"),
    "Minneapolis": ("minneapolis_2020.csv", "initialProblem", "call_type"),
    "Seattle": ("seattle_2015.csv", "Initial.Type.Description", "call_type"),
    "San Antonio": ("san_antonio_2022-2026.parquet", "ProblemType", "call_type"),
    "San Diego": ("san_diego_2023-01.csv", "call_type", "call_type_code"),
}
STATED_DANGER: Final = "2"
EFFECTS: Final = (0.0, 0.6, 0.8, 1.0, 1.2)


def measure(data: Path, cities: Sequence[str], policies: Sequence[str] = POLICIES) -> pl.DataFrame:
    """One row per city × policy, for cities of `data`/labelled_call_types.csv.

    Columns out: city, policy, types, weight (calls, or types where the city has no calls file), by_labels,
    by_labels_with_conditions, by_verdict (types whose verdict is eligible), expected, low, high, unsigned_share,
    points_off (100 × (expected − by_labels)), inside (by_labels and by_labels_with_conditions lie in the range).
    Shares are of the weight, 0–1.
    """
    labels = pl.read_csv(data / "labelled_call_types.csv", infer_schema=False).rename(
        {"code": "call_type_code", "category": "label"}
    )
    rows = []
    for city in cities:
        types = with_calls(labels.filter(pl.col("city") == city), city, data)
        classified = classify_types(types, crosswalk=None)
        probabilities = category_probabilities(classified, crosswalk=None)
        rows += [
            {"city": city, "policy": name, **_compare(classified, probabilities, load_policy(name))}
            for name in policies
        ]
    return pl.DataFrame(rows)


def with_calls(types: pl.DataFrame, city: str, data: Path) -> pl.DataFrame:
    """`types` with `calls` (Int64): how many calls of the city's file have the type; 1 where there is no file."""
    if city not in CALL_FILES:
        return types.with_columns(pl.lit(1, pl.Int64).alias("calls"))
    file, column, key = CALL_FILES[city]
    path = data / file
    scan = pl.scan_parquet(path) if path.suffix == ".parquet" else pl.scan_csv(path, infer_schema=False)
    counts = scan.select(pl.col(column).alias(key)).group_by(key).agg(pl.len().alias("calls")).collect()
    joined = types.join(counts, on=key, how="left", maintain_order="left")
    return joined.with_columns(pl.col("calls").fill_null(0).cast(pl.Int64))


def _compare(
    classified: pl.DataFrame, probabilities: pl.DataFrame, policy: Policy
) -> dict[str, float | int | bool | None]:
    from classifier.eligibility import add_eligibility

    chances = eligible_chances(add_eligibility(classified, policy), probabilities, policy)
    found = eligible_share(chances, "calls", policy)
    total = found.eligible.denominator
    decided = pl.col("label").replace_strict(
        {row["category"]: row["decision"] for row in policy.decisions().iter_rows(named=True)}
    )
    harmless = pl.col("danger") != STATED_DANGER

    def share(condition: pl.Expr) -> float:
        return float(chances.filter(condition)["calls"].sum()) / total

    by_labels = share(harmless & (decided == "eligible"))
    with_conditions = share(harmless & (decided != "excluded"))
    expected, low, high = (found.eligible.share, found.eligible.low_share, found.eligible.high_share)
    assert expected is not None
    assert low is not None
    assert high is not None
    return {
        "types": chances.height,
        "weight": int(total),
        "by_labels": by_labels,
        "by_labels_with_conditions": with_conditions,
        "by_verdict": share(pl.col("eligibility") == "eligible"),
        "expected": expected,
        "low": low,
        "high": high,
        "unsigned_share": found.unsigned_share,
        "points_off": 100 * (expected - by_labels),
        "inside": low <= by_labels and with_conditions <= high,
    }


def measure_agency_effect() -> pl.DataFrame:
    """The figures in classifier/eligible_share.toml, from held-out naming styles: some minutes.

    Columns out: effect (of EFFECTS), moments (the effect by the method of moments),
    weights ("equal" or "unequal"), held (the share of style × policy whose share by the labels the range held).
    """
    from classifier.calibrate import fit_temperature, softmax
    from classifier.encoders import load_encoder
    from classifier.model import TypeModel
    from classifier.vocabulary import load_vocabulary

    vocabulary, model = load_vocabulary(), TypeModel()
    held_out = model.held_out(vocabulary, load_encoder())
    shares = softmax(held_out.logits, fit_temperature(held_out.logits, held_out.right))
    column = {str(category): index for index, category in enumerate(model.classes_)}
    target = np.array([column[category] for category in vocabulary.categories])
    styles = np.array(vocabulary.styles)
    rows = [np.flatnonzero((styles == style) & held_out.scored) for style in np.unique(styles)]
    excess = squares = 0.0
    cases = []
    for name in POLICIES:
        policy = load_policy(name)
        decisions = dict(policy.decisions().select("category", "decision").iter_rows())
        decided = np.array([decisions[c] if c != "unclassified" else "conditional" for c in column])
        for taken in (decided == "eligible", decided != "excluded"):
            chance = np.clip(shares[:, taken].sum(axis=1), SMALLEST_DOUBT, 1 - SMALLEST_DOUBT)
            for own in rows:
                luck = float((chance[own] * (1 - chance[own])).sum())
                excess += float((taken[target[own]] - chance[own]).sum()) ** 2 - luck
                squares += luck**2
        taken = decided == "eligible"
        cases += [(policy, shares[own][:, taken].sum(axis=1), taken[target[own]]) for own in rows]
    moments = float(np.sqrt(max(excess, 0.0) / squares))
    return pl.DataFrame(
        [
            {"effect": effect, "moments": moments, "weights": weights, "held": _held(cases, effect, weights)}
            for effect in EFFECTS
            for weights in ("equal", "unequal")
        ]
    )


def _held(cases: Sequence[tuple[Policy, Any, Any]], effect: float, weights: str) -> float:
    """How often the range of the unconditional share holds the share by the labels."""
    random, held = np.random.default_rng(1), 0
    for policy, chance, eligible in cases:
        ranks = random.permutation(len(chance)) + 1
        weight = np.ones(len(chance)) if weights == "equal" else ranks**-1.2
        table = pl.DataFrame({"weight": weight, "eligible_chance": chance}).with_columns(
            conditional_chance=pl.lit(0.0),
            certain=pl.lit(False),
            unsigned=pl.lit(True),
            never_guessed=pl.lit(False),
        )
        found = eligible_share(table, "weight", policy, effect=effect, draws=500).eligible
        held += found.low - 1e-9 <= float(weight @ eligible) <= found.high + 1e-9
    return held / len(cases)


def main() -> None:
    """Print the measurement that the command line asks for."""
    if sys.argv[1:] == ["--effect"]:
        print(measure_agency_effect())
        return
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=220, float_precision=3):
        print(measure(Path(sys.argv[1]), sys.argv[2:]))


if __name__ == "__main__":
    main()
