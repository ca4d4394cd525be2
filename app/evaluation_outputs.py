"""Writing an evaluation: all files or none, and the record that repeats it."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from app.evaluation_answer import in_short
from app.evaluation_report import evaluation_html
from app.outputs import write_csv, write_folder
from evaluation.after.evaluate import Evaluation, OutcomeResult
from evaluation.after.lock import plan_hash, plan_of
from evaluation.after.results import Check, Effect, Refusal
from evaluation.after.versions import detected

FILES: Final = (
    "effects.csv",
    "event_study.csv",
    "tests.csv",
    "checks.csv",
    "versions.csv",
    "designs_not_used.csv",
    "evaluation.html",
    "evaluation.json",
)


def evaluation_record(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as plain JSON values."""
    study, team = evaluation.study, evaluation.team
    lock = evaluation.lock
    return _plain(
        {
            "rightcall": version("rightcall"),
            "question": study.question,
            "in_short": in_short(evaluation),
            "primary_outcome": evaluation.primary.outcome.name,
            "evidence": asdict(evaluation.evidence),
            "argument": asdict(evaluation.argument) if evaluation.argument else None,
            "outcomes": [_outcome_record(one) for one in evaluation.results],
            "placebo_outcomes": [
                {"label": one.label, **_found_record(one.effect)} for one in evaluation.placebos
            ],
            "team": {
                "visits": None if team.deflection is None else team.deflection.table,
                "diverted": None
                if team.deflection is None or team.deflection.diverted is None
                else team.deflection.diverted.as_dict(),
                "unit_hours_saved": None if team.saved is None else team.saved.table,
                "costs": team.costs,
                "notes": team.notes,
            },
            "plan": {
                "sha256": plan_hash(plan_of(study)),
                "locked_on": lock.locked_on if lock else None,
                "locked_sha256": lock.digest if lock else None,
                "before_start": lock.before_start if lock else None,
                "changes": [asdict(one) for one in evaluation.changes],
            },
            "notes": evaluation.notes,
            "seed": evaluation.seed,
        }
    )


def _outcome_record(result: OutcomeResult) -> dict[str, Any]:
    return {
        "outcome": asdict(result.outcome),
        "main_design": result.main.design if result.main else None,
        "effects": [_found_record(one) for one in result.effects],
        "refusals": [asdict(one) for one in result.refusals],
        "not_offered": [
            {"design": one.design.id, "reason": one.reason} for one in result.offers if not one.fits
        ],
        "checks": [_check_record(one) for one in result.checks],
    }


def _found_record(found: Effect | Refusal) -> dict[str, Any]:
    if isinstance(found, Refusal):
        return {"refusal": asdict(found)}
    kept = {key: value for key, value in vars(found).items() if key not in ("details", "p_values", "p_value")}
    return {
        **kept,
        "detected": detected(found),
        "p_value": asdict(found.p_value) if found.p_value else None,
        "p_values": [asdict(one) for one in found.p_values],
    }


def _check_record(check: Check) -> dict[str, Any]:
    return dict(vars(check))


def _plain(value: Any) -> Any:
    """Tables as lists of rows, days as text, numbers that are none as null."""
    if isinstance(value, pl.DataFrame):
        return [_plain(row) for row in value.to_dicts()]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, date | Path) else value


def effects_table(evaluation: Evaluation) -> pl.DataFrame:
    """effects.csv: one row per outcome (placebo outcomes too) and design."""
    rows = []
    for result in evaluation.results:
        for effect in result.effects:
            main = result.main is not None and effect.design == result.main.design
            rows.append((result.outcome.label, False, main, effect))
    for one in evaluation.placebos:
        if isinstance(one.effect, Effect):
            rows.append((one.label, True, True, one.effect))
    names = (
        "design", "scale", "estimate", "standard_error", "low", "high", "interval_method", "baseline", "relative",
        "relative_low", "relative_high", "treated_areas", "comparison_areas", "periods", "observations",
    )  # fmt: skip
    return pl.DataFrame(
        [
            {
                "outcome": effect.outcome, "label": label, "placebo": placebo, "main": main,
                **{name: _plain(getattr(effect, name)) for name in names},
                "test": effect.p_value.method if effect.p_value else None,
                "p_value": effect.p_value.value if effect.p_value else None,
            }
            for label, placebo, main, effect in rows
        ],
        infer_schema_length=None,
    )  # fmt: skip


def _paths(evaluation: Evaluation) -> pl.DataFrame:
    parts = [
        effect.path.with_columns(
            pl.lit(effect.outcome).alias("outcome"), pl.lit(effect.design).alias("design")
        )
        for result in evaluation.results
        for effect in result.effects
        if effect.path is not None
    ]
    if not parts:
        return pl.DataFrame({"outcome": [], "design": []})
    both = pl.concat(parts, how="diagonal_relaxed")
    return both.select("outcome", "design", *(c for c in both.columns if c not in ("outcome", "design")))


def _tests(evaluation: Evaluation) -> pl.DataFrame:
    rows = [
        {
            "outcome": effect.outcome,
            "design": effect.design,
            "used": one == effect.p_value,
            **_plain(asdict(one)),
        }
        for result in evaluation.results
        for effect in result.effects
        for one in effect.p_values
    ]
    return pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame({"outcome": []})


def _tables(evaluation: Evaluation) -> dict[str, pl.DataFrame]:
    result = evaluation.primary
    checks = [
        {"check": c.name, "label": c.label, "passed": c.passed, "sentence": c.sentence} for c in result.checks
    ]
    curve = next(
        (c.table for c in result.checks if c.name == "specification_curve" and c.table is not None), None
    )
    refused = [
        {"outcome": one.outcome.name, "design": o.design.id, "reason": o.reason} for one in evaluation.results for o in one.offers if not o.fits
    ] + [
        {"outcome": one.outcome.name, "design": r.design, "reason": f"{r.found} Needed: {r.needed}"} for one in evaluation.results for r in one.refusals
    ]  # fmt: skip
    return {
        "effects.csv": effects_table(evaluation),
        "event_study.csv": _paths(evaluation),
        "tests.csv": _tests(evaluation),
        "checks.csv": pl.DataFrame(
            checks,
            schema={"check": pl.String, "label": pl.String, "passed": pl.Boolean, "sentence": pl.String},
        ),
        "versions.csv": curve if curve is not None else pl.DataFrame({"kind": [], "version": []}),
        "designs_not_used.csv": pl.DataFrame(
            refused, schema=dict.fromkeys(("outcome", "design", "reason"), pl.String)
        ),
    }


def write_evaluation(evaluation: Evaluation, out: Path, command: list[str], *, force: bool = False) -> None:
    """Write FILES and a CSV per check with figures (in checks/) into `out`; on any failure `out` stays as it was."""

    def write(folder: Path) -> None:
        for name, table in _tables(evaluation).items():
            write_csv(table, folder / name)
        (folder / "checks").mkdir()
        for check in evaluation.primary.checks:
            if check.table is not None:
                write_csv(check.table, folder / "checks" / f"{check.name}.csv")
        (folder / "evaluation.html").write_text(evaluation_html(evaluation, command), encoding="utf-8")
        (folder / "evaluation.json").write_text(
            json.dumps(evaluation_record(evaluation), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )

    write_folder(out, ("checks", *FILES), write, force=force, what="evaluation")
