"""The page of what can be taken along: the report, the tables, and a package of open data."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import polars as pl
import streamlit as st

from app import session
from app.job import Job
from app.outputs import FILES, write_outputs
from app.report import report_html
from app.wording import small_count_note
from calls.schema import COLUMNS

# What a city may publish: single calls and units stay out of it, since a rare call can point at a household.
OPEN_DATA = (
    "call_types.csv",
    "officer_time.csv",
    "cascade.csv",
    "initial_to_final.csv",
    "data_quality.csv",
    "run.json",
)


def show(opened: session.Opened) -> None:
    """Draw the page."""
    st.title("Report and data")
    st.text("The same files that rightcall run writes. Nothing in them names a place or a person.")
    files = written(opened.key, opened.job)
    st.download_button(
        "The report (one page, for printing too)", files["report.html"], "report.html", "text/html"
    )
    st.header("Tables")
    for name in FILES:
        if name.endswith((".csv", ".json")):
            st.download_button(name, files[name], name, key=f"take-{name}")
    st.header("Open-data package")
    st.text(
        "Tables with small counts hidden, the dictionary of the columns, and the record that repeats the run: what a "
        "city can put on its portal. Single calls are left out."
    )
    st.download_button("The package (zip)", package(files), "open-data.zip", "application/zip")
    st.caption(small_count_note(opened.job.settings.smallest_count))


@st.cache_data(max_entries=4, show_spinner="Writing the files …", scope="session")
def written(key: str, _job: Job) -> dict[str, bytes]:
    """app.outputs.FILES by name. key is that of the opened job."""
    with tempfile.TemporaryDirectory(prefix="rightcall-") as folder:
        out = Path(folder) / "results"
        write_outputs(_job, out, report=report_html)
        return {name: (out / name).read_bytes() for name in FILES if not name.endswith(".parquet")}


def package(files: dict[str, bytes]) -> bytes:
    """A zip of OPEN_DATA with the data dictionary."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in OPEN_DATA:
            # A fixed time: the same run gives the same package.
            archive.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), files[name])
        archive.writestr(zipfile.ZipInfo("dictionary.csv", (2000, 1, 1, 0, 0, 0)), dictionary())
    return buffer.getvalue()


def dictionary() -> str:
    """The standard calls table in words, as CSV."""
    return pl.DataFrame(
        [{"column": c.name, "meaning": c.meaning, "blank_means": c.null_means} for c in COLUMNS]
    ).write_csv()


if __name__ == "__main__":
    show(session.current())
