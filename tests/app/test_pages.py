"""The pages as a visitor meets them, without a browser: what each shows, and what it says when it cannot."""

from __future__ import annotations

import socket
import sys
import tempfile
import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import app.sources
from app import serve, session, source_chooser
from app.outputs import write_outputs
from app.source_choice import paths_given
from app.views.call_types import call_types_csv
from app.wording import without_markup
from call_codes.errors import InputError, UsageError
from call_codes.policy import load_policy

ROOT = Path(__file__).resolve().parents[2]
START = "views/start.py"
PAGES = (
    START,
    "views/overview.py",
    "views/call_types.py",
    "views/eligibility.py",
    "views/officer_time.py",
    "views/plan.py",
    "views/evaluate.py",
    "views/report_data.py",
    "views/about.py",
)
CALL_TYPES, OFFICER_TIME = "views/call_types.py", "views/officer_time.py"
# One worker for all of them: the text model is read once.
pytestmark = pytest.mark.xdist_group("pages")


def export(middle: str = "WELFARE CHECK", times: bool = True) -> str:
    """61 calls, one an hour; the call in the middle is of type `middle`. 20 are traffic stops."""
    start = datetime(2024, 3, 4)
    lines = ["Incident,Call Type,Call Source,Beat" + (",Received,Dispatched,Cleared" if times else "")]
    for i in range(61):
        at = start + timedelta(hours=i)
        stamps = [at, at + timedelta(minutes=5), at + timedelta(minutes=35)]
        kind = middle if i == 30 else ("TRAFFIC STOP" if i % 3 == 0 else "WELFARE CHECK")
        cells = [f"24-{i:04}", kind, "OFFICER" if kind == "TRAFFIC STOP" else "911", "North"]
        lines.append(",".join([*cells, *(f"{s:%m/%d/%Y %H:%M:%S}" for s in stamps if times)]))
    return "\n".join(lines) + "\n"


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Open the app as `rightcall app FILE` does, on one of its pages."""

    def _visit(file: Path | None = None, page: str = START) -> AppTest:
        monkeypatch.setattr(sys, "argv", ["home.py", *([str(file)] if file else [])])
        visitor = AppTest.from_file(str(ROOT / "app" / "home.py"), default_timeout=180).run()
        return visitor if page == START else visitor.switch_page(page).run()

    return _visit


def words(visitor: AppTest) -> str:
    """Everything that a page says, but for the cells of st.dataframe."""
    kinds = ("title", "header", "subheader", "text", "markdown", "caption", "info", "warning", "html")
    elements: list[Any] = [element for kind in kinds for element in getattr(visitor, kind, visitor.get(kind))]
    return "\n".join(str(getattr(e, "value", None) or getattr(e.proto, "body", "")) for e in elements)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_the_sample_city_opens_and_says_that_the_city_is_made_up(
    visit: Callable[..., AppTest], page: str
) -> None:
    if not session.SAMPLE.is_file():
        pytest.skip("the sample city has not been generated")
    visitor = visit(page=page)
    assert not visitor.exception
    assert "No number here is about a real place" in visitor.info[0].value
    assert "calls" in words(visitor)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_with_the_file_from_the_command_line(
    visit: Callable[..., AppTest], write: Callable[..., Path], page: str
) -> None:
    visitor = visit(write("calls.csv", export()), page)
    assert not visitor.exception
    assert not visitor.info
    assert any(element.value == "Open: calls.csv" for element in visitor.sidebar.text)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_with_an_export_that_has_no_times(
    visit: Callable[..., AppTest], write: Callable[..., Path], page: str
) -> None:
    visitor = visit(write("calls.csv", export(times=False)), page)
    assert not visitor.exception


def test_the_overview_shows_a_range_with_numerator_denominator_and_definition(
    visit: Callable[..., AppTest], write: Callable[..., Path]
) -> None:
    said = words(visit(write("calls.csv", export()), "views/overview.py"))
    assert "61 rows read = 61 kept + 0 set aside" in said
    assert "of 41 calls" in said  # all but the 20 traffic stops, which officers start
    assert "Counted: Eligible types under" in said
    assert "The answer is a range" in said


def test_another_policy_gives_another_answer_and_reads_nothing_again(
    visit: Callable[..., AppTest], write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    before = app.sources.read_table

    def counting(path: Path) -> Any:
        read.append(path)
        return before(path)

    monkeypatch.setattr(app.sources, "read_table", counting)
    visitor = visit(write("calls_policy.csv", export()), "views/overview.py")
    first = words(visitor)
    visitor.selectbox(key="policy").set_value("civilian_admin").run()
    assert not visitor.exception
    second = words(visitor)
    assert len(read) == 1
    assert load_policy("civilian_admin").label in second
    assert first != second
    # Back again: the first answer, not a mixture.
    visitor.selectbox(key="policy").set_value("behavioral_health_plus").run()
    assert words(visitor) == first


def test_a_link_opens_the_page_under_its_policy_and_the_address_names_the_policy_in_use(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["home.py", str(write("calls_link.csv", export()))])
    visitor = AppTest.from_file(str(ROOT / "app" / "home.py"), default_timeout=180)
    visitor.query_params["policy"] = "denver_star"
    visitor.run()
    assert not visitor.exception
    assert visitor.selectbox(key="policy").value == "denver_star"
    visitor.selectbox(key="policy").set_value("narrow_clinical").run()
    assert visitor.query_params["policy"] in ("narrow_clinical", ["narrow_clinical"])


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("calls.csv", b"\x00\x01\x02\x03" * 50, "calls.csv"),
        ("calls.csv", b"", "calls.csv"),
        ("calls.csv", b"a,b\n1,2\n", "no column for the call type"),
        ("calls.csv", b"<script>alert(1)</script>,b\n1,2\n", "<script>alert(1)</script>"),
    ],
)
def test_an_upload_that_cannot_be_read_is_answered_in_sentences(
    visit: Callable[..., AppTest],
    write: Callable[..., Path],
    name: str,
    content: bytes,
    sentence: str,
) -> None:
    visitor = visit(write("given.csv", export()))
    visitor.radio(key="open").set_value(source_chooser.UPLOAD_LABEL).run()
    assert "Rightcall takes the export of a dispatch system" in words(visitor)
    visitor.file_uploader(key="upload").set_value([(name, content, "text/csv")]).run()
    assert not visitor.exception
    said = [element.value for element in visitor.markdown]
    assert said[:3] == ["**What was found**", "**What was expected**", "**What to do**"]
    # What the file says stands in plain text elements only, never in markup.
    assert any(sentence in element.value for element in visitor.text)
    assert not any(sentence in element.value for element in visitor.markdown)


def test_two_uploads_that_differ_in_one_middle_cell_give_two_answers(
    visit: Callable[..., AppTest], write: Callable[..., Path]
) -> None:
    """The page library compares long frames by their ends; a key made of a frame would give the old answer."""
    visitor = visit(write("given.csv", export()))
    visitor.radio(key="open").set_value(source_chooser.UPLOAD_LABEL).run()
    answers = []
    for middle in ("WELFARE CHECK", "SHOTS FIRED", "WELFARE CHECK"):
        sent = ("calls.csv", export(middle).encode(), "text/csv")
        visitor.file_uploader(key="upload").set_value([sent]).run()
        assert not visitor.exception
        visitor.switch_page("views/overview.py").run()
        assert not visitor.exception
        answers.append(words(visitor))
        visitor.switch_page(START).run()
    assert answers[0] != answers[1]
    assert answers[0] == answers[2]


def test_an_upload_leaves_nothing_on_the_disk(
    visit: Callable[..., AppTest], write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    visitor = visit(write("given.csv", export()))
    visitor.radio(key="open").set_value(source_chooser.UPLOAD_LABEL).run()
    visitor.file_uploader(key="upload").set_value(
        [("../calls.csv", export("FIGHT").encode(), "text/csv")]
    ).run()
    assert "calls.csv: March 4, 2024" in words(visitor)
    # The clean tables of an open file are all that is left, without its name or its other columns.
    assert not [path for path in scratch.rglob("*") if path.suffix == ".csv"]


def test_without_times_the_officer_time_page_says_what_to_ask_for(
    visit: Callable[..., AppTest], write: Callable[..., Path]
) -> None:
    visitor = visit(write("calls.csv", export(times=False)), OFFICER_TIME)
    assert not visitor.exception
    said = words(visitor)
    assert "This export cannot tell officer time" in said
    assert "ask the agency" in said
    assert "0.0 unit-hours" not in said  # zero would be a lie


def test_officer_time_counts_community_calls_unless_all_are_asked_for(
    visit: Callable[..., AppTest], write: Callable[..., Path]
) -> None:
    visitor = visit(write("calls.csv", export()), OFFICER_TIME)
    # 41 calls of half an hour from dispatched to cleared.
    community = words(visitor)
    visitor.radio(key="counted").set_value("all").run()
    everything = words(visitor)
    assert "Central estimate 20.5 for 41 calls; in the whole export 30.5 for 61 calls" in community
    assert "Central estimate 30.5 for 61 calls; in the whole export 30.5 for 61 calls" in everything


def test_call_types_can_be_searched_and_an_empty_search_says_so(
    visit: Callable[..., AppTest], write: Callable[..., Path]
) -> None:
    visitor = visit(write("calls.csv", export()), CALL_TYPES)
    assert sorted(visitor.dataframe[0].value["call_type"]) == ["TRAFFIC STOP", "WELFARE CHECK"]
    visitor.text_input(key="text").set_value("welfare").run()
    assert list(visitor.dataframe[0].value["call_type"]) == ["WELFARE CHECK"]
    visitor.text_input(key="text").set_value("no such words (").run()
    assert not visitor.dataframe
    assert "None of the 2 call types fits" in words(visitor)


def test_a_rare_call_type_shows_no_count_and_its_text_is_never_markup(
    visit: Callable[..., AppTest], write: Callable[..., Path]
) -> None:
    rare = "<b>SHOTS</b> :red[FIRED] $x$ **NOW**"
    for page in PAGES:
        visitor = visit(write("calls_rare.csv", export(rare)), page)
        assert not visitor.exception
        for kind in ("markdown", "caption", "info", "warning", "header", "subheader"):
            assert not any(rare in element.value for element in getattr(visitor, kind))
        assert "<b>" not in words(visitor).replace("<b>SHOTS", "")
    table = visit(write("calls_rare.csv", export(rare)), CALL_TYPES).dataframe[0].value
    row = table[table["call_type"] == rare].iloc[0]
    assert row["calls"] is None or row["calls"] != row["calls"]
    assert row["unit_hours"] is None or row["unit_hours"] != row["unit_hours"]
    assert row["danger"] != ""


def test_the_downloaded_call_types_are_the_file_that_the_command_writes(write: Callable[..., Path]) -> None:
    opened = session.open_source(session.source_of_file(write("calls.csv", export("=HYPERLINK()")), "given"))
    out = write("x.txt", "").parent / "out"
    write_outputs(opened.job, out, report=lambda job: "")
    assert call_types_csv(opened.job) == (out / "call_types.csv").read_bytes()


def test_a_file_that_is_gone_is_answered_in_sentences_on_every_page(
    visit: Callable[..., AppTest], tmp_path: Path
) -> None:
    for page in (START, "views/overview.py"):
        visitor = visit(tmp_path / "gone.csv", page)
        assert not visitor.exception
        assert "gone.csv cannot be opened" in words(visitor)


def test_a_file_name_is_a_name_and_no_markup() -> None:
    assert without_markup("calls_*2024*.csv") == r"calls\_\*2024\*\.csv"


def test_the_settings_file_and_the_command_start_the_server_alike() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    flat = {
        f"{section}.{name}": value for section, values in settings.items() for name, value in values.items()
    }
    for mode in ("light", "dark"):
        flat |= {f"theme.{mode}.{name}": value for name, value in flat.pop(f"theme.{mode}").items()}
    assert flat == serve.CONFIG


def test_the_server_listens_on_this_machine_only_and_gets_the_files_behind_two_dashes(tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    line = serve.command([file], serve.Place(8600))
    assert "--server.address=127.0.0.1" in line
    assert "--browser.gatherUsageStats=false" in line
    assert line[-2:] == ["--", str(file)]
    assert paths_given(["/somewhere/home.py", str(file)]) == (file,)
    assert paths_given(["/somewhere/home.py"]) == ()
    assert paths_given(["/usr/bin/pytest", "-x"]) == ()


def test_a_server_behind_a_proxy_answers_to_the_name_of_the_proxy_and_to_no_other() -> None:
    line = serve.command([], serve.Place(8600, hosts=("calls.example.gov",), path="rightcall"))
    hosts = [flag for flag in line if flag.startswith("--server.allowedHosts=")]
    assert hosts == [
        f"--server.allowedHosts={name}" for name in ("localhost", "127.0.0.1", "calls.example.gov")
    ]
    assert "--server.baseUrlPath=rightcall" in line
    assert "--server.address=127.0.0.1" in line


def test_what_cannot_be_served_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind((serve.ADDRESS, 0))
        other.listen()
        with pytest.raises(UsageError, match="in use already"):
            serve.serve(place=serve.Place(other.getsockname()[1]))
    with pytest.raises(InputError, match="no file"):
        serve.serve([tmp_path / "nothing.csv"])
    with pytest.raises(UsageError, match="beside other files"):
        serve.serve([tmp_path, Path(__file__)])
    with pytest.raises(UsageError, match="from 1024 to 65535"):
        serve.serve(place=serve.Place(80))
    with pytest.raises(UsageError, match="none of this machine's"):
        serve.serve(place=serve.Place(8600, address="203.0.113.7"))
