"""Plain files: going on from the byte where a fetch broke off, and starting over where the file changed."""

from __future__ import annotations

import pytest
from portal_server import EXPECTED_FILE, FILE, content

from call_codes.errors import InputError


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
