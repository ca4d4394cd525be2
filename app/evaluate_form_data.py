"""The first steps of the guided form: which calls, which tables of outcomes, which map of the areas.

Returns values of a study and the files that belong to it; nothing is computed here but which names and days there are.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

import polars as pl
import streamlit as st

from app import session
from app.evaluate_calls import areas_of, calls_of_job, days_of
from app.evaluate_form_tables import (
    AREA_WORDS,
    TIME_WORDS,
    Days,
    guess,
    plain_name,
    slug,
    table_days,
    table_of,
    wider,
    words_of,
)
from app.evaluate_start import DATA_ENDINGS, linked_calls
from app.source_choice import source_of_uploads
from app.wording import without_markup
from call_codes.policy import load_policy, policy_names
from calls.areas import name_property, read_areas
from calls.read import read_table
from evaluation.after.cohort import StudyCalls
from evaluation.after.study import Areas, CallsTable, OutcomeTable
from evaluation.before.changed_policy import policy_toml

# Columns of the calls in which a person may look for a word, by what they are called on the page.
CALL_COLUMNS: Final = (
    "category", "call_type", "final_type", "disposition", "outcome", "priority", "source", "initiated_by", "district",
)  # fmt: skip

NO_COLUMN: Final = "(none)"


@dataclass(frozen=True)
class Rows:
    """What an outcome can be counted in. columns: those that a condition may look at. values: column → its words."""

    name: str
    label: str
    columns: tuple[str, ...]
    values: Callable[[str], list[str]]


@dataclass
class FormData:
    """What the first steps have gathered. files: name in the study → content. missing: what is still to be answered."""

    calls: CallsTable | None = None
    source: StudyCalls | None = None
    key: str = ""
    exports: tuple[str, ...] = ()
    tables: tuple[OutcomeTable, ...] = ()
    areas: Areas = field(default_factory=lambda: Areas(None, "area", None, None, None))
    area_names: tuple[str, ...] = ()
    days: Days = (None, None)
    rows: tuple[Rows, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def data_steps(opened: session.Opened) -> FormData:
    """Steps 2 and 3. Raises RightcallError for a file that cannot be read."""
    data = FormData()
    names: set[str] = set()
    with st.container(border=True):
        st.subheader("2. The calls", anchor=False)
        st.caption(
            "Calls say what police did before and after the start. Which of them count is decided by a rule that looks "
            "only at what was known when a call came in, alike in all areas and years."
        )
        names |= _calls_step(opened, data)
    with st.container(border=True):
        st.subheader("3. Other tables, and the areas", anchor=False)
        st.caption(
            "Reports, arrests or complaints from another system: a file with a date (or month) and an area in each row."
        )
        names |= _tables_step(data)
        _areas_step(data)
    data.area_names = tuple(sorted(names))
    return data


def _calls_step(opened: session.Opened, data: FormData) -> set[str]:
    choices = {
        "open": f"The calls that are open: {opened.source.name}",
        "file": "Another export",
        "none": "No calls: only tables of outcomes",
    }
    which = st.radio(
        "Which calls",
        list(choices),
        format_func=lambda name: without_markup(choices[name]),
        key="form_calls",
        persist_state="session",
    )
    if which == "none":
        return set()
    if which == "file":
        sent = st.file_uploader("Calls-for-service export", type=DATA_ENDINGS, key="form_export")
        if sent is None:
            data.missing.append("Step 2: choose the export of calls.")
            return set()
        digest = hashlib.sha256(sent.getvalue()).hexdigest()
        uploads = source_of_uploads([(sent.name, digest, sent.getvalue)])
        opened = session.open_source(uploads, opened.job.policy)
    policy = opened.job.policy
    st.text(f"Which calls are eligible: the policy in use at the left, “{policy.label}”.")
    linked = linked_calls(opened)
    data.calls = CallsTable(linked.run, _policy_name(opened, data), linked.crosswalk, None)
    data.source = calls_of_job(opened.job)
    data.key = opened.key
    data.exports = linked.exports
    data.files |= linked.beside
    if linked.note:
        st.caption(linked.note)
        data.notes.append(linked.note)
    calls = opened.job.calls
    known = calls.collect_schema().names()
    columns = tuple(name for name in CALL_COLUMNS if name in known)
    key = opened.key
    data.rows = (
        *data.rows,
        Rows("calls", "Calls", columns, lambda column: _call_words(key, column, calls)),
    )
    data.days = _call_days(key, data.source)
    return set(_call_areas(key, data.source))


def _policy_name(opened: session.Opened, data: FormData) -> str:
    """How the study names the policy in use: a preset by its id, another one by a file that goes with the study."""
    policy = opened.job.policy
    if policy.id in policy_names() and load_policy(policy.id).digest == policy.digest:
        return policy.id
    name = f"{slug(policy.id, set(policy_names()))}.toml"
    data.files[name] = policy_toml(policy).encode()
    return name


def _tables_step(data: FormData) -> set[str]:
    sent = st.file_uploader(
        "Tables of outcomes (optional)", type=DATA_ENDINGS, accept_multiple_files=True, key="form_tables"
    )
    names: set[str] = set()
    for one in sent or ():
        content, file = one.getvalue(), plain_name(one.name)
        raw = table_of(hashlib.sha256(content).hexdigest(), file, content)
        name = slug(
            PurePosixPath(file).name.partition(".")[0], {table.name for table in data.tables} | {"calls"}
        )
        st.text(f"{file}: {raw.frame.height:,} rows")
        left, right = st.columns(2)
        time = left.selectbox(
            f"When: the column with the date or month of table {without_markup(name)}",
            raw.headers,
            index=guess(raw.headers, TIME_WORDS),
            key=f"form_time_{name}",
            persist_state="session",
        )
        area = right.selectbox(
            f"Where: the column with the area of table {without_markup(name)}",
            raw.headers,
            index=guess(raw.headers, AREA_WORDS),
            key=f"form_area_{name}",
            persist_state="session",
        )
        number = right.selectbox(
            f"Number of the call in table {without_markup(name)}, if its rows belong to calls",
            [NO_COLUMN, *raw.headers],
            key=f"form_call_id_{name}",
            persist_state="session",
        )
        link = None if number == NO_COLUMN else number
        data.tables = (*data.tables, OutcomeTable(name, file, time, area, None, None, link))
        data.files[file] = content
        data.rows = (
            *data.rows,
            Rows(name, file, raw.headers, partial(words_of, raw.frame)),
        )
        names |= set(words_of(raw.frame, area, most=5000))
        data.days = wider(data.days, table_days(raw, time))
    return names


def _areas_step(data: FormData) -> None:
    sent = st.file_uploader(
        "Map of the areas (GeoJSON) or a table of them (optional)",
        type=["geojson", "json", "csv", "xlsx"],
        key="form_areas",
        help="Neighboring areas are then checked for spill-over, and residents can be divided by.",
    )
    if sent is None:
        return
    content, file = sent.getvalue(), plain_name(sent.name)
    columns, wanted = _area_columns(file, content)
    left, right = st.columns(2)
    name = left.selectbox(
        "Its column with the name of the area, as the data write it",
        columns,
        index=columns.index(wanted) if wanted in columns else 0,
        key="form_areas_name",
    )
    residents = right.selectbox(
        "Its column with the number of residents", [NO_COLUMN, *columns], key="form_residents"
    )
    data.areas = Areas(file, name, None if residents == NO_COLUMN else residents, None, None)
    data.files[file] = content


def _area_columns(file: str, content: bytes) -> tuple[list[str], str | None]:
    with tempfile.TemporaryDirectory(prefix="rightcall-") as folder:
        path = Path(folder) / file
        path.write_bytes(content)
        if path.suffix.lower() in (".geojson", ".json"):
            areas = read_areas(path)
            return list(areas.properties), name_property(areas)
        headers = list(read_table(path).headers)
        return headers, headers[guess(headers, AREA_WORDS)]


@st.cache_data(max_entries=32, show_spinner=False, scope="session")
def _call_words(key: str, column: str, _calls: pl.LazyFrame) -> list[str]:
    return words_of(_calls.select(pl.col(column).cast(pl.String)).collect(), column)


@st.cache_data(max_entries=4, show_spinner=False, scope="session")
def _call_areas(key: str, _source: StudyCalls) -> list[str]:
    return areas_of(_source)


@st.cache_data(max_entries=4, show_spinner=False, scope="session")
def _call_days(key: str, _source: StudyCalls) -> Days:
    return days_of(_source)
