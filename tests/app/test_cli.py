"""The command as people use it: files in, results out, and a sentence for everything that can go wrong."""

from __future__ import annotations

import json
import subprocess
import sys

import polars as pl
import pytest

from app.outputs import FILES

CALLS = """Incident Number,Time Received,Time Dispatched,Time Arrived,Time Cleared,Call Type,Call Source,Beat
23-1,06/13/2023 14:00:00,06/13/2023 14:05:00,06/13/2023 14:10:00,06/13/2023 15:05:00,WELFARE CHECK,911,12
23-2,06/13/2023 15:00:00,06/13/2023 15:00:00,06/13/2023 15:00:00,06/13/2023 15:30:00,TRAFFIC STOP,OFFICER,12
23-3,06/13/2023 16:00:00,06/13/2023 16:10:00,,06/13/2023 17:10:00,SHOTS FIRED,911,14
23-4,06/13/2023 17:00:00,,,,NOISE COMPLAINT,911,14
"""


def test_a_run_writes_every_file_and_prints_where_the_report_is(rightcall, write, tmp_path):
    code, out, _ = rightcall("run", write("calls.csv", CALLS), "--out", tmp_path / "results")
    assert code == 0
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == sorted(FILES)
    assert str(tmp_path / "results" / "report.html") in out
    assert "4 rows read = 4 kept + 0 set aside" in out


def test_json_prints_one_document_with_what_a_program_needs(rightcall, write):
    code, out, err = rightcall("run", write("calls.csv", CALLS), "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert document["rows_read"] == document["rows_kept"] + sum(document["rows_set_aside"].values()) == 4
    assert (document["calls"], document["call_types"], document["layout"]) == (4, 4, "recognised")
    # 60 + 30 + 60 minutes of three units; nobody was sent to the noise complaint.
    assert document["unit_hours"]["low"] == document["unit_hours"]["high"] == 2.5
    eligible = document["eligible"]
    # Of two calls that police handled and the community started, the welfare check could go elsewhere.
    assert (eligible["numerator"], eligible["denominator"], eligible["policy"]) == (1, 2, 0.5)
    assert eligible["low"] <= eligible["policy"] <= eligible["high"]
    assert "community" in eligible["definition"]
    assert document["unclassified_share"]["share"] == 0


def test_the_tables_carry_what_the_report_says(rightcall, write, tmp_path):
    rightcall("run", write("calls.csv", CALLS), "--out", tmp_path / "results")
    calls = pl.read_parquet(tmp_path / "results" / "calls.parquet")
    assert calls.select("call_id", "category", "reason_not_served").rows() == [
        ("23-1", "welfare_check", None),
        ("23-2", "traffic_stop", "started by an officer"),
        ("23-3", "weapon", "excluded: safety"),
        ("23-4", "noise", "no unit was sent, or cancelled before"),
    ]
    record = json.loads((tmp_path / "results" / "run.json").read_text())
    assert set(record["hashes"]) == {"inputs", "layout", "policy", "crosswalk", "model"}
    assert len(record["hashes"]["model"]) == 16


def test_settings_come_from_a_file_and_options_win(rightcall, write):
    write("calls.csv", CALLS)
    config = write("rightcall.toml", 'files = ["calls.csv"]\npolicy = "denver_star"\n')
    _, out, _ = rightcall("run", "--config", config, "--json")
    assert json.loads(out)["policy"] == "denver_star"
    _, out, _ = rightcall("run", "--config", config, "--policy", "narrow_clinical", "--json")
    assert json.loads(out)["policy"] == "narrow_clinical"


def test_a_signed_crosswalk_decides_and_a_stated_danger_still_counts(rightcall, write, tmp_path):
    signed = write(
        "signed.csv",
        "agency,code,text,category,hazard,basis,reviewer,since,note\n"
        ",,SHOTS FIRED,welfare_check,,signed,A. Reviewer,2026-11-01,\n",
    )
    rightcall(
        "run",
        write("calls.csv", CALLS),
        "--crosswalk",
        signed,
        "--out",
        tmp_path / "results",
    )
    row = pl.read_parquet(tmp_path / "results" / "calls.parquet").row(2, named=True)
    assert (row["category"], row["basis"], row["hazard"]) == ("welfare_check", "signed", True)
    assert row["reason_not_served"] == "danger stated in the call type"


def test_several_files_of_one_city_are_read_as_one(rightcall, write):
    more = CALLS.replace("23-", "24-").replace("/2023", "/2024")
    _, out, _ = rightcall("run", write("a.csv", CALLS), write("b.csv", more), "--json")
    document = json.loads(out)
    assert (document["rows_read"], document["calls"]) == (8, 8)
    assert document["period"] == {"first_day": "2023-06-13", "last_day": "2024-06-13", "days_with_calls": 2}
    assert "calls on 2 of the 367 days" in document["warnings"][0]


def test_files_of_two_agencies_are_told_apart(rightcall, write):
    one = "incident_number,call_type,call_time,call_origin,mental_health,dv_related\n1,Noise,2022-01-01T00:00:00-05:00,911,0,0\n"
    other = "incident_num,date_time,call_type,disposition,beat,address_road_primary\n1,2023-01-01 00:00:05,415,K,1,X\n"
    code, _, err = rightcall("run", write("a.csv", one), write("b.csv", other), "--json")
    assert code == 2
    assert "different agencies" in err


def test_codes_that_nobody_explains_are_said_first(rightcall, write, tmp_path):
    columns = "incident_num,date_time,call_type,disposition,beat,address_road_primary\n"
    rows = "".join(f"E{i},2023-01-01 00:0{i}:00,415,K,1,X\n" for i in range(6))
    _, out, _ = rightcall("run", write("city.csv", columns + rows), "--out", tmp_path / "results")
    assert out.startswith("Before reading on: 100% of calls carry only a code")


@pytest.mark.parametrize(
    ("name", "content", "options", "code", "said"),
    [
        (None, b"", [], 3, "no file"),
        ("empty.csv", b"", [], 3, "is empty (0 bytes)"),
        ("people.csv", b"colour,size\nred,2\n", [], 4, "no column for the call type"),
        ("program.csv", b"\x7fELF\x02\x01\x01\x00\x00\x00", [], 3, "is not text"),
        ("calls.csv", CALLS.encode(), ["--policy", "denver_sta"], 5, 'Did you mean "denver_star"'),
        ("calls.csv", CALLS.encode(), ["--layout", "burlington"], 4, 'no layout "burlington"'),
        ("calls.csv", CALLS.encode(), ["--crosswalk", "nowhere.csv"], 7, "nowhere.csv"),
        ("calls.csv", CALLS.encode(), ["--config", "nowhere.toml"], 2, "no settings file"),
    ],
)
def test_bad_input_gets_a_sentence_and_an_exit_code_and_leaves_nothing(
    rightcall, write, tmp_path, name, content, options, code, said
):
    path = write(name, content) if name else tmp_path / "missing.csv"
    before = sorted(tmp_path.rglob("*"))
    got, out, err = rightcall("run", path, "--out", tmp_path / "results", *options)
    assert (got, out) == (code, "")
    assert said in err
    assert "Expected:" in err
    assert "To do:" in err
    assert "Traceback" not in err
    assert sorted(tmp_path.rglob("*")) == before


def test_results_never_mix_with_what_is_in_the_folder(rightcall, write, tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "notes.txt").write_text("mine")
    arguments = ("run", write("calls.csv", CALLS), "--out", tmp_path / "results")
    code, _, err = rightcall(*arguments)
    assert code == 6
    assert "is not empty" in err
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["notes.txt"]
    code, _, _ = rightcall(*arguments, "--force")
    assert code == 0
    assert (tmp_path / "results" / "notes.txt").read_text() == "mine"


def test_a_run_that_fails_while_writing_leaves_no_results_and_no_debris(
    rightcall, monkeypatch, write, tmp_path
):
    def full_disk(job: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.report.report_html", full_disk)
    target = tmp_path / "results"
    code, _, err = rightcall("run", write("calls.csv", CALLS), "--out", target)
    assert code == 6
    assert "No space left" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["calls.csv"]


def test_text_that_could_act_as_a_spreadsheet_formula_is_made_harmless(rightcall, write, tmp_path):
    calls = CALLS.replace("WELFARE CHECK", "=HYPERLINK(1)")
    rightcall("run", write("calls.csv", calls), "--out", tmp_path / "results")
    assert "'=HYPERLINK(1)" in (tmp_path / "results" / "call_types.csv").read_text()


def test_help_and_cheap_commands_load_nothing_heavy():
    heavy = "torch sklearn sentence_transformers transformers streamlit altair dowhy pandas"
    code = (
        "import sys; sys.argv = ['rightcall', {arguments}]\n"
        "from app.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print('LOADED', [m for m in '{heavy}'.split() if m in sys.modules])"
    )
    for arguments in ("'--help'", "'policies'"):
        done = subprocess.run(
            [sys.executable, "-c", code.format(arguments=arguments)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip().endswith("LOADED []")
