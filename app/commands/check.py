"""`rightcall check`: what is wrong with an export, where, and what can and cannot be computed from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from textwrap import fill
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import polars as pl

    from calls.detection import Detection
    from calls.quality import Finding, Quality
    from calls.read import RawTable

_WIDTH = 100
_VERDICT = {"yes": "yes", "partly": "in part", "no": "no"}


def check(
    files: Annotated[
        list[str],
        typer.Argument(help="One or more exports of one city, or one postgresql:// address with --query."),
    ],
    layout: Annotated[
        str | None, typer.Option(help="A named layout or a .toml file; recognised if left away.")
    ] = None,
    query: Annotated[
        str | None, typer.Option(help="For a database: the SELECT that finds the calls, or a .sql file.")
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(
            help='The stamps\' time zone where no layout says it, such as America/Chicago; or "unknown".'
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
) -> None:
    """Check an export: faults by name with their place, and which questions it can answer. Writes nothing."""
    from app.settings import Settings
    from app.sources import read_sources, split_sources

    paths, database = split_sources(files)
    settings = Settings(files=paths or (), database=database, query=query, layout=layout, time_zone=time_zone)
    raws = read_sources(settings)
    detection, quality = quality_of(raws, layout, settings.smallest_count, time_zone)
    if as_json:
        print(json.dumps(_document(raws, detection, quality), ensure_ascii=False))
        return
    for line in _lines(raws, detection, quality):
        print(line)


def quality_of(
    raws: list[RawTable], layout: str | None, smallest_count: int = 5, time_zone: str | None = None
) -> tuple[Detection, Quality]:
    """The columns and the data quality of raw tables, with a named layout or the recognised one."""
    from calls.chosen_layout import with_choices
    from calls.clean import clean
    from calls.column_drift import drift_questions
    from calls.detection import Detection, detect_layout
    from calls.layouts import load_layout
    from calls.quality import check_quality

    if layout is None:
        detection = detect_layout(raws[0])
    else:
        chosen = load_layout(layout)
        sure, why = dict.fromkeys(chosen.columns, 1.0), dict.fromkeys(chosen.columns, "chosen")
        detection = Detection(chosen, True, sure, why, ())
    detection = with_choices(detection, time_zone=time_zone)
    cleaned = clean(raws, detection.layout, guessed=not detection.named, drifting=layout is None)
    if layout is None:
        columns = [(raw.label, raw.headers, raw.rows_read) for raw in raws]
        asked = drift_questions(detection.layout, columns[1:])
        detection = replace(detection, questions=(*detection.questions, *asked))
    return detection, check_quality(raws, detection.layout, cleaned, smallest_count=smallest_count)


def _document(raws: list[RawTable], detection: Detection, quality: Quality) -> dict[str, Any]:
    return {
        "files": [{"name": raw.path.name, "sha256": raw.sha256, "rows": raw.rows_read} for raw in raws],
        "layout": detection.layout.id,
        "layout_named": detection.named,
        "layout_columns": {k: list(v) for k, v in detection.layout.columns.items()},
        "questions": list(detection.questions),
        **quality.as_dict(),
    }


def _lines(raws: list[RawTable], detection: Detection, quality: Quality) -> Iterator[str]:
    aside = quality.ledger.rows_set_aside
    yield f"{', '.join(raw.path.name for raw in raws)}"
    yield (
        f"{quality.ledger.rows_read:,} rows read = {quality.ledger.rows_kept:,} kept + {aside:,} set aside; "
        f"{quality.n_calls:,} calls (layout: {detection.layout.id})."
    )
    for reason, count in sorted(quality.ledger.set_aside.items()):
        yield f"  set aside: {count:,} × {reason}"
    yield ""
    yield "WHAT IS WRONG WITH THE DATA" if quality.findings else "Nothing is wrong that Rightcall looks for."
    for finding in quality.findings:
        yield from _finding(finding)
    if quality.months.height > 1:
        yield ""
        yield "CALLS BY MONTH, AND THE SHARE THAT OFFICERS STARTED"
        yield "  month    days     calls  officer-initiated (low–high: what is not known counted as no, as yes)"
        for row in quality.months.iter_rows(named=True):
            low, high = row["officer_share_low"], row["officer_share_high"]
            share = f"{low:7.1%}" if low == high else f"{low:7.1%} – {high:.1%}"
            yield f"  {row['month']}  {row['days']:4}  {row['calls']:8,}  {share}"
    yield ""
    yield "WHAT CAN AND CANNOT BE COMPUTED FROM THIS FILE"
    for ability in quality.abilities:
        yield f"  {_VERDICT[ability.verdict]:8} {ability.question}"
        for reason in ability.reasons:
            yield _indented(reason)
    if any(ability.ask for ability in quality.abilities):
        yield ""
        yield "To ask the agency for what is missing: rightcall request --from FILE --out request"
    for question in detection.questions:
        yield f"Please check: {question}"


def _finding(finding: Finding) -> Iterator[str]:
    problem = finding.problem
    share = "" if finding.share is None else f" = {finding.share:.1%}"
    of = finding.kind.of if finding.kind.of != "columns" else "time columns"
    yield ""
    yield (
        f"  [{finding.kind.severity}] {problem.name}{f' ({problem.column})' if problem.column else ''}: "
        f"{problem.count:,} of {problem.total:,} {of}{share}"
    )
    yield _indented(finding.kind.means)
    yield _indented(f"What Rightcall does: {finding.kind.done}")
    if finding.examples:
        rows_only = finding.examples[0].startswith("row ")
        more = ", …" if len(finding.examples) > 5 or (rows_only and problem.count > 5) else ""
        # Ranges and names hold commas of their own.
        joined = ("; " if any("," in e for e in finding.examples) else ", ").join(finding.examples[:5])
        yield _indented(f"Seen in: {joined}{more}")
    if finding.by_month.height:
        yield _indented(f"By month: {_shares(finding.by_month, 'month')}")
    if finding.by_call_type.height:
        yield _indented(f"Most often in: {_shares(finding.by_call_type, 'call_type')}")


def _shares(table: pl.DataFrame, key: str) -> str:
    """The five rows with the highest share, in the table's own order."""
    known = table.filter(table["share"].is_not_null())
    top = set(known.sort("share", descending=True).head(5)[key])
    return "; ".join(f"{row[key]} {row['share']:.0%}" for row in known.to_dicts() if row[key] in top)


def _indented(text: str) -> str:
    return fill(text, _WIDTH, initial_indent=" " * 11, subsequent_indent=" " * 11)
