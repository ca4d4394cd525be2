"""The filter at the top of the page of officer time: areas first, then months, who started a call, what is counted.

Every choice is part of the address of the page, so that a link shows the same view again.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

import polars as pl
import streamlit as st

from app import session
from app.area_choices import AreaChoice, area_choices
from app.area_file import AreaFile, area_file, found_beside, property_like
from app.area_values import places_of
from app.officer_time_cells import FilterCells, filter_cells
from app.officer_time_filter import Counted, Filter
from app.officer_time_trend import Mark, drift_marks, month_number, month_text
from app.officer_time_view import View
from app.officer_time_words import COUNTED, DEFINITIONS
from app.refusal import show_refusal
from app.wording import INITIATOR_LABELS, NOT_RECORDED, without_markup
from call_codes.errors import RightcallError
from calls.populations import populations_of_areas, read_populations

AREA_UPLOAD: Final = "area_file"
POPULATION_UPLOAD: Final = "population_file"
_PROPERTY: Final = "population"


def choose_view(opened: session.Opened) -> View:
    """Draw the filter, and answer with what was chosen and the cells to sum."""
    job = opened.job
    with st.container(border=True):
        file = _area_file(opened)
        choices = _choices(opened, file)
        choice = _choose_kind(choices)
        cells = _cells(opened, choice, file)
        places = _choose_places(choice, cells)
        months = _months(cells)
        first, last = _choose_months(months)
        started_by = _choose_initiators(cells)
        counted = _choose_counted()
    filtered = Filter(counted, places, first, last, started_by)
    return View(
        key=opened.key,
        job=job,
        cells=cells,
        chosen=filtered,
        months=months,
        known=bool(cells.by_category["unit_hours"].is_not_null().any()),
        choice=choice,
        file=file,
        populations=_populations(opened, file, cells),
        marks=_marks(opened, choice),
    )


def _area_file(opened: session.Opened) -> AreaFile | None:
    """The areas that were sent, else those of the settings, else those beside the export. Refusals are shown."""
    sent = st.session_state.get(AREA_UPLOAD)
    path = opened.source.settings.areas
    if path is None:
        # A stranger's upload has no folder of its own here.
        path = found_beside([file.path for file in opened.source.files if file.path is not None])
    try:
        if sent is not None:
            return area_file(Path(sent.name).name, sent.getvalue())
        if path is not None:
            return _file_of_disk(str(path), path.stat().st_mtime_ns)
    except RightcallError as error:
        show_refusal(error)
    except OSError as error:
        st.text(f"{path.name if path else 'The file of areas'} cannot be opened ({error.strerror}).")
    return None


@st.cache_resource(max_entries=8, show_spinner=False)
def _file_of_disk(path: str, modified_ns: int) -> AreaFile:
    return area_file(Path(path).name, Path(path).read_bytes())


def _choices(opened: session.Opened, file: AreaFile | None) -> tuple[AreaChoice, ...]:
    try:
        return area_choices(opened.job, file.areas if file else None)
    except RightcallError as error:
        # Nothing in the file looks like a name; the export's own columns are still there.
        show_refusal(error)
        return area_choices(opened.job)


def _choose_kind(choices: tuple[AreaChoice, ...]) -> AreaChoice | None:
    if len(choices) < 2:
        return choices[0] if choices else None
    by_id = {choice.id: choice for choice in choices}
    chosen = st.selectbox(
        "Areas are",
        list(by_id),
        format_func=lambda name: without_markup(by_id[name].label),
        key="areas_are",
        bind="query-params",
        persist_state="session",
    )
    return by_id[chosen or choices[0].id]


def _cells(opened: session.Opened, choice: AreaChoice | None, file: AreaFile | None) -> FilterCells:
    """The cells of the open job. Named by hashes, never by a frame; an upload's stay in this session."""
    areas = f"{file.sha256} {choice.property_name}" if file and choice and choice.areas else ""
    key = f"{choice.id if choice else ''} {areas}"
    return session.kept(opened, "officer time", key, make=lambda: filter_cells(opened.job, choice))


def _choose_places(choice: AreaChoice | None, cells: FilterCells) -> tuple[str | None, ...]:
    names = [*places_of(cells)]
    if choice is None or not names:
        return ()
    if cells.by_category["place"].null_count():
        names.append(NOT_RECORDED)
    chosen = st.multiselect(
        without_markup(choice.label.partition(",")[0]),
        names,
        format_func=without_markup,
        key=f"in_{choice.id}",
        bind="query-params",
        persist_state="session",
        placeholder="All",
        help="Choose your council district first: everything below then counts its calls only.",
    )
    return tuple(None if name == NOT_RECORDED else name for name in chosen)


def _months(cells: FilterCells) -> tuple[int, ...]:
    found = cells.days["month"].to_list()
    return tuple(range(min(found), max(found) + 1)) if found else ()


def _choose_months(months: tuple[int, ...]) -> tuple[int | None, int | None]:
    """The first and last month; both None for the whole file."""
    if len(months) < 2:
        return None, None
    texts = [month_text(month) for month in months]
    chosen: Any = st.select_slider(
        "Months, from and to",
        texts,
        value=(texts[0], texts[-1]),
        key="months",
        bind="query-params",
        persist_state="session",
    )
    first, last = chosen
    if (first, last) == (texts[0], texts[-1]):
        return None, None
    return month_number(first), month_number(last)


def _choose_initiators(cells: FilterCells) -> tuple[str, ...]:
    found = set(cells.by_category["initiated_by"].drop_nulls().cast(pl.String).unique())
    names = [name for name in INITIATOR_LABELS if name in found]
    if len(names) < 2:
        return ()
    chosen = st.multiselect(
        "Who started the call",
        names,
        format_func=lambda name: INITIATOR_LABELS[name],
        key="started_by",
        bind="query-params",
        persist_state="session",
        placeholder="Everyone who is counted",
    )
    return tuple(chosen)


def _choose_counted() -> Counted:
    """The denominator: community-initiated calls unless others are asked for."""
    options: list[Counted] = list(COUNTED)
    chosen = st.radio(
        "Calls counted",
        options,
        format_func=lambda option: COUNTED[option],
        captions=[DEFINITIONS[option] for option in options],
        key="counted",
        bind="query-params",
        persist_state="session",
    )
    return chosen or "community"


def _populations(opened: session.Opened, file: AreaFile | None, cells: FilterCells) -> pl.DataFrame | None:
    """Residents by area: the table that was sent, else that of the settings, else a property of the areas."""
    sent = st.session_state.get(POPULATION_UPLOAD)
    path = opened.source.settings.populations
    try:
        if sent is not None:
            with tempfile.TemporaryDirectory(prefix="rightcall-") as folder:
                copy = Path(folder) / (Path(sent.name).name or "populations.csv")
                copy.write_bytes(sent.getvalue())
                return read_populations(copy)
        if path is not None:
            return read_populations(path)
    except RightcallError as error:
        show_refusal(error)
        return None
    name = property_like(file, places_of(cells)) if file else None
    if file is None or name is None or _PROPERTY not in file.areas.properties:
        return None
    source = f'the property "{_PROPERTY}" of {file.name}'
    found = populations_of_areas(file.areas, name, source, None, _PROPERTY)
    return found if found.height else None


def _marks(opened: session.Opened, choice: AreaChoice | None) -> tuple[Mark, ...]:
    name = choice.id if choice else ""
    return session.kept(opened, "drift", name, make=lambda: drift_marks(opened.job, choice))
