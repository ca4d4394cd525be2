"""What a portal says about a dataset, and the promise that every kind of portal keeps."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from calls.fetch.web import Web


@dataclass(frozen=True)
class Dataset:
    """A table on a portal. `total` rows and `updated` where the portal says; `inner` is the portal's own."""

    kind: str
    id: str
    title: str
    source: str
    columns: tuple[str, ...]
    total: int | None = None
    updated: str | None = None
    license: str | None = None
    filter: str | None = None
    inner: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """Some rows, in the order of Dataset.columns, and the cursor at which the next page begins."""

    rows: list[list[str | None]]
    cursor: str


class Portal(Protocol):
    """One kind of portal. A page without rows is the end; the same cursor gives the same page."""

    def describe(self, web: Web) -> Dataset:
        """What the portal says about the dataset. Raises InputError in a sentence."""

    def page(self, web: Web, dataset: Dataset, cursor: str | None) -> Page:
        """The rows from `cursor` on (None = from the start). Raises InputError in a sentence."""


def cell_text(value: Any) -> str | None:
    """A cell of a JSON answer as text: whole numbers without a decimal point, lists as JSON, blanks as None."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
