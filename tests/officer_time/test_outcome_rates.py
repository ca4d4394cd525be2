"""Outcome rates: what a disposition says, what it does not say, and tables linked by the call number."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from call_codes.errors import CodeBookError, InputError
from calls.clean import clean
from calls.layouts import load_layout
from calls.read import read_table
from calls.schema import COLUMNS, UNIT_COLUMNS, conform
from officer_time.linked_tables import read_linked
from officer_time.outcome_rates import (
    add_counts,
    back_up_counts,
    disposition_counts,
    linked_counts,
    outcome_rates,
    wilson,
)
from officer_time.outcome_words import outcomes_of, read_meanings


def calls(*dispositions: str | None, category: str = "noise", outcome: str = "handled") -> pl.DataFrame:
    rows = {"call_id": [f"24-{i:05}" for i in range(len(dispositions))], "disposition": list(dispositions)}
    table = pl.DataFrame(rows, schema={"call_id": pl.String, "disposition": pl.String})
    table = conform(table.with_columns(pl.lit(outcome).alias("outcome")), COLUMNS)
    return table.with_columns(pl.lit(category).alias("category"))


def rate(table: pl.DataFrame, outcome: str) -> dict[str, object]:
    [row] = table.filter(pl.col("outcome") == outcome).to_dicts()
    return row


@pytest.mark.parametrize(
    ("text", "outcomes"),
    [
        ("REPORT TAKEN", {"report"}),
        ("Arrest made, report written", {"arrest", "report"}),
        ("NO REPORT REQUIRED", set()),
        ("RPT-Report", {"report"}),
        ("Non-injury crash, citation issued", {"citation"}),
        ("REFUSED TRANSPORT", set()),
        ("Transported to hospital", {"transport"}),
        ("GONE ON ARRIVAL", set()),
        # What was done is not said: neither a yes nor a no.
        ("NECESSARY ACTION TAKEN", None),
        ("OTHER", None),
        # A bare code means something only in the agency's own table.
        ("A", None),
        ("RTF", None),
    ],
)
def test_a_disposition_is_read_by_its_words_or_is_not_mapped(text, outcomes):
    assert outcomes_of(text, {}) == (None if outcomes is None else frozenset(outcomes))


def test_an_agency_s_own_meanings_win_and_need_a_source(write):
    path = write(
        "book.csv",
        "disposition,outcomes,source\nA,arrest,the city's list\nK,none,the city's list\nAR,arrest; report,x\n",
    )
    meanings = read_meanings(path)
    assert outcomes_of("a ", meanings) == {"arrest"}
    assert outcomes_of("K", meanings) == frozenset()
    assert outcomes_of("AR", meanings) == {"arrest", "report"}
    for line, found in (
        ("A,arrests,x", "Did you mean"),
        ("A,arrest,", "without a source"),
        ("A,,x", "without outcomes"),
    ):
        with pytest.raises(CodeBookError, match=found):
            read_meanings(write("bad.csv", f"disposition,outcomes,source\n{line}\n"))
    with pytest.raises(CodeBookError, match="two different meanings"):
        read_meanings(write("two.csv", "disposition,outcomes,source\nA,arrest,x\na,report,x\n"))


def test_unknown_dispositions_leave_the_denominator_and_open_the_floor_and_the_ceiling():
    """Ten arrests, ten gone on arrival, five unknown, five blank: 10 of 20, and between 10 and 20 of 30."""
    table = calls(*["ARREST"] * 10, *["GOA"] * 10, *["XYZ"] * 5, *[None] * 5)
    row = rate(outcome_rates(disposition_counts(table.lazy(), ["category"])), "arrest")
    assert (row["outcome_calls"], row["judged"], row["calls"]) == (10, 20, 30)
    assert row["per_1000"] == 500
    assert (row["floor_per_1000"], row["ceiling_per_1000"]) == (
        pytest.approx(1000 / 3),
        pytest.approx(2000 / 3),
    )
    assert row["not_judged_share"] == pytest.approx(1 / 3)


def test_what_no_disposition_ever_says_has_no_rate_instead_of_zero():
    table = pl.concat([calls(*["ARREST"] * 9), calls(*["ADVISED"] * 9, category="animal")])
    rates = outcome_rates(disposition_counts(table.lazy(), ["category"]))
    force = rates.filter(pl.col("outcome") == "force")
    assert force["per_1000"].to_list() == [None, None]
    assert force["outcome_calls"].to_list() == [None, None]
    assert "never be recorded" in force["reason"][0]
    # Arrests are recorded in this file, so their absence among animal calls is a zero, with an interval.
    animals = rates.filter((pl.col("outcome") == "arrest") & (pl.col("category") == "animal")).to_dicts()[0]
    assert animals["per_1000"] == 0
    assert animals["high_per_1000"] > 100


def test_cancelled_calls_and_calls_to_which_nobody_went_have_no_outcome():
    table = pl.concat([calls(*["ARREST"] * 6), calls(*["CANCEL"] * 6, outcome="cancelled")])
    assert rate(disposition_counts(table.lazy(), []), "arrest")["calls"] == 6


def test_few_calls_with_an_outcome_are_not_shown_nor_are_few_without():
    table = calls(*["ARREST"] * 3, *["GOA"] * 50)
    row = rate(outcome_rates(disposition_counts(table.lazy(), [])), "arrest")
    assert row["suppressed"]
    assert [row[c] for c in ("outcome_calls", "per_1000", "low_per_1000", "floor_per_1000")] == [None] * 4
    assert row["reason"] == "fewer than 5 calls"
    nearly_all = calls(*["ARREST"] * 50, *["GOA"] * 3)
    assert rate(outcome_rates(disposition_counts(nearly_all.lazy(), [])), "arrest")["suppressed"]


@given(n=st.integers(1, 5000), share=st.floats(0, 1))
def test_the_interval_is_the_published_one(n, share):
    count = round(n * share)
    low, high = wilson(pl.col("x"), pl.col("n"))
    found = pl.DataFrame({"x": [count], "n": [n]}).select(low.alias("low"), high.alias("high")).row(0)
    assert found == pytest.approx(proportion_confint(count, n, method="wilson"), abs=1e-12)


@given(
    st.lists(st.sampled_from(["ARREST", "REPORT TAKEN", "XYZ", "NO REPORT", None]), max_size=30),
    st.integers(0, 30),
)
def test_counts_of_two_parts_add_up_to_those_of_the_whole(dispositions, cut):
    whole = calls(*dispositions)
    parts = [whole.head(cut), whole.slice(cut)]
    added = add_counts([disposition_counts(part.lazy(), ["category"]) for part in parts])
    assert added.equals(add_counts([disposition_counts(whole.lazy(), ["category"])]))


def units(*rows: tuple[str, str | None, int, int | None]) -> pl.LazyFrame:
    """(call, unit, dispatched, arrived)"""
    named = [
        {"call_id": c, "unit_id": u, "dispatched_at": d, "arrived_at": a, "responder": "police"}
        for c, u, d, a in rows
    ]
    return conform(pl.DataFrame(named, infer_schema_length=None), UNIT_COLUMNS).lazy()


def test_back_up_is_a_further_unit_sent_after_the_first_has_arrived():
    table = units(
        ("sent together", "A", 0, 300), ("sent together", "B", 10, 400),
        ("called later", "A", 0, 300), ("called later", "B", 301, 500),
        ("same unit again", "A", 0, 300), ("same unit again", "A", 900, 950),
        ("nobody arrived", "A", 0, None), ("nobody arrived", "B", 900, None),
        ("a row per call", None, 0, 300),
    )  # fmt: skip
    counts = back_up_counts(table, [])
    assert counts.select("outcome", "calls", "judged", "outcome_calls").rows() == [
        ("back_up", 5, 3, 1),
        ("several_units", 5, 4, 3),
    ]


def test_a_linked_table_counts_calls_and_says_what_it_could_not_link(write):
    table = calls(*["GOA"] * 20).lazy()
    numbers = "\n".join(f"{i},24-{i:05},41" for i in range(8))
    path = write("force.csv", f"row,Case,age\n{numbers}\n8,24-00007,30\n9,99-1,30\n10,,30\n")
    linked = read_linked(path, table)
    assert (linked.column, linked.rows, linked.with_number, linked.matched) == ("Case", 11, 10, 9)
    assert "1 have a number that is no call here, 1 have none" in linked.sentence
    counts = linked_counts(table, ["category"], "force", linked.numbers)
    row = rate(outcome_rates(counts), "force")
    assert (row["outcome_calls"], row["judged"], row["per_1000"]) == (8, 20, 400)
    with pytest.raises(InputError, match="Did you mean"):
        read_linked(path, table, "Casse")


def test_new_orleans_force_records_cannot_be_linked_and_the_answer_says_so(shared_data: Path):
    linked = read_linked(shared_data / "new_orleans_use_of_force.csv", calls("GOA").lazy())
    assert (linked.column, linked.matched, linked.rows) == (None, 0, 3314)
    assert "no column with the numbers of these calls" in linked.sentence


def test_sample_city_arrests_equal_a_count_on_the_raw_file():
    path = Path(__file__).parents[2] / "data_samples" / "alder_falls_cad_2023-2024.csv.gz"
    raw = read_table(path)
    cleaned = clean([raw], load_layout("alder_falls_sample"))
    counts = disposition_counts(cleaned.calls.lazy(), [])
    plain = (
        raw.frame.filter(pl.col("Unit_ID") != "")
        .group_by("Incident_Number")
        .agg(pl.col("Disposition").first())
    )
    arrests = plain.filter((pl.col("Disposition") == "ARREST") & (pl.col("Incident_Number") != "")).height
    assert rate(counts, "arrest")["outcome_calls"] == arrests
    assert rate(outcome_rates(counts), "force")["per_1000"] is None
    assert rate(outcome_rates(counts), "transport")["not_judged_share"] < 0.02
