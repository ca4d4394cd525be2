"""Signing adds lines and loses none: replaced, unsure, waiting and contradicting decisions, crashes, two writers."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from call_codes.crosswalk import load_crosswalk, read_crosswalk
from call_codes.errors import CodeBookError, OutputError
from call_codes.signing import FILE_COLUMNS, Decision, append_decisions

OLD_HEADER = "agency,code,text,category,hazard,basis,reviewer,since,note\n"


def decision(text: str, category: str, reviewer: str = "AB", **more: str) -> Decision:
    return Decision(category, reviewer, "2026-11-21", text=text, **{"hazard": "none", **more})


def standings(path: Path, signatures: int = 1) -> list[tuple[str, str, str]]:
    rows = read_crosswalk(path, signatures=signatures).decisions
    return rows.select("reviewer", "category", "standing").rows()


def test_a_first_decision_makes_the_file_and_counts(tmp_path: Path) -> None:
    path = tmp_path / "new" / "city.csv"
    assert append_decisions(path, [decision("LOUD MUSIC", "noise", reason="heard, not seen")]).written == 1
    assert path.read_text() == (
        ",".join(FILE_COLUMNS) + "\n"
        ',,LOUD MUSIC,noise,none,signed,AB,,,2026-11-21,"heard, not seen",,sure\n'
    )  # fmt: skip
    assert load_crosswalk(path).rows.select("text", "category", "reviewer").rows() == [
        ("LOUD MUSIC", "noise", "AB")
    ]


def test_who_changes_their_mind_replaces_the_own_line_and_both_stay(tmp_path: Path) -> None:
    path = tmp_path / "city.csv"
    append_decisions(path, [decision("PARTY", "noise")])
    append_decisions(path, [decision("PARTY", "disturbance", reviewer="ab", reason="fights")])
    assert standings(path) == [("AB", "noise", "replaced"), ("ab", "disturbance", "counts")]
    assert load_crosswalk(path).rows["category"].to_list() == ["disturbance"]


def test_the_same_decision_again_is_not_written_twice(tmp_path: Path) -> None:
    path = tmp_path / "city.csv"
    append_decisions(path, [decision("PARTY", "noise")])
    again = append_decisions(path, [decision("party!", "noise")])
    assert (again.written, again.already_there) == (0, 1)


def test_two_reviewers_who_differ_block_until_one_line_settles_it(tmp_path: Path) -> None:
    path = tmp_path / "city.csv"
    append_decisions(path, [decision("PARTY", "noise")])
    append_decisions(path, [decision("PARTY", "disturbance", reviewer="CD")])
    with pytest.raises(CodeBookError, match=r'Lines 2, 3: "PARTY" .* two category values'):
        load_crosswalk(path)
    assert read_crosswalk(path).rows.height == 0
    append_decisions(path, [decision("PARTY", "noise", reviewer="CHIEF", replaces="AB|CD")])
    assert [row[2] for row in standings(path)] == ["replaced", "replaced", "counts"]
    assert load_crosswalk(path).rows["reviewer"].to_list() == ["CHIEF"]


def test_replaces_must_name_someone_who_signed_this_type(tmp_path: Path) -> None:
    path = tmp_path / "city.csv"
    append_decisions(path, [decision("PARTY", "noise")])
    with pytest.raises(CodeBookError, match="replaces names cd, who signed nothing"):
        append_decisions(path, [decision("PARTY", "noise", reviewer="CHIEF", replaces="CD")])
    assert len(standings(path)) == 1


def test_an_unsure_decision_is_kept_and_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "city.csv"
    append_decisions(path, [decision("PARTY", "noise", confidence="unsure")])
    book = load_crosswalk(path)
    assert book.rows.height == 0
    assert book.notices == ('city.csv: 1 decision(s) are marked "unsure" and do not count.',)
    append_decisions(path, [decision("PARTY", "noise")])
    assert [row[2] for row in standings(path)] == ["replaced", "counts"]


def test_where_two_people_must_agree_one_signature_waits(tmp_path: Path) -> None:
    path = tmp_path / "city.csv"
    append_decisions(path, [decision("PARTY", "noise")])
    append_decisions(path, [decision("PARTY", "noise", reviewer=" ab ", note="the same person again")])
    assert load_crosswalk(path, signatures=2).rows.height == 0
    append_decisions(path, [decision("PARTY", "noise", reviewer="CD")])
    assert load_crosswalk(path, signatures=2).rows.height == 1
    assert [row[2] for row in standings(path, 2)] == ["counts", "counts"]


def test_people_come_before_a_code_book_in_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "city.csv"
    path.write_text(OLD_HEADER + "c,21,,unclassified,,code_book,,,\n")
    append_decisions(path, [Decision("noise", "AB", "2026-11-21", agency="c", code="21")])
    assert [row[2] for row in standings(path)] == ["replaced", "counts"]


def test_an_older_file_gains_the_decision_columns_and_keeps_its_lines_and_extra_columns(
    tmp_path: Path,
) -> None:
    path = tmp_path / "city.csv"
    path.write_bytes(
        ("﻿beat;" + OLD_HEADER.replace(",", ";") + "7;c;;Café;noise;none;signed;AB;;old").encode()
    )
    append_decisions(path, [decision("PARTY", "noise", agency="c")])
    lines = path.read_text().splitlines()
    assert (
        lines[0]
        == "beat;agency;code;text;category;hazard;basis;reviewer;since;note;date;reason;replaces;confidence"
    )
    assert lines[1] == "7;c;;Café;noise;none;signed;AB;;old;;;;"
    assert load_crosswalk(path).rows["text"].to_list() == ["Café", "PARTY"]


def test_a_faulty_decision_among_good_ones_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "city.csv"
    with pytest.raises(CodeBookError, match='Decision 2: no category is called "noize"'):
        append_decisions(path, [decision("PARTY", "noise"), decision("MUSIC", "noize")])
    assert not path.exists()


@pytest.mark.parametrize("cut", [3, 10, 25, 40, 52, 55, 58])
def test_a_line_that_was_cut_off_is_told_left_aside_and_kept_beside(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "city.csv"
    append_decisions(path, [decision("LOUD MUSIC", "noise")])
    append_decisions(path, [decision('SAYS "HELP", RUNS', "welfare_check")])
    whole = path.read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    fragment = last[: min(cut, len(last) - 2)]
    path.write_bytes(whole[: -len(last)] + fragment)
    book = load_crosswalk(path)
    assert book.rows["text"].to_list() == ["LOUD MUSIC"]
    assert "the last line is unfinished" in book.notices[0]
    signed = append_decisions(path, [decision("PARTY", "noise")])
    assert "was moved to city.unfinished.txt" in signed.notices[0]
    assert (tmp_path / "city.unfinished.txt").read_bytes() == fragment + b"\n"
    assert load_crosswalk(path).rows["text"].to_list() == ["LOUD MUSIC", "PARTY"]


def test_a_last_line_without_its_line_end_counts_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "city.csv"
    path.write_text(OLD_HEADER + "c,,PARTY,noise,none,signed,AB,,")
    assert load_crosswalk(path).notices == ()
    append_decisions(path, [decision("MUSIC", "noise")])
    assert load_crosswalk(path).rows["text"].to_list() == ["PARTY", "MUSIC"]


def test_a_file_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        append_decisions(tmp_path, [decision("PARTY", "noise")])


def test_a_signed_file_survives_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "city.csv"
    for code, text in (("0415", '=CMD "X", Y'), ("1-10", "Café; música"), ("5E3", "PARTY")):
        append_decisions(path, [decision(text, "noise", code=code, reason="+1 says so")])
    before = load_crosswalk(path)
    # What a spreadsheet makes of it: its own mark, separator, line ends, quotes and dates.
    rows = list(csv.reader(io.StringIO(path.read_text())))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerows([cell.replace("2026-11-21", "11/21/2026") for cell in row] for row in rows)
    path.write_bytes(out.getvalue().encode("utf-8-sig"))
    after = load_crosswalk(path)
    assert after.rows.equals(before.rows)
    assert after.decisions.equals(before.decisions)
    append_decisions(path, [decision("MUSIC", "noise", code="0007")])
    assert load_crosswalk(path).rows["code"].to_list() == ["0415", "1-10", "5E3", "0007"]


WRITER = """
import sys
from pathlib import Path
from call_codes.signing import Decision, append_decisions
path, name, many = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for number in range(many):
    append_decisions(path, [Decision("noise", name, "2026-11-21", text=f"TYPE {name} {number}", reason="x" * 400)])
    print(number, flush=True)
"""


def _writer(path: Path, name: str, many: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name, str(many)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def test_killed_in_the_middle_no_confirmed_decision_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "city.csv"
    confirmed: set[str] = set()
    for run in range(2):
        writer = _writer(path, f"W{run}", 10_000)
        assert writer.stdout is not None
        for _ in range(6):
            assert writer.stdout.readline()
        time.sleep(0.05)
        os.kill(writer.pid, signal.SIGKILL)
        said = writer.stdout.read().split()
        writer.wait()
        writer.stdout.close()
        confirmed |= {f"TYPE W{run} {number}" for number in [*range(6), *map(int, said)]}
    append_decisions(path, [decision("AFTERWARDS", "noise")])
    there = set(load_crosswalk(path).rows["text"])
    assert confirmed | {"AFTERWARDS"} <= there
    assert len(there) <= len(confirmed) + 3


def test_two_processes_that_sign_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "city.csv"
    path.write_text(OLD_HEADER + "c,,PARTY,noise,none,signed,AB,,\n")  # the first of them adds the columns
    writers = [_writer(path, name, 25) for name in ("ONE", "TWO")]
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    assert load_crosswalk(path).rows.height == 51
