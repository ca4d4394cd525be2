"""Tables of words and lists of sentences on the Evaluate page.

Everything that comes from a study or its data is escaped or shown as plain text.
"""

from __future__ import annotations

from html import escape

import streamlit as st

from app.plain_table import scroll_box
from app.report_tables import Words


def words_table(words: Words) -> str:
    """A table of words as HTML, its number columns set flush right; wide ones scroll inside their own frame."""
    numeric = [name in words.numeric for name in words.columns]

    def of(place: int) -> str:
        return ' class="number"' if numeric[place] else ""

    head = "".join(f'<th scope="col"{of(i)}>{escape(name)}</th>' for i, name in enumerate(words.columns))
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td{of(i)}>{escape(cell)}</td>" for i, cell in enumerate(row[1:], start=1))
        + "</tr>"
        for row in words.rows
    )
    return scroll_box(
        f'<table class="plain"><caption>{escape(words.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>",
        words.caption,
    )


def show_words(words: Words) -> None:
    """A table of words with its note."""
    st.html(words_table(words))
    if words.note:
        st.caption(words.note)


def show_file_text(text: str, label: str) -> None:
    """A file as it stands, in a frame that scrolls and that the keyboard reaches."""
    st.html(
        f'<pre tabindex="0" role="group" aria-label="{escape(label)}" style="overflow:auto;max-height:32rem;'
        f'padding:0.75rem;border:1px solid #c8c8c8;border-radius:0.4rem;font-size:0.85rem">{escape(text)}</pre>'
    )


def show_lead(sentence: str) -> None:
    """The sentence that answers the question, in larger type; escaped."""
    st.html(f'<p style="font-size:1.15rem;font-weight:600;line-height:1.45;margin:0">{escape(sentence)}</p>')


def show_sentences(sentences: list[str]) -> None:
    """Sentences as a list of plain text."""
    for sentence in sentences:
        st.text(f"• {sentence}")
