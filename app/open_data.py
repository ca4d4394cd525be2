"""The open-data package: tables with small counts hidden, what their columns mean, what was left out, and a licence to fill in.

It follows the Frictionless Data Package form (datapackage.json), which data portals and their users can read.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

import polars as pl

from app.chart_files import file_stem
from app.job import Job
from app.outputs import spreadsheet_safe
from app.published_tables import published_record, published_table
from app.summary import UNIT_HOURS_DEFINITION, period
from app.wording import period_words, small_count_note
from calls.schema import COLUMNS

# What a city may publish: single calls and units stay out of it, since a rare call can point at a household.
TABLES: Final = {
    "call_types.csv": "One row per distinct call type: its calls, police hours, category, stated danger and eligibility.",
    "officer_time.csv": "Calls and police time by category, who started the call, hour of the week and area. One breakdown "
    "under another (column breakdown): never add rows of two breakdowns.",
    "cascade.csv": "From all calls to eligible calls: what is left after each step, and why calls drop out.",
    "initial_to_final.csv": "What calls of each category turned out to be, where the export has a final type.",
    "data_quality.csv": "Faults found in the data by name, how often, and what was done about them.",
}
RECORD: Final = "run.json"
SUPPRESSED: Final = "suppressed"
_FIELDS: Final = {
    "breakdown": "Which columns this row is broken down by; the others say all.",
    "calls": "Calls (incidents), however many units were sent.",
    "final_calls": "Calls that ended with this type.",
    "unit_rows": "Units sent.",
    "unit_rows_measured": "Units sent whose start and end could be read.",
    "unit_hours": f"{UNIT_HOURS_DEFINITION} This is the central estimate.",
    "unit_hours_low": "Unit-hours of measured spans only.",
    "unit_hours_high": "Unit-hours with missing spans at the cap.",
    "category": "One of the categories of the taxonomy.",
    "initiated_by": "Who started the call: community, officer, alarm, agency or unknown.",
    "hour_of_week": "0 = Monday 12 am to 1 am, 167 = Sunday 11 pm, local clock.",
    "area": "The agency's own area.",
    "probability": "The model's probability of its category; blank where a reviewer signed the type.",
    "hazard": "The danger that the wording of the type states.",
    "basis": "How the category was found: signed by a reviewer, by the model, by a code-book, or not at all.",
    "needs_review": "Whether a person should look at the type.",
    SUPPRESSED: "Whether the counts of this row are hidden because they are small.",
}
# Where a column's name alone does not tell.
_FIELDS_OF: Final = {
    "initial_to_final.csv": {
        "category": "The category that calls were called in as.",
        "final_category": "The category that they were closed as.",
        "calls_of_category": "All calls that were called in as the category, with and without a final type.",
        "share": "calls divided by the calls of the category that have a final type.",
        "low": "The share if no call without a final type had this one; equal to share where every call has one.",
        "high": "The share if every call without a final type had this one; equal to share where every call has one.",
    },
    "data_quality.csv": {
        "count": "How often the fault occurs; blank where that is a small count.",
        "total": "Of how many it was looked for: see of.",
        "of": "What total counts: calls, rows, unit rows or call types.",
        "share": "count divided by total.",
        "detail": "What was seen.",
        "means": "What the fault means.",
        "done": "What was done about it.",
    },
}
_TYPES: Final = {"Int": "integer", "UInt": "integer", "Float": "number", "Boolean": "boolean"}
_FIXED_TIME: Final = (2000, 1, 1, 0, 0, 0)


def package(files: Mapping[str, bytes], job: Job) -> bytes:
    """A zip of TABLES and RECORD with README.md, LICENSE.txt, datapackage.json and dictionary.csv.

    files: app.outputs.FILES by name. The same run gives the same package, byte for byte.
    """
    smallest = job.settings.smallest_count
    files = {
        **{name: published_table(files[name], smallest) for name in TABLES},
        RECORD: published_record(files[RECORD], smallest),
    }
    return zipped(
        {
            "README.md": readme(job, files).encode(),
            "LICENSE.txt": _LICENSE.encode(),
            "datapackage.json": (
                json.dumps(descriptor(files, job), indent=2, ensure_ascii=False) + "\n"
            ).encode(),
            "dictionary.csv": dictionary(files).encode(),
            **files,
        }
    )


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files, all of one fixed time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _FIXED_TIME), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def descriptor(files: Mapping[str, bytes], job: Job) -> dict[str, Any]:
    """datapackage.json: each table with its columns, their types and meanings."""
    return {
        "name": file_stem(f"calls for service {_place(job)}"),
        "title": f"Calls for service: {_place(job)}, {period_words(period(job))}",
        "description": f"{_COUNTED} {small_count_note(job.settings.smallest_count)}",
        "version": version("rightcall"),
        "sources": [{"title": f"Dispatch records: {file.name} (sha256 {file.sha256})"} for file in job.files],
        "resources": [
            {
                "name": name.removesuffix(".csv").replace("_", "-"),
                "path": name,
                "profile": "tabular-data-resource",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "description": meaning,
                "schema": {"fields": _fields(name, files[name]), "missingValues": [""]},
            }
            for name, meaning in TABLES.items()
        ],
    }


def dictionary(files: Mapping[str, bytes]) -> str:
    """Every column of every table with its type and meaning, and below them the standard calls table, as CSV."""
    rows = [
        {
            "table": name,
            "column": field["name"],
            "type": field["type"],
            "meaning": field["description"],
            "blank_means": "",
        }
        for name in TABLES
        for field in _fields(name, files[name])
    ]
    rows += [
        {
            "table": "calls (single calls; not in this package)",
            "column": column.name,
            "type": _type_of(str(column.dtype)),
            "meaning": column.meaning,
            "blank_means": column.null_means,
        }
        for column in COLUMNS
    ]
    return spreadsheet_safe(pl.DataFrame(rows)).write_csv()


def readme(job: Job, files: Mapping[str, bytes]) -> str:
    """What the package is, how things were counted, what was suppressed, what it must not be used for."""
    types = _read(files["call_types.csv"])
    hidden = int(types[SUPPRESSED].sum()) if SUPPRESSED in types.columns else 0
    return _README.format(
        place=_line(_place(job)),
        period=period_words(period(job)),
        policy=_line(job.policy.label),
        counted=_COUNTED,
        hours=UNIT_HOURS_DEFINITION,
        tables="\n".join(f"- `{name}`: {meaning}" for name, meaning in TABLES.items()),
        suppression=small_count_note(job.settings.smallest_count),
        hidden=f"{hidden:,} of {types.height:,}",
        eligible=_line(job.cascade.eligible.definition),
        version=version("rightcall"),
    )


def _place(job: Job) -> str:
    return job.detection.layout.place or ", ".join(job.facts.agencies[:3]) or "place not stated"


def _line(text: str) -> str:
    """Text from data as one line that no reader of Markdown takes for markup."""
    return re.sub(r"([\\`*_{}\[\]<>#|!])", r"\\\1", " ".join(text.split()))


def _fields(file: str, table: bytes) -> list[dict[str, str]]:
    frame = _read(table)
    return [
        {
            "name": name,
            "type": _type_of(str(dtype)),
            "description": _FIELDS_OF.get(file, {}).get(name) or _meaning(name),
        }
        for name, dtype in frame.schema.items()
    ]


def _read(table: bytes) -> pl.DataFrame:
    return pl.read_csv(io.BytesIO(table), infer_schema_length=None)


def _type_of(dtype: str) -> str:
    return next((ours for theirs, ours in _TYPES.items() if theirs in dtype), "string")


def _meaning(name: str) -> str:
    known = {column.name: column.meaning for column in COLUMNS}
    return (
        _FIELDS.get(name)
        or known.get(name)
        or f"{name.replace('_', ' ').capitalize()}. See run.json and README.md."
    )


_COUNTED: Final = (
    "Counts are of calls for service, one per incident in the agency's dispatch records. Categories were assigned to call "
    "types, not to single calls."
)
_LICENSE: Final = """\
These tables are the city's. No licence is stated yet: the city that publishes them chooses one and writes its name and
text here, for example CC0 1.0, CC BY 4.0 or the Open Data Commons Public Domain Dedication and License (PDDL), and adds
it to datapackage.json as "licenses". Without a licence nobody else may rely on using them.
"""
_README: Final = """\
# Calls for service: {place}, {period}

{counted}

{tables}
- `dictionary.csv`: every column with its meaning. `datapackage.json`: the same for machines (Frictionless Data Package).
- `run.json`: the record that repeats the run: files by hash, versions, settings, every total.

## Definitions

- Eligible: {eligible} Policy: {policy}.
- Unit-hours: {hours}
- low, policy, high: three readings of the same calls, from the strictest to the most generous; doubt about call types,
  not the margin of error of a sample.

## What is not in it

- Single calls and units, times, addresses, coordinates, remarks, names: none of them.
- Small counts. {suppression} In `call_types.csv`, {hidden} types are hidden in this way (column `suppressed`).
  In `data_quality.csv`, `officer_time.csv`, the losses in `cascade.csv` and the faults in `run.json`, small counts of
  faults, losses, units and measured calls are blank, too. They point at no household; in the city's own results folder
  they stay exact, so that no fault is hidden. Totals of the whole file, what was set aside from it, and the steps of the
  cascade describe everyone at once and are exact.

## What it must not be used for

- Advice on a single call, or to judge officers, callers or neighborhoods.
- All that officers do: reports written after clearing, investigations, court and patrol are not in recorded call time.
- The number of mental-health calls: many are coded as disturbance, welfare check or trespass. It is a floor.
- Comparing cities whose coding or policy differs.

Made with Rightcall {version}.
"""
