"""Header rows of real open-data files, and styles made up beside them, against what a person says of them."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from calls.detection import detect_layout
from calls.layouts import layout_names, load_layout
from calls.read import ROW_NUMBER, SOURCE_FILE, RawTable
from calls.schema import MAPPABLE

HERE = Path(__file__).parent
EXPECTED = tomllib.loads((HERE / "header_expectations.toml").read_text(encoding="utf-8"))
UNSEEN = tomllib.loads((HERE / "unseen_headers.toml").read_text(encoding="utf-8"))
OPEN = "(none)"


@pytest.fixture(scope="module")
def stored_headers(shared_data) -> dict[str, list[str]]:
    return json.loads((shared_data / "export_headers.json").read_text(encoding="utf-8"))


def header_only(headers: list[str]) -> RawTable:
    schema = {ROW_NUMBER: pl.Int64, **dict.fromkeys(headers, pl.String), SOURCE_FILE: pl.String}
    # A folder of its own: a code list lying beside a file would be found.
    return RawTable(pl.DataFrame(schema=schema), pl.DataFrame(), HERE / "none" / "f.csv", "", "utf-8", ",")


def judged(
    headers: list[str], expected: Mapping[str, Any], *, use_named: bool
) -> list[tuple[str, bool, float]]:
    """(our column, right?, confidence) for every column that was expected or found."""
    detection = detect_layout(header_only(headers), use_named=use_named, need_call_type=False)
    wanted = {k: v for k, v in expected.items() if k in MAPPABLE}
    if detection.named:
        wanted |= expected.get("named", {})
    found = {k: " + ".join(v) for k, v in detection.layout.columns.items()}
    found |= {k: span.column for k, span in detection.layout.durations.items()}
    out = []
    for column in MAPPABLE:
        answers = wanted.get(column, OPEN).split(" | ")
        got = found.get(column, OPEN)
        if got != OPEN or OPEN not in answers:
            out.append((column, got in answers, detection.confidence.get(column, 0.0)))
    return out


@pytest.mark.parametrize("use_named", [False, True], ids=["recognised", "named where one fits"])
def test_the_stored_header_rows_are_understood(stored_headers, use_named):
    assert set(stored_headers) == set(EXPECTED)
    results = [
        (file, *row)
        for file, headers in stored_headers.items()
        for row in judged(headers, EXPECTED[file], use_named=use_named)
    ]
    wrong = [(file, column, sure) for file, column, right, sure in results if not right]
    assert 1 - len(wrong) / len(results) >= 0.95, wrong
    assert not [w for w in wrong if w[2] >= 0.8], wrong


def test_header_styles_beside_them_are_understood():
    results = [
        (name, *row)
        for name, case in UNSEEN.items()
        for row in judged(case["headers"], case, use_named=False)
    ]
    wrong = [(name, column, sure) for name, column, right, sure in results if not right]
    assert 1 - len(wrong) / len(results) >= 0.95, wrong
    assert not [w for w in wrong if w[2] >= 0.8], wrong


def test_no_two_named_layouts_claim_one_file(stored_headers):
    layouts = [load_layout(name) for name in layout_names()]
    for file, headers in stored_headers.items():
        fits = [layout.id for layout in layouts if set(layout.match_headers) <= set(headers)]
        assert len(fits) <= 1, (file, fits)
    agencies = {
        layout.place for layout in layouts if layout.place.endswith(tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    }
    assert len(agencies) >= 15


def test_feet_of_a_state_grid_are_never_taken_for_degrees(stored_headers):
    for file, headers in stored_headers.items():
        found = detect_layout(header_only(headers), use_named=False, need_call_type=False).layout.columns
        assert found.get("latitude", ("",))[0] not in {"Y", "MapY", "Map_Y", "OpenDataY", "Y_Coordinate"}, (
            file
        )
