"""The last steps of the guided form: covariates, the team's visits, costs, and the plan."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Final, Literal

import streamlit as st

from app.evaluate_form_data import FormData
from app.evaluate_form_tables import plain_name, table_of, words_of
from app.evaluate_start import DATA_ENDINGS
from app.evaluate_tables import show_words
from app.report_tables import Words
from app.wording import without_markup
from evaluation.after.designs import DESIGNS
from evaluation.after.known_at_creation import call_columns
from evaluation.after.study import CostInput, Outcome, Plan, TeamTable

_NONE: Final = "(none)"
_TEAM_COLUMNS: Final = {
    "area": "the area",
    "requested": "when the team was asked for",
    "dispatched": "when it was sent",
    "arrived": "when it arrived",
    "departed": "when it left",
    "call_id": "the number of the call",
    "who_sent": "who sent the team",
    "unit": "which team went",
    "outcome": "how the visit ended",
}
SENDERS: Final = {
    "call_taker": "the call-taker sent it in place of police",
    "police_request": "police asked for it",
    "self_initiated": "the team went by itself",
}
_PRICES: Final[dict[Literal["officer_hour", "team_year", "team_visit"], str]] = {
    "officer_hour": "an hour of one police unit",
    "team_year": "the whole team for a year",
    "team_visit": "one visit more",
}

_BASES: Final[tuple[Literal["average", "marginal"], ...]] = ("average", "marginal")
_UNITS: Final[dict[Literal["area_period", "call"], str]] = {
    "area_period": "Areas over time",
    "call": "Single calls",
}
_CLUSTERS: Final[dict[Literal["area", "date", "place", "call"], str]] = {
    "area": "Calls of one area (where the program is given)",
    "date": "Calls of one day",
    "place": "Calls from one place",
    "call": "None: each call stands alone",
}


def covariate_step(data: FormData) -> tuple[str, ...]:
    """Step 9: what was known of each call before anyone was sent."""
    if data.calls is None:
        return ()
    columns = call_columns()
    with st.container(border=True):
        st.subheader("9. What to adjust for (covariates, optional)", anchor=False)
        st.caption(
            "Only designs that compare single calls use these. What came after the call (who went, how long it took, "
            "how it ended) is part of the effect itself and cannot be chosen."
        )
        chosen = st.multiselect(
            "Known before anyone was sent",
            [name for name, (before, _) in columns.items() if before],
            key="form_covariates",
            persist_state="session",
        )
        with st.expander("What cannot be chosen, and why"):
            rows = tuple((name, why) for name, (before, why) in columns.items() if not before)
            show_words(Words("after", "Known only after dispatch", ("Column", "Why not"), rows))
    return tuple(chosen)


def team_step(data: FormData) -> TeamTable | None:
    """Step 10: the responder's own list of visits."""
    with st.container(border=True):
        st.subheader("10. The team's own list of visits (optional)", anchor=False)
        st.caption(
            "It shows how many calls the team took off police. Only visits that a call-taker sent are calls taken off "
            "police. It also bounds the effect: a few hundred visits cannot remove thousands of reports."
        )
        sent = st.file_uploader("List of visits", type=DATA_ENDINGS, key="form_team")
        if sent is None:
            return None
        content, file = sent.getvalue(), plain_name(sent.name)
        raw = table_of(hashlib.sha256(content).hexdigest(), file, content)
        data.files[file] = content
        options = [_NONE, *raw.headers]
        left, right = st.columns(2)
        columns: dict[str, str | None] = {}
        for place, (name, meaning) in enumerate(_TEAM_COLUMNS.items()):
            guess = next((i for i, header in enumerate(options) if name in header.lower()), 0)
            chosen = (left, right)[place % 2].selectbox(
                f"Visits: column with {meaning}", options, index=guess, key=f"form_team_{name}"
            )
            columns[name] = None if chosen == _NONE else chosen
        words = {}
        if columns["who_sent"] is not None:
            for number, word in enumerate(words_of(raw.frame, columns["who_sent"])):
                words[word] = st.selectbox(
                    f"“{without_markup(word)}” means",
                    list(SENDERS),
                    index=_sender(word),
                    format_func=lambda name: SENDERS[name],
                    key=f"form_sender_{number}",
                )
        not_served: list[str] = []
        if columns["outcome"] is not None:
            not_served = st.multiselect(
                "Visits that reached nobody ended with",
                words_of(raw.frame, columns["outcome"]),
                key="form_not_served",
            )
    return TeamTable(file, **columns, who_sent_words=words, not_served=tuple(not_served))


def cost_step(data: FormData) -> tuple[CostInput, ...]:
    """Step 11: prices, each with its source and year."""
    found = []
    with st.container(border=True):
        st.subheader("11. Costs (optional)", anchor=False)
        st.caption(
            "Rightcall brings no prices: each comes from your budget, with who says so and the year. Average prices "
            "(everything divided) and marginal ones (one more) answer different questions."
        )
        count = int(st.number_input("How many prices", 0, 8, 0, key="form_costs", persist_state="session"))
        for number in range(1, count + 1):
            left, middle, right = st.columns(3)
            per = left.selectbox(
                f"Price {number} is for",
                list(_PRICES),
                format_func=lambda name: _PRICES[name],
                key=f"form_cost_per_{number}",
                persist_state="session",
            )
            value = middle.number_input(
                f"Price {number}, dollars", 0.0, key=f"form_cost_value_{number}", persist_state="session"
            )
            basis = right.selectbox(
                f"Price {number} is",
                _BASES,
                key=f"form_cost_basis_{number}",
                persist_state="session",
            )
            low = left.number_input(
                f"Price {number}, lowest plausible", 0.0, value, value, key=f"form_cost_low_{number}"
            )
            high = middle.number_input(
                f"Price {number}, highest plausible", value, None, value, key=f"form_cost_high_{number}"
            )
            year = right.number_input(
                f"Price {number}, money of the year",
                1990,
                2100,
                date.today().year,
                key=f"form_cost_year_{number}",
            )
            source = st.text_input(
                f"Price {number}, who says so", key=f"form_cost_source_{number}", persist_state="session"
            ).strip()
            if not source:
                data.missing.append(f"Step 11: say who gives price {number}.")
                continue
            name = f"{per}_{number}"
            found.append(CostInput(name, per, value, low, high, basis, source, int(year)))
    return tuple(found)


def plan_step(outcomes: list[Outcome]) -> tuple[Literal["area_period", "call"], Plan]:
    """Step 12: single calls or areas, the outcome and the design that decide."""
    with st.container(border=True):
        st.subheader("12. The plan", anchor=False)
        st.caption(
            "One outcome and one design decide, and they are chosen before anyone looks at results. Who tries ten and "
            "shows one finds something in any city."
        )
        unit = st.radio(
            "What is compared",
            list(_UNITS),
            format_func=lambda name: _UNITS[name],
            key="form_unit",
            horizontal=True,
            persist_state="session",
        )
        labels = {one.name: one.label for one in outcomes}
        primary = st.selectbox(
            "The outcome that decides",
            list(labels),
            format_func=lambda name: labels[name],
            key="form_primary",
            persist_state="session",
        )
        clusters = None
        if unit == "call":
            clusters = st.selectbox(
                "Which calls hang together",
                list(_CLUSTERS),
                format_func=lambda name: _CLUSTERS[name],
                key="form_clusters",
                persist_state="session",
            )
        by_id = {design.id: design for design in DESIGNS if not design.second_opinion}
        design = st.selectbox(
            "The design that decides",
            [_NONE, *by_id],
            format_func=lambda id: by_id[id].label if id in by_id else "Let the data's shape decide",
            key="form_design",
            persist_state="session",
            help="Below, “Which designs can these data carry?” says for each why or why not.",
        )
        note = st.text_input(
            "Anything else that was decided", key="form_note", persist_state="session"
        ).strip()
    return unit, Plan(
        primary,
        None if design == _NONE else design,
        clusters=None if clusters == "area" else clusters,
        note=note,
    )


def _sender(word: str) -> int:
    plain = word.lower()
    if "police" in plain or "officer" in plain or "pd" in plain.split():
        return 1
    return 2 if "self" in plain or "team" in plain or "outreach" in plain else 0
