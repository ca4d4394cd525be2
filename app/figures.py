"""A figure on a page: the finding as a sentence, the chart, and a way to the same numbers as a plain table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    import altair as alt


def show_figure(finding: str, chart: alt.LayerChart, table: str, *, open_table: bool = False) -> None:
    """Draw a finding, its chart (from app.charts) and its table (from app.plain_table), folded unless asked.

    The finding may name areas or call types: it is shown as plain text, and is the chart's alternative text.
    """
    st.text(finding)
    # Streamlit would fit axes and labels into the chart's own size, which is meant for the bars alone: labels
    # were cut. "pad" draws the chart as the report does.
    st.altair_chart(chart.properties(autosize="pad"), width="content", theme=None, alt=finding)
    if open_table:
        st.html(table)
        return
    with st.expander("The same as a table"):
        st.html(table)
