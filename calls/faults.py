"""Finding the named data faults of a cleaned export: one question per fault, each a count over a total.

The names and what they mean are in `problems.toml`; here is only how each is recognised.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import polars as pl

from call_codes.responder_names import names_a_responder
from calls.layouts import Layout
from calls.places import Place
from calls.problems import Problem
from calls.schema import STAMPS
from calls.span_faults import span_problems
from calls.times import StampCounts

_ORDER_TOLERANCE_SECONDS = 60
_PAIRS = (
    ("received_at", "dispatched_at"),
    ("dispatched_at", "arrived_at"),
    ("dispatched_at", "cleared_at"),
    ("arrived_at", "cleared_at"),
)
_COPIED_STAMPS_SHARE = 0.5
# Problems of one stamp column, and the field of StampCounts that counts each.
_COUNTED = {
    "unreadable_stamp": "unreadable",
    "implausible_year": "implausible",
    "nonexistent_local_time": "skipped_hour",
    "repeated_local_time": "doubled_hour",
    "am_pm_cut_off": "half_cut_off",
    "clock_past_midnight": "next_day",
}


def types_with_responders(types: pl.Series) -> list[str]:
    """The distinct call types (String) that carry the name of who answered."""
    return [text for text in types.drop_nulls().unique().sort() if names_a_responder(text)]


def find_problems(
    calls: pl.DataFrame,
    units: pl.DataFrame,
    rows: pl.DataFrame,
    layout: Layout,
    stamp_counts: Mapping[str, StampCounts],
    *,
    guessed: bool,
) -> list[Problem]:
    """Every fault met, with its count. `rows` are the kept rows of the file before unit rows were folded."""
    found: list[Problem] = []
    n_calls, n_rows = calls.height, rows.height
    handled = calls.filter(pl.col("outcome").is_in(["handled", "unknown"]))

    def add(
        name: str,
        count: float | Decimal,
        total: int,
        column: str = "",
        detail: str = "",
        seen_in: tuple[Place, ...] = (),
    ) -> None:
        found.append(Problem(name, int(count), total, column, detail, seen_in))

    for stamp in STAMPS:
        if stamp not in stamp_counts:
            continue
        # Only a call to which a unit was sent can lack a dispatch, an arrival or a clear time.
        base = calls if stamp in ("received_at", "queued_at") else handled
        add("missing_stamp", base[stamp].null_count(), base.height, stamp)
        counts = stamp_counts[stamp]
        for name, count in _COUNTED.items():
            add(name, getattr(counts, count), n_rows, stamp, seen_in=counts.seen_in.get(count, ()))
        if stamp in layout.durations:
            spans = counts.filled - counts.unreadable
            add("stamp_from_duration", spans, n_rows, stamp, seen_in=counts.seen_in.get("filled", ()))
    absent = [stamp for stamp in STAMPS if stamp not in stamp_counts]
    add("no_stamp_column", len(absent), len(STAMPS), ", ".join(absent))
    if "cleared_at" in absent:
        add("no_clear_time", n_calls, n_calls)
    for earlier, later in _PAIRS:
        wrong = (pl.col(later) - pl.col(earlier) < -_ORDER_TOLERANCE_SECONDS).sum()
        add("time_order_violated", calls.select(wrong).item() or 0, n_calls, f"{later} before {earlier}")
    both = handled.filter(pl.col("enroute_at").is_not_null() & pl.col("dispatched_at").is_not_null())
    same = both.filter(pl.col("enroute_at") == pl.col("dispatched_at")).height
    if both.height and same / both.height > _COPIED_STAMPS_SHARE:
        add("same_moment_stamps", same, both.height, "enroute_at = dispatched_at")
    if layout.zone is None:
        add("time_zone_undeclared", n_calls, n_calls)
    if layout.offset == "applied_twice":
        add("offset_applied_twice", n_rows, n_rows)
    no_text = calls["call_type"].is_null()
    no_code = calls["call_type_code"].is_null()
    add("blank_call_type", (no_text & no_code).sum(), n_calls)
    add("code_without_text", (no_text & ~no_code).sum(), n_calls)
    if "call_id" in layout.columns:
        add("missing_call_id", rows["_no_call_id"].sum(), n_rows)
    else:
        add("no_call_number", n_calls, n_calls)
    outcomes = calls["outcome"]
    add("cancelled_before_dispatch", outcomes.is_in(["not_dispatched", "cancelled"]).sum(), n_calls)
    add("initiator_unknown", (calls["initiated_by"] == "unknown").sum(), n_calls)
    # Without a clear time there are no unit-hours of which this could be a fault.
    if layout.grain == "call" and "unit_id" not in layout.columns and "cleared_at" not in absent:
        add("one_row_per_call", handled.height, n_calls)
    if layout.grain == "agency":
        add("one_row_per_agency", handled.height, n_calls)
    named = calls["call_type"].is_in(types_with_responders(calls["call_type"]))
    add("responder_name_in_type", named.sum(), n_calls)
    if guessed:
        add("layout_guessed", len(layout.columns), len(layout.columns))
    return [*found, *span_problems(calls, units)]
