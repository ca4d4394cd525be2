"""The page of evaluation: a study is chosen, sent or made in a form, then run, and read part by part."""

from __future__ import annotations

from typing import Final

import streamlit as st

from app import session
from app.evaluate_form import guided_study
from app.evaluate_plan import run_when_asked, show_plan
from app.evaluate_result import show_result
from app.evaluate_session import Ready
from app.evaluate_start import sample_study, uploaded_study
from app.refusal import show_refusal
from call_codes.errors import RightcallError

WAYS: Final = {
    "sample": "Look at the sample study",
    "file": "Open a study file",
    "form": "Describe a study step by step",
}


def show(opened: session.Opened) -> None:
    """Draw the page."""
    st.title("Evaluate")
    st.text(
        "Did the program work? A study says once where and when it started and what is counted. The answer comes with "
        "its design, the checks that could sink it, and what it cannot say."
    )
    way = st.radio(
        "Start with",
        list(WAYS),
        format_func=lambda name: WAYS[name],
        key="evaluate_way",
        horizontal=True,
        bind="query-params",
    )
    try:
        one = chosen_study(way, opened)
        if one is None:
            return
        st.header("The study", anchor=False)
        show_plan(one)
        st.header("The result", anchor=False)
        made = run_when_asked(one)
    except RightcallError as error:
        st.subheader("This study cannot be run as it is", anchor=False)
        show_refusal(error)
        return
    if made is not None:
        show_result(one, made)


def chosen_study(way: str, opened: session.Opened) -> Ready | None:
    """The study of the chosen way; None while it is not complete. Raises RightcallError."""
    if way == "file":
        return uploaded_study(opened)
    if way == "form":
        return guided_study(opened)
    return sample_study()


if __name__ == "__main__":
    show(session.current())
