"""A local portal for the tests of fetching: it speaks the protocols, pages, throttles and breaks."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from calls.fetch.portals import fetch_address
from calls.fetch.web import Web

# Tests are imported each by itself, so what they share is given its name here.
_spec = importlib.util.spec_from_file_location("portal_server", Path(__file__).with_name("portal_server.py"))
assert _spec is not None
assert _spec.loader is not None
portal_server = importlib.util.module_from_spec(_spec)
sys.modules["portal_server"] = portal_server
_spec.loader.exec_module(portal_server)


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
        if "FeatureServer" not in path and path != portal_server.FILE:
            options.setdefault("page_rows", 10)
        return fetch_address(address + path, tmp_path / "out" / "calls.csv", now=portal_server.NOW, **options)

    _fetch.waited = []
    return _fetch
