"""The page about the tool: what it is for, what it must not be used for, its methods and the classifier's card."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).parents[2]
# Our own documents only: text of a user's data is never shown as markup.
DOCUMENTS = {
    "How officer time is measured": ROOT / "officer_time" / "METHODS.md",
    "How plans and evaluations are made": ROOT / "evaluation" / "METHODS.md",
    "How well call types are recognized (model card)": ROOT / "classifier" / "MODEL_CARD.md",
    "Words": ROOT / "GLOSSARY.md",
}


def show() -> None:
    """Draw the page."""
    st.title("About")
    st.text(
        "Rightcall reads a city's 911/311 calls-for-service export and helps to answer which calls someone other than a "
        "police officer could answer, what officer time they take, and whether a program that answers them works."
    )
    st.header("What it must not be used for")
    for line in (
        "Advice on a single call: it never says who should be sent.",
        "Judging officers, callers or neighborhoods.",
        "Comparing cities whose coding differs, without reading what keeps them from being compared.",
        "A claim about all that officers do: it sees recorded call time only.",
        "Counting mental-health calls: many are coded as disturbance, welfare check or trespass. It finds a floor.",
    ):
        st.text(f"• {line}")
    st.header("Methods and sources")
    for title, path in DOCUMENTS.items():
        with st.expander(title):
            if path.is_file():
                # Headings inside an expander start one level below the page's own.
                st.markdown(
                    "\n".join(
                        f"##{line}" if line.startswith("#") else line
                        for line in path.read_text("utf-8").splitlines()
                    )
                )
            else:
                st.text("This document is part of the source folder, which is not here.")
    st.caption(
        f"Rightcall {version('rightcall')}. Everything runs on this machine; nothing is sent anywhere."
    )


if __name__ == "__main__":
    show()
