"""What a person says about the times of a file, put into its layout: the time zone, and whether to repair slips.

The time zone is known from a layout, asked for, or declared unknown. It is never guessed: a wrong zone moves every
call to another hour of the week, and nothing in the numbers would show it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from call_codes.errors import LayoutError
from calls.detection import Detection
from calls.layouts import check_time_zone

# What a person says who has asked and was not told.
UNKNOWN_ZONE: Final = "unknown"
_ASKED: Final = "In which time zone are the stamps?"
_PROPOSED: Final = "Is the time zone "


def check_zone_setting(zone: str) -> None:
    """Raise LayoutError for a time zone that does not exist; "unknown" is one that nobody could tell."""
    if zone != UNKNOWN_ZONE:
        check_time_zone(
            zone,
            "the settings name",
            'Correct --time-zone (time_zone in rightcall.toml), or write "unknown" if nobody can tell.',
        )


def with_choices(
    detection: Detection, *, time_zone: str | None = None, repair_half_day_slips: bool = False
) -> Detection:
    """The detection with its stamps in `time_zone` and slips repaired where that was asked for.

    Without a zone nothing changes; "unknown" only takes the question for it away. Raises LayoutError for a zone
    that does not exist, or that contradicts the layout's own.
    """
    found = detection.layout
    if repair_half_day_slips:
        found = replace(found, repair_half_day_slips=True)
    if time_zone is None:
        return replace(detection, layout=found)
    check_zone_setting(time_zone)
    if time_zone != UNKNOWN_ZONE and found.zone not in (None, time_zone):
        raise LayoutError(
            found=f"the time zone {time_zone}, while the layout {found.id} says {found.zone}.",
            expected="one time zone for one file.",
            action="Leave the time zone out of the options and settings, or correct it in the layout.",
        )
    questions = tuple(q for q in detection.questions if not (q.startswith(_ASKED) or _PROPOSED in q))
    if time_zone != UNKNOWN_ZONE:
        found = replace(found, zone=time_zone)
    return replace(detection, layout=found, questions=questions)
