"""`rightcall plan` as a city meets it: its files, sums that add up, and sentences for what cannot be."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from app.cli import main
from app.job import Job
from app.plan_outputs import FILES
from app.plan_report import in_short
from call_codes.policy import load_policy
from evaluation.after.study_file import load_study
from evaluation.before.plan import make_plan
from evaluation.before.plan_settings import PlanSettings, teams_of
from tests.app.test_report import _ASKS, CHROMIUM, Page

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "planning-a-program.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```console\n(rightcall .+)\n```", GUIDE)
SAMPLE = ROOT / "data_samples" / "alder_falls_cad_2023-2024.csv.gz"
# call type, category, hazard, how often in a hundred calls
TYPES = (
    ("WELFARE CHECK", "welfare_check", "none", 40),
    ("DISTURBANCE", "disturbance", "none", 20),
    ("BURGLARY REPORT", "burglary", "none", 30),
    ("MENTAL PERSON ARMED", "mental_health_crisis", "weapon", 10),
)
AREAS = ("Airport", "Center", "Dock", "East", "Mill", "North")
PLAN = """\
costs = "costs.toml"
[[team]]
name = "Day"
schedule = "mon-sun 08:00-16:00"
break_minutes = 30
[[team]]
name = "Late"
schedule = "thu-sat 18:00-26:00"
areas = ["Center", "Dock"]
[screening]
accepted_share = 0.6
low = 0.4
high = 0.7
source = "made up"
[rules]
joint_share = 0.1
hold_minutes = 20
[people]
per_team = 2
net_hours_per_year = 1700
source = "made up"
[rollout]
treated_areas = 2
[avoided.booking]
per_100_served_calls = 2
source = "made up"
"""
COSTS = """\
[person_per_year]
value = 98000
low = 90000
high = 110000
source = "made up"
year = 2026
[vehicle_per_year]
value = 18000
source = "made up"
year = 2026
[officer_hour_average]
value = 85
low = 70
high = 105
source = "made up"
year = 2026
[booking]
value = 300
source = "made up"
year = 2026
"""


def harbor_csv(weeks: int = 60) -> str:
    """A made-up harbor town: fourteen calls a day, each with one unit, over so many weeks."""
    rng = np.random.default_rng(7)
    names = [name for name, _, _, many in TYPES for _ in range(many)]
    lines = ["Call Number,Call Type,Received,Beat,Dispatched,Arrived,Cleared"]
    stamp = np.datetime64("2023-01-02T00:00:00")
    for number, minute in enumerate(np.sort(rng.integers(0, weeks * 7 * 1440, weeks * 7 * 14))):
        times = [
            stamp + np.timedelta64(int(minute + later), "m")
            for later in (0, 3, 12, 12 + rng.integers(10, 70))
        ]
        received, *rest = (np.datetime_as_string(t, "s").replace("T", " ") for t in times)
        lines.append(
            ",".join([f"C{number}", str(rng.choice(names)), received, str(rng.choice(AREAS)), *rest])
        )
    return "\n".join(lines) + "\n"


def rightcall(*arguments: str | Path) -> tuple[int, str, str]:
    """One command in this process: exit code, standard output, standard error."""
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["rightcall", *map(str, arguments)]
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    finally:
        sys.argv = before
    return code, out.getvalue(), err.getvalue()


@dataclass(frozen=True)
class Made:
    """A plan made by the command: its folder, what it printed, and how to call it again."""

    folder: Path
    printed: dict[str, Any]
    base: tuple[str | Path, ...]
    config: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("harbor")
    (folder / "harbor.csv").write_text(harbor_csv(), encoding="utf-8")
    rows = [
        f'Harbor,,"{name}",{category},{hazard},signed,A. Reviewer,2024-04-01,'
        for name, category, hazard, _ in TYPES
    ]
    (folder / "signed.csv").write_text(
        "\n".join(["agency,code,text,category,hazard,basis,reviewer,since,note", *rows]) + "\n",
        encoding="utf-8",
    )
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    (folder / "costs.toml").write_text(COSTS, encoding="utf-8")
    base = (
        "plan", folder / "harbor.csv", "--crosswalk", folder / "signed.csv", "--time-zone", "America/Chicago",
        "--replications", "20",
    )  # fmt: skip
    config = folder / "plan.toml"
    code, out, err = rightcall(*base, "--config", config, "--out", folder / "plan", "--json")
    assert code == 0, err
    return Made(folder / "plan", json.loads(out), base, config)


def test_all_files_are_written_and_the_json_is_the_same_as_the_printed_one(made: Made) -> None:
    assert {path.name for path in made.folder.iterdir()} == set(FILES)
    assert json.loads((made.folder / "plan.json").read_text(encoding="utf-8")) == made.printed
    assert {"policy", "teams", "assumptions", "steps", "reasons", "served", "sizing", "best_schedule", "forecast",
            "people", "officer_hours_freed", "cost", "power", "rollout", "not_computed"} <= set(made.printed)  # fmt: skip
    assert made.printed["people"] == 5  # 80 team-hours a week × two people, of 1,700 hours a year each


def test_every_call_is_served_or_lost_for_a_reason_and_the_reasons_add_up_to_each_drop(made: Made) -> None:
    steps, reasons = pl.read_csv(made.folder / "steps.csv"), pl.read_csv(made.folder / "reasons.csv")
    assert steps["calls_policy"][0] == 60 * 7 * 14
    lost = dict(reasons.group_by("step").agg(pl.col("calls").sum()).iter_rows())
    for before, after in zip(steps["calls_policy"], steps.iter_rows(named=True), strict=False):
        assert after["calls_low"] <= after["calls_policy"] <= after["calls_high"]
        assert before >= after["calls_policy"]
    for (_, before), (step, after) in zip(
        steps.select("step", "calls_policy").iter_rows(),
        steps.select("step", "calls_policy")[1:].iter_rows(),
        strict=False,
    ):
        assert lost.get(step, 0) == pytest.approx(before - after, abs=1e-3)
    assert lost["no_hazard"] > 0
    assert steps["step"].to_list()[-3:] == ["accepted", "team_free", "served_without_police"]


def test_the_steps_and_the_simulation_tell_of_the_same_calls(made: Made) -> None:
    served = {row["measure"]: row for row in made.printed["served"]}
    steps = {row["step"]: row for row in made.printed["steps"]}
    # The export has exactly 60 whole weeks, so a replication has as many calls as the export on average.
    assert made.printed["weeks"] == 60
    assert served["eligible_calls"]["mean"] == pytest.approx(steps["no_hazard"]["calls_policy"], rel=0.02)
    assert served["served"]["mean"] == pytest.approx(steps["team_free"]["calls_policy"], rel=0.05)
    assert served["not accepted by the screening"]["mean"] == pytest.approx(
        0.4 * served["eligible_calls"]["mean"], rel=0.08
    )
    # 56 of 168 hours everywhere and 24 in two of six areas, with 20 minutes to wait for each start.
    open_share = (7 * 8 + 7 / 3 + (24 + 1) / 3) / 168
    assert steps["in_hours"]["calls_policy"] / steps["in_area"]["calls_policy"] == pytest.approx(
        open_share, abs=0.03
    )
    freed = made.printed["officer_hours_freed"]
    last = made.printed["steps"][-1]
    assert freed["value"] == pytest.approx(last["unit_hours"] * 365.25 / 420, rel=0.01)


def test_the_cost_counts_avoided_bookings_only_where_the_plan_says_how_many(made: Made) -> None:
    lines = {row["item"]: row for row in made.printed["cost"]["lines"]}
    served = next(row["mean"] for row in made.printed["served"] if row["measure"] == "served")
    assert lines["booking"]["quantity"] == pytest.approx(0.02 * served * 365.25 / 420)
    assert "emergency_department_visit" in made.printed["cost"]["left_out"]
    page = Page((made.folder / "plan.html").read_text(encoding="utf-8")).text
    assert "a visit to an emergency department (dollars per visit)" in page
    assert "emergency_department_visit" not in page


def test_the_lot_starts_as_many_areas_as_the_plan_says_and_the_power_is_that_of_the_same_roll_out(
    made: Made,
) -> None:
    assert sum(row["wave"] is not None for row in made.printed["rollout"]) == 2
    assert "With 2 of 6 areas, 12 months before" in made.printed["power"]["sentence"]
    study = (made.folder / "study.toml").read_text(encoding="utf-8")
    # It is a study file that can be read, with only the dates to be filled in.
    assert load_study(made.folder / "study.toml").outcomes[0].name == "police_hours"
    started = [row["area"] for row in made.printed["rollout"] if row["wave"] == 1]
    assert all(f'"{area}"' in study.split("[comparison]")[0] for area in started)


def test_the_same_seed_gives_the_same_plan_and_another_seed_another(made: Made) -> None:
    again = rightcall(*made.base, "--config", made.config, "--json")[1]
    assert json.loads(again) == made.printed
    other = json.loads(rightcall(*made.base, "--config", made.config, "--seed", "2", "--json")[1])
    assert other["served"] != made.printed["served"]
    assert [row["calls_policy"] for row in other["steps"]][:6] == [
        row["calls_policy"] for row in made.printed["steps"]
    ][:6]


def test_a_target_finds_the_number_of_teams_and_says_so_first(made: Made, tmp_path: Path) -> None:
    out = tmp_path / "sized"
    code, printed, err = rightcall(
        *made.base, "--target-served", "0.8", "--hours", "mon-sun 00:00-24:00", "--out", out
    )
    assert code == 0, err
    document = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    sizing = document["sizing"]
    assert len(document["teams"]) == sizing["teams"]
    assert [row["meets"] for row in sizing["tried"]] == [False] * (sizing["teams"] - 1) + [True]
    assert printed.startswith(f"{sizing['teams']} team")
    assert "How many teams it takes for at least 80% of eligible calls served" in (
        out / "plan.html"
    ).read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--teams", "0", "--hours", "mon-fri 09:00-17:00"), "0 teams"),
        (("--teams", "2", "--hours", "mon 09:00-17:00; mon 12:00-20:00"), "shifts that overlap"),
        (("--teams", "2", "--hours", ""), "never open"),
        (("--teams", "2", "--hours", "mon 17:00-09:00"), "end before or when they start"),
        (("--teams", "2"), "no --hours"),
        (("--hours", "mon 09:00-17:00"), "0 of --teams and the two targets"),
        (("--teams", "2", "--hours", "mon 09:00-17:00", "--target-served", "0.5"), "2 of --teams"),
        (("--target-served", "1.5", "--hours", "mon 09:00-17:00"), "a served share of 1.5"),
        (("--target-response", "0", "--hours", "mon 09:00-17:00"), "a response time of 0"),
        (("--teams", "1", "--hours", "mon 09:00-17:00", "--replications", "1"), "1 replications"),
        (("--teams", "1", "--hours", "mon 09:00-17:00", "--seed", "-1"), "a seed of -1"),
    ],
)
def test_what_cannot_be_is_refused_before_any_file_is_read(arguments: tuple[str, ...], sentence: str) -> None:
    code, out, err = rightcall("plan", "absent.csv", "--json", *arguments)
    assert code in (2, 5)
    assert out == ""
    assert sentence in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('hours = "mon 09:00-17:00"', "no teams in plan.toml"),
        ('team = 2\nhours = "mon 09:00-17:00"', "that is no list"),
        ('[[team]]\nname = "A"', "a [[team]] without schedule"),
        ('[[team]]\nname = "A"\nschedule = "mon 09:00-17:00"\nareas = "Center"', "areas = 'Center'"),
        ('[[team]]\nname = "A"\nschedule = "mon 09:00-17:00"\nhomes = "Center"', 'Did you mean "home"'),
        ('teams = 1\nhours = "mon 09:00-17:00"\nscreening = 0.5', "screening = 0.5"),
        ('teams = 1\nhours = "mon 09:00-17:00"\n[screening]\naccepted_share = 1.5', "shares that cannot be"),
        ('teams = 1\nhours = "mon 09:00-17:00"\n[durations]\nservice_minutes = [30]', "two numbers"),
        ('teams = 1\nhours = "mon 09:00-17:00"\n[durations]\nservice_minutes = [-30, 60]', "a median of -30"),
        ('teams = 1\nhours = "mon 09:00-17:00"\n[durations]\nfactor = -1', "a service factor of -1"),
        ('teams = 1\nhours = "mon 09:00-17:00"\n[people]\nsupervisors = -1', "supervisors = -1"),
        ('teams = 1\nhours = "mon 09:00-17:00"\ncosts = "none.toml"', "none.toml cannot be read"),
        ('teams = 1\nhours = "mon 09:00-17:00"\ncosts = 3', "costs = 3"),
        ('teams = 1\nhours = "mon 09:00-17:00"\n[avoided.bokking]\nsource = "x"', 'Did you mean "booking"'),
        ('hours = "mon 09:00-17:00"\n[target]\nserved_share = 0.5\nresponse_p90_minutes = 9', "two at once"),
    ],
)  # fmt: skip
def test_a_plan_file_that_cannot_be_is_refused_with_a_sentence(
    text: str, sentence: str, tmp_path: Path
) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(text + "\n", encoding="utf-8")
    code, _, err = rightcall("plan", "absent.csv", "--json", "--config", file)
    assert code in (2, 3)
    assert sentence in err


def test_an_area_that_no_call_has_is_refused_with_the_areas_that_there_are(
    made: Made, tmp_path: Path
) -> None:
    file = tmp_path / "plan.toml"
    file.write_text('teams = 1\nhours = "mon-sun 08:00-16:00"\nareas = ["Dok"]\n', encoding="utf-8")
    code, _, err = rightcall(*made.base, "--config", file, "--json")
    assert code == 2
    assert 'the area "Dok"' in err
    assert 'Did you mean "Dock"' in err


def test_one_short_week_is_planned_although_it_is_too_little_for_another_schedule(made: Made) -> None:
    code, out, err = rightcall(*made.base, "--teams", "1", "--hours", "mon 09:00-13:00", "--json")
    assert code == 0, err
    document = json.loads(out)
    assert document["best_schedule"] is None
    assert "4 team-hours" in document["not_computed"]["best schedule"]


def test_a_month_of_forty_calls_is_planned_and_what_it_cannot_tell_is_said(town: Job) -> None:
    settings = PlanSettings(teams_of(1, "mon-sun 00:00-24:00"), replications=3)
    plan = make_plan(town.calls, town.units, town.policy, settings, time_zone=None)
    assert {"forecast", "power", "cost"} <= set(plan.left_out)
    # Nine eligible calls in the 28 days of the export, although they all came in the first nine.
    assert plan.simulated.weeks == pytest.approx(4)
    assert "about 120 of 120 a year" in in_short(plan)[0]


def test_the_page_stands_alone_and_speaks_in_sentences(made: Made) -> None:
    html = (made.folder / "plan.html").read_text(encoding="utf-8")
    page = Page(html)
    assert page.all("script") == page.all("link") == page.all("iframe") == page.all("img") == []
    asked = [v for _, a in page.tags for k, v in a.items() if k in _ASKS and not str(v).startswith("#")]
    assert asked == []
    assert "url(" not in html.replace("url(#", "")
    assert len(html.encode()) < 300_000
    assert len(page.all("table")) == len(page.all("caption")) > 8
    for words in (
        "2\u00a0am of the next day",
        "No team was on duty when it came.",
        "never dispatch advice",
        "made up",
    ):
        assert words in page.text
    assert not re.findall(
        r"\b[a-z]+_[a-z_]+\b", page.text.replace("behavioral_health_plus", "").replace("plan_", "")
    )
    assert "--config plan.toml" in page.text
    assert str(made.folder.parent) not in html


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.is_file(), reason="needs Debian's Chromium at /usr/bin/chromium")
def test_axe_finds_nothing_serious_on_the_plans_page(made: Made) -> None:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
        )
        page = browser.new_page()
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        address = (made.folder / "plan.html").as_uri()
        page.goto(address)
        violations = Axe().run(page).response["violations"]
        browser.close()
    assert requests == [address]
    assert [(v["id"], v["impact"]) for v in violations if v["impact"] in ("serious", "critical")] == []


@pytest.mark.slow
def test_two_teams_on_the_sample_city_serve_about_half_of_the_eligible_calls(tmp_path: Path) -> None:
    code, printed, err = rightcall(
        "plan", SAMPLE, "--teams", "2", "--hours", "mon-sun 08:00-24:00", "--out", tmp_path / "plan"
    )
    assert code == 0, err
    assert "2 teams on these shifts would serve" in printed
    document = json.loads((tmp_path / "plan" / "plan.json").read_text(encoding="utf-8"))
    steps = [row["calls_policy"] for row in document["steps"]]
    assert steps == sorted(steps, reverse=True)
    assert sum(row["calls"] for row in document["reasons"]) == pytest.approx(steps[0] - steps[-1])
    assert "No cost file" in document["not_computed"]["cost"]


def test_the_guide_has_commands_and_files_to_check() -> None:
    assert len(COMMANDS) == 5
    assert len(re.findall(r"```toml\n", GUIDE)) == 2


@pytest.mark.parametrize(
    # The plain plans are done above; here they are long.
    "command",
    [
        pytest.param(c, marks=[pytest.mark.slow] if " plan " in c and "--config" not in c else [])
        for c in COMMANDS
    ],
)
def test_a_command_of_the_guide_runs_and_writes_its_folder(
    command: str,
    made: Made,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, text in zip(
        ("plan.toml", "costs.toml"), re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL), strict=True
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "calls.csv").symlink_to(made.base[1])
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)[1:]
    signed = ("--crosswalk", made.base[3], "--time-zone", "America/Chicago")
    few = ("--replications", "10") if words[0] == "plan" else ()
    code, _, err = rightcall(*words, *signed, *few)
    assert code == 0, err
    out = tmp_path / words[words.index("--out") + 1]
    assert any(out.iterdir())
    if "--config" in words:
        document = json.loads((out / "plan.json").read_text(encoding="utf-8"))
        assert [team["name"] for team in document["teams"]] == ["Day team", "Weekend night team"]
        assert "A neighboring city's team, 2025" in " ".join(document["assumptions"])
        assert "booking" in {line["item"] for line in document["cost"]["lines"]}
    if "--save" in words:
        assert load_policy(tmp_path / "ours.toml").rule_for("trespass").reason == "Owners want help"
