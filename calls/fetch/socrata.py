"""Socrata portals (data.city.gov/resource/abcd-1234): pages of CSV by limit and offset, in the order of row ids.

Protocol: the SODA 2.1 interface as Socrata documents it (dev.socrata.com): `$limit`, `$offset`, `$order=:id`,
`$where`, `$select=count(*)`, and `/api/views/ID.json` for what the dataset is.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from call_codes.errors import InputError
from calls.fetch.dataset import Dataset, Page
from calls.fetch.web import Web, public_address

ID: Final = re.compile(r"(?:^|/)([a-z0-9]{4}-[a-z0-9]{4})(?=$|[/.?])")


@dataclass(frozen=True)
class Socrata:
    """A dataset of a Socrata portal; `where` in its own query language, as in "year = 2023"."""

    url: str
    where: str | None = None
    page_rows: int = 50_000

    @property
    def id(self) -> str:
        """The dataset's id of four and four characters."""
        found = ID.search(urlsplit(self.url).path)
        if found is None:
            raise InputError(
                found="an address without a Socrata dataset id.",
                expected="an id such as abcd-1234 in it, as in https://data.city.gov/resource/abcd-1234.",
                action="Copy the address of the dataset's own page from the portal.",
            )
        return found[1]

    @property
    def _base(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def describe(self, web: Web) -> Dataset:
        """Title, date of the rows and license from the view; the number of rows counted by the portal."""
        view = web.json(f"{self._base}/api/views/{self.id}.json")
        view = view if isinstance(view, dict) else {}
        head = self._rows(web, limit=1, offset=0)
        counted = web.json(
            f"{self._base}/resource/{self.id}.json", {"$select": "count(*) as rows", **self._filter()}
        )
        updated = view.get("rowsUpdatedAt")
        return Dataset(
            kind="socrata",
            id=self.id,
            title=str(view.get("name") or self.id),
            source=public_address(self.url),
            columns=tuple(head[0]) if head else (),
            total=int(counted[0]["rows"]) if counted else None,
            updated=datetime.fromtimestamp(int(updated), UTC).isoformat() if updated else None,
            license=str((view.get("license") or {}).get("name") or "") or None,
            filter=self.where,
        )

    def page(self, web: Web, dataset: Dataset, cursor: str | None) -> Page:
        """Up to `page_rows` rows; the cursor is the offset."""
        offset = int(cursor or 0)
        rows = self._rows(web, limit=self.page_rows, offset=offset)
        if not rows:
            return Page([], str(offset))
        if tuple(rows[0]) != dataset.columns:
            raise InputError(
                found=f"other columns from row {offset + 1} on than at the start of {dataset.title}.",
                expected="the same columns on every page.",
                action="Run the command again: the publisher seems to be changing the dataset just now.",
            )
        body: list[list[str | None]] = [[cell or None for cell in row] for row in rows[1:]]
        return Page(body, str(offset + len(body)))

    def _rows(self, web: Web, *, limit: int, offset: int) -> list[list[str]]:
        # Without an order a portal may hand out a row twice and another never.
        params: dict[str, str | int] = {"$limit": limit, "$offset": offset, "$order": ":id", **self._filter()}
        text = web.text(f"{self._base}/resource/{self.id}.csv", params)
        return [row for row in csv.reader(io.StringIO(text, newline="")) if row]

    def _filter(self) -> dict[str, str]:
        return {"$where": self.where} if self.where else {}
