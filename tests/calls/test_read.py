"""Reading: a file comes in as text, whole, whatever its dress; what is no table is refused in a sentence."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_codes.errors import InputError
from calls.read import read_table

TABLE = "id,type\n1,Welfare Check\n2,Noise\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("comma.csv", TABLE.encode()),
        ("tab.tsv", TABLE.replace(",", "\t").encode()),
        ("semicolon.csv", TABLE.replace(",", ";").encode()),
        ("pipe.txt", TABLE.replace(",", "|").encode()),
        ("bom.csv", b"\xef\xbb\xbf" + TABLE.encode()),
        ("utf16.csv", TABLE.encode("utf-16")),
        ("windows.csv", TABLE.replace("\n", "\r\n").encode("cp1252")),
        ("old_mac.csv", TABLE.replace("\n", "\r").encode()),
        ("packed.csv.gz", gzip.compress(TABLE.encode(), mtime=0)),
        ("lines.jsonl", b'{"id": "1", "type": "Welfare Check"}\n{"id": "2", "type": "Noise"}\n'),
        ("list.json", b'[{"id": 1, "type": "Welfare Check"}, {"id": 2, "type": "Noise"}]'),
    ],
)
def test_the_same_table_in_many_dresses(write, name, content):
    raw = read_table(write(name, content))
    assert raw.headers == ("id", "type")
    assert raw.frame.select("id", "type").rows() == [("1", "Welfare Check"), ("2", "Noise")]
    assert raw.frame["_row"].to_list() == [1, 2]


def test_parquet_and_excel_come_in_as_text(tmp_path):
    table = pl.DataFrame({"id": [1, 2], "type": ["Welfare Check", "Noise"]})
    table.write_parquet(tmp_path / "calls.parquet")
    assert read_table(tmp_path / "calls.parquet").frame["id"].to_list() == ["1", "2"]


def test_an_excel_sheet_is_read_as_text(tmp_path):
    xlsxwriter = pytest.importorskip("xlsxwriter")
    book = xlsxwriter.Workbook(tmp_path / "calls.xlsx")
    sheet = book.add_worksheet()
    for row, cells in enumerate([("id", "when"), ("1", "n/a"), ("2", "01/02/2023 10:00")]):
        sheet.write_row(row, 0, cells)
    book.close()
    assert read_table(tmp_path / "calls.xlsx").frame.select("id", "when").rows() == [
        ("1", "n/a"),
        ("2", "01/02/2023 10:00"),
    ]


def test_a_zip_with_one_file_is_opened_and_with_two_is_asked_about(tmp_path):
    for names in (["calls.csv"], ["a.csv", "b.csv"]):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name in names:
                archive.writestr(name, TABLE)
        (tmp_path / "calls.zip").write_bytes(buffer.getvalue())
        if len(names) == 1:
            assert read_table(tmp_path / "calls.zip").rows_read == 2
        else:
            with pytest.raises(InputError, match=r"2 files inside calls\.zip: a\.csv, b\.csv"):
                read_table(tmp_path / "calls.zip")


def test_a_quoted_line_break_stays_inside_its_cell(write):
    raw = read_table(write("calls.csv", 'id,note\n1,"two\nlines"\n2,one\n'))
    assert raw.frame["note"].to_list() == ["two\nlines", "one"]


def test_a_row_with_too_many_cells_is_set_aside_and_a_short_one_filled(write):
    raw = read_table(write("calls.csv", "id,type\n1,Noise,extra\n2\n3,Theft\n"))
    assert raw.rows_read == 3
    assert raw.frame.select("_row", "id", "type").rows() == [(2, "2", None), (3, "3", "Theft")]
    assert raw.ragged["_row"].to_list() == [1]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "is empty"),
        ("header_only.csv", b"id,type\n", "no rows"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01", "is not text"),
        ("noise.csv", bytes(range(256)) * 20, "is not text"),
        ("calls.docx", b"PK\x03\x04", "whose ending .docx"),
        ("broken.parquet", b"PAR1 and then nothing", "cannot be read as Parquet"),
        ("broken.csv.gz", b"\x1f\x8b\x08\x00 not really", "cannot be unpacked"),
        ("broken.xlsx", b"not a workbook", "cannot be read as an Excel workbook"),
        ("broken.json", b'{"id": ', "cannot be read as JSON"),
    ],
)
def test_what_is_no_table_is_refused_with_what_was_found_and_what_to_do(write, name, content, said):
    with pytest.raises(InputError, match=said) as caught:
        read_table(write(name, content))
    assert "Expected:" in str(caught.value)
    assert "To do:" in str(caught.value)


def test_a_missing_file_names_its_neighbours(tmp_path):
    (tmp_path / "calls_2023.csv").write_text(TABLE)
    with pytest.raises(InputError, match=r"calls_2023\.csv"):
        read_table(tmp_path / "calls_2022.csv")


_cells = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8).filter(
    lambda s: s.strip()
)


@given(rows=st.lists(st.tuples(_cells, _cells), min_size=1, max_size=6), mark=st.sampled_from(",\t;|"))
def test_what_is_written_is_what_is_read(tmp_path_factory, rows, mark):
    path = tmp_path_factory.mktemp("any") / "calls.csv"
    pl.DataFrame(rows, schema=["call id", "type"], orient="row").write_csv(
        path, separator=mark, quote_style="always"
    )
    assert read_table(path).frame.select("call id", "type").rows() == rows


@pytest.mark.parametrize(
    ("head", "kind"), [(b"%PDF-1.4\n", "a PDF document"), (b"{\\rtf1\n", "a text document")]
)
def test_a_document_that_is_named_like_a_table_is_called_what_it_is(
    tmp_path: Path, head: bytes, kind: str
) -> None:
    file = tmp_path / "calls.csv"
    file.write_bytes(head + b"1 0 obj, 2\n3, 4\n")
    with pytest.raises(InputError, match=f"calls.csv is {kind}"):
        read_table(file)
