"""`rightcall layout`: one JSON document, a table for people, and a file to correct."""

from __future__ import annotations

import json

import pytest

from app.commands.layout import layout
from call_codes.errors import OutputError, UsageError
from calls.layouts import load_layout

CALLS = "Event Number,Received,Cleared,Call Type,Officer Initiated\n1,06/13/2023 10:00:00,06/13/2023 10:30:00,NOISE,N\n"


def run(file, *, as_json=False, save=None, force=False, named=True):
    layout(file, as_json=as_json, save=save, force=force, named=named)


def test_json_is_one_document_with_the_promised_keys(write, capsys):
    run(write("calls.csv", CALLS), as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert set(document) >= {"columns", "formats", "grain", "time_zone", "confidence", "questions"}
    assert document["columns"]["received_at"] == "Received"
    assert document["grain"] == "call"
    assert document["time_zone"] is None
    assert set(document["confidence"]) >= set(document["columns"])


def test_the_table_gives_reasons_and_questions(write, capsys):
    run(write("calls.csv", CALLS))
    out = capsys.readouterr().out
    assert 'header "Received"' in out
    assert "Please check: In which time zone" in out


def test_a_header_alone_or_no_call_type_still_gets_an_answer(write, capsys):
    run(write("header.csv", "Event Number,Received\n"), as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["columns"] == {"call_id": "Event Number", "received_at": "Received"}
    assert any("what each call was about" in q for q in document["questions"])


def test_the_saved_layout_loads_and_is_not_overwritten_unasked(write, tmp_path, capsys):
    file, target = write("calls.csv", CALLS), tmp_path / "our_city.toml"
    run(file, save=target)
    assert load_layout(target).columns["call_type"] == ("Call Type",)
    with pytest.raises(OutputError, match="exists already"):
        run(file, save=target)
    run(file, save=target, force=True)
    with pytest.raises(UsageError, match=r"our_city\.toml"):
        run(file, save=tmp_path / "our_city.json")
