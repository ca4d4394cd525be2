"""The call-level table of the sample city: who is in it, what is treatment, and that nothing later slips in."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from call_codes.errors import UsageError
from call_codes.hours import parse_hours
from evaluation.after.build_calls import _minutes_from_edge, build_calls
from evaluation.after.known_at_creation import call_columns


@pytest.fixture(scope="module")
def built(sample_study, sample_calls):
    return build_calls(sample_study, sample_calls)


def test_every_eligible_call_is_there_once_with_the_treatment_it_was_offered(built):
    assert built.table.height == built.table["call_id"].n_unique() == 5830
    assert built.table["treated"].sum() == 1234
    assert built.table.filter("treated").select(pl.col("in_hours").all(), pl.col("program_day").all()).row(
        0
    ) == (True, True)
    assert built.table.filter(~pl.col("treated"))["served"].sum() == 0


def test_the_columns_besides_treatment_and_outcomes_were_known_at_creation(built):
    own = {
        "date",
        "month",
        "received_s",
        "treated",
        "program_day",
        "served",
        "minutes_from_edge",
        "in_hours",
        "day_of_week",
    }
    for name in set(built.table.columns) - own - set(built.outcomes):
        assert call_columns()[name][0], name


def test_outcomes_that_single_calls_cannot_have_are_left_out_with_the_reason(built):
    assert built.outcomes == ("police_hours", "arrests")
    assert [name for name, _ in built.left_out] == ["eligible_calls", "off_hours", "other_types"]
    assert built.table["arrests"].unique().sort().to_list() == [0, 1]
    assert built.table.filter("treated")["arrests"].sum() == 37


def test_minutes_count_from_the_nearest_edge_and_there_is_none_where_the_doors_stay_open():
    def minutes(schedule: str, *at: int) -> list:
        table = pl.DataFrame({"m": [float(minute) for minute in at]})
        return table.select(_minutes_from_edge(pl.col("m"), parse_hours(schedule)).alias("d"))["d"].to_list()

    # Monday 08:50, 09:00, 16:30, 17:20, and Sunday 23:00, ten hours before Monday's opening.
    assert minutes("mon-fri 09:00-17:00", 530, 540, 990, 1040, 10_020) == [-10, 0, 30, -20, -600]
    # Open from Sunday 20:00 to Monday 04:00: midnight is no edge.
    assert minutes("sun 20:00-28:00", 10_079, 0, 230) == [239, 240, 10]
    assert minutes("mon-sun 00:00-24:00", 5) == [None]


def test_a_study_of_other_tables_has_no_calls(sample_study, sample_calls):
    with pytest.raises(UsageError, match=r"without \[tables\.calls\]"):
        build_calls(replace(sample_study, calls=None), sample_calls)


def test_comparing_calls_in_hours_recovers_the_hours_saved_per_call(built, truth):
    """By hand: mean difference within categories of calls in hours, before and after; built in −0.269 hours."""
    calls = built.table.filter("in_hours").with_columns(pl.col("police_hours").fill_null(0.0))
    cells = calls.group_by("category", "treated").agg(
        pl.col("police_hours").mean().alias("mean"), pl.len().alias("n")
    )
    wide = cells.pivot("treated", index="category", values=["mean", "n"])
    gap = ((wide["mean_true"] - wide["mean_false"]) * wide["n_true"]).sum() / wide["n_true"].sum()
    assert gap == pytest.approx(-truth["effects"]["police_unit_hours"]["hours_saved_per_call"], abs=0.08)
