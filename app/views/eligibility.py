"""The policy workbench: a policy changed category by category, with what that does to the answer always beside it."""

from __future__ import annotations

from typing import Final

import polars as pl
import streamlit as st

from app import session
from app.cascade_view import OF_CALLS, sensitivity_table, show_share, show_steps
from app.figures import source_line
from app.job import Job
from app.plain_table import range_in_large
from app.policy_choices import Choices, policy_of, variants_of
from app.policy_controls import (
    chosen,
    forget,
    restore,
    show_areas,
    show_categories,
    show_dangers,
    show_hours,
    show_link_refused,
    write_link,
)
from app.policy_differences import (
    area_table,
    category_table,
    difference_sentence,
    judged_table,
    share_in_areas,
    steps_table,
)
from app.policy_outputs import comparison_tables
from app.policy_saving import show_loading, show_saving
from app.wording import percent_range, range_first, small_count_note
from call_codes.errors import PolicyError
from call_codes.policy import Policy
from calls.share import Share
from evaluation.before.call_kinds import CallKinds
from evaluation.before.category_weights import category_weights
from evaluation.before.workbench import Comparison, compare_kinds

# The answer stays in sight while a long list of choices is scrolled.
_STYLE: Final = """<style>
@media (min-width: 900px) {
  [data-testid="stColumn"]:has(.st-key-eligibility_result) { position: sticky; top: 4.5rem; align-self: flex-start; }
}
.st-key-eligibility_result p.range { font-size: 1.5rem; }
</style>"""


def show(opened: session.Opened) -> None:
    """Draw the page."""
    job, base = opened.job, opened.job.policy
    kinds = session.kinds_of(opened)
    st.title("Eligibility")
    st.text(
        f"Which calls a team takes is a choice. Start from “{base.label}”, chosen at the left, change what you would "
        "decide otherwise, and see what that does to the answer."
    )
    restore(base, kinds.areas)
    choices, naming, refused_hours = chosen(base)
    write_link(choices)
    show_link_refused()
    policy = policy_of(base, choices, naming)
    result = compare_kinds(kinds, variants_of(base, choices, policy))
    st.html(_STYLE)
    controls, beside = st.columns([11, 9], gap="large")
    with controls:
        show_controls(base, choices, policy, kinds, job.settings.smallest_count, refused_hours)
    with beside, st.container(key="eligibility_result"):
        show_result(result, base, policy, choices)
    show_cascade(result, policy, choices)
    show_differences(result, base, policy, job.settings.smallest_count)
    show_ambiguous(result, policy, job)
    show_saving(policy, choices)
    show_loading()


def show_controls(
    base: Policy,
    choices: Choices,
    policy: Policy,
    kinds: CallKinds,
    smallest_count: int,
    refused_hours: PolicyError | None,
) -> None:
    """What can be changed."""
    st.header("What it takes", anchor=False)
    weights = category_weights(kinds, policy, choices.areas or None)
    rows = {row["category"]: row for row in weights.iter_rows(named=True)}
    show_categories(base, choices, rows, smallest_count)
    show_dangers(base)
    show_hours(base, refused_hours)
    show_areas(kinds.areas)


def show_result(result: Comparison, base: Policy, policy: Policy, choices: Choices) -> None:
    """The answer under the changed policy, and how far that is from the base."""
    cascade = result.cascades[policy.id]
    st.header("The answer", anchor=False)
    if choices.nothing:
        st.text(f"Nothing is changed: this is “{base.label}” as it is.")
    else:
        st.text(difference_sentence(result, base, policy))
        st.button("Undo all changes", on_click=forget, args=(base,), key="eligibility_undo")
    show_share(f"{OF_CALLS}, under “{policy.label}”", cascade.eligible, "calls")
    more = [("The same within its hours", cascade.eligible_in_hours, "calls")]
    if policy.hours.open_minutes_per_week == 7 * 1440:
        more = []
    if choices.areas:
        steps = result.steps.filter(policy=policy.id, judged_on="initial")
        more.append(
            (
                "The same within its hours and areas, of the whole city's calls",
                share_in_areas(steps, choices.areas),
                "calls",
            )
        )
    if cascade.eligible_hours is not None:
        more.append(
            ("Of the recorded police time of those calls, at any hour", cascade.eligible_hours, "unit-hours")
        )
    with st.container(border=True):
        for heading, share, unit in more:
            _show_short(heading, share, unit)
        with st.expander("How these are counted"):
            for heading, share, _ in more:
                st.caption(f"{heading}: {share.definition}")


def _show_short(heading: str, share: Share, unit: str) -> None:
    st.text(heading)
    st.html(range_in_large(percent_range(share.low_share, share.high_share)))
    sentence = range_first(share, unit)
    st.text(sentence[:1].upper() + sentence[1:] + ".")


def show_cascade(result: Comparison, policy: Policy, choices: Choices) -> None:
    """From all calls to those that the changed policy takes."""
    st.header("How it comes about")
    cascade = result.cascades[policy.id]
    steps = result.steps.filter(policy=policy.id, judged_on="initial").rename(
        {"unit_hours": "unit_hours_policy"}
    )
    definition = cascade.eligible_in_hours.definition
    if choices.areas:
        definition = share_in_areas(steps, choices.areas).definition
    else:
        steps = steps.filter(pl.col("step") != "in_area")
    show_steps(
        steps,
        cascade.losses,
        definition=definition,
        source=source_line(policy),
    )


def show_differences(result: Comparison, base: Policy, policy: Policy, smallest_count: int) -> None:
    """Both policies judged on first and final types, and what differs by step, category and area."""
    st.header("What differs")
    st.html(judged_table(result, {p.id: p for p in (base, policy)}))
    st.text(
        "A policy is judged on the first type, since that is all that is known when a team is sent. The final type "
        "shows how much hangs on that."
    )
    if policy is base:
        st.text("Change something above to see what differs by step, category and area.")
        return
    tables = comparison_tables(result, smallest_count)
    by_category = category_table(tables["by_category.csv"], base, policy, smallest_count)
    for heading, table in (
        ("By step", steps_table(result, base, policy)),
        ("By category", by_category),
        ("By area", area_table(tables["by_area.csv"], policy, smallest_count)),
    ):
        with st.expander(heading):
            if table is None:
                st.text("No category's calls differ.")
            else:
                st.html(table)
    st.caption(small_count_note(smallest_count))


def show_ambiguous(result: Comparison, policy: Policy, job: Job) -> None:
    """The share with and without the two categories that decide most estimates."""
    st.header("What hangs on two categories")
    st.text(
        "Disturbance and suspicious activity are large, and their wording says little about what happened."
    )
    st.html(sensitivity_table(result.cascades[policy.id].sensitivity))


if __name__ == "__main__":
    show(session.current())
