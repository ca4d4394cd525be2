"""`rightcall layout`: which column of an export is which of ours, how sure that is, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from call_codes.errors import OutputError, UsageError

if TYPE_CHECKING:
    from calls.detection import Detection


def layout(
    file: Annotated[Path, typer.Argument(help="An export; its header row alone is enough.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
    save: Annotated[
        Path | None, typer.Option(help="Write the layout to this .toml file, to correct it.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace the file given to --save if it exists.")] = False,
    named: Annotated[
        bool, typer.Option(help="Use a named layout where one fits (--no-named: recognise every column).")
    ] = True,
) -> None:
    """Show which column of an export is which, with reasons and open questions."""
    from calls.detection import detect_layout
    from calls.layout_file import save_layout
    from calls.read import read_table

    if save is not None:
        _check_target(save, force)
    raw = read_table(file, rows_needed=False)
    detection = detect_layout(raw, use_named=named, need_call_type=False)
    if save is not None:
        save_layout(detection, save, raw.headers)
    if as_json:
        print(json.dumps(layout_document(detection, raw.path.name), ensure_ascii=False))
        return
    _print_table(detection, raw.headers)
    if save is not None:
        print(f"\nLayout to correct: {save}. Then: rightcall run {file} --layout {save} --out results")


def layout_document(detection: Detection, file: str) -> dict[str, Any]:
    """The detection as one JSON document: columns (standard → source, or date and time sources), formats, grain,
    time_zone, confidence, questions; further keys say what columns alone cannot."""
    found = detection.layout
    columns: dict[str, Any] = {
        name: sources[0] if len(sources) == 1 else list(sources) for name, sources in found.columns.items()
    }
    columns |= {stamp: span.column for stamp, span in found.durations.items()}
    if found.tag_list:
        columns |= dict.fromkeys(found.tag_list.tags, found.tag_list.column)
    return {
        "file": file,
        "layout": found.id,
        "named": detection.named,
        "columns": columns,
        "durations": {
            stamp: {"column": span.column, "unit": span.unit, "after": list(span.after)}
            for stamp, span in found.durations.items()
        },
        "formats": list(found.formats),
        "grain": found.grain,
        "type_is": found.type_is,
        "time_zone": found.zone,
        "values": {
            key: {"column": m.column, "map": dict(m.map), "other": m.other, "blank": m.blank}
            for key, m in found.values.items()
        },
        "code_lists": {
            key: {"files": c.files, "code": c.code, "text": c.text} for key, c in found.code_lists.items()
        },
        "confidence": dict(detection.confidence),
        "reasons": dict(detection.reasons),
        "questions": list(detection.questions),
    }


def _check_target(save: Path, force: bool) -> None:
    if save.suffix != ".toml":
        raise UsageError(
            found=f'--save "{save}", which does not end in .toml.',
            expected="the name of a layout file, such as our_city.toml.",
            action=f"Try --save {save.with_suffix('.toml')}",
        )
    if save.exists() and not force:
        raise OutputError(
            found=f"{save}, which exists already.",
            expected="a file name that is free, so that no corrected layout is lost.",
            action="Choose another name, or add --force to replace it.",
        )
    if not save.parent.is_dir():
        raise OutputError(
            found=f"no folder {save.parent}.",
            expected="a folder that exists.",
            action="Make the folder first, or choose another.",
        )


def _print_table(detection: Detection, headers: tuple[str, ...]) -> None:
    """One line per standard column: ours, theirs, how sure, why; then what is not used and what is open."""
    found = detection.layout
    document = layout_document(detection, "")
    print(f"Layout: {found.id} ({found.label})")
    if found.note:
        print(f"Note: {found.note}")
    print()
    rows = [("our column", "their column", "sure", "why")]
    for name, source in document["columns"].items():
        theirs = source if isinstance(source, str) else " + ".join(source)
        sure = detection.confidence.get(name)
        rows.append((name, theirs, "" if sure is None else f"{sure:.0%}", detection.reasons.get(name, "")))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    for row in rows:
        print(
            "  ".join(
                (*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3])
            ).rstrip()
        )
    unused = [h for h in headers if h not in (*found.source_columns(), *found.checks.columns)]
    print(f"\nOne row per {found.grain}. Time zone: {found.zone or 'not known'}.")
    print(f"Time formats: {', '.join(found.formats) or 'not known'}.")
    print(f"Not used: {', '.join(unused) or 'nothing'}.")
    for question in detection.questions:
        print(f"Please check: {question}")
