"""The locked plan: what was decided, on which day, and what has been changed since.

A plan that is written down before the outcomes are looked at cannot be bent towards them. The lock file keeps the
whole plan in a form in which comments, blanks and the order of lines do not matter, with its hash, so that a later
report can say what was changed, key by key. It proves nothing about a clock: publish it, or commit it.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from call_codes.errors import OutputError, UsageError
from call_codes.hours import Hours
from call_codes.policy import load_policy
from evaluation.after.study import Study

NOT_THERE: Final = "(not there)"
# The same plan may lie in another folder, and data may be added to it: neither is part of the plan.
_NOT_PLAN: Final = ("path",)


@dataclass(frozen=True)
class Change:
    """One key of the plan that is not as it was locked. was, is_now: the values as text, NOT_THERE where absent."""

    key: str
    was: str
    is_now: str


@dataclass(frozen=True)
class Lock:
    """A lock file. digest: sha256 of the plan; version: of Rightcall; earlier: (date, digest) of replaced locks.

    before_start: whether the day of the lock lies before the program's first start, as the plan has it.
    """

    locked_on: date
    digest: str
    version: str
    plan: Mapping[str, str]
    earlier: tuple[tuple[date, str], ...]
    before_start: bool


def lock_path(study: Study) -> Path:
    """Where the lock of a study lies: beside it, study.toml → study.lock.toml."""
    return study.path.with_suffix(".lock.toml")


def plan_of(study: Study) -> dict[str, str]:
    """Everything that was decided, as key → value in one text form, sorted; defaults are filled in.

    Besides the study file it holds what it points to for decisions: the policy's content, the crosswalk's, and the
    lines of a rightcall.toml.
    """
    plan: dict[str, str] = {}
    _flatten("", study, plan)
    if study.calls is not None:
        policy = study.calls.policy
        named = study.file(policy) if policy.endswith(".toml") else policy
        plan["calls.policy_sha256"] = _text(load_policy(named).digest)
        if study.calls.crosswalk is not None:
            plan["calls.crosswalk_sha256"] = _text(_sha256(study.file(study.calls.crosswalk)))
        settings = study.file(study.calls.run)
        if settings.suffix == ".toml" and settings.is_file():
            _flatten("calls.settings", tomllib.loads(settings.read_text("utf-8")), plan)
    return dict(sorted(plan.items()))


def plan_hash(plan: Mapping[str, str]) -> str:
    """sha256 of a plan; the same for the same decisions, however the file is written."""
    lines = "".join(f"{key} = {value}\n" for key, value in sorted(plan.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def read_lock(study: Study) -> Lock | None:
    """The study's lock, or None without one. Raises UsageError for a lock file that was edited by hand."""
    path = lock_path(study)
    if not path.is_file():
        return None
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
        lock = Lock(
            locked_on=raw["locked_on"],
            digest=raw["plan_sha256"],
            version=raw["rightcall_version"],
            plan=raw["plan"],
            earlier=tuple((entry["locked_on"], entry["plan_sha256"]) for entry in raw.get("earlier", ())),
            before_start=raw["before_start"],
        )
        intact = plan_hash(lock.plan) == lock.digest
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise UsageError(
            found=f"{path.name}, which is no lock file ({error})",
            expected="the file that rightcall evaluate lock wrote",
            action="restore it, for example from version control",
        ) from error
    if not intact:
        raise UsageError(
            found=f"{path.name}, whose plan does not have the hash written in it: it was changed after it was locked",
            expected="the file as rightcall evaluate lock wrote it",
            action="restore it, for example from version control",
        )
    return lock


def changes_since_lock(study: Study) -> list[Change]:
    """What is not as it was locked, sorted by key; empty where nothing changed or nothing was locked."""
    lock = read_lock(study)
    if lock is None:
        return []
    now = plan_of(study)
    # A key that did not exist when the plan was locked, and is not used now, is no change.
    return [
        Change(key, lock.plan.get(key, NOT_THERE), now.get(key, NOT_THERE))
        for key in sorted({*lock.plan, *now})
        if lock.plan.get(key, _text(None)) != now.get(key, _text(None))
    ]


def write_lock(study: Study, today: date, version: str, *, replace: bool = False) -> Lock:
    """Lock the plan of a study; returns the lock. A plan that is locked and unchanged stays as it is.

    Raises UsageError where a changed plan is locked already and `replace` is not given: the new lock then keeps the
    day and the hash of the old one. Raises OutputError where the file cannot be written.
    """
    before, changes = read_lock(study), changes_since_lock(study)
    if before is not None and not changes:
        return before
    if before is not None and not replace:
        raise UsageError(
            found=f"a plan locked on {before.locked_on}, and {len(changes)} change(s) since: "
            + "; ".join(f"{c.key} was {c.was}, is {c.is_now}" for c in changes[:5]),
            expected="one locked plan; the report lists what was changed since",
            action="take the changes back, or add --replace to lock anew (the old day and hash are kept)",
        )
    plan = plan_of(study)
    first_start = min(day for _, day in study.program.starts)
    lock = Lock(
        locked_on=today,
        digest=plan_hash(plan),
        version=version,
        plan=plan,
        earlier=(*before.earlier, (before.locked_on, before.digest)) if before else (),
        before_start=today < first_start,
    )
    path = lock_path(study)
    draft = path.with_name(f".{path.name}.unfinished")
    try:
        draft.write_text(_document(study, lock), "utf-8")
        os.replace(draft, path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OutputError(
            found=f"the lock cannot be written to {path} ({error.strerror})",
            expected="a folder that may be written to",
            action="copy the study to such a folder",
        ) from error
    return lock


def _document(study: Study, lock: Lock) -> str:
    lines = [
        f"# The locked plan of {study.path.name}, written by rightcall evaluate lock. Do not edit: its hash would not fit.",
        f"locked_on = {lock.locked_on.isoformat()}",
        f"plan_sha256 = {_text(lock.digest)}",
        f"rightcall_version = {_text(lock.version)}",
        f"before_start = {str(lock.before_start).lower()}",
    ]
    for day, digest in lock.earlier:
        lines += ["", "[[earlier]]", f"locked_on = {day.isoformat()}", f"plan_sha256 = {_text(digest)}"]
    lines += ["", "[plan]", *(f"{_text(key)} = {_text(value)}" for key, value in lock.plan.items())]
    return "\n".join(lines) + "\n"


def _flatten(prefix: str, value: Any, into: dict[str, str]) -> None:
    """Every leaf of nested tables under its dotted key; lists are leaves."""
    if isinstance(value, Hours):
        # The same hours may be written in several ways.
        into[prefix] = _text([list(span) for span in value.spans])
    elif is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            # A study's own path is no decision; the paths of its tables are.
            if not (isinstance(value, Study) and item.name in _NOT_PLAN):
                _flatten(_join(prefix, item.name), getattr(value, item.name), into)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _flatten(_join(prefix, str(key)), item, into)
    elif isinstance(value, tuple) and value and all(hasattr(item, "name") for item in value):
        for item in value:
            _flatten(_join(prefix, item.name), item, into)
    elif isinstance(value, tuple) and value and all(is_dataclass(item) for item in value):
        for number, item in enumerate(value, start=1):
            _flatten(f"{prefix}.{number}", item, into)
    else:
        # The order of areas, covariates and arrows decides nothing.
        into[prefix] = _text(sorted(value) if isinstance(value, tuple | list) else value)


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _text(value: Any) -> str:
    """One text form of a value; also a valid TOML string where the value is a text."""
    return json.dumps(value, ensure_ascii=False, default=str, sort_keys=True)


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(
            found=f"no file {path} ({error.strerror})", expected="the crosswalk", action="correct crosswalk"
        ) from error
