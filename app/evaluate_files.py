"""The files that a study names, looked for only among those that were sent with it.

A study comes from somebody else's machine: a path that is absolute or leads out of the study's folder is refused
before anything is opened, so that a study can never read a file of the machine that the app runs on.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from call_codes.errors import UsageError

RESULTS: Final = ("calls.parquet", "units.parquet", "run.json")
# What a settings file may not ask of a study that was sent: another machine's database, or a secret of this one.
_NOT_SENT: Final = ("database", "query", "place_key")
_RUN: Final = "run of [tables.calls]"
_LIST_KEYS: Final = ("files", "code_books")
_FILE_KEYS: Final = ("layout", "policy", "crosswalk")
_FILE_LIKE: Final = re.compile(r"\.(toml|csv)$", re.IGNORECASE)


@dataclass(frozen=True)
class NeededFile:
    """A file that a study names: name as written there, and where, as in "[tables.crime]"."""

    name: str
    place: str


@dataclass(frozen=True)
class Matched:
    """files: name in the study → content; missing: what was not sent; unused: sent, but named nowhere."""

    files: Mapping[str, bytes]
    missing: tuple[NeededFile, ...]
    unused: tuple[str, ...]


def needed_files(study_text: str, *, calls_are_open: bool = False) -> tuple[NeededFile, ...]:
    """The files that a study file names, sorted as it names them; those of [tables.calls] not if `calls_are_open`.

    Raises UsageError for text that is not TOML and for a path that is absolute or leads out of the folder. What else
    may be wrong with the study is left to load_study.
    """
    try:
        raw = tomllib.loads(study_text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            found=f"a study file that is not valid TOML ({error})",
            expected='lines such as question = "…", and text in quotes',
            action="correct the line named",
        ) from error
    named: list[NeededFile] = []
    for table, keys in _tables(raw.get("tables")).items():
        if table != "calls":
            named += _named(keys.get("path"), f"[tables.{table}]")
            continue
        if not calls_are_open:
            named += _calls(keys.get("run"))
            named += _named(keys.get("crosswalk"), "crosswalk of [tables.calls]")
        policy = keys.get("policy")
        if isinstance(policy, str) and policy.lower().endswith(".toml"):
            named += _named(policy, "policy of [tables.calls]")
    areas = raw.get("areas")
    if isinstance(areas, dict):
        named += _named(areas.get("path"), "[areas]") + _named(areas.get("neighbors"), "[areas]")
    if isinstance(raw.get("team"), dict):
        named += _named(raw["team"].get("path"), "[team]")
    return tuple(dict.fromkeys(named))


def settings_files(settings_text: str, name: str) -> tuple[NeededFile, ...]:
    """The files that a rightcall.toml called `name` names, as seen from the study's folder.

    Raises UsageError for a database, a query or a secret key, and for a path out of the folder.
    """
    try:
        raw = tomllib.loads(settings_text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            found=f"{name} is not valid TOML ({error})",
            expected='lines such as policy = "denver_star"',
            action="correct the line named",
        ) from error
    asked = [key for key in _NOT_SENT if key in raw]
    if asked:
        raise UsageError(
            found=f"{asked[0]} in {name}, which was sent with a study",
            expected="settings that name only files sent with them",
            action="export the calls to a file and name it, or run the study with rightcall evaluate",
        )
    folder = PurePosixPath(name).parent
    written = [text for key in _LIST_KEYS for text in raw.get(key, ()) if isinstance(text, str)]
    written += [raw[key] for key in _FILE_KEYS if isinstance(raw.get(key), str)]
    always = set(raw.get("files", ())) if isinstance(raw.get("files"), list) else set()
    named = [text for text in written if text in always or _FILE_LIKE.search(text)]
    return tuple(file for text in named for file in _named(str(folder / inside(text, name)), name))


def match(needed: Iterable[NeededFile], sent: Mapping[str, bytes]) -> Matched:
    """Give every named file the content of the sent file of the same name; folders in names do not count.

    sent: plain file name → content. A rightcall.toml among them asks for the files that it names itself.
    """
    files: dict[str, bytes] = {}
    missing: list[NeededFile] = []
    waiting = list(needed)
    while waiting:
        one = waiting.pop(0)
        if one.name in files or one in missing:
            continue
        content = sent.get(PurePosixPath(one.name).name)
        if content is None:
            missing.append(one)
            continue
        files[one.name] = content
        if one.place == _RUN and one.name.endswith(".toml"):
            waiting += settings_files(content.decode("utf-8", "replace"), one.name)
    used = {PurePosixPath(name).name for name in files}
    return Matched(files, tuple(missing), tuple(sorted(set(sent) - used)))


def inside(name: str, place: str) -> str:
    """`name` as a path within the study's folder. Raises UsageError for one that leads out of it.

    place: where it was written, for the error.
    """
    path = PurePosixPath(name)
    odd = "\\" in name or ":" in name or "\0" in name
    if odd or path.is_absolute() or ".." in path.parts or name.startswith("~") or not path.name:
        raise UsageError(
            found=f'the path "{name}" in {place}, which is not within the study\'s folder',
            expected='the name of a file sent with the study, such as "crime.csv"',
            action="write the file's name without a folder, and send the file",
        )
    if path.suffix.lower() == ".toml" and path.suffix != ".toml":
        # Readers of policies and layouts tell a name from a file by this ending.
        raise UsageError(
            found=f'the path "{name}" in {place}',
            expected="an ending in small letters: .toml",
            action="rename the file",
        )
    return str(path)


def _calls(run: object) -> list[NeededFile]:
    """An export and a settings file are one file; a name without an ending is a folder of results."""
    if not isinstance(run, str) or not run.strip():
        return []
    name = inside(run, _RUN)
    if PurePosixPath(name).suffix:
        return [NeededFile(name, _RUN)]
    return [NeededFile(f"{name}/{file}", _RUN) for file in RESULTS]


def _named(value: object, place: str) -> list[NeededFile]:
    if not isinstance(value, str) or not value.strip():
        return []
    return [NeededFile(inside(value, place), place)]


def _tables(value: object) -> dict[str, dict[str, Any]]:
    if not isinstance(value, dict):
        return {}
    return {name: keys for name, keys in value.items() if isinstance(keys, dict)}
