"""The controls of the policy workbench: what it takes, which dangers it leaves, when and where it answers.

The page library forgets its widgets when another page is shown. So the choices of each base policy are kept beside
them, put back when the page comes again, and read from a link when the page is opened by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import streamlit as st

from app.hour_choices import EXAMPLE, EXAMPLE_WORDS, OWN_HOURS, SCHEDULES
from app.labels import HAZARD_LABELS
from app.policy_choices import (
    LINK,
    Choices,
    Naming,
    categories,
    choices_of_link,
    link_of,
    only_changes,
)
from app.refusal import show_refusal
from app.wording import count, number_of_hours, percent, small_count
from call_codes.errors import PolicyError
from call_codes.policy import Policy, parse_hours
from call_codes.policy_check import DECISIONS
from call_codes.taxonomy import HAZARD_KINDS, Category, load_taxonomy

TAKES: Final = {"eligible": "Takes", "conditional": "On a condition", "excluded": "Leaves"}
AS_BEFORE: Final = "As in the policy"
_KEPT: Final = "eligibility_kept"
_BASE: Final = "eligibility_base"
_REFUSED: Final = "eligibility_refused"
# Open from the start: most of what community teams take.
_OPEN_GROUP: Final = "behavioral_health"


def restore(base: Policy, areas: Sequence[str]) -> None:
    """Put the choices that belong to `base` into the widgets: kept ones, those of a link, or none."""
    state = st.session_state
    known = list(areas)
    if state.get(_BASE) == base.digest and "eligibility_hours" in state:
        # Other calls may have other areas.
        state["eligibility_areas"] = [area for area in state["eligibility_areas"] if area in known]
        state.setdefault("eligibility_own_hours", EXAMPLE)
        return
    first_time = _KEPT not in state
    kept: dict[str, tuple[Choices, Naming]] = state.setdefault(_KEPT, {})
    naming = Naming(f"{base.label} (changed)", "", "", datetime.now(UTC).date())
    choices, naming = kept.get(base.digest, (Choices(), naming))
    if first_time:
        link = {name: st.query_params.get_all(name) for name in LINK}
        choices, state[_REFUSED] = choices_of_link(link, base, known)
    state[_BASE] = base.digest
    for category in categories():
        state[f"takes_{category}"] = choices.decisions.get(category, base.rule_for(category).decision)
    for kind in HAZARD_KINDS:
        state[f"danger_{kind}"] = kind in (*base.hazards_excluded, *choices.dangers)
    schedule = choices.schedule
    state["eligibility_hours"] = (
        AS_BEFORE if schedule is None else schedule if schedule in SCHEDULES else OWN_HOURS
    )
    state["eligibility_own_hours"] = EXAMPLE if schedule is None else schedule
    state["eligibility_areas"] = [area for area in choices.areas if area in known]
    state["policy_label"], state["policy_reason"] = naming.label, naming.reason
    state["policy_note"], state["policy_date"] = naming.note, naming.as_of


def chosen(base: Policy) -> tuple[Choices, Naming, PolicyError | None]:
    """What the widgets say now, kept for later; and why the hours cannot be used, where they cannot."""
    state: Any = st.session_state
    schedule, refused = None, None
    if state["eligibility_hours"] != AS_BEFORE:
        own = state["eligibility_hours"] == OWN_HOURS
        schedule = state["eligibility_own_hours"] if own else state["eligibility_hours"]
        try:
            parse_hours(schedule)
        except PolicyError as error:
            schedule, refused = None, error
    choices = only_changes(
        base,
        Choices(
            {category: state[f"takes_{category}"] for category in categories()},
            tuple(kind for kind in HAZARD_KINDS if state[f"danger_{kind}"]),
            schedule,
            tuple(state["eligibility_areas"]),
        ),
    )
    naming = Naming(
        state["policy_label"] or f"{base.label} (changed)",
        state["policy_reason"],
        state["policy_note"],
        state["policy_date"],
    )
    state[_KEPT][base.digest] = (choices, naming)
    return choices, naming, refused


def write_link(choices: Choices) -> None:
    """Let the page's address say what was chosen."""
    link = link_of(choices)
    for name in LINK:
        if name not in link:
            st.query_params.pop(name, None)
        elif st.query_params.get_all(name) != link[name]:
            st.query_params[name] = link[name]


def show_link_refused() -> None:
    """What of the link could not be used; shown until something is changed by hand."""
    for error in st.session_state.pop(_REFUSED, []):
        show_refusal(error)


def show_categories(
    base: Policy, choices: Choices, weights: Mapping[str, Mapping[str, Any]], smallest_count: int
) -> None:
    """For each category what the policy does with it, what it would add, and whether that was changed.

    weights: category → row of evaluation.before.category_weights.
    """
    taxonomy = load_taxonomy()
    decided = {c: choices.decisions.get(c, base.rule_for(c).decision) for c in categories()}
    st.text(_told(list(decided.values())))
    st.caption(
        "Below each category: what it adds to the policy as written when it is taken, counting calls that state no "
        "danger and come within the hours and areas. On a condition: counted in the high figure only."
    )
    for group, label in taxonomy.groups.items():
        listed = [category for category in taxonomy.in_group(group) if category.id in decided]
        taken = sum(decided[category.id] == "eligible" for category in listed)
        changed = sum(category.id in choices.decisions for category in listed)
        words = f"{label} – takes {taken} of {len(listed)}" + (f", {changed} changed" if changed else "")
        with st.expander(words, expanded=group == _OPEN_GROUP, key=f"group_{group}"):
            for category in listed:
                _show_category(category, base, choices, weights[category.id], smallest_count)


def _told(decided: Sequence[str]) -> str:
    return (
        f"Takes {decided.count('eligible')} of {len(decided)} categories, {decided.count('conditional')} on a "
        f"condition; leaves {decided.count('excluded')}."
    )


def _show_category(
    category: Category, base: Policy, choices: Choices, weight: Mapping[str, Any], smallest_count: int
) -> None:
    with st.container(gap="xsmall"):
        st.radio(
            category.label,
            DECISIONS,
            format_func=TAKES.__getitem__,
            horizontal=True,
            key=f"takes_{category.id}",
            help=category.definition,
        )
        words = _weight_words(weight, smallest_count)
        if category.id in choices.decisions:
            before = TAKES[base.rule_for(category.id).decision].lower()
            words = f"**Changed** (before: {before}). {words}"
        st.caption(words)


def _weight_words(weight: Mapping[str, Any], smallest_count: int) -> str:
    if weight["calls"] == 0:
        return "No call that it could add."
    if weight["calls"] < smallest_count:
        return f"Would add {small_count(smallest_count)} calls."
    time = "" if weight["unit_hours"] is None else f", {number_of_hours(weight['unit_hours'])} unit-hours"
    return f"Adds {percent(weight['share'])} when taken: {count(weight['calls'])} calls{time}."


def show_dangers(base: Policy) -> None:
    """Dangers that take a call out of the policy's reach. Those of the base stay."""
    st.subheader("Dangers left to police", anchor=False)
    st.text(
        "A call whose type states one of these stays with police, whatever its category. Ticking one more can only "
        "take calls out. What the policy at the left leaves to police stays there."
    )
    for kind in HAZARD_KINDS:
        words = HAZARD_LABELS[kind]
        st.checkbox(
            words[:1].upper() + words[1:], key=f"danger_{kind}", disabled=kind in base.hazards_excluded
        )


def show_hours(base: Policy, refused: PolicyError | None) -> None:
    """When the team answers: by name, or as a line of one's own."""
    st.subheader("Hours", anchor=False)
    names = {AS_BEFORE: AS_BEFORE, **SCHEDULES, OWN_HOURS: OWN_HOURS}
    st.selectbox("The team answers", list(names), format_func=names.__getitem__, key="eligibility_hours")
    if st.session_state["eligibility_hours"] == AS_BEFORE:
        st.text(base.hours.text)
    if st.session_state["eligibility_hours"] == OWN_HOURS:
        st.text_input(EXAMPLE_WORDS, key="eligibility_own_hours")
    if refused is not None:
        show_refusal(refused)
        st.text("Until then, the result stands on the hours of the policy at the left.")


def show_areas(areas: Sequence[str]) -> None:
    """Where the team answers."""
    st.subheader("Areas", anchor=False)
    if not areas:
        st.text("The export names no areas: the policy holds everywhere.")
    st.multiselect(
        "Only in these areas (none chosen: everywhere)",
        list(areas),
        key="eligibility_areas",
        disabled=not areas,
    )


def forget(base: Policy) -> None:
    """Back to the policy at the left, as it is."""
    st.session_state[_KEPT].pop(base.digest, None)
    st.session_state.pop(_BASE, None)
