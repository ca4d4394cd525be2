"""A portal on this machine for the fetching tests: it speaks Socrata, CKAN, ArcGIS and plain files.

It serves the same 25 made-up calls in every protocol, and can be told to be busy, to break off or to change in
between. It listens on 127.0.0.1 only.
"""

from __future__ import annotations

import csv
import io
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from calls.fetch.saving import Fetched

RESOURCE = "0b1c2d3e-1111-2222-3333-444455556666"
FILE_ROWS = 3_000  # some pieces long, so that a break leaves something to go on from
COLUMNS = ("call_id", "call_type", "note")


def rows(n: int = 25) -> list[dict[str, Any]]:
    """Made-up calls; a comma, a quote and a line break in the notes, because files have those."""
    notes = ("plain", "with, comma", 'with "quotes"', "two\nlines", None)
    return [{"call_id": i + 1, "call_type": f"TYPE {i % 3}", "note": notes[i % 5]} for i in range(n)]


@dataclass
class Faults:
    """What goes wrong: `script` is one word for each coming request (429, 503, cut, ok); then all is well."""

    script: list[str] = field(default_factory=list)
    retry_after: str | None = "7"
    asked: list[str] = field(default_factory=list)
    updated: int = 1_700_000_000
    count: int = 25
    etag: str = '"one"'
    headers: list[dict[str, str]] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    faults: Faults

    def do_GET(self) -> None:
        faults = self.faults
        faults.asked.append(self.path)
        faults.headers.append(dict(self.headers))
        word = faults.script.pop(0) if faults.script else "ok"
        if word.isdigit():
            body = b'{"error": "busy"}'
            self.send_response(int(word))
            if faults.retry_after and int(word) in (429, 503):
                self.send_header("Retry-After", faults.retry_after)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        parts = urlsplit(self.path)
        query = {k: v[-1] for k, v in parse_qs(parts.query).items()}
        status, kind, body, extra = self._answer(parts.path, query, inside=word)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in extra.items():
            self.send_header(name, value)
        self.end_headers()
        # "cut" promises a whole answer and hangs up in its middle.
        self.wfile.write(body[: len(body) // 2] if word == "cut" else body)
        self.close_connection = True

    def _answer(
        self, path: str, query: dict[str, str], inside: str
    ) -> tuple[int, str, bytes, dict[str, str]]:
        if path == "/files/calls.csv":
            return self._file()
        document: Any = None
        if path == "/api/views/abcd-1234.json":
            document = {"name": "Calls", "rowsUpdatedAt": self.faults.updated, "license": {"name": "CC0"}}
        elif path == "/resource/abcd-1234.json":
            document = [{"rows": str(self.faults.count)}]
        elif path == "/resource/abcd-1234.csv":
            start = int(query["$offset"])
            part = rows(self.faults.count)[start : start + int(query["$limit"])]
            return 200, "text/csv; charset=utf-8", _csv(part), {}
        elif path.startswith("/api/3/action/"):
            document = self._ckan(path, query)
        elif "/FeatureServer/0" in path:
            document = (
                {"error": {"code": 429, "message": "slow down"}}
                if inside == "wrapped"
                else self._arcgis(path, query)
            )
        if document is None:
            return 404, "text/plain", b"nothing here", {}
        return 200, "application/json", json.dumps(document).encode(), {}

    def _file(self) -> tuple[int, str, bytes, dict[str, str]]:
        body = _csv(rows(FILE_ROWS))
        asked = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and self.headers.get("If-Range") == self.faults.etag:
            start = int(asked[1])
            return 206, "text/csv", body[start:], {"ETag": self.faults.etag}
        return 200, "text/csv", body, {"ETag": self.faults.etag}

    def _ckan(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        if path.endswith("resource_show"):
            on_file_only = query["id"].startswith("ffff")
            url = f"http://{self.headers['Host']}/files/calls.csv"
            return {
                "success": True,
                "result": {
                    "name": "Calls", "last_modified": "2024-01-01", "datastore_active": not on_file_only, "url": url,
                },
            }  # fmt: skip
        start, limit = int(query["offset"]), int(query["limit"])
        records = [{"_id": r["call_id"], **r} for r in rows(self.faults.count)]
        fields = [{"id": name} for name in ("_id", *COLUMNS)]
        return {
            "success": True,
            "result": {"fields": fields, "total": len(records), "records": records[start : start + limit]},
        }

    def _arcgis(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        if not path.endswith("/query"):
            fields = [{"name": "OBJECTID", "type": "esriFieldTypeOID"}, *({"name": n} for n in COLUMNS)]
            return {
                "name": "Calls", "fields": fields, "maxRecordCount": 10, "geometryType": "esriGeometryPoint",
                "editingInfo": {"lastEditDate": self.faults.updated * 1000},
            }  # fmt: skip
        if query.get("returnCountOnly"):
            return {"count": self.faults.count}
        if "nonsense" in query["where"]:
            return {"error": {"code": 400, "message": "Invalid where clause"}}
        after = re.search(r"OBJECTID > (\d+)", query["where"])
        start = int(after[1]) if after else 0
        part = [r for r in rows(self.faults.count) if r["call_id"] > start][: int(query["resultRecordCount"])]
        return {
            "features": [
                {"attributes": {"OBJECTID": r["call_id"], **r}, "geometry": {"x": -93.25, "y": 44.5}}
                for r in part
            ]
        }

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the tests look at `asked`."""


def _csv(part: list[dict[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(part)
    return text.getvalue().encode()


@contextmanager
def portal() -> Iterator[tuple[str, Faults]]:
    """The address of a running portal and its faults; it is gone afterwards."""
    faults = Faults()
    handler = type("Handler", (_Handler,), {"faults": faults})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", faults
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


NOW = "2026-11-21T12:00:00+00:00"
SOCRATA = "/resource/abcd-1234"
CKAN = f"/dataset/calls/resource/{RESOURCE}"
ARCGIS = "/arcgis/rest/services/Calls/FeatureServer/0"
FILE = "/files/calls.csv"


def content(fetched: Fetched) -> list[list[str]]:
    """The cells of a fetched file, its header first."""
    with fetched.path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def expected(n: int) -> list[list[str]]:
    """What `content` should be of `n` rows."""
    cells = ([str(r["call_id"]), r["call_type"], r["note"] or ""] for r in rows(n))
    return [list(COLUMNS), *cells]


EXPECTED, EXPECTED_FILE = expected(25), expected(FILE_ROWS)
