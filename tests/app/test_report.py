"""The report as a reader meets it: what it says, what it must not say, and that it stands alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from app import wording
from app.job import Job, run_job
from app.report import in_short, report_html
from app.report_tables import breakdowns, time_words
from app.settings import Settings
from app.summary import record, summary

CHROMIUM = Path("/usr/bin/chromium")
_ASKS = {
    "src",
    "srcset",
    "href",
    "xlink:href",
    "action",
    "data",
    "poster",
    "formaction",
    "background",
    "ping",
}


class Page(HTMLParser):
    """Tags with their attributes, and the text of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data + "\n"

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


_PAGES: dict[int, tuple[Job, str]] = {}


def rendered(job: Job) -> str:
    """The page of a job, made once for all tests."""
    if id(job) not in _PAGES:
        _PAGES[id(job)] = (job, report_html(job))
    return _PAGES[id(job)][1]


def test_the_page_asks_nobody_for_anything_and_runs_no_script(town: Job) -> None:
    html = rendered(town)
    page = Page(html)
    assert page.all("script") == page.all("link") == page.all("iframe") == page.all("img") == []
    asked = [
        v
        for _, attributes in page.tags
        for k, v in attributes.items()
        if k in _ASKS and not str(v).startswith("#")
    ]
    assert asked == []
    assert not [k for _, attributes in page.tags for k in attributes if k.startswith("on")]
    assert "url(" not in html.replace("url(#", "")
    assert "@import" not in html


def test_the_page_is_small_and_the_same_every_time(town: Job) -> None:
    assert rendered(town) == report_html(town)
    assert len(rendered(town).encode()) < 300_000


def test_text_of_the_export_stays_text(town: Job) -> None:
    html = rendered(town)
    assert "WELFARE &lt;script&gt;alert(1)&lt;/script&gt; &amp; CHECK" in html
    assert "North &lt;b&gt;" in html
    assert "North <b>" not in html
    assert "<script" not in html


def _leaves(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        yield from (leaf for part in value.values() for leaf in _leaves(part))
    elif isinstance(value, list | tuple):
        yield from (leaf for part in value for leaf in _leaves(part))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def _figures(text: str) -> set[str]:
    return set(re.findall(r"\d[\d,]*(?:\.\d+)?", text))


@pytest.mark.parametrize("which", ["town", "town_without_times"])
def test_every_number_in_short_is_a_number_of_the_summary(which: str, request: pytest.FixtureRequest) -> None:
    job: Job = request.getfixturevalue(which)
    document = summary(job)
    known = {
        form
        for leaf in _leaves(document)
        for form in (wording.count(leaf), wording.number_of_hours(leaf), f"{leaf * 100:.1f}")
    }
    sentences = in_short(job, record(job))
    assert _figures(" ".join(sentences)) <= known
    assert all(sentence in Page(rendered(job)).text for sentence in sentences)


def test_the_answer_is_a_range_with_numerator_and_denominator(town: Job) -> None:
    # Nine welfare checks; with eight disturbances (on a condition) and three odd jobs (not classified) it is 20.
    first = in_short(town, record(town))[0].replace(wording.NO_BREAK, " ")
    assert "between 9 and 20 of 40 calls (22.5–50.0%), and 9 (22.5%) under the policy as written" in first
    assert town.cascade.eligible.definition in Page(rendered(town)).text


def test_the_vague_categories_are_shown_counted_in_and_left_out(town: Job) -> None:
    sentence = in_short(town, record(town))[-1]
    assert "24 calls" in sentence
    assert "with none of them" not in sentence  # the policy counts none anyway


def test_an_export_without_times_says_so_and_what_to_ask_for(town_without_times: Job) -> None:
    text = Page(rendered(town_without_times)).text
    assert "Officer time can therefore not be shown. Ask the agency for the times" in text
    assert "How much police time these calls take is not known" in text
    assert "Unit-hours, central" not in text
    assert "By category" in text


def test_small_counts_are_hidden_in_lists_and_merged_where_a_table_adds_up(town: Job) -> None:
    text = Page(rendered(town)).text
    assert "Categories with few calls, together" in text
    words = time_words(town, "category", breakdowns(town)["category"])
    calls = {row[0]: int(row[2]) for row in words.rows}
    assert sum(calls.values()) == 40
    assert min(calls.values()) >= 5
    assert "Noise & fireworks" not in calls
    assert re.search(r"NOISE</th><td[^>]*>fewer than 5<", rendered(town))


def test_every_chart_has_a_text_and_every_table_a_caption_and_headings(town: Job) -> None:
    page, html = Page(rendered(town)), rendered(town)
    drawings = page.all("svg")
    assert len(drawings) >= 4
    assert all(d["role"] == "img" and f'<title id="{d["aria-labelledby"]}">' in html for d in drawings)
    assert len(page.all("table")) == len(page.all("caption")) > 8
    assert all(th.get("scope") in ("col", "row") for th in page.all("th"))


def test_the_report_says_what_it_is_not_for_and_what_is_unverified(town: Job) -> None:
    text = Page(rendered(town)).text
    for words in (
        "never dispatch advice",
        "not all that officers do",
        "undercount mental-health calls",
        "unverified",
    ):
        assert words in text


def test_the_command_names_files_but_no_folders(town: Job) -> None:
    text = Page(rendered(town)).text
    assert (
        "rightcall run town.csv --policy behavioral_health_plus --crosswalk signed.csv --out results" in text
    )
    assert str(town.settings.files[0].parent) not in rendered(town)


def test_a_guessed_layout_is_announced_at_the_top(town: Job) -> None:
    assert "columns were recognised by their names and values" in rendered(town)
    assert "In which time zone are the stamps?" in rendered(town)


@pytest.mark.parametrize("policy", ["denver_star", "nyc_bheard", "civilian_admin"])
def test_a_program_with_hours_gets_its_own_sentence_and_its_unverified_rules_a_mark(
    policy: str, town: Job
) -> None:
    assert town.crosswalk is not None
    job = run_job(Settings(files=town.settings.files, crosswalk=town.settings.crosswalk, policy=policy))
    page = Page(report_html(job))
    assert job.policy.label in page.text
    assert job.policy.hours.text in page.text
    assert ("unverified" in page.text) == (
        bool(job.policy.unverified) or not all(r.verified for r in job.policy.rules)
    )


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.is_file(), reason="needs Debian's Chromium at /usr/bin/chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(town: Job, tmp_path: Path, scheme: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    path = tmp_path / "report.html"
    path.write_text(rendered(town), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
        )
        page = browser.new_context(color_scheme=scheme).new_page()
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        violations = Axe().run(page).response["violations"]
        browser.close()
    assert requests == [path.as_uri()]
    assert [(v["id"], v["impact"]) for v in violations if v["impact"] in ("serious", "critical")] == []
