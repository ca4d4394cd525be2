"""Workbooks as they come, made on the spot: several sheets, merged cells, Excel dates, LibreOffice."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def workbook(
    sheets: dict[str, list[list[object]]],
    merged: dict[str, list[tuple[int, int, int, int, str]]] | None = None,
) -> bytes:
    """An .xlsx with these sheets; datetimes as Excel dates; `merged` areas with their value."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd hh:mm"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for i, row in enumerate(rows):
            sheet.write_row(i, 0, row)
        for area in (merged or {}).get(name, []):
            sheet.merge_range(*area)
    book.close()
    return buffer.getvalue()


def open_document(rows: Sequence[Sequence[str]]) -> bytes:
    """A LibreOffice .ods with one sheet of texts."""
    spaces = " ".join(
        f'xmlns:{k}="urn:oasis:names:tc:opendocument:xmlns:{v}:1.0"'
        for k, v in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>'
            for c in row
        )
        + "</table:table-row>"
        for row in rows
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="Calls">{cells}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return _zipped(
        {
            "mimetype": kind.encode(),
            "META-INF/manifest.xml": manifest.encode(),
            "content.xml": content.encode(),
        }
    )
