"""Who sent the team, whom it reached, and which of its visits took a call off police.

Only a call that the call-taker sent to the team in place of police, and to which no police went after all, is
diverted; and only if police would have gone. A visit that officers asked for came on top of theirs, one that the
team started itself had no call. What cannot be told without a link to the calls is said in words, not guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from calls.share import Share
from evaluation.after.visits import WHO_SENT, Visits

SENT_LABELS: Final = {
    "call_taker": "sent by the call-taker",
    "police_request": "asked for by police",
    "self_initiated": "started by the team itself",
    "unknown": "not recorded who sent it",
}


@dataclass(frozen=True)
class Deflection:
    """What the team did, and what it took off police.

    - table: one row per who_sent that occurs, then "all": who_sent, label, visits, dispatched, arrived, served (known
      to have reached somebody; null: not recorded), linked (to a call in the export), joint (linked, police went too), without_police (linked, no
      police), eligible (linked to a call that the policy lets the team take). Joint and those after it are null
      without a link.
    - diverted: calls taken off police among the eligible calls that the program was open for; None where the list
      says neither who sent the team nor which call it was.
    - reach: eligible calls that the team was sent to among those the program was open for (by the export's unit rows,
      whoever sent it): how much of the program took place. None without calls or unit rows.
    - police_would_have_gone: of eligible calls in hours without the program; None without calls.
    - cannot_say: what the list leaves open, in sentences. notes: what was odd in it.
    """

    table: pl.DataFrame
    diverted: Share | None
    reach: Share | None
    police_would_have_gone: Share | None
    cannot_say: tuple[str, ...]
    notes: tuple[str, ...]


def deflection(visits: Visits, calls: pl.DataFrame | None = None) -> Deflection:
    """Count the visits by who sent the team, and the calls that were diverted.

    calls: the cohort's table with `offered` (see cohort.offered), columns call_id, eligible, in_hours, offered,
    police_sent, team_sent; None where there is no export to link to.
    """
    linkable = calls is not None and "call_id" in visits.has
    linked = visits.table
    if calls is not None and linkable:
        known = calls.select("call_id", "eligible", "police_sent", "offered").unique("call_id", keep="first")
        linked = linked.join(known, on="call_id", how="left", maintain_order="left")
    else:
        linked = linked.with_columns(
            pl.lit(None, pl.Boolean).alias(name) for name in ("eligible", "police_sent", "offered")
        )
    table = _table(linked, linkable)
    gone = _police_go(calls) if calls is not None else None
    diverted = None
    if calls is not None and linkable and gone is not None and "who_sent" in visits.has:
        diverted = _diverted(linked, calls, gone)
    return Deflection(
        table, diverted, _reach(calls), gone, tuple(_cannot_say(visits, linked, linkable)), visits.notes
    )


def _table(linked: pl.DataFrame, linkable: bool) -> pl.DataFrame:
    is_linked = pl.col("police_sent").is_not_null()
    counts = {
        "visits": pl.len(),
        "dispatched": pl.col("dispatched").is_not_null().sum(),
        "arrived": pl.col("arrived").is_not_null().sum(),
        "served": pl.when(pl.col("served").is_not_null().any()).then(pl.col("served").sum()),
        "linked": is_linked.sum() if linkable else pl.lit(None),
        "joint": pl.col("police_sent").sum() if linkable else pl.lit(None),
        "without_police": (is_linked & ~pl.col("police_sent")).sum() if linkable else pl.lit(None),
        "eligible": pl.col("eligible").sum() if linkable else pl.lit(None),
    }
    sums = [expression.cast(pl.Int64).alias(name) for name, expression in counts.items()]
    order = {name: number for number, name in enumerate([*WHO_SENT, "unknown", "all"])}
    rows = pl.concat(
        [linked.group_by("who_sent").agg(sums), linked.select(pl.lit("all").alias("who_sent"), *sums).head(1)]
    )
    return (
        rows.with_columns(
            pl.col("who_sent").replace_strict({**SENT_LABELS, "all": "all visits"}).alias("label"),
            pl.col("who_sent").replace_strict(order, return_dtype=pl.Int64).alias("_order"),
        )
        .sort("_order")
        .select("who_sent", "label", *counts)
    )


def _reach(calls: pl.DataFrame | None) -> Share | None:
    if calls is None:
        return None
    open_for = calls.filter(pl.col("eligible"), pl.col("offered").fill_null(False))
    if open_for.is_empty() or open_for["team_sent"].is_null().all():
        return None
    sent = int(open_for["team_sent"].sum())
    return Share(
        sent,
        open_for.height,
        sent,
        sent,
        "eligible calls to which a unit of the team was sent ÷ eligible calls in the program's areas, hours and time",
    )


def _police_go(calls: pl.DataFrame) -> Share | None:
    """How often police go to eligible calls in hours where and when there is no program."""
    without = calls.filter(
        pl.col("eligible"), pl.col("in_hours").fill_null(False), ~pl.col("offered").fill_null(False)
    )
    if without.is_empty() or without["police_sent"].is_null().all():
        return None
    gone = int(without["police_sent"].sum())
    return Share(
        gone,
        without.height,
        gone,
        gone,
        "eligible calls in the program's hours to which police were sent ÷ all of them, where or while there was no "
        "program; the rest were cancelled, closed without a unit or answered by others",
    )


def _diverted(linked: pl.DataFrame, calls: pl.DataFrame, gone: Share) -> Share:
    """Calls taken off police, with the range that missing links and the doubt about police leave open."""
    offered = int(calls.filter(pl.col("eligible"), pl.col("offered").fill_null(False)).height)
    by_phone = linked.filter(pl.col("who_sent") == "call_taker")
    alone = by_phone.filter(pl.col("police_sent") == False, pl.col("offered").fill_null(False))  # noqa: E712
    eligible = alone.filter(pl.col("eligible").fill_null(False)).unique("call_id", keep="first")
    reached = int(eligible["served"].fill_null(False).sum()) if eligible["served"].is_not_null().any() else 0
    not_linked = by_phone.filter(pl.col("police_sent").is_null()).height
    share = gone.share or 0.0
    count = eligible.height
    return Share(
        count * share,
        offered,
        min(reached, count) * share,
        count + not_linked,
        "eligible calls that the call-taker sent to the team and to which no police went, times the share of such "
        "calls to which police go without the program ÷ eligible calls in the program's areas, hours and time. Low: "
        "only where the team reached somebody. High: police would have gone to every one, and visits without a call "
        "number were such calls too",
    )


def _cannot_say(visits: Visits, linked: pl.DataFrame, linkable: bool) -> list[str]:
    table, total = visits.table, visits.table.height
    said = []
    if "who_sent" not in visits.has:
        said.append(
            f"The list does not say who sent the team: none of its {total:,} visits can be called a diversion, since a "
            "visit that officers asked for, or that the team started itself, takes no call off police."
        )
    elif (table["who_sent"] == "unknown").any():
        said.append(
            f"For {(table['who_sent'] == 'unknown').sum():,} visits it is not recorded who sent the team."
        )
    if not linkable:
        said.append(
            "Without the number of the call in the list and the dispatch export beside it, nobody can tell whether "
            "police went too: neither joint responses nor officer hours saved can be counted."
        )
        said.append(
            "Without the calls that the team could have taken there is no denominator: the share of eligible calls that "
            "it served, and the calls it missed, are unknown."
        )
    else:
        called = linked.filter(pl.col("who_sent").is_in(["call_taker", "police_request", "unknown"]))
        lost = called.filter(pl.col("police_sent").is_null()).height
        if lost:
            said.append(
                f"{lost:,} of {called.height:,} visits that came from a call cannot be tied to one (no number, or none "
                "that the export has); they are in the range of what was diverted, not in its centre."
            )
    unknown = table.filter(pl.col("arrived").is_not_null(), pl.col("served").is_null()).height
    if unknown:
        said.append(
            f"For {unknown:,} of {total:,} visits no outcome is recorded: whether the team reached somebody is not known, "
            "and they are not counted as served."
        )
    if "arrived" not in visits.has:
        said.append("The list has no arrivals: how many people the team reached is not known.")
    else:
        missing = table["arrived"].null_count()
        if missing:
            said.append(
                f"{missing:,} of {total:,} visits have no arrival: cancelled on the way, never made, or not written down."
            )
    return said
