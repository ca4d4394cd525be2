"""Files as they come: one small export of twelve calls, dressed in every fault that exports are known to have.

Each says how many rows it was made of (titles, totals and blank lines included) and which faults must be named.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

HEADER = ["Incident Number", "Call Type", "Received", "Dispatched", "Arrived", "Cleared", "Beat"]
TYPES = ["WELFARE CHECK", "NOISE COMPLAINT", "THEFT", "TRAFFIC STOP"]


@dataclass(frozen=True)
class Nasty:
    """A file to be: `rows` as made, `named` = problem names or ledger reasons that must be told, or what refuses it."""

    name: str
    content: bytes
    rows: int = 12
    named: frozenset[str] = frozenset()
    refused: str = ""
    kept: int | None = 12


def calls(year: int = 2023, n: int = 12) -> list[list[str]]:
    """The rows of `n` calls."""
    return [
        [
            f"{year}-{i + 1:04}",
            TYPES[i % 4],
            *(f"{year}-{i % 12 + 1:02}-03 {10 + i % 9}:{m:02}:00" for m in (1, 4, 9, 40)),
            f"B{i % 3}",
        ]
        for i in range(n)
    ]


def text(
    rows: Sequence[Sequence[str]] | None = None,
    header: Sequence[str] = HEADER,
    mark: str = ",",
    end: str = "\n",
) -> str:
    """A table as delimited text, quoted only where it must be."""

    def cell(value: str) -> str:
        return '"' + value.replace('"', '""') + '"' if any(c in value for c in (mark, '"', "\n")) else value

    return "".join(mark.join(map(cell, row)) + end for row in [header, *(calls() if rows is None else rows)])


def with_cell(row: int, column: int, value: str) -> list[list[str]]:
    """The calls with one cell changed."""
    rows = calls()
    rows[row][column] = value
    return rows


def lines(change: Callable[[list[str]], list[str]]) -> str:
    """The plain text with its lines changed (line 0 is the header)."""
    return "\n".join(change(text().splitlines())) + "\n"


def zipped(files: dict[str, bytes]) -> bytes:
    """A .zip of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _nasty(name: str, content: str | bytes, rows: int = 12, *named: str, kept: int | None = 12) -> Nasty:
    return Nasty(
        name, content.encode() if isinstance(content, str) else content, rows, frozenset(named), kept=kept
    )


def encodings() -> Iterator[Nasty]:
    """The same calls in every encoding, with letters that tell them apart."""
    for codec in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"):
        yield _nasty(f"{codec}.csv", text(with_cell(0, 6, "Peña Café")).encode(codec))
    yield _nasty("utf-16-be-marked.csv", b"\xfe\xff" + text().encode("utf-16-be"))
    yield _nasty("cp1252-quotes.csv", text(with_cell(0, 6, "\u201cEast\u201d \u2013 Side")).encode("cp1252"))
    yield _nasty("latin-1-only.csv", text(with_cell(0, 6, "\x81\xe9")).encode("latin-1"))
    yield _nasty("late-accent.csv", text(with_cell(11, 6, "Peña")).encode("cp1252"))
    yield _nasty("utf-16-tab.txt", text(mark="\t", end="\r\n").encode("utf-16"))
    yield _nasty("unicode-header.csv", text(header=[*HEADER[:6], "Área № 東"]))
    yield _nasty("emoji.csv", text(with_cell(3, 6, "🚓" * 50)))


def dialects() -> Iterator[Nasty]:
    """Delimiters, line ends and quotes."""
    for word, mark in (("comma", ","), ("tab", "\t"), ("semicolon", ";"), ("pipe", "|")):
        for end_word, end in (("unix", "\n"), ("windows", "\r\n"), ("mac", "\r")):
            yield _nasty(f"{word}-{end_word}.csv", text(mark=mark, end=end))
    mixed = text().splitlines()
    ends = ["\r\n", "\n", "\r"]
    yield _nasty("mixed-ends.csv", "".join(line + ends[i % 3] for i, line in enumerate(mixed)))
    yield _nasty("no-last-end.csv", text().rstrip("\n"))
    yield _nasty("last-lines-blank.csv", text() + "\n\n\n")
    yield _nasty("sep-line.csv", "sep=;\r\n" + text(mark=";", end="\r\n"), 13, "preamble_line")
    yield _nasty(
        "decimal-commas.csv",
        text([[*row, "44,95", "-93,26"] for row in calls()], [*HEADER, "Lat", "Lon"], ";"),
    )
    yield _nasty("quoted-lines.csv", text(with_cell(2, 6, "two\nlines, and\nmore")))
    yield _nasty("quoted-windows-lines.csv", text(with_cell(2, 6, "two\nlines"), end="\r\n"))
    yield _nasty("doubled-quotes.csv", text(with_cell(2, 6, 'the "Old" Town, "East"')))
    yield _nasty(
        "stray-quote.csv",
        lines(lambda x: [*x[:3], x[3].replace("B2", "5'10\" B2"), *x[4:]]),
        12,
        "stray_quote",
    )
    yield _nasty(
        "unclosed-quote.csv", lines(lambda x: [*x[:3], x[3].replace("B2", '"B2'), *x[4:]]), 12, "stray_quote"
    )
    yield _nasty(
        "unclosed-in-last-row.csv", lines(lambda x: [*x[:-1], x[-1].replace("B2", '"B2')]), 12, "stray_quote"
    )
    yield _nasty(
        "two-unclosed.csv", lines(lambda x: [line.replace("B1", '"B1') for line in x]), 12, "stray_quote"
    )
    yield _nasty(
        "quote-then-word.csv",
        lines(lambda x: [line.replace("B0", '"B0" east') for line in x]),
        12,
        "stray_quote",
    )
    yield _nasty(
        "inner-quotes.csv",
        lines(lambda x: [line.replace("B0", '"a "so called", beat"') for line in x]),
        12,
        "stray_quote",
    )
    yield _nasty("all-quoted.csv", "\n".join('"' + line.replace(",", '","') + '"' for line in mixed))
    yield _nasty("blank-after-comma.csv", "\n".join('"' + x.replace(",", '", "') + '"' for x in mixed))
    yield _nasty("long-cell.csv", text(with_cell(5, 6, "x" * 300_000)))
    yield _nasty(
        "thousands.csv", text([[*row, f"{i + 1},234"] for i, row in enumerate(calls())], [*HEADER, "Seconds"])
    )


def rows_out_of_shape() -> Iterator[Nasty]:
    """Rows and lines that do not fit the header, and headers that do not fit anything."""
    yield _nasty(
        "short-rows.csv", lines(lambda x: [*x[:4], x[4].rpartition(",")[0], *x[5:]]), 12, "short_row"
    )
    yield _nasty(
        "long-rows.csv", lines(lambda x: [*x[:4], x[4] + ",more,cells", *x[5:]]), 12, "ragged_row", kept=11
    )
    yield _nasty(
        "very-long-row.csv", lines(lambda x: [*x[:4], x[4] + ",z" * 900, *x[5:]]), 12, "ragged_row", kept=11
    )
    yield _nasty(
        "delimiter-at-end.csv",
        lines(lambda x: [x[0], *(line + "," for line in x[1:])]),
        12,
        "extra_blank_cells",
    )
    yield _nasty(
        "delimiter-at-every-end.csv", lines(lambda x: [line + "," for line in x]), 12, "blank_header_name"
    )
    yield _nasty("many-at-end.csv", lines(lambda x: [*x[:5], x[5] + ",,,,", *x[6:]]), 12, "extra_blank_cells")
    yield _nasty(
        "blank-between.csv", lines(lambda x: [*x[:4], "", "", *x[4:8], "  ", *x[8:]]), 15, "blank_row"
    )
    yield _nasty("double-spaced.csv", text().replace("\n", "\n\n"), 23 + 1, "blank_row")
    yield _nasty("only-commas.csv", lines(lambda x: [*x[:4], ",,,,,,", *x[4:]]), 13, "blank_row")
    yield _nasty("header-again.csv", lines(lambda x: [*x[:7], x[0], *x[7:]]), 13, "repeated_header")
    yield _nasty("two-exports-glued.csv", text() + text(calls(2024)), 25, "repeated_header", kept=24)
    yield _nasty("same-export-twice.csv", text() + text(), 25, "repeated_header", "exact_duplicate")
    title = [
        "Springfield Police Department",
        "Calls for Service, all types",
        "From 01/01/2023 to 12/31/2023",
        "",
    ]
    yield _nasty("preamble.csv", lines(lambda x: title + x), 16, "preamble_line")
    yield _nasty(
        "preamble-padded.csv",
        lines(lambda x: ["Calls for Service" + "," * 6, "," * 6, *x]),
        14,
        "preamble_line",
    )
    yield _nasty(
        "preamble-longer.csv",
        "\n".join(title * 4 + text(calls()[:2]).splitlines()),
        18,
        "preamble_line",
        kept=2,
    )
    yield _nasty("blank-above.csv", "\n\n" + text(), 14, "preamble_line")
    yield _nasty("total.csv", text() + "Total,,,,,,12\n", 13, "total_line")
    yield _nasty("grand-total.csv", text() + "\nGrand Total: 123\n", 14, "total_line", "blank_row")
    yield _nasty("generated.csv", text() + "Report generated 01/02/2024 10:00 by SYSTEM\n", 13, "total_line")
    yield _nasty("affected.csv", text(mark="|") + "\n(12 rows affected)\n", 14, "total_line", "blank_row")
    yield _nasty("ruled.csv", lines(lambda x: [x[0], ",".join(["------"] * 7), *x[1:]]), 13, "total_line")
    yield _nasty(
        "title-and-total.csv",
        lines(lambda x: [*title, *x, "Total: 12", "Page 1 of 1"]),
        18,
        "preamble_line",
        "total_line",
    )
    twice = [*HEADER[:6], "Beat", "Beat", "Beat"]
    yield _nasty(
        "header-twice.csv", text([[*r, "x", "y"] for r in calls()], twice), 12, "repeated_header_name"
    )
    gaps = [*HEADER, "", ""]
    yield _nasty("header-blank.csv", text([[*r, "x", "y"] for r in calls()], gaps), 12, "blank_header_name")
    yield _nasty("empty-column.csv", text([[*r[:6], ""] for r in calls()]), 12)
    own = ["_row", "reason", "_file", "cells", "_cells", "_part"]
    yield _nasty("names-of-ours.csv", text([[*r, *"abcdef"] for r in calls()], [*HEADER, *own]))
    yield _nasty("reason-is-the-type.csv", text(header=["id", "call reason", *HEADER[2:6], "reason"]))
    yield _nasty("one-row.csv", text(calls()[:1]), 1, kept=1)
    yield _nasty("nul.csv", text().replace("THEFT", "THE\0FT", 1), 12, "nul_characters")
    yield _nasty("nul-padded.csv", text().replace("B2", "B2\0\0"), 12, "nul_characters")
    yield _nasty(
        "serial-dates.csv",
        text([[r[0], r[1], *(f"{44929 + i / 8:.5f}" for _ in r[2:6]), r[6]] for i, r in enumerate(calls())]),
    )
    yield _nasty("n-a.csv", text(with_cell(4, 4, "n/a")), 12, "missing_stamp")
    yield _nasty("words-for-times.csv", text(with_cell(4, 4, "soon")), 12, "unreadable_stamp")


def packed() -> Iterator[Nasty]:
    """Archives, JSON, and wrong endings."""
    yield _nasty("calls.csv.gz", gzip.compress(text().encode(), mtime=0))
    yield _nasty("gz-without-ending.csv", gzip.compress(text().encode(), mtime=0))
    yield _nasty("one.zip", zipped({"calls.csv": text().encode()}))
    yield _nasty("one-and-readme.zip", zipped({"calls.csv": text().encode(), "about.pdf": b"%PDF"}))
    years = {f"{y}/calls.csv": text(calls(y)).encode() for y in (2021, 2022, 2023)}
    yield _nasty("years.zip", zipped(years), 36, kept=36)
    drift = {
        "2022.csv": text(calls(2022)).encode(),
        "2023.csv": text([[*r[:4], r[5]] for r in calls(2023)], [*HEADER[:4], HEADER[5]]).encode(),
        "2024.csv": text(calls(2024), [*HEADER[:4], "On Scene", *HEADER[5:]]).encode(),
    }
    yield _nasty("drift.zip", zipped(drift), 36, "column_missing_in_file", kept=36)
    objects = [dict(zip(HEADER, row, strict=True)) for row in calls()]
    yield _nasty("list.json", json.dumps(objects))
    yield _nasty("lines.jsonl", "\n".join(map(json.dumps, objects)))
    yield _nasty("inside.json", json.dumps({"meta": {"n": 12}, "data": objects}))
    yield _nasty("features.geojson", json.dumps({"features": [{"attributes": o} for o in objects]}))
    yield _nasty(
        "nested.json", json.dumps([{**o, "where": {"lat": 44.95, "units": ["1A", "2B"]}} for o in objects])
    )
    varying = [
        {k: v for k, v in o.items() if (i + len(k)) % 5 or k in HEADER[:6]} for i, o in enumerate(objects)
    ]
    yield _nasty("varying.jsonl", "\n\n".join(map(json.dumps, varying)))
    yield _nasty(
        "cut-off.jsonl", "\n".join(map(json.dumps, objects)) + '\n{"Incident Nu', 13, "unreadable_line"
    )
    yield _nasty("utf-16.json", json.dumps(objects).encode("utf-16"))
    yield _nasty("tabs-called.xls", text(mark="\t"))


def refused() -> Iterator[Nasty]:
    """What is no table: each refused in a sentence."""
    for name, content, said in (
        ("nothing.csv", b"", "is empty"),
        ("only-bom.csv", b"\xef\xbb\xbf", "no rows"),
        ("only-lines.csv", b"\n\n\n", "no rows"),
        ("header.csv", text([]).encode(), "no rows"),
        ("zeros.csv", bytes(400), "is not text"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01" * 9, "is not text"),
        ("half-utf16.csv", text().encode("utf-16")[:-1], "does not go on as such"),
        ("half.csv.gz", gzip.compress(text().encode() * 99, mtime=0)[:-9], "cannot be unpacked"),
        ("half.zip", zipped({"calls.csv": text().encode()})[:60], "cannot be unpacked"),
        ("no-members.zip", zipped({}), "0 files inside"),
        ("letter.docx", b"PK\x03\x04", "whose ending .docx"),
        ("half.parquet", b"PAR1 and then nothing", "cannot be read as Parquet"),
        ("half.xlsx", b"PK\x03\x04 and then nothing", "cannot be read as an Excel workbook"),
        ("half.json", b'{"id": ', "cannot be read as JSON"),
        ("numbers.json", b"[1, 2, 3]", "cannot be read as JSON"),
        (
            "page.csv",
            b"<!DOCTYPE html><html><body>Please log in</body></html>\n<p>Sorry</p>\n",
            "no column for the call type",
        ),
    ):
        yield Nasty(name, content, refused=said)
