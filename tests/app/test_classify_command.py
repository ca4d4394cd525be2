"""`rightcall classify`: a list in, as many answers out, whatever program wrote the list and whatever is in it."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys

import polars as pl
import pytest

from app.agency_rows import agency_rows
from app.classified_list import COLUMNS
from app.type_list import open_type_list
from classifier.batches import UnrepeatedModel
from classifier.store import default_model

SIGNED = """agency,code,text,category,hazard,basis,reviewer,since,note
Alder Falls,,WELFARE CHECK,welfare_check,none,signed,A. Reviewer,2024-01-01,
Alder Falls,,TRESPASS,trespass,none,signed,A. Reviewer,2024-01-01,
Alder Falls,,BURGLARY REPORT,burglary,none,signed,A. Reviewer,2024-01-01,
Alder Falls,,"DISTURBANCE, VERBAL",disturbance,none,signed,A. Reviewer,2024-01-01,
Alder Falls,,TOTAL,unclassified,none,signed,A. Reviewer,2024-01-01,
Alder Falls,,CALL_TYPE,unclassified,none,signed,A. Reviewer,2024-01-01,
Alder Falls,415,,disturbance,,code_book,,2024-01-01,
"""


@pytest.fixture
def answers(rightcall, write, tmp_path):
    """Classify a list with the signed rows of the town; returns the rows of the answers."""
    crosswalk = write("signed.csv", SIGNED)

    def run(content, *options, name="types.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        out = tmp_path / "out.csv"
        code, _, err = rightcall(
            "classify",
            path,
            "--out",
            out,
            "--force",
            "--crosswalk",
            crosswalk,
            "--agency",
            "alder falls",
            *options,
        )
        assert (code, err) == (0, "")
        with out.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return run


def test_each_row_gets_category_answer_question_and_what_decided_it(answers):
    rows = answers("call_type,calls\nWELFARE CHECK,60\nTRESPASS,30\nBURGLARY REPORT,10\n")
    assert list(rows[0]) == ["call_type", *COLUMNS]
    assert [row["eligible"] for row in rows] == ["yes", "screen", "no"]
    assert [row["deciding_rule"] for row in rows] == ["rule 2", "rule 4", "default"]
    assert [bool(row["question"]) for row in rows] == [False, True, False]
    assert {row["basis"] for row in rows} == {"signed"}


def test_as_many_rows_go_out_as_came_in_duplicates_blanks_totals_and_repeated_headers_too(answers):
    rows = answers(
        'call_type,code\nTRESPASS,\n"",\nTRESPASS,\n,415\nTotal,3\ncall_type,code\nWELFARE CHECK,\n'
    )
    assert [row["call_type"] for row in rows] == [
        "TRESPASS", "", "TRESPASS", "", "Total", "call_type", "WELFARE CHECK",
    ]  # fmt: skip
    assert [row["basis"] for row in rows][:4] == ["signed", "blank", "signed", "code_book"]
    assert rows[3]["category"] == "disturbance"


def test_one_column_needs_no_quotation_marks_and_blank_lines_between_stay(answers):
    rows = answers("Call_Type\nDISTURBANCE, VERBAL\n\nTRESPASS\n")
    assert [row["call_type"] for row in rows] == ["DISTURBANCE, VERBAL", "", "TRESPASS"]
    assert [row["category"] for row in rows] == ["disturbance", "unclassified", "trespass"]


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffCALL TYPE;Calls\r\nWELFARE CHECK;1,000\r\n".encode(),
        b"call_type\tcalls\nWELFARE CHECK\t1000\n",
        "CallType|CALLS\nWELFARE CHECK|1000\n".encode("utf-16"),
        gzip.compress(b"Call Type,calls\nWELFARE CHECK,1000\n"),
    ],
    ids=["semicolons and a byte-order mark", "tabs", "utf-16 and bars", "gzip"],
)
def test_header_case_delimiter_and_encoding_do_not_matter(answers, content):
    rows = answers(content, name="types.csv.gz" if content[:2] == b"\x1f\x8b" else "types.csv")
    assert [row["eligible"] for row in rows] == ["yes"]


def test_the_share_is_weighted_by_calls_and_signed_types_leave_no_doubt(rightcall, write):
    listed = write(
        "types.csv", "call_type,calls,hours\nWELFARE CHECK,60,10\nTRESPASS,30,5\nBURGLARY REPORT,10,5\n"
    )
    _, out, _ = rightcall(
        "classify", listed, "--crosswalk", write("signed.csv", SIGNED), "--agency", "Alder Falls", "--json"
    )
    document = json.loads(out)
    assert document["rows_by_answer"] == {"yes": 1, "screen": 1, "no": 1}
    calls, hours = document["eligible_share"]["calls"], document["eligible_share"]["hours"]
    assert (calls["low"], calls["policy"], calls["high"]) == (0.6, 0.6, 0.9)
    assert (hours["low"], hours["policy"], hours["high"]) == (0.5, 0.5, 0.75)
    assert calls["on_unsigned_types_share"] == 0
    assert document["notices"] == []


def test_a_number_of_calls_that_cannot_be_read_is_told(rightcall, write):
    listed = write("types.csv", "call_type,calls\nTRESPASS,many\nWELFARE CHECK,5\n")
    _, out, _ = rightcall("classify", listed, "--crosswalk", write("signed.csv", SIGNED), "--json")
    document = json.loads(out)
    assert document["notices"] == ["1 rows have no readable number of calls; they weigh nothing."]
    assert document["eligible_share"]["calls"]["denominator"] == 5


def test_signed_rows_of_another_agency_do_not_count_and_an_unknown_agency_is_told(rightcall, write):
    listed, signed = write("types.csv", "call_type,code\n,415\n"), write("signed.csv", SIGNED)
    _, out, _ = rightcall("classify", listed, "--crosswalk", signed, "--agency", "Alder Fals", "--json")
    document = json.loads(out)
    assert document["rows_by_basis"] == {"bare_code": 1}
    assert 'Did you mean "Alder Falls"?' in document["notices"][0]
    _, out, _ = rightcall("classify", listed, "--code-book", signed, "--agency", "alder-falls", "--json")
    assert json.loads(out)["rows_by_basis"] == {"code_book": 1}


@pytest.mark.parametrize(
    ("name", "content", "options", "code", "sentence"),
    [
        ("types.csv", "kind\nTRESPASS\n", (), 3, "no column call_type"),
        ("types.csv", "call_type,Call Type\nA,B\n", (), 3, "mean the same"),
        ("types.csv", "call_type,calls\nDISTURBANCE, VERBAL,5\n", (), 3, "quotation marks"),
        ("types.csv", "call_type\n", (), 3, "no rows"),
        ("types.csv", "", (), 3, "Found:"),
        ("types.csv", "call_type\nTRESPASS\n", ("--policy", "denver_sta"), 5, 'Did you mean "denver_star"?'),
        ("types.csv", "call_type\nTRESPASS\n", ("--crosswalk", "absent.csv"), 7, "absent.csv"),
        ("types.csv", "call_type\nTRESPASS\n", ("--code-book", "nowhere"), 7, "nowhere"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_and_nothing_is_written(
    rightcall, write, tmp_path, name, content, options, code, sentence
):
    listed, out = write(name, content), tmp_path / "results" / "out.csv"
    found, printed, err = rightcall("classify", listed, "--out", out, *options)
    assert (found, printed) == (code, "")
    assert sentence in err
    assert "Traceback" not in err
    assert not out.exists()
    assert not list(tmp_path.rglob("*unfinished*"))


def test_an_out_that_exists_is_kept_unless_forced_and_the_list_itself_never_replaced(
    rightcall, write, tmp_path
):
    listed, out = write("types.csv", "call_type\nTRESPASS\n"), write("out.csv", "mine")
    signed = write("signed.csv", SIGNED)
    assert rightcall("classify", listed, "--out", out, "--crosswalk", signed)[0] == 6
    assert out.read_text() == "mine"
    assert rightcall("classify", listed, "--out", listed, "--crosswalk", signed, "--force")[0] == 6
    assert listed.read_text() == "call_type\nTRESPASS\n"
    assert rightcall("classify", listed, "--out", tmp_path, "--crosswalk", signed, "--force")[0] == 6
    assert rightcall("classify", listed)[0] == 2
    assert rightcall("classify", listed, "--out", out, "--crosswalk", signed, "--force")[0] == 0


def test_no_call_type_can_act_as_a_spreadsheet_formula(answers):
    rows = answers('call_type,code\n"=HYPERLINK(""http://x"")",415\n')
    assert rows[0]["call_type"].startswith("'=")


def test_remarks_are_not_read_unless_asked_for_and_their_text_is_in_no_output(
    answers, rightcall, tmp_path, write
):
    planted = "HE HAS A KNIFE RP ZEBEDEE QUILL 612-555-0188"
    listed = f'call_type,remark\nWELFARE CHECK,"{planted}"\nWELFARE CHECK,\n'
    assert [row["eligible"] for row in answers(listed)] == ["yes", "yes"]
    rows = answers(listed, "--read-remarks")
    assert [row["eligible"] for row in rows] == ["no", "yes"]
    assert rows[0]["hazard_reason"].endswith("weapon stated in the remarks")
    _, out, err = rightcall(
        "classify", tmp_path / "types.csv", "--crosswalk", write("s.csv", SIGNED), "--read-remarks", "--json"
    )
    shown = out + err + (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert not [word for word in planted.split() if len(word) > 4 and word in shown]
    ragged = write("ragged.csv", f"call_type,remark\nWELFARE CHECK,{planted}, MORE, AND MORE\n")
    _, out, err = rightcall("classify", ragged, "--read-remarks", "--json")
    assert "ZEBEDEE" not in out + err


def test_a_list_of_signed_types_never_loads_the_model(write, tmp_path):
    listed, signed = write("types.csv", "call_type\nTRESPASS\nWELFARE CHECK\n"), write("signed.csv", SIGNED)
    script = (
        "import sys; from app.cli import cli\n"
        f"cli(['classify', {str(listed)!r}, '--crosswalk', {str(signed)!r}, '--json'], standalone_mode=False)\n"
        "assert not {'torch', 'sklearn', 'skops', 'tokenizers'} & set(sys.modules), 'heavy'\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_streamed_list_gives_the_rows_of_one_read_at_once(tmp_path, monkeypatch):
    path = tmp_path / "types.csv"
    path.write_text(
        "call_type,calls\n" + "".join(f'"TYPE {n}, X",{n}\n\n' for n in range(500)), encoding="utf-8"
    )
    at_once = pl.concat(open_type_list(path).batches(64))
    monkeypatch.setattr("app.type_list.STREAMED_BYTES", 100)
    monkeypatch.setattr("calls.stream.PIECE_BYTES", 1000)
    streamed = pl.concat(open_type_list(path).batches(64))
    assert streamed.equals(at_once)
    # The last blank line ends the file and is no row.
    assert at_once.height == 999


def test_columns_that_we_have_no_use_for_are_never_read(write):
    listed = open_type_list(write("types.csv", "call_type,address,remark\nTRESPASS,1 Main St,x\n"))
    assert listed.columns == ("call_type",)
    assert next(listed.batches(5)).columns == ["call_type", "call_type_code"]


def test_without_an_agency_nothing_of_ours_is_applied(write):
    assert agency_rows(None, None, None).crosswalk is None


def test_guessed_types_carry_their_doubt(rightcall, write):
    listed = write(
        "types.csv",
        "call_type,calls\nCHECK WELFARE OF PERSON,10\nMENTAL PERSON ARMED W/ KNIFE,10\nZZQX BLORP,10\n",
    )
    _, out, _ = rightcall("classify", listed, "--json")
    document = json.loads(out)
    share = document["eligible_share"]["calls"]
    assert document["rows_by_basis"] == {"model": 3}
    assert document["rows_by_answer"]["no"] >= 1
    assert share["low"] < share["policy"] < share["high"]
    assert share["on_unsigned_types_share"] == 1.0


def test_a_text_is_encoded_once_and_the_answers_are_the_models_own():
    texts = ["WELFARE CHECK", "LOUD MUSIC", "WELFARE CHECK"]
    model, asked = UnrepeatedModel(room=2), default_model()
    assert not model.loaded
    shares, hazards = model.predict(texts)
    expected, expected_hazards = asked.predict(texts)
    assert shares == pytest.approx(expected, abs=1e-5)
    assert hazards == pytest.approx(expected_hazards, abs=1e-5)
    assert list(model._known) == ["WELFARE CHECK", "LOUD MUSIC"]
    model.predict(["ANIMAL CALL"])
    assert list(model._known) == ["ANIMAL CALL"]
