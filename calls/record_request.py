"""A record-request letter that asks for exactly what is missing, in a form that harms nobody.

The fields and the questions that need them are data (`request_fields.toml`, `abilities.toml`); the words of the
letter stand in `record_request.md`. The letter is made once, as Markdown, and its HTML form is the same text, so
the two cannot disagree. The data dictionary that goes with it is written from `schema.py`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from call_codes.errors import UsageError, did_you_mean
from calls.abilities import Ability, questions
from calls.schema import COLUMNS, STAMPS, UNIT_COLUMNS, Column

_FOLDER: Final = Path(__file__).parent
_TYPE_WORDS: Final[Mapping[type[pl.DataType], str]] = {
    pl.String: "text",
    pl.Int64: "whole number",
    pl.Float64: "number",
}


@dataclass(frozen=True)
class Field:
    """A field that may be asked for; see request_fields.toml for what each part means."""

    id: str
    label: str
    form: str
    why: str
    standard: str
    group: str
    always: bool = False


@dataclass(frozen=True)
class RecordRequest:
    """What a letter asks for. `wants` and `answered` are questions in words; the file in hand answers the latter."""

    wants: tuple[str, ...]
    fields: tuple[Field, ...]
    answered: tuple[str, ...]
    file: str | None = None

    @property
    def groups(self) -> dict[str, tuple[Field, ...]]:
        """The fields by their group, in the order of request_fields.toml."""
        names = dict.fromkeys(field.group for field in self.fields)
        return {name: tuple(f for f in self.fields if f.group == name) for name in names}


@lru_cache(maxsize=1)
def request_fields() -> dict[str, Field]:
    """Every field that may be asked for, as `request_fields.toml` lists them."""
    with (_FOLDER / "request_fields.toml").open("rb") as file:
        return {name: Field(id=name, **entry) for name, entry in tomllib.load(file).items()}


def record_request(
    wants: Iterable[str] = (), *, found: Iterable[Ability] | None = None, file: str | None = None
) -> RecordRequest:
    """The request for the questions `wants` (ids of abilities.toml; none = all of them).

    `found` is what a file in hand can answer (calls.abilities): only what it lacks is asked for. Without it
    every field that the questions need is asked for. Raises UsageError for a question that does not exist.
    """
    known = questions()
    chosen = list(dict.fromkeys(wants)) or list(known)
    for name in chosen:
        if name not in known:
            raise UsageError(
                found=f'"{name}", which is no question that Rightcall knows.' + did_you_mean(name, known),
                expected=f"one or more of: {', '.join(known)}.",
                action="Correct --wants, or leave it away to ask for everything.",
            )
    if found is None:
        asked = {f for name in chosen for need in known[name].needs for f in need.ask}
        asked |= {f.id for f in request_fields().values() if f.always}
        answered: tuple[str, ...] = ()
    else:
        of_file = {ability.id: ability for ability in found}
        asked = {f for name in chosen for f in of_file[name].ask}
        answered = tuple(known[name].text for name in chosen if of_file[name].verdict == "yes")
        if asked:
            # What comes in addition can be joined to what is here only by the call's number.
            asked |= {f.id for f in request_fields().values() if f.always}
    fields = tuple(field for name, field in request_fields().items() if name in asked)
    return RecordRequest(tuple(known[name].text for name in chosen), fields, answered, file)


def dictionary(columns: tuple[Column, ...]) -> pl.DataFrame:
    """The data dictionary of a table of calls.schema: column, type, unit, meaning, when_blank."""
    return pl.DataFrame(
        {
            "column": [c.name for c in columns],
            "type": [_TYPE_WORDS[c.dtype] for c in columns],
            "unit": [_unit(c) for c in columns],
            "meaning": [c.meaning for c in columns],
            "when_blank": [c.null_means.replace(" (see data_quality.csv)", "") for c in columns],
        }
    )


def _unit(column: Column) -> str:
    if column.name in (*STAMPS, "started_at", "started_local"):
        return "seconds since 1970-01-01" + ("" if column.name == "started_local" else " UTC")
    return "degrees" if column.name in ("latitude", "longitude") else ""


def data_dictionary() -> pl.DataFrame:
    """Both standard tables as one dictionary: table (calls, units) and the columns of `dictionary`."""
    return pl.concat(
        dictionary(columns).select(pl.lit(name).alias("table"), pl.all())
        for name, columns in (("calls", COLUMNS), ("units", UNIT_COLUMNS))
    )


def letter_markdown(request: RecordRequest, *, agency: str = "", period: str = "") -> str:
    """The letter as Markdown. What is not known is a placeholder in square brackets, for a person to fill."""
    return _template("record_request.md").render(
        request=request,
        agency=agency or "[AGENCY]",
        period=period or "[FIRST DAY] to [LAST DAY], at least 24 whole months",
        tables={"calls": dictionary(COLUMNS).to_dicts(), "units": dictionary(UNIT_COLUMNS).to_dicts()},
    )


def letter_html(markdown: str) -> str:
    """The same letter as one self-contained page that prints well; no script, no outside request."""
    from markdown_it import MarkdownIt

    # html=False: whatever stands in a file name stays text.
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    return _template("record_request.html").render(body=body)


def _template(name: str) -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=False,  # Markdown; the HTML page takes the body that markdown-it has escaped
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = lambda text: str(text).replace("|", "\\|").replace("\n", " ")
    return environment.get_template(name)
