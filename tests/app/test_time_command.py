"""`rightcall time` as people use it: numbers with their meaning, sentences for what is wrong, and nothing heavy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from app.canonical_cache import shrink

UNITS = """Incident Number,Unit,Time Received,Time Dispatched,Time Enroute,Time Arrived,Time Cleared,Call Type,Call Source,Beat
{rows}"""


def _rows() -> str:
    """Ten noise calls of half an hour (one never cleared), six traffic stops, in hours of one day in June 2023."""
    lines = []
    for i in range(16):
        day, noise = f"06/{1 + i:02}/2023", i < 10
        cleared = "" if i == 0 else f"{day} 14:35:00"
        arrived = "" if i < 4 else f"{day} 14:15:00"
        kind, source = ("NOISE COMPLAINT", "911") if noise else ("TRAFFIC STOP", "OFFICER")
        lines.append(
            f"23-{i:02},{'A1' if noise else 'B2'},{day} 14:00:00,{day} 14:05:00,{day} 14:05:00,{arrived},{cleared},"
            f"{kind},{source},{'N' if i % 2 else 'S'}"
        )
    return "\n".join(lines) + "\n"


SIGNED = """agency,code,text,category,hazard,basis,reviewer,since,note
Town,,NOISE COMPLAINT,noise,none,signed,A. Reviewer,2024-04-01,
Town,,TRAFFIC STOP,traffic_stop,none,signed,A. Reviewer,2024-04-01,
"""


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache folder for this test alone."""
    monkeypatch.setenv("RIGHTCALL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def town_files(write) -> list[str]:
    """An export in which every call type is signed, as arguments of the command."""
    return [
        str(write("units.csv", UNITS.format(rows=_rows()))),
        "--crosswalk",
        str(write("signed.csv", SIGNED)),
    ]


def test_the_table_stands_with_its_denominator_definitions_assumptions_and_cautions(
    rightcall, town_files, cache
):
    code, out, err = rightcall("time", *town_files, "--by", "category")
    assert (code, err) == (0, "")
    for said in (
        "Enroute equals assigned to the second in 100% (10 of 10)",
        "The arrival is missing in 40% (4 of 10)",
        "16 rows read = 16 kept + 0 set aside",
        "Of calls that the community started",
        "Response, public view: Received to the first unit's arrival",
        "Response, agency view: First unit's assignment",
        "Assumed: 1 officer in every unit.",
    ):
        assert said in " ".join(out.split())
    # Nine half hours measured, one imputed: 4.5, 5 and 4.5 + 12 hours.
    assert next(line.split()[:6] for line in out.splitlines() if line.startswith("noise")) == [
        "noise", "10", "4.5", "5.0", "16", "10.0%",
    ]  # fmt: skip


def test_json_is_one_document_in_which_no_two_denominators_mix(rightcall, town_files, cache):
    code, out, _ = rightcall("time", *town_files, "--by", "category", "--denominator", "all", "--json")
    document = json.loads(out)
    assert code == 0
    assert document["question"]["denominator"] == "all"
    assert {row["category"]: row["calls"] for row in document["table"]} == {"noise": 10, "traffic_stop": 6}
    assert document["total"]["calls"] == 16
    assert document["total"]["unit_hours_low"] == 7.5
    assert document["definitions"]["hours"]["imputed_share"]["definition"]
    assert document["from_cache"] is False


def test_the_second_question_starts_from_the_cache_and_a_changed_file_does_not(rightcall, town_files, cache):
    def asked() -> bool:
        return json.loads(rightcall("time", *town_files, "--by", "area", "--json")[1])["from_cache"]

    assert (asked(), asked()) == (False, True)
    with Path(town_files[0]).open("a") as export:
        export.write("23-99,A1,06/30/2023 14:00:00,,,,,NOISE COMPLAINT,911,N\n")
    assert (asked(), asked()) == (False, True)
    code, out, _ = rightcall("time", *town_files, "--by", "area", "--json", "--no-cache")
    assert (code, json.loads(out)["from_cache"]) == (0, False)


def test_without_a_cache_nothing_is_kept(rightcall, town_files, cache):
    assert rightcall("time", *town_files, "--no-cache")[0] == 0
    assert not cache.exists()


def test_the_least_recently_used_tables_make_room(tmp_path):
    for age, name in enumerate(("new", "middle", "old")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "facts.json").write_text("x" * 100)
        os.utime(tmp_path / name / "facts.json", (1_000_000 - age, 1_000_000 - age))
    shrink(tmp_path, 250)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["middle", "new"]
    shrink(tmp_path, 50, keep=tmp_path / "middle")
    assert [entry.name for entry in tmp_path.iterdir()] == ["middle"]


def test_small_cells_are_pooled_in_the_file_as_on_the_screen(rightcall, town_files, cache, tmp_path):
    code, _, _ = rightcall("time", *town_files, "--by", "hour_of_week", "--out", tmp_path / "time.csv")
    table = pl.read_csv(tmp_path / "time.csv")
    assert code == 0
    assert table["calls"].min() >= 5
    assert table["calls"].sum() == 10
    assert set(table["denominator"]) == {"community"}


@pytest.mark.parametrize(
    ("options", "said", "exit_code"),
    [
        (["--by", "catgory"], 'Did you mean "category"?', 2),
        (["--denominator", "comunity"], 'Did you mean "community"?', 2),
        (["--engine", "dask"], "expected: polars or spark", 2),
        (["--cap-hours", "100"], "between 0.5 and 72 hours", 2),
        (["--officers-per-unit", "none.csv"], "neither a number nor a file", 2),
        (["--layout", "no_such.toml"], "no_such.toml", 4),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(rightcall, town_files, cache, options, said, exit_code):
    code, out, err = rightcall("time", *town_files, *options)
    assert (code, out) == (exit_code, "")
    assert said.lower() in err.lower()


def test_a_city_that_signed_its_types_loads_nothing_heavy(town_files, cache):
    heavy = "torch sklearn scipy sentence_transformers transformers streamlit altair dowhy pandas pyspark"
    code = (
        f"import sys; sys.argv = ['rightcall', 'time', *{town_files!r}, '--by', 'category,eligible']\n"
        "from app.cli import main\ntry: main()\nexcept SystemExit: pass\n"
        f"print('LOADED', [m for m in '{heavy}'.split() if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("LOADED []")


@pytest.mark.slow
def test_types_that_have_to_be_guessed_are_guessed_by_another_process_and_only_once(write, cache):
    from classifier.remembered import RememberedModel
    from classifier.store import default_model

    texts = ["noise complaint", "welfare check", "shots fired"]
    first = RememberedModel(cache)
    probabilities, hazards = first.predict(texts)
    own_probabilities, own_hazards = default_model().predict(texts)
    assert abs(probabilities - own_probabilities).max() < 1e-9
    assert abs(hazards - own_hazards).max() < 1e-9
    assert first.classes_ == list(default_model().classes_)
    second = RememberedModel(cache)
    assert (second.predict(texts)[0] == probabilities).all()
    assert (first.asked_, second.asked_) == (3, 0)
    kept = b"".join(file.read_bytes() for file in second.folder.iterdir())
    assert b"noise complaint" not in kept
