"""`rightcall check`: what is wrong with an export, where, and what can and cannot be computed from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import polars as pl

    from app.settings import Settings
    from calls.detection import Detection
    from calls.quality import Finding, Quality

_WIDTH = 100
_VERDICT = {"yes": "yes", "partly": "in part", "no": "no"}


@dataclass(frozen=True)
class Checked:
    """What a check found: the files (label, sha256, rows), the columns, and the quality of the data."""

    files: Sequence[tuple[str, str, int]]
    detection: Detection
    quality: Quality


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
    repair_half_day_slips: Annotated[
        bool,
        typer.Option("--repair-half-day-slips", help="Move stamps that are 12 hours off, and say which."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
) -> None:
    """Check an export: faults by name with their place, and which questions it can answer. Writes nothing."""
    from app.settings import Settings
    from app.sources import split_sources

    paths, database = split_sources(files)
    checked = check_files(
        Settings(
            files=paths or (),
            database=database,
            query=query,
            layout=layout,
            time_zone=time_zone,
            repair_half_day_slips=repair_half_day_slips,
        )
    )
    if as_json:
        print(json.dumps(_document(checked), ensure_ascii=False))
        return
    for line in _lines(checked):
        print(line)


def check_files(settings: Settings) -> Checked:
    """The columns and the data quality of the settings' files or query, which may be larger than memory.

    Raises RightcallError in a sentence for what is wrong with the files or the settings.
    """
    from app.sources import open_sources
    from calls.chosen_layout import layout_of_sources
    from calls.ingest import Workspace, ingest
    from calls.quality import check_quality

    sources = open_sources(settings)
    detection = layout_of_sources(
        sources,
        settings.layout,
        time_zone=settings.time_zone,
        repair_half_day_slips=settings.repair_half_day_slips,
    )
    workspace = Workspace()
    ingested = ingest(
        sources,
        detection.layout,
        workspace,
        guessed=not detection.named,
        drifting=settings.layout is None,
    )
    digests = [source.sha256 for source in sources]
    del sources
    quality = check_quality(
        ingested,
        detection.layout,
        several_files=len(digests) > 1,
        smallest_count=settings.smallest_count,
    )
    files = [
        (label, digest, rows) for (label, rows), digest in zip(ingested.rows_by_file, digests, strict=True)
    ]
    return Checked(files, detection, quality)


def _document(checked: Checked) -> dict[str, Any]:
    layout = checked.detection.layout
    return {
        "files": [{"name": name, "sha256": digest, "rows": rows} for name, digest, rows in checked.files],
        "layout": layout.id,
        "layout_named": checked.detection.named,
        "layout_columns": {k: list(v) for k, v in layout.columns.items()},
        "questions": list(checked.detection.questions),
        **checked.quality.as_dict(),
    }


def _lines(checked: Checked) -> Iterator[str]:
    detection, quality = checked.detection, checked.quality
    aside = quality.ledger.rows_set_aside
    yield ", ".join(name for name, _, _ in checked.files)
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
    share = "" if finding.share is None else f" = {_percent(finding.share)}"
    of = finding.kind.of if finding.kind.of != "columns" else "time columns"
    yield ""
    yield (
        f"  [{problem.severity}] {problem.name}{f' ({problem.column})' if problem.column else ''}: "
        f"{problem.count:,} of {problem.total:,} {of}{share}"
    )
    yield _indented(finding.kind.means)
    yield _indented(f"What Rightcall does: {finding.kind.done}")
    if finding.examples:
        rows_only = finding.examples[0].startswith("row ")
        shown = min(len(finding.examples), 5)
        more = ", …" if len(finding.examples) > shown or (rows_only and problem.count > shown) else ""
        # Ranges and names hold commas of their own.
        joined = ("; " if any("," in e for e in finding.examples) else ", ").join(finding.examples[:5])
        yield _indented(f"Seen in: {joined}{more}")
    if finding.by_month.height:
        yield _indented(f"By month: {_shares(finding.by_month, 'month')}")
    if finding.by_call_type.height:
        yield _indented(f"Most often in: {_shares(finding.by_call_type, 'call_type')}")


def _percent(share: float) -> str:
    """A share as people read it: what is rare is not nothing."""
    return "under 0.1%" if 0 < share < 0.0005 else f"{share:.1%}"


def _shares(table: pl.DataFrame, key: str) -> str:
    """The five rows with the highest share, in the table's own order."""
    known = table.filter(table["share"].is_not_null())
    top = set(known.sort("share", descending=True).head(5)[key])
    return "; ".join(f"{row[key]} {row['share']:.0%}" for row in known.to_dicts() if row[key] in top)


def _indented(text: str) -> str:
    return fill(text, _WIDTH, initial_indent=" " * 11, subsequent_indent=" " * 11)
