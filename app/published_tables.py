"""Tables as a city may publish them: small counts that a run's own tables keep exact are blank here.

A city's own results tell exactly how often a fault occurs, or its losses by reason, because hiding them would hide
faults. What is published follows the one rule for small counts in every table.
"""

from __future__ import annotations

import io
import json
from typing import Any, Final

import polars as pl

# Which cells could be reckoned back from a hidden count, beside those of its own name ("X_measured" and "X_mean").
_TOLD_BY: Final = {"count": ("share",), "calls_policy": ("unit_hours_policy",), "calls": ("unit_hours",)}
_COUNTS: Final = ("calls", "final_calls", "count", "unit_rows", "calls_of_category")
_MEASURED: Final = "_measured"


def count_columns(columns: list[str]) -> list[str]:
    """The columns of a table that count calls, units, measured calls or faults."""
    return [
        name for name in columns if name in _COUNTS or name.startswith("calls_") or name.endswith(_MEASURED)
    ]


def published_table(table: bytes, smallest_count: int) -> bytes:
    """A table of a run as CSV with every count from 1 to `smallest_count` − 1 blank, and what would tell it.

    The steps of the cascade describe everyone at once and stay exact (calls.small_counts). All other cells stay as
    they are written. `smallest_count` of 1 or less switches the rule off.
    """
    frame = pl.read_csv(io.BytesIO(table), infer_schema=False)
    is_step = pl.col("row") == "step" if "row" in frame.columns else pl.lit(False)
    # Looked at before anything is blank, so that no column's answer depends on another's.
    small = frame.select(
        (pl.col(name).cast(pl.Int64).is_between(1, smallest_count - 1) & ~is_step)
        .fill_null(False)
        .alias(name)
        for name in count_columns(frame.columns)
    )
    for name in small.columns:
        hidden = small[name]
        if not hidden.any():
            continue
        frame = frame.with_columns(
            pl.when(~hidden).then(pl.col(one)).alias(one)
            for one in (name, *_told_by(name))
            if one in frame.columns
        )
    return frame.write_csv().encode()


def published_record(record: bytes, smallest_count: int) -> bytes:
    """run.json with small counts of faults null and marked `suppressed`."""
    document: dict[str, Any] = json.loads(record)
    document["problems"] = [
        {**one, "count": None, "share": None, "suppressed": True}
        if 0 < one["count"] < smallest_count
        else one
        for one in document["problems"]
    ]
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _told_by(name: str) -> tuple[str, ...]:
    if name.endswith(_MEASURED):
        stem = name.removesuffix(_MEASURED)
        return (f"{stem}_mean", f"{stem}_median")
    return _TOLD_BY.get(name, ())
