"""The entry script of the app: the navigation, what is open, and the page. Started by `rightcall app`.

It runs from top to bottom at every click. Reading and computing are kept by `session`, so that a click costs
what it changes and no more.
"""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import session
from app.plain_table import STYLE
from app.settings import DEFAULT_POLICY
from call_codes.errors import RightcallError
from call_codes.policy import load_policy, policy_names

SAMPLE_LABEL = "Alder Falls, a made-up city"
UPLOAD_LABEL = "A file of your own"
ENDINGS = [
    "csv",
    "tsv",
    "txt",
    "gz",
    "zip",
    "xlsx",
    "xls",
    "xlsb",
    "ods",
    "parquet",
    "json",
    "jsonl",
    "ndjson",
]


def without_markup(text: str) -> str:
    """A file's name as a label, in which Streamlit would read *, _, $ or : as markup."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def choose_source(sidebar: DeltaGenerator) -> session.Source | None:
    """The sidebar's choice of what to open; None while an upload is awaited. Raises InputError."""
    given = session.file_given()
    labels = [given.name] if given else []
    chosen = sidebar.radio(
        "What to open", [*labels, SAMPLE_LABEL, UPLOAD_LABEL], format_func=without_markup, key="open"
    )
    if chosen == UPLOAD_LABEL:
        sent = sidebar.file_uploader(
            "Calls-for-service export",
            type=ENDINGS,
            key="upload",
            help="It is read on this machine and leaves it nowhere. It is forgotten when you close the page. "
            "Larger than 200 MB: start the app with the file instead, rightcall app FILE.",
        )
        return None if sent is None else session.source_of_upload(sent.name, sent.getvalue())
    if given and chosen == given.name:
        return session.source_of_file(given, "given")
    return session.source_of_file(session.SAMPLE, "sample")


def choose_policy(sidebar: DeltaGenerator) -> str:
    """The sidebar's choice of an eligibility policy; a link to the page carries it."""
    names = list(policy_names())
    return str(
        sidebar.selectbox(
            "Eligibility policy",
            names,
            index=names.index(DEFAULT_POLICY),
            format_func=lambda name: load_policy(name).label,
            key="policy",
            bind="query-params",
            help="Which calls a team takes is a choice. The same calls give other answers under another policy.",
        )
    )


def show_error(error: RightcallError) -> None:
    """What is wrong and what to do, in the place of a page. The words may quote the file: plain text only."""
    st.title("This could not be opened")
    with st.container(border=True):
        for heading, text in (
            ("What was found", error.found),
            ("What was expected", error.expected),
            ("What to do", error.action),
        ):
            st.markdown(f"**{heading}**")
            st.text(text)


def show_waiting() -> None:
    """The page while no file has been chosen."""
    st.title("Choose a file")
    st.text(
        "Use the box at the left. Rightcall takes the export of a dispatch system with one row per call or per "
        "unit: CSV, TSV, Excel, Parquet or JSON lines, also gzipped or zipped."
    )
    st.text(
        "The one column it cannot do without says what each call was about (often called Nature, Problem or Call "
        "Type). Times at which units were assigned and free again give officer time. Leave names, addresses and "
        "remarks out of the file: they are not needed."
    )


def main() -> None:
    """Draw the navigation, open what is chosen, run the page."""
    st.set_page_config(
        page_title="Rightcall", page_icon=str(Path(__file__).with_name("icon.png")), layout="wide"
    )
    page = st.navigation(
        [
            st.Page("views/overview.py", title="Overview", default=True),
            st.Page("views/call_types.py", title="Call types", url_path="call-types"),
            st.Page("views/officer_time.py", title="Officer time", url_path="officer-time"),
            st.Page("views/plan.py", title="Plan", url_path="plan"),
            st.Page("views/report_data.py", title="Report and data", url_path="report-data"),
            st.Page("views/about.py", title="About", url_path="about"),
        ],
        position="sidebar",
    )
    st.html(STYLE)
    files, policies = st.sidebar.container(), st.sidebar.container()
    policy = choose_policy(policies)
    # Lines of text that run over the whole of a wide screen are hard to read.
    with st.container(width=1000):
        try:
            source = choose_source(files)
            if source is None:
                show_waiting()
                return
            session.remember(session.open_source(source, policy))
        except RightcallError as error:
            show_error(error)
            return
        if source.kind == "sample":
            st.info(
                f"{SAMPLE_LABEL}. No number here is about a real place. Open a file of your own at the left."
            )
        page.run()


if __name__ == "__main__":
    main()
