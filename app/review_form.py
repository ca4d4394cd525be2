"""The form in which a person decides on one call type: a category, the danger that the wording states, and why.

No category is chosen beforehand: a form that is filled in already gets signed unread. The danger that was found stands
there; where the model only suspects one, a person has to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from app.review_words import HAZARD_HELP, likelihood
from app.wording import HAZARD_LABELS, category_label, group_label, without_markup
from call_codes.crosswalk import NO_HAZARD
from call_codes.signing import Decision
from call_codes.taxonomy import HAZARD_KINDS, load_taxonomy

ANOTHER: Final = "another"
_NONE_STATED: Final = "No danger is stated"


@dataclass(frozen=True)
class Answer:
    """What was pressed and what stood in the form. pressed: "sign", "unsure" or "skip"."""

    pressed: str
    category: str
    hazard: str
    reason: str


def decision_form(
    key: str,
    plausible: Sequence[tuple[str, float | None]],
    danger: Sequence[str],
    *,
    buttons: Sequence[str] = ("sign", "unsure", "skip"),
) -> Answer | None:
    """Draw the form; the answer when a button was pressed and what was filled in is whole, else None.

    key: one for each type and decision, so that the next type starts blank. plausible: categories to choose from
    at once, with their probabilities where these are known. danger: what stands in that box at first.
    """
    offered = [category for category, _ in plausible]
    shares = dict(plausible)
    with st.form(key, border=True):
        chosen = None
        if offered:
            chosen = st.radio(
                "What is a call of this type about?",
                [*offered, ANOTHER],
                index=None,
                key=f"{key}_category",
                format_func=lambda option: _option(option, offered, shares),
                captions=[*(_caption(category) for category in offered), "Choose it in the list below."],
            )
        other = st.selectbox(
            "Another category" if offered else "What is a call of this type about?",
            all_categories(),
            index=None,
            key=f"{key}_other",
            format_func=category_with_group,
            placeholder="Choose one of the 40",
        )
        hazard = st.multiselect(
            "Danger that the wording states",
            [NO_HAZARD, *HAZARD_KINDS],
            default=danger,
            key=f"{key}_hazard",
            format_func=hazard_option,
            placeholder="Choose what is stated, or that none is",
            help=HAZARD_HELP,
        )
        reason = st.text_input("Why (optional, a few words)", key=f"{key}_reason", autocomplete="off")
        pressed = _buttons(key, buttons)
        if offered:
            _keys(key, offered)
    return _answer(pressed, offered, chosen, other, hazard, reason) if pressed else None


def danger_found(hazard: bool, kinds: str | None) -> list[str]:
    """What stands in the box of dangers at first: the kinds that were found; that none is stated, where nothing was
    found; nothing, where the model suspects one that the wording does not name."""
    found = [kind for kind in (kinds or "").split("|") if kind in HAZARD_KINDS]
    return found or ([] if hazard else [NO_HAZARD])


def decision_of(answer: Answer, row: dict[str, Any], reviewer: str, day: str, replaces: str = "") -> Decision:
    """The answer as a decision on the type of `row` (call_type_code, call_type)."""
    return Decision(
        category=answer.category,
        reviewer=reviewer,
        date=day,
        code=row["call_type_code"] or "",
        text=row["call_type"] or "",
        hazard=answer.hazard,
        reason=answer.reason,
        replaces=replaces,
        confidence="unsure" if answer.pressed == "unsure" else "sure",
    )


def all_categories() -> list[str]:
    """The ids of all categories, in the order of the taxonomy."""
    return list(load_taxonomy().categories)


def category_with_group(category: str) -> str:
    """ "Noise (Public order & quality of life)"."""
    return f"{category_label(category)} ({group_label(load_taxonomy().categories[category].group)})"


def hazard_option(kind: str) -> str:
    """A hazard as an option: "A weapon", or that none is stated."""
    words = HAZARD_LABELS.get(kind, kind)
    return _NONE_STATED if kind == NO_HAZARD else f"{words[0].upper()}{words[1:]}"


def _option(option: str, offered: Sequence[str], shares: dict[str, float | None]) -> str:
    if option == ANOTHER:
        return "Another category"
    share = shares[option]
    likely = "" if share is None else f": {likelihood(share)}"
    return without_markup(f"{offered.index(option) + 1}  {category_label(option)}{likely}")


def _caption(category: str) -> str:
    return without_markup(load_taxonomy().categories[category].definition)


def _buttons(key: str, buttons: Sequence[str]) -> str:
    """The buttons in a row; the first is what Enter in a text box presses."""
    words = {
        "sign": ("Sign", "S", "This is what calls of the type are about, as far as I can tell."),
        "unsure": ("Unsure", "U", "Kept and shown to others; it does not count."),
        "skip": ("Skip", "K", "Nothing is written; the type comes again at the end."),
    }
    pressed = ""
    with st.container(horizontal=True):
        for name in buttons:
            label, shortcut, meaning = words[name]
            if st.form_submit_button(
                label,
                key=f"{key}_{name}",
                shortcut=shortcut,
                help=meaning,
                type="primary" if name == "sign" else "secondary",
            ):
                pressed = name
    return pressed


def _keys(key: str, offered: Sequence[str]) -> None:
    """Buttons that choose a category by its number, for those who work by the keyboard."""

    def choose(category: str) -> None:
        st.session_state[f"{key}_category"] = category

    with st.container(horizontal=True, vertical_alignment="center"):
        st.text("Choose by number:")
        for number, category in enumerate(offered, start=1):
            st.form_submit_button(
                f"No. {number}",
                key=f"{key}_number_{number}",
                shortcut=str(number),
                on_click=choose,
                args=(category,),
            )


def _answer(
    pressed: str,
    offered: Sequence[str],
    chosen: str | None,
    other: str | None,
    hazard: Sequence[str],
    reason: str,
) -> Answer | None:
    """The answer, or None with a sentence on the page about what is missing."""
    if pressed == "skip":
        return Answer(pressed, "", "", "")
    listed = chosen in offered
    fault = ""
    if listed and other:
        fault = "Two categories are chosen: one of the likely ones and one from the list. Empty the list, or choose “Another category”."
    elif not listed and not other and pressed == "sign":
        fault = "No category is chosen yet. Choose one, then sign."
    elif not hazard and pressed == "sign":
        fault = "The danger is not judged yet. Choose what the wording states, or that no danger is stated."
    elif NO_HAZARD in hazard and len(hazard) > 1:
        fault = "“No danger is stated” stands beside a danger. Take one of them away."
    if fault:
        st.error(fault)
        return None
    category = chosen if listed else other
    # Who is unsure may have no category in mind.
    return Answer(pressed, category or "unclassified", "|".join(hazard), reason)
