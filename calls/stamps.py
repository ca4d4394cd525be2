"""All stamps of a call from one layout: moments, dates with clock times, and spans after another stamp.

They are read in the order of a call, because a clock time needs the stamp before it to know whether midnight has
passed, and a span needs the stamp that it starts at.
"""

from __future__ import annotations

import polars as pl

from calls.layouts import DURATION_UNITS, Layout
from calls.schema import STAMPS
from calls.times import StampCounts, add_span, join_date_and_time, read_stamps


def stamps_of_rows(frame: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, dict[str, StampCounts]]:
    """Add every stamp that the layout gives (seconds, and …_local beside it), in the order of a call.

    Columns in: the layout's own, each named `src:` and its header, as text. The counts say how each went. A span
    whose starting stamps are all absent from the layout adds nothing.
    """
    counts: dict[str, StampCounts] = {}
    clock_times = layout.clock_times()
    for i, name in enumerate(STAMPS):
        earlier = [s for s in STAMPS[:i] if s in counts]
        if name in layout.columns:
            frame = join_date_and_time(frame, tuple(f"src:{c}" for c in layout.columns[name]), "_stamp")
            latest = pl.max_horizontal(f"{s}_local" for s in earlier) if name in clock_times else None
            frame, counts[name] = read_stamps(
                frame,
                "_stamp",
                name,
                formats=layout.formats,
                zone=layout.zone,
                offset=layout.offset,
                since=latest,
                not_before=pl.max_horizontal(earlier) if earlier else None,
            )
            frame = frame.drop("_stamp")
        elif name in layout.durations:
            span = layout.durations[name]
            after = tuple(s for s in span.after if s in counts)
            if after:
                frame, counts[name] = add_span(
                    frame,
                    f"src:{span.column}",
                    name,
                    seconds=DURATION_UNITS[span.unit],
                    after=after,
                    zone=layout.zone,
                )
    return frame, counts
