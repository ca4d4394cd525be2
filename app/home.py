"""The entry script of the app: the navigation, what is open, and the page. Started by `rightcall app`.

It runs from top to bottom at every click. Reading and computing are kept by `session`, so that a click costs
what it changes and no more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

# Charts look whether pandas is loaded, and fail while another visitor's page is half-way through loading it.
import pandas  # noqa: F401
import streamlit as st

from app import session
from app.plain_table import STYLE
from app.refusal import show_refusal
from app.settings import DEFAULT_POLICY
from app.source_choice import Source
from app.source_chooser import SAMPLE_LABEL, default_source
from app.waiting import wait_for
from app.warm_up import warm_up
from call_codes.errors import RightcallError

START: Final = "views/start.py"
# The blue of the buttons is too dark for letters on the dark ground.
_DARK: Final = "<style>@media (prefers-color-scheme: dark) { [data-testid=stSliderThumbValue] p { color: #f5f5f5; } }</style>"
_MISSED: Final = "policy_of_the_link"
PAGES: Final = {
    START: ("Start", "start"),
    "views/overview.py": ("Overview", "overview"),
    "views/call_types.py": ("Call types", "call-types"),
    "views/eligibility.py": ("Eligibility", "eligibility"),
    "views/officer_time.py": ("Officer time", "officer-time"),
    "views/plan.py": ("Plan", "plan"),
    "views/evaluate.py": ("Evaluate", "evaluate"),
    "views/report_data.py": ("Report and data", "report-data"),
    "views/about.py": ("About", "about"),
}


def choose_policy() -> str:
    """The sidebar's choice of an eligibility policy by its short name, which the page's address carries."""
    labels = session.policy_labels()
    linked = st.query_params.get("policy")
    wanted = session.policy_to_select()
    if "policy" not in st.session_state:
        wanted = linked if linked in labels else (wanted or DEFAULT_POLICY)
        if linked is not None and linked not in labels:
            st.session_state[_MISSED] = linked
    if wanted is not None:
        st.session_state["policy"] = wanted
    chosen = st.sidebar.selectbox(
        "Eligibility policy",
        list(labels),
        format_func=labels.__getitem__,
        key="policy",
        help="Which calls a team takes is a choice. The same calls give other answers under another policy.",
    )
    st.query_params["policy"] = chosen
    return str(chosen)


def show_missed_policy() -> None:
    """Say, until it is dismissed, that the link's own policy is not here: other numbers stand on the pages."""
    if _MISSED in st.session_state:
        with st.container(border=True):
            st.markdown("**These are not the numbers of the link**")
            st.text(
                f"The link was made under the policy “{st.session_state[_MISSED]}”, which its author built and only they "
                "have. What stands here is under the policy at the left. Ask the author for the policy file and load it "
                "under Eligibility."
            )
            if st.button("I have read this", key="missed_policy_read"):
                del st.session_state[_MISSED]
                st.rerun()


def open_for_page(policy: str) -> Source:
    """Read what was chosen, showing how far that is, and hand it to the page. Raises RightcallError."""
    source = session.chosen()
    if source is None:
        source = default_source()
        session.choose(source)
        if session.policy_waits():
            st.rerun()
    running = session.start(source)
    wait_for(running)
    session.remember(session.opened_under(source, running.result(), session.policy_named(policy)))
    return source


def main() -> None:
    """Draw the navigation, open what is chosen, run the page."""
    st.set_page_config(
        page_title="Rightcall", page_icon=str(Path(__file__).with_name("icon.png")), layout="wide"
    )
    pages = {
        path: st.Page(path, title=title, url_path=address, default=path == START)
        for path, (title, address) in PAGES.items()
    }
    page = st.navigation(list(pages.values()), position="sidebar")
    st.html(STYLE)
    st.html(_DARK)
    policy = choose_policy()
    # Lines of text that run over the whole of a wide screen are hard to read.
    with st.container(width=1000):
        if page != pages[START]:
            try:
                source = open_for_page(policy)
            except RightcallError as error:
                st.title("This could not be opened")
                show_refusal(error)
                st.page_link(pages[START], label="Open something else, or correct the columns")
                return
            if source.kind == "sample":
                st.info(
                    f"{SAMPLE_LABEL}. No number here is about a real place. Open files of your own at Start."
                )
        show_missed_policy()
        page.run()
        if session.policy_waits():
            st.rerun()  # the source's own settings name a policy
        warm_up()
        open_now = session.chosen()
        if open_now is not None:
            st.sidebar.text(f"Open: {open_now.name}")


if __name__ == "__main__":
    main()
