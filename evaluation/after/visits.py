"""The responder's own list of visits, read into one form: who sent the team, when, to which call, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from call_codes.errors import InputError, UsageError, did_you_mean
from calls.read import ROW_NUMBER, read_table
from calls.times import guess_formats, read_stamps
from evaluation.after.study import Study, TeamTable

STAMPS: Final = ("requested", "dispatched", "arrived", "departed")
WHO_SENT: Final = ("call_taker", "police_request", "self_initiated")


@dataclass(frozen=True)
class Visits:
    """table, one row per visit, in the order of the file:

    - visit: Int64, the row's number; area, call_id, outcome, unit: String, null where unknown.
    - requested, dispatched, arrived, departed: Int64 local seconds, null where blank, unreadable or not in the list.
    - who_sent: one of WHO_SENT, or "unknown".
    - served: Boolean, the team arrived and reached somebody; null where arrivals are not recorded, or where the
      study says which outcomes mean "nobody reached" and the visit has no outcome.

    has: which columns the list has at all. notes: what is odd in it, in sentences.
    """

    table: pl.DataFrame
    has: frozenset[str]
    notes: tuple[str, ...]


def read_visits(study: Study) -> Visits:
    """The visits of the study's [team]. Raises UsageError without [team] or for a column that is not there."""
    if study.team is None:
        raise UsageError(
            found="no [team]", expected="the responder's own list of visits", action="add [team] with path"
        )
    return visits_of(study.file(study.team.path), study.team)


def visits_of(path: object, team: TeamTable) -> Visits:
    """The visits in the file at `path`, with the columns that `team` names."""
    raw = read_table(str(path))
    names = {
        key: getattr(team, key)
        for key in ("area", "call_id", "outcome", "unit", "who_sent", *STAMPS)
        if getattr(team, key) is not None
    }
    for key, column in names.items():
        if column not in raw.headers:
            raise UsageError(
                found=f'{key} = "{column}" in [team]: no such column in {raw.path.name}.'
                + did_you_mean(column, raw.headers),
                expected=f"one of its columns: {', '.join(raw.headers)}",
                action="correct the name",
            )
    frame, notes = raw.frame, []
    for stamp in STAMPS:
        if stamp not in names:
            frame = frame.with_columns(pl.lit(None, pl.Int64).alias(f"_{stamp}"))
            continue
        formats = guess_formats(frame[names[stamp]]).formats
        frame, counts = read_stamps(frame, names[stamp], f"_{stamp}", formats=formats, zone=None)
        frame = frame.drop(f"_{stamp}_local")
        if counts.unreadable:
            notes.append(f"{counts.unreadable:,} unreadable times in {names[stamp]}.")
    text = {
        key: _text(names[key]) if key in names else pl.lit(None, pl.String)
        for key in ("area", "call_id", "outcome", "unit")
    }
    table = frame.select(
        pl.col(ROW_NUMBER).alias("visit"),
        *(expression.alias(key) for key, expression in text.items()),
        *(pl.col(f"_{stamp}").alias(stamp) for stamp in STAMPS),
        _who_sent(team, frame).alias("who_sent"),
    )
    # Without an outcome nobody knows whether the team reached somebody.
    not_served = pl.col("outcome").is_in(list(team.not_served)) if team.not_served else pl.lit(False)
    # A list without arrivals cannot tell who was reached; a blank arrival in one that has them means no arrival.
    served = pl.col("arrived").is_not_null() & ~not_served if "arrived" in names else pl.lit(None, pl.Boolean)
    table = table.with_columns(served.alias("served"))
    unused = sorted(set(team.not_served) - set(table["outcome"].drop_nulls()))
    if unused:
        raise UsageError(
            found=f"not_served in [team] names {', '.join(unused)}, which no visit has as its outcome",
            expected="words of the outcome column: "
            + ", ".join(table["outcome"].drop_nulls().unique().sort()[:20]),
            action="correct the words",
        )
    slips = table.filter(pl.col("requested") > pl.col("arrived")).height
    if slips:
        notes.append(
            f"{slips:,} visits were asked for after the team arrived: most likely a 12-hour clock. Their waiting times "
            "are not used."
        )
    return Visits(table, frozenset(names), tuple(notes))


def _who_sent(team: TeamTable, frame: pl.DataFrame) -> pl.Expr:
    if team.who_sent is None:
        return pl.lit("unknown")
    found = frame.select(_text(team.who_sent).alias("w"))["w"].drop_nulls().unique().sort().to_list()
    words = dict(team.who_sent_words) or {word: word for word in WHO_SENT}
    unread = [word for word in found if word not in words]
    if unread:
        raise InputError(
            found=f"words for who sent the team that the study does not explain: {', '.join(unread[:10])}",
            expected=f"each word of {team.who_sent} as one of {', '.join(WHO_SENT)}",
            action="add them to who_sent_words in [team]",
        )
    return _text(team.who_sent).replace_strict(words, default="unknown", return_dtype=pl.String)


def _text(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    return pl.when(text != "").then(text)
