"""Fetching: every protocol to the same file, through throttling, breaks and changes, with its provenance."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import json
import socket
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from call_codes.errors import InputError, OutputError, UsageError
from calls.fetch.police_data import fetch_police_data
from calls.fetch.portals import fetch_address, kind_of
from calls.fetch.web import Web, public_address
from calls.read import read_table

_spec = importlib.util.spec_from_file_location("portal_server", Path(__file__).with_name("portal_server.py"))
assert _spec is not None
assert _spec.loader is not None
portal_server = importlib.util.module_from_spec(_spec)
sys.modules["portal_server"] = portal_server
_spec.loader.exec_module(portal_server)

NOW = "2026-11-21T12:00:00+00:00"
SOCRATA = "/resource/abcd-1234"
CKAN = f"/dataset/calls/resource/{portal_server.RESOURCE}"
ARCGIS = "/arcgis/rest/services/Calls/FeatureServer/0"
FILE = "/files/calls.csv"


@pytest.fixture
def portal():
    with portal_server.portal() as running:
        yield running


@pytest.fixture
def fetch(portal, tmp_path):
    """Fetch from the local portal without really waiting; `waited` holds the seconds it would have waited."""
    address, _ = portal

    def _fetch(path: str, **options):
        options.setdefault("web", Web(sleep=_fetch.waited.append))
        if "FeatureServer" not in path and path != FILE:
            options.setdefault("page_rows", 10)
        return fetch_address(address + path, tmp_path / "out" / "calls.csv", now=NOW, **options)

    _fetch.waited = []
    return _fetch


def content(fetched) -> list[list[str]]:
    with fetched.path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def expected(n: int) -> list[list[str]]:
    cells = ([str(r["call_id"]), r["call_type"], r["note"] or ""] for r in portal_server.rows(n))
    return [list(portal_server.COLUMNS), *cells]


EXPECTED, EXPECTED_FILE = expected(25), expected(portal_server.FILE_ROWS)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://data.city.gov/resource/abcd-1234.json?$limit=5", "socrata"),
        ("https://data.city.gov/Public-Safety/Calls/abcd-1234/about_data", "socrata"),
        ("https://data.city.gov/d/abcd-1234", "socrata"),
        ("https://services.arcgis.com/x/arcgis/rest/services/Calls/FeatureServer/2/query?where=1", "arcgis"),
        (f"https://open.city.gov/en/dataset/calls/resource/{portal_server.RESOURCE}", "ckan"),
        (f"https://open.city.gov/api/3/action/datastore_search?resource_id={portal_server.RESOURCE}", "ckan"),
        ("https://city.gov/downloads/calls-2023.csv", "file"),
    ],
)
def test_the_kind_of_a_portal_is_told_by_the_address(url, kind):
    assert kind_of(url) == kind


def test_an_address_that_says_nothing_is_asked_about():
    with pytest.raises(UsageError, match="--kind socrata or --kind ckan"):
        kind_of("https://city.gov/police/data")


@pytest.mark.parametrize(("path", "pages"), [(SOCRATA, 3), (CKAN, 3)])
def test_pages_become_one_file_with_every_row_once(fetch, portal, path, pages):
    fetched = fetch(path)
    assert content(fetched) == EXPECTED
    assert fetched.rows == 25
    asked = [p for p in portal[1].asked if "offset=10" in p or "offset=20" in p]
    assert len(asked) == pages - 1


def test_a_feature_service_is_paged_by_object_id_and_gives_its_points(fetch, portal):
    fetched = fetch(ARCGIS)
    head, *rest = content(fetched)
    assert head == ["OBJECTID", *portal_server.COLUMNS, "longitude", "latitude"]
    assert [row[1:4] for row in rest] == EXPECTED[1:]
    assert {tuple(row[4:]) for row in rest} == {("-93.25", "44.5")}
    assert any("OBJECTID+%3E+20" in path for path in portal[1].asked)


def test_a_fetched_file_is_read_like_any_other(fetch):
    raw = read_table(fetch(SOCRATA).path)
    assert (raw.headers, raw.rows_read) == (portal_server.COLUMNS, 25)


def test_provenance_tells_what_the_file_is_and_where_it_came_from(fetch, portal):
    fetched = fetch(SOCRATA, where="call_type = 'TYPE 1'")
    record = json.loads(fetched.provenance.read_text())
    assert record["sha256"] == hashlib.sha256(fetched.path.read_bytes()).hexdigest() == fetched.sha256
    assert record["fetched_at"] == NOW
    assert (record["kind"], record["rows"], record["license"]) == ("socrata", 25, "CC0")
    assert record["source"] == portal[0] + SOCRATA
    assert record["filter"] == "call_type = 'TYPE 1'"
    assert sorted(p.name for p in fetched.path.parent.iterdir()) == ["calls.csv", "calls.csv.provenance.json"]


def test_what_opens_a_door_is_not_written_down():
    url = "https://me:pa55@data.city.gov/calls.csv?year=2023&$$app_token=t0ken&api_key=k3y#top"
    assert public_address(url) == "https://data.city.gov/calls.csv?year=2023"


def test_progress_counts_rows_towards_the_total(fetch):
    seen: list[tuple[int, int | None]] = []
    fetch(SOCRATA, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 25), (10, 25), (20, 25), (25, 25)]


@pytest.mark.parametrize("path", [SOCRATA, CKAN, ARCGIS, FILE])
def test_a_busy_server_is_given_the_time_it_asks_for(fetch, portal, path):
    portal[1].script = ["429", "503"]
    fetch(path)
    assert fetch.waited == [7.0, 7.0]


def test_a_server_that_names_no_time_is_asked_less_and_less_often(fetch, portal):
    portal[1].script, portal[1].retry_after = ["500", "502", "504"], None
    fetch(SOCRATA)
    assert fetch.waited == [1.0, 2.0, 4.0]


def test_a_busy_answer_wrapped_in_a_200_is_seen(fetch, portal):
    portal[1].script = ["ok", "ok", "wrapped"]
    assert fetch(ARCGIS).rows == 25
    assert fetch.waited == [1.0]


def test_a_server_that_wants_an_hour_is_left_alone_with_a_sentence(fetch, portal):
    portal[1].script, portal[1].retry_after = ["429"], "3600"
    with pytest.raises(InputError, match="left alone for 60 minutes"):
        fetch(SOCRATA)


@pytest.mark.parametrize("path", [SOCRATA, CKAN, ARCGIS])
def test_what_breaks_off_goes_on_where_it_stopped(fetch, portal, path, tmp_path):
    faults = portal[1]
    # The questions that come first and one page are answered, then the server is gone for good.
    before = {SOCRATA: 3, CKAN: 3, ARCGIS: 2}[path] + 1
    faults.script = ["ok"] * before + ["503"] * 6
    with pytest.raises(InputError, match="goes on where it stopped"):
        fetch(path)
    assert not (tmp_path / "out" / "calls.csv").exists()
    part = tmp_path / "out" / "calls.csv.part"
    part.write_bytes(part.read_bytes() + b"11,half a ro")  # the machine went down in the middle of a row
    faults.asked.clear()
    fetched = fetch(path)
    assert fetched.resumed
    assert [row[-3:] if path != ARCGIS else row[1:4] for row in content(fetched)][1:] == EXPECTED[1:]
    assert not any("offset=0&" in p and "limit=10" in p for p in faults.asked)
    assert json.loads(fetched.provenance.read_text())["resumed"] is True


def test_a_dataset_that_changed_in_between_starts_over(fetch, portal):
    faults = portal[1]
    faults.script = ["ok"] * 4 + ["503"] * 6
    with pytest.raises(InputError):
        fetch(SOCRATA)
    faults.updated += 86_400
    fetched = fetch(SOCRATA)
    assert not fetched.resumed
    assert content(fetched) == EXPECTED


def test_a_connection_that_is_cut_in_mid_answer_is_asked_again(fetch, portal):
    portal[1].script = ["ok", "ok", "ok", "cut"]
    assert content(fetch(SOCRATA)) == EXPECTED


def test_a_file_goes_on_from_the_byte_where_it_broke_off(fetch, portal):
    portal[1].script = ["cut"]
    fetched = fetch(FILE)
    assert content(fetched) == EXPECTED_FILE
    assert fetched.resumed
    assert any("Range" in headers for headers in portal[1].headers)


def test_a_file_that_changed_in_between_is_fetched_whole(fetch, portal, tmp_path):
    portal[1].script = ["cut"] * 6
    with pytest.raises(InputError, match="in 6 tries"):
        fetch(FILE)
    portal[1].etag = '"two"'
    fetched = fetch(FILE)
    assert (content(fetched), fetched.resumed) == (EXPECTED_FILE, False)


def test_a_portal_that_stops_early_is_not_believed(fetch, portal, monkeypatch):
    real = portal_server.rows
    monkeypatch.setattr(portal_server, "rows", lambda n=25: real(min(n, 12)))
    with pytest.raises(InputError, match="12 of 25 rows"):
        fetch(SOCRATA)


def test_a_limit_fetches_the_first_rows_only(fetch):
    fetched = fetch(CKAN, limit=12)
    assert content(fetched) == EXPECTED[:13]


def test_a_ckan_resource_without_a_datastore_is_fetched_as_its_file(fetch, portal):
    fetched = fetch(CKAN.replace("0b1c2d3e", "ffffffff"))
    assert content(fetched) == EXPECTED_FILE
    assert json.loads(fetched.provenance.read_text())["kind"] == "file"


def test_a_condition_that_the_service_refuses_is_told_in_its_words(fetch):
    with pytest.raises(InputError, match="Invalid where clause"):
        fetch(ARCGIS, where="nonsense")


def test_an_address_where_nothing_is_gets_a_sentence(fetch):
    with pytest.raises(InputError, match=r"has nothing at /api/views/zzzz-9999\.json"):
        fetch("/resource/zzzz-9999", kind="socrata")


def test_a_file_that_stands_there_is_not_overwritten(fetch):
    fetch(SOCRATA)
    with pytest.raises(OutputError, match="exists already"):
        fetch(SOCRATA)
    assert fetch(SOCRATA, force=True).rows == 25


def test_without_a_network_there_is_a_sentence(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: every connection is refused
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/resource/abcd-1234"
        with pytest.raises(InputError, match=r"no answer from 127\.0\.0\.1") as error:
            fetch_address(url, tmp_path / "x.csv", now=NOW, web=Web(sleep=lambda s: None, tries=2))
    assert "Without internet here" in str(error.value)


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
