"""A figure on a page: the finding, the chart, a way to the same numbers as a plain table, and files to take along."""

from __future__ import annotations

import hashlib
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import streamlit as st

from app import session
from app.chart_files import TableText, chart_png, chart_svg, file_stem, rows_csv, table_text
from app.summary import period
from app.wording import period_words, without_markup

if TYPE_CHECKING:
    import altair as alt

    from call_codes.policy import Policy

# The buttons show one word each; what it is the word for is there for those who do not see the chart above it.
STYLE: Final = """<style>
[class*="st-key-chart-"] { overflow-x: auto; max-width: 100%; }
[class*="st-key-files-"] { position: sticky; left: 0; }
[class*="st-key-files-"] button { min-height: 1.6rem; padding: 0 0.35rem; text-decoration: underline; }
[class*="st-key-files-"] button em { position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap; }
</style>"""


def show_figure(
    finding: str,
    chart: alt.LayerChart,
    table: str,
    *,
    open_table: bool = False,
    definition: str = "",
    source: str | None = None,
    key: str = "",
) -> None:
    """Draw a finding, its chart (from app.charts) and its table (from app.plain_table), folded unless asked.

    The finding may name areas or call types: it is shown as plain text, and is the chart's alternative text. Below
    the chart, the same as PNG, SVG and CSV files, made when they are asked for. definition: what was counted, for
    the printed chart (the table's caption where it is not given). source: where the calls come from (what is open,
    where it is not given). key: tells two figures with the same finding and table on one page apart.
    """
    st.text(finding)
    # Streamlit would fit axes and labels into the chart's own size, which is meant for the bars alone: labels
    # were cut. "pad" draws the chart as the report does.
    name = hashlib.sha256(f"{key}\n{finding}\n{table}".encode()).hexdigest()[:16]
    # One box for both: where it scrolls sideways, its buttons are what the keyboard reaches it by.
    with st.container(key=f"chart-{name}"):
        st.altair_chart(chart.properties(autosize="pad"), width="content", theme=None, alt=finding)
        _show_files(finding, chart, table_text(table), definition, source, name)
    if open_table:
        st.html(table)
        return
    with st.expander("The same as a table"):
        st.html(table)


def _show_files(
    finding: str, chart: alt.LayerChart, table: TableText, definition: str, source: str | None, key: str
) -> None:
    """A quiet row: Download PNG, SVG, CSV. key: tells it apart from any other of the page."""
    stem = file_stem(finding)
    words = (finding, definition or table.caption, source_line() if source is None else source)
    st.html(STYLE)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"files-{key}"):
        st.caption("Download", width="content")
        for kind, make, what in (
            ("PNG", partial(chart_png, chart, *words), "the chart"),
            ("SVG", partial(chart_svg, chart, *words), "the chart"),
            ("CSV", partial(rows_csv, table.rows), "the numbers behind"),
        ):
            st.download_button(
                f"{kind} *(download {what} “{without_markup(finding)}” as {kind})*",
                make,
                f"{stem}.{kind.lower()}",
                {"PNG": "image/png", "SVG": "image/svg+xml", "CSV": "text/csv"}[kind],
                key=f"{kind.lower()}-{key}",
                on_click="ignore",
                type="tertiary",
            )


def source_line(policy: Policy | None = None) -> str:
    """Where the calls of the open file come from, under which policy, and who drew it: one line below a chart.

    policy: the one that was asked, where it is not that of the open file.
    """
    try:
        opened = session.current()
    except KeyError:
        return f"Drawn with Rightcall {version('rightcall')}."
    job = opened.job
    made_up = "a made-up city, no real place; " if opened.source.kind == "sample" else ""
    files = ", ".join(file.name for file in job.files[:3]) + (" and others" if len(job.files) > 3 else "")
    return (
        f"Source: dispatch records {files} ({made_up}{period_words(period(job))}). Policy: {(policy or job.policy).label}. "
        f"Drawn with Rightcall {version('rightcall')}."
    )
