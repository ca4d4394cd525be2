"""Files as they come: no traceback, no lost row, and a fixed name for each fault."""

from __future__ import annotations

import csv
import importlib.util
import io
import sys
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from call_codes.errors import RightcallError
from calls import ingest as ingest_module
from calls import stream
from calls.clean import clean
from calls.column_drift import drift_questions
from calls.detection import detect_layout
from calls.dialect import unix_lines
from calls.file_faults import added
from calls.ingest import Workspace, ingest
from calls.read import named_apart, read_table, read_tables
from calls.stream import open_stream

_spec = importlib.util.spec_from_file_location("nasty_files", Path(__file__).with_name("nasty_files.py"))
assert _spec is not None
assert _spec.loader is not None
nasty_files = importlib.util.module_from_spec(_spec)
sys.modules["nasty_files"] = nasty_files
_spec.loader.exec_module(nasty_files)
HEADER, calls, text = nasty_files.HEADER, nasty_files.calls, nasty_files.text

READABLE = [
    *nasty_files.encodings(),
    *nasty_files.dialects(),
    *nasty_files.rows_out_of_shape(),
    *nasty_files.packed(),
]
REFUSED = [*nasty_files.refused()]


def in_small_pieces(path, monkeypatch, size):
    """All of a file through the stream, as one table, with its rows set aside and faults."""
    monkeypatch.setattr(stream, "PIECE_BYTES", size)
    tables = list(open_stream(path).tables())
    return (
        pl.concat([table.frame for table in tables]),
        pl.concat([table.ragged for table in tables]),
        added(fault for table in tables for fault in table.faults),
    )


def told(raws, drifting=True):
    """The cleaned files, and every name under which something was said about them."""
    layout = detect_layout(raws[0]).layout
    cleaned = clean(raws, layout, guessed=True, drifting=drifting)
    return cleaned, {p.name for p in cleaned.problems if p.count} | set(cleaned.ledger.set_aside)


def test_there_are_enough_of_them():
    assert len(READABLE) + len(REFUSED) >= 60
    names = [nasty.name for nasty in (*READABLE, *REFUSED)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("nasty", READABLE, ids=lambda nasty: nasty.name)
def test_every_row_is_kept_or_set_aside_and_every_fault_has_its_name(write, nasty):
    raws = read_tables(write(nasty.name, nasty.content))
    assert sum(raw.rows_read for raw in raws) == nasty.rows
    cleaned, names = told(raws)
    assert cleaned.ledger.rows_read == nasty.rows
    assert cleaned.ledger.rows_kept + cleaned.set_aside.height == nasty.rows
    assert cleaned.ledger.rows_kept == nasty.kept
    assert nasty.named <= names


@pytest.mark.parametrize("nasty", REFUSED, ids=lambda nasty: nasty.name)
def test_what_is_no_table_is_refused_in_a_sentence(write, nasty):
    with pytest.raises(RightcallError, match=nasty.refused):
        detect_layout(read_table(write(nasty.name, nasty.content)))


TEXT_FILES = [n for n in READABLE if n.name.endswith((".csv", ".txt")) and not n.name.startswith("gz-")]


@pytest.mark.parametrize("nasty", TEXT_FILES, ids=lambda nasty: nasty.name)
def test_the_stream_reads_the_same_in_small_pieces(write, monkeypatch, nasty):
    path = write(nasty.name, nasty.content)
    whole = read_table(path)
    for size in (37, 200):
        frame, ragged, faults = in_small_pieces(path, monkeypatch, size)
        assert frame.equals(whole.frame)
        assert ragged.equals(whole.ragged)
        assert set(faults) == set(whole.faults)


_letters = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\u2028\u2029\x85")
_cell = st.text(st.one_of(st.sampled_from(',;|\t"\n\r ab1'), _letters), max_size=6)
_filled = st.text(_letters, min_size=1, max_size=6).filter(lambda s: s.strip() and not s[0].isdigit())


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(_cell, min_size=2, max_size=2), min_size=1, max_size=6),
    mark=st.sampled_from(",\t;|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    size=st.sampled_from([5, 64, 100_000]),
)
def test_a_table_written_in_any_dialect_is_read_back_equal(
    tmp_path, monkeypatch, rows, mark, end, codec, quoting, size
):
    # A call number in every row: a row of blanks alone, or one that says "Total", is none.
    table = [[f"N{i}", *row] for i, row in enumerate(rows)]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark, quoting=quoting, lineterminator="\r\n")
    writer.writerows([["call id", "call type", "remark"], *table])
    path = tmp_path / "calls.csv"
    # Only then the other line ends: the writer quotes a line break just where its own ends have that letter, and
    # an unquoted one ends a row, whichever of the three it is (see the next test).
    path.write_bytes(out.getvalue().replace("\r\n", end).encode(codec))
    wanted = [tuple(unix_lines(cell) for cell in row) for row in table]
    whole = read_table(path)
    pieces, ragged, _ = in_small_pieces(path, monkeypatch, size)
    for frame in (whole.frame, pieces):
        assert frame.select(pl.all().exclude("_row", "_file").fill_null("")).rows() == wanted
        assert frame["_row"].to_list() == list(range(1, len(rows) + 1))
    assert ragged.is_empty()
    assert whole.headers == ("call id", "call type", "remark")


def test_a_carriage_return_in_quotes_is_a_line_of_the_cell_and_without_quotes_it_ends_the_row(write):
    """Some writers leave it bare in a cell; no reader can know, so the halves are two short rows, both counted."""
    quoted = read_table(write("q.csv", 'call id,call type,remark\nN0,NOISE,"a\rb"\nN1,THEFT,c\n'))
    assert quoted.frame["remark"].to_list() == ["a\nb", "c"]
    bare = read_table(write("b.csv", "call id,call type,remark\nN0,NOISE,a\rb\nN1,THEFT,c\n"))
    assert bare.frame.select("call id", "call type", "remark").rows() == [
        ("N0", "NOISE", "a"),
        ("b", None, None),
        ("N1", "THEFT", "c"),
    ]
    assert [(f.name, f.count) for f in bare.faults] == [("short_row", 1)]


def problems_of(result):
    return sorted((p.name, p.column, p.count, p.total) for p in result.problems if p.count)


@pytest.mark.parametrize("drifting", [False, True])
def test_cleaning_in_parts_gives_what_cleaning_at_once_gives(write, monkeypatch, drifting):
    made = calls(n=300)
    made[7][0] = made[8][0] = ""
    made += [made[20], [*made[21][:6], "other beat"]]
    body = text(made) + "too,many,cells,in,this,row,by,two\nshort,NOISE COMPLAINT\n\nTotal,302\n"
    paths = [write("2023.csv", "Calls for Service\n" + body)]
    second = [*HEADER[:4], "On Scene", *HEADER[5:]] if drifting else HEADER
    paths.append(write("2024.csv", text(calls(2024, 200), second)))
    layout = detect_layout(read_table(paths[0])).layout
    at_once = clean([read_table(path) for path in paths], layout, drifting=drifting)
    monkeypatch.setattr(stream, "PIECE_BYTES", 3000)
    monkeypatch.setattr(ingest_module, "_PART_BYTES", 9000)
    parts = ingest([open_stream(path) for path in paths], layout, Workspace(), drifting=drifting)
    for one, other in ((at_once.calls, parts.calls.collect()), (at_once.units, parts.units.collect())):
        order = ["call_id", "dispatched_at", "cleared_at"]
        assert other.sort(order).equals(one.sort(order))
    assert parts.ledger == at_once.ledger
    assert parts.set_aside.select(at_once.set_aside.columns).equals(at_once.set_aside)
    assert problems_of(parts) == problems_of(at_once)
    assert {"ragged_row", "blank_row", "preamble_line", "total_line"} <= set(parts.ledger.set_aside)


def test_a_column_renamed_in_one_year_is_counted_and_asked_about(write):
    first = read_table(write("2022.csv", text(calls(2022))))
    renamed = read_table(write("2023.csv", text(calls(2023), [*HEADER[:4], "Arrived Time", *HEADER[5:]])))
    layout = detect_layout(first).layout
    cleaned, _ = told([first, renamed])
    [missing] = [p for p in cleaned.problems if p.name == "column_missing_in_file"]
    assert (missing.count, missing.total, missing.column, missing.detail) == (
        12,
        24,
        "Arrived",
        "in 2023.csv",
    )
    [question] = drift_questions(layout, [("2023.csv", renamed.headers, 12)])
    assert question.startswith('Why does 2023.csv lack the column "Arrived", which other files have?')
    assert "Arrived Time" in question


def test_a_layout_that_the_user_chose_is_held_to_its_columns(write):
    first = read_table(write("2022.csv", text(calls(2022))))
    other = read_table(write("2023.csv", text([r[:6] for r in calls(2023)], HEADER[:6])))
    with pytest.raises(RightcallError, match=r"names columns that 2023\.csv does not have: Beat"):
        told([first, other], drifting=False)


def test_a_file_of_another_kind_is_refused_even_beside_a_recognised_one(write):
    first = read_table(write("2022.csv", text(calls(2022))))
    other = read_table(write("people.csv", "name,size\na,b\n"))
    with pytest.raises(RightcallError, match=r"people\.csv does not have"):
        told([first, other])


def test_two_files_of_one_name_keep_their_rows_apart(tmp_path):
    paths = [tmp_path / year / "calls.csv" for year in ("2022", "2023")]
    for path in paths:
        path.parent.mkdir()
        path.write_text(text([["", *row[1:]] for row in calls(int(path.parent.name))]))
    raws = named_apart([read_table(path) for path in paths])
    assert [raw.label for raw in raws] == ["2022/calls.csv", "2023/calls.csv"]
    cleaned, _ = told([read_table(path) for path in paths])
    assert (cleaned.ledger.rows_kept, cleaned.calls["call_id"].n_unique()) == (24, 24)


def test_typed_parquet_with_nulls_is_read_as_text(tmp_path):
    when = datetime(2023, 1, 2, 10, 30)
    pl.DataFrame(
        {
            "Incident Number": [1, 2, None],
            "Call Type": ["THEFT", None, "NOISE"],
            "Received": pl.Series([when, None, when], dtype=pl.Datetime("ms", "America/Chicago")),
            "Cleared": pl.Series([when, when, None]),
            "Units": [["1A", "2B"], [], None],
            "Beat": pl.Series(["B1", "B2", None], dtype=pl.Categorical),
            "Sworn": [True, None, False],
        }
    ).write_parquet(tmp_path / "calls.parquet")
    raw = read_table(tmp_path / "calls.parquet")
    assert set(raw.frame.schema.values()) == {pl.String, pl.Int64}
    cleaned, _ = told([raw])
    assert cleaned.ledger.rows_read == 3


def test_no_lines_or_cells_of_a_header_are_lost_when_names_repeat(write):
    raw = read_table(write("calls.csv", "id,id,id_duplicated_0,,type\n1,2,3,4,5\n"))
    assert len(set(raw.headers)) == 5
    assert raw.frame.row(0)[:5] == ("1", "2", "3", "4", "5")


@pytest.mark.parametrize("name", ["alder_falls_cad_2023-2024.csv.gz"])
def test_the_sample_city_reads_the_same_at_once_and_in_parts(monkeypatch, name):
    path = Path(__file__).parents[2] / "data_samples" / name
    layout = detect_layout(read_table(path)).layout
    at_once = clean([read_table(path)], layout)
    monkeypatch.setattr(stream, "PIECE_BYTES", 1 << 20)
    monkeypatch.setattr(ingest_module, "_PART_BYTES", 1 << 20)
    parts = ingest([open_stream(path)], layout, Workspace())
    assert parts.ledger == at_once.ledger
    assert parts.calls.collect().sort("call_id").equals(at_once.calls.sort("call_id"))
    assert parts.units.select(pl.len()).collect().item() == at_once.units.height
    assert problems_of(parts) == problems_of(at_once)
