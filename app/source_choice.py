"""What there is to open: files of this machine, a folder, a settings file, uploads, or the sample city.

A source is named by the hash of its bytes, so that an answer that is kept is found again for the same files and for
no others.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from app.settings import Settings, read_settings
from call_codes.errors import InputError

SAMPLE: Final = Path(__file__).parents[1] / "data_samples" / "alder_falls_cad_2023-2024.csv.gz"
# A layout that was corrected in the app lies under this name, and is taken along under it.
LAYOUT_FILE: Final = "our_city.toml"
SETTINGS_FILE: Final = "rightcall.toml"
ENDINGS: Final = (
    "csv", "tsv", "txt", "gz", "zip", "xlsx", "xls", "xlsb", "ods", "parquet", "json", "jsonl", "ndjson",
)  # fmt: skip
Kind = Literal["given", "upload", "sample"]


@dataclass(frozen=True)
class SourceFile:
    """A file to open: its name, the sha256 of its bytes, and where the bytes are: on the disk, or to be asked for."""

    name: str
    sha256: str
    path: Path | None = None
    content: Callable[[], bytes | memoryview] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Source:
    """One or more files of one city, and the settings that came with them. A database has no files."""

    kind: Kind
    files: tuple[SourceFile, ...]
    settings: Settings = field(default_factory=Settings)

    @property
    def name(self) -> str:
        """What to call it on a page."""
        if not self.files:
            return "the database of the settings"
        more = f" and {len(self.files) - 1} more" if len(self.files) > 1 else ""
        return self.files[0].name + more

    @property
    def sha256(self) -> str:
        """That of the one file, or of the hashes of several."""
        if len(self.files) == 1:
            return self.files[0].sha256
        return hashlib.sha256("".join(file.sha256 for file in self.files).encode()).hexdigest()

    @contextmanager
    def on_disk(self, layout: str = "") -> Iterator[Settings]:
        """The settings with the paths of the files and, where one is given as TOML text, of a corrected layout.

        Copies of uploads and the layout lie on the disk only inside the block.
        """
        with tempfile.TemporaryDirectory(prefix="rightcall-") as folder:
            settings, paths = self.settings, []
            if layout:
                (Path(folder) / LAYOUT_FILE).write_text(layout, encoding="utf-8")
                settings = replace(settings, layout=str(Path(folder) / LAYOUT_FILE))
            for number, file in enumerate(self.files):
                path = file.path
                if path is None:
                    assert file.content is not None
                    # Two uploads may have one name.
                    path = Path(folder) / str(number) / file.name
                    path.parent.mkdir()
                    path.write_bytes(file.content())
                paths.append(path)
            yield replace(settings, files=tuple(paths))


def paths_given(arguments: Sequence[str] | None = None) -> tuple[Path, ...]:
    """The paths named behind `--` when the app was started."""
    arguments = sys.argv if arguments is None else arguments
    started_here = bool(arguments) and Path(arguments[0]).name == "home.py"
    return tuple(Path(name) for name in arguments[1:]) if started_here else ()


def source_of_paths(paths: Sequence[Path], kind: Literal["given", "sample"]) -> Source:
    """The source for files, for a rightcall.toml, or for a folder that holds one or the other.

    Raises InputError for what cannot be opened and UsageError for faulty settings.
    """
    settings = Settings()
    named = list(paths)
    if len(named) == 1 and named[0].is_dir():
        inside = named[0] / SETTINGS_FILE
        named = [inside] if inside.is_file() else exports_in(named[0])
    if len(named) == 1 and named[0].suffix.lower() == ".toml":
        settings = read_settings(named[0])
        named = list(settings.files)
        if not named and settings.database is None:
            raise InputError(
                found=f"no export in {paths[0].name}.",
                expected='a line such as files = ["calls.csv"], with paths as seen from the settings file.',
                action="Add the line, or open the export itself.",
            )
    return Source(kind, tuple(_file(path, kind) for path in named), settings)


def exports_in(folder: Path) -> list[Path]:
    """The exports in a folder, by their names. Raises InputError where there is none."""
    found = sorted(p for p in folder.iterdir() if p.is_file() and p.suffix.lower().lstrip(".") in ENDINGS)
    if not found:
        raise InputError(
            found=f"no export in the folder {folder.name}.",
            expected=f"a {SETTINGS_FILE}, or files that end in {', '.join(ENDINGS)}.",
            action="Open another folder, or a file itself.",
        )
    return found


def source_of_uploads(uploads: Sequence[tuple[str, str, Callable[[], bytes | memoryview]]]) -> Source:
    """The source for files that were sent by the browser: for each its name, its sha256 and a way to its bytes."""
    # Only the last part of a name is used: a browser may send a path.
    files = [
        SourceFile(Path(name.replace("\\", "/")).name or "upload.csv", sha256, content=content)
        for name, sha256, content in uploads
    ]
    return Source("upload", tuple(files))


def _file(path: Path, kind: Kind) -> SourceFile:
    try:
        state = path.stat()
        digest = _digest(str(path), state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise InputError(
            found=f"{path.name} cannot be opened ({error.strerror}).",
            expected="an export that stays where it was when the app started."
            if kind == "given"
            else "the made-up sample city, which comes with Rightcall.",
            action="Put the file back, or open another one." if kind == "given" else "Run `make samples`.",
        ) from error
    return SourceFile(path.name, digest, path=path)


@lru_cache(maxsize=64)
def _digest(path: str, size: int, modified_ns: int) -> str:
    """sha256 of a file; asked again when its size or its time of change does."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
