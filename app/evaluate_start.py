"""Where a study comes from: the sample city's, or a study file with its data files sent by the browser."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Final

import streamlit as st

from app import session
from app.evaluate_calls import OpenCalls, calls_of_job, open_calls
from app.evaluate_files import NeededFile, match, needed_files
from app.evaluate_session import Ready, ready
from app.evaluate_tables import show_file_text
from app.wording import without_markup
from call_codes.errors import UsageError

SAMPLE_STUDY: Final = Path(__file__).parents[1] / "data_samples" / "alder_falls_study.toml"
_SAMPLE_FILES: Final = ("alder_falls_areas.geojson", "alder_falls_reports.csv", "alder_falls_act_visits.csv")
DATA_ENDINGS: Final = [
    "csv", "tsv", "txt", "gz", "zip", "xlsx", "xls", "parquet", "json", "jsonl", "geojson", "toml",
]  # fmt: skip


def sample_study() -> Ready:
    """The made-up city's study, whose true effect is known. Raises RightcallError."""
    st.text(
        "A made-up city with a made-up team: police time, arrests and reports before and after the start in eight of "
        "its areas. What the team really changes was built in, so that one can see what an evaluation finds of it."
    )
    folder = SAMPLE_STUDY.parent
    text = SAMPLE_STUDY.read_text("utf-8")
    with st.expander("The study file (TOML)"):
        show_file_text(text, "The study file")
    opened = session.open_source(session.source_of_file(session.SAMPLE, "sample"))
    files = {name: folder / name for name in _SAMPLE_FILES}
    return ready(SAMPLE_STUDY.name, text, files, None, calls_of_job(opened.job), opened.key)


def uploaded_study(opened: session.Opened) -> Ready | None:
    """A study file of the evaluator's own and the files that it names; None while something is missing.

    Raises RightcallError for a study that is faulty, or that names a file outside its folder.
    """
    sent = st.file_uploader(
        "Study file (study.toml)",
        type=["toml"],
        key="evaluate_study",
        help="What was compared, where and when, as rightcall evaluate reads it. It stays on this machine.",
    )
    data = st.file_uploader(
        "The files that the study names: outcome tables, areas, visits of the team, calls",
        type=DATA_ENDINGS,
        accept_multiple_files=True,
        key="evaluate_data",
        help="They are matched to the study by their names; folders in the study's paths do not count.",
    )
    lock = lock_sent()
    if sent is None:
        with st.container(border=True):
            st.text(
                "Choose a study file above. It is a text of about 40 lines that says where and when the program "
                "started and what is counted. If you have none yet, make one in the guided form."
            )
        return None
    try:
        text = sent.getvalue().decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            found=f"{sent.name}, which is not text in UTF-8",
            expected="a study file (TOML)",
            action="save it as UTF-8",
        ) from error
    contents = {PurePosixPath(one.name.replace("\\", "/")).name: one.getvalue() for one in data or ()}
    names = needed_files(text)
    open_here = _open_here(names, contents, opened)
    matched = match(needed_files(text, calls_are_open=open_here), contents)
    if open_here:
        st.text(
            f"The calls: {opened.source.name}, which is open in the app, is the file that the study names. Send "
            "another one of this name to use that."
        )
    if matched.missing:
        ask_for(matched.missing)
        return None
    if matched.unused:
        st.caption("Sent, but named nowhere in the study: " + without_markup(", ".join(matched.unused)))
    calls = calls_of_job(opened.job) if open_here else None
    return ready(sent.name, text, matched.files, lock, calls, opened.key)


def lock_sent() -> bytes | None:
    """The lock file of the plan, where there is one."""
    sent = st.file_uploader(
        "Lock file of the plan, if it was locked (study.lock.toml)",
        type=["toml"],
        key="evaluate_lock",
        help="The result then says what was changed since the plan was locked.",
    )
    return None if sent is None else sent.getvalue()


def ask_for(missing: tuple[NeededFile, ...]) -> None:
    """Files that the study names and that have not been sent, by name."""
    with st.container(border=True):
        st.subheader("Files are missing", anchor=False)
        st.text("The study names these files. Add them in the box above, under the same names:")
        for one in missing:
            st.text(f"• {PurePosixPath(one.name).name} (written in {one.place})")


def _open_here(names: tuple[NeededFile, ...], contents: dict[str, bytes], opened: session.Opened) -> bool:
    """Whether the calls that the study names are those that are open, read without any choice of a person's own.

    A study with its own crosswalk classifies the calls anew, so it needs the export itself.
    """
    runs = [one.name for one in names if one.place == "run of [tables.calls]"]
    if len(runs) != 1 or any(one.place == "crosswalk of [tables.calls]" for one in names):
        return False
    name = PurePosixPath(runs[0]).name
    as_open = linked_calls(opened)
    return name not in contents and as_open.run == name and not as_open.beside


def linked_calls(opened: session.Opened) -> OpenCalls:
    """What a study must say to mean the calls that are open."""
    return open_calls(
        opened.source,
        opened.job.settings,
        session.reading(opened.source).layout,
        session.decisions_in_use(opened.source),
    )
