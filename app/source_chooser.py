"""The choice of what to open: the files named at the start, the sample city, or files of one's own."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from app import session
from app.source_choice import (
    ENDINGS,
    SAMPLE,
    SETTINGS_FILE,
    Source,
    exports_in,
    paths_given,
    source_of_paths,
    source_of_uploads,
)
from app.wording import without_markup

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

SAMPLE_LABEL: Final = "Alder Falls, a made-up city"
UPLOAD_LABEL: Final = "Files of your own"


def default_source() -> Source:
    """What is open before anything is chosen: what was named at the start, else the sample city.

    Raises RightcallError where that cannot be opened.
    """
    given = paths_given()
    return source_of_paths(given, "given") if given else source_of_paths([SAMPLE], "sample")


def show_chooser() -> Source | None:
    """The choice, and the source that comes out of it; None while an upload is awaited. Raises RightcallError."""
    given = paths_given()
    labels = [_name_of(given)] if given else []
    chosen = st.radio(
        "What to open",
        [*labels, SAMPLE_LABEL, UPLOAD_LABEL],
        format_func=without_markup,
        key="open",
        persist_state="session",
    )
    if chosen == UPLOAD_LABEL:
        return _uploads()
    if given and chosen == labels[0]:
        return _given(given)
    return source_of_paths([SAMPLE], "sample")


def _name_of(given: tuple[Path, ...]) -> str:
    return given[0].name + (f" and {len(given) - 1} more" if len(given) > 1 else "")


def _given(given: tuple[Path, ...]) -> Source:
    """The files named at the start; of a folder without settings, those that are left ticked."""
    if len(given) == 1 and given[0].is_dir() and not (given[0] / SETTINGS_FILE).is_file():
        offered = exports_in(given[0])
        if len(offered) > 1:
            names = st.multiselect(
                "Files of the folder that belong to one city",
                [path.name for path in offered],
                [path.name for path in offered],
                format_func=without_markup,
                key="files",
                persist_state="session",
            )
            offered = [path for path in offered if path.name in names] or offered
        return source_of_paths(offered, "given")
    return source_of_paths(given, "given")


def _uploads() -> Source | None:
    sent = st.file_uploader(
        "Calls-for-service exports of one city",
        type=list(ENDINGS),
        accept_multiple_files=True,
        key="upload",
        help="They are read on this machine and leave it nowhere. They are forgotten when you close the page. "
        "Very large files: start the app with the file instead, rightcall app FILE.",
    )
    if sent:
        return source_of_uploads([(f.name, _digest(f.file_id, f), f.getbuffer) for f in sent])
    before = session.chosen()
    if before is not None and before.kind == "upload":
        # The box is empty after a visit to another page; what was sent is still open.
        st.text(f"Open: {before.name}. Send another file to replace it.")
        return before
    with st.container(border=True):
        st.text(
            "Rightcall takes the export of a dispatch system with one row per call or per unit: CSV, TSV, Excel, "
            "Parquet or JSON lines, also gzipped or zipped."
        )
        st.text(
            "The one column it cannot do without says what each call was about (often called Nature, Problem or Call "
            "Type). Times at which units were assigned and free again give officer time. Leave names, addresses and "
            "remarks out of the file: they are not needed."
        )
    return None


@st.cache_data(max_entries=32, show_spinner="Checking the file …", scope="session")
def _digest(file_id: str, _file: UploadedFile) -> str:
    """sha256 of an upload. file_id is the server's own name for it, another one at each sending."""
    return hashlib.sha256(_file.getbuffer()).hexdigest()
