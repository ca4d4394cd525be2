"""The first page: the answer as a range with its definition, how it comes about, and what was read to get it."""

from __future__ import annotations

import streamlit as st

from app import session
from app.cascade_view import OF_CALLS, sensitivity_table, show_share, show_steps, show_unclassified
from app.job import Job
from app.summary import period
from app.wording import (
    READING_MEANINGS,
    category_label,
    count,
    period_words,
)
from evaluation.before.cascade import AMBIGUOUS, READINGS


def show(opened: session.Opened) -> None:
    """Draw the page."""
    job = opened.job
    st.title("Which calls could someone other than a police officer answer?")
    show_what_was_read(job)
    show_answer(job)
    show_cascade(job)
    show_sensitivity(job)
    show_policy(job)


def show_what_was_read(job: Job) -> None:
    """One sentence on the file, warnings, and the download of the report."""
    ledger = job.cleaned.ledger
    st.text(
        f"{', '.join(file.name for file in job.files)}: {period_words(period(job))}. "
        f"{count(ledger.rows_read)} rows read = {count(ledger.rows_kept)} kept + {count(ledger.rows_set_aside)} set "
        f"aside, which makes {count(job.facts.calls)} calls of {count(job.types.height)} types."
    )
    if job.detection.questions:
        st.warning(
            "The columns were recognised, not known. Please answer the questions at Start, under “How the columns "
            "were read”."
        )
    for warning in job.warnings:
        with st.container(border=True):
            st.markdown("**Know this first**")
            st.text(warning)
    signed = int((job.types["basis"] == "signed").sum())
    if signed:
        st.text(f"{count(signed)} of {count(job.types.height)} call types stand as reviewers signed them.")
    st.download_button(
        "Download the report",
        data=lambda: _report(job),
        file_name="rightcall_report.html",
        mime="text/html",
        on_click="ignore",
        help="One page with these numbers, charts and definitions, to print or to send.",
    )


def _report(job: Job) -> str:
    from app.report import report_html

    return report_html(job)


def show_answer(job: Job) -> None:
    """The shares as ranges with numerator, denominator and definition."""
    cascade = job.cascade
    if not cascade.eligible.denominator:
        with st.container(border=True):
            st.text(
                "No call in these files was answered by police and started by the community. They may be the records of a "
                "response team, of the fire service or of officers' own activity: what they hold stands under Officer "
                "time and Call types."
            )
            st.text(
                "For the question of this page, ask for the dispatch center's export of all police calls."
            )
        return
    st.header("The answer is a range")
    show_share(f"{OF_CALLS}, under “{job.policy.label}”", cascade.eligible, "calls")
    if cascade.eligible_in_hours != cascade.eligible and job.policy.hours.open_minutes_per_week < 7 * 1440:
        show_share("The same within the program's hours", cascade.eligible_in_hours, "calls")
    if cascade.eligible_hours is not None:
        show_share("Of the recorded police time of those calls", cascade.eligible_hours, "unit-hours")
    with st.expander("What low, policy as written and high mean"):
        for reading in READINGS:
            st.text(READING_MEANINGS[reading])


def show_cascade(job: Job) -> None:
    """The steps as a chart, as a table, and what drops out at each step."""
    st.header("How it comes about")
    unknown = int(job.facts.initiated_by.filter(initiated_by="unknown")["calls"].sum())
    if unknown:
        st.text(
            f"For {count(unknown)} of all {count(job.facts.calls)} calls nothing says who started them. They stay in, so "
            "the denominator may hold calls that officers started."
        )
    cascade = job.cascade
    show_steps(cascade.steps, cascade.losses, definition=cascade.eligible_in_hours.definition)


def show_sensitivity(job: Job) -> None:
    """The share with and without the two categories that decide most estimates."""
    names = " and ".join(category_label(category) for category in AMBIGUOUS)
    st.header("What hangs on two categories")
    st.text(
        f"{names} are large, and their wording says little about what happened. How a policy treats them often "
        "decides its answer."
    )
    st.html(sensitivity_table(job.cascade.sensitivity))
    show_unclassified(job)


def show_policy(job: Job) -> None:
    """What the policy takes, and what is not sure about it."""
    policy = job.policy
    st.header("The policy behind it")
    st.text(f"{policy.label}. As of {policy.as_of:%B %Y}. {policy.status}")
    with st.expander("What it takes, what it leaves, and where that stands"):
        st.text(f"Hours: {policy.hours.text}\nArea: {policy.area}\n{policy.note}")
        for decision, heading in (
            ("eligible", "Takes"),
            ("conditional", "Takes on a condition (in the high figure only)"),
            ("excluded", "Leaves to others"),
        ):
            labels = ", ".join(category_label(c) for c in policy.categories_with(decision))
            st.text(f"{heading}: {labels or 'none'}.")
        if policy.unverified:
            st.text(f"Our source does not settle: {', '.join(policy.unverified)}.")
        for source in policy.sources:
            st.text(f"Source: {source}")


if __name__ == "__main__":
    show(session.current())
