"""Which kind of portal an address belongs to, and the fetching of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from call_codes.errors import UsageError, did_you_mean
from calls.fetch import arcgis, socrata
from calls.fetch.arcgis import ArcGis
from calls.fetch.ckan import Ckan
from calls.fetch.plain_file import fetch_file
from calls.fetch.saving import Fetched, Progress, check_free, fetch_rows
from calls.fetch.socrata import Socrata
from calls.fetch.web import Web

KINDS: Final = ("socrata", "ckan", "arcgis", "file")
_FILE_ENDINGS: Final = (
    ".csv", ".tsv", ".txt", ".xlsx", ".xls", ".parquet", ".json", ".jsonl", ".ndjson", ".zip", ".gz",
)  # fmt: skip


def kind_of(url: str) -> str:
    """socrata, ckan, arcgis or file, by the address alone. Raises UsageError where it says nothing."""
    path = urlsplit(url).path
    if arcgis.LAYER.match(url):
        return "arcgis"
    if "/api/3/action/" in path or re.search(r"/dataset/[^/]+/resource/", path):
        return "ckan"
    is_view = re.search(r"/(resource|d|views|dataset)/", path) or not path.lower().endswith(_FILE_ENDINGS)
    if socrata.ID.search(path) and is_view:
        return "socrata"
    if path.lower().endswith(_FILE_ENDINGS):
        return "file"
    raise UsageError(
        found=f"the address {_without_user(url)}, which does not tell what kind of portal it belongs to.",
        expected="a Socrata dataset (with an id such as abcd-1234), an ArcGIS service (…/FeatureServer/0), a CKAN "
        "resource (…/dataset/NAME/resource/ID), or a file (….csv).",
        action=f"Copy the dataset's own address, or name its kind: --kind {' or --kind '.join(KINDS)}.",
    )


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def fetch_address(
    url: str,
    out: Path | None = None,
    *,
    kind: str | None = None,
    where: str | None = None,
    limit: int | None = None,
    force: bool = False,
    web: Web | None = None,
    now: str,
    page_rows: int | None = None,
    progress: Progress = lambda done, total: None,
) -> Fetched:
    """Fetch the dataset at `url` to `out` (a name from the address where left away), of `kind` or the recognised one.

    `where` is a condition in the portal's own language. `progress` is told rows so far and in total (bytes for a
    plain file). Raises RightcallError in a sentence for everything that goes wrong.
    """
    web = web or Web()
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise UsageError(
            found="an address that does not begin with https://.",
            expected="the address of a dataset on the web.",
            action="Copy it from the browser.",
        )
    if kind is not None and kind not in KINDS:
        raise UsageError(
            found=f'--kind "{kind}".' + did_you_mean(kind, KINDS),
            expected=f"one of: {', '.join(KINDS)}.",
            action="Correct it, or leave it away.",
        )
    kind = kind or kind_of(url)
    out = out or Path(_name(url, kind))
    check_free(out, force=force)
    if kind == "ckan":
        file_url = Ckan(url).file_url(web)
        if file_url is not None:
            url, kind = file_url, "file"
    if kind == "file":
        if where is not None or limit is not None:
            raise UsageError(
                found="a condition or a limit for a plain file.",
                expected="the whole file: it can only be fetched as it is.",
                action="Leave --where and --limit away.",
            )
        return fetch_file(url, out, web=web, now=now, progress=progress)
    portal: Socrata | ArcGis | Ckan
    if kind == "socrata":
        portal = Socrata(url, where, page_rows or 50_000)
    elif kind == "arcgis":
        portal = ArcGis(url, where, page_rows)
    else:
        portal = Ckan(url, where, page_rows or 10_000)
    return fetch_rows(portal, out, web=web, now=now, limit=limit, progress=progress)


def _name(url: str, kind: str) -> str:
    """A file name from an address: the file's own, the dataset's id, or the service's name."""
    path = unquote(urlsplit(url).path)
    if kind == "file":
        base = path.rstrip("/").rpartition("/")[2]
    elif kind == "socrata":
        base = f"{Socrata(url).id}.csv"
    elif kind == "ckan":
        base = f"{Ckan(url).id}.csv"
    else:
        service = re.search(r"/([^/]+)/(?:FeatureServer|MapServer)", path, re.IGNORECASE)
        base = f"{service[1] if service else 'layer'}.csv"
    return re.sub(r"[^\w.\-]+", "_", base).lstrip(".") or "calls.csv"
