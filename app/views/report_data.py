"""The page of what can be taken along: the report, the charts, the tables, and a package of open data."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from app import session
from app.chart_package import chart_package, report_charts
from app.figures import source_line
from app.job import Job
from app.open_data import TABLES, package
from app.outputs import FILES, write_outputs
from app.plan_made import plan_made
from app.plan_outputs import plan_command
from app.plan_report import plan_html
from app.report import ALWAYS, SECTIONS, report_html
from app.summary import period
from app.wording import period_words, small_count_note


def show(opened: session.Opened) -> None:
    """Draw the page."""
    st.title("Report and data")
    st.text("The same files that rightcall run writes. Nothing in them names a place or a person.")
    show_report(opened.job)
    show_plan(opened)
    show_charts(opened)
    show_tables(opened)
    show_open_data(opened)
    show_link(opened)


def show_report(job: Job) -> None:
    """The report, whole or in parts."""
    st.header("Report")
    optional = {name: one for name, one in SECTIONS.items() if name != ALWAYS}
    chosen = st.multiselect(
        "Sections",
        list(optional),
        default=list(optional),
        format_func=lambda name: optional[name].title,
        key="report_sections",
        bind="query-params",
        help="The answer in short, the definitions and what the report must not be used for are always in it.",
    )
    left_out = [one.title for name, one in optional.items() if name not in chosen]
    if left_out:
        st.text(f"The report will say at its top that these sections are left out: {'; '.join(left_out)}.")
    st.download_button(
        "Download the report (HTML)",
        partial(report_html, job, tuple(chosen)),
        "report.html",
        "text/html",
        key="take_report",
        on_click="ignore",
    )
    st.caption(
        "One page that opens in any browser, without a connection. To print it, or to keep it as a PDF, open it and print: "
        "it is laid out for paper as well."
    )


def show_plan(opened: session.Opened) -> None:
    """The report of the plan that was made last in this browser session."""
    plan = plan_made(opened)
    if plan is None:
        st.caption(
            "The report of a plan or of an evaluation stands on its page; that of your last plan is offered here as well."
        )
        return
    job = opened.job
    make = partial(
        plan_html,
        plan,
        job.policy,
        place=job.detection.layout.place or "",
        period=period_words(period(job)),
        command=plan_command(plan.settings, job),
        smallest_count=job.settings.smallest_count,
    )
    teams = len(plan.settings.teams)
    st.download_button(
        f"Download the report of your plan with {teams} {'team' if teams == 1 else 'teams'} (HTML)",
        make,
        "plan.html",
        "text/html",
        key="take_plan",
        on_click="ignore",
    )


def show_charts(opened: session.Opened) -> None:
    """Every chart of the report for a newsletter."""
    st.header("Charts")
    st.text(
        "Every chart of the report as PNG (for a page or a slide), as SVG (for print) and its numbers as CSV. Each drawing "
        "carries its finding, what was counted, and its source. Below every chart of the app stand the same three."
    )
    source = source_line()

    def make() -> bytes:
        return chart_package(report_charts(opened.job), source)

    st.download_button(
        "Download all charts (zip)",
        make,
        "charts.zip",
        "application/zip",
        key="take_charts",
        on_click="ignore",
    )


def show_tables(opened: session.Opened) -> None:
    """The tables one by one."""
    st.header("Tables")
    written = files_of(opened)
    with st.container(horizontal=True):
        for name in FILES:
            if name.endswith((".csv", ".json")):
                st.download_button(
                    name, partial(_one, written, name), name, key=f"take-{name}", on_click="ignore"
                )
    st.caption(small_count_note(opened.job.settings.smallest_count))


def show_open_data(opened: session.Opened) -> None:
    """The package for a portal."""
    st.header("Open-data package")
    st.text(
        "What a city can put on its portal. Single calls are left out, and small counts are hidden. In it:"
    )
    for name, meaning in TABLES.items():
        st.text(f"• {name}: {meaning}")
    st.text(
        "• dictionary.csv, README.md (definitions, what was suppressed, what it must not be used for), datapackage.json "
        "(Frictionless Data Package), run.json (the record that repeats the run), and LICENSE.txt, in which the city "
        "writes the licence that it chooses."
    )

    written = files_of(opened)

    def make() -> bytes:
        return package(written(), opened.job)

    st.download_button(
        "Download the package (zip)",
        make,
        "open-data.zip",
        "application/zip",
        key="take_package",
        on_click="ignore",
    )


def show_link(opened: session.Opened) -> None:
    """The address that restores this view, to copy, and what it does not carry."""
    st.header("A link to this view")
    query = [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]
    address = permalink(st.context.url or "", query)
    if address:
        st.text_input("The address of this page as it stands", address, key=f"link-{address}")
    st.text(
        "Every page keeps its choices in its own address: copy it from the browser's address bar, or from here. It carries "
        "the policy and the choices of the page. It does not carry the opened file, decisions that were not signed, a "
        "policy that was built here and not saved, or amounts of money: who follows the link opens the same file first "
        f"({opened.source.name}). It leads to this machine: others can follow it where the app is shared with them."
    )


def permalink(url: str, query: list[tuple[str, str]]) -> str:
    """`url` with exactly these query parameters; nothing for no url."""
    if not url:
        return ""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))


def _one(written: Callable[[], dict[str, bytes]], name: str) -> bytes:
    return written()[name]


def files_of(opened: session.Opened) -> Callable[[], dict[str, bytes]]:
    """A function that gives app.outputs.FILES by name, without the Parquet files, written at its first call.

    It may run beside the page, where nothing of the page library answers: the memory is asked for here.
    """
    memory: dict[str, bytes] = session.kept(opened, "files", make=dict)

    def written() -> dict[str, bytes]:
        if not memory:
            with tempfile.TemporaryDirectory(prefix="rightcall-") as folder:
                out = Path(folder) / "results"
                write_outputs(opened.job, out, report=report_html)
                memory.update(
                    {name: (out / name).read_bytes() for name in FILES if not name.endswith(".parquet")}
                )
        return memory

    return written


if __name__ == "__main__":
    show(session.current())
