"""The Plan page: its numbers are those of the command, a plan can be kept and opened again, and what cannot be is said."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.plan_made import plan_file
from app.plan_outputs import plan_record
from tests.app.test_pages import ROOT, visit, words  # noqa: F401
from tests.app.test_plan_command import COSTS, PLAN, harbor_csv, rightcall

pytestmark = pytest.mark.xdist_group("pages")
PAGE = "views/plan.py"
INLINE = PLAN.replace('costs = "costs.toml"\n', "") + "".join(
    f"[costs.{line[1:]}\n" if line.startswith("[") else f"{line}\n" for line in COSTS.splitlines()
)


@pytest.fixture(scope="module")
def harbor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("harbor") / "harbor.csv"
    file.write_text(harbor_csv(36), encoding="utf-8")
    return file


def of_page(visitor: AppTest) -> tuple[dict[str, Any], str]:
    """The record of the plan that stands on the page, and its plan.toml."""
    plan = visitor.session_state["plan_made"][1]
    job = visitor.session_state["rightcall"]["opened"].job
    return json.loads(json.dumps(plan_record(plan, job))), plan_file(plan, job, plan.settings)


def of_command(file: Path, text: str, folder: Path, replications: int = 50) -> dict[str, Any]:
    config = folder / "plan.toml"
    config.write_text(text, encoding="utf-8")
    code, out, err = rightcall(
        "plan", file, "--config", config, "--replications", str(replications), "--json"
    )
    assert code == 0, err
    return dict(json.loads(out))


@pytest.fixture
def planning(visit: Callable[..., AppTest], harbor: Path) -> AppTest:  # noqa: F811
    visitor = visit(harbor, PAGE)
    assert not visitor.exception
    return visitor


def test_two_shifts_a_screening_and_costs_by_hand_give_the_numbers_of_the_command(
    planning: AppTest, harbor: Path, tmp_path: Path
) -> None:
    at = planning
    at.number_input(key="plan_shifts").set_value(2).run()
    at.slider(key="plan_teams_1").set_value(1)
    at.selectbox(key="plan_hours_2").set_value("own")
    at.slider(key="plan_accepted").set_value((40, 70))
    at.slider(key="plan_joint").set_value(10)
    at.slider(key="plan_factor").set_value(1.5)
    at.number_input(key="plan_net_hours").set_value(1700)
    at.number_input(key="plan_treated").set_value(2)
    for item, value in (
        ("person_per_year", 98000),
        ("vehicle_per_year", 18000),
        ("officer_hour_average", 85),
    ):
        at.number_input(key=f"plan_cost_{item}_value").set_value(value)
        at.text_input(key=f"plan_cost_{item}_source").set_value("made up")
    at.run()
    at.text_input(key="plan_own_2").set_value("thu-sat 18:00-26:00")
    at.multiselect(key="plan_areas_2").set_value(["Center", "Dock"]).run()
    assert not at.exception
    said = words(at)
    assert "Cost per served call" in said
    assert "Cost per eligible call" in said
    shown, text = of_page(at)
    assert [team["schedule"] for team in shown["teams"]] == ["mon-sun 08:00-24:00", "thu-sat 18:00-26:00"]
    assert shown["cost"] is not None
    assert shown == of_command(harbor, text, tmp_path)


def test_an_uploaded_plan_gives_the_numbers_of_the_command(
    planning: AppTest, harbor: Path, tmp_path: Path
) -> None:
    planning.file_uploader(key="plan_upload").set_value(
        ("plan.toml", INLINE.encode(), "application/toml")
    ).run()
    assert not planning.exception
    assert "This plan comes from plan.toml" in words(planning)
    shown, text = of_page(planning)
    assert shown == of_command(harbor, INLINE, tmp_path, replications=50)
    assert tomllib.loads(text)["screening"]["source"] == "made up"


def test_a_target_is_sized_as_the_command_sizes_it(planning: AppTest, harbor: Path) -> None:
    planning.radio(key="plan_asked").set_value("served").run()
    planning.slider(key="plan_served").set_value(50).run()
    assert not planning.exception
    assert "How many teams it takes for at least 50% of eligible calls served" in words(planning)
    shown, _ = of_page(planning)
    code, out, _ = rightcall(
        "plan", harbor, "--target-served", "0.5", "--hours", "mon-sun 08:00-24:00", "--json"
    )  # fmt: skip
    assert code == 0
    assert shown["sizing"] == json.loads(out)["sizing"]
    assert shown["served"] == json.loads(out)["served"]


def test_the_best_week_for_other_team_hours_can_be_taken_over(planning: AppTest) -> None:
    before = words(planning)
    planning.number_input(key="plan_team_hours").set_value(56).run()
    assert "another week of 56 team-hours" in words(planning)
    planning.button(key="plan_take").click().run()
    assert not planning.exception
    shown, _ = of_page(planning)
    assert sum(_hours(team["schedule"]) for team in shown["teams"]) == 56
    assert words(planning) != before


def _hours(schedule: str) -> float:
    from evaluation.before.roster import Team

    return Team("x", schedule).hours_per_week


def test_the_effect_that_is_asked_for_is_answered_from_the_curve(planning: AppTest) -> None:
    planning.select_slider(key="plan_effect").set_value(40).run()
    shown, _ = of_page(planning)
    row = next(row for row in shown["power"]["curve"] if row["effect"] == pytest.approx(-0.4))
    assert f"would find it in {100 * row['power']:.0f} of 100 cases" in words(planning)


@pytest.mark.parametrize(
    ("hours", "found"),
    [
        ("someday", "someday"),
        ("mon-fri 09:00-09:00", "09:00"),
        ("mon 08:00-12:00; mon 10:00-14:00", "overlap"),
    ],
)
def test_hours_that_cannot_be_are_explained(planning: AppTest, hours: str, found: str) -> None:
    planning.selectbox(key="plan_hours_1").set_value("own").run()
    planning.text_input(key="plan_own_1").set_value(hours).run()
    assert not planning.exception
    said = words(planning)
    assert "What to do" in said
    assert found in said


def test_more_starting_areas_than_there_are_leaves_the_power_out_with_its_reason(planning: AppTest) -> None:
    planning.number_input(key="plan_treated").set_value(40).run()
    assert not planning.exception
    assert "Not computed" in words(planning)
    assert "areas" in words(planning).split("Could an evaluation tell?")[-1]


def test_an_amount_without_a_source_is_not_taken(planning: AppTest) -> None:
    planning.number_input(key="plan_cost_person_per_year_value").set_value(98000).run()
    assert not planning.exception
    assert "an amount without its source: A team member" in words(planning)
    planning.text_input(key="plan_cost_person_per_year_source").set_value("Budget").run()
    assert "no amount for A vehicle" in words(planning)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe\x00", "is no text file"),
        (b"teams = ", "cannot be read"),
        (b'teamz = 2\nhours = "mon-fri 09:00-17:00"', "teamz"),
        (PLAN.encode(), "did not come with"),
        (b'teams = 0\nhours = "mon-fri 09:00-17:00"', "0 teams"),
    ],
)
def test_a_plan_file_that_cannot_be_read_is_answered_in_sentences(
    planning: AppTest, content: bytes, sentence: str
) -> None:
    planning.file_uploader(key="plan_upload").set_value(("plan.toml", content, "application/toml")).run()
    assert not planning.exception
    assert sentence in words(planning)


def test_a_link_restores_the_plan(
    monkeypatch: pytest.MonkeyPatch,
    harbor: Path,
    planning: AppTest,
) -> None:
    link = {
        "plan_teams_1": "5",
        "plan_hours_1": "Hours of your own",
        "plan_own_1": "mon-fri 09:00-17:00",
        "plan_areas_1": "Dock",
    }
    monkeypatch.setattr(sys, "argv", ["home.py", str(harbor)])
    visitor = AppTest.from_file(str(ROOT / "app" / "home.py"), default_timeout=180)
    for name, value in link.items():
        visitor.query_params[name] = value
    visitor.switch_page(PAGE).run()
    assert not visitor.exception
    by_hand = planning
    by_hand.slider(key="plan_teams_1").set_value(5)
    by_hand.selectbox(key="plan_hours_1").set_value("own").run()
    by_hand.text_input(key="plan_own_1").set_value("mon-fri 09:00-17:00")
    by_hand.multiselect(key="plan_areas_1").set_value(["Dock"]).run()
    assert of_page(visitor) == of_page(by_hand)
    assert len(of_page(visitor)[0]["teams"]) == 5


def test_each_chart_offers_files_with_names_of_their_own(planning: AppTest) -> None:
    labels = [b.proto.label for b in planning.get("download_button") if " the chart " in b.proto.label]
    assert len(labels) >= 6  # steps, coverage and power at least, each as PNG and SVG
    assert len(set(labels)) == len(labels)


def harbor_with(tmp_path: Path, *, times: bool, gap: bool) -> Path:
    """Twelve weeks of the harbor town, without times of a call, or without two weeks in the middle."""
    head, *lines = harbor_csv(12).splitlines()
    if gap:
        lines = [line for line in lines if not "2023-01-30" <= line.split(",")[2][:10] < "2023-02-13"]
    rows = [head, *lines] if times else [",".join(line.split(",")[:4]) for line in (head, *lines)]
    file = tmp_path / "harbor.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def test_an_export_without_times_is_planned_by_giving_minutes_on_the_page(
    visit: Callable[..., AppTest],  # noqa: F811
    tmp_path: Path,
) -> None:
    file = harbor_with(tmp_path, times=False, gap=False)
    at = visit(file, PAGE)
    assert not at.exception
    assert "give the minutes on scene and of travel" in words(at)
    assert "plan.toml (a median" not in words(at)
    at.number_input(key="plan_service_half").set_value(30).run()
    assert "Give both numbers of minutes on scene" in words(at)
    at.number_input(key="plan_service_most").set_value(60)
    at.number_input(key="plan_travel_half").set_value(8)
    at.number_input(key="plan_travel_most").set_value(15)
    at.text_input(key="plan_minutes_source").set_value("A neighboring city").run()
    assert not at.exception
    said = words(at)
    assert "2 teams on these shifts would serve" in said
    assert "half within 30 minutes on scene, 9 of 10 within 60" in said
    assert "A neighboring city" in said
    shown, text = of_page(at)
    assert shown == of_command(file, text, tmp_path)


def test_days_that_the_export_lacks_are_told_and_do_not_count(
    visit: Callable[..., AppTest],  # noqa: F811
    tmp_path: Path,
) -> None:
    at = visit(harbor_with(tmp_path, times=True, gap=True), PAGE)
    said = words(at)
    assert "The export holds calls on 70 of the 84 days" in said
    assert "The export lacks 14 of the 84 days" in said
    holed, whole = (
        next(line for line in words(one).splitlines() if "teams on these shifts would serve" in line)
        for one in (at, visit(_whole(tmp_path), PAGE))
    )
    year = [float(line.rsplit(" of ", 1)[1].split()[0].replace(",", "")) for line in (holed, whole)]
    assert year[0] == pytest.approx(year[1], rel=0.05)


def _whole(tmp_path: Path) -> Path:
    (tmp_path / "whole").mkdir()
    return harbor_with(tmp_path / "whole", times=True, gap=False)


def test_a_served_call_is_one_number_wherever_it_stands(planning: AppTest) -> None:
    plan = planning.session_state["plan_made"][1]
    taken = plan.steps.filter(step="team_free")["calls_policy"].item()
    means = dict(plan.simulated.summary.select("measure", "mean").iter_rows())
    assert means["served"] == pytest.approx(taken)
    assert means["eligible_calls"] == plan.steps.filter(step="no_hazard")["calls_policy"].item()
    assert means["no team on duty"] == pytest.approx(
        plan.losses.filter(step="in_hours")["calls"].sum() + plan.losses.filter(step="in_area")["calls"].sum()
    )
    assert means["served_share"] == pytest.approx(taken / means["eligible_calls"])
