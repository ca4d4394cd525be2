"""The page about the tool: what it is for, what it must not be used for, its words, methods, sources and model card."""

from __future__ import annotations

from importlib.metadata import version

import streamlit as st

from app.about_words import DOCUMENTS, chapters, found_definitions, policy_sources
from app.plain_table import plain_table

NOT_FOR = (
    "Advice on a single call: it never says who should be sent.",
    "Judging officers, callers or neighborhoods.",
    "Comparing cities whose coding differs, without reading what keeps them from being compared.",
    "A claim about all that officers do: it sees recorded call time only.",
    "Counting mental-health calls: many are coded as disturbance, welfare check or trespass. It finds a floor.",
    "A final word: it starts a conversation among people who know the city.",
)
NOT_HERE = "This document is part of the source folder, which is not here."


def show() -> None:
    """Draw the page."""
    st.title("About")
    st.text(
        "Rightcall reads a city's 911/311 calls-for-service export and helps to answer which calls someone other than a "
        "police officer could answer, what officer time they take, and whether a program that answers them works."
    )
    st.header("What it must not be used for")
    for line in NOT_FOR:
        st.text(f"• {line}")
    show_definitions()
    st.header("Methods")
    for title, path in DOCUMENTS.items():
        with st.expander(title):
            try:
                found = chapters(path)
            except OSError:
                st.text(NOT_HERE)
                continue
            chapter = st.selectbox(
                f"Chapter of “{title}”", list(found), key=f"about_{path.parent.name}", bind="query-params"
            )
            # Our own document, so markup may act; text of a user's data is never shown like this.
            st.markdown(found[str(chapter)])
    st.header("Sources")
    with st.expander("Where each policy comes from"):
        st.html(
            plain_table("Policies and their sources", ["Policy", "As of", "Sources"], policy_sources(), None)
        )
    st.text(
        "Facts about programs and methods are cited where they stand: each policy names its sources, each method its "
        "paper, each amount of money that you enter its source and year."
    )
    st.caption(
        f"Rightcall {version('rightcall')}. Everything runs on this machine; nothing is sent anywhere."
    )


def show_definitions() -> None:
    """The words, to be searched."""
    st.header("Definitions")
    text = st.text_input(
        "Search the words and categories",
        "",
        key="about_search",
        bind="query-params",
        placeholder="for example: unit-hour",
    )
    try:
        found = found_definitions(text)
    except OSError:
        st.text(NOT_HERE)
        return
    if not found:
        st.text("No definition holds these words. Try one word, or the beginning of it.")
        return
    table = plain_table(
        f"{len(found)} definitions" if len(found) != 1 else "1 definition",
        ["Word", "Meaning", "Kind"],
        [list(row) for row in found],
        None,
    )
    if text.strip():
        st.html(table)
        return
    with st.expander("All definitions"):
        st.html(table)


if __name__ == "__main__":
    show()
