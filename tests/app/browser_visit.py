"""What the browser tests share: the app as a command that is started and stopped, and a person's visit to it.

A visit notes every address that its page asks for, takes pictures into screenshots/ (not kept in version control)
for a person to look at, and asks axe for what keeps people from reading a page.
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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from app import serve

ROOT: Final = Path(__file__).resolve().parents[2]
CHROMIUM: Final = Path("/usr/bin/chromium")
SCREENSHOTS: Final = ROOT / "screenshots"
WIDTH: Final = 1280
# One worker for all that open the app: the text model is read once.
MARKS: Final = [
    pytest.mark.browser,
    pytest.mark.xdist_group("pages"),
    pytest.mark.skipif(not CHROMIUM.is_file(), reason="needs Debian's Chromium at /usr/bin/chromium"),
]

# Findings of axe that are not ours to mend, each with the only elements for which it is let pass.
EXEMPT: Final[dict[str, tuple[str, str]]] = {
    "svg-img-alt": (
        r'^<g class="mark-\w+ role-mark [^>]*role="graphics-symbol"[^>]*></g>$',
        "an empty group that Vega leaves where a chart has no ranges to draw: there is nothing to name",
    ),
}
_STILL: Final = (
    "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState !== 'running'"
    " && !document.querySelector('[data-testid=stSpinner]')"
)


@contextmanager
def running_app(folder: Path, sources: Sequence[Path] = (), decisions: Path | None = None) -> Iterator[str]:
    """`rightcall app SOURCES` on a free port, stopped at the end by the signal that a user's system would send."""
    with socket.socket() as probe:
        probe.bind((serve.ADDRESS, 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "app.cli", "app", *map(str, sources), "--port", str(port), "--headless"]
    with (folder / "server.log").open("w+") as log:
        process = subprocess.Popen(
            [*command, "--decisions", str(decisions or folder / "decisions.sqlite")],
            cwd=folder,  # anywhere but the project: a user's folder
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        try:
            base = f"http://{serve.ADDRESS}:{port}"
            if not _answers(base, process):
                log.seek(0)
                pytest.fail(f"the server did not start: {log.read()}")
            yield base
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
        log.seek(0)
        said = log.read()
        assert "Traceback" not in said, said[-3000:]
    serve.check_port(port)  # free again: the command took its server with it


def _answers(base: str, process: subprocess.Popen[bytes]) -> bool:
    """Whether the server has come up within two minutes."""
    for _ in range(480):
        if process.poll() is not None:
            return False
        try:
            with urllib.request.urlopen(f"{base}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return True
        except OSError:
            time.sleep(0.25)
    return False


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium, to open visits in."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visit:
    """A browser page of one person, with every address that it asked for."""

    page: Any
    base: str
    asked: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go to an address below the app's own."""
        self.page.goto(f"{self.base}/{path}")
        self.settle()

    def go(self, title: str) -> None:
        """Another page by the navigation at the left."""
        self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
        self.page.wait_for_function(
            "title => document.querySelector('[data-testid=stSidebarNav] [aria-current=page]')?.innerText === title",
            arg=title,
        )
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run to its end and the charts stand."""
        self.page.wait_for_selector("h1, [data-testid=stException]", timeout=180_000)
        self.page.wait_for_timeout(200)
        self.page.wait_for_function(_STILL, timeout=120_000)
        # A script may start anew at its end; the last charts are drawn after it.
        self.page.wait_for_timeout(300)
        self.page.wait_for_function(_STILL, timeout=120_000)
        assert self.broken() == []

    def press(self, name: str, role: str = "button", *, exact: bool = True) -> None:
        """Click what a person would call so, and wait for the page."""
        self.page.get_by_role(role, name=name, exact=exact).first.click()
        self.settle()

    def choose(self, label: str, option: str) -> None:
        """Take an option from a select box, by typing as much of it as it needs."""
        box = self.page.get_by_role("combobox", name=label).first
        box.click()
        box.fill(option)
        self.page.get_by_role("option", name=option, exact=True).first.click()
        self.settle()

    def text(self, within: str = "[data-testid=stMain]") -> str:
        """What a reader sees of the page (folded parts are not seen)."""
        return str(self.page.locator(within).first.inner_text())

    def ranges(self) -> list[str]:
        """The numbers in large type, from the top."""
        return [str(words) for words in self.page.locator("p.range").all_inner_texts()]

    def table(self, caption: str) -> list[list[str]]:
        """The cells of the first plain table whose caption begins so, its headings first."""
        found = self.page.locator("table.plain").filter(
            has=self.page.locator(f"caption:has-text('{caption}')")
        )
        rows = found.first.locator("tr")
        return [rows.nth(n).locator("th, td").all_inner_texts() for n in range(rows.count())]

    def download(self, button: str | Any, folder: Path) -> Path:
        """Press a download button and keep what it sends under its own name."""
        if isinstance(button, str):
            button = self.page.get_by_role("button", name=button, exact=True).first
        with self.page.expect_download(timeout=90_000) as download:
            button.click()
        folder.mkdir(exist_ok=True)
        path = folder / str(download.value.suggested_filename)
        download.value.save_as(path)
        return path

    def unfold(self) -> None:
        """Open every fold, so that axe and a reader of the picture see it as well."""
        self.page.evaluate(
            "() => document.querySelectorAll('[data-testid=stExpander] details:not([open]) > summary')"
            ".forEach(fold => fold.click())"
        )
        self.page.wait_for_timeout(500)

    def picture(self, name: str) -> None:
        """The whole page, its height and all."""
        SCREENSHOTS.mkdir(exist_ok=True)
        height = self.page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
        self.page.set_viewport_size({"width": WIDTH, "height": min(height + 20, 12000)})
        self.page.wait_for_timeout(400)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")
        self.page.set_viewport_size({"width": WIDTH, "height": 900})

    def other_hosts(self) -> list[str]:
        """Addresses outside this server, but for what the browser holds in itself."""
        return [url for url in self.asked if not url.startswith((f"{self.base}/", "data:", "blob:"))]

    def broken(self) -> list[str]:
        """Errors that no page may show."""
        return [str(words) for words in self.page.locator("[data-testid=stException]").all_inner_texts()]


@contextmanager
def visiting(browser: Any, base: str, **context: Any) -> Iterator[Visit]:
    """A visit in a browser context of its own: no cookies, no storage, nothing of another visit.

    context: options of the browser's context, such as color_scheme="dark".
    """
    own = browser.new_context(
        viewport={"width": WIDTH, "height": 900}, accept_downloads=True, reduced_motion="reduce", **context
    )
    visit = Visit(own.new_page(), base)
    visit.page.on("request", lambda request: visit.asked.append(request.url))
    visit.page.on("websocket", lambda ws: visit.asked.append(ws.url.replace("ws://", "http://")))
    yield visit
    own.close()


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
