"""Taking a policy along: named and saved as a policy file, loaded from one, or put to use in all pages."""

from __future__ import annotations

import streamlit as st

from app import session
from app.policy_choices import Choices
from app.refusal import show_refusal
from call_codes.errors import PolicyError
from call_codes.policy import Policy, policy_of_file
from evaluation.before.changed_policy import policy_toml


def show_saving(policy: Policy, choices: Choices) -> None:
    """The policy's name, reasons, note and date; its file; and its use in all pages."""
    st.header("Save it")
    left, right = st.columns(2)
    left.text_input("Name of the policy", key="policy_label")
    right.date_input("As of", key="policy_date")
    left.text_input("Why it differs, in a sentence", key="policy_reason")
    right.text_input("Note (who decided, when it is looked at again …)", key="policy_note")
    if choices.nothing:
        st.text("Nothing is changed yet, so there is nothing to save.")
    else:
        st.text(
            f"The file {policy.id}.toml holds every rule with its reason. The changed rules say that no source was "
            f"checked for them. On the command line: rightcall run calls.csv --policy {policy.id}.toml"
        )
    if choices.areas:
        st.text(
            "A policy file names its areas in words only. The command line and the other pages count the whole city: "
            "there, compare areas with rightcall policies --areas."
        )
    with st.container(horizontal=True):
        st.download_button(
            "Download the policy file",
            policy_toml(policy).encode(),
            f"{policy.id}.toml",
            "application/toml",
            key="policy_download",
            on_click="ignore",
            disabled=choices.nothing,
        )
        st.button(
            "Use this policy in all pages",
            key="policy_use",
            on_click=session.keep_own_policy,
            args=(policy,),
            disabled=choices.nothing,
        )


def show_loading() -> None:
    """A policy file from elsewhere: read, explained where it cannot be, and put to use."""
    st.header("Load one")
    sent = st.file_uploader("A policy file (.toml)", type=["toml"], key="policy_file", max_upload_size=1)
    if sent is None:
        st.text("A policy file that was saved here or written by hand. It is read on this machine.")
        return
    try:
        policy = policy_of_file(sent.getvalue(), sent.name)
    except PolicyError as error:
        show_refusal(error)
        return
    takes = len(policy.categories_with("eligible"))
    st.text(
        f"{policy.label}. As of {policy.as_of:%B %Y}. Takes {takes} categories. Hours: {policy.hours.text}"
    )
    st.button(
        "Use the loaded policy in all pages",
        key="policy_load",
        on_click=session.keep_own_policy,
        args=(policy,),
    )
