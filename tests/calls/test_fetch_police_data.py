"""A place and a year through openpolicedata, or through a stand-in that behaves as it does."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from portal_server import NOW

from call_codes.errors import InputError
from calls.fetch.police_data import fetch_police_data
from calls.read import read_table


def stand_in(tables: dict[tuple[str, int], str], *, reachable: bool = True) -> ModuleType:
    """openpolicedata as far as we use it: Source(place, state), get_tables_types(), load(table, date=...)."""

    class Source:
        def __init__(self, place: str, state: str | None = None) -> None:
            if place != "Alder Falls":
                raise ValueError(f"No sources found for {place}")

        def get_tables_types(self) -> list[str]:
            return ["CALLS FOR SERVICE", "STOPS"]

        def load(self, table: str, date: int, pbar: bool, nrows: int | None, format_date: bool) -> object:
            if (table, date) not in tables:
                raise ValueError(f"There are no sources matching tableType {table} and date {date}\nmore")
            text = tables[table, date]

            class Table:
                def __len__(self) -> int:
                    return text.count("\n") - 1

                def to_csv(self, path: Path, index: bool) -> None:
                    path.write_text(text)

            return SimpleNamespace(table=Table(), url="https://data.example.org/calls", state="Minnesota")

    module = ModuleType("openpolicedata")
    module.__dict__.update(
        Source=Source, __version__="0.12", datasets=SimpleNamespace(datasets=object() if reachable else None)
    )
    return module


def test_a_place_and_a_year_are_fetched_through_openpolicedata(monkeypatch, tmp_path):
    library = stand_in({("CALLS FOR SERVICE", 2023): "call_id,call_type\n1,NOISE\n2,THEFT\n"})
    monkeypatch.setitem(sys.modules, "openpolicedata", library)
    fetched = fetch_police_data("Alder Falls", 2023, tmp_path / "calls.csv", now=NOW)
    assert (fetched.rows, read_table(fetched.path).rows_read) == (2, 2)
    record = json.loads(fetched.provenance.read_text())
    assert (record["library"], record["state"], record["year"]) == ("openpolicedata 0.12", "Minnesota", 2023)
    assert record["source"] == "https://data.example.org/calls"


@pytest.mark.parametrize(
    ("place", "year", "table", "said"),
    [
        ("Elder Falls", 2023, "CALLS FOR SERVICE", "Elder Falls is not a place of openpolicedata"),
        ("Alder Falls", 1990, "CALLS FOR SERVICE", "for 1990 cannot be loaded"),
        ("Alder Falls", 2023, "ARRESTS", "one of its tables: CALLS FOR SERVICE, STOPS"),
    ],
)
def test_what_openpolicedata_does_not_have_is_told_in_a_sentence(
    monkeypatch, tmp_path, place, year, table, said
):
    monkeypatch.setitem(sys.modules, "openpolicedata", stand_in({}))
    with pytest.raises(InputError, match=said):
        fetch_police_data(place, year, tmp_path / "calls.csv", table=table, now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_without_the_library_or_its_directory_the_way_on_is_told(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "openpolicedata", stand_in({}, reachable=False))
    with pytest.raises(InputError, match="no answer from the directory"):
        fetch_police_data("Alder Falls", 2023, tmp_path / "calls.csv", now=NOW)
    monkeypatch.setitem(sys.modules, "openpolicedata", None)
    with pytest.raises(InputError, match=r"pip install 'rightcall\[fetch\]'"):
        fetch_police_data("Alder Falls", 2023, tmp_path / "calls.csv", now=NOW)
