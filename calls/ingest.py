"""Cleaning at any size: what fits in memory is cleaned at once, what does not in parts that know their calls.

A large file is split by its call numbers, so that all rows of one call meet in one part, and each part is cleaned
by the same function as a small file. Ledgers and counts of faults add up over parts. The clean tables of the
parts lie as Parquet in a workspace and are read lazily, so that later steps never hold all calls at once.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from calls.clean import Cleaned, clean
from calls.layouts import Layout, check_columns
from calls.ledger import Ledger
from calls.problems import Problem, problem_kinds
from calls.read import ROW_NUMBER, SOURCE_FILE, RawTable, no_ragged_rows
from calls.stream import RawStream

_PART_BYTES: Final = 48 * 1024**2
_PART: Final = "_part"
_SEED: Final = 0


class Workspace:
    """A scratch folder that lives as long as something refers to it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="rightcall-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@dataclass(frozen=True)
class Ingested:
    """The clean tables of calls.schema, lazily; the rows set aside; the account and the faults of all files."""

    calls: pl.LazyFrame
    units: pl.LazyFrame
    set_aside: pl.DataFrame
    ledger: Ledger
    problems: tuple[Problem, ...]
    workspace: Workspace | None = field(default=None, repr=False)


def ingest(
    sources: Sequence[RawTable | RawStream], layout: Layout, workspace: Workspace, *, guessed: bool = False
) -> Ingested:
    """Clean the files of one city, read with one layout; arguments and errors as calls.clean.clean."""
    tables = [source for source in sources if isinstance(source, RawTable)]
    if len(tables) == len(sources):
        cleaned = clean(tables, layout, guessed=guessed)
        return Ingested(
            cleaned.calls.lazy(), cleaned.units.lazy(), cleaned.set_aside, cleaned.ledger, cleaned.problems
        )
    for source in sources:
        sample = source.sample if isinstance(source, RawStream) else source
        check_columns(layout, sample.headers, sample.path.name)
    folder = workspace.path
    total_bytes = sum(
        s.bytes_on_disk if isinstance(s, RawStream) else s.frame.estimated_size() for s in sources
    )
    parts = max(2, int(total_bytes // _PART_BYTES) + 1)
    _split(sources, layout, parts, folder)
    results: list[Cleaned] = []
    for part in range(parts):
        raws = _tables_of_part(sources, part, folder)
        if not raws:
            continue
        cleaned = clean(raws, layout, guessed=guessed)
        cleaned.calls.write_parquet(folder / f"calls-{part:04}.parquet")
        cleaned.units.write_parquet(folder / f"units-{part:04}.parquet")
        nothing = cleaned.calls.head(0)
        results.append(Cleaned(nothing, nothing, cleaned.set_aside, cleaned.ledger, cleaned.problems))
    return Ingested(
        pl.scan_parquet(folder / "calls-*.parquet"),
        pl.scan_parquet(folder / "units-*.parquet"),
        pl.concat([r.set_aside for r in results], how="diagonal").sort(SOURCE_FILE, ROW_NUMBER),
        _merged_ledger([r.ledger for r in results]),
        _merged_problems([r.problems for r in results]),
        workspace,
    )


def _split(sources: Sequence[RawTable | RawStream], layout: Layout, parts: int, folder: Path) -> None:
    """Write every source's rows to one file per part and batch: rows of one call to one part."""
    call_id = layout.columns.get("call_id")
    part = (
        pl.col(call_id[0]).str.strip_chars().hash(_SEED) % parts
        if call_id
        # Without call numbers every row is a call of its own and any split is right.
        else pl.col(ROW_NUMBER) % parts
    )
    for i, source in enumerate(sources):
        batches = source.batches() if isinstance(source, RawStream) else iter([source.frame])
        for j, batch in enumerate(batches):
            split = batch.with_columns(part.cast(pl.Int64).fill_null(0).alias(_PART)).partition_by(
                _PART, as_dict=True, include_key=False
            )
            for (number,), rows in split.items():
                rows.write_parquet(
                    folder / f"raw-{int(str(number)):04}-{i:03}-{j:05}.parquet", compression="lz4"
                )


def _tables_of_part(sources: Sequence[RawTable | RawStream], part: int, folder: Path) -> list[RawTable]:
    """The rows of each source that fell into this part; ragged rows are accounted for in the first."""
    raws = []
    for i, source in enumerate(sources):
        files = sorted(folder.glob(f"raw-{part:04}-{i:03}-*.parquet"))
        like = source.sample if isinstance(source, RawStream) else source
        ragged = source.ragged if part == 0 else no_ragged_rows()
        if not files and ragged.is_empty():
            continue
        frame = pl.read_parquet(files) if files else like.frame.head(0)
        raws.append(
            RawTable(frame.sort(ROW_NUMBER), ragged, like.path, like.sha256, like.encoding, like.delimiter)
        )
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
        )
    return tuple(merged.values())


def _added(one: int, other: int) -> int:
    return one + other
