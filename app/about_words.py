"""What the About page reads from our own documents: the glossary, chapters of the methods, sources of the policies."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

from app.wording import day, group_label
from call_codes.policy import load_policy, policy_names
from call_codes.taxonomy import load_taxonomy

ROOT: Final = Path(__file__).parents[1]
GLOSSARY: Final = ROOT / "GLOSSARY.md"
# Our own documents only: text of a user's data is never shown as markup.
DOCUMENTS: Final = {
    "How officer time is measured": ROOT / "officer_time" / "METHODS.md",
    "How plans and evaluations are made": ROOT / "evaluation" / "METHODS.md",
    "How well call types are recognized (model card)": ROOT / "classifier" / "MODEL_CARD.md",
}
_HEADING: Final = re.compile(r"^(#{1,2}) +(.+)$")


@cache
def definitions() -> tuple[tuple[str, str, str], ...]:
    """Word, meaning, kind: the glossary, then the categories of the taxonomy. Raises OSError without the glossary."""
    rows = [line.strip("|").split("|", 1) for line in GLOSSARY.read_text("utf-8").splitlines() if "|" in line]
    words = [
        (word.strip(), meaning.strip().replace("`", ""), "word")
        for word, meaning in rows
        if set(word.strip()) != {"-"} and word.strip() != "word"
    ]
    taxonomy = load_taxonomy()
    categories = [
        (one.label, f"{one.definition} ({group_label(one.group)})", "category")
        for one in taxonomy.categories.values()
    ]
    return (*words, *categories)


def found_definitions(text: str) -> tuple[tuple[str, str, str], ...]:
    """The definitions that hold every word of `text`, in any letters; all of them for no text."""
    wanted = text.casefold().split()
    return tuple(
        row for row in definitions() if all(word in f"{row[0]} {row[1]}".casefold() for word in wanted)
    )


@cache
def chapters(path: Path) -> dict[str, str]:
    """The document's chapters by heading, in Markdown without pictures and links, headings below the page's own.

    Raises OSError for a document that is not there.
    """
    found: dict[str, list[str]] = {}
    title = ""
    for line in path.read_text("utf-8").splitlines():
        heading = _HEADING.match(line)
        if heading:
            # The few lines below a document's title say what kind of document it is; the page says it already.
            title = heading[2].replace("`", "") if heading[1] == "##" else ""
            if title:
                found[title] = []
        elif title and not line.startswith("!["):
            found[title].append(f"##{line}" if line.startswith("###") else line)
    texts = {title: _LINK.sub(r"\1", "\n".join(lines)).strip() for title, lines in found.items()}
    return {title: text for title, text in texts.items() if text}


# A link leads out of the page, or to a file that is not served: its words stay.
_LINK: Final = re.compile(r"\[([^\]]+)\]\([^)]*\)")


def policy_sources() -> list[list[str]]:
    """Policy, as of, sources: one row per policy."""
    rows = []
    for name in policy_names():
        policy = load_policy(name)
        rows.append([policy.label, day(policy.as_of.isoformat()), "; ".join(policy.sources) or "–"])
    return rows
