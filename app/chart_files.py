"""A chart as files to take along: a drawing that stands alone in a newsletter, and its table as CSV.

Outside the app nobody sees the words around a chart. So the drawing carries them: the finding as its title, what
was counted, and where the calls come from. Nothing is fetched to make it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from textwrap import wrap
from typing import TYPE_CHECKING, Final

import polars as pl

from app.outputs import spreadsheet_safe

if TYPE_CHECKING:
    import altair as alt

PNG_SCALE: Final = 2  # sharp over the width of a page, and still small enough to mail
_FONT: Final = "Arial, 'Liberation Sans', Helvetica, sans-serif"
_MARGIN: Final = 20
_NARROWEST: Final = 560
# Size, line height and average width of a character in pixels, by kind of text.
_TITLE: Final = (17, 22, 8.6)
_SMALL: Final = (12, 16, 5.9)
_OUTSIDE: Final = re.compile(r'href="(?!data:|#)')
_NO_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_GROUPED_NUMBER: Final = re.compile(r"^-?\d{1,3}(,\d{3})+(\.\d+)?$")


def chart_svg(chart: alt.LayerChart, title: str, definition: str, source: str) -> bytes:
    """`chart` as an SVG with `title` above it and `definition` and `source` below it, on white ground.

    Data must be inside the chart: an address in it raises ValueError, since nothing may be fetched.
    """
    return _drawing(chart, title, definition, source).encode()


def chart_png(chart: alt.LayerChart, title: str, definition: str, source: str) -> bytes:
    """As chart_svg, as a PNG of PNG_SCALE times its size."""
    import vl_convert

    return bytes(vl_convert.svg_to_png(_drawing(chart, title, definition, source), scale=PNG_SCALE))


def _drawing(chart: alt.LayerChart, title: str, definition: str, source: str) -> str:
    import vl_convert

    spec = chart.properties(autosize="pad").to_dict()
    # Words for every single mark would be read one by one; the title and the table say it better.
    spec.setdefault("config", {})["aria"] = False
    inner = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    if _OUTSIDE.search(inner):
        # Turning the drawing into a PNG would fetch it.
        raise ValueError("a chart that shows a picture from elsewhere: draw from the data in it only")
    size = re.search(r'<svg[^>]*? width="([\d.]+)" height="([\d.]+)"', inner)
    if size is None:
        raise AssertionError("the drawing has no size")
    drawn_width, drawn_height = float(size[1]), float(size[2])
    width = max(drawn_width, _NARROWEST) + 2 * _MARGIN
    room = width - 2 * _MARGIN
    head = _lines(title, room, _TITLE)
    foot = [*_lines(definition, room, _SMALL), *_lines(source, room, _SMALL)]
    top = _MARGIN + len(head) * _TITLE[1] + 8
    below = top + drawn_height + 12
    height = below + len(foot) * _SMALL[1] + _MARGIN
    texts = [
        *_texts(head, _MARGIN, _TITLE, ' font-weight="bold" fill="#1a1a1a"'),
        *_texts(foot, below, _SMALL, ' fill="#444444"'),
    ]
    placed = inner.replace("<svg", f'<svg x="{_MARGIN}" y="{top:g}"', 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
        f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}" font-family="{_FONT}">'
        f"<title>{_xml(title)}</title><desc>{_xml(f'{definition} {source}'.strip())}</desc>"
        f'<rect width="{width:g}" height="{height:g}" fill="white"/>{"".join(texts)}{placed}</svg>\n'
    )


def _lines(text: str, room: float, kind: tuple[int, int, float]) -> list[str]:
    return wrap(text, max(20, int(room / kind[2])))


def _texts(lines: list[str], top: float, kind: tuple[int, int, float], look: str) -> list[str]:
    size, step, _ = kind
    return [
        f'<text x="{_MARGIN}" y="{top + size + number * step:g}" font-size="{size}"{look}>{_xml(line)}</text>'
        for number, line in enumerate(lines)
    ]


def _xml(text: str) -> str:
    return escape(_NO_XML.sub("", text))


@dataclass(frozen=True)
class TableText:
    """A table as it is read: its caption and its rows of cells, the headings first."""

    caption: str
    rows: tuple[tuple[str, ...], ...]


def table_text(table_html: str) -> TableText:
    """The first table of app.plain_table, read back: the rows that a reader sees, and no others."""
    reader = _Reader()
    reader.feed(table_html)
    return TableText(reader.caption.strip(), tuple(tuple(row) for row in reader.rows))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.caption = ""
        self.rows: list[list[str]] = []
        self._place = ""
        self._done = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._done:
            return
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")
        self._place = tag if tag in ("caption", "th", "td") else self._place

    def handle_endtag(self, tag: str) -> None:
        self._done = self._done or tag == "table"
        self._place = "" if tag == self._place else self._place

    def handle_data(self, data: str) -> None:
        if self._done:
            return
        if self._place == "caption":
            self.caption += data
        elif self._place in ("th", "td"):
            self.rows[-1][-1] += data


def rows_csv(rows: tuple[tuple[str, ...], ...]) -> bytes:
    """Rows of words as CSV, the headings first: the same cells, 1,593 as 1593, no text that acts as a formula."""
    width = max((len(row) for row in rows), default=0)
    table = pl.DataFrame(
        [[_plain_number(cell) for cell in row] + [""] * (width - len(row)) for row in rows],
        schema={f"column_{number}": pl.String for number in range(width)},
        orient="row",
    )
    return spreadsheet_safe(table).write_csv(include_header=False).encode()


def _plain_number(cell: str) -> str:
    cell = cell.replace("\u00a0", " ")
    return cell.replace(",", "") if _GROUPED_NUMBER.match(cell) else cell


def file_stem(text: str) -> str:
    """A file's name from a sentence: small letters, digits and hyphens, up to 60 characters."""
    stem = re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=\d),(?=\d)", "", text.lower())).strip("-")
    if len(stem) > 60:
        stem = stem[:61].rsplit("-", 1)[0]
    return stem or "chart"
