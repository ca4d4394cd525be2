"""The predictors of a panel as arrays that a synthetic control can use, and what had to be left out for that."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evaluation.after.area_matrix import AreaMatrix
from evaluation.after.panel import Panel
from evaluation.after.results import Refusal
from evaluation.after.synthetic_control import one_program_area

Array = NDArray[np.float64]
LEAST_AREAS = 3


@dataclass(frozen=True)
class PredictorFacts:
    """matrix: the outcome of the areas whose predictors are all known; facts: predictors × areas, a row per name.

    notes: what was left out, in sentences.
    """

    matrix: AreaMatrix
    names: tuple[str, ...]
    facts: Array
    notes: tuple[str, ...]


def predictor_facts(panel: Panel, outcome: str, design: str) -> PredictorFacts | Refusal:
    """Outcome and predictors of the one program area and its comparison areas, or the refusal with its reason.

    Predictors that rest on periods from the start on (a placebo start may lie early), are the same everywhere, or are
    unknown for the program area are left out; so are comparison areas with an unknown one.
    """
    matrix = one_program_area(panel, outcome, design)
    if isinstance(matrix, Refusal):
        return matrix
    if panel.predictors is None:
        return Refusal(
            design, "The study names no predictors.", "A table [predictors.name] for each of them."
        )
    program = matrix.areas[int(matrix.ever.argmax())]
    table = panel.predictors.table.filter(pl.col("area").is_in(list(matrix.areas)))
    names, notes = _useful(table, program, matrix.periods[matrix.starts[0]])
    if not names:
        return Refusal(design, "No predictor is left. " + " ".join(notes), "Facts known before the start.")
    wide = (
        table.filter(pl.col("predictor").is_in(list(names)))
        .pivot(on="predictor", index="area", values="value")
        .drop_nulls()
        .sort("area")
    )
    known = set(wide["area"])
    unknown = [area for area in matrix.areas if area not in known]
    if unknown:
        notes.append(f"Left out because a predictor is unknown there: {', '.join(unknown)}.")
    if len(known) < LEAST_AREAS:
        return Refusal(design, notes[-1], "Predictors that are known of the comparison areas.")
    keep = np.array([area in known for area in matrix.areas])
    rest = replace(
        matrix,
        areas=tuple(wide["area"]),
        values=matrix.values[keep],
        exposure=matrix.exposure[keep],
        start=matrix.start[keep],
    )
    facts = np.ascontiguousarray(wide.select(names).to_numpy().T.astype(np.float64))
    return PredictorFacts(rest, names, facts, (*matrix.notes, *notes))


def _useful(table: pl.DataFrame, program: str, start: int) -> tuple[tuple[str, ...], list[str]]:
    """The predictors that can be used, sorted, and why others cannot."""
    each = table.group_by("predictor").agg(
        last=pl.col("last_period").max(),
        own=pl.col("value").filter(pl.col("area") == program).is_not_null().any(),
        spread=pl.col("value").drop_nulls().n_unique(),
    )
    notes = []
    reasons = {
        "they rest on periods from the start on": pl.col("last") >= start,
        f"they are not known of {program}": ~pl.col("own"),
        "they are the same everywhere": pl.col("spread") < 2,
    }
    for reason, out in reasons.items():
        dropped = each.filter(out)["predictor"].sort().to_list()
        if dropped:
            notes.append(f"Predictors left out because {reason}: {', '.join(dropped)}.")
            each = each.filter(~out)
    return tuple(each["predictor"].sort()), notes
