"""A folder of its own for each study that is looked at in the browser: the study, its lock, and the files it names.

It lies in the system's temporary place, is known by the hash of its contents, and is gone when nothing uses it any
longer. The study is then loaded, locked and run by the same functions as on the command line.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from app.evaluate_files import inside
from call_codes.errors import UsageError
from evaluation.after.lock import Lock, lock_path, write_lock
from evaluation.after.study import Study
from evaluation.after.study_file import load_study


class StudyFolder:
    """study: the path of the study file. digest: sha256 over the names and contents of all files in the folder."""

    def __init__(
        self, name: str, text: str, files: Mapping[str, bytes | Path], lock: bytes | None = None
    ) -> None:
        """Write `text` as `name`, the files under the names that the study gives them, and the lock beside it.

        files: name in the study → content, or where it lies on this machine. Raises UsageError for a name out of
        the folder, and for a file and a folder of one name.
        """
        self.name = study_name(name)
        self.digest = digest_of(self.name, text, files, lock)
        contents: dict[str, bytes] = {self.name: text.encode()}
        for given, content in files.items():
            contents[inside(given, "the study")] = (
                content.read_bytes() if isinstance(content, Path) else content
            )
        if lock is not None:
            contents[PurePosixPath(self.name).with_suffix(".lock.toml").name] = lock
        folder = Path(tempfile.mkdtemp(prefix="rightcall-study-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.study = folder / self.name
        for relative, content in contents.items():
            path = folder / relative
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            except OSError as error:
                raise UsageError(
                    found=f'the file "{relative}" of the study cannot be kept ({error.strerror})',
                    expected="one file per name",
                    action="give the files of the study names of their own",
                ) from error

    def load(self) -> Study:
        """The study. Raises UsageError or PolicyError as load_study does."""
        return load_study(self.study)

    def lock(self, today: date, *, replace: bool = False) -> tuple[Lock, str, bytes]:
        """What `rightcall evaluate lock` writes beside the study: the lock, the file's name and its content.

        The folder stays as it is: a plan counts as locked once its lock file comes with the study. Raises UsageError
        for a changed plan without `replace`.
        """
        study = self.load()
        path = lock_path(study)
        before = path.read_bytes() if path.is_file() else None
        try:
            locked = write_lock(study, today, version("rightcall"), replace=replace)
            return locked, path.name, path.read_bytes()
        finally:
            if before is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(before)


def digest_of(name: str, text: str, files: Mapping[str, bytes | Path], lock: bytes | None) -> str:
    """sha256 over everything that a study's folder would hold."""
    whole = hashlib.sha256()
    entries: list[tuple[str, bytes | Path]] = [
        (name, text.encode()),
        *sorted(files.items(), key=lambda x: x[0]),
    ]
    if lock is not None:
        entries.append(("lock", lock))
    for relative, content in entries:
        data = content.read_bytes() if isinstance(content, Path) else content
        whole.update(f"{relative}\n{hashlib.sha256(data).hexdigest()}\n".encode())
    return whole.hexdigest()


def study_name(name: str) -> str:
    """The last part of a name that a browser sent, with the ending .toml."""
    plain = PurePosixPath(name.replace("\\", "/")).name or "study.toml"
    return plain if plain.endswith(".toml") else f"{plain}.toml"
