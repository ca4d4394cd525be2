"""The guided form: a study described step by step, written as the study file that the command line runs.

It asks; what the answers mean is decided by the study file's own reader, so that the form and a file that somebody
wrote by hand are refused and run alike.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from app import session
from app.evaluate_form_data import FormData, data_steps
from app.evaluate_form_more import cost_step, covariate_step, plan_step, team_step
from app.evaluate_form_outcomes import outcome_step, placebo_step
from app.evaluate_form_where import comparison_step, period_step, program_step
from app.evaluate_session import Ready, ready
from app.evaluate_start import lock_sent
from app.evaluate_tables import show_file_text, show_sentences
from app.study_writer import study_toml
from app.wording import without_markup
from evaluation.after.study import Study

NAME: Final = "study.toml"


def guided_study(opened: session.Opened) -> Ready | None:
    """The study that the form describes; None while an answer is missing. Raises RightcallError."""
    st.text(
        "Twelve steps; those marked optional can be left as they are. At the end stands a study file that you can keep, "
        "lock, and run here or on the command line."
    )
    with st.container(border=True):
        st.subheader("1. The question", anchor=False)
        st.caption("One sentence that a council member would ask. It stands at the top of the report.")
        question = st.text_input(
            "Question",
            "Did the program reduce police time on the calls that it could take?",
            key="form_question",
            persist_state="session",
        ).strip()
    data = data_steps(opened)
    program = program_step(data)
    comparison = comparison_step(data, program)
    period = period_step(data)
    outcomes = outcome_step(data)
    placebos = placebo_step(data, {one.name for one in outcomes})
    covariates = covariate_step(data)
    team = team_step(data)
    costs = cost_step(data)
    unit, plan = plan_step(outcomes)
    if not question:
        data.missing.insert(0, "Step 1: write the question.")
    if not outcomes:
        data.missing.append("Step 7: say what the program may have changed.")
    if data.missing:
        show_missing(data)
        return None
    study = Study(
        path=Path(NAME),
        question=question,
        unit=unit,
        calls=data.calls,
        tables=data.tables,
        outcomes=(*outcomes, *placebos),
        program=program,
        comparison=comparison,
        period=period,
        areas=data.areas,
        exposure="days",
        covariates=covariates,
        dag=(),
        team=team,
        costs=costs,
        plan=plan,
    )
    text = study_toml(study)
    show_file(text, data)
    return ready(NAME, text, data.files, lock_sent(), data.source, data.key)


def show_missing(data: FormData) -> None:
    """What is still to be answered, by step."""
    with st.container(border=True):
        st.subheader("Still to be answered", anchor=False)
        show_sentences(list(dict.fromkeys(data.missing)))


def show_file(text: str, data: FormData) -> None:
    """The study file to take along, and what must lie beside it."""
    st.header("The study file", anchor=False)
    st.text(
        "Everything above as a text file. rightcall evaluate study.toml gives the same numbers from it, on any machine "
        "that has the files."
    )
    st.download_button(
        "Download study.toml", text, NAME, "text/plain", key="form_download", on_click="ignore"
    )
    ours = {
        name: content
        for name, content in data.files.items()
        if name.endswith(".toml") or name == "decisions.csv"
    }
    for name, content in sorted(ours.items()):
        st.download_button(
            f"Download {without_markup(name)}", content, name, "text/plain", key=f"form_download_{name}",
            on_click="ignore",
        )  # fmt: skip
    beside = [*data.exports, *data.files]
    if beside:
        st.text("Put beside it, in one folder: " + ", ".join(dict.fromkeys(beside)))
    show_sentences(data.notes)
    with st.expander("The study file (TOML)"):
        show_file_text(text, "The study file")
