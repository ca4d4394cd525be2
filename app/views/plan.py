"""The page of planning: teams and shifts chosen by hand or read from a file, replayed on the city's own calls."""

from __future__ import annotations

from functools import lru_cache, partial

import polars as pl
import streamlit as st

from app import plan_sections as sections
from app import session
from app.plan_choices import choose
from app.plan_made import plan_file, plan_files, planned
from app.plan_report import assumed, in_short, plan_pictures, replays
from app.refusal import show_refusal
from call_codes.errors import InputError, RightcallError
from evaluation.before.demand import NoRecordedMinutes
from evaluation.before.plan import Plan
from evaluation.before.plan_file import settings_of
from evaluation.before.plan_settings import PlanSettings


def show(opened: session.Opened) -> None:
    """Draw the page."""
    st.title("Plan")
    st.text(
        "What teams on given shifts would have met and served, replayed on this city's own calls. Calls that no team "
        "could take went to police, as they do today."
    )
    for warning in opened.job.warnings:
        with st.container(border=True):
            st.markdown("**Know this first**")
            st.text(warning)
    try:
        settings = from_file() or choose(areas_of(opened))
        plan = planned(opened, settings)
    except NoRecordedMinutes as error:
        show_refusal(
            InputError(
                found=error.found,
                expected=error.expected,
                action="Open “Screening, waiting, and time on a call” above and give the minutes on scene and of travel, with "
                "where they come from.",
            )
        )
        return
    except RightcallError as error:
        show_refusal(error)
        return
    smallest = opened.job.settings.smallest_count
    pictures = plan_pictures(plan, smallest)
    with st.container(border=True):
        for sentence in in_short(plan):
            st.text(f"• {sentence}")
    show_downloads(plan, settings, opened)
    sections.show_steps(plan, pictures)
    sections.show_coverage(plan, smallest)
    sections.show_teams(plan, pictures, smallest)
    sections.show_schedule(opened, plan)
    sections.show_forecast(plan)
    sections.show_cost(plan, pictures)
    sections.show_power(plan, pictures, smallest)
    show_assumptions(plan)


def from_file() -> PlanSettings | None:
    """The settings of an uploaded plan.toml, in place of the choices; None without one. Raises RightcallError."""
    with st.expander("Open a plan that was kept (plan.toml)", key="plan_fold_file"):
        sent = st.file_uploader(
            "A plan file",
            type="toml",
            key="plan_upload",
            help="It is read as text on this machine: nothing in it is run. A cost file that it names cannot be read "
            "from here: copy its sections into the plan.",
        )
    if sent is None:
        return None
    try:
        text = sent.getvalue().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            found=f"{sent.name} is no text file.",
            expected="a plan.toml.",
            action="Choose the file that was downloaded here, or one written by hand.",
        ) from error
    settings = settings_of(text, sent.name, None)
    st.text(f"This plan comes from {sent.name}. To plan by hand again, take the file away.")
    return settings


def areas_of(opened: session.Opened) -> list[str]:
    """The areas of the opened calls, sorted."""
    named = opened.job.calls.select(pl.col("area").drop_nulls().unique())
    return session.kept(opened, "areas", make=lambda: named.collect()["area"].sort().to_list())


def show_downloads(plan: Plan, settings: PlanSettings, opened: session.Opened) -> None:
    """The plan as files: to repeat it, to read it, and the draft of its evaluation."""
    written = lru_cache(maxsize=1)(partial(plan_files, plan, opened.job, settings))

    def file(name: str) -> bytes:
        return written()[name]

    with st.expander("Keep this plan: file, report, draft of the evaluation, link", key="plan_fold_keep"):
        st.text(
            "The plan file holds every choice and amount; rightcall plan --config plan.toml gives the same numbers. The "
            "page's own address restores the view, but neither the opened files nor amounts of money."
        )
        with st.container(horizontal=True):
            st.download_button(
                "The plan file (plan.toml)",
                plan_file(plan, opened.job, settings),
                "plan.toml",
                "application/toml",
                key="plan_take_file",
                on_click="ignore",
            )
            for label, name, kind in (
                ("The plan as a report (plan.html)", "plan.html", "text/html"),
                ("Draft of the evaluation (study.toml)", "study.toml", "application/toml"),
                ("All numbers (plan.json)", "plan.json", "application/json"),
            ):
                st.download_button(
                    label,
                    partial(file, name),
                    name,
                    kind,
                    key=f"plan_take_{name}",
                    on_click="ignore",
                )


def show_assumptions(plan: Plan) -> None:
    """What is assumed and what could not be computed."""
    st.header("Assumptions")
    for line in (*assumed(plan), replays(plan)):
        st.text(f"• {line}")
    st.text(
        "• A plan on past calls is no promise: people may call more once there is someone else to send, and no record "
        "tells how a call would have gone."
    )


if __name__ == "__main__":
    show(session.current())
