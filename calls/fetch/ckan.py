"""CKAN portals (…/dataset/NAME/resource/ID): pages from the portal's datastore, in the order of row ids.

Protocol: the CKAN action interface (docs.ckan.org): `datastore_search` with `resource_id`, `limit`, `offset`,
`sort`, `filters`, and `resource_show` for what the resource is. A resource that the portal keeps as a file only
is fetched as that file (`plain_file`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from call_codes.errors import InputError
from calls.fetch.dataset import Dataset, Page, cell_text
from calls.fetch.web import Web, public_address

ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_OWN: Final = ("_id", "_full_text")


@dataclass(frozen=True)
class Ckan:
    """A resource of a CKAN portal; `where` as the JSON of its `filters`, as in '{"year": 2023}'."""

    url: str
    where: str | None = None
    page_rows: int = 10_000

    @property
    def id(self) -> str:
        """The resource's id: the last one in the address, or its resource_id parameter."""
        parts = urlsplit(self.url)
        named = parse_qs(parts.query).get("resource_id", [])
        found = named or ID.findall(parts.path)
        if not found:
            raise InputError(
                found="an address without a CKAN resource id.",
                expected="the address of one resource (file) of the dataset, with /resource/ and a long id in it.",
                action="Open the file's own page on the portal and copy its address.",
            )
        return str(found[-1])

    def file_url(self, web: Web) -> str | None:
        """Where the resource lies as a file, for portals that do not hold its rows; None where they do."""
        resource = self._action(web, "resource_show", {"id": self.id})
        return None if resource.get("datastore_active") else str(resource.get("url") or "") or None

    def describe(self, web: Web) -> Dataset:
        """Name and date from resource_show, columns and number of rows from the datastore."""
        resource = self._action(web, "resource_show", {"id": self.id})
        head = self._search(web, limit=0, offset=0)
        return Dataset(
            kind="ckan",
            id=self.id,
            title=str(resource.get("name") or self.id),
            source=public_address(self.url),
            columns=tuple(str(f["id"]) for f in head["fields"] if f["id"] not in _OWN),
            total=int(head["total"]) if "total" in head else None,
            updated=str(resource.get("last_modified") or resource.get("metadata_modified") or "") or None,
            filter=self.where,
        )

    def page(self, web: Web, dataset: Dataset, cursor: str | None) -> Page:
        """Up to `page_rows` rows; the cursor is the offset."""
        offset = int(cursor or 0)
        records = self._search(web, limit=self.page_rows, offset=offset).get("records") or []
        rows = [[cell_text(record.get(name)) for name in dataset.columns] for record in records]
        return Page(rows, str(offset + len(rows)))

    def _search(self, web: Web, *, limit: int, offset: int) -> dict[str, Any]:
        params: dict[str, str | int] = {
            "resource_id": self.id,
            "limit": limit,
            "offset": offset,
            "sort": "_id",
            **({"filters": self._filters()} if self.where else {}),
        }
        return self._action(web, "datastore_search", params)

    def _filters(self) -> str:
        try:
            return json.dumps(json.loads(self.where or "{}"))
        except json.JSONDecodeError as error:
            raise InputError(
                found=f"the condition {self.where}.",
                expected='for a CKAN portal a JSON object of columns and values, as in {"year": 2023}.',
                action="Correct --where.",
            ) from error

    def _action(self, web: Web, name: str, params: dict[str, str | int]) -> dict[str, Any]:
        parts = urlsplit(self.url)
        # A portal may live below a folder: https://city.gov/opendata/dataset/...
        folder = re.split(r"/(?:[a-z]{2}/)?(?:dataset|api/(?:3/)?action)/", parts.path)[0].rstrip("/")
        document = web.json(f"{parts.scheme}://{parts.netloc}{folder}/api/3/action/{name}", params)
        result = document.get("result") if isinstance(document, dict) else None
        if not isinstance(result, dict):
            raise InputError(
                found="an answer that is no CKAN portal's.",
                expected="the address of a resource on a CKAN portal.",
                action="Copy the address of the file's own page again, or its download address with --kind file.",
            )
        return result
