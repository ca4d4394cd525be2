"""How far a long job is, in the place of the page that waits for it."""

from __future__ import annotations

import time
from typing import Final

import streamlit as st

from app.job import STEPS
from app.running_jobs import RunningJob

_AT_ONCE_SECONDS: Final = 0.4
_LOOK_SECONDS: Final = 0.25


def wait_for(running: RunningJob) -> None:
    """Show the step and the seconds until the job has ended; nothing where it has ended already."""
    if running.wait(_AT_ONCE_SECONDS):
        return
    place, began = st.empty(), time.monotonic()
    while not running.done:
        step = running.step
        done = STEPS.index(step) / len(STEPS) if step in STEPS else 0.0
        seconds = int(time.monotonic() - began)
        place.progress(
            done, text=f"{step} … ({seconds} s). A file of a million rows takes about half a minute."
        )
        running.wait(_LOOK_SECONDS)
    place.empty()
