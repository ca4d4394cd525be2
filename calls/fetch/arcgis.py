"""ArcGIS feature services (…/FeatureServer/0): pages by object id, so that a change behind us moves no row.

Protocol: the query operation of the ArcGIS REST interface (developers.arcgis.com/rest): `where`, `outFields`,
`orderByFields`, `resultRecordCount`, `returnCountOnly`. Errors may come wrapped in an answer of 200. Dates are
milliseconds since 1970 UTC, and are written as they come.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from call_codes.errors import InputError
from calls.fetch.dataset import Dataset, Page, cell_text
from calls.fetch.web import Web, public_address

LAYER: Final = re.compile(
    r"^(https?://.+?/(?:FeatureServer|MapServer))(?:/(\d+))?(?:[/?].*)?$", re.IGNORECASE
)
_POINTS: Final = ("longitude", "latitude")
_USUAL_PAGE: Final = 1_000


def status_inside(document: Any) -> int | None:
    """The status of an error that came wrapped in an answer of 200; None where there is none."""
    error = document.get("error") if isinstance(document, dict) else None
    return int(error.get("code", 400)) if isinstance(error, dict) else None


@dataclass(frozen=True)
class ArcGis:
    """A layer of a feature service; `where` in its own SQL, as in "call_year = 2023"."""

    url: str
    where: str | None = None
    page_rows: int | None = None

    @property
    def _layer(self) -> str:
        found = LAYER.match(self.url)
        if found is None:
            raise InputError(
                found="an address that is no ArcGIS feature service.",
                expected="an address with /FeatureServer/0 or /MapServer/0 in it.",
                action='On the dataset\'s page open "I want to use this", then "API resources", and copy the '
                "GeoService address up to the number.",
            )
        return f"{found[1]}/{found[2] or 0}"

    def describe(self, web: Web) -> Dataset:
        """Fields, object-id field, page size, title and date of the last edit, and the number of rows."""
        layer = self._get(web, self._layer, {})
        fields = [str(f["name"]) for f in layer.get("fields") or []]
        object_id = layer.get("objectIdField") or next(
            (str(f["name"]) for f in layer.get("fields") or [] if f.get("type") == "esriFieldTypeOID"), None
        )
        if not fields or object_id is None:
            raise InputError(
                found="a layer without a table of rows.",
                expected="a layer of a feature service with fields and object ids.",
                action="Check the number at the end of the address: a service may hold several layers.",
            )
        counted = self._get(
            web, f"{self._layer}/query", {"where": self.where or "1=1", "returnCountOnly": "true"}
        )
        edited = (layer.get("editingInfo") or {}).get("lastEditDate")
        points = layer.get("geometryType") == "esriGeometryPoint" and not set(_POINTS) & {
            f.lower() for f in fields
        }
        return Dataset(
            kind="arcgis",
            id=public_address(self._layer),
            title=str(layer.get("name") or "layer"),
            source=public_address(self.url),
            columns=(*fields, *(_POINTS if points else ())),
            total=int(counted["count"]) if "count" in counted else None,
            updated=datetime.fromtimestamp(int(edited) / 1000, UTC).isoformat() if edited else None,
            license=str(layer.get("copyrightText") or "") or None,
            filter=self.where,
            inner={
                "object_id": str(object_id),
                "page_rows": min(int(layer.get("maxRecordCount") or _USUAL_PAGE), self.page_rows or 1 << 30),
                "points": int(points),
            },
        )

    def page(self, web: Web, dataset: Dataset, cursor: str | None) -> Page:
        """Up to the service's own page size; the cursor is the last object id that was read."""
        object_id = str(dataset.inner["object_id"])
        points = bool(dataset.inner["points"])
        after = "" if cursor is None else f" AND {object_id} > {int(cursor)}"
        params: dict[str, str | int] = {
            "where": f"({self.where or '1=1'}){after}",
            "outFields": "*",
            "orderByFields": f"{object_id} ASC",
            "resultRecordCount": dataset.inner["page_rows"],
            "returnGeometry": "true" if points else "false",
            **({"outSR": "4326"} if points else {}),
        }
        features = self._get(web, f"{self._layer}/query", params).get("features") or []
        rows: list[list[str | None]] = []
        for feature in features:
            values = dict(feature.get("attributes") or {})
            if points:
                place = feature.get("geometry") or {}
                values |= {"longitude": place.get("x"), "latitude": place.get("y")}
            rows.append([cell_text(values.get(name)) for name in dataset.columns])
        last = features[-1]["attributes"][object_id] if features else (cursor or 0)
        return Page(rows, str(last))

    def _get(self, web: Web, url: str, params: dict[str, str | int]) -> dict[str, Any]:
        document = web.json(url, {**params, "f": "json"}, status_inside=status_inside)
        status = status_inside(document)
        if status is not None:
            said = str(document["error"].get("message") or "").strip()
            raise InputError(
                found=f"the feature service refuses ({status}): {said or 'no reason given'}.",
                expected="a public layer, and a --where that it understands."
                if self.where
                else "a public layer.",
                action="Check the address and, if given, the condition.",
            )
        if not isinstance(document, dict):
            raise InputError(
                found="an answer that is no feature service's.",
                expected="an address with /FeatureServer/0 or /MapServer/0 in it.",
                action="Copy the GeoService address from the dataset's page.",
            )
        return document
