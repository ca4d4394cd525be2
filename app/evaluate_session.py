"""What the Evaluate page keeps in a browser session: study folders, calls, offers, finished evaluations and their files.

Everything is found by hashes of the study, its files, the calls and the version, and belongs to one session only:
an evaluation of somebody's upload is nobody else's business.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

import streamlit as st

from app.evaluate_folder import StudyFolder, digest_of, study_name
from app.evaluation_outputs import write_evaluation
from app.study_calls import study_calls
from call_codes.policy import load_policy
from evaluation.after.cohort import StudyCalls
from evaluation.after.designs import Offer
from evaluation.after.evaluate import Evaluation, evaluate, offers_for
from evaluation.after.study import Study

SEED: Final = 0
_ROOM: Final = 3
Step = Callable[[str], None]


@dataclass(frozen=True)
class Ready:
    """A study that was loaded, its folder, the calls that are open already (None: as the study names them), its key."""

    folder: StudyFolder
    study: Study
    open_calls: StudyCalls | None
    key: str

    def source(self, step: Step) -> StudyCalls | None:
        """The classified calls of the study, as the command line has them. Raises RightcallError."""
        if self.study.calls is None:
            return None
        if self.open_calls is None:
            return _calls(self, step)
        # Which calls are eligible is the study's own choice, whatever policy the app stands on.
        named = self.study.calls.policy
        policy = load_policy(self.study.file(named) if named.endswith(".toml") else named)
        return replace(self.open_calls, policy=policy)


def ready(
    name: str,
    text: str,
    files: Mapping[str, bytes | Path],
    lock: bytes | None,
    calls: StudyCalls | None,
    calls_key: str,
) -> Ready:
    """Put a study and its files into a folder of their own and load it. Raises RightcallError.

    calls: those that are open in the app, with the key of what is open; None where the study's own files hold them.
    """
    plain = study_name(name)
    digest = digest_of(plain, text, files, lock)
    folder = _folder(digest, plain, text, files, lock)
    whole = "\n".join((digest, calls_key if calls is not None else "", version("rightcall"), str(SEED)))
    return Ready(folder, folder.load(), calls, hashlib.sha256(whole.encode()).hexdigest())


@st.cache_resource(max_entries=6, show_spinner=False, scope="session")
def _folder(
    digest: str, _name: str, _text: str, _files: Mapping[str, bytes | Path], _lock: bytes | None
) -> StudyFolder:
    return StudyFolder(_name, _text, _files, _lock)


def offers(one: Ready) -> tuple[Offer, ...]:
    """For every design of the menu whether it fits the study's first outcome, and why. Raises RightcallError."""
    return _offers(one.key, one)


@st.cache_resource(max_entries=6, show_spinner="Looking at what the data can carry …", scope="session")
def _offers(key: str, _ready: Ready) -> tuple[Offer, ...]:
    return offers_for(_ready.study, _ready.source(lambda step: None))


def finished(one: Ready) -> Evaluation | None:
    """The evaluation of this study, these files and this version, if it was run in this session."""
    kept = _kept().get(one.key)
    return None if kept is None else kept[0]


def run(one: Ready, step: Step) -> Evaluation:
    """Run the study as `rightcall evaluate` does, and keep the result. Raises RightcallError."""
    made = evaluate(one.study, one.source(step), seed=SEED, step=step)
    kept = _kept()
    # Its tables may lie in the study's folder, which goes when nothing holds it.
    kept[one.key] = (made, one.folder)
    while len(kept) > _ROOM:
        del kept[next(iter(kept))]
    return made


def files_of(one: Ready, made: Evaluation) -> dict[str, bytes]:
    """Every file that `rightcall evaluate STUDY.toml --out evaluation` writes, byte for byte: name → content."""
    return _files(one.key, one.folder.name, made)


@st.cache_resource(max_entries=_ROOM, show_spinner="Writing the report …", scope="session")
def _files(key: str, _name: str, _made: Evaluation) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="rightcall-") as folder:
        out = Path(folder) / "evaluation"
        write_evaluation(_made, out, command(_name))
        return {
            str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()
        }


def command(name: str) -> list[str]:
    """The command that repeats the evaluation of the study called `name`."""
    return ["rightcall", "evaluate", name, "--out", "evaluation", "--seed", str(SEED)]


def _calls(one: Ready, step: Step) -> StudyCalls | None:
    """As study_calls, read once for the same files, whatever else the study says."""
    kept, key = _kept_calls(), _calls_key(one.study)
    if key not in kept:
        # The calls may be read from the folder later: it stays as long as they are kept.
        kept[key] = (study_calls(one.study, step), one.folder)
        while len(kept) > _ROOM:
            del kept[next(iter(kept))]
    return kept[key][0]


def _calls_key(study: Study) -> str:
    """The hash of what [tables.calls] says and of every file that it could be read from."""
    whole = hashlib.sha256(repr((study.calls, version("rightcall"))).encode())
    folder = study.path.parent
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != study.path and not path.name.endswith(".lock.toml"):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            whole.update(f"{path.relative_to(folder)}\n{digest}\n".encode())
    return whole.hexdigest()


@st.cache_resource(show_spinner=False, scope="session")
def _kept() -> dict[str, tuple[Evaluation, StudyFolder]]:
    return {}


@st.cache_resource(show_spinner=False, scope="session")
def _kept_calls() -> dict[str, tuple[StudyCalls | None, StudyFolder]]:
    return {}
