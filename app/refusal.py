"""What is wrong and what to do about it, in the place of an answer. The words may quote a file: plain text only."""

from __future__ import annotations

import streamlit as st

from call_codes.errors import RightcallError


def show_refusal(error: RightcallError) -> None:
    """A box with what was found, what was expected and what to do."""
    with st.container(border=True):
        for heading, text in (
            ("What was found", error.found),
            ("What was expected", error.expected),
            ("What to do", error.action),
        ):
            st.markdown(f"**{heading}**")
            st.text(text)
