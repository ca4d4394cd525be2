"""Three people do their whole job in a real browser: a city's analyst, an evaluator, a council aide.

What they read is compared with what the command line says about the same files, and every file that they take
along is opened.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from html import escape, unescape
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app import session
from app.evaluate_result import PARTS
from app.wording import count, number_of_hours, percent
from tests.app.browser_visit import MARKS, ROOT, Visit, chromium, running_app, serious_findings, visiting
from tests.app.test_page_evaluate import STUDY, monthly

pytestmark = MARKS
ZONE = "America/Chicago"
RARE = "SWAN IN CHURCH"
HOSTILE = "<img src=http://example.org/x.png>"
# Call type, how it came in, calls.
KINDS = (
    ("WELFARE CHECK", "911", 60),
    ("DISTURBANCE", "911", 50),
    ("TRAFFIC STOP", "OFFICER", 50),
    ("NOISE COMPLAINT", "PHONE", 40),
    ("SUSPICIOUS PERSON", "911", 30),
    ("BURGLARY REPORT", "PHONE", 30),
    ("MENTAL HEALTH CRISIS", "911", 20),
    ("HOMELESS PERSON ASSIST", "PHONE", 17),
    (RARE, "911", 3),
)
Rightcall = Callable[..., tuple[int, str, str]]


def export(type_header: str = "What For", rare: str = RARE) -> str:
    """300 calls, one every 131 minutes from March 2024 on, one unit each; nothing says what the column of types is."""
    kinds = [(rare if kind == RARE else kind, source) for kind, source, calls in KINDS for _ in range(calls)]
    lines = [f"Incident Number,{type_header},Call Source,Beat,Received,Dispatched,Arrived,Cleared"]
    for number in range(len(kinds)):
        # 7 and 300 share no divisor: every call once, in a mixed order.
        kind, source = kinds[number * 7 % len(kinds)]
        at = datetime(2024, 3, 4) + timedelta(minutes=131 * number)
        after = (0, 4 + number % 5, 12 + number % 7, 35 + number % 20)
        stamps = [f"{at + timedelta(minutes=minutes):%m/%d/%Y %H:%M:%S}" for minutes in after]
        lines.append(
            ",".join([f"24-{number:05}", kind, source, ("North", "South", "East")[number % 3], *stamps])
        )
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def sample_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not session.SAMPLE.is_file():
        pytest.skip("the sample city has not been generated")
    with running_app(tmp_path_factory.mktemp("sample")) as base:
        yield base


@pytest.fixture(scope="module")
def file_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with a small file open, so that nobody waits for the sample city."""
    folder = tmp_path_factory.mktemp("file")
    (folder / "opened.csv").write_text(export("Call Type"))
    with running_app(folder, [folder / "opened.csv"]) as base:
        yield base


def upload(visit: Visit, *files: Path) -> None:
    """Send files at Start."""
    visit.page.get_by_text("Files of your own", exact=True).click()
    visit.page.wait_for_selector("input[type=file]", state="attached")
    visit.page.locator("input[type=file]").first.set_input_files(list(files))
    visit.page.wait_for_selector("h2", timeout=60_000)
    visit.settle()


def clean(visit: Visit, name: str) -> None:
    """The page as it stands is not broken and can be read by all; its picture is kept."""
    assert visit.broken() == []
    visit.picture(name)
    assert serious_findings(visit.page) == []
    assert visit.other_hosts() == []


def chosen_policy(visit: Visit) -> str:
    """What the box of policies at the left stands on."""
    return str(visit.page.get_by_role("combobox", name="Eligibility policy").input_value())


def eligible_words(share: dict[str, Any]) -> str:
    """A share of `rightcall run --json` as a page says it."""
    low, high = (percent(share[name]) for name in ("low", "high"))
    return (
        f"{count(share['numerator_low'])} and {count(share['numerator_high'])} of {count(share['denominator'])} calls "
        f"({low.removesuffix('%')}–{high}), and {count(share['numerator'])} ({percent(share['policy'])}) under the "
        "policy as written"
    )


def test_an_analyst_opens_her_export_signs_changes_the_policy_and_takes_it_all_to_the_command_line(
    browser: Any, file_app: str, tmp_path: Path, rightcall: Rightcall, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = tmp_path / "our town.csv"
    town.write_text(export())
    taken = tmp_path / "taken"
    with visiting(browser, file_app) as her:
        # Her header "What For" says nothing: she is told so, and corrects it with the time zone.
        her.open("")
        upload(her, town)
        assert "no column for the call type in our town.csv" in her.text()
        clean(her, "analyst_1_refused")
        her.choose("First call type, in words", "What For")
        her.choose("Time zone of the stamps", "America/Chicago")
        her.press("Read the files again with these columns")
        assert "300 rows read = 300 kept + 0 set aside, which makes 300 calls of 9 types." in her.text()
        assert f"Time zone: {ZONE}" in her.text()
        answers = {row[0]: row[1] for row in her.table("Questions that people bring")[1:]}
        assert answers["How much officer time do calls take?"] == "In part"  # one row for each call
        assert answers["Where do calls come from?"] == "Yes"
        assert (
            answers["Did a program change anything? (a year before and a year after, month by month)"] == "No"
        )
        her.unfold()
        clean(her, "analyst_2_start")
        layout = her.download("Take this layout along (TOML)", taken)

        # Three call types, by keyboard: she agrees with the likeliest category.
        her.go("Call types")
        clean(her, "analyst_3_call_types")
        her.page.get_by_text("Review one by one", exact=True).click()
        her.settle()
        her.page.get_by_role("textbox", name="Who is reviewing").fill("R. Analyst")
        her.page.keyboard.press("Enter")
        her.settle()
        signed = []
        for _ in range(3):
            signed.append(her.ranges()[0])
            her.page.keyboard.press("1")
            her.settle()
            her.page.keyboard.press("s")
            her.settle()
        her.unfold()
        clean(her, "analyst_4_review")
        her.press("Use these decisions in all pages")
        assert "All pages use these decisions: 3" in her.text()
        her.page.get_by_text("Agreement and files", exact=True).click()
        her.settle()
        crosswalk = her.download("Signed decisions (CSV)", taken)
        clean(her, "analyst_5_files")
        rows = pl.read_csv(crosswalk, infer_schema=False)
        assert sorted(rows["text"]) == sorted(signed)
        assert rows["reviewer"].unique().to_list() == ["R. Analyst"]

        # Her own policy: noise is taken, on working days from 9 to 5.
        her.go("Eligibility")
        before = her.ranges()
        her.unfold()
        her.page.get_by_role("radiogroup", name="Noise").get_by_text("Takes", exact=True).click()
        her.settle()
        her.choose("The team answers", "Working days, 9 am to 5 pm")
        assert her.ranges() != before
        her.page.get_by_role("textbox", name="Name of the policy").fill("Our pilot")
        her.page.keyboard.press("Enter")
        her.settle()
        clean(her, "analyst_6_eligibility")
        said_there = her.text(".st-key-eligibility_result")
        policy = her.download("Download the policy file", taken)
        assert tomllib.loads(policy.read_text("utf-8"))["label"] == "Our pilot"
        her.press("Use this policy in all pages")

        # The other pages under her decisions and her policy.
        her.go("Overview")
        assert "under “Our pilot”" in her.text()
        assert "3 of 9 call types stand as reviewers signed them." in her.text()
        overview = her.text()
        clean(her, "analyst_7_overview")
        her.go("Officer time")
        clean(her, "analyst_8_officer_time")
        officer_time = her.text()
        her.go("Plan")
        her.choose("On duty", "Working days, 9 am to 5 pm")
        plan_page = her.text()
        clean(her, "analyst_9_plan")
        her.unfold()
        plan = json.loads(her.download("All numbers (plan.json)", taken).read_text("utf-8"))
        her.go("Report and data")
        clean(her, "analyst_10_report")
        report = her.download("Download the report (HTML)", taken).read_text("utf-8")
        tables = her.download("call_types.csv", taken)
        cascade = pl.read_csv(her.download("cascade.csv", taken))
        package = zipfile.ZipFile(her.download("Download the package (zip)", taken))

    # The command line, given what she took along, says the same.
    settings = [
        "--policy",
        policy.name,
        "--layout",
        layout.name,
        "--crosswalk",
        crosswalk.name,
        "--time-zone",
        ZONE,
    ]
    command = ["rightcall", "run", town.name, *settings]
    assert shlex.join([*command, "--out", "results"]) in unescape(report)
    town.rename(taken / town.name)
    monkeypatch.chdir(taken)
    code, out, error = rightcall(*command[1:], "--json")
    assert code == 0, error
    document = json.loads(out)
    assert document["signed_types"] == 3
    assert document["policy"] == tomllib.loads(policy.read_text("utf-8"))["id"]
    sentence = eligible_words(document["eligible"])
    assert 0 < document["eligible_in_hours"]["numerator"] < document["eligible"]["numerator"]
    for page in (said_there, overview, report):
        assert sentence in plain(page)
    assert eligible_words(document["eligible_in_hours"]) in plain(overview)
    hours = number_of_hours(document["unit_hours"]["central"])
    assert f"in the whole export {hours} for 300 calls" in officer_time
    last = cascade.filter(pl.col("row") == "step").row(-1, named=True)
    assert last["calls_policy"] == document["eligible_in_hours"]["numerator"]
    assert "2 teams on these shifts would serve" in plan_page
    assert [team["schedule"] for team in plan["teams"]] == ["mon-fri 09:00-17:00"] * 2
    assert plan["policy"] == document["policy"]

    # Three calls are too few to be told, in every file.
    held = [tables.read_text("utf-8"), *(package.read(name).decode() for name in package.namelist())]
    for content in held:
        for row in csv.reader(io.StringIO(content)):
            if RARE in row:
                assert "3" not in row
    assert any(RARE in content for content in held)


def test_an_aide_sees_his_district_under_another_policy_and_hands_the_view_on(
    browser: Any, sample_app: str, tmp_path: Path
) -> None:
    with visiting(browser, sample_app) as his:
        his.open("officer-time?policy=denver_star")
        assert "STAR" in chosen_policy(his)
        box = his.page.get_by_role("combobox", name="Council district").first
        box.click()
        his.page.get_by_role("option", name="2", exact=True).click()
        his.page.keyboard.press("Escape")
        his.settle()
        said, ranges = his.text(), his.ranges()
        assert "Filtered by council district: 2." in said
        # The total, what it is of, and what was counted.
        assert re.search(
            r"Central estimate [\d,]+ for [\d,]+ calls; in the whole export [\d,]+ for 45,841 calls", said
        )
        assert "Hours that police units were committed to calls" in said
        clean(his, "aide_1_district")
        shown = his.page.get_by_text("The same as a table").first
        shown.click()
        his.page.wait_for_timeout(300)
        table = his.table("Unit-hours and calls, most first.")
        figures = his.page.locator("[class*='st-key-files-']").first
        png = his.download(figures.get_by_role("button").nth(0), tmp_path)
        numbers = his.download(figures.get_by_role("button").nth(2), tmp_path)
        address = his.page.url
        his.go("Report and data")
        clean(his, "aide_2_report")
        link = his.page.get_by_role("textbox", name="The address of this page as it stands").input_value()
        assert "policy=denver_star" in link
    assert png.read_bytes().startswith(b"\x89PNG")
    with numbers.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows == [
        [cell.replace(",", "") if re.fullmatch(r"[\d,]+", cell) else cell for cell in row] for row in table
    ]

    with visiting(browser, sample_app, color_scheme="dark") as other:
        other.open(address.removeprefix(f"{sample_app}/"))
        assert other.ranges() == ranges
        assert other.text() == said
        clean(other, "aide_3_dark")
        other.open(link.removeprefix(f"{sample_app}/"))
        assert "STAR" in chosen_policy(other)


def send_study(visit: Visit, study: Path, *data: Path) -> None:
    """Choose "Open a study file" and send it with its files."""
    visit.page.get_by_text("Open a study file", exact=True).click()
    visit.settle()
    boxes = visit.page.locator("[data-testid=stFileUploader]")
    boxes.filter(has_text="Study file").locator("input").set_input_files(study)
    visit.settle()
    boxes.filter(has_text="The files that the study names").locator("input").set_input_files(list(data))
    visit.settle()


@pytest.mark.slow
def test_an_evaluator_is_told_in_words_what_is_wrong_with_a_study_and_what_the_right_one_says(
    browser: Any, file_app: str, tmp_path: Path, rightcall: Rightcall
) -> None:
    (tmp_path / "data").mkdir()
    table = tmp_path / "data" / "monthly.csv"
    table.write_bytes(monthly())
    study, faulty = tmp_path / "study.toml", tmp_path / "faulty.toml"
    study.write_text(STUDY)
    faulty.write_text(STUDY.replace('"p2"', '"p99"'))
    with visiting(browser, file_app) as visit:
        visit.open("evaluate")
        send_study(visit, faulty, table)
        visit.press("Run the evaluation")
        visit.page.wait_for_selector("h3:has-text('This study cannot be run as it is')", timeout=60_000)
        said = visit.text()
        assert "p99" in said
        assert "What to do" in said
        clean(visit, "evaluator_1_refused")
        visit.open("evaluate")
        send_study(visit, study, table)
        evaluate_on(visit, "evaluator_2", tmp_path, study, rightcall)


@pytest.mark.slow
def test_an_evaluator_runs_the_sample_study_and_the_command_line_says_the_same(
    browser: Any, sample_app: str, tmp_path: Path, rightcall: Rightcall
) -> None:
    with visiting(browser, sample_app) as visit:
        visit.open("evaluate")
        assert "Look at the sample study" in visit.text()
        study = ROOT / "data_samples" / "alder_falls_study.toml"
        evaluate_on(visit, "evaluator_3", tmp_path, study, rightcall)


def evaluate_on(visit: Visit, name: str, folder: Path, study: Path, rightcall: Rightcall) -> None:
    """Run the study that stands on the page, read every part, and compare with `rightcall evaluate --json`."""
    visit.page.get_by_role("button", name="Run the evaluation").click()
    visit.page.wait_for_selector("[data-testid=stButtonGroup]:has-text('Effects and tests')", timeout=300_000)
    visit.settle()
    words: dict[str, str] = {}
    for part in PARTS.values():
        visit.page.get_by_test_id("stButtonGroup").get_by_text(part, exact=True).click()
        visit.settle()
        visit.unfold()
        clean(visit, f"{name}_{part.lower().replace(' ', '_')}")
        words[part] = plain(visit.text())
    report = visit.download("Report (HTML)", folder / "taken").read_text("utf-8")
    record = json.loads(visit.download("Everything as JSON", folder / "taken").read_text("utf-8"))
    code, out, error = rightcall("evaluate", study, "--json")
    assert code == 0, error
    assert differences(json.loads(out), record) == []
    for sentence in record["in_short"]:
        assert plain(sentence) in words[PARTS["answer"]]
        assert escape(sentence, quote=False) in report or sentence in unescape(report)
    checks = record["outcomes"][0]["checks"]
    assert checks
    for check in checks:
        assert plain(check["sentence"]) in words[PARTS["checks"]]


def differences(one: Any, other: Any, place: str = "") -> list[str]:
    """Where two records differ. Numbers are equal to seven digits: another process may add in another order."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [found for key in one for found in differences(one[key], other[key], f"{place}/{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [found for number, pair in pairs for found in differences(*pair, f"{place}/{number}")]
    if isinstance(one, float) and isinstance(other, float):
        return [] if one == pytest.approx(other, rel=1e-7, abs=1e-9) else [f"{place}: {one} {other}"]
    return [] if one == other else [f"{place}: {str(one)[:200]} {str(other)[:200]}"]


def plain(text: str) -> str:
    """Words with single spaces between them."""
    return re.sub(r"\s+", " ", text)


def test_nobody_sees_what_another_person_has_sent(browser: Any, file_app: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret_pilot.csv"
    secret.write_text(export("Call Type", rare=f"{HOSTILE} **RARE**"))
    with visiting(browser, file_app) as one, visiting(browser, file_app) as two:
        two.open("")
        one.open("")
        upload(one, secret)
        assert "secret_pilot.csv" in one.text()
        one.go("Call types")
        assert one.page.locator("img[src*='example.org']").count() == 0
        table = one.download("Download all call types (CSV)", tmp_path)
        rare = [
            row
            for row in csv.DictReader(io.StringIO(table.read_text("utf-8")))
            if HOSTILE in row["call_type"]
        ]
        assert [row["calls"] for row in rare] == [""]
        for title in ("Overview", "Call types", "Eligibility", "Officer time", "Report and data", "Start"):
            two.go(title)
            assert "secret_pilot" not in two.page.content()
            assert "opened.csv" in two.text("[data-testid=stSidebar]")
        assert one.other_hosts() == two.other_hosts() == []
