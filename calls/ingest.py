"""Cleaning at any size: what fits in memory is cleaned at once, what does not in parts that know their calls.

A large file is split by its call numbers, so that all rows of one call meet in one part, and each part is cleaned
by the same function as a small file. Ledgers and counts of faults add up over parts. The clean tables of the
parts lie as Parquet in a workspace and are read lazily, so that later steps never hold all calls at once.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import polars as pl

from calls.clean import Cleaned, clean
from calls.column_drift import drift_problems, layout_of_files
from calls.file_faults import FileFault, added, problems_of_files
from calls.layouts import Layout
from calls.ledger import Ledger
from calls.place_keys import PlaceSource
from calls.places import merged as merged_places
from calls.problems import Problem, problem_kinds
from calls.read import ROW_NUMBER, SOURCE_FILE, RawTable, named_apart, no_ragged_rows
from calls.stream import RawStream

_PART_BYTES: Final = 24 * 1024**2
_PART: Final = "_part"
_SEED: Final = 0


class Workspace:
    """A scratch folder that lives as long as something refers to it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="rightcall-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@dataclass(frozen=True)
class Ingested:
    """The clean tables of calls.schema, lazily; the rows set aside; the account and the faults of all files.

    `rows_by_file`: the name and the rows read of each file, in the order they were given.
    """

    calls: pl.LazyFrame
    units: pl.LazyFrame
    set_aside: pl.DataFrame
    ledger: Ledger
    problems: tuple[Problem, ...]
    rows_by_file: tuple[tuple[str, int], ...] = ()
    workspace: Workspace | None = field(default=None, repr=False)


def ingest(
    sources: Sequence[RawTable | RawStream],
    layout: Layout,
    workspace: Workspace,
    *,
    guessed: bool = False,
    drifting: bool = False,
    places: PlaceSource | None = None,
) -> Ingested:
    """Clean the files of one city, read with one layout; arguments and errors as calls.clean.clean."""
    tables = [source for source in sources if isinstance(source, RawTable)]
    if len(tables) == len(sources):
        cleaned = clean(tables, layout, guessed=guessed, drifting=drifting, places=places)
        return Ingested(
            cleaned.calls.lazy(),
            cleaned.units.lazy(),
            cleaned.set_aside,
            cleaned.ledger,
            cleaned.problems,
            tuple((table.label, table.rows_read) for table in named_apart(tables)),
        )
    firsts = named_apart([source.sample if isinstance(source, RawStream) else source for source in sources])
    layout = layout_of_files(layout, [(f.label, f.headers, 0) for f in firsts], drifting=drifting)
    folder = workspace.path
    sizes = [s.bytes_on_disk if isinstance(s, RawStream) else s.frame.estimated_size() for s in sources]
    parts = max(2, int(sum(sizes) // _PART_BYTES) + 1)
    ragged, of_files, rows_by_file = _split(sources, firsts, layout, parts, folder)
    columns = dict.fromkeys(c for first in firsts for c in first.frame.columns)
    # Every part has all columns, whichever files its rows are from; faults of files are reported once.
    firsts = [
        replace(f, frame=_with_columns(f.frame.clear(), columns), ragged=no_ragged_rows(), faults=())
        for f in firsts
    ]
    results: list[Cleaned] = []
    for part in range(parts):
        # Rows that fit no header belong to no call: they are accounted for in the first part.
        raws = _tables_of_part(
            firsts, ragged if part == 0 else [no_ragged_rows()] * len(firsts), part, folder
        )
        if not raws:
            continue
        cleaned = clean(raws, layout, guessed=guessed, places=places)
        cleaned.calls.write_parquet(folder / f"calls-{part:04}.parquet")
        cleaned.units.write_parquet(folder / f"units-{part:04}.parquet")
        # Written out as well: a filtered text column would keep the whole part in memory.
        cleaned.set_aside.write_parquet(folder / f"aside-{part:04}.parquet")
        nothing = pl.DataFrame()
        results.append(replace(cleaned, calls=nothing, units=nothing, set_aside=nothing))
    return Ingested(
        pl.scan_parquet(folder / "calls-*.parquet"),
        pl.scan_parquet(folder / "units-*.parquet"),
        pl.concat(
            [pl.read_parquet(file) for file in sorted(folder.glob("aside-*.parquet"))], how="diagonal"
        ).sort(SOURCE_FILE, ROW_NUMBER),
        _merged_ledger([r.ledger for r in results]),
        (*_merged_problems([r.problems for r in results]), *of_files),
        rows_by_file,
        workspace,
    )


def _split(
    sources: Sequence[RawTable | RawStream],
    firsts: Sequence[RawTable],
    layout: Layout,
    parts: int,
    folder: Path,
) -> tuple[list[pl.DataFrame], list[Problem], tuple[tuple[str, int], ...]]:
    """Write every source's rows to one file per part and piece: rows of one call to one part.

    Returns each source's rows set aside in reading, the problems of the files as files, and each file's rows.
    """
    call_id = layout.columns.get("call_id")
    part = (
        pl.col(call_id[0]).str.strip_chars().hash(_SEED) % parts
        if call_id
        # Without call numbers every row is a call of its own and any split is right.
        else pl.col(ROW_NUMBER) % parts
    )
    columns = dict.fromkeys(c for first in firsts for c in first.frame.columns)
    ragged: list[pl.DataFrame] = []
    files: list[tuple[str, int, tuple[FileFault, ...]]] = []
    headers: list[tuple[str, Sequence[str], int]] = []
    for i, (source, first) in enumerate(zip(sources, firsts, strict=True)):
        set_aside, kept = [no_ragged_rows()], 0
        faults: list[FileFault] = []
        label = pl.lit(first.label).alias(SOURCE_FILE)
        for j, table in enumerate(source.tables() if isinstance(source, RawStream) else [source]):
            set_aside.append(table.ragged.with_columns(label))
            faults += table.faults
            kept += table.frame.height
            split = (
                _with_columns(table.frame.with_columns(label), columns)
                .with_columns(part.cast(pl.Int64).fill_null(0).alias(_PART))
                .partition_by(_PART, as_dict=True, include_key=False)
            )
            for (number,), rows in split.items():
                rows.write_parquet(
                    folder / f"raw-{int(str(number)):04}-{i:03}-{j:05}.parquet", compression="lz4"
                )
        ragged.append(pl.concat(set_aside))
        files.append((first.label, kept + ragged[-1].height, added(faults)))
        headers.append((first.label, first.headers, kept))
    problems = [*problems_of_files(files), *drift_problems(layout, headers)]
    return ragged, problems, tuple((label, rows) for label, rows, _ in files)


def _with_columns(frame: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """The frame with all these columns in this order, blank where it had none."""
    return frame.select(
        pl.col(c) if c in frame.columns else pl.lit(None, pl.String).alias(c) for c in columns
    )


def _tables_of_part(
    firsts: Sequence[RawTable], ragged: Sequence[pl.DataFrame], part: int, folder: Path
) -> list[RawTable]:
    """The rows of each source that fell into this part, in file order; the scratch files are removed."""
    raws = []
    for i, (like, too_long) in enumerate(zip(firsts, ragged, strict=True)):
        files = sorted(folder.glob(f"raw-{part:04}-{i:03}-*.parquet"))
        if files or too_long.height:
            frame = pl.read_parquet(files).sort(ROW_NUMBER) if files else like.frame.clear()
            raws.append(replace(like, frame=frame, ragged=too_long))
        for file in files:
            file.unlink()
    return raws


def _merged_ledger(ledgers: Sequence[Ledger]) -> Ledger:
    set_aside: dict[str, int] = {}
    for ledger in ledgers:
        for reason, rows in ledger.set_aside.items():
            set_aside[reason] = set_aside.get(reason, 0) + rows
    return Ledger(sum(x.rows_read for x in ledgers), sum(x.rows_kept for x in ledgers), set_aside)


def _merged_problems(of_parts: Sequence[Sequence[Problem]]) -> tuple[Problem, ...]:
    """Counts and totals of the same fault added up; of faults of columns the largest, as columns do not add."""
    merged: dict[tuple[str, str], Problem] = {}
    for problem in (p for problems in of_parts for p in problems):
        key = (problem.name, problem.column)
        before = merged.get(key)
        if before is None:
            merged[key] = problem
            continue
        together = max if problem_kinds()[problem.name].of == "columns" else _added
        merged[key] = Problem(
            problem.name,
            together(before.count, problem.count),
            together(before.total, problem.total),
            problem.column,
            before.detail or problem.detail,
            merged_places(before.seen_in, problem.seen_in),
        )
    return tuple(merged.values())


def _added(one: int, other: int) -> int:
    return one + other
