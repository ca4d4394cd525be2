"""The first page: what to open, how its columns were read, what it can answer, and what is wrong with the data."""

from __future__ import annotations

import streamlit as st

from app import session
from app.job import Job
from app.labels import VERDICT_LABELS
from app.layout_form import show_layout
from app.plain_table import plain_table
from app.refusal import show_refusal
from app.source_chooser import SAMPLE_LABEL, show_chooser
from app.summary import period
from app.waiting import wait_for
from app.wording import SEVERITY_LABELS, count, period_words
from call_codes.errors import RightcallError
from calls.ledger import SET_ASIDE_REASONS
from calls.problems import SEVERITIES
from calls.quality import Quality, check_quality

ANSWERS = (
    ("views/overview.py", "Which calls could someone other than police answer?"),
    ("views/call_types.py", "Check what each call type was taken for, and sign it"),
    ("views/officer_time.py", "How much officer time do calls take?"),
)


def show() -> None:
    """Draw the page."""
    st.title("Calls for service: what to open")
    st.text(
        "Rightcall reads a city's export of its dispatch system and tells which calls could be answered by someone "
        "other than a police officer, what officer time they take, and whether a program that answers them worked."
    )
    try:
        source = show_chooser()
        if source is None:
            return
        session.choose(source)
        running = session.start(source)
    except RightcallError as error:
        show_refusal(error)
        return
    wait_for(running)
    try:
        job = running.result()
    except RightcallError as error:
        show_refusal(error)
        if running.recognised is not None:
            st.text(
                "On this page: choose the right columns below, then read the files again. No file has to be written."
            )
            show_layout(source, running.recognised, open_form=True)
        return
    if source.kind == "sample":
        st.info(f"{SAMPLE_LABEL}. No number here is about a real place.")
    show_what_was_read(job)
    with st.container(horizontal=True):
        for page, label in ANSWERS:
            st.page_link(page, label=label)
    show_abilities(quality_of(session.opened_under(source, job, job.policy)))
    if running.recognised is not None:
        show_layout(source, running.recognised, open_form=False)
    show_problems(job)


def quality_of(opened: session.Opened) -> Quality:
    """calls.quality.check_quality of what is open, as `rightcall check` gives it."""
    job = opened.job
    return session.kept(
        opened,
        "quality",
        make=lambda: check_quality(
            job.cleaned,
            job.detection.layout,
            several_files=len(opened.source.files) > 1,
            smallest_count=job.settings.smallest_count,
        ),
    )


def show_what_was_read(job: Job) -> None:
    """What was read, what was set aside and why, and what a reader must know first."""
    ledger = job.cleaned.ledger
    st.header("What was read")
    with st.container(border=True):
        st.text(
            f"{', '.join(file.name for file in job.files)}: {period_words(period(job))}.\n"
            f"{count(ledger.rows_read)} rows read = {count(ledger.rows_kept)} kept + "
            f"{count(ledger.rows_set_aside)} set aside, which makes {count(job.facts.calls)} calls of "
            f"{count(job.types.height)} types."
        )
        for reason, number in sorted(ledger.set_aside.items()):
            if number:
                st.text(f"Set aside, {count(number)} rows: {SET_ASIDE_REASONS[reason]}")
    for warning in job.warnings:
        with st.container(border=True):
            st.markdown("**Know this first**")
            st.text(warning)


def show_abilities(quality: Quality) -> None:
    """What can be answered with this file, what only in part, and why."""
    st.header("What this data can answer")
    told = [ability.verdict for ability in quality.abilities]
    st.text(
        f"{told.count('yes')} of {len(told)} questions can be answered, {told.count('partly')} in part, "
        f"{told.count('no')} not."
    )
    st.html(
        plain_table(
            "Questions that people bring",
            ["Question", "Can this data answer it?", "Why"],
            [[a.question, VERDICT_LABELS[a.verdict], " ".join(a.reasons)] for a in quality.abilities],
            None,
        )
    )
    if any(ability.ask for ability in quality.abilities):
        st.download_button(
            "A letter that asks the agency for what is missing",
            data=lambda: _letter(quality),
            file_name="record_request.html",
            mime="text/html",
            on_click="ignore",
        )


def _letter(quality: Quality) -> str:
    from calls.record_request import letter_html, letter_markdown, record_request

    asked = record_request([], found=quality.abilities, file="the export at hand")
    return letter_html(letter_markdown(asked))


def show_problems(job: Job) -> None:
    """Data faults by name, worst first."""
    st.header("Faults found in the data")
    if job.problems.is_empty():
        st.text("None of the faults that Rightcall looks for.")
        return
    counted = dict(job.problems["severity"].value_counts().iter_rows())
    weights = ", ".join(
        f"{counted[severity]} of {SEVERITY_LABELS[severity].lower()} weight"
        for severity in SEVERITIES
        if severity in counted
    )
    st.text(
        f"{count(job.problems.height)} found: {weights}. Each says how often it occurs and what was done about it."
    )
    with st.expander("The faults, the most serious first"):
        st.html(
            plain_table(
                "Faults by name",
                ["What it is", "Weight", "Column", "Found", "Of", "What was done"],
                [
                    [
                        row["means"],
                        SEVERITY_LABELS[row["severity"]],
                        row["column"],
                        count(row["count"]),
                        f"{count(row['total'])} {row['of']}",
                        row["done"],
                    ]
                    for row in job.problems.iter_rows(named=True)
                ],
                None,
            )
        )


if __name__ == "__main__":
    show()
