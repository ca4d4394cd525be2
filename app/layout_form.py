"""Which column of the files is which of ours, to be looked at and corrected by select boxes.

What was recognised is a proposal. A correction reads the files again; the layout that comes out of it can be taken
along and given to the command line, so that next year's export is read in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from zoneinfo import available_timezones

import streamlit as st

from app import session
from app.job import Recognised
from app.labels import COLUMN_LABELS, GRAIN_LABELS, TYPE_IS_LABELS
from app.plain_table import plain_table
from app.refusal import show_refusal
from app.source_choice import LAYOUT_FILE, Source
from call_codes.errors import RightcallError
from calls.chosen_layout import UNKNOWN_ZONE, with_choices
from calls.corrected_layout import columns_now, corrected
from calls.layout_file import layout_text
from calls.schema import MAPPABLE, STAMPS

ABSENT: Final = "(not in this file)"
_ZONES_FIRST: Final = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
    "America/Anchorage", "Pacific/Honolulu",
)  # fmt: skip


def show_layout(source: Source, found: Recognised, *, open_form: bool) -> None:
    """The columns with their reasons, the questions that only a person can answer, and the form to correct them."""
    layout = found.detection.layout
    st.header("How the columns were read")
    st.text(
        f"Layout: {layout.label}. {GRAIN_LABELS[layout.grain]}. Time zone: {layout.zone or 'not stated'}. "
        f"{len(found.first.headers)} columns in the file, {len(columns_now(layout))} of ours recognised."
    )
    if found.detection.questions:
        with st.container(border=True):
            st.markdown("**Please check**")
            for question in found.detection.questions:
                st.text(f"• {question}")
    with st.expander("Columns, and why they were taken"):
        st.html(_reasons(found))
    with st.expander("Correct the columns", expanded=open_form):
        _form(source, found)


def _reasons(found: Recognised) -> str:
    detection = found.detection
    return plain_table(
        "Columns of the file and what they were read as",
        ["Read as", "Column of the file", "Reason", "Sure"],
        [
            [
                COLUMN_LABELS[name],
                " + ".join(columns),
                detection.reasons.get(name, ""),
                f"{detection.confidence.get(name, 0.0):.0%}",
            ]
            for name, columns in columns_now(detection.layout).items()
        ],
        3,
    )


def _form(source: Source, found: Recognised) -> None:
    """The select boxes, and what happens when they are sent. The keys hold the source: another file, other boxes."""
    mark, layout, headers = source.sha256[:12], found.detection.layout, list(found.first.headers)
    now, how = columns_now(layout), session.reading(source)
    with st.form(f"layout-{mark}", border=False):
        st.text(
            "Choose the column of the file for each line. A time may be one column, or a date column and a time column."
        )
        boxes = st.columns(2)
        chosen: dict[str, tuple[str, ...]] = {}
        for number, name in enumerate(MAPPABLE):
            box, key = boxes[number % 2], f"column-{name}-{mark}"
            if name in STAMPS:
                chosen[name] = tuple(
                    box.multiselect(
                        COLUMN_LABELS[name],
                        headers,
                        list(now.get(name, ())),
                        max_selections=2,
                        placeholder=ABSENT,
                        key=key,
                    )
                )
            else:
                options = [ABSENT, *headers]
                standing = now.get(name, (ABSENT,))[0]
                picked = box.selectbox(COLUMN_LABELS[name], options, options.index(standing), key=key)
                chosen[name] = () if picked in (ABSENT, None) else (picked,)
        grain = boxes[0].selectbox(
            "The rows of the file",
            list(GRAIN_LABELS),
            list(GRAIN_LABELS).index(layout.grain),
            format_func=lambda value: GRAIN_LABELS[value],
            key=f"grain-{mark}",
        )
        type_is = boxes[1].selectbox(
            "The call type, where the file has only one",
            list(TYPE_IS_LABELS),
            list(TYPE_IS_LABELS).index(layout.type_is),
            format_func=lambda value: TYPE_IS_LABELS[value],
            key=f"type-is-{mark}",
        )
        zones = _zones(how.time_zone)
        if layout.zone is not None and how.time_zone is None:
            boxes[0].text(f"Time zone of the stamps: {layout.zone}, as the layout states.")
            zone = None
        else:
            zone = boxes[0].selectbox(
                "Time zone of the stamps",
                list(zones),
                list(zones.values()).index(how.time_zone),
                key=f"zone-{mark}",
                help="It is never guessed: a wrong zone moves every call to another hour.",
            )
        slips = boxes[1].checkbox(
            "Move stamps that are 12 hours off (am and pm mixed up)",
            how.repair_half_day_slips,
            key=f"slips-{mark}",
        )
        sent = st.form_submit_button("Read the files again with these columns", type="primary")
    if sent:
        try:
            text = _corrected_text(found, chosen, grain or layout.grain, type_is or layout.type_is)
        except RightcallError as error:
            show_refusal(error)
            return
        session.read_as(source, session.Reading(text, zones[zone] if zone else how.time_zone, bool(slips)))
        st.rerun()
    left, right = st.columns(2)
    if how.layout and left.button("Back to what was recognised", key=f"undo-{mark}"):
        session.read_as(source, session.Reading())
        st.rerun()
    right.download_button(
        "Take this layout along (TOML)",
        layout_text(found.detection, "our_city", headers),
        LAYOUT_FILE,
        "application/toml",
        on_click="ignore",
        help=f"Next year: rightcall run FILE --layout {LAYOUT_FILE}",
    )


def _corrected_text(
    found: Recognised, chosen: Mapping[str, tuple[str, ...]], grain: str, type_is: str
) -> str:
    """The corrected layout as TOML. Raises LayoutError for columns that cannot be what was chosen."""
    before = found.detection.layout
    detection = corrected(found.detection, found.first, chosen, grain=grain, type_is=type_is)
    # The zone is a choice beside the layout, as on the command line; one that the layout states stays in it.
    return layout_text(with_choices(detection), before.id, found.first.headers)


def _zones(chosen: str | None) -> dict[str, str | None]:
    """Labels and zones, the likely ones first."""
    rest: Sequence[str] = sorted(available_timezones() - set(_ZONES_FIRST))
    named = {zone.replace("_", " "): zone for zone in (*_ZONES_FIRST, *rest)}
    zones: dict[str, str | None] = {"Not stated": None, "Nobody can tell": UNKNOWN_ZONE, **named}
    return zones if chosen in zones.values() else {**zones, str(chosen): chosen}
