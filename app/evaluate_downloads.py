"""The files of an evaluation to take along: those that `rightcall evaluate --out` writes, byte for byte."""

from __future__ import annotations

import io
import shlex
import zipfile
from collections.abc import Mapping
from typing import Final

import streamlit as st

from app.evaluate_session import Ready, command, files_of
from app.evaluate_tables import show_file_text
from evaluation.after.evaluate import Evaluation

REPORT: Final = "evaluation.html"
RECORD: Final = "evaluation.json"
# Zip archives hold a moment for each file; a fixed one keeps the same results the same bytes.
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_TABLES: Final = {
    "effects.csv": "Every effect",
    "event_study.csv": "Effects over time",
    "tests.csv": "Every test",
    "checks.csv": "The checks",
    "versions.csv": "Every version",
    "designs_not_used.csv": "Designs not used",
}


def show_downloads(one: Ready, made: Evaluation) -> None:
    """Report, record and tables as buttons, and the command that repeats them."""
    files = files_of(one, made)
    st.subheader("Report and files", anchor=False)
    st.text(
        "The same files that the command line writes. The report is one page that can be printed or sent."
    )
    left, middle, right = st.columns(3)
    _button(left, "Report (HTML)", files[REPORT], REPORT, "text/html")
    _button(middle, "Everything as JSON", files[RECORD], RECORD, "application/json")
    _button(right, "All files (ZIP)", archive(files), "evaluation.zip", "application/zip")
    st.text("Single tables (CSV)")
    columns = st.columns(3)
    for place, (name, label) in enumerate(_TABLES.items()):
        _button(columns[place % 3], label, files[name], name, "text/csv")
    st.text("To run this again outside the app, with the study and its files in one folder:")
    show_file_text(shlex.join(command(one.folder.name)), "The command")


def archive(files: Mapping[str, bytes]) -> bytes:
    """The files as a zip archive; the same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in sorted(files.items()):
            target.writestr(zipfile.ZipInfo(name, _MOMENT), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _button(where: st.delta_generator.DeltaGenerator, label: str, data: bytes, name: str, mime: str) -> None:
    where.download_button(
        label, data, name, mime, key=f"evaluate_file_{name}", on_click="ignore", width="stretch"
    )
