"""The summary of a run: the one document that `--json` prints, run.json keeps and the report quotes.

Each share stands with its numerator, denominator and definition; each total in hours with low, central, high.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

import polars as pl

from app.job import Job
from officer_time.measures import HOURS

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
        "files": [{"name": f.name, "sha256": f.sha256, "rows": f.rows} for f in job.files],
        "layout": job.detection.layout.id,
        "layout_named": job.detection.named,
        "layout_columns": {k: list(v) for k, v in job.detection.layout.columns.items()},
        "questions": list(job.detection.questions),
        "time_zone": job.detection.layout.zone,
        "policy": job.policy.id,
        "rows_read": ledger.rows_read,
        "rows_kept": ledger.rows_kept,
        "rows_set_aside": dict(sorted(ledger.set_aside.items())),
        "calls": job.calls.height,
        "call_types": job.types.height,
        "period": period(job),
        "unit_hours": unit_hours(job),
        "initiated_by": _initiated_by(job),
        "unclassified_share": unclassified_share(job),
        "eligible": job.cascade.eligible.as_dict(),
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
        "settings": {"cap_hours": job.settings.cap_hours, "smallest_count": job.settings.smallest_count},
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


def period(job: Job) -> dict[str, str | None]:
    """First and last local day on which a call started; None where no time could be read."""

    def day(seconds: Any) -> str | None:
        return None if seconds is None else datetime.fromtimestamp(int(seconds), UTC).date().isoformat()

    started = job.calls["started_local"]
    return {"first_day": day(started.min()), "last_day": day(started.max())}


def unit_hours(job: Job) -> dict[str, Any]:
    """Total police unit-hours as low, central, high, and what they rest on. Null where not in the export."""
    table = job.unit_hours
    known = table[HOURS[0]].is_not_null().any()
    low, central, high = (float(table[h].sum()) if known else None for h in HOURS)
    measured = int((table["span_status"] == "measured").sum())
    return {
        "low": low,
        "central": central,
        "high": high,
        "unit_rows": table.height,
        "unit_rows_measured": measured,
        "imputed_share": None if not central or low is None else (central - low) / central,
        "span_status": {
            str(k): int(n) for k, n in table["span_status"].value_counts().sort("span_status").iter_rows()
        },
        "definition": UNIT_HOURS_DEFINITION,
        "reason_missing": None
        if known
        else "The export has no times at which units were assigned and free again.",
    }


def unclassified_share(job: Job) -> dict[str, Any]:
    """Calls whose initial type could not be put in a category."""
    numerator = int((job.calls["category"] == "unclassified").sum())
    return {
        "share": numerator / job.calls.height if job.calls.height else None,
        "numerator": numerator,
        "denominator": job.calls.height,
        "definition": "Calls whose initial type is blank, a bare code without a code list, or too unclear, among all calls.",
    }


def _initiated_by(job: Job) -> list[dict[str, Any]]:
    return (
        job.calls.group_by("initiated_by", "initiated_by_basis")
        .agg(pl.len().cast(pl.Int64).alias("calls"))
        .sort("calls", "initiated_by", "initiated_by_basis", descending=[True, False, False])
        .to_dicts()
    )
