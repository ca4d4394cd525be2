"""Review, sign, export, import, compare: as reviewers type them, on the made-up town and without the text model."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from app.review_sheet import SHEET_COLUMNS, sheet_table, write_sheet
from app.type_facts import queue_of, type_facts
from call_codes.crosswalk import load_crosswalk, read_crosswalk
from tests.app.conftest import town_crosswalk, town_csv

Run = Callable[..., tuple[int, str, str]]

BARE = """Call Number,Call Type,Received,Dispatched,Arrived,Cleared,Disposition
""" + "".join(
    f"C{n},{code},03/{1 + n % 28:02d}/2024 10:00:00,03/{1 + n % 28:02d}/2024 10:05:00,"
    f"03/{1 + n % 28:02d}/2024 10:10:00,03/{1 + n % 28:02d}/2024 10:40:00,{'GOA' if n % 3 else 'RTF'}\n"
    for n, code in enumerate(["103M"] * 12 + ["0415"] * 9 + ["21"] * 7 + ["94F"] * 6 + ["ZZ9"] * 2)
)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """An export of 36 calls whose types are bare codes; two of them are too rare to be shown."""
    path = tmp_path / "bare.csv"
    path.write_text(BARE)
    return path


def test_bare_codes_head_the_queue_until_a_code_book_is_declared(rightcall: Run, bare: Path) -> None:
    _, out, _ = rightcall("review", bare, "--json")
    found = json.loads(out)
    assert [row["call_type_code"] or row["call_type"] for row in found["queue"]] == [
        "103M", "0415", "21", "94F", "ZZ9",
    ]  # fmt: skip
    assert {row["eligible_chance"] for row in found["queue"]} == {0.5}
    _, out, _ = rightcall("review", bare, "--json", "--code-book", "louisiana_signals")
    left = [row["call_type_code"] or row["call_type"] for row in json.loads(out)["queue"]]
    # The book names 103M and 94F; it leaves 21 unclassified, so a person still has to look at it.
    assert left == ["0415", "21", "ZZ9"]


def test_a_run_names_the_code_book_among_its_inputs(rightcall: Run, bare: Path, tmp_path: Path) -> None:
    code, _, _ = rightcall("run", bare, "--code-book", "louisiana_signals", "--out", tmp_path / "r")
    assert code == 0
    record = json.loads((tmp_path / "r" / "run.json").read_text())
    assert record["code_books"] == ["louisiana_signals"]
    report = (tmp_path / "r" / "report.html").read_text()
    assert "code-book louisiana_signals" in report
    assert "--code-book louisiana_signals" in report
    table = pl.read_csv(tmp_path / "r" / "call_types.csv", infer_schema=False)
    named = dict(table.select(pl.coalesce("call_type_code", "call_type"), "category").iter_rows())
    assert (named["103M"], named["94F"], named["21"]) == ("mental_health_crisis", "noise", "unclassified")


def test_codes_count_as_without_meaning_only_as_far_as_no_book_explains_them(
    rightcall: Run, bare: Path
) -> None:
    def unexplained(*options: str) -> list[int]:
        found = json.loads(rightcall("run", bare, "--json", *options)[1])["problems"]
        return [p["count"] for p in found if p["problem"] == "code_without_text"]

    assert unexplained() == [36]
    # 0415 and ZZ9 stand in no list of Louisiana; 21 does, as a mixed bag.
    assert unexplained("--code-book", "louisiana_signals") == [9 + 2]


def test_an_unknown_code_book_is_told_before_anything_is_read(rightcall: Run, bare: Path) -> None:
    code, _, err = rightcall("run", bare, "--json", "--code-book", "louisiana_signal")
    assert code == 7
    assert 'Did you mean "louisiana_signals"' in err


def test_code_books_stand_in_the_settings_file_too(
    rightcall: Run, bare: Path, write: Callable[..., Path]
) -> None:
    config = write("rightcall.toml", 'files = ["bare.csv"]\ncode_books = ["louisiana_signals"]\n')
    _, out, _ = rightcall("run", "--config", config, "--json")
    assert json.loads(out)["code_books"] == ["louisiana_signals"]


def test_the_queue_says_what_is_known_and_hides_what_is_rare(rightcall: Run, bare: Path) -> None:
    _, out, _ = rightcall("review", bare)
    assert "5 call types are undecided" in out
    assert "12 calls, 7 officer hours, half of them at most 30 minutes on scene (median)" in out
    assert "how the calls ended: GOA 67 %, other 33 %" in out
    assert "5. ZZ9\n     too few calls to be shown\n" in out


def test_a_sheet_goes_out_is_filled_in_and_comes_back(rightcall: Run, bare: Path, tmp_path: Path) -> None:
    sheet, city = tmp_path / "sheet.csv", tmp_path / "city.csv"
    code, _, _ = rightcall("crosswalk", "export", bare, "--out", sheet)
    assert code == 0
    assert sheet.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(sheet.read_text("utf-8-sig"))))
    assert tuple(rows[0]) == SHEET_COLUMNS
    assert {row["category"] for row in rows} == {""}
    assert [row["calls"] for row in rows] == ["12", "9", "7", "6", ""]
    name = "code" if rows[0]["code"] else "text"
    # The spreadsheet eats the zero of 0415, and saves with semicolons and its own line ends.
    for row, category in zip(rows, ("mental_health_crisis", "disturbance", "", "noise", ""), strict=True):
        row[name] = {"'0415": "415"}.get(row[name], row[name])
        row["category"], row["hazard"] = category, "none" if category else ""
    out = io.StringIO()
    writer = csv.DictWriter(out, SHEET_COLUMNS, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    sheet.write_bytes(out.getvalue().encode("utf-8-sig"))
    code, said, _ = rightcall("crosswalk", "import", sheet, "--into", city, "--reviewer", "AB")
    assert code == 0
    assert 'Line 3: the code "415" was "0415"' in said or name == "text"
    assert "3 decisions; 2 types are left for later" in said
    signed = load_crosswalk(city).rows
    assert signed[name].to_list()[0::2] == ["103M", "94F"]
    assert signed["reviewer"].unique().to_list() == ["AB"]
    _, said, _ = rightcall("crosswalk", "import", sheet, "--into", city, "--reviewer", "AB")
    assert "0 signed" in said
    assert "3 were there already" in said


def _filled(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "filled.csv"
    header = "agency,code,text,category,hazard,confidence,reviewer,exported_code,exported_text\n"
    path.write_text(header + "".join(f"{line}\n" for line in lines))
    return path


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (",21,,noize,none,,AB,,", 'Line 3: no category is called "noize". Did you mean "noise"'),
        (",21,,noise,gun,,AB,,", 'Line 3: "gun" is no hazard'),
        (",21,,noise,none,certain,AB,,", 'Line 3: confidence is "certain"'),
        (",21,,noise,none,,,,", "Line 3: a signed row needs a reviewer"),
        (",10-Jan,,noise,none,,AB,,", 'Line 3: the code "10-Jan" looks like a date that a spreadsheet made'),
        (",,PARTY,noise,none,,AB,as exported:,as exported: FIGHT", 'Line 3: the text was "FIGHT"'),
        (",22,PARTY,noise,none,,AB,as exported: 21,as exported: PARTY", 'Line 3: the code was "21"'),
        (",,MUSIC,disturbance,none,,AB,,", "Line 3: line 2 says something else about the same type"),
    ],
)
def test_one_faulty_line_stops_the_whole_import_and_is_named(
    rightcall: Run, tmp_path: Path, line: str, fault: str
) -> None:
    city = tmp_path / "city.csv"
    sheet = _filled(tmp_path, ",,MUSIC,noise,none,,AB,,", line)
    code, _, err = rightcall("crosswalk", "import", sheet, "--into", city)
    assert code == 7
    assert fault in err
    assert not city.exists()


def test_a_code_that_became_a_date_is_put_right_where_the_sheet_remembers_it(
    rightcall: Run, tmp_path: Path
) -> None:
    city = tmp_path / "city.csv"
    sheet = _filled(tmp_path, ",10-Jan,,noise,none,,AB,as exported: 1-10,as exported:")
    _, said, _ = rightcall("crosswalk", "import", sheet, "--into", city)
    assert 'the code "10-Jan" was "1-10"' in said
    assert load_crosswalk(city).rows["code"].to_list() == ["1-10"]
    assert ",'1-10," in city.read_text()


def test_an_empty_sheet_is_a_template(rightcall: Run, tmp_path: Path) -> None:
    rightcall("crosswalk", "export", "--out", tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text("utf-8-sig").strip() == ",".join(SHEET_COLUMNS)
    code, _, err = rightcall("crosswalk", "export", "--out", tmp_path / "t.csv")
    assert (code, "is there already" in err) == (6, True)


def test_no_cell_of_a_sheet_is_a_formula(town, tmp_path: Path) -> None:
    table = sheet_table(queue_of(town), town.crosswalk, 5).with_columns(pl.lit("=1+1").alias("text"))
    write_sheet(table, tmp_path / "s.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "s.csv").read_text("utf-8-sig"))))
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_sign_says_what_was_signed_and_who_disagrees(rightcall: Run, tmp_path: Path) -> None:
    city = tmp_path / "city.csv"
    arguments = ("sign", city, "--code", "103M", "--category", "mental_health_crisis", "--hazard", "none")
    code, out, _ = rightcall(*arguments, "--reviewer", "AB", "--reason", "signal list")
    assert (code, "Signed: 103M = mental_health_crisis, hazard none (AB, sure)." in out) == (0, True)
    _, out, _ = rightcall(*arguments[:5], "disturbance", *arguments[6:], "--reviewer", "CD")
    assert "Reviewers agree on the category of 0 of 1 types" in out
    assert "1 conflict(s) stop every run" in out
    _, out, _ = rightcall(*arguments, "--reviewer", "CHIEF", "--replaces", "AB|CD")
    assert "conflict" not in out
    _, out, _ = rightcall("crosswalk", "status", city, "--json")
    state = json.loads(out)
    assert state["standing"] == {"counts": 1, "replaced": 2}
    assert state["agreement"][0]["numerator"] == 0
    assert state["agreement"][0]["denominator"] == 1


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (("--category", "noize", "--hazard", "none"), 7, 'Did you mean "noise"'),
        (("--category", "noise", "--hazard", "none", "--confidence", "maybe"), 2, "sure or unsure"),
    ],
)
def test_a_decision_that_cannot_be_is_explained(
    rightcall: Run, tmp_path: Path, options: tuple[str, ...], code: int, sentence: str
) -> None:
    left, _, err = rightcall("sign", tmp_path / "c.csv", "--text", "PARTY", "--reviewer", "AB", *options)
    assert (left, sentence in err) == (code, True)


def test_a_run_where_two_must_agree_leaves_single_signatures_out(
    rightcall: Run, bare: Path, tmp_path: Path
) -> None:
    city = tmp_path / "city.csv"
    sign = (
        "sign",
        city,
        "--code",
        "103M",
        "--category",
        "mental_health_crisis",
        "--hazard",
        "none",
        "--reviewer",
    )
    rightcall(*sign, "AB")
    run = ("run", bare, "--crosswalk", city, "--json")
    _, out, _ = rightcall(*run)
    assert json.loads(out)["signed_types"] == 1
    _, out, _ = rightcall(*run, "--two-signatures")
    assert json.loads(out)["signed_types"] == 0
    assert (
        "city.csv: 1 decision(s) wait for a second reviewer and do not count yet."
        in json.loads(out)["warnings"]
    )
    rightcall(*sign, "CD")
    _, out, _ = rightcall(*run, "--two-signatures")
    assert json.loads(out)["signed_types"] == 1


def test_a_conflict_stops_a_run(rightcall: Run, bare: Path, tmp_path: Path) -> None:
    city = tmp_path / "city.csv"
    for reviewer, category in (("AB", "noise"), ("CD", "disturbance")):
        rightcall(
            "sign", city, "--code", "21", "--category", category, "--hazard", "none", "--reviewer", reviewer
        )
    code, _, err = rightcall("run", bare, "--crosswalk", city, "--json")
    assert (code, "two category values" in err) == (7, True)


def test_diff_shows_changes_and_what_they_do_to_the_eligible_calls(rightcall: Run, tmp_path: Path) -> None:
    export, before, after = (tmp_path / name for name in ("town.csv", "before.csv", "after.csv"))
    export.write_text(town_csv())
    before.write_text(town_crosswalk())
    after.write_text(town_crosswalk().replace(",noise,none", ",weapon,none").replace("ODD JOB", "ODDER JOB"))
    rightcall(
        "run", export, "--crosswalk", before, "--policy", "community_responder_broad", "--out", tmp_path / "r"
    )
    counts = tmp_path / "r" / "call_types.csv"
    arguments = (
        "crosswalk",
        "diff",
        before,
        after,
        "--policy",
        "community_responder_broad",
        "--counts",
        counts,
    )
    code, out, _ = rightcall(*arguments)
    assert code == 0
    assert "1 added, 1 removed, 1 changed." in out
    assert "changed: NOISE: noise (hazard none) → weapon (hazard none)" in out
    _, out, _ = rightcall(*arguments, "--json")
    effect = json.loads(out)["effect"]
    # Five of the seven types have enough calls to be counted: 9 + 8 + 7 + 6 + 5.
    assert (effect["calls"], effect["not_counted"]) == (35, 2)
    assert effect["eligible_before"] == effect["eligible_after"]


def test_facts_of_a_type_are_shares_never_calls(town) -> None:
    facts = type_facts(town)
    assert facts["on_scene_minutes_median"].drop_nulls().unique().to_list() == [20.0]
    assert facts.height == 5


def test_interactive_needs_a_terminal_a_file_and_a_name(rightcall: Run, bare: Path, tmp_path: Path) -> None:
    code, _, err = rightcall("review", bare, "--interactive")
    assert (code, "--crosswalk and --reviewer" in err) == (2, True)


def test_on_a_terminal_each_answer_is_signed_at_once(bare: Path, tmp_path: Path) -> None:
    city = tmp_path / "city.csv"
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "app.cli", "review", str(bare), "--interactive"]
    process = subprocess.Popen(
        [*command, "--crosswalk", str(city), "--reviewer", "AB", "--top", "4"],
        stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    os.close(slave)
    answers = [
        "s",
        "mental_health_crisis",
        "none",
        "list",
        "u",
        "noize",
        "none",
        "",
        "noise",
        "none",
        "",
        "k",
        "q",
    ]
    os.write(master, "".join(f"{answer}\n" for answer in answers).encode())
    out, _ = process.communicate(timeout=120)
    os.close(master)
    assert process.returncode == 0, out
    assert 'no category is called "noize"' in out
    assert "2 decision(s) signed" in out
    lines = read_crosswalk(city).decisions
    assert lines.select("category", "confidence", "reason").rows() == [
        ("mental_health_crisis", "sure", "list"),
        ("noise", "unsure", ""),
    ]


def test_types_that_are_all_signed_never_load_the_text_model(tmp_path: Path) -> None:
    export, signed = tmp_path / "town.csv", tmp_path / "signed.csv"
    export.write_text(town_csv())
    signed.write_text(town_crosswalk())
    program = (
        "import sys\n"
        "from app.cli import main\n"
        f"for command in ('run', 'review'):\n"
        f"    sys.argv = ['rightcall', command, {str(export)!r}, '--crosswalk', {str(signed)!r}, '--json']\n"
        "    try:\n        main()\n    except SystemExit as left:\n        assert not left.code\n"
        "heavy = {'torch', 'sentence_transformers', 'transformers', 'sklearn'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stderr.strip().splitlines()[-1] == "[]"
