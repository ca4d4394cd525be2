"""The cascade on a few calls: where each is lost, why, and how far the low and the high reach."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_codes.policy import load_policy
from calls.schema import COLUMNS, UNIT_COLUMNS, conform
from evaluation.before.cascade import READINGS, STEPS, add_reasons, cascade
from officer_time.cells import category_means, time_cells

POLICY = load_policy("behavioral_health_plus")
DENVER = load_policy("denver_star")
TUESDAY_NOON = (5 * 24 + 12) * 3600  # 1970-01-06
TUESDAY_THREE = (5 * 24 + 3) * 3600

SCHEMA = {
    "call_id": pl.String, "outcome": pl.String, "responder": pl.String, "initiated_by": pl.String,
    "started_local": pl.Int64, "category": pl.String, "hazard": pl.Boolean, "hazard_kinds": pl.String,
    "needs_review": pl.Boolean, "final_category": pl.String, "final_hazard": pl.Boolean,
    "final_hazard_kinds": pl.String,
}  # fmt: skip
PLAIN = {
    "outcome": "handled", "responder": "police", "initiated_by": "community", "started_local": TUESDAY_NOON,
    "category": "welfare_check", "hazard": False, "hazard_kinds": "", "needs_review": False,
    "final_category": None, "final_hazard": None, "final_hazard_kinds": None,
}  # fmt: skip


def run(*rows, policy=POLICY, hours=1.0):
    """The cascade of calls like PLAIN, each with one police unit that was committed for `hours`."""
    calls, units = tables(rows, hours)
    cells = time_cells(calls, units, ["category"])
    return cascade(calls, units, category_means(cells), policy)


def tables(rows, hours=1.0):
    table = pl.DataFrame([{"call_id": str(i), **PLAIN, **row} for i, row in enumerate(rows)], schema=SCHEMA)
    extra = [c for c in SCHEMA if c not in {column.name for column in COLUMNS}]
    calls = conform(table, COLUMNS).hstack(table.select(extra))
    cleared = None if hours is None else int(hours * 3600)
    units = table.with_columns(
        pl.lit("police").alias("responder"),
        pl.col("responder").alias("call_responder"),
        pl.lit(None if hours is None else 0, pl.Int64).alias("dispatched_at"),
        pl.lit(cleared, pl.Int64).alias("cleared_at"),
    )
    units = conform(units, UNIT_COLUMNS).hstack(table.select(extra))
    return calls.lazy(), units.lazy()


def way(call, policy=POLICY):
    """Where one call is lost and why."""
    calls, _ = tables([call])
    row = add_reasons(calls, run(call, policy=policy), policy).collect().row(0, named=True)
    return row["lost_at"], row["reason_not_served"]


@pytest.mark.parametrize(
    ("call", "lost_at", "reason"),
    [
        ({}, None, None),
        ({"outcome": "not_dispatched"}, "handled_by_police", "no unit was sent, or cancelled before"),
        ({"outcome": "duplicate"}, "handled_by_police", "closed as a duplicate of another call"),
        ({"responder": "community"}, "handled_by_police", "answered by a community responder already"),
        ({"responder": "ems"}, "handled_by_police", "answered by fire, medical or other services"),
        ({"initiated_by": "officer"}, "community_initiated", "started by an officer"),
        ({"category": "burglary"}, "eligible_type", "excluded: scope"),
        ({"category": "disturbance"}, "eligible_type", "conditional: safety"),
        ({"category": "unclassified"}, "eligible_type", "type could not be classified"),
        ({"hazard": True, "hazard_kinds": "weapon"}, "no_hazard", "danger stated in the call type"),
    ],
)
def test_a_call_is_lost_at_the_first_step_it_fails_and_the_reason_is_kept(call, lost_at, reason):
    assert way(call) == (lost_at, reason)


def test_hours_are_the_programs_own_and_an_unknown_hour_counts_only_in_the_high():
    result = run(
        {"started_local": TUESDAY_NOON},
        {"started_local": TUESDAY_THREE},
        {"started_local": None},
        policy=DENVER,
    )
    reasons = [way({"started_local": t}, DENVER)[1] for t in (TUESDAY_NOON, TUESDAY_THREE, None)]
    assert reasons == [None, "outside the program's hours", "hour not known"]
    assert (
        result.eligible_in_hours.low,
        result.eligible_in_hours.numerator,
        result.eligible_in_hours.high,
    ) == (1, 1, 2)


def test_the_low_needs_the_final_type_to_agree_and_the_high_takes_what_turned_out_eligible():
    result = run(
        {"final_category": "welfare_check", "final_hazard": False, "final_hazard_kinds": ""},
        {"final_category": "assault", "final_hazard": True, "final_hazard_kinds": "violence"},
        {
            "category": "burglary",
            "final_category": "welfare_check",
            "final_hazard": False,
            "final_hazard_kinds": "",
        },
        {"category": "disturbance"},
        {"category": "unclassified"},
        {"needs_review": True},
    )
    share = result.eligible
    assert (share.low, share.numerator, share.high, share.denominator) == (1, 3, 6, 6)


def test_stated_danger_takes_a_call_out_of_every_reading_even_where_the_final_type_is_harmless():
    result = run(
        {"hazard": True, "hazard_kinds": "weapon", "final_category": "welfare_check", "final_hazard": False,
         "final_hazard_kinds": ""}
    )  # fmt: skip
    assert (result.eligible.low, result.eligible.numerator, result.eligible.high) == (0, 0, 0)


def test_a_hazard_that_only_the_model_suspects_takes_eligibility_away_too():
    assert run({"hazard": True, "hazard_kinds": ""}).eligible.numerator == 0


def test_the_answer_is_shown_with_and_without_the_two_ambiguous_categories():
    result = run(
        {}, {"category": "disturbance"}, {"category": "suspicious_activity"}, {"category": "burglary"}
    )
    assert result.sensitivity["calls"].to_list() == [1, 3, 1]
    assert result.sensitivity["denominator"].to_list() == [4, 4, 4]


def test_an_export_without_officer_time_has_no_hours_anywhere():
    result = run({}, hours=None)
    assert result.eligible_hours is None
    assert result.steps["unit_hours_policy"].null_count() == len(STEPS)
    assert result.eligible.numerator == 1


_call = st.fixed_dictionaries(
    {
        "outcome": st.sampled_from(["handled", "not_dispatched", "duplicate", "unknown"]),
        "responder": st.sampled_from(["police", "co_response", "ems", "community", "unknown"]),
        "initiated_by": st.sampled_from(["community", "officer", "alarm", "agency", "unknown"]),
        "started_local": st.none() | st.integers(0, 7 * 86400),
        "category": st.sampled_from(["welfare_check", "disturbance", "burglary", "unclassified", "weapon"]),
        "needs_review": st.booleans(),
        "hazard_kinds": st.sampled_from(["", "weapon", "minor"]),
        "final": st.sampled_from([None, "welfare_check", "assault", "noise"]),
    }
)


def expand(call):
    final = call.pop("final")
    call["hazard"] = call["hazard_kinds"] == "weapon"
    if final:
        call |= {"final_category": final, "final_hazard": final == "assault", "final_hazard_kinds": ""}
    return call


@given(rows=st.lists(_call, min_size=1, max_size=25), policy=st.sampled_from([POLICY, DENVER]))
def test_every_step_only_loses_and_the_losses_account_for_all_of_it(rows, policy):
    result = run(*(expand(dict(row)) for row in rows), policy=policy)
    for reading in READINGS:
        counts = result.steps[f"calls_{reading}"].to_list()
        assert counts == sorted(counts, reverse=True)
        assert counts[0] == len(rows)
    low, as_written, high = (result.steps[f"calls_{r}"].to_list() for r in READINGS)
    assert all(a <= b <= c for a, b, c in zip(low, as_written, high, strict=True))
    assert result.losses["calls"].sum() == len(rows) - as_written[-1]
    assert result.losses["unit_hours"].sum() == pytest.approx(len(rows) - as_written[-1])


@given(rows=st.lists(_call, min_size=1, max_size=15))
def test_a_hazard_can_only_take_eligibility_away(rows):
    plain = [{**expand(dict(row)), "hazard": False, "hazard_kinds": ""} for row in rows]
    armed = [{**row, "hazard": True, "hazard_kinds": "weapon"} for row in plain]
    before, after = run(*plain).eligible, run(*armed).eligible
    assert (after.low, after.numerator, after.high) == (0, 0, 0)
    assert before.denominator == after.denominator
