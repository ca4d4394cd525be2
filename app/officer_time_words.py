"""Words of the page of officer time: what is counted, what is filtered, and what a merged row means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.officer_time_compare import period_text
from app.officer_time_filter import Counted, Filter, Told
from app.wording import INITIATOR_LABELS, area_label
from evaluation.before.cascade import DENOMINATOR
from officer_time.denominators import DENOMINATORS

COUNTED: Final[dict[Counted, str]] = {
    "community": "Calls that the community started and police handled",
    "answering": "All calls without administrative activity",
    "all": "All calls",
}
DEFINITIONS: Final[dict[Counted, str]] = {
    "community": f"{DENOMINATOR[:1].upper()}{DENOMINATOR[1:]}.",
    "answering": f"{DENOMINATORS['all'][:1].upper()}{DENOMINATORS['all'][1:]} (breaks, court, reports and the like).",
    "all": "Every call in the export, after faulty rows were set aside.",
}
ELIGIBLE: Final = (
    "Eligible: handled by police, not known to be started by an officer or another agency, of a type that the policy "
    "{policy} takes, with no stated danger, at any hour."
)
SUBTRACTION: Final = (
    "With a filter, a row is also left out where its number could be had by subtraction: from the view of other areas, "
    "of a longer or shorter period, or of the whole."
)


def filter_words(chosen: Filter, area_name: str) -> str:
    """What is filtered: "district: 1, 3; months: 2023-04 to 2024-03; started by: Officer"; "" where nothing is.

    area_name: what the areas are.
    """
    parts = []
    if chosen.places:
        parts.append(f"{area_name.lower()}: {listed([area_label(place) for place in chosen.places])}")
    if chosen.first_month is not None or chosen.last_month is not None:
        parts.append(f"months: {period_text(chosen)}")
    if chosen.initiated_by:
        parts.append(f"started by: {listed([INITIATOR_LABELS[who] for who in chosen.initiated_by])}")
    return "; ".join(parts)


def listed(names: Sequence[str], most: int = 6) -> str:
    """ "1, 2 and 3"; of more than `most`, the first and how many more."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def merged_note(told: Told, what: str) -> str:
    """Why rows stand together that are not small by themselves; "" where none do. what: "categories"."""
    if not told.merged:
        return ""
    return (
        f"{told.merged} {what} stand in the row of few calls although they hold enough: under this filter, a small "
        "number could otherwise be worked out by subtracting one view from another. Whole calendar years, halves or "
        "quarters, and single districts, keep the most rows."
    )
