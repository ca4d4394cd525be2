"""The cost part of the Plan page: who is on a team, what things cost in this city, and where each number comes from.

Nothing is preset, and an amount without its source and year is not taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import streamlit as st

from app.plan_cost_words import item_label
from app.refusal import show_refusal
from call_codes.errors import InputError
from evaluation.before.cost import Amount, cost_items, read_amount
from evaluation.before.plan_settings import People

# An amount of dollars is typed, not stepped to a cent at a time, and the buttons for that took its room.
STYLE: Final = """<style>
[class*="st-key-plan_cost_"] [data-testid^="stNumberInputStep"],
[class*="st-key-plan_avoided_"] [data-testid^="stNumberInputStep"] { display: none; }
</style>"""
_AVOIDED: Final = "_avoided"


def choose_people() -> People:
    """People on a team and the hours that one works."""
    left, right = st.columns(2)
    per_team = left.number_input("People on a team", 1, 10, 2, key="plan_people", bind="query-params")
    net = right.number_input(
        "Hours a year that one person works (0 = not known)",
        0,
        2500,
        0,
        50,
        key="plan_net_hours",
        bind="query-params",
        help="Paid hours less leave, training and other time away. Without it nobody knows how many people to hire, and "
        "no cost is computed.",
    )
    supervisors = left.number_input(
        "Supervisors", 0.0, 50.0, 0.0, 0.5, key="plan_supervisors", bind="query-params"
    )
    vehicles = right.number_input(
        "Vehicles in all (0 = one for each team)", 0, 100, 0, key="plan_vehicles", bind="query-params"
    )
    return People(
        int(per_team),
        float(net) or None,
        float(supervisors),
        int(vehicles) or None,
        "chosen in the app" if net else "assumed",
    )


def choose_costs() -> dict[str, Amount] | None:
    """The amounts that were given; None while the ones that a total needs are missing.

    An amount without a source, or outside its own range, is not taken, and what is wrong stands beside it.
    """
    st.html(STYLE)
    items = cost_items()
    given: dict[str, Amount] = {}
    for name, item in sorted(items.items(), key=lambda pair: not pair[1]["required"]):
        needed = " (a total needs it)" if item["required"] else ""
        st.markdown(f"**{item['label']}**{needed}, {item['unit']}")
        try:
            entry = _amount(f"plan_cost_{name}", "Amount", item_label(name))
            if entry is not None:
                given[name] = read_amount(name, entry, f"“{item_label(name)}” on this page")
        except InputError as error:
            show_refusal(error)
    missing = [item_label(name) for name, item in items.items() if item["required"] and name not in given]
    if missing:
        if given:
            st.text(f"No cost is computed yet: no amount for {' and '.join(missing)}.")
        return None
    return given


def choose_avoided() -> dict[str, Amount]:
    """How many bookings and visits 100 served calls avoid, where the city knows it."""
    found = {}
    for name, item in cost_items().items():
        if not item["per"].endswith(_AVOIDED):
            continue
        st.markdown(f"**{item_label(name)}: how many of them 100 served calls avoid**")
        try:
            entry = _amount(f"plan_avoided_{name}", "Number", f"{item_label(name)}, avoided", year=False)
            if entry is not None:
                found[name] = Amount(entry["value"], entry["low"], entry["high"], entry["source"])
        except InputError as error:
            show_refusal(error)
    return found


def _amount(key: str, what: str, about: str, *, year: bool = True) -> Mapping[str, Any] | None:
    """Value, low, high, source and year as typed; None where no value is. Raises InputError without a source."""
    columns = st.columns([5, 5, 5, 8, 3] if year else [5, 5, 5, 11])
    # The short word stands above each field; the label, for those who hear the page, says of what as well.
    for column, word in zip(columns, (what, "Low", "High", "Source", "Year"), strict=False):
        column.caption(word)
    value, low, high = (
        column.number_input(
            f"{word}: {about}",
            min_value=0.0,
            value=None,
            format="%.2f",
            key=f"{key}_{end}",
            persist_state="session",
            placeholder=hint,
            label_visibility="collapsed",
        )
        for column, word, end, hint in zip(
            columns[:3], (what, "Low", "High"), ("value", "low", "high"), ("", "same", "same"), strict=True
        )
    )
    source = columns[3].text_input(
        f"Source: {about}", "", key=f"{key}_source", persist_state="session", label_visibility="collapsed"
    )
    entry: dict[str, Any] = {"source": source.strip()}
    if year:
        this_year = datetime.now(UTC).year
        entry["year"] = columns[4].number_input(
            f"Year: {about}",
            1990,
            this_year + 5,
            this_year,
            key=f"{key}_year",
            persist_state="session",
            label_visibility="collapsed",
        )
    if value is None:
        return None
    if not entry["source"]:
        raise _no_source(about)
    return entry | {
        "value": value,
        "low": value if low is None else low,
        "high": value if high is None else high,
    }


def _no_source(about: str) -> InputError:
    return InputError(
        found=f"an amount without its source: {about}.",
        expected="where the number comes from, such as a budget, a pay scale or a study: it is printed beside it.",
        action="Write the source, or clear the amount.",
    )
