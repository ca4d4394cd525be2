"""The About page: what the tool is not for, words that can be searched, methods to read, sources, and nothing fetched."""

from __future__ import annotations

import re
import sys

import pytest
from streamlit.testing.v1 import AppTest

from app.about_words import DOCUMENTS, chapters, definitions, found_definitions
from app.views.about import NOT_FOR
from call_codes.taxonomy import load_taxonomy
from tests.app.test_pages import ROOT, words

pytestmark = pytest.mark.xdist_group("pages")


@pytest.fixture
def about() -> AppTest:
    visitor = AppTest.from_function(_page, default_timeout=60)
    return visitor.run()


def _page() -> None:
    from app.views.about import show

    show()


def test_it_says_first_what_it_must_not_be_used_for(about: AppTest) -> None:
    assert not about.exception
    assert about.header[0].value == "What it must not be used for"
    assert all(f"• {line}" in words(about) for line in NOT_FOR)


def test_every_word_of_the_glossary_and_every_category_is_defined() -> None:
    names = [name for name, _, _ in definitions()]
    assert "unit-hour" in names
    assert {one.label for one in load_taxonomy().categories.values()} <= set(names)
    assert all(meaning for _, meaning, _ in definitions())


def test_definitions_can_be_searched_and_an_empty_search_says_so(about: AppTest) -> None:
    about.text_input(key="about_search").set_value("Unit-Hour").run()
    assert "One hour of one unit committed to a call" in words(about)
    assert 0 < len(found_definitions("Unit-Hour")) < len(definitions())
    about.text_input(key="about_search").set_value("<b>nothing").run()
    assert "No definition holds these words" in words(about)
    assert not about.exception


@pytest.mark.parametrize("title", DOCUMENTS)
def test_every_chapter_of_a_document_can_be_read_without_pictures_and_links(title: str) -> None:
    found = chapters(DOCUMENTS[title])
    text = DOCUMENTS[title].read_text("utf-8")
    assert len(found) >= text.count("\n## ") - 1
    for body in found.values():
        assert "![" not in body
        assert not re.search(r"\]\(", body)
        assert not re.search(r"^#{1,3} ", body, re.MULTILINE)


def test_each_chapter_is_shown_when_it_is_chosen(about: AppTest) -> None:
    about.selectbox(key="about_officer_time").set_value("Unit spans").run()
    assert not about.exception
    assert chapters(DOCUMENTS["How officer time is measured"])["Unit spans"] in {
        m.value for m in about.markdown
    }


def test_each_policy_names_its_sources(about: AppTest) -> None:
    assert "Policies and their sources" in words(about)


def test_a_link_restores_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["home.py"])
    visitor = AppTest.from_function(_page, default_timeout=60)
    visitor.query_params["about_search"] = "crosswalk"
    visitor.run()
    assert visitor.text_input(key="about_search").value == "crosswalk"
    assert (ROOT / "GLOSSARY.md").is_file()
