"""Fetching: every protocol to the same file, through throttling, breaks and changes, with its provenance."""

from __future__ import annotations

import hashlib
import json
import socket

import portal_server
import pytest
from portal_server import ARCGIS, CKAN, EXPECTED, FILE, NOW, SOCRATA, content

from call_codes.errors import InputError, OutputError, UsageError
from calls.fetch.portals import fetch_address, kind_of
from calls.fetch.web import Web, public_address
from calls.read import read_table


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


def test_a_portal_that_stops_early_is_not_believed(fetch, portal, monkeypatch):
    real = portal_server.rows
    monkeypatch.setattr(portal_server, "rows", lambda n=25: real(min(n, 12)))
    with pytest.raises(InputError, match="12 of 25 rows"):
        fetch(SOCRATA)


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
