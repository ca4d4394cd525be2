"""One design on one study: which table it reads, and what the study says that changes its inference."""

from __future__ import annotations

from typing import Any

import polars as pl

from evaluation.after.build_calls import BuiltCalls
from evaluation.after.call_clusters import CLUSTERS
from evaluation.after.designs import Design, Facts, design_named
from evaluation.after.panel import Panel
from evaluation.after.results import Effect, Refusal
from evaluation.after.study import Study
from evaluation.after.versions import Estimate

# Designs whose randomization test may lean on a real lot.
_USE_THE_LOT = (
    "difference_in_differences", "poisson_difference_in_differences", "staggered", "poisson_staggered",
    "triple_difference",
)  # fmt: skip


def run_design(
    design: Design,
    outcome: str,
    panel: Panel,
    calls: BuiltCalls | None,
    study: Study,
    facts: Facts,
    seed: int,
) -> Effect | Refusal:
    """The design's effect on an outcome. Call designs need `calls`; they keep to the program's hours but for its edges."""
    if design.unit == "area":
        return design.function(panel, outcome, seed=seed, **_of_areas(design, facts))
    assert calls is not None
    table = calls.table.filter(pl.col("in_hours").fill_null(False))
    if design.id == "hour_boundary":
        return design.function(calls.table.drop_nulls("minutes_from_edge"), outcome, seed=seed)
    if design.id == "call_level_aipw":
        cluster = CLUSTERS[study.plan.clusters or "area"]
        options = {"covariates": study.covariates, "cluster": cluster, "also": "area"}
        return design.function(table, outcome, seed=seed, **options)
    if design.id == "repeat_calls":
        return design.function(table, seed=seed)
    return design.function(table, outcome, seed=seed)


def estimate_again(design: Design, facts: Facts, seed: int) -> Estimate:
    """The main design on another panel. Rate ratios of one start come from the staggered form, which is faster."""
    same = {"poisson_difference_in_differences": "poisson_staggered"}
    function = design_named(same.get(design.id, design.id)).function
    more = _of_areas(design, facts)
    if design.id == "difference_in_differences":
        more["course"] = False

    def estimate(panel: Panel, outcome: str) -> Effect | Refusal:
        found: Effect | Refusal = function(panel, outcome, seed=seed, **more)
        return found

    return estimate


def _of_areas(design: Design, facts: Facts) -> dict[str, Any]:
    more: dict[str, Any] = {"unaffected": facts.unaffected} if design.id == "triple_difference" else {}
    if facts.random_rollout and design.id in _USE_THE_LOT:
        more["random_rollout"] = True
    return more
