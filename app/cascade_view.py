"""Shares and the cascade as pages show them: the range first, the steps as chart and table, why calls drop out.

Every page that tells what a policy takes draws it here, so that two pages cannot word the same number differently.
"""

from __future__ import annotations

from typing import Final

import polars as pl
import streamlit as st

from app.charts import cascade_chart
from app.figures import show_figure
from app.job import Job
from app.plain_table import plain_table, range_in_large
from app.summary import unclassified_share
from app.wording import (
    READING_LABELS,
    cascade_finding,
    count,
    number_of_hours,
    percent,
    percent_range,
    range_first,
    reason_words,
    step_label,
    step_meaning,
)
from calls.share import Share
from evaluation.before.cascade import READINGS, STEPS

OF_CALLS: Final = "Of the calls that police handled and no officer or other agency is known to have started"


def show_share(heading: str, share: Share, unit: str) -> None:
    """A share: the range in large type, the counts below it, then the definition."""
    with st.container(border=True):
        st.text(heading)
        st.html(range_in_large(percent_range(share.low_share, share.high_share)))
        sentence = range_first(share, unit)
        st.text(sentence[:1].upper() + sentence[1:] + ".")
        st.caption(f"Counted: {share.definition}")


def show_steps(
    steps: pl.DataFrame, losses: pl.DataFrame, *, definition: str = "", source: str | None = None
) -> None:
    """The steps as a chart, as a table, and what drops out at each step.

    Columns in: step, label, calls_low, calls_policy, calls_high, unit_hours_policy; losses as Cascade.losses.
    definition, source: see app.figures.show_figure.
    """
    known = steps["unit_hours_policy"].is_not_null().any()
    table = plain_table(
        "Calls left after each step" + (", and the police unit-hours of those left" if known else ""),
        ["Step", *(READING_LABELS[r] for r in READINGS), *(["Unit-hours (policy)"] if known else [])],
        [
            [
                row["label"],
                *(count(row[f"calls_{r}"]) for r in READINGS),
                *([number_of_hours(row["unit_hours_policy"])] if known else []),
            ]
            for row in steps.iter_rows(named=True)
        ],
    )
    show_figure(
        cascade_finding(steps),
        cascade_chart(steps),
        table,
        open_table=True,
        definition=definition,
        source=source,
    )
    with st.expander("What each step means"):
        st.html(
            plain_table(
                "The steps",
                ["Step", "Meaning"],
                [[step_label(step), step_meaning(step)] for step in steps["step"] if step in STEPS],
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


def sensitivity_table(sensitivity: pl.DataFrame) -> str:
    """The answer with and without the two ambiguous categories, as HTML. Columns in: Cascade.sensitivity."""
    return plain_table(
        "Eligible calls, policy as written, at any hour",
        ["Treatment", "Calls", "Of", "Share"],
        [
            [
                row["treatment"].capitalize(),
                count(row["calls"]),
                count(row["denominator"]),
                percent(row["share"]),
            ]
            for row in sensitivity.iter_rows(named=True)
        ],
    )


def show_unclassified(job: Job) -> None:
    """How many calls no policy can decide about."""
    untold = unclassified_share(job)
    st.text(
        f"Besides, {count(untold['numerator'])} of {count(untold['denominator'])} calls ({percent(untold['share'])}) "
        "could not be put in a category; the high figure counts them in."
    )
    st.caption(f"Counted: {untold['definition']}")
