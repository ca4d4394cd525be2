"""What was wrong with a file as a file, before any of its cells was understood: a count under a fixed name each.

Readers note these faults beside the rows; cleaning turns them into problems of all files together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from calls.problems import Problem, problem_kinds


@dataclass(frozen=True)
class FileFault:
    """`count` of a file's rows, or of its `total` columns or sheets; `detail` says which."""

    name: str
    count: int
    total: int | None = None
    detail: str = ""


def header_faults(header: Sequence[str]) -> list[FileFault]:
    """Names that the header gives twice, and columns to which it gives none."""
    blank = [i + 1 for i, name in enumerate(header) if not name.strip()]
    again = sorted({name for name in header if name.strip() and header.count(name) > 1})
    repeated = sum(header.count(name) - 1 for name in again)
    return [
        FileFault("repeated_header_name", repeated, len(header), ", ".join(again)),
        FileFault("blank_header_name", len(blank), len(header), f"column {', '.join(map(str, blank))}"),
    ]


def added(faults: Iterable[FileFault]) -> tuple[FileFault, ...]:
    """Faults of the pieces of one file as faults of the file: rows add up, what is said of its header stays."""
    merged: dict[str, FileFault] = {}
    for fault in faults:
        if fault.count == 0:
            continue
        before = merged.get(fault.name)
        if before is None:
            merged[fault.name] = fault
        elif fault.total is None:
            merged[fault.name] = FileFault(fault.name, before.count + fault.count, None, before.detail)
    return tuple(merged.values())


def problems_of_files(files: Sequence[tuple[str, int, Sequence[FileFault]]]) -> list[Problem]:
    """The faults of all files (name, rows read, faults) as problems, one for each name."""
    all_rows = sum(rows for _, rows, _ in files)
    named: dict[str, list[tuple[str, FileFault]]] = {}
    for file, _, faults in files:
        for fault in faults:
            if fault.count:
                named.setdefault(fault.name, []).append((file, fault))
    problems = []
    for name in (name for name in problem_kinds() if name in named):
        found = named[name]
        of_rows = all(fault.total is None for _, fault in found)
        details = [f"{file}: {f.detail}" if len(files) > 1 else f.detail for file, f in found if f.detail]
        problems.append(
            Problem(
                name,
                sum(fault.count for _, fault in found),
                all_rows if of_rows else sum(fault.total or 0 for _, fault in found),
                "",
                "; ".join(details),
            )
        )
    return problems
