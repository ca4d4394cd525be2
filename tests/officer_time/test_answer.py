"""From clean tables to an answer: denominators, bounds, and the same answer however the rows are cut and ordered."""

from __future__ import annotations

from functools import partial

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from call_codes.errors import UsageError
from calls.ingest import Ingested
from calls.ledger import Ledger
from calls.schema import COLUMNS, UNIT_COLUMNS, conform
from officer_time.answer import Answer, Engine, Question, answer, prepared, side_bins, side_cells
from officer_time.breakdown import parse_by
from officer_time.canonical import Canonical, write_canonical
from officer_time.cautions import assumptions, cautions
from officer_time.cells import category_means, time_cells, with_hours
from officer_time.denominators import check_denominator

HOUR = 3600
MEANING = {
    "NOISE": ("noise", "public_order", "eligible", None),
    "BREAK": ("police_admin", "police_generated", "excluded", "officer"),
    "TRAFFIC STOP": ("traffic_stop", "traffic", "excluded", "officer"),
}


def unit_row(call: int, kind: str = "NOISE", who: str = "community", **more: object) -> dict[str, object]:
    """Unit A1's hour on a call, sent at the full hour `call`; a row may say otherwise."""
    start = call * 10 * HOUR
    return {
        "call_id": str(call), "unit_id": "A1", "responder": "police", "call_type": kind, "initiated_by": who,
        "initiated_by_basis": "source", "outcome": "handled", "area": "North", "received_at": start - 300,
        "dispatched_at": start, "arrived_at": start + 600, "cleared_at": start + HOUR, "started_local": start,
        **more,
    }  # fmt: skip


def canonical(folder, rows, grain="unit") -> tuple[Canonical, pl.DataFrame]:
    """The canonical tables of unit rows, and their types with a meaning that was given by hand."""
    folder.mkdir()
    table = pl.DataFrame(rows, infer_schema_length=None)
    # Any one row of a call stands for it here, the same one in whatever order they come.
    first = table.sort("call_id", "dispatched_at", "arrived_at", "cleared_at", "unit_id")
    calls = conform(first.unique("call_id", keep="first", maintain_order=True), COLUMNS)
    units = conform(table, UNIT_COLUMNS)
    ingested = Ingested(calls.lazy(), units.lazy(), pl.DataFrame(), Ledger(len(rows), len(rows)), ())
    made = write_canonical(ingested, grain, {}, folder)
    names = ("category", "group", "eligible", "settled")
    types = made.types.select("type_id", "call_type").with_columns(
        pl.Series(name, [MEANING[t][i] for t in made.types["call_type"]], dtype=pl.String)
        for i, name in enumerate(names)
    )
    return made, types


def asked(folder, rows, by=("category",), denominator="community", grain="unit", **more) -> Answer:
    return answer(Engine(*canonical(folder, rows, grain)), Question(tuple(by), denominator, **more))


MIXED = [
    *(unit_row(i) for i in range(1, 6)),
    unit_row(6, cleared_at=None),
    unit_row(7, "BREAK", "unknown"),
    unit_row(8, "TRAFFIC STOP", "unknown"),
    unit_row(9, "TRAFFIC STOP", "community"),
]


def test_the_total_has_low_central_and_high_and_says_what_rests_on_imputation(tmp_path):
    row = asked(tmp_path / "c", MIXED, ["initiated_by"]).total.row(0, named=True)
    # Six measured hours (five noise, one stop that a resident reported) and one span that was never cleared.
    assert (row["calls"], row["unit_hours_low"], row["unit_hours"], row["unit_hours_high"]) == (7, 6, 7, 18)
    assert row["imputed_share"] == pytest.approx(1 / 7)


@pytest.mark.parametrize(
    ("denominator", "calls"),
    [("community", 7), ("officer", 1), ("all", 8), ("unknown", 0), ("administrative", 1)],
)
def test_each_denominator_counts_its_own_calls_and_administrative_activity_stands_alone(
    tmp_path, denominator, calls
):
    found = asked(tmp_path / "c", MIXED, denominator=denominator)
    assert found.total["calls"].sum() == found.table["calls"].sum() == calls
    assert found.administrative["calls"].item() == 1


def test_a_key_that_was_not_recorded_is_a_group_of_its_own_and_months_read_as_months(tmp_path):
    rows = [unit_row(1, area=None), unit_row(2), unit_row(800, started_local=None)]
    found = asked(tmp_path / "c", rows, ["area", "month"]).table
    assert sorted(found.select("area", "month").rows(), key=str) == [
        ("North", "1970-01"), ("North", None), (None, "1970-01"),
    ]  # fmt: skip


def test_one_row_per_call_files_multiply_by_the_units_counted_and_say_so(tmp_path):
    rows = [unit_row(1, unit_id=None, unit_count=3), unit_row(2, unit_id=None, unit_count=None)]
    found = asked(tmp_path / "c", rows, grain="call")
    total = found.total.row(0, named=True)
    assert (total["single_unit_hours"], total["unit_hours"], total["multi_unit_hours"]) == (2, 2, 4)
    assert total["backup_share"] == 0.5
    assert "assumed to stay as long" in " ".join(assumptions(found, "unit_count"))


def test_the_canonical_tables_hold_nothing_that_names_a_call_a_unit_or_a_place(tmp_path):
    rows = [
        unit_row(i, call_id=f"CASE{i}", unit_id=f"UNIT{i}X", latitude=43.2, place_key="abc") for i in (1, 2)
    ]
    made, _ = canonical(tmp_path / "c", rows)
    for table in (made.calls.collect(), made.units.collect()):
        assert not {"latitude", "longitude", "place_key", "agency"} & set(table.columns)
        words = [w for c in table.select(pl.col(pl.Enum)).iter_columns() for w in c.cast(pl.String).to_list()]
        assert not any(str(word).startswith(("CASE", "UNIT")) for word in words)
    for file in (tmp_path / "c").iterdir():
        assert b"CASE1" not in file.read_bytes()
        assert b"UNIT1" not in file.read_bytes()


def test_free_text_is_not_kept_and_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("officer_time.canonical.MOST_VALUES", 3)
    made, _ = canonical(tmp_path / "c", [unit_row(i, disposition=f"told him {i}") for i in range(5)])
    assert made.facts["not_kept"] == {"disposition": 5}
    assert made.calls.collect()["disposition"].null_count() == 5


def test_another_cap_changes_what_is_measured_and_merged(tmp_path):
    rows = [unit_row(1), unit_row(2, dispatched_at=10 * HOUR + 1800, arrived_at=None, cleared_at=15 * HOUR)]
    wide, narrow = (asked(tmp_path / f"{cap}", rows, cap_hours=cap).total for cap in (12, 2))
    assert (wide["unit_hours_low"].item(), wide["merged_unit_hours"].item()) == (5.5, 5.0)
    assert (narrow["unit_hours_low"].item(), narrow["merged_unit_hours"].item()) == (1.0, 1.0)


def test_stamps_that_a_system_fills_in_and_arrivals_that_are_missing_are_said_first(tmp_path):
    copied = {"enroute_at": 10 * HOUR, "dispatched_at": 10 * HOUR}
    rows = [unit_row(1, **copied), unit_row(1, unit_id="B2", **copied, arrived_at=None)]
    said = " ".join(cautions(asked(tmp_path / "c", rows)))
    assert "Enroute equals assigned to the second in 100% (2 of 2)" in said
    assert "The arrival is missing in 50% (1 of 2)" in said


def test_the_bounds_are_those_of_the_full_run(tmp_path):
    made, types = canonical(tmp_path / "c", MIXED)
    question = Question(("category",), "all")
    rows = [prepared(side, types, question) for side in (made.calls, made.units)]
    cells = time_cells(*rows, ["category"])
    run = with_hours(cells, category_means(cells)).filter(pl.col("category") != "police_admin")
    found = answer(Engine(made, types), question).table
    for name in ("unit_hours_low", "unit_hours", "unit_hours_high"):
        assert found[name].sum() == pytest.approx(run[name].sum())


_unit = st.builds(
    lambda call, kind, unit, start, length: unit_row(
        call,
        kind,
        unit_id=unit,
        area="North" if call % 2 else None,
        dispatched_at=start,
        arrived_at=None if start % 3 else start + 60,
        cleared_at=start + length if length else None,
    ),
    st.integers(1, 5), st.sampled_from(sorted(MEANING)), st.sampled_from(["A1", "B2", "C3"]),
    st.integers(0, 3 * HOUR), st.none() | st.integers(-HOUR, 13 * HOUR),
)  # fmt: skip


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12, phases=[Phase.generate]
)
@given(rows=st.lists(_unit, min_size=1, max_size=12), cut=st.integers(0, 12), order=st.randoms())
def test_order_of_rows_and_partitions_of_them_change_nothing(tmp_path_factory, rows, cut, order):
    # Every row of a call says the same of it.
    rows = [{**row, "call_type": ("NOISE", "BREAK")[int(row["call_id"]) % 2]} for row in rows]
    folder = tmp_path_factory.mktemp("law")
    made, types = canonical(folder / "whole", rows)
    question = Question(("area", "initiated_by"), "all")
    whole = answer(Engine(made, types), question)

    shuffled = list(rows)
    order.shuffle(shuffled)
    again = answer(Engine(*canonical(folder / "shuffled", shuffled)), question)
    assert again.table.equals(whole.table)

    # Collected first: a lazy join may hand its rows over in another order each time.
    units = prepared(made.units, types, question).collect().lazy()
    for tally, keys in (
        (side_cells, ["area", "initiated_by", "category", "in_denominator"]),
        (partial(side_bins, width_seconds=1), ["area", "initiated_by", "measure", "seconds"]),
    ):
        parts = [tally(part, "units", question) for part in (units.head(cut), units.slice(cut))]
        expected = tally(units, "units", question).sort(keys)
        added = pl.concat(parts).group_by(keys).agg(pl.all().sum()).sort(keys)
        assert added.select(expected.columns).equals(expected)


def test_an_unknown_column_or_denominator_is_refused_with_the_nearest_name():
    with pytest.raises(UsageError, match='Did you mean "category"'):
        parse_by("categroy")
    with pytest.raises(UsageError, match="twice"):
        parse_by("area,area")
    with pytest.raises(UsageError, match='Did you mean "officer"'):
        check_denominator("oficer")
