"""CKAN portals: a limit, and resources that the portal keeps as a file only."""

from __future__ import annotations

import json

from portal_server import CKAN, EXPECTED, EXPECTED_FILE, content


def test_a_limit_fetches_the_first_rows_only(fetch):
    fetched = fetch(CKAN, limit=12)
    assert content(fetched) == EXPECTED[:13]


def test_a_ckan_resource_without_a_datastore_is_fetched_as_its_file(fetch, portal):
    fetched = fetch(CKAN.replace("0b1c2d3e", "ffffffff"))
    assert content(fetched) == EXPECTED_FILE
    assert json.loads(fetched.provenance.read_text())["kind"] == "file"
