"""The layout of the files at hand, with what a person says: which layout, the time zone, whether to repair slips.

The time zone is known from a layout, asked for, or declared unknown. It is never guessed: a wrong zone moves every
call to another hour of the week, and nothing in the numbers would show it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from call_codes.errors import LayoutError, UsageError
from calls.column_drift import drift_questions
from calls.detection import Detection, detect_layout
from calls.layouts import check_time_zone, load_layout
from calls.raw_table import RawTable
from calls.stream import RawStream

# What a person says who has asked and was not told.
UNKNOWN_ZONE: Final = "unknown"
_ASKED: Final = "In which time zone are the stamps?"
_PROPOSED: Final = "Is the time zone "


def layout_of_sources(
    sources: Sequence[RawTable | RawStream],
    layout: str | None,
    *,
    time_zone: str | None = None,
    repair_half_day_slips: bool = False,
    need_call_type: bool = True,
) -> Detection:
    """The columns of the files of one city: by the layout that was named, else recognised from the first file.

    need_call_type: as for detect_layout. Raises UsageError for files that are plainly of different agencies, LayoutError as load_layout, detect_layout
    and with_choices do.
    """
    firsts = [source.sample if isinstance(source, RawStream) else source for source in sources]
    if layout is not None:
        chosen = load_layout(layout)
        sure, why = dict.fromkeys(chosen.columns, 1.0), dict.fromkeys(chosen.columns, "chosen")
        asked = tuple(doubt.ask for doubt in chosen.doubts.values() if doubt.ask)
        detection = Detection(chosen, True, sure, why, asked)
    else:
        detections = [detect_layout(first, need_call_type=need_call_type) for first in firsts]
        named = {
            d.layout.id: f"{first.label} ({d.layout.label})"
            for first, d in zip(firsts, detections, strict=True)
        }
        if len(named) > 1 and all(d.named for d in detections):
            raise UsageError(
                found=f"files that look like different agencies': {'; '.join(named.values())}.",
                expected="files of one agency.",
                action="Take each agency by itself, with an --out of its own.",
            )
        detection = detections[0]
        columns = [(first.label, first.headers, first.rows_read) for first in firsts[1:]]
        asked = drift_questions(detection.layout, columns)
        detection = replace(detection, questions=(*detection.questions, *asked))
    return with_choices(detection, time_zone=time_zone, repair_half_day_slips=repair_half_day_slips)


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
