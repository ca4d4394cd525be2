"""The summary of a run: the one document that `--json` prints, run.json keeps and the report quotes.

Each share stands with its numerator, denominator and definition; each total in hours with low, central, high.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

import polars as pl

from app.job import Job
from officer_time.cells import HOURS, roll_up

UNIT_HOURS_DEFINITION: Final = (
    "Hours that police units were committed to calls, from assignment to clear, added up over units (recorded call "
    "time, not everything officers do). low = measured spans only; central = missing spans at their category's mean; "
    "high = missing spans at the cap."
)
_LIBRARIES: Final = ("polars", "scikit-learn", "sentence-transformers", "torch", "altair")


def summary(job: Job) -> dict[str, Any]:
    """The run as plain JSON values. See docs in README.md for what each key means."""
    ledger = job.cleaned.ledger
    return {
        "rightcall": version("rightcall"),
        "files": [{"name": f.name, "sha256": f.sha256} for f in job.files],
        "layout": job.detection.layout.id,
        "place": job.detection.layout.place or None,
        "grain": job.detection.layout.grain,
        "type_is": job.detection.layout.type_is,
        "layout_named": job.detection.named,
        "layout_columns": {k: list(v) for k, v in job.detection.layout.columns.items()},
        "questions": list(job.detection.questions),
        "time_zone": job.detection.layout.zone,
        "policy": job.policy.id,
        "code_books": list(job.settings.code_books),
        "signed_types": int((job.types["basis"] == "signed").sum()),
        "recalibration": asdict(job.recalibration) | {"sentence": job.recalibration.sentence}
        if job.recalibration
        else None,
        "rows_read": ledger.rows_read,
        "rows_kept": ledger.rows_kept,
        "rows_set_aside": dict(sorted(ledger.set_aside.items())),
        "calls": job.facts.calls,
        "call_types": job.types.height,
        "period": period(job),
        "unit_hours": unit_hours(job),
        "initiated_by": job.facts.initiated_by.to_dicts(),
        "unclassified_share": unclassified_share(job),
        "eligible": job.cascade.eligible.as_dict(),
        "eligible_expected": {
            **job.expected.eligible.as_dict(),
            "unsigned_share": job.expected.unsigned_share,
            "conditional": job.expected.conditional,
            "never_guessed": job.expected.unknown,
        },
        "eligible_in_hours": job.cascade.eligible_in_hours.as_dict(),
        "eligible_unit_hours": job.cascade.eligible_hours.as_dict() if job.cascade.eligible_hours else None,
        "cascade": job.cascade.steps.to_dicts(),
        "losses": job.cascade.losses.to_dicts(),
        "sensitivity": job.cascade.sensitivity.to_dicts(),
        "types_needing_review": int(job.types["needs_review"].sum()),
        "problems": job.problems.select(
            "problem", "severity", "column", "count", "total", "share"
        ).to_dicts(),
        "warnings": list(job.warnings),
    }


def record(job: Job) -> dict[str, Any]:
    """run.json: the summary, and what is needed to repeat the run."""
    return {
        **summary(job),
        "hashes": {
            "inputs": {f.name: f.sha256 for f in job.files},
            "layout": job.detection.layout.digest or None,
            "policy": job.policy.digest,
            "crosswalk": job.crosswalk.digest if job.crosswalk else None,
            "model": _model(job),
        },
        "settings": {
            "cap_hours": job.settings.cap_hours,
            "smallest_count": job.settings.smallest_count,
            "query": job.settings.query,
            "two_signatures": job.settings.two_signatures,
        },
        "versions": {name: version(name) for name in _LIBRARIES},
    }


def _model(job: Job) -> str | None:
    """The hash of the fitted text model, None where every type was signed."""
    if (job.types["basis"] == "model").sum() == 0:
        return None
    from classifier.encoders import find_weights
    from classifier.store import manifest_of, model_key
    from classifier.vocabulary import load_vocabulary

    return model_key(manifest_of(load_vocabulary(), find_weights()))


def period(job: Job) -> dict[str, Any]:
    """First and last local day on which a call started (None: no time could be read), and days with calls."""

    def day(seconds: int | None) -> str | None:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC).date().isoformat()

    return {
        "first_day": day(job.facts.first),
        "last_day": day(job.facts.last),
        "days_with_calls": job.facts.days_with_calls,
    }


def unit_hours(job: Job) -> dict[str, Any]:
    """Total police unit-hours as low, central, high, and what they rest on. Null where not in the export."""
    total = roll_up(job.cells, []).row(0, named=True)
    low, central, high = (total[h] for h in HOURS)
    return {
        "low": low,
        "central": central,
        "high": high,
        "unit_rows": total["unit_rows"],
        "unit_rows_measured": total["unit_rows_measured"],
        "imputed_share": (central - low) / central if central else None,
        "span_status": dict(job.facts.span_status.iter_rows()),
        "definition": UNIT_HOURS_DEFINITION,
        "reason_missing": None if central is not None else _reason_missing(job),
    }


def _reason_missing(job: Job) -> str:
    """Which of the two ends of a unit's time the export lacks."""
    layout = job.detection.layout
    known = {*layout.columns, *layout.durations}
    starts = known & {"dispatched_at", "enroute_at", "arrived_at"}
    ends = known & {"cleared_at"}
    if starts and ends:
        return "The export names times at which units were assigned and free again, but none could be used."
    if starts:
        return "The export has no time at which units were free again."
    if ends:
        return "The export has no time at which units were assigned, drove off or arrived."
    return "The export has no times at which units were assigned and free again."


def unclassified_share(job: Job) -> dict[str, Any]:
    """Calls whose initial type could not be put in a category."""
    calls = job.facts.calls
    numerator = int(job.cells.filter(pl.col("category") == "unclassified")["calls"].sum())
    return {
        "share": numerator / calls if calls else None,
        "numerator": numerator,
        "denominator": calls,
        "definition": "Calls whose initial type is blank, a bare code without a code list, or too unclear, "
        "among all calls.",
    }
