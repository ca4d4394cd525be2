"""The review by keyboard, and the table that is a drawing, in a real browser: what AppTest cannot press."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import serve, session
from call_codes.decision_store import open_store

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("pages"),
    pytest.mark.skipif(not CHROMIUM.is_file(), reason="needs Debian's Chromium at /usr/bin/chromium"),
]
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
def app(town: Path, tmp_path: Path) -> Iterator[str]:
    """`rightcall app town.csv --decisions FILE`, stopped at the end."""
    with socket.socket() as probe:
        probe.bind((serve.ADDRESS, 0))
        port = probe.getsockname()[1]
    start = (
        "from pathlib import Path; from app.serve import Place, serve; "
        f"serve([Path({str(town)!r})], Place(port={port}), decisions={str(tmp_path / 'decisions.sqlite')!r}, headless=True)"
    )
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", start],
            cwd=tmp_path,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        try:
            for _ in range(480):
                try:
                    urllib.request.urlopen(f"http://{serve.ADDRESS}:{port}/_stcore/health", timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.25)
            yield f"http://{serve.ADDRESS}:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


@pytest.fixture
def page(app: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(f"{app}/call-types?part=Review+one+by+one")
        settle(page)
        yield page
        browser.close()


def settle(page: Any) -> None:
    """Wait until the script has run to its end."""
    page.wait_for_selector("h1:has-text('Call types')", timeout=120_000)
    page.wait_for_timeout(250)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState !== 'running'"
        " && !document.querySelector('[data-testid=stSpinner]')",
        timeout=60_000,
    )
    page.wait_for_timeout(350)


def press(page: Any, key: str) -> None:
    page.keyboard.press(key)
    settle(page)


def heading(page: Any) -> str:
    return str(page.locator("p.range").first.inner_text())


def serious_findings(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    for fold in page.locator("[data-testid=stExpander] summary").all():
        fold.click()
    page.wait_for_timeout(500)
    violations = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {v['nodes'][0]['html'][:150]}"
        for v in violations
        if v["impact"] in ("serious", "critical")
    ]


def test_a_review_by_keyboard_alone_and_an_edit_in_the_table(page: Any, town: Path, tmp_path: Path) -> None:
    store = open_store(tmp_path / "decisions.sqlite")
    name = session.review_name(session.source_of_file(town))

    def log() -> list[tuple[str, str]]:
        return [(row["text"], row["verdict"]) for row in store.log(name)]

    # The name, then one type by its number and "Sign", one unsure, one skipped.
    page.get_by_role("textbox", name="Who is reviewing").fill("AB")
    press(page, "Enter")
    first = heading(page)
    if page.get_by_text("Choose what is stated").count():
        page.get_by_role("combobox", name="Danger that the wording states").fill("No danger")
        press(page, "Enter")
        press(page, "Escape")
        page.evaluate("document.activeElement.blur()")
    press(page, "1")
    press(page, "s")
    assert log() == [(first, "signed")]
    second = heading(page)
    assert second != first
    press(page, "u")
    third = heading(page)
    press(page, "k")
    assert log() == [(first, "signed"), (second, "unsure")]
    assert heading(page) not in (first, second, third)
    # Letters that are typed are letters; Enter in the box presses "Sign", which asks for a category.
    why = page.get_by_role("textbox", name="Why")
    why.press_sequentially("skz1")
    assert why.input_value() == "skz1"
    press(page, "Enter")
    assert page.get_by_text("No category is chosen yet").count() == 1
    assert serious_findings(page) == []
    page.evaluate("document.activeElement.blur()")
    press(page, "z")
    assert log()[-1] == (second, "withdrawn")
    assert heading(page) == second

    # The table: the first row's own category, chosen by typing.
    page.get_by_text("All call types").click()
    settle(page)
    page.get_by_text("Decide in this table").click()
    settle(page)
    box = page.locator("[data-testid=stDataFrame] canvas").first.bounding_box()
    page.mouse.click(box["x"] + 330, box["y"] + 50)
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    page.keyboard.type("Noise")
    page.wait_for_timeout(300)
    press(page, "Enter")
    assert serious_findings(page) == []
    page.get_by_role("button", name="Sign 1 change").click()
    settle(page)
    assert store.log(name)[-1]["category"] == "noise"
    page.get_by_text("Agreement and files").click()
    settle(page)
    assert serious_findings(page) == []
    assert page.locator("i", has_text="ODD").count() == 0
