"""The steps of the guided form that say what is counted: outcomes, and placebo outcomes that must not change."""

from __future__ import annotations

from typing import Final, Literal

import streamlit as st

from app.evaluate_form_data import FormData, Rows
from app.evaluate_form_tables import slug
from app.wording import without_markup
from evaluation.after.study import AMONG, CALLS, Measure, Outcome

MEASURES: Final[dict[Measure, str]] = {
    "unit_hours": "police unit-hours",
    "count": "how many",
    "response_minutes": "minutes until the first unit arrived (mean)",
    "sum": "the sum of a column",
    "mean": "the mean of a column",
    "share": "the share for which something holds",
    "repeat_share": "the share followed by another one within days (repeats)",
}
_OF_CALLS: Final[tuple[Measure, ...]] = ("unit_hours", "count", "response_minutes", "share", "repeat_share")
_OF_TABLES: Final[tuple[Measure, ...]] = ("count", "sum", "mean", "share", "repeat_share")
BETTER: Final[dict[Literal["lower", "higher", "neither"], str]] = {
    "lower": "Less is better",
    "higher": "More is better",
    "neither": "Neither: it only shows a change",
}
MADE_BY: Final[dict[Literal["officer", "resident", "both", "team"], str]] = {
    "officer": "Officers (arrests, police hours, citations)",
    "resident": "Residents (calls for help, complaints)",
    "both": "Both (crime reports)",
    "team": "The team itself",
}
_EVERY_ROW: Final = "(every row)"
_OWN: Final = "(a condition of my own, in SQL)"


def outcome_step(data: FormData) -> list[Outcome]:
    """Step 7: what the program may have changed."""
    with st.container(border=True):
        st.subheader("7. What the program may have changed (outcomes)", anchor=False)
        st.caption(
            "Say also who creates the records. A team that writes no reports lowers “reported crime” without anything "
            "having changed for residents."
        )
        return _outcomes(data, "outcome", 1, 8, set())


def placebo_step(data: FormData, taken: set[str]) -> list[Outcome]:
    """Step 8: what the program cannot have changed."""
    with st.container(border=True):
        st.subheader("8. What it cannot have changed (placebo outcomes)", anchor=False)
        st.caption(
            "If something moves that the program cannot touch (calls at night when it is closed, burglaries), the "
            "comparison does not hold. Without one, this check is missing."
        )
        return _outcomes(data, "placebo", 0, 8, taken)


def _outcomes(data: FormData, kind: str, least: int, most: int, taken: set[str]) -> list[Outcome]:
    word = "Outcome" if kind == "outcome" else "Placebo outcome"
    if not data.rows:
        st.text("What can be counted appears here once calls or a table have been chosen above.")
        return []
    count = int(
        st.number_input(
            f"How many {word.lower()}s", least, most, least, key=f"form_{kind}s", persist_state="session"
        )
    )
    found: list[Outcome] = []
    for number in range(1, count + 1):
        names = taken | {one.name for one in found}
        one = _outcome(data, kind, f"{word} {number}", f"form_{kind}_{number}", names)
        if one is not None:
            found.append(one)
    return found


def _outcome(data: FormData, kind: str, title: str, key: str, taken: set[str]) -> Outcome | None:
    step = "Step 7" if kind == "outcome" else "Step 8"
    st.markdown(f"**{title}**")
    by_name = {rows.name: rows for rows in data.rows}
    left, right = st.columns(2)
    table = left.selectbox(
        f"{title}: counted in",
        list(by_name),
        format_func=lambda name: by_name[name].label,
        key=f"{key}_table",
        persist_state="session",
    )
    of_calls = table == CALLS
    measure = right.selectbox(
        f"{title}: what is counted",
        _OF_CALLS if of_calls else _OF_TABLES,
        format_func=lambda name: MEASURES[name],
        key=f"{key}_measure_{'calls' if of_calls else 'table'}",
        persist_state="session",
    )
    among = "all"
    if of_calls or any(one.name == table and one.call_id is not None for one in data.tables):
        options = list(AMONG)
        among = st.selectbox(
            f"{title}: among which calls",
            options,
            index=options.index("eligible_in_hours" if kind == "outcome" else "eligible_off_hours"),
            format_func=lambda name: AMONG[name],
            key=f"{key}_among",
            persist_state="session",
        )
    rows = by_name[table]
    column, event, days = None, None, 30
    if measure in ("sum", "mean") or (measure == "repeat_share" and not of_calls):
        column = st.selectbox(
            f"{title}: which column", rows.columns, key=f"{key}_column", persist_state="session"
        )
    elif measure == "repeat_share":
        column = "place_key"
    if measure == "repeat_share":
        days = int(
            st.number_input(f"{title}: within days", 1, 365, 30, key=f"{key}_days", persist_state="session")
        )
    if measure == "share":
        event = _condition(rows, f"{title}: what must hold", f"{key}_event", every=False)
        if event is None:
            data.missing.append(f"{step}: say what must hold in {title.lower()}.")
            return None
    where = _condition(rows, f"{title}: only rows in which", f"{key}_where")
    left, right = st.columns(2)
    better = left.selectbox(
        f"{title}: which way is better",
        list(BETTER),
        index=0 if kind == "outcome" else 2,
        format_func=lambda name: BETTER[name],
        key=f"{key}_better",
        persist_state="session",
    )
    made_by = right.selectbox(
        f"{title}: who creates the records",
        list(MADE_BY),
        format_func=lambda name: MADE_BY[name],
        key=f"{key}_made_by",
        persist_state="session",
    )
    label = st.text_input(
        f"{title}: what people read",
        _label(rows, measure, among, column, where, of_calls),
        # A proposal that follows the choices above, until somebody writes another one.
        key=f"{key}_label_{table}_{measure}_{among}_{column}",
        persist_state="session",
    ).strip()
    if not label:
        data.missing.append(f"{step}: write what people read for {title.lower()}.")
        return None
    name = slug(label, taken | _TAKEN)
    return Outcome(
        name, label, table, measure, better, made_by, among, column, where, event, days, kind == "placebo"
    )


_TAKEN: Final = {
    "area", "period", "period_start", "start", "treated", "treated_share", "exposure", "excluded",
}  # fmt: skip


def _label(
    rows: Rows, measure: Measure, among: str, column: str | None, where: str | None, of_calls: bool
) -> str:
    what = MEASURES[measure]
    if of_calls:
        amount = {"unit_hours": "Police unit-hours on", "count": "Number of"}.get(measure, f"{what}:")
        return f"{amount[0].upper()}{amount[1:]} {AMONG[among]}" + (" (some)" if where else "")
    if column is not None and measure in ("sum", "mean"):
        return f"{column.replace('_', ' ').capitalize()} ({measure})"
    return f"{rows.name.replace('_', ' ').capitalize()}: {what}" + (" (some)" if where else "")


def _condition(rows: Rows, label: str, key: str, *, every: bool = True) -> str | None:
    """A condition as SQL, made of a column and its words, or written by hand; None for every row."""
    first = [_EVERY_ROW] if every else []
    options = [*first, *rows.columns, _OWN]
    left, right = st.columns(2)
    column = left.selectbox(label, options, key=f"{key}_column", persist_state="session")
    if column == _EVERY_ROW:
        return None
    if column == _OWN:
        written = right.text_input(
            f"{label}: condition, such as offense = 'TRESPASS'", key=f"{key}_sql", persist_state="session"
        )
        return written.strip() or None
    values = rows.values(column)
    if not values:
        right.text("This column has too many different words to choose from; write a condition of your own.")
        return None
    chosen = right.multiselect(
        f"{label}: {without_markup(column)} is one of",
        values,
        key=f"{key}_{column}_values",
        persist_state="session",
    )
    return in_words(column, chosen) if chosen else None


def in_words(column: str, words: list[str]) -> str:
    """`column` is one of `words`, as an SQL condition: names in double quotes, text in single ones."""
    name = column if column.isidentifier() and column.islower() else '"' + column.replace('"', '""') + '"'
    quoted = ["'" + word.replace("'", "''") + "'" for word in words]
    return f"{name} = {quoted[0]}" if len(quoted) == 1 else f"{name} in ({', '.join(quoted)})"
