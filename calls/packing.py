"""A file's bytes, out of the .gz or .zip that they came in, with a sentence for what is missing or broken."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from pathlib import Path
from typing import Final

from call_codes.errors import InputError

_TABLES: Final = frozenset(
    [
        ".csv",
        ".tsv",
        ".tab",
        ".txt",
        ".xlsx",
        ".xlsm",
        ".xls",
        ".xlsb",
        ".ods",
        ".parquet",
        ".pq",
        ".json",
        ".jsonl",
        ".ndjson",
        ".geojson",
    ]
)


def content_of(path: Path) -> bytes:
    """The file as it is on disk. Raises InputError where it is missing, a folder, closed to us, or empty."""
    if not path.exists():
        near = (
            sorted(p.name for p in path.parent.glob("*") if p.is_file())[:8] if path.parent.is_dir() else []
        )
        raise InputError(
            found=f"no file {path}." + (f" In that folder are: {', '.join(near)}." if near else ""),
            expected="the path of a calls-for-service export.",
            action="Check the spelling and the folder.",
        )
    if path.is_dir():
        raise InputError(
            found=f"{path} is a folder.",
            expected="the path of a file.",
            action="Name the export file or files in it.",
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            found=f"{path.name} cannot be opened ({error.strerror}).",
            expected="a file that you may read.",
            action="Close it in other programs, and check its permissions.",
        ) from error
    if not content:
        raise InputError(
            found=f"the file {path.name} is empty (0 bytes).",
            expected="a header row and at least one call below it.",
            action="Export it again, and check that the export or the download finished.",
        )
    return content


def unpacked(path: Path, content: bytes) -> list[tuple[Path, bytes]]:
    """Name and bytes of each table inside a .zip, of the one inside a .gz, or of the file itself."""
    try:
        if content[:2] == b"\x1f\x8b":
            inner = Path(path.stem) if path.suffix.lower() in {".gz", ".gzip"} else Path(path.name)
            return [(inner, gzip.decompress(content))]
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return [(Path(name), archive.read(name)) for name in table_names(archive)]
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        # RuntimeError and NotImplementedError: a password, or a method that zipfile does not know.
        raise InputError(
            found=f"{path.name} looks compressed but cannot be unpacked ({error}).",
            expected="a complete .gz or .zip file without a password.",
            action="Download or export it again.",
        ) from error
    return [(path, content)]


def table_names(archive: zipfile.ZipFile) -> list[str]:
    """The members of an archive that may be tables, by name; folders and what macOS adds are not."""
    names = (info.filename for info in archive.infolist() if not info.is_dir())
    own = sorted(n for n in names if not n.startswith("__MACOSX") and not Path(n).name.startswith("."))
    # A data dictionary or a picture beside the table is none.
    return [n for n in own if Path(n).suffix.lower() in _TABLES] or own


def holds_several(path: Path) -> bool:
    """Whether a file is a .zip with more than one table in it; False for what is no archive."""
    if path.suffix.lower() != ".zip" or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return len(table_names(archive)) > 1
