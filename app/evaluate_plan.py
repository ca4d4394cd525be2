"""Before the run: what the study says in a few lines, which designs its data can carry, locking, and the run itself."""

from __future__ import annotations

from datetime import date

import streamlit as st

from app.evaluate_session import Ready, finished, offers, run
from app.evaluate_tables import show_words
from app.refusal import show_refusal
from app.report_tables import Words
from app.wording import without_markup
from call_codes.errors import RightcallError
from evaluation.after.designs import Offer, design_named
from evaluation.after.evaluate import Evaluation
from evaluation.after.lock import changes_since_lock, read_lock
from evaluation.after.study import AMONG, Study

_ASKED = "evaluate_asked"


def show_plan(one: Ready) -> None:
    """The study in a few lines, the lock, and the designs that its data can carry."""
    if finished(one) is None:
        show_words(study_words(one.study))
    else:
        # Who comes for the answer should not have to scroll past the question in full.
        with st.expander("What the study says"):
            show_words(study_words(one.study))
    with st.expander("Which designs can these data carry?"):
        st.text(
            "A design is the way in which areas (or calls) with and without the program are compared. Which ones fit "
            "follows from the number of areas and start dates, never from the results."
        )
        if st.button("Look", key="evaluate_look", help="Reads the data; estimates nothing yet."):
            st.session_state["evaluate_looked"] = one.key
        if st.session_state.get("evaluate_looked") == one.key:
            try:
                show_words(offer_words(offers(one)))
            except RightcallError as error:
                show_refusal(error)
    show_lock(one)


def study_words(study: Study) -> Words:
    """What a study says, for a reader who decides whether to run it."""
    starts: dict[date, list[str]] = {}
    for area, day in study.program.starts:
        starts.setdefault(day, []).append(area)
    others = study.comparison.areas
    outcomes = [one for one in study.outcomes if not one.placebo]
    primary = next((one for one in outcomes if one.name == study.plan.primary_outcome), outcomes[0])
    counted = AMONG[primary.among] if primary.table == "calls" else f"rows of the table {primary.table}"
    rows = [
        ("Question", study.question),
        ("Program", "; ".join(f"{', '.join(areas)} from {day}" for day, areas in sorted(starts.items()))),
        ("Hours", study.program.hours.text if study.program.hours else "always open"),
        ("Compared with", "all other areas" if others == "all_others" else ", ".join(others)),
        ("Outcome that decides", f"{primary.label} ({counted})"),
        ("Other outcomes", ", ".join(one.label for one in outcomes if one is not primary) or "none"),
        (
            "Must not change (placebo outcomes)",
            ", ".join(one.label for one in study.outcomes if one.placebo) or "none: a check is missing",
        ),
        (
            "Design that decides",
            _design(study.plan.design),
        ),
    ]
    return Words("study", "What the study says", ("Part", "Here"), tuple(rows))


def _design(id: str | None) -> str:
    if id is None:
        return "none named: the data's shape decides, by a fixed order"
    try:
        return design_named(id).label
    except KeyError:
        return id


def offer_words(found: tuple[Offer, ...]) -> Words:
    """Every design of the menu, those that fit first, with the reason."""
    rows = [
        (
            one.design.label,
            "yes" if one.fits else "no",
            _capital(one.reason.removeprefix("Not offered: ")),
            one.design.needs,
        )
        for one in sorted(found, key=lambda one: not one.fits)
    ]
    columns = ("Design", "Fits", "Why", "What it needs")
    return Words(
        "designs", "Designs, and whether the data of the first outcome can carry them", columns, tuple(rows)
    )


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _fold_of_lock(*, locked: bool, seen: bool) -> str:
    if locked:
        return "The locked plan"
    return (
        "Lock the plan now, after looking at results" if seen else "Lock the plan before looking at results"
    )


def show_lock(one: Ready) -> None:
    """Lock the plan, or say what changed since it was locked. Raises UsageError for a lock that was edited."""
    before = read_lock(one.study)
    seen = before is None and finished(one) is not None
    with st.expander(_fold_of_lock(locked=before is not None, seen=seen)):
        if seen:
            st.text(
                "This study's results were shown already. A lock of today proves what the plan is from now on, not that it "
                "was made without knowing them: these results stay exploratory."
            )
        st.text(
            "A plan that is written down before the outcomes are looked at cannot be bent towards them. The lock file "
            "holds everything that was decided, its hash (sha256) and the day. It proves the plan, not the day: "
            "publish it."
        )
        replace = False
        if before is not None:
            st.text(lock_sentence(one.study))
            if not changes_since_lock(one.study):
                return
            replace = st.checkbox(
                "Lock the changed plan anew (the old day and hash are kept)", key="evaluate_relock"
            )
            if not replace:
                return
        locked, name, content = one.folder.lock(date.today(), replace=replace)
        st.text(f"sha256 {locked.digest}")
        st.download_button(
            f"Download the lock ({without_markup(name)})",
            content,
            name,
            "text/plain",
            key="evaluate_lock_file",
            on_click="ignore",
        )


def lock_sentence(study: Study) -> str:
    """When the plan was locked, and what was changed since."""
    lock = read_lock(study)
    if lock is None:
        return "The plan was not locked."
    changes = changes_since_lock(study)
    when = "before" if lock.before_start else "after"
    said = f"The plan was locked on {lock.locked_on}, {when} the program's first start. "
    if not changes:
        return said + "Nothing was changed since."
    listed = "; ".join(f"{one.key} was {one.was}, is {one.is_now}" for one in changes[:8])
    more = f"; and {len(changes) - 8} more" if len(changes) > 8 else ""
    return f"{said}{len(changes)} thing(s) were changed since: {listed}{more}."


def run_when_asked(one: Ready) -> Evaluation | None:
    """The evaluation, run once the button is pressed; None before. Raises RightcallError."""
    made = finished(one)
    if made is not None:
        return made
    if st.button("Run the evaluation", type="primary", key="evaluate_run"):
        st.session_state[_ASKED] = one.key
    if st.session_state.get(_ASKED) != one.key:
        st.caption("Takes half a minute for the sample study; up to a few minutes for large ones.")
        return None
    with st.status("Running the evaluation …", expanded=True) as status:
        try:
            run(one, _say)
        except RightcallError:
            st.session_state.pop(_ASKED, None)
            status.update(label="The evaluation stopped", state="error")
            raise
        status.update(label="The evaluation is done", state="complete", expanded=False)
        st.session_state.pop(_ASKED, None)
    # Drawn anew without the button and the steps: the answer is what people came for.
    st.rerun()


def _say(step: str) -> None:
    st.text(step)
