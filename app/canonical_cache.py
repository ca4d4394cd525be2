"""The canonical tables of a city's files: made once, found again by what they were made from.

They lie in the user's cache folder (RIGHTCALL_CACHE, else that of the system) under `canonical/`, named by a
hash of the files' content, the choices that bear on cleaning, and the version of the code. They hold no call
numbers, unit names, places or free text. The least recently used are removed when all together exceed the limit.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from app.settings import Settings
from call_codes.errors import LayoutError
from calls.ingest import Workspace
from officer_time.canonical import FACTS_FILE, Canonical, open_canonical, write_canonical

LIMIT_BYTES: Final = 5 * 1024**3
_ROOT: Final = Path(__file__).resolve().parent.parent
# What the content of the tables depends on besides the data.
_CODE: Final = ("calls", "calls/layouts", "call_codes")
_MORE_CODE: Final = ("canonical", "overlaps", "spans", "units_sent", "person_hours")
_SUFFIXES: Final = (".py", ".toml", ".csv")


def canonical_of(
    settings: Settings, progress: Callable[[str], None] = lambda step: None, *, use_cache: bool = True
) -> tuple[Canonical, bool]:
    """The canonical tables of the settings' files or query, and whether they were found ready.

    A database's answer is never kept. Raises RightcallError for what is wrong with the files.
    """
    if not use_cache or settings.database is not None or not all(p.is_file() for p in settings.files):
        workspace = Workspace()
        return replace(_make(settings, workspace.path, progress), workspace=workspace), False
    folder = cache_folder()
    found = folder / _key(settings, folder)
    if (found / FACTS_FILE).is_file() and _code_lists_unchanged(found, settings):
        os.utime(found / FACTS_FILE)
        return open_canonical(found), True
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=folder))
    except OSError:
        return canonical_of(settings, progress, use_cache=False)
    try:
        _make(settings, draft, progress)
        shutil.rmtree(found, ignore_errors=True)
        draft.rename(found)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    made = open_canonical(found)
    shrink(folder, LIMIT_BYTES, keep=found)
    return made, False


def cache_folder() -> Path:
    """Where canonical tables are kept."""
    from platformdirs import user_cache_dir

    return Path(os.environ.get("RIGHTCALL_CACHE") or user_cache_dir("rightcall")) / "canonical"


def shrink(folder: Path, limit_bytes: int, keep: Path | None = None) -> None:
    """Remove the least recently used tables until all together are within the limit; `keep` stays."""
    entries = [entry for entry in folder.iterdir() if (entry / FACTS_FILE).is_file()]
    by_age = sorted(entries, key=lambda entry: (entry / FACTS_FILE).stat().st_mtime, reverse=True)
    total = 0
    for entry in by_age:
        total += sum(file.stat().st_size for file in entry.iterdir())
        if total > limit_bytes and entry != keep:
            shutil.rmtree(entry, ignore_errors=True)


def _make(settings: Settings, folder: Path, progress: Callable[[str], None]) -> Canonical:
    from app.sources import open_sources
    from calls.chosen_layout import layout_of_sources
    from calls.ingest import ingest
    from calls.problems import problem_table

    progress("Reading the files")
    sources = open_sources(settings)
    detection = layout_of_sources(
        sources,
        settings.layout,
        time_zone=settings.time_zone,
        repair_half_day_slips=settings.repair_half_day_slips,
    )
    progress("Cleaning")
    workspace = Workspace()
    layout = detection.layout
    ingested = ingest(
        sources, layout, workspace, guessed=not detection.named, drifting=settings.layout is None
    )
    exports = [source.path for source in sources]
    facts = {
        "files_sha256": [source.sha256 for source in sources],
        "layout": layout.id,
        "layout_named": detection.named,
        "questions": list(detection.questions),
        "time_zone": layout.zone,
        "grain": layout.grain,
        "rows_read": ingested.ledger.rows_read,
        "rows_kept": ingested.ledger.rows_kept,
        "rows_set_aside": dict(sorted(ingested.ledger.set_aside.items())),
        "problems": problem_table(ingested.problems).drop("detail").to_dicts(),
        "code_lists": _code_lists(layout.code_lists.values(), exports),
    }
    del sources
    progress("Writing the canonical tables")
    return write_canonical(ingested, layout.grain, facts, folder)


def _code_lists(lists: Any, exports: list[Path]) -> list[dict[str, Any]]:
    """The code lists that a layout asks for and the hash of the file that was found for each, if any."""
    from calls.code_lists import find_code_list

    found = [(wanted, find_code_list(wanted, exports)) for wanted in lists]
    return [
        {"files": w.files, "code": w.code, "text": w.text, "sha256": raw.sha256 if raw else None}
        for w, raw in found
    ]


def _code_lists_unchanged(folder: Path, settings: Settings) -> bool:
    """A code list that was put beside the export since then changes what its codes mean."""
    from calls.layouts import CodeList

    kept = json.loads((folder / FACTS_FILE).read_text("utf-8"))["code_lists"]
    lists = [CodeList(files=x["files"], code=x["code"], text=x["text"]) for x in kept]
    return _code_lists(lists, list(settings.files)) == kept


def _key(settings: Settings, folder: Path) -> str:
    digest = hashlib.sha256()
    for path in settings.files:
        digest.update(_sha256_of(path, folder).encode())
        # The reader goes by the name's ending.
        digest.update("".join(path.suffixes).lower().encode())
    layout = settings.layout
    if layout is not None and layout.endswith(".toml"):
        try:
            layout = Path(layout).read_text("utf-8")
        except OSError as error:
            raise LayoutError(
                found=f"no layout file {layout} ({error.strerror}).",
                expected="a named layout or the path of a .toml file.",
                action="Check the path.",
            ) from error
    choices = (layout, settings.time_zone, settings.repair_half_day_slips)
    digest.update(repr((choices, version("rightcall"), version("polars"), _code_digest())).encode())
    return digest.hexdigest()[:24]


def _code_digest() -> str:
    digest = hashlib.sha256()
    files = [p for name in _CODE for p in (_ROOT / name).iterdir() if p.suffix in _SUFFIXES]
    files += [_ROOT / "officer_time" / f"{name}.py" for name in _MORE_CODE]
    for path in sorted(files):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sha256_of(path: Path, folder: Path) -> str:
    """The file's hash; of a file that has the same place, size and time of change as before, the hash of before."""
    status = path.stat()
    state = f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}|{status.st_ino}|{status.st_ctime_ns}"
    note = folder / "hashes" / hashlib.sha256(state.encode()).hexdigest()[:32]
    try:
        return note.read_text("ascii")
    except OSError:
        pass
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(digest, "ascii")
    except OSError:
        pass
    return digest
