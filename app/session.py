"""What is open in a browser session: the files, how their columns are read, the decisions and policy in use.

A file is read once and kept; another policy only asks again. Nothing that is kept is found by a data frame: the keys
are hashes of the files, the layout, the decisions, the policy, the model and the version, because the page library
compares long frames by their first and last rows only and would hand out an old answer.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, cast

import streamlit as st

from app.job import Job, Recognised, analyse, decisions, run_job, under_policy
from app.running_jobs import RunningJob, RunningJobs
from app.settings import DEFAULT_POLICY
from app.source_choice import SAMPLE, Source, source_of_paths
from call_codes.code_books import with_code_books
from call_codes.crosswalk import Crosswalk
from call_codes.policy import Policy, load_policy, policy_names
from classifier.remembered import model_digest
from evaluation.before.call_kinds import CallKinds, call_kinds

__all__ = ["SAMPLE", "Source"]
T = TypeVar("T")
_STATE: Final = "rightcall"
_ASKING: Final = "Following the calls through the policy …"


@dataclass(frozen=True)
class Reading:
    """How a person wants the files read: a layout as TOML ("" = as recognised) and the choices beside it."""

    layout: str = ""
    time_zone: str | None = None
    repair_half_day_slips: bool = False


@dataclass(frozen=True)
class Opened:
    """A finished job, the source it came from, and the key under which its answers may be kept."""

    source: Source
    job: Job
    key: str


def _state() -> dict[str, Any]:
    """What this browser session has chosen: source, readings, decisions, own policies, what is open."""
    if _STATE not in st.session_state:
        st.session_state[_STATE] = {"readings": {}, "decisions": {}, "policies": {}, "jobs": RunningJobs(3)}
    return cast(dict[str, Any], st.session_state[_STATE])


# What is open --------------------------------------------------------------------------------------------------


def choose(source: Source) -> None:
    """Open this source from now on, under the policy of its settings where they name one."""
    before = chosen()
    _state()["source"] = source
    wanted = source.settings.policy
    if before != source and wanted != DEFAULT_POLICY:
        if wanted in policy_names():
            _state()["select"] = wanted
        else:
            keep_own_policy(load_policy(wanted))


def chosen() -> Source | None:
    """The source that was chosen in this session; None before any was."""
    return cast("Source | None", _state().get("source"))


def current() -> Opened:
    """What is open. The entry script has put it there before any page runs."""
    opened = _state()["opened"]
    assert isinstance(opened, Opened)
    return opened


def remember(opened: Opened) -> None:
    """Hand what is open to the page that is about to be drawn."""
    _state()["opened"] = opened


# How the files are read ----------------------------------------------------------------------------------------


def reading(source: Source) -> Reading:
    """How this source is read: as its settings say unless a person chose otherwise."""
    settings = source.settings
    own = Reading("", settings.time_zone, settings.repair_half_day_slips)
    return cast(Reading, _state()["readings"].get(source.sha256, own))


def read_as(source: Source, how: Reading) -> None:
    """Read this source so from now on."""
    _state()["readings"][source.sha256] = how


def start(source: Source) -> RunningJob:
    """The job that reads the source, running or done. Uploads stay in this session; files are shared by all."""
    how = reading(source)
    jobs = _state()["jobs"] if source.kind == "upload" else _shared_jobs()
    return cast(RunningJobs, jobs).ask(
        _read_key(source, how), lambda at, columns: _run(source, how, at, columns)
    )


@st.cache_resource(show_spinner=False)
def _shared_jobs() -> RunningJobs:
    return RunningJobs(6)


def _run(
    source: Source, how: Reading, at: Callable[[str], None], columns: Callable[[Recognised], None]
) -> Job:
    with source.on_disk(how.layout) as settings:
        asked = replace(
            settings,
            policy=DEFAULT_POLICY,
            time_zone=how.time_zone,
            repair_half_day_slips=how.repair_half_day_slips,
        )
        return run_job(asked, at, columns)


def _read_key(source: Source, how: Reading) -> str:
    """Whatever changes how the files are read and what they say before a policy is asked."""
    settings = replace(source.settings, files=(), policy=DEFAULT_POLICY)
    crosswalk = decisions(settings)
    return _joined(
        source.sha256,
        source.name,
        version("rightcall"),
        model_digest(),
        repr(settings),
        repr(how),
        crosswalk.digest if crosswalk else "",
    )


# Decisions and policies ----------------------------------------------------------------------------------------


def review_name(source: Source) -> str:
    """The name under which decisions about this source are kept: only who has the same files meets them."""
    return source.sha256


def review_store() -> Any:
    """The store of reviewers' decisions (call_codes.decision_store), that of the environment or this machine's own."""
    from call_codes.decision_store import open_store

    return _store(os.environ.get("RIGHTCALL_DECISIONS", ""), open_store)


@st.cache_resource(show_spinner=False)
def _store(address: str, _open: Callable[[str | None], Any]) -> Any:
    return _open(address or None)


def use_decisions(crosswalk: Crosswalk | None) -> None:
    """Ask all pages again under these signed decisions about the open source; None: as it was."""
    source = chosen()
    if source is not None:
        _state()["decisions"][source.sha256] = crosswalk


def decisions_in_use(source: Source) -> Crosswalk | None:
    """The decisions that were taken from the review in this session; None where none were."""
    return cast("Crosswalk | None", _state()["decisions"].get(source.sha256))


def keep_own_policy(policy: Policy) -> None:
    """Offer a policy built in the browser beside the presets, and use it from the next run of the page on."""
    name = policy.id if policy.id not in policy_names() else f"{policy.id} (changed)"
    _state()["policies"][name] = policy
    _state()["select"] = name


def policy_labels() -> dict[str, str]:
    """Short name → label: the presets, then the policies of this session."""
    own: dict[str, Policy] = _state()["policies"]
    return _preset_labels() | {name: f"{policy.label} (your own)" for name, policy in own.items()}


@lru_cache(maxsize=1)
def _preset_labels() -> dict[str, str]:
    return {name: load_policy(name).label for name in policy_names()}


def policy_named(name: str) -> Policy:
    """The policy behind one of the names of policy_labels."""
    return cast(Policy, _state()["policies"].get(name)) or load_policy(name)


def policy_waits() -> bool:
    """Whether a policy was chosen elsewhere that the sidebar does not stand on yet."""
    return "select" in _state()


def policy_to_select() -> str | None:
    """The policy that the sidebar should stand on now, told once."""
    return cast("str | None", _state().pop("select", None))


# Opening -------------------------------------------------------------------------------------------------------


def source_of_file(path: Path, kind: Literal["given", "sample"] = "given") -> Source:
    """The source for one file of this machine. Raises InputError where it cannot be opened."""
    return source_of_paths([path], kind)


def open_source(source: Source, policy: str | Policy = DEFAULT_POLICY) -> Opened:
    """Run the main job for `source` under `policy`, or take it from what is kept, waiting for it.

    Raises RightcallError in a sentence for what is wrong with the files, the layout, the decisions or the policy.
    """
    base = start(source).result()
    return opened_under(source, base, load_policy(policy) if isinstance(policy, str) else policy)


def opened_under(source: Source, base: Job, policy: Policy) -> Opened:
    """The finished job of the source under the decisions of this session and a policy."""
    keep = _job_here if source.kind == "upload" else _job_for_all
    key, job = _read_key(source, reading(source)), base
    signed = decisions_in_use(source)
    if signed is not None:
        crosswalk = with_code_books(signed, base.settings.code_books)
        key = _joined(key, signed.digest)
        job = keep(
            key,
            lambda: analyse(base.files, base.settings, base.detection, base.cleaned, base.policy, crosswalk),
        )
    decided = Opened(source, job, key)
    key = _joined(key, policy.digest)
    if policy.digest != job.policy.digest:
        job = keep(key, lambda: under_policy(decided.job, policy, _kinds(decided)))
    return Opened(source, job, key)


def base_of(opened: Opened) -> Job:
    """The job of what is open under its policy, as if no decision of this session were in use."""
    if decisions_in_use(opened.source) is None:
        return opened.job
    base, policy = start(opened.source).result(), opened.job.policy
    if base.policy.digest == policy.digest:
        return base
    return under_policy(
        base, policy, _kinds(Opened(opened.source, base, _read_key(opened.source, reading(opened.source))))
    )


def kinds_of(opened: Opened) -> CallKinds:
    """The open calls counted by kind: once for every policy that is asked about them."""
    signed = decisions_in_use(opened.source)
    key = _read_key(opened.source, reading(opened.source))
    return _kinds(Opened(opened.source, opened.job, key if signed is None else _joined(key, signed.digest)))


def _kinds(opened: Opened) -> CallKinds:
    job = opened.job
    return kept(
        opened, "kinds of calls", make=lambda: call_kinds(job.calls, job.units, job.settings.cap_hours)
    )


@st.cache_resource(max_entries=24, show_spinner=_ASKING)
def _job_for_all(key: str, _make: Callable[[], Job]) -> Job:
    return _make()


@st.cache_resource(max_entries=6, show_spinner=_ASKING, scope="session")
def _job_here(key: str, _make: Callable[[], Job]) -> Job:
    return _make()


# Answers that a page asks for again ----------------------------------------------------------------------------


def kept(opened: Opened, *names: str, make: Callable[[], T]) -> T:
    """make(), or what it gave before for what is open and these names.

    names: all that the answer depends on besides what is open, such as the page's choices. Answers about files of this
    machine are kept for every session, those about uploads for this one only. No copy is made: nobody changes them.
    """
    keep = _answer_here if opened.source.kind == "upload" else _answer_for_all
    return cast(T, keep(_joined(opened.key, *names), make))


@st.cache_resource(max_entries=64, show_spinner="Counting …")
def _answer_for_all(key: str, _make: Callable[[], Any]) -> Any:
    return _make()


@st.cache_resource(max_entries=24, show_spinner="Counting …", scope="session")
def _answer_here(key: str, _make: Callable[[], Any]) -> Any:
    return _make()


def _joined(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
