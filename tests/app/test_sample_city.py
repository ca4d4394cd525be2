"""The whole job on the sample city, whose truth is known: what was built in is what comes out.

`data_samples/truth.toml` holds what the city was made of before faults were put into its export. The job sees
only the faulty export, so hours must lie within its own bounds and shares near the truth.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import polars as pl
import pytest

from app.job import Job, run_job
from app.settings import Settings
from classifier.transitions import (
    eligibility_shift,
    initial_to_final,
    transition_counts,
    transition_table,
)

SAMPLES = Path(__file__).resolve().parents[2] / "data_samples"


@pytest.fixture(scope="module")
def truth() -> dict:
    return tomllib.loads((SAMPLES / "truth.toml").read_text())


@pytest.fixture(scope="module")
def job() -> Job:
    return run_job(Settings(files=(SAMPLES / "alder_falls_cad_2023-2024.csv.gz",)))


def test_every_row_of_the_file_is_accounted_for(job, truth):
    ledger = job.cleaned.ledger
    assert ledger.rows_read == truth["counts"]["file_rows"]
    assert ledger.set_aside == {
        "exact_duplicate": truth["faults"]["exact_duplicate_rows"],
        "test_call": truth["faults"]["test_calls"],
    }
    assert job.facts.calls == truth["counts"]["incidents"] - truth["faults"]["test_calls"]


def test_the_true_police_hours_lie_within_the_bounds_and_near_the_centre(job, truth):
    low, central, high = (job.cells[h].sum() for h in ("unit_hours_low", "unit_hours", "unit_hours_high"))
    true = truth["unit_hours"]["police_total"]
    assert low < true < high
    assert central == pytest.approx(true, rel=0.01)


def test_every_categorys_true_hours_lie_near_what_was_measured(job, truth):
    """Among the forty categories, those of more than 300 hours are within 15 percent."""
    table = dict(job.officer_time["category",].select("category", "unit_hours").iter_rows())
    for category, hours in truth["unit_hours"]["police_by_category"].items():
        if hours > 300 and category not in (
            "police_admin",
            "proactive_patrol",
        ):  # where the bare codes belong
            assert table[category] == pytest.approx(hours, rel=0.15), category


def test_types_come_out_as_they_were_meant_and_no_danger_is_missed(job):
    true = pl.read_csv(SAMPLES / "alder_falls_true_types.csv", infer_schema=False).select(
        pl.col("code").alias("call_type_code"), true="category", danger="danger", bare="bare_code"
    )
    types = job.types.join(true, on="call_type_code", how="inner")
    assert types.height > 130
    right = types.select(
        (pl.col("calls") * (pl.col("category") == pl.col("true"))).sum() / pl.col("calls").sum()
    )
    assert right.item() > 0.95
    assert types.filter(pl.col("danger") == "2")["hazard"].all()
    assert (types.filter(pl.col("bare") == "1")["category"] == "unclassified").all()
    assert types.filter((pl.col("danger") == "2") & (pl.col("eligibility") == "eligible")).is_empty()


def test_the_city_may_declare_what_its_bare_codes_mean(truth):
    declared = run_job(
        Settings(
            files=(SAMPLES / "alder_falls_cad_2023-2024.csv.gz",),
            crosswalk=SAMPLES / "alder_falls_code_book.csv",
        )
    )
    row = declared.types.filter(pl.col("call_type") == "21A").row(0, named=True)
    assert (row["category"], row["basis"], row["eligibility"]) == ("welfare_check", "code_book", "eligible")


def test_the_eligible_calls_lie_within_the_range(job, truth):
    """The truth counts calls by all responders; the cascade only those that police handled, so it may be lower."""
    policy = truth["policies"]["behavioral_health_plus"]
    share = job.cascade.eligible
    assert share.low < policy["eligible_calls_seen_in_file"] < share.high
    true_share = policy["eligible_calls"] / policy["community_calls"]
    assert share.share == pytest.approx(true_share, abs=0.03)
    assert share.low_share < true_share < share.high_share


def test_who_answered_is_told_apart(job, truth):
    units = job.cleaned.units.collect()["responder"].value_counts()
    counted = dict(units.iter_rows())
    agencies = truth["counts"]["unit_rows_by_agency"]
    assert counted == {
        "police": agencies["AFPD"], "community": agencies["ACT"], "ems": agencies["EMS"], "fire": agencies["FIRE"]
    }  # fmt: skip


def test_what_calls_were_called_in_as_and_closed_as_adds_up_to_the_calls_that_have_both_types(job):
    counts = transition_counts(job.calls)
    closed = job.calls.select(pl.col("final_category").is_not_null().sum()).collect().item()
    table = transition_table(counts)
    assert table["calls"].sum() == initial_to_final(job.calls)["calls"].sum() == closed > 0
    assert table.group_by("category").agg(pl.col("share").sum())["share"].to_list() == pytest.approx(
        [1.0] * table["category"].n_unique()
    )
    assert eligibility_shift(counts, job.policy).initial_only.denominator == closed
