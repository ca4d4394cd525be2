"""A layout written down is a layout read back, and says on each line why it is so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_codes.errors import LayoutError
from calls.detection import Detection, detect_layout
from calls.layout_file import layout_text, save_layout
from calls.layouts import Checks, Layout, ValueMap, layout_names, load_layout
from calls.read import read_table


def as_written(layout: Layout, name: str) -> Layout:
    # Who saves a layout to correct it answers its doubts, which stand above it as questions.
    return replace(layout, id=name, digest="", values_seen=True, doubts={})


def back(path) -> Layout:
    return replace(load_layout(path), digest="")


@pytest.mark.parametrize("name", layout_names())
def test_every_named_layout_survives_being_written(tmp_path, name):
    layout = load_layout(name)
    save_layout(Detection(layout, True, {}, {}, ()), tmp_path / "copy.toml", ())
    assert back(tmp_path / "copy.toml") == as_written(layout, "copy")


def test_what_was_recognised_is_written_with_reasons_and_questions(write, tmp_path):
    raw = read_table(
        write(
            "calls.csv",
            "Call No.,Date,Rec'd,Cleared,Nature,Travel Minutes,Dispatched,Officer Initiated,Remarks\n"
            "1,6/13/2023,23:50,00:40,NOISE,6,23:58,Y,x\n",
        )
    )
    detection = detect_layout(raw)
    save_layout(detection, tmp_path / "our_city.toml", raw.headers)
    text = (tmp_path / "our_city.toml").read_text()
    assert 'received_at = ["Date", "Rec\'d"]' in text
    assert "# Please check:" in text
    assert "# Not used: Remarks" in text
    assert back(tmp_path / "our_city.toml") == as_written(detection.layout, "our_city")


_text = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)


@given(header=_text, value=_text)
def test_any_header_can_be_written(tmp_path_factory, header, value):
    layout = Layout(
        "x",
        "any",
        {"call_type": (header,)},
        values={"responder": ValueMap(header, {value.strip().upper(): "police"}, "unknown", "unknown")},
    )
    path = tmp_path_factory.mktemp("any") / "any.toml"
    path.write_text(
        layout_text(Detection(layout, False, {}, {"call_type": header}, (header,)), "any", (value,)),
        encoding="utf-8",
    )
    read = load_layout(path)
    assert read.columns == layout.columns


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            'dispatched_at = { column = "D", unit = "minuts", after = "received_at" }',
            'Did you mean "minutes"',
        ),
        (
            'dispatched_at = { column = "D", unit = "minutes", after = "cleared_at" }',
            "a stamp before dispatched_at",
        ),
        ('dispatched_at = { column = "D", unit = "minutes" }', "without saying"),
        ('area = { column = "D", unit = "minutes", after = "received_at" }', "can be given as a duration"),
    ],
)
def test_a_faulty_duration_is_told_what_to_correct(write, line, said):
    with pytest.raises(LayoutError, match=said):
        load_layout(write("city.toml", f'[columns]\ncall_type = "T"\n{line}\n'))


def test_a_tag_list_without_tags_is_told_what_to_add(write):
    with pytest.raises(LayoutError, match="lacks its column or its tags"):
        load_layout(write("city.toml", '[columns]\ncall_type = "T"\n[tag_list]\ncolumn = "Units"\n'))


def test_checks_and_the_repair_of_slips_come_back_as_they_were_written(write, tmp_path):
    raw = read_table(
        write("calls.csv", "Incident Number,Call Type,Call Time,Hour\n1,NOISE,2023-06-13 10:00:00,10\n")
    )
    detection = detect_layout(raw)
    checks = Checks(hour="Hour", local_text=("Date", "Time"), later=("First contact",))
    layout = replace(detection.layout, checks=checks, repair_half_day_slips=True, grain="agency")
    save_layout(replace(detection, layout=layout), tmp_path / "city.toml", raw.headers)
    read = load_layout(tmp_path / "city.toml")
    assert (read.checks, read.repair_half_day_slips, read.grain) == (checks, True, "agency")
