"""What a portal says about a dataset, and the promise that every kind of portal keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

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
