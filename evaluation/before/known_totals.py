"""What was simulated, brought to what was counted: one number for one thing, wherever it stands.

Replays put the city's weeks together anew, so their average has a few calls more or fewer than the export, and whole
weeks leave out the days at its ends. How many calls are eligible and how many come while a team is on duty is counted;
only what follows is simulated. So the replays are scaled to the counted totals (ratio estimation; Cochran 1977, chapter 6).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from evaluation.before.simulation import NOT_ACCEPTED, Simulated, summary_of

# What may happen to a call that is accepted and finds a team on duty.
ON_DUTY: Final = ("served", "no team free", "waited too long", "queue full", "still waiting at the end")
_AFTER_SERVED: Final = ("joint_calls", "back_up_calls", "overtime_hours")


def with_known_totals(
    simulated: Simulated,
    *,
    eligible: float,
    on_duty: float,
    accepted_share: float,
    weeks: float,
    weekdays: tuple[float, ...],
) -> Simulated:
    """`simulated` with these totals as the means of its replications.

    eligible: calls of the export with a known time. on_duty: those of them that come while a team is on duty and that
    the screening accepts. weeks, weekdays: the length of the export. Shares, times and utilisation stay as they are,
    except served_share, which is served / eligible.
    """
    table = simulated.replications
    means = {
        name: float(value) for name, value in table.mean().row(0, named=True).items() if value is not None
    }
    served = _ratio(on_duty, sum(means[name] for name in ON_DUTY))
    factors = {
        "eligible_calls": _ratio(eligible, means["eligible_calls"]),
        NOT_ACCEPTED: _ratio(eligible * (1 - accepted_share), means[NOT_ACCEPTED]),
        "no team on duty": _ratio(max(0.0, eligible * accepted_share - on_duty), means["no team on duty"]),
        **dict.fromkeys((*ON_DUTY, *_AFTER_SERVED), served),
    }
    scaled = table.with_columns(pl.col(name) * factor for name, factor in factors.items()).with_columns(
        (pl.col("served") / pl.col("eligible_calls")).fill_nan(None).alias("served_share")
    )
    share = _ratio(means["served"] * served, eligible)
    summary = summary_of(scaled).with_columns(
        pl.when(pl.col("measure") == "served_share").then(share).otherwise("mean").alias("mean")
    )
    by_hour, by_area = (
        part.with_columns(
            pl.col("eligible_calls") * factors["eligible_calls"], pl.col("served_calls") * served
        ).with_columns(
            (pl.col("eligible_calls") - pl.col("served_calls")).clip(lower_bound=0).alias("lost_calls")
        )
        for part in (simulated.by_hour, simulated.by_area)
    )
    return replace(
        simulated,
        replications=scaled,
        summary=summary,
        by_hour=by_hour,
        by_area=by_area,
        weeks=weeks,
        weekdays=weekdays,
    )


def _ratio(known: float, mean: float) -> float:
    return known / mean if mean else 1.0
