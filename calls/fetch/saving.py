"""Pages into one CSV file: whole or not at all, going on after a break, with its provenance beside it.

While a fetch is under way the rows stand in NAME.part and the place reached in NAME.part.json. A second run
goes on from there, provided that the dataset has not changed since; otherwise it starts over, because half of
one week's data and half of the next is nobody's data.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from call_codes.errors import InputError, OutputError
from calls.fetch.dataset import Dataset, Portal
from calls.fetch.web import Web

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Fetched:
    """A fetched file, its rows (None where they were not counted), its hash, and whether it went on from a part."""

    path: Path
    rows: int | None
    sha256: str
    provenance: Path
    resumed: bool


def part_of(out: Path) -> tuple[Path, Path]:
    """Where an unfinished fetch of `out` stands: its rows, and the place reached."""
    return out.with_name(out.name + ".part"), out.with_name(out.name + ".part.json")


def provenance_of(out: Path) -> Path:
    """The provenance that stands beside a fetched file."""
    return out.with_name(out.name + ".provenance.json")


def check_free(out: Path, *, force: bool) -> None:
    """Raise OutputError where `out` stands already."""
    if out.exists() and not force:
        raise OutputError(
            found=f"the file {out} exists already.",
            expected="a name that is free.",
            action="Give --out another name, or add --force to fetch it again.",
        )


def fetch_rows(
    portal: Portal,
    out: Path,
    *,
    web: Web,
    now: str,
    limit: int | None = None,
    progress: Progress = lambda rows, total: None,
) -> Fetched:
    """Fetch all rows of a portal's dataset (or the first `limit`) into the CSV file `out`.

    `now` is the moment that the provenance states, as text. Raises InputError where the portal fails for good:
    what was fetched until then stays in the part file, and the next run goes on from it.
    """
    dataset = portal.describe(web)
    total = dataset.total if limit is None else min(limit, dataset.total or limit)
    part, state_path = part_of(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        state = _state(dataset, limit, part, state_path)
        resumed = state["rows"] > 0
        with part.open("r+b" if part.exists() else "w+b") as file:
            # A row that was cut off as the last run broke is taken back.
            file.truncate(state["bytes"])
            file.seek(state["bytes"])
            if state["bytes"] == 0:
                file.write(_csv([list(dataset.columns)]))
            progress(state["rows"], total)
            while limit is None or state["rows"] < limit:
                page = portal.page(web, dataset, state["cursor"])
                rows = page.rows if limit is None else page.rows[: limit - state["rows"]]
                if not rows:
                    break
                file.write(_csv(rows))
                file.flush()
                state |= {"cursor": page.cursor, "rows": state["rows"] + len(rows), "bytes": file.tell()}
                _replace(state_path, state)
                progress(state["rows"], total)
        _all_there(dataset, state["rows"], limit)
        details = {
            **{k: v for k, v in asdict(dataset).items() if k != "inner"},
            "rows": state["rows"],
            "limit": limit,
        }
        return finish(out, details, rows=state["rows"], resumed=resumed, now=now)
    except OSError as error:
        raise cannot_write(out, error) from error


def _state(dataset: Dataset, limit: int | None, part: Path, state_path: Path) -> dict[str, Any]:
    """The place reached by an earlier run of the very same fetch, else the start."""
    # The number of rows is left out: a portal counts anew each day even where the rows are old.
    same = json.loads(json.dumps({**asdict(dataset), "total": None, "limit": limit}))
    fresh: dict[str, Any] = {"dataset": same, "cursor": None, "rows": 0, "bytes": 0}
    try:
        state = json.loads(state_path.read_text("utf-8"))
        if state["dataset"] == same and part.stat().st_size >= state["bytes"] > 0:
            return {**fresh, **{k: state[k] for k in ("cursor", "rows", "bytes")}}
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return fresh


def _csv(rows: list[list[str | None]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8")


def _all_there(dataset: Dataset, rows: int, limit: int | None) -> None:
    expected = dataset.total if limit is None else min(limit, dataset.total or 0)
    if rows == 0:
        raise InputError(
            found=f"no rows in {dataset.title}" + (f" where {dataset.filter}." if dataset.filter else "."),
            expected="at least one call.",
            action="Check the address and, if given, the condition.",
        )
    if expected is not None and rows < expected:
        raise InputError(
            found=f"{rows:,} of {expected:,} rows: the portal stopped before the end of {dataset.title}.",
            expected="every row that it counts.",
            action="Run the same command again: it goes on where it stopped.",
        )


def finish(
    out: Path, details: dict[str, Any], *, rows: int | None, resumed: bool, now: str, part: Path | None = None
) -> Fetched:
    """Hash the part file, give it its name, write the provenance beside it, and take the state away."""
    whole, state_path = part_of(out)
    whole = part or whole
    digest = hashlib.sha256()
    with whole.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    record = {
        "file": out.name,
        "sha256": digest.hexdigest(),
        "bytes": whole.stat().st_size,
        "fetched_at": now,
        "resumed": resumed,
        **details,
    }
    os.replace(whole, out)
    _replace(provenance_of(out), record)
    state_path.unlink(missing_ok=True)
    return Fetched(out, rows, record["sha256"], provenance_of(out), resumed)


def _replace(path: Path, document: dict[str, Any]) -> None:
    draft = path.with_name(path.name + ".new")
    draft.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(draft, path)


def cannot_write(out: Path, error: OSError) -> OutputError:
    """The sentence for a disk that is full or a folder that may not be written to."""
    return OutputError(
        found=f"{out} cannot be written ({error.strerror or error}).",
        expected="a folder that may be written to, with enough space.",
        action="Choose another --out, or free some space.",
    )
