"""A study that is written loads to the same study: the form of the page and the command line mean one thing."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.study_writer import study_toml
from call_codes.hours import parse_hours
from evaluation.after.study import (
    AMONG,
    Areas,
    CallsTable,
    Comparison,
    CostInput,
    Exclusion,
    Outcome,
    OutcomeTable,
    Period,
    Plan,
    Predictor,
    Program,
    Study,
    TeamTable,
)
from evaluation.after.study_file import load_study
from evaluation.after.study_keys import study_keys

SAMPLE = Path(__file__).resolve().parents[2] / "data_samples" / "alder_falls_study.toml"
# Anything that a person may type; a text of blanks alone is no answer.
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(str.strip)
names = st.from_regex(r"[a-z][a-z0-9_]{3,9}", fullmatch=True).filter(
    lambda name: name not in ("area", "period", "start", "treated", "exposure", "excluded", "calls")
)
days = st.dates(date(2022, 2, 1), date(2022, 11, 1))


@st.composite
def numbers(draw: st.DrawFn, name: str, table: str, linked: bool, placebo: bool) -> Outcome:
    """One outcome with what its measure needs."""
    of_calls = table == "calls"
    measures = (
        ["count", "unit_hours", "share", "repeat_share"] if of_calls else ["count", "sum", "mean", "share"]
    )
    measure = draw(st.sampled_from(measures))
    return Outcome(
        name=name,
        label=draw(texts),
        table=table,
        measure=measure,
        better=draw(st.sampled_from(["lower", "higher", "neither"])),
        generated_by=draw(st.sampled_from(["officer", "resident", "both", "team"])),
        among=draw(st.sampled_from(list(AMONG))) if of_calls or linked else "all",
        column=draw(texts)
        if measure in ("sum", "mean")
        else "place_key"
        if measure == "repeat_share"
        else None,
        where=draw(st.none() | st.just("priority = 'it''s \"one\"'")),
        event="priority = '1'" if measure == "share" else None,
        within_days=draw(st.integers(1, 90)) if measure == "repeat_share" else 30,
        placebo=placebo,
    )


@st.composite
def studies(draw: st.DrawFn) -> Study:
    """Studies as a study file may hold them."""
    areas = draw(st.lists(texts, min_size=2, max_size=5, unique=True))
    treated = areas[: draw(st.integers(1, len(areas) - 1))]
    others = tuple(areas[len(treated) :])
    named = draw(st.lists(names, min_size=4, max_size=4, unique=True))
    tables = tuple(
        OutcomeTable(
            name, draw(texts), draw(texts), draw(texts), None, draw(st.none() | days), draw(st.none() | texts)
        )
        for name in named[: draw(st.integers(1, 2))]
    )
    calls = CallsTable(draw(texts), "behavioral_health_plus", draw(st.none() | texts), None)
    counted = [("calls", True), *((table.name, table.call_id is not None) for table in tables)]
    outcomes = tuple(
        draw(numbers(name, *draw(st.sampled_from(counted)), place > 1)) for place, name in enumerate(named)
    )
    value = draw(st.floats(0, 1e6))
    lot = draw(st.booleans())
    windows = tuple(
        Exclusion(day, day + timedelta(3), draw(texts)) for day in draw(st.lists(days, max_size=1))
    )
    first = date(2022, 1, 1)
    return Study(
        path=Path("study.toml"),
        question=draw(texts),
        unit=draw(st.sampled_from(["area_period", "call"])),
        calls=calls,
        tables=tables,
        outcomes=outcomes,
        program=Program(
            tuple(sorted((area, draw(st.dates(date(2023, 3, 1), date(2023, 6, 30)))) for area in treated)),
            draw(st.none() | st.sampled_from(["mon-fri 09:00-17:00", "sat 10:00-26:00"]).map(parse_hours)),
            draw(st.sampled_from(["exclude", "exclude_area", "fraction"])),
            *(("lot", "areas", draw(texts)) if lot else (None, None, None)),
        ),
        comparison=Comparison("all_others" if draw(st.booleans()) else others, ()),
        period=Period(draw(st.sampled_from(["month", "week"])), first, date(2024, 6, 30), windows),
        areas=draw(st.sampled_from([Areas(None, "area", None, None, None), Areas("a.geojson", "x", None, {"1": ("2",)}, None)])),
        exposure="days",
        covariates=tuple(draw(st.lists(st.sampled_from(["priority", "category"]), unique=True))),
        dag=(("category", "offered"),) if draw(st.booleans()) else (),
        team=TeamTable("v.csv", "a", None, None, "b", None, None, "who", {draw(texts): "call_taker"}, None, ()),
        costs=(CostInput("officer", "officer_hour", value, value / 2, value * 2, "average", draw(texts), 2024),),
        plan=Plan(named[0], "staggered", draw(st.sampled_from([0.05, 0.1])), None, draw(texts)),
        predictors=tuple(
            Predictor("level", replace(one, name="level", label="level", better="neither", generated_by="both", placebo=False), first, None)
            for one in outcomes[:1]
            if one.measure != "repeat_share"
        ),
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(studies())
def test_what_is_written_loads_to_the_same_study(study):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.toml"
        path.write_text(study_toml(study), encoding="utf-8")
        assert replace(load_study(path), path=study.path) == study


def test_the_sample_study_keeps_its_meaning(tmp_path):
    study = load_study(SAMPLE)
    path = tmp_path / SAMPLE.name
    path.write_text(study_toml(study), encoding="utf-8")
    assert replace(load_study(path), path=study.path) == study


@pytest.mark.parametrize("section", sorted(study_keys()))
def test_no_key_of_a_study_file_is_lost_in_writing(section, tmp_path):
    """A key that the study file learns later has to be written too: this fails until it is."""
    path = tmp_path / "study.toml"
    path.write_text(WHOLE, encoding="utf-8")
    study = load_study(path)
    written = study_toml(study)
    for key in study_keys()[section]:
        assert f"{key} = " in written or f".{key}]" in written, key
    path.write_text(written, encoding="utf-8")
    assert load_study(path) == study


WHOLE = """
question = "Did it work?"
unit = "call"
exposure = "residents"
covariates = ["priority"]
dag = ["priority -> arrests"]
[period]
every = "month"
first = 2022-01-01
last = 2023-12-31
exclude = [{ first = 2022-02-01, last = 2022-02-03, why = "snow" }]
[program]
starts = { "2023-01-01" = ["North"] }
hours = "mon-fri 09:00-17:00"
partial_period = "fraction"
assigned_by = "lot"
drawn = "areas"
lot = "in public"
[comparison]
areas = ["South", "West"]
exclude = ["Airport"]
[areas]
path = "areas.geojson"
name = "beat"
residents = "people"
neighbors = "touching.csv"
[tables.calls]
run = "results"
policy = "denver_star"
crosswalk = "signed.csv"
where = "priority = '1'"
[tables.crime]
path = "crime.csv"
time = "day"
area = "beat"
where = "kind = 'x'"
through = 2023-12-31
call_id = "number"
[outcomes.repeats]
label = "Repeats"
table = "calls"
measure = "repeat_share"
among = "eligible"
column = "place_key"
where = "priority = '1'"
within_days = 20
better = "lower"
generated_by = "resident"
[placebo_outcomes.part]
table = "crime"
measure = "share"
event = "kind = 'x'"
better = "lower"
generated_by = "both"
[predictors.part_before]
table = "calls"
measure = "share"
among = "eligible"
event = "priority = '1'"
where = "priority = '2'"
first = 2022-01-01
last = 2022-06-30
[predictors.level_before]
table = "crime"
measure = "mean"
column = "minutes"
[synthetic_control]
fit_first = 2022-01-01
[team]
path = "visits.csv"
area = "beat"
requested = "a"
dispatched = "b"
arrived = "c"
departed = "d"
call_id = "e"
unit = "f"
who_sent = "g"
who_sent_words = { "Dispatch" = "call_taker" }
outcome = "h"
not_served = ["nobody"]
[costs.officer]
per = "officer_hour"
value = 85.5
low = 70
high = 90
basis = "marginal"
source = "budget"
year = 2024
[plan]
primary_outcome = "repeats"
design = "staggered"
alpha = 0.1
clusters = "date"
note = "more"
"""
