"""Tables as plain HTML: every chart has one below it, for readers who cannot or would not use the chart.

Cells are escaped here, so that a call type or an area name can never act as markup. Long lists that people
search and sort use st.dataframe instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

STYLE: Final = """<style>
[data-testid="stMainBlockContainer"] { padding-left: 2.5rem; padding-right: 2.5rem; }
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding-left: 1rem; padding-right: 1rem; }
}
/* What is wider than the window scrolls inside its own box, at a size that can be read. */
div.plain-box { overflow-x: auto; max-width: 100%; }
div.plain-box:focus-visible { outline: 2px solid #0072B2; outline-offset: 2px; }
table.plain { border-collapse: collapse; width: 100%; font-size: 0.95rem; margin: 0.25rem 0 0.5rem; }
table.plain caption { text-align: left; padding: 0 0 0.4rem; }
table.plain th, table.plain td { border-bottom: 1px solid #c8c8c8; padding: 0.3rem 0.6rem 0.3rem 0;
  text-align: left; vertical-align: top; font-weight: normal; }
table.plain thead th { border-bottom: 2px solid #444444; font-weight: 600; vertical-align: bottom; }
table.plain .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
table.plain thead .number { white-space: normal; }
table.plain.narrow { font-size: 0.8rem; }
table.plain.narrow th, table.plain.narrow td { padding: 0.2rem 0.25rem 0.2rem 0; }
p.range { font-size: 1.9rem; font-weight: 600; margin: 0; line-height: 1.3; }
</style>"""


def range_in_large(text: str) -> str:
    """A range as a paragraph in large type: it is the finding, but no heading of anything below it."""
    return f'<p class="range">{escape(text)}</p>'


def scroll_box(table: str, label: str) -> str:
    """HTML in a box that scrolls sideways where the window is too narrow, and that the keyboard reaches.

    table: HTML, escaped already. label: what the box holds, for those who do not see it.
    """
    return f'<div class="plain-box" tabindex="0" role="region" aria-label="{escape(label)}">{table}</div>'


def plain_table(
    caption: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    numbers_from: int | None = 1,
    *,
    narrow: bool = False,
) -> str:
    """An HTML table with a caption, in a box that scrolls where it is too wide. The first cell of a row is its heading.

    rows: cells as they are to be read. numbers_from: the first column that holds numbers (aligned right); None
    for none. narrow: small type and little room, for many columns.
    """

    def of(number: int) -> str:
        return ' class="number"' if numbers_from is not None and number >= numbers_from else ""

    head = "".join(f'<th scope="col"{of(i)}>{escape(text)}</th>' for i, text in enumerate(headings))
    body = "".join(
        "<tr>"
        + f'<th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td{of(i)}>{escape(text)}</td>" for i, text in enumerate(row[1:], start=1))
        + "</tr>"
        for row in rows
    )
    kind = "plain narrow" if narrow else "plain"
    table = (
        f'<table class="{kind}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )
    return scroll_box(table, caption)
