"""Feature services: pages by object id, points, errors that come wrapped in an answer of 200."""

from __future__ import annotations

import portal_server
import pytest
from portal_server import ARCGIS, EXPECTED, content

from call_codes.errors import InputError


def test_a_feature_service_is_paged_by_object_id_and_gives_its_points(fetch, portal):
    fetched = fetch(ARCGIS)
    head, *rest = content(fetched)
    assert head == ["OBJECTID", *portal_server.COLUMNS, "longitude", "latitude"]
    assert [row[1:4] for row in rest] == EXPECTED[1:]
    assert {tuple(row[4:]) for row in rest} == {("-93.25", "44.5")}
    assert any("OBJECTID+%3E+20" in path for path in portal[1].asked)


def test_a_busy_answer_wrapped_in_a_200_is_seen(fetch, portal):
    portal[1].script = ["ok", "ok", "wrapped"]
    assert fetch(ARCGIS).rows == 25
    assert fetch.waited == [1.0]


def test_a_condition_that_the_service_refuses_is_told_in_its_words(fetch):
    with pytest.raises(InputError, match="Invalid where clause"):
        fetch(ARCGIS, where="nonsense")
