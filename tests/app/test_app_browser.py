"""The pages in a real browser: nothing asked of any other host, nothing broken, nothing that axe finds serious."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import session
from tests.app.browser_visit import MARKS, Visit, chromium, running_app, serious_findings, visiting

PAGES = {
    "start": "",
    "overview": "overview",
    "call-types": "call-types",
    "eligibility": "eligibility",
    "officer-time": "officer-time",
    "plan": "plan",
    "evaluate": "evaluate",
    "report-data": "report-data",
    "about": "about",
}
HOSTILE = "<img src=http://example.org/x.png> **WELFARE** CHECK"
pytestmark = MARKS


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
def small_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An export without times, with call types that would be markup if they were let."""
    folder = tmp_path_factory.mktemp("small")
    rows = ["Incident,Call Type,Beat"] + [f"{i},{HOSTILE},<b>1A</b>" for i in range(40)]
    file = folder / "no *times* :red[x].csv"
    file.write_text("\n".join(rows) + "\n")
    with running_app(folder, [file]) as base:
        yield base


@pytest.fixture
def sample(browser: Any, sample_app: str) -> Iterator[Visit]:
    with visiting(browser, sample_app) as visit:
        yield visit


@pytest.fixture
def small(browser: Any, small_app: str) -> Iterator[Visit]:
    with visiting(browser, small_app) as visit:
        yield visit


@pytest.mark.parametrize("name", PAGES)
def test_each_page_of_the_sample_city_stands_alone_and_can_be_read_by_all(sample: Visit, name: str) -> None:
    sample.open(PAGES[name])
    assert sample.broken() == []
    sample.picture(f"app_{name}")
    sample.unfold()
    sample.picture(f"app_{name}_unfolded")
    assert serious_findings(sample.page) == []
    assert sample.other_hosts() == []


@pytest.mark.parametrize(
    "name",
    [
        name
        if name in ("overview", "call-types", "officer-time")
        else pytest.param(name, marks=pytest.mark.slow)
        for name in PAGES
    ],
)
def test_an_export_without_times_and_with_markup_in_its_cells_is_shown_as_text(
    small: Visit, name: str
) -> None:
    small.open(PAGES[name])
    assert small.broken() == []
    small.unfold()
    small.picture(f"app_no_times_{name}")
    assert small.page.locator("img[src*='example.org']").count() == 0
    assert serious_findings(small.page) == []
    assert small.other_hosts() == []


def test_the_navigation_and_another_policy_work_by_hand_and_the_link_keeps_the_policy(sample: Visit) -> None:
    sample.open("overview")
    before = sample.ranges()[0]
    sample.page.get_by_role("combobox", name="Eligibility policy").click()
    sample.page.get_by_role("option", name="Civilian").first.click()
    sample.page.wait_for_function(
        "before => document.querySelector('p.range')?.innerText !== before", arg=before, timeout=30_000
    )
    sample.settle()
    after = sample.ranges()[0]
    assert after != before
    assert "policy=" in sample.page.url
    sample.go("Officer time")
    assert "policy=" in sample.page.url
    sample.go("Overview")
    assert sample.ranges()[0] == after
    assert sample.other_hosts() == []


def test_a_file_that_is_no_table_is_answered_in_sentences(small: Visit, tmp_path: Path) -> None:
    faulty = tmp_path / "picture.csv"
    faulty.write_bytes(bytes(range(8)) * 100)
    small.open("")
    assert small.page.get_by_text("Open: no *times* :red[x].csv", exact=True).count() == 1
    small.page.get_by_text("Files of your own").click()
    small.page.wait_for_selector("input[type=file]", state="attached")
    small.settle()
    small.picture("app_waiting")
    assert serious_findings(small.page) == []
    small.page.locator("input[type=file]").set_input_files(faulty)
    small.page.wait_for_selector("text=What to do")
    small.settle()
    small.picture("app_error")
    assert small.broken() == []
    assert "Traceback" not in small.page.content()
    assert serious_findings(small.page) == []
    assert small.other_hosts() == []
