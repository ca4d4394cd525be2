"""The steps of the guided form that say where and when: areas and their first days, hours, comparison, period."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Final, Literal

import streamlit as st

from app.evaluate_form_data import FormData
from app.wording import without_markup
from call_codes.hours import parse_hours
from evaluation.after import study as study_module
from evaluation.after.study import ALL_OTHERS, Comparison, Exclusion, Period, Program

_SHOCKS: Final = Path(study_module.__file__).with_name("shocks.toml")
_EARLIEST, _LATEST = date(1990, 1, 1), date(2100, 1, 1)
PARTIAL: Final[dict[Literal["exclude", "exclude_area", "fraction"], str]] = {
    "exclude": "leave that period out in every area",
    "exclude_area": "leave that period out in this area only",
    "fraction": "count it for the share of its days",
}

EVERY: Final[dict[Literal["month", "week"], str]] = {"month": "Months", "week": "Weeks (from Monday)"}

_DRAWN: Final[dict[Literal["choice", "areas", "order"], str]] = {
    "choice": "People: need, politics, where there was room",
    "areas": "A lot: which of all these areas get it",
    "order": "A lot: only in which order they start",
}


def program_step(data: FormData) -> Program:
    """Step 4. An area may stand on one date only; what is not filled in is told in data.missing."""
    starts: dict[str, date] = {}
    with st.container(border=True):
        st.subheader("4. Where and when the program started", anchor=False)
        st.caption(
            "The areas in which the program was offered, each with its first day. Several days are a staggered "
            "roll-out, which tells more than one start for all."
        )
        if not data.area_names:
            st.text("The areas appear here once calls or a table have been chosen above.")
        count = int(
            st.number_input("How many start dates", 1, 24, 1, key="form_start_dates", persist_state="session")
        )
        for number in range(1, count + 1):
            left, right = st.columns([1, 3])
            day = left.date_input(
                f"Start {number}: first day",
                None,
                min_value=_EARLIEST,
                max_value=_LATEST,
                key=f"form_start_day_{number}",
                persist_state="session",
            )
            areas = right.multiselect(
                f"Start {number}: areas",
                [name for name in data.area_names if name not in starts],
                key=f"form_start_areas_{number}",
                persist_state="session",
            )
            if not isinstance(day, date) or not areas:
                data.missing.append(f"Step 4: choose the first day and the areas of start {number}.")
                continue
            starts |= dict.fromkeys(areas, day)
        always = st.checkbox("It answers around the clock", True, key="form_always", persist_state="session")
        hours = None
        if not always:
            hours = parse_hours(
                st.text_input(
                    "Hours, such as mon-fri 09:00-17:00; sat 10:00-26:00 (26:00 is 2 am of the next day)",
                    "mon-sun 08:00-24:00",
                    key="form_hours",
                    persist_state="session",
                )
            )
        partial = st.selectbox(
            "Where a start lies in the middle of a week or month",
            list(PARTIAL),
            format_func=lambda name: PARTIAL[name],
            key="form_partial",
            persist_state="session",
        )
        drawn = st.selectbox(
            "Who decided which areas get the program",
            list(_DRAWN),
            format_func=lambda name: _DRAWN[name],
            key="form_drawn",
            persist_state="session",
        )
        lot = None
        if drawn != "choice":
            lot = st.text_input(
                "How the lot was drawn, by whom and when, and where that is written down",
                key="form_lot",
                persist_state="session",
            ).strip()
            if not lot:
                data.missing.append(
                    "Step 4: say how the lot was drawn; one that nobody can check counts as choice."
                )
    if drawn == "choice":
        return Program(tuple(sorted(starts.items())), hours, partial)
    return Program(tuple(sorted(starts.items())), hours, partial, "lot", drawn, lot)


def comparison_step(data: FormData, program: Program) -> Comparison:
    """Step 5: what the program's areas are compared with."""
    with st.container(border=True):
        st.subheader("5. What they are compared with", anchor=False)
        st.caption(
            "Areas without the program show what would have happened anyway: weather, seasons, a new reporting "
            "system. Without any, nothing tells the program from whatever else changed in the city."
        )
        others = [name for name in data.area_names if name not in program.areas]
        which = st.radio(
            "Comparison areas",
            ["all", "some"],
            format_func=lambda name: "All other areas" if name == "all" else "Only these",
            key="form_comparison",
            persist_state="session",
        )
        named: tuple[str, ...] = ()
        if which == "some":
            named = tuple(
                st.multiselect("Areas to compare with", others, key="form_others", persist_state="session")
            )
        exclude = st.multiselect(
            "Areas to use for nothing (an airport, an area whose records changed)",
            [name for name in others if name not in named],
            key="form_excluded",
            persist_state="session",
        )
    return Comparison(ALL_OTHERS if which == "all" else named, tuple(exclude))


def period_step(data: FormData) -> Period:
    """Step 6: weeks or months, first and last day, days left out."""
    with st.container(border=True):
        st.subheader("6. Which days", anchor=False)
        st.caption(
            "At least two whole periods before the first start are needed, better twelve: from fewer nobody can tell "
            "whether the areas moved alike before."
        )
        every = st.radio(
            "Count by",
            list(EVERY),
            format_func=lambda name: EVERY[name],
            key="form_every",
            horizontal=True,
            persist_state="session",
        )
        first, last = data.days
        if first is not None and last is not None:
            st.text(f"The data run from {first} to {last}.")
        own = st.checkbox(
            "Use fewer days than the data have", False, key="form_own_days", persist_state="session"
        )
        wanted_first = wanted_last = None
        if own:
            left, right = st.columns(2)
            wanted_first = _day(left, "First day", first, "form_first")
            wanted_last = _day(right, "Last day", last, "form_last")
        exclude = _windows(wanted_first or first, wanted_last or last)
    return Period(every, wanted_first, wanted_last, tuple(exclude))


def _windows(first: date | None, last: date | None) -> list[Exclusion]:
    """Days left out: known shocks that the period covers, as boxes to tick, then windows of the evaluator's own."""
    windows = []
    for number, shock in enumerate(shocks()):
        if first is None or last is None or (shock.first <= last and shock.last >= first):
            label = f"Leave out {shock.first} to {shock.last}: {shock.why}"
            if st.checkbox(without_markup(label), False, key=f"form_shock_{number}", persist_state="session"):
                windows.append(shock)
    count = int(
        st.number_input("Other times to leave out", 0, 12, 0, key="form_windows", persist_state="session")
    )
    for number in range(1, count + 1):
        left, middle, right = st.columns([1, 1, 2])
        begin = _day(left, f"Left out {number}: first day", None, f"form_window_first_{number}")
        end = _day(middle, f"Left out {number}: last day", None, f"form_window_last_{number}")
        why = right.text_input(
            f"Left out {number}: why", key=f"form_window_why_{number}", persist_state="session"
        )
        if begin is not None and end is not None and why.strip():
            windows.append(Exclusion(begin, end, why.strip()))
    return windows


def shocks() -> list[Exclusion]:
    """The times of evaluation/after/shocks.toml in which calls and police work changed everywhere at once."""
    raw = tomllib.loads(_SHOCKS.read_text("utf-8"))
    return [Exclusion(one["first"], one["last"], one["name"]) for one in raw["shock"]]


def _day(where: st.delta_generator.DeltaGenerator, label: str, value: date | None, key: str) -> date | None:
    found = where.date_input(
        label, value, min_value=_EARLIEST, max_value=_LATEST, key=key, persist_state="session"
    )
    return found if isinstance(found, date) else None
