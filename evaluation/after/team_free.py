"""Whether a team was free when a call came in, from the team's own list of visits: the availability instrument.

A visit keeps its team busy from dispatch until it leaves. The call's own visit does not count: it would make the
instrument an effect of what it is to explain. Hours in which nobody was on duty are no bad luck, so only calls within
the program's hours have an answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evaluation.after.study import Study
from evaluation.after.visits import Visits, read_visits

LEAST_CALLS = 50  # on either side: from fewer nobody can tell luck from what the calls were like


@dataclass(frozen=True)
class TeamsFree:
    """available: Boolean per call (null where the program was not offered); note: how it was found, in a sentence."""

    available: pl.Series
    note: str


def teams_free(study: Study, calls: pl.DataFrame) -> TeamsFree | str:
    """For calls with call_id, started_local (seconds) and treated (Boolean): was a team free? Or why nobody can know.

    A team is on duty from its first visit in the list to its last. Visits without a departure last as long as the
    median of the others. Fewer than 50 offered calls with a free team, or without one, are too few.
    """
    if study.team is None:
        return "the study has no list of the team's visits"
    if study.team.unit is None:
        return "the list of visits does not say which team went (unit in [team]), so nobody knows how many were free"
    visits = read_visits(study)
    if "departed" not in visits.has or not {"dispatched", "requested", "arrived"} & visits.has:
        return "the list of visits does not say from when to when a team was busy (dispatched and departed in [team])"
    busy = _intervals(visits)
    if busy.is_empty():
        return "no visit in the list has a team, a beginning and an end"
    offered = calls["treated"].fill_null(False).to_numpy() & calls["started_local"].is_not_null().to_numpy()
    moments = calls["started_local"].fill_null(0).to_numpy()
    free = np.zeros(len(moments), dtype=np.int64)
    for _, own in busy.group_by("unit", maintain_order=True):
        on_duty = (moments >= own["start"].min()) & (moments < own["end"].max())
        free += on_duty & (_covering(own, moments) - _own_visits(own, calls, moments) <= 0)
    values = pl.Series("team_available", free > 0)
    available = pl.DataFrame({"free": values, "offered": offered}).select(
        pl.when("offered").then("free").alias("team_available")
    )["team_available"]
    units, known, found = busy["unit"].n_unique(), available.drop_nulls().len(), int(available.sum())
    note = f"{found:,} of {known:,} offered calls came in while one of {units} team(s) was free"
    if min(found, known - found) < LEAST_CALLS:
        return f"{note}; {LEAST_CALLS} with and {LEAST_CALLS} without a free team are needed"
    return TeamsFree(available, f"{note}.")


def _intervals(visits: Visits) -> pl.DataFrame:
    """unit, call_id, start, end of every visit, sorted by unit and start."""
    start = pl.coalesce("dispatched", "requested", "arrived")
    table = visits.table.with_columns(start.alias("start")).drop_nulls(["unit", "start"])
    lasted = pl.col("departed") - pl.col("start")
    usual = pl.when(lasted > 0).then(lasted).median().cast(pl.Int64)
    end = pl.col("start") + pl.when(lasted > 0).then(lasted).otherwise(usual)
    found = table.with_columns(end.alias("end")).drop_nulls("end")
    return found.select("unit", "call_id", "start", "end").sort("unit", "start", "end")


def _covering(busy: pl.DataFrame, moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the intervals (start ≤ moment < end) hold each moment."""
    starts, ends = np.sort(busy["start"].to_numpy()), np.sort(busy["end"].to_numpy())
    return np.asarray(np.searchsorted(starts, moments, "right") - np.searchsorted(ends, moments, "right"))


def _own_visits(busy: pl.DataFrame, calls: pl.DataFrame, moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the intervals that hold each call's moment are visits to that very call."""
    asked = calls.select("call_id").with_columns(moment=pl.Series(moments)).with_row_index("row")
    held = asked.join(busy.drop_nulls("call_id"), on="call_id", how="inner").filter(
        (pl.col("start") <= pl.col("moment")) & (pl.col("moment") < pl.col("end"))
    )
    return np.bincount(held["row"].to_numpy().astype(np.int64), minlength=calls.height)
