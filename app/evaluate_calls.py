"""The calls that are open in the app as the calls of a study: what the study file names, and what must lie beside it.

A study that is made in the browser is to give the same numbers on the command line. So whatever changed how the open
files are read (a corrected layout, decisions of reviewers, a time zone) is written into a rightcall.toml, a layout
and a crosswalk that go with the study.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from app.job import Job
from app.settings import Settings
from app.source_choice import Source
from call_codes.crosswalk import Crosswalk
from evaluation.after.cohort import StudyCalls

SETTINGS_NAME: Final = "rightcall.toml"
LAYOUT_NAME: Final = "corrected_layout.toml"
CROSSWALK_NAME: Final = "decisions.csv"
_CROSSWALK_COLUMNS: Final = (
    "agency", "code", "text", "category", "hazard", "basis", "reviewer", "since", "note",
)  # fmt: skip
# Choices of a run that change what the calls say; the policy is the study's own.
_WRITTEN: Final = ("code_books", "two_signatures", "cap_hours", "time_zone", "repair_half_day_slips")


@dataclass(frozen=True)
class OpenCalls:
    """run and crosswalk: what [tables.calls] says. beside: files of ours that go with the study, name → content.

    exports: names of the files of the city that must lie beside the study. note: what cannot be written down, or "".
    """

    run: str
    crosswalk: str | None
    beside: dict[str, bytes]
    exports: tuple[str, ...]
    note: str


def open_calls(source: Source, settings: Settings, layout: str, signed: Crosswalk | None) -> OpenCalls:
    """The open files as the calls of a study.

    settings: those of the job that read them; layout: a corrected layout as TOML, "" for none; signed: decisions of
    reviewers in use, None for those of the settings.
    """
    exports = tuple(file.name for file in source.files)
    beside: dict[str, bytes] = {}
    note = ""
    if source.settings.database is not None:
        note = (
            "The calls come from a database. To run the study outside the app, put the rightcall.toml of the "
            "database beside it."
        )
        return OpenCalls(SETTINGS_NAME, None, {}, exports, note)
    if signed is not None:
        beside[CROSSWALK_NAME] = signed.rows.select(_CROSSWALK_COLUMNS).write_csv().encode()
    elif settings.crosswalk is not None:
        beside[CROSSWALK_NAME] = settings.crosswalk.read_bytes()
    if settings.place_key is not None:
        note = (
            "Place keys rest on a secret that stays where it is: outcomes about repeat calls need it again."
        )
    defaults = Settings()
    own = {
        name: getattr(settings, name)
        for name in _WRITTEN
        # The decisions that are handed over have been counted already.
        if getattr(settings, name) != getattr(defaults, name)
        and not (name == "two_signatures" and signed is not None)
    }
    if layout:
        beside[LAYOUT_NAME] = layout.encode()
    if layout or source.settings.layout or own or len(exports) > 1:
        lines = [f"files = {_value(list(exports))}"]
        if layout or source.settings.layout:
            lines.append(f"layout = {_value(LAYOUT_NAME if layout else _layout(source.settings, beside))}")
        lines += [f"{name} = {_value(own[name])}" for name in own]
        beside[SETTINGS_NAME] = ("\n".join(lines) + "\n").encode()
        run = SETTINGS_NAME
    else:
        run = exports[0]
    return OpenCalls(run, CROSSWALK_NAME if CROSSWALK_NAME in beside else None, beside, exports, note)


def calls_of_job(job: Job) -> StudyCalls:
    """The calls of a finished job, as evaluation.after wants them."""
    return StudyCalls(job.calls, job.units, job.policy, job.settings.cap_hours, job.cleaned.workspace)


def _layout(settings: Settings, beside: dict[str, bytes]) -> str:
    """A named layout by its name, a layout file by the name under which it goes with the study."""
    given = str(settings.layout)
    if not given.endswith(".toml"):
        return given
    beside[LAYOUT_NAME] = Path(given).read_bytes()
    return LAYOUT_NAME


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def areas_of(calls: StudyCalls) -> list[str]:
    """The areas that the calls name, sorted."""
    found = calls.calls.select(pl.col("area").drop_nulls().unique()).collect()["area"]
    return sorted(str(area) for area in found)


def days_of(calls: StudyCalls) -> tuple[date | None, date | None]:
    """The first and last local day of the calls (date), or None and None where no time could be read."""
    moment = pl.from_epoch("started_local", "s").dt.date()
    first, last = calls.calls.select(moment.min().alias("first"), moment.max().alias("last")).collect().row(0)
    return first, last
