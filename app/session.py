"""What is open in a browser session: which file, under which policy, and the finished job for it.

A file is read once and kept; another policy only asks again. Nothing that is kept is found by a data frame:
the keys are hashes of the file, the policy, the model and the version, because the page library compares long
frames by their first and last rows only and would hand out an old answer.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Final, Literal

import polars as pl
import streamlit as st

from app.job import Job, analyse, run_job
from app.settings import DEFAULT_POLICY, Settings
from call_codes.errors import InputError
from call_codes.policy import load_policy
from evaluation.before.cascade import STEPS, add_reasons
from officer_time.cells import time_cells, with_hours
from officer_time.measures import officer_time

SAMPLE: Final = Path(__file__).parents[1] / "data_samples" / "alder_falls_cad_2023-2024.csv.gz"
Counted = Literal["community", "all"]
_OPENED: Final = "opened"
_READING: Final = "Reading the export and classifying its call types …"
_ASKING: Final = "Following the calls through the policy …"


@dataclass(frozen=True)
class Source:
    """A file to open: where it came from, its name, the sha256 of its bytes, and the path or the bytes."""

    kind: Literal["given", "upload", "sample"]
    name: str
    sha256: str
    path: Path | None = None
    content: bytes = b""


@dataclass(frozen=True)
class Opened:
    """A finished job, the source it came from, and the key under which its answers may be kept."""

    source: Source
    job: Job
    key: str


def file_given(arguments: Sequence[str] | None = None) -> Path | None:
    """The file named behind `--` when the app was started; None where none was."""
    arguments = sys.argv if arguments is None else arguments
    started_here = bool(arguments) and Path(arguments[0]).name == "home.py"
    return Path(arguments[1]) if started_here and len(arguments) > 1 else None


def source_of_file(path: Path, kind: Literal["given", "sample"]) -> Source:
    """The source for a file on this machine. Raises InputError where it cannot be opened."""
    try:
        state = path.stat()
        digest = _digest_of_file(str(path), state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise InputError(
            found=f"{path.name} cannot be opened ({error.strerror}).",
            expected="an export that stays where it was when the app started."
            if kind == "given"
            else "the made-up sample city, which comes with Rightcall.",
            action="Put the file back, or open another one." if kind == "given" else "Run `make samples`.",
        ) from error
    return Source(kind, path.name, digest, path=path)


def source_of_upload(name: str, content: bytes) -> Source:
    """The source for a file that was sent by the browser."""
    # Only the last part of a name is used: a browser may send a path.
    plain = Path(name.replace("\\", "/")).name or "upload.csv"
    return Source("upload", plain, hashlib.sha256(content).hexdigest(), content=content)


def open_source(
    source: Source,
    policy: str = DEFAULT_POLICY,
    *,
    time_zone: str | None = None,
    repair_half_day_slips: bool = False,
) -> Opened:
    """Run the main job for `source` under `policy`, or take it from what is kept.

    Uploads are kept for this browser session only; files of this machine for every session. Raises
    RightcallError in a sentence for what is wrong with the file, the policy or the time zone.
    """
    chosen = load_policy(policy)
    settings = Settings(time_zone=time_zone, repair_half_day_slips=repair_half_day_slips)
    # Whatever changes how the file is read: the clean calls differ with it.
    read_key = _joined(
        source.sha256,
        source.name,
        version("rightcall"),
        _model_key(),
        str(settings.time_zone),
        str(settings.repair_half_day_slips),
        str(settings.cap_hours),
        str(settings.smallest_count),
    )
    key = _joined(read_key, chosen.digest)
    if source.kind == "upload":
        job = _job_of_upload(key, read_key, policy, source, settings)
    else:
        job = _job_of_file(key, read_key, policy, source, settings)
    return Opened(source, job, key)


@st.cache_resource(max_entries=3, show_spinner=_READING)
def _read_file(read_key: str, _source: Source, _settings: Settings) -> Job:
    return _run(_source, _settings)


@st.cache_resource(max_entries=2, show_spinner=_READING, scope="session")
def _read_upload(read_key: str, _source: Source, _settings: Settings) -> Job:
    return _run(_source, _settings)


@st.cache_resource(max_entries=12, show_spinner=_ASKING)
def _job_of_file(key: str, read_key: str, policy: str, _source: Source, _settings: Settings) -> Job:
    return _ask(_read_file(read_key, _source, _settings), policy)


@st.cache_resource(max_entries=4, show_spinner=_ASKING, scope="session")
def _job_of_upload(key: str, read_key: str, policy: str, _source: Source, _settings: Settings) -> Job:
    return _ask(_read_upload(read_key, _source, _settings), policy)


def _run(source: Source, settings: Settings) -> Job:
    """The main job under the default policy. A copy of an upload lies on the disk only while it is read."""
    if source.path is not None:
        return run_job(replace(settings, files=(source.path,)))
    with tempfile.TemporaryDirectory(prefix="rightcall-") as folder:
        path = Path(folder) / source.name
        path.write_bytes(source.content)
        return run_job(replace(settings, files=(path,)))


def _ask(job: Job, policy: str) -> Job:
    """The same calls under another policy: nothing is read or cleaned again."""
    if job.policy.id == policy:
        return job
    settings = replace(job.settings, policy=policy)
    return analyse(job.files, settings, job.detection, job.cleaned, load_policy(policy), job.crosswalk)


def remember(opened: Opened) -> None:
    """Hand what is open to the page that is about to be drawn."""
    st.session_state[_OPENED] = opened


def current() -> Opened:
    """What is open. The entry script has put it there before any page runs."""
    opened = st.session_state[_OPENED]
    assert isinstance(opened, Opened)
    return opened


def counted_rows(job: Job, counted: Counted) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Calls and units of the chosen denominator: all, or those that the cascade's share is taken of."""
    if counted == "all":
        return job.calls, job.units
    names = list(STEPS)
    lost_before = names[1 : names.index("community_initiated") + 1]
    in_base = pl.col("lost_at").is_in(lost_before).not_().fill_null(True)
    calls, units = (
        add_reasons(rows, job.cascade, job.policy).filter(in_base) for rows in (job.calls, job.units)
    )
    return calls, units


@st.cache_data(max_entries=64, show_spinner=False, scope="session")
def time_by(key: str, counted: Counted, by: str, _job: Job) -> pl.DataFrame:
    """officer_time.measures.officer_time of the counted calls by one column. `key` is that of the opened job."""
    calls, units = counted_rows(_job, counted)
    cap = _job.settings.cap_hours
    cells = with_hours(time_cells(calls, units, list(dict.fromkeys((by, "category"))), cap), _job.means, cap)
    return officer_time(calls, units, cells, (by,), cap)


@st.cache_data(max_entries=16, show_spinner="Checking the file …")
def _digest_of_file(path: str, size: int, modified_ns: int) -> str:
    """sha256 of a file; asked again when its size or its time of change does."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=1)
def _model_key() -> str:
    """The hash of the text model that this process uses."""
    from classifier.encoders import find_weights
    from classifier.store import manifest_of, model_key
    from classifier.vocabulary import load_vocabulary

    return model_key(manifest_of(load_vocabulary(), find_weights()))


def _joined(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
