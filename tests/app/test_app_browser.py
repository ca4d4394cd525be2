"""The pages in a real browser: nothing asked of any other host, nothing broken, nothing that axe finds serious.

Pictures of every page go to screenshots/ (not kept in version control) for a person to look at.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app import serve, session

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
SCREENSHOTS = ROOT / "screenshots"
PAGES = {"overview": "", "call-types": "call-types", "officer-time": "officer-time"}
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("pages"),
    pytest.mark.skipif(not CHROMIUM.is_file(), reason="needs Debian's Chromium at /usr/bin/chromium"),
]

# Findings of axe that are not ours to mend, each with the only elements for which it is let pass.
EXEMPT: dict[str, tuple[str, str]] = {
    "svg-img-alt": (
        r'^<g class="mark-\w+ role-mark [^>]*role="graphics-symbol"[^>]*></g>$',
        "an empty group that Vega leaves where a chart has no ranges to draw: there is nothing to name",
    ),
}


def run_server(file: Path | None, folder: Path) -> Iterator[str]:
    """`rightcall app FILE` on a free port, stopped at the end by the signal that a user's system would send."""
    with socket.socket() as probe:
        probe.bind((serve.ADDRESS, 0))
        port = probe.getsockname()[1]
    start = (
        "import sys; from pathlib import Path; from app.serve import serve; "
        f"sys.exit(serve({f'Path({str(file)!r})' if file else None}, {port}, headless=True))"
    )
    with (folder / "server.log").open("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", start],
            cwd=folder,  # anywhere but the project: a user's folder
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        try:
            base = f"http://{serve.ADDRESS}:{port}"
            for _ in range(240):
                if process.poll() is not None:
                    break
                try:
                    with urllib.request.urlopen(f"{base}/_stcore/health", timeout=2) as answer:
                        if answer.status == 200:
                            break
                except OSError:
                    time.sleep(0.25)
            else:
                log.seek(0)
                pytest.fail(f"the server did not start: {log.read()}")
            yield base
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
    serve.check_port(port)  # free again: the command took its server with it


@pytest.fixture(scope="module")
def sample_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not session.SAMPLE.is_file():
        pytest.skip("the sample city has not been generated")
    yield from run_server(None, tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def small_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An export without times, with call types that would be markup if they were let."""
    folder = tmp_path_factory.mktemp("small")
    rows = ["Incident,Call Type,Beat"]
    rows += [f"{i},<img src=http://example.org/x.png> **WELFARE** CHECK,<b>1A</b>" for i in range(40)]
    file = folder / "no *times* :red[x].csv"
    file.write_text("\n".join(rows) + "\n")
    yield from run_server(file, folder)


@dataclass
class Visit:
    """A browser page, with every address that it asked for."""

    page: Any
    base: str
    asked: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.base}/{path}")
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run to its end and the charts stand."""
        self.page.wait_for_selector("h1", timeout=180_000)
        self.page.wait_for_function(
            "() => document.querySelector('[data-testid=stApp]').dataset.testScriptState !== 'running'"
            " && !document.querySelector('[data-testid=stSpinner]')",
            timeout=90_000,
        )
        self.page.wait_for_timeout(700)

    def picture(self, name: str) -> None:
        """The whole page, its height and all."""
        SCREENSHOTS.mkdir(exist_ok=True)
        height = self.page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
        self.page.set_viewport_size({"width": 1280, "height": min(height + 20, 8000)})
        self.page.wait_for_timeout(500)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")
        self.page.set_viewport_size({"width": 1280, "height": 900})

    def other_hosts(self) -> list[str]:
        """Addresses outside this server, but for what the browser holds in itself."""
        return [url for url in self.asked if not url.startswith((self.base, "data:", "blob:"))]


def visits(base: str) -> Iterator[Visit]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        visit = Visit(browser.new_page(viewport={"width": 1280, "height": 900}, accept_downloads=True), base)
        visit.page.on("request", lambda request: visit.asked.append(request.url))
        visit.page.on("websocket", lambda ws: visit.asked.append(ws.url.replace("ws://", "http://")))
        yield visit
        browser.close()


@pytest.fixture
def sample(sample_app: str) -> Iterator[Visit]:
    yield from visits(sample_app)


@pytest.fixture
def small(small_app: str) -> Iterator[Visit]:
    yield from visits(small_app)


def serious_findings(page: Any) -> list[str]:
    """What axe calls serious or critical on the page as it stands, without the exemptions."""
    from axe_playwright_python.sync_playwright import Axe

    found = []
    for violation in Axe().run(page).response["violations"]:
        pattern = EXEMPT.get(violation["id"], ("$.", ""))[0]
        nodes = [node["html"] for node in violation["nodes"] if not re.match(pattern, node["html"])]
        if violation["impact"] in ("serious", "critical") and nodes:
            found.append(f"{violation['impact']} {violation['id']}: {nodes[0][:200]}")
    return found


def open_folds(visit: Visit) -> None:
    """Unfold every table, so that axe sees it as well."""
    folds = visit.page.locator("[data-testid=stExpander] summary")
    for number in range(folds.count()):
        folds.nth(number).click()
    visit.page.wait_for_timeout(500)


@pytest.mark.parametrize("name", PAGES)
def test_each_page_of_the_sample_city_stands_alone_and_can_be_read_by_all(sample: Visit, name: str) -> None:
    sample.open(PAGES[name])
    assert sample.page.locator("[data-testid=stException]").count() == 0
    sample.picture(f"app_{name}")
    open_folds(sample)
    sample.picture(f"app_{name}_unfolded")
    assert serious_findings(sample.page) == []
    assert sample.other_hosts() == []


def test_the_navigation_and_another_policy_work_by_hand_and_the_link_keeps_the_policy(sample: Visit) -> None:
    sample.open("")
    before = sample.page.locator("p.range").first.inner_text()
    sample.page.get_by_role("combobox", name="Eligibility policy").click()
    sample.page.get_by_role("option", name="Civilian").first.click()
    sample.page.wait_for_function(
        "before => document.querySelector('p.range').innerText !== before", arg=before, timeout=30_000
    )
    sample.settle()
    after = sample.page.locator("p.range").first.inner_text()
    assert after != before
    assert "policy=" in sample.page.url
    sample.page.get_by_role("link", name="Officer time").click()
    sample.page.wait_for_selector("h1:has-text('Officer time')")
    sample.page.get_by_role("link", name="Overview").click()
    sample.page.wait_for_selector("p.range")
    sample.settle()
    assert sample.page.locator("p.range").first.inner_text() == after
    assert sample.other_hosts() == []


def test_the_report_and_the_call_types_can_be_downloaded(sample: Visit, tmp_path: Path) -> None:
    sample.open("")
    with sample.page.expect_download(timeout=60_000) as download:
        sample.page.get_by_role("button", name="Download the report").click()
    report = tmp_path / "report.html"
    download.value.save_as(report)
    assert "<html" in report.read_text("utf-8")
    sample.open("call-types")
    with sample.page.expect_download(timeout=60_000) as download:
        sample.page.get_by_role("button", name="Download all call types (CSV)").click()
    table = tmp_path / "call_types.csv"
    download.value.save_as(table)
    assert table.read_text("utf-8").startswith("call_type_code,call_type,calls")
    assert sample.other_hosts() == []


@pytest.mark.parametrize("name", PAGES)
def test_an_export_without_times_and_with_markup_in_its_cells_is_shown_as_text(
    small: Visit, name: str
) -> None:
    small.open(PAGES[name])
    assert small.page.locator("[data-testid=stException]").count() == 0
    open_folds(small)
    small.picture(f"app_no_times_{name}")
    assert small.page.locator("img[src*='example.org']").count() == 0
    assert serious_findings(small.page) == []
    assert small.other_hosts() == []


def test_a_file_that_is_no_table_is_answered_in_sentences(small: Visit, tmp_path: Path) -> None:
    faulty = tmp_path / "picture.csv"
    faulty.write_bytes(bytes(range(8)) * 100)
    small.open("")
    assert small.page.get_by_text("no *times* :red[x].csv", exact=True).count() == 1
    small.page.get_by_text("A file of your own").click()
    small.page.wait_for_selector("h1:has-text('Choose a file')")
    small.settle()
    small.picture("app_waiting")
    assert serious_findings(small.page) == []
    small.page.locator("input[type=file]").set_input_files(faulty)
    small.page.wait_for_selector("h1:has-text('This could not be opened')")
    small.settle()
    small.picture("app_error")
    assert small.page.locator("[data-testid=stException]").count() == 0
    assert "Traceback" not in small.page.content()
    assert serious_findings(small.page) == []
    assert small.other_hosts() == []
