"""Files of one city whose columns drift: a column that one year's file lacks, or calls by another name.

With a layout that was recognised, a file goes on without such a column, which is counted and asked about. A file
that lacks what makes it readable at all, or most of the columns, is no file of that layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from call_codes.errors import did_you_mean
from calls.layouts import Layout, check_columns
from calls.problems import Problem
from calls.schema import STAMPS

_TYPES = ("call_type_code", "call_type", "final_type_code", "final_type")
# File name, its headers and its number of rows.
FileColumns = tuple[str, Sequence[str], int]


def layout_of_files(layout: Layout, files: Sequence[FileColumns], *, drifting: bool) -> Layout:
    """The layout as these files can be read with it. Raises LayoutError where a file lacks a column of it.

    With `drifting`, only where a file lacks all call types, all stamps, or most columns.
    """
    if drifting:
        return _without_absent_columns(layout, files)
    for file, headers, _ in files:
        check_columns(layout, headers, file)
    return layout


def _without_absent_columns(layout: Layout, files: Sequence[FileColumns]) -> Layout:
    """The layout without the columns that no file has."""
    for file, headers, _ in files:
        present = set(headers)
        missing = [c for c in layout.source_columns() if c not in present]
        types = [layout.columns[t] for t in _TYPES if t in layout.columns]
        stamps = [layout.columns[s] for s in STAMPS if s in layout.columns]
        nothing_to_read = any(
            group and not any(present.issuperset(columns) for columns in group) for group in (types, stamps)
        )
        if missing and (nothing_to_read or 2 * len(missing) > len(layout.source_columns())):
            check_columns(layout, headers, file)
    somewhere = {name for _, headers, _ in files for name in headers}
    lacking = {c for c in layout.source_columns() if c not in somewhere}
    if not lacking:
        return layout
    tag_list = layout.tag_list
    return replace(
        layout,
        columns={k: v for k, v in layout.columns.items() if not set(v) & lacking},
        values={k: v for k, v in layout.values.items() if v.column not in lacking},
        durations={k: v for k, v in layout.durations.items() if v.column not in lacking},
        tag_list=None if tag_list and {tag_list.column, tag_list.date} & lacking else tag_list,
    )


def drift_problems(layout: Layout, files: Sequence[FileColumns]) -> list[Problem]:
    """column_missing_in_file for each source column that some of several files lack: the rows of those files."""
    rows = sum(n for _, _, n in files)
    problems = []
    for column in layout.source_columns():
        lacking = [(file, n) for file, headers, n in files if column not in headers]
        if lacking:
            problems.append(
                Problem(
                    "column_missing_in_file",
                    sum(n for _, n in lacking),
                    rows,
                    column,
                    "in " + ", ".join(file for file, _ in lacking),
                )
            )
    return problems


def drift_questions(layout: Layout, files: Sequence[FileColumns]) -> tuple[str, ...]:
    """A question for each column that a file lacks, with the new column of like name where there is one."""
    everywhere = set(layout.source_columns())
    questions = []
    for file, headers, _ in files:
        new = [name for name in headers if name not in everywhere]
        questions += [
            f'Why does {file} lack the column "{column}", which other files have?' + did_you_mean(column, new)
            for column in layout.source_columns()
            if column not in headers
        ]
    return tuple(questions)
