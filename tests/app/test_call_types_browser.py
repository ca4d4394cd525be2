"""The review by keyboard, and the table that is a drawing, in a real browser: what AppTest cannot press."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import session
from call_codes.decision_store import open_store
from tests.app.browser_visit import MARKS, Visit, chromium, running_app, serious_findings, visiting

pytestmark = MARKS
KINDS = {"WELFARE CHECK": 20, "DISTURBANCE": 12, "NOISE COMPLAINT": 8, "<i>ODD</i> *JOB*": 6}


@pytest.fixture
def town(tmp_path: Path) -> Path:
    kinds = [kind for kind, many in KINDS.items() for _ in range(many)]
    file = tmp_path / "town.csv"
    file.write_text(
        "\n".join(["Incident,Call Type", *(f"{i},{kind}" for i, kind in enumerate(kinds))]) + "\n"
    )
    return file


@pytest.fixture
def visit(town: Path, tmp_path: Path) -> Iterator[Visit]:
    """The review of the town's call types, with `rightcall app town.csv --decisions FILE` behind it."""
    with (
        running_app(tmp_path, [town], tmp_path / "decisions.sqlite") as base,
        chromium() as browser,
        visiting(browser, base) as visit,
    ):
        visit.open("call-types?part=Review+one+by+one")
        yield visit


def press(visit: Visit, key: str) -> None:
    visit.page.keyboard.press(key)
    visit.settle()


def heading(visit: Visit) -> str:
    return visit.ranges()[0]


def findings(visit: Visit) -> list[str]:
    """What axe finds with every fold open."""
    visit.unfold()
    return serious_findings(visit.page)


def test_a_review_by_keyboard_alone_and_an_edit_in_the_table(
    visit: Visit, town: Path, tmp_path: Path
) -> None:
    page: Any = visit.page
    store = open_store(tmp_path / "decisions.sqlite")
    name = session.review_name(session.source_of_file(town))

    def log() -> list[tuple[str, str]]:
        return [(row["text"], row["verdict"]) for row in store.log(name)]

    # The name, then one type by its number and "Sign", one unsure, one skipped.
    page.get_by_role("textbox", name="Who is reviewing").fill("AB")
    press(visit, "Enter")
    first = heading(visit)
    if page.get_by_text("Choose what is stated").count():
        page.get_by_role("combobox", name="Danger that the wording states").fill("No danger")
        press(visit, "Enter")
        press(visit, "Escape")
        page.evaluate("document.activeElement.blur()")
    press(visit, "1")
    press(visit, "s")
    assert log() == [(first, "signed")]
    second = heading(visit)
    assert second != first
    press(visit, "u")
    third = heading(visit)
    press(visit, "k")
    assert log() == [(first, "signed"), (second, "unsure")]
    assert heading(visit) not in (first, second, third)
    # Letters that are typed are letters; Enter in the box presses "Sign", which asks for a category.
    why = page.get_by_role("textbox", name="Why")
    why.press_sequentially("skz1")
    assert why.input_value() == "skz1"
    press(visit, "Enter")
    assert page.get_by_text("No category is chosen yet").count() == 1
    assert findings(visit) == []
    page.evaluate("document.activeElement.blur()")
    press(visit, "z")
    assert log()[-1] == (second, "withdrawn")
    assert heading(visit) == second

    # The table: the first row's own category, chosen by typing.
    page.get_by_text("All call types").click()
    visit.settle()
    page.get_by_text("Decide in this table").click()
    visit.settle()
    box = page.locator("[data-testid=stDataFrame] canvas").first.bounding_box()
    page.mouse.click(box["x"] + 330, box["y"] + 50)
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    page.keyboard.type("Noise")
    page.wait_for_timeout(300)
    press(visit, "Enter")
    assert findings(visit) == []
    page.get_by_role("button", name="Sign 1 change").click()
    visit.settle()
    assert store.log(name)[-1]["category"] == "noise"
    page.get_by_text("Agreement and files").click()
    visit.settle()
    assert findings(visit) == []
    assert page.locator("i", has_text="ODD").count() == 0
