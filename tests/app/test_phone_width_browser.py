"""On a phone nothing is cut off: wide tables and charts scroll in boxes of their own, which the keyboard reaches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app import session
from tests.app.browser_visit import MARKS, Visit, chromium, running_app, serious_findings, visiting

pytestmark = MARKS
_BOXES = "div.plain-box, [class*=st-key-chart-]"


@pytest.fixture(scope="module")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    if not session.SAMPLE.is_file():
        pytest.skip("the sample city has not been generated")
    folder = tmp_path_factory.mktemp("phone")
    with running_app(folder) as base, chromium() as browser, visiting(browser, base) as visit:
        visit.page.set_viewport_size({"width": 420, "height": 900})
        yield visit


@pytest.mark.parametrize(
    "path",
    ["overview", *(pytest.param(name, marks=pytest.mark.slow) for name in ("eligibility", "officer-time"))],
)
def test_what_is_wider_than_a_phone_scrolls_in_its_own_box(phone: Visit, path: str) -> None:
    phone.open(path)
    phone.unfold()
    assert phone.page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth") <= 420
    widths: list[Any] = phone.page.locator(_BOXES).evaluate_all(
        "boxes => boxes.map(box => [box.clientWidth, box.scrollWidth, getComputedStyle(box).overflowX])"
    )
    assert widths
    assert all(seen <= 420 and (whole <= seen or flow == "auto") for seen, whole, flow in widths)
    # A chart keeps the size at which its words can be read.
    sizes: list[Any] = phone.page.locator("[data-testid=stVegaLiteChart] svg").evaluate_all(
        "drawn => drawn.map(one => one.getBoundingClientRect().width - Number(one.getAttribute('width')))"
    )
    assert sizes
    assert all(abs(shrunk) < 1 for shrunk in sizes)
    assert serious_findings(phone.page) == []
