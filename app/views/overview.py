"""The first page: the answer as a range with its definition, how it comes about, and what was read to get it."""

from __future__ import annotations

import streamlit as st

from app import session
from app.charts import cascade_chart
from app.figures import show_figure
from app.job import Job
from app.plain_table import plain_table, range_in_large
from app.summary import period, unclassified_share
from app.wording import (
    READING_LABELS,
    READING_MEANINGS,
    SEVERITY_LABELS,
    cascade_finding,
    category_label,
    count,
    number_of_hours,
    percent,
    percent_range,
    period_words,
    range_first,
    reason_words,
    step_label,
    step_meaning,
)
from calls.ledger import SET_ASIDE_REASONS
from calls.problems import SEVERITIES
from calls.share import Share
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
    show_layout(job)
    show_problems(job)


def show_what_was_read(job: Job) -> None:
    """One sentence on the file, warnings, and the download of the report."""
    ledger = job.cleaned.ledger
    st.text(
        f"{', '.join(file.name for file in job.files)}: {period_words(period(job))}. "
        f"{count(ledger.rows_read)} rows read = {count(ledger.rows_kept)} kept + {count(ledger.rows_set_aside)} set "
        f"aside, which makes {count(job.facts.calls)} calls of {count(job.types.height)} types."
    )
    for reason, number in sorted(ledger.set_aside.items()):
        if number:
            st.text(f"Set aside, {count(number)} rows: {SET_ASIDE_REASONS[reason]}")
    if job.detection.questions:
        st.warning(
            "The columns were recognised, not known. Please answer the questions under “How the file was read”."
        )
    for warning in job.warnings:
        st.warning(warning)
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
    st.header("The answer is a range")
    show_share(f"Of calls, under “{job.policy.label}”", cascade.eligible, "calls")
    if cascade.eligible_in_hours != cascade.eligible and job.policy.hours.open_minutes_per_week < 7 * 1440:
        show_share("The same within the program's hours", cascade.eligible_in_hours, "calls")
    if cascade.eligible_hours is not None:
        show_share("Of recorded police time", cascade.eligible_hours, "unit-hours")
    with st.expander("What low, policy as written and high mean"):
        for reading in READINGS:
            st.text(READING_MEANINGS[reading])


def show_share(heading: str, share: Share, unit: str) -> None:
    """A share: the range in large type, the counts below it, then the definition."""
    with st.container(border=True):
        st.text(heading)
        st.html(range_in_large(percent_range(share.low_share, share.high_share)))
        sentence = range_first(share, unit)
        st.text(sentence[:1].upper() + sentence[1:] + ".")
        st.caption(f"Counted: {share.definition}")


def show_cascade(job: Job) -> None:
    """The steps as a chart, as a table, and what drops out at each step."""
    steps, losses = job.cascade.steps, job.cascade.losses
    st.header("How it comes about")
    known = steps["unit_hours_policy"].is_not_null().any()
    table = plain_table(
        "Calls left after each step" + (", and the police unit-hours of those left" if known else ""),
        ["Step", *(READING_LABELS[r] for r in READINGS), *(["Unit-hours (policy)"] if known else [])],
        [
            [
                step_label(row["step"]),
                *(count(row[f"calls_{r}"]) for r in READINGS),
                *([number_of_hours(row["unit_hours_policy"])] if known else []),
            ]
            for row in steps.iter_rows(named=True)
        ],
    )
    show_figure(cascade_finding(steps), cascade_chart(steps), table, open_table=True)
    with st.expander("What each step means"):
        st.html(
            plain_table(
                "The steps",
                ["Step", "Meaning"],
                [[step_label(step), step_meaning(step)] for step in steps["step"]],
                None,
            )
        )
    with st.expander("Why calls drop out"):
        st.html(
            plain_table(
                "Calls that drop out at each step, policy as written",
                ["Step", "Reason", "Calls", *(["Unit-hours"] if known else [])],
                [
                    [
                        step_label(row["step"]),
                        reason_words(row["reason"]),
                        count(row["calls"]),
                        *([number_of_hours(row["unit_hours"])] if known else []),
                    ]
                    for row in losses.iter_rows(named=True)
                ],
                2,
            )
        )


def show_sensitivity(job: Job) -> None:
    """The share with and without the two categories that decide most estimates."""
    names = " and ".join(category_label(category) for category in AMBIGUOUS)
    st.header("What hangs on two categories")
    st.text(
        f"{names} are large, and their wording says little about what happened. How a policy treats them often "
        "decides its answer."
    )
    st.html(
        plain_table(
            "Eligible calls, policy as written, at any hour",
            ["Treatment", "Calls", "Of", "Share"],
            [
                [
                    row["treatment"].capitalize(),
                    count(row["calls"]),
                    count(row["denominator"]),
                    percent(row["share"]),
                ]
                for row in job.cascade.sensitivity.iter_rows(named=True)
            ],
        )
    )
    untold = unclassified_share(job)
    st.text(
        f"Besides, {count(untold['numerator'])} of {count(untold['denominator'])} calls ({percent(untold['share'])}) "
        "could not be put in a category; the high figure counts them in."
    )
    st.caption(f"Counted: {untold['definition']}")


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


def show_layout(job: Job) -> None:
    """Which column was taken for what, and why, with the questions that only a person can answer."""
    detection, layout = job.detection, job.detection.layout
    st.header("How the file was read")
    st.text(f"Layout: {layout.label}. Time zone: {layout.zone or 'not stated'}.")
    if detection.questions:
        with st.container(border=True):
            st.markdown("**Please check**")
            for question in detection.questions:
                st.text(f"• {question}")
    with st.expander("Columns, and why they were taken"):
        st.html(
            plain_table(
                "Columns of the file and what they were read as",
                ["Read as", "Column of the file", "Reason", "Sure"],
                [
                    [
                        name,
                        " + ".join(columns),
                        detection.reasons.get(name, ""),
                        f"{detection.confidence.get(name, 0.0):.0%}",
                    ]
                    for name, columns in layout.columns.items()
                ],
                3,
            )
        )


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
    show(session.current())
