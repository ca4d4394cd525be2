"""Reads the training vocabulary: made-up call types with their category, risk and naming style.

The rows are in `training/*.csv`; `training/README.md` says what the columns mean and how to add to them. A
style is one agency's way of writing ("DIST-VERBAL", "Disturbance, Verbal"); whatever is validated or
calibrated holds out whole styles, because a new city is always a new style.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from call_codes.errors import CodeBookError, did_you_mean
from call_codes.taxonomy import HAZARD_KINDS, load_taxonomy
from classifier.text import model_text

TRAINING_FOLDER = Path(__file__).parent / "training"
FAMILIES_PATH = Path(__file__).parent / "style_families.csv"
COLUMNS = ("call_type", "category", "alt", "hazard", "hazard_kinds", "style", "provenance")
HAZARD_STATED = 2


@dataclass(frozen=True)
class Vocabulary:
    """The training rows, column by column, all of one length, in the order of the files (by name) and rows.

    texts: as `text.model_text` leaves them. alts: a second category that is also right, or "". hazards: 2 a
    weapon or violence is stated, 1 implied, 0 neither. digest: sha256 over file names and bytes.
    """

    texts: tuple[str, ...]
    categories: tuple[str, ...]
    alts: tuple[str, ...]
    hazards: tuple[int, ...]
    styles: tuple[str, ...]
    digest: str

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def families(self) -> tuple[str, ...]:
        """What is held out together, per row: the style's family in `style_families.csv`, or the style itself.

        Styles that write one list of names in several ways would otherwise answer for each other.
        """
        family_of = _families()
        return tuple(family_of.get(style, style) for style in self.styles)


@lru_cache(maxsize=4)
def load_vocabulary(folder: Path = TRAINING_FOLDER) -> Vocabulary:
    """The rows of every CSV file in `folder`.

    Raises CodeBookError when there is none, when a header differs from COLUMNS, or when a row has an unknown
    category or hazard, no text or no style; file and row are named.
    """
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise CodeBookError(
            found=f"no CSV file in {folder}",
            expected=f"at least one with the columns {', '.join(COLUMNS)}",
            action="restore the training vocabulary",
        )
    digest = hashlib.sha256()
    rows: list[dict[str, str]] = []
    for file in files:
        content = file.read_bytes()
        digest.update(file.name.encode() + b"\0" + content + b"\0")
        rows += _checked_rows(file.name, content.decode("utf-8"))
    return Vocabulary(
        texts=tuple(model_text(row["call_type"]) for row in rows),
        categories=tuple(row["category"] for row in rows),
        alts=tuple(row["alt"] for row in rows),
        hazards=tuple(int(row["hazard"]) for row in rows),
        styles=tuple(row["style"] for row in rows),
        digest=digest.hexdigest(),
    )


@lru_cache(maxsize=1)
def _families() -> dict[str, str]:
    with FAMILIES_PATH.open(encoding="utf-8", newline="") as file:
        return {row["style"]: row["family"] for row in csv.DictReader(file)}


def _checked_rows(name: str, content: str) -> list[dict[str, str]]:
    reader = csv.DictReader(content.splitlines())
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise CodeBookError(
            found=f"training/{name} has the columns {', '.join(reader.fieldnames or ())}",
            expected=", ".join(COLUMNS),
            action="restore the header row",
        )
    rows = []
    for line, raw in enumerate(reader, start=2):
        row = {key: (value or "").strip() for key, value in raw.items() if key is not None}
        fault = _fault(row, too_long=None in raw)
        if fault:
            raise CodeBookError(
                found=f"training/{name}, row {line}: {fault}",
                expected="a text, a category of the taxonomy, a hazard of 0, 1 or 2, and a style",
                action="correct the row; training/README.md explains the columns",
            )
        rows.append(row)
    return rows


def _fault(row: dict[str, str], too_long: bool) -> str:
    ids = load_taxonomy().ids
    if too_long:
        return "more fields than columns (a comma in the text needs quotation marks)"
    if not row["call_type"] or not row["style"]:
        return "the text or the style is empty"
    for column in ("category", "alt"):
        if row[column] not in ids and (column == "category" or row[column]):
            return f'the {column} is "{row[column]}".{did_you_mean(row[column], ids)}'
    if row["hazard"] not in ("0", "1", "2"):
        return f'the hazard is "{row["hazard"]}"'
    unknown = [kind for kind in row["hazard_kinds"].split("|") if kind and kind not in HAZARD_KINDS]
    return f'the hazard kind is "{unknown[0]}".{did_you_mean(unknown[0], HAZARD_KINDS)}' if unknown else ""
