"""What the later pages need, loaded beside the first one: a visitor reads that for longer than the loading takes."""

from __future__ import annotations

import importlib
import os
import threading
from typing import Final

import streamlit as st

ASKED: Final = "RIGHTCALL_WARM_UP"
# Charts; the loop of the team simulation, which is compiled; forecasts. Four to six seconds in all.
_MODULES: Final = (
    "altair",
    "evaluation.before.event_loop",
    "scipy.optimize",
    "statsmodels.tsa.statespace.structural",
)


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Begin loading, once for each server, where `rightcall app` has started it (a test that runs a page is short)."""
    if os.environ.get(ASKED):
        threading.Thread(target=_load, daemon=True).start()


def _load() -> None:
    for name in _MODULES:
        importlib.import_module(name)
