"""`check`, `request`, `fetch` and a database in place of a file, as people type them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from app.settings import Settings, read_settings
from app.sources import read_sources, split_sources
from call_codes.errors import UsageError
from calls.read import read_table

CALLS = """Incident Number,Time Received,Time Dispatched,Time Arrived,Call Type,Call Source,Address,Beat
23-1,06/13/2023 14:00:00,06/13/2023 14:05:00,06/13/2023 14:10:00,WELFARE CHECK,911,12 ELM ST,12
23-2,06/13/2023 15:00:00,06/13/2023 15:00:00,06/13/2023 15:00:00,TRAFFIC STOP,OFFICER,14 ELM ST,12
23-3,06/13/2023 16:00:00,06/13/2023 16:10:00,,SHOTS FIRED,911,16 ELM ST,14
"""
DATABASE = "postgresql://reader:s3cret@cad-server/cad"


def test_check_tells_faults_and_what_can_be_computed_and_writes_nothing(rightcall, write, tmp_path):
    file = write("calls.csv", CALLS)
    code, out, _ = rightcall("check", file)
    assert code == 0
    assert "3 rows read = 3 kept + 0 set aside" in out
    assert "missing_stamp (arrived_at): 1 of 3 calls = 33.3%" in out
    assert "Seen in: row 3" in out
    assert "WHAT CAN AND CANNOT BE COMPUTED FROM THIS FILE" in out
    assert "no       How much officer time do calls take?" in out
    assert "ELM" not in out
    assert [path.name for path in tmp_path.iterdir()] == ["calls.csv"]


def test_check_as_json_is_one_document(rightcall, write):
    _, out, err = rightcall("check", write("calls.csv", CALLS), "--json")
    document = json.loads(out)
    assert err == ""
    assert document["rows_read"] == document["rows_kept"] == document["calls"] == 3
    assert {"problem", "severity", "count", "total", "share", "examples"} <= set(document["findings"][0])
    answers = {entry["id"]: entry["answer"] for entry in document["can_be_computed"]}
    assert (answers["officer_time"], answers["by_area"]) == ("no", "yes")


def test_check_reads_several_files_and_names_the_file_of_a_row(rightcall, write):
    other = CALLS.replace("23-", "24-")
    _, out, _ = rightcall("check", write("a.csv", CALLS), write("b.csv", other), "--json")
    missing = [f for f in json.loads(out)["findings"] if f["column"] == "arrived_at"]
    assert missing[0]["examples"] == ["row 3 of a.csv", "row 3 of b.csv"]


def test_check_names_the_tables_inside_an_archive_each_once(rightcall, tmp_path):
    archive = tmp_path / "years.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("2023.csv", CALLS)
        packed.writestr("2024.csv", CALLS.replace("23-", "24-"))
    _, out, _ = rightcall("check", archive)
    assert out.splitlines()[0] == "years.zip/2023.csv, years.zip/2024.csv"
    assert "row 3 of years.zip/2023.csv" in out
    _, out, _ = rightcall("check", archive, "--json")
    assert [(f["name"], f["rows"]) for f in json.loads(out)["files"]] == [
        ("years.zip/2023.csv", 3),
        ("years.zip/2024.csv", 3),
    ]


def test_check_and_request_stream_a_file_that_is_large(rightcall, write, monkeypatch):
    file = write("calls.csv", CALLS)
    _, whole, _ = rightcall("check", file, "--json")
    _, letter, _ = rightcall("request", "--from", file)
    monkeypatch.setattr("calls.stream.TEXT_BYTES", 100)
    monkeypatch.setattr("calls.read.read_table", None)  # nothing may read the whole file
    assert json.loads(rightcall("check", file, "--json")[1]) == json.loads(whole)
    assert rightcall("request", "--from", file)[1] == letter


def test_request_asks_for_what_the_file_lacks(rightcall, write, tmp_path):
    file = write("calls.csv", CALLS)
    out_folder = tmp_path / "letter"
    code, out, _ = rightcall(
        "request", "--from", file, "--wants", "officer-time,by_area", "--out", out_folder
    )
    assert code == 0
    assert "fields are asked for" in out
    letter = (out_folder / "record_request.md").read_text()
    assert "Time the unit was free again" in letter
    assert "Beat, precinct or sector" not in letter
    assert sorted(p.name for p in out_folder.iterdir()) == [
        "data_dictionary.csv", "record_request.html", "record_request.md",
    ]  # fmt: skip


def test_request_without_a_file_prints_the_whole_letter(rightcall):
    _, out, _ = rightcall("request")
    assert out.startswith("# Request for public records")
    assert "Data dictionary" in out or "data dictionary" in out


def test_a_letter_that_was_edited_by_hand_is_not_overwritten(rightcall, tmp_path):
    arguments = ("request", "--wants", "by_area", "--out", tmp_path)
    rightcall(*arguments)
    (tmp_path / "record_request.md").write_text("mine")
    code, _, err = rightcall(*arguments)
    assert (code, (tmp_path / "record_request.md").read_text()) == (6, "mine")
    assert "To do:" in err
    assert rightcall(*arguments, "--force")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["check", "nowhere.csv"], 3, "no file"),
        (["check", "calls.csv", "--query", "select 1"], 2, "a query and no database"),
        (["request", "--wants", "oficer_time"], 2, 'Did you mean "officer_time"'),
        (["fetch", "Alder Falls"], 2, "and no year"),
        (["fetch", "https://data.city.gov/resource/abcd-1234", "2023"], 2, "an address and a year"),
        (["fetch", "https://city.gov/police/data"], 2, "does not tell what kind of portal"),
        (["fetch", "https://city.gov/a.csv", "--kind", "sokrata"], 2, 'Did you mean "socrata"'),
        (["run", DATABASE, "--json"], 2, "a database and no query"),
        (["run", DATABASE, "calls.csv", "--json"], 2, "several sources"),
        (["run", "mssql://reader@cad/cad", "--json"], 2, "begins with mssql://"),
        (["run", "https://data.city.gov/resource/abcd-1234", "--json"], 2, "rightcall fetch https://"),
    ],
)
def test_what_cannot_be_done_gets_a_sentence_and_no_password(
    rightcall, monkeypatch, tmp_path, arguments, code, said
):
    monkeypatch.chdir(tmp_path)
    got, out, err = rightcall(*arguments)
    assert (got, out) == (code, "")
    assert said in err
    assert "To do:" in err
    assert "s3cret" not in err
    assert list(tmp_path.iterdir()) == []


def test_files_and_a_database_are_told_apart():
    assert split_sources(["a.csv", "b.csv"]) == ((Path("a.csv"), Path("b.csv")), None)
    assert split_sources([DATABASE]) == (None, DATABASE)
    assert split_sources(None) == (None, None)


def test_a_database_can_stand_in_the_settings_with_its_query_beside_them(write):
    write("calls.sql", "select 1")
    config = write("rightcall.toml", 'database = "postgresql://reader@cad/cad"\nquery = "calls.sql"\n')
    settings = read_settings(config)
    assert settings.database == "postgresql://reader@cad/cad"
    assert settings.query == str(config.parent.resolve() / "calls.sql")
    with pytest.raises(UsageError, match="both files and a database"):
        read_sources(Settings(files=(Path("a.csv"),), database=settings.database, query="select 1"))


def test_a_run_from_a_database_is_a_run_like_any_other(rightcall, monkeypatch, write):
    seen: list[tuple[str, str]] = []

    def stand_in(url: str, query: str):
        seen.append((url, query))
        return read_table(write("calls.csv", CALLS))

    monkeypatch.setattr("app.sources.read_database", stand_in)
    code, out, err = rightcall("run", DATABASE, "--query", "select * from calls", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["calls"] == 3
    assert seen == [(DATABASE, "select * from calls")]
    assert "s3cret" not in out
