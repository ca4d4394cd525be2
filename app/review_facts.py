"""What a reviewer is shown beside one call type: how often, how long, when, what it may be, and types written alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from app.job import TYPE_KEYS, Job
from app.review_state import standing_by_type
from app.review_words import decision_words, likelihood, type_name
from app.wording import (
    BASIS_LABELS,
    category_label,
    chance,
    count,
    hazard_words,
    number_of_hours,
    small_count,
)
from call_codes.crosswalk import Crosswalk, normalise
from classifier.nearness import likeness
from classifier.review import LEAST_LIKE

NEIGHBOURS: Final = 5
PARTS_OF_DAY: Final = ("midnight to 6 am", "6 am to noon", "noon to 6 pm", "6 pm to midnight")


def type_sentences(row: Mapping[str, Any], job: Job, when: str) -> list[tuple[str, str]]:
    """(heading, sentence) pairs about one type of the queue; nothing that is unknown. when: `when_words`.

    row: a row of the queue after `small_counts.mask`, whose calls are null where they are too few to be shown.
    """
    few = row["calls"] is None
    volume = f"{small_count(job.settings.smallest_count)} calls" if few else f"{count(row['calls'])} calls"
    if row["unit_hours"] is not None:
        volume += f", {number_of_hours(row['unit_hours'])} recorded officer hours"
    if row["on_scene_minutes_median"] is not None:
        volume += (
            f"; half of them took at most {row['on_scene_minutes_median']:.0f} minutes on scene (median)"
        )
    takes = (
        f"“{job.policy.label}” takes it: {likelihood(row['eligible_chance'])}, over all that it may be."
        if row["plausible"]
        else "Nobody can tell from a bare code whether the policy takes it: ask what it means in this agency."
    )
    said = [
        ("How many", f"{volume}."),
        ("When", when),
        ("How they ended", _listed(row["dispositions"])),
        ("Priority", _listed(row["priority"])),
        ("Danger in the wording", hazard_found(row)),
        ("Under the policy", takes),
    ]
    return [(heading, sentence) for heading, sentence in said if sentence]


def hazard_found(row: Mapping[str, Any]) -> str:
    """The danger that was found in a type's wording, and why."""
    if not row["hazard"] and not row["hazard_kinds"]:
        return "None found. That is no promise: the wording is all that was read."
    kinds = hazard_words(row["hazard_kinds"]) or "suspected by the model"
    reason = f" Why: {row['hazard_reason']}." if row["hazard_reason"] else ""
    return f"{kinds[0].upper()}{kinds[1:]}.{reason}"


def when_words(job: Job, code: str | None, text: str | None) -> str:
    """In which parts of the day and week a type's calls come, as shares; parts with few calls are not told apart."""
    smallest = max(job.settings.smallest_count, 1)
    same = pl.all_horizontal(
        pl.col(name).eq_missing(pl.lit(value, pl.String))
        for name, value in zip(TYPE_KEYS, (code, text), strict=True)
    )
    hours = (
        job.calls.filter(same & pl.col("hour_of_week").is_not_null())
        .select(pl.col("hour_of_week").cast(pl.Int64))
        .group_by("hour_of_week")
        .agg(pl.len().cast(pl.Int64).alias("calls"))
        .collect()
    )
    total = int(hours["calls"].sum())
    if total < smallest:
        return ""
    day = hours.group_by(pl.col("hour_of_week") % 24 // 6).agg(pl.col("calls").sum())
    parts = dict(day.iter_rows())
    weekend = int(hours.filter(pl.col("hour_of_week") >= 120)["calls"].sum())
    hidden = {place for place in parts if parts[place] < smallest}
    if hidden and len(parts) > len(hidden) and sum(parts[place] for place in hidden) < smallest:
        # One small part alone could be had by taking the others from the whole.
        hidden.add(min((calls, place) for place, calls in parts.items() if place not in hidden)[1])
    told = [
        f"{name} {parts.get(place, 0) / total:.0%}"
        for place, name in enumerate(PARTS_OF_DAY)
        if place not in hidden
    ]
    # A share of nearly all tells the few others as well.
    if smallest <= weekend <= total - smallest:
        told.append(f"Saturday and Sunday {weekend / total:.0%} (two days of seven are 29%)")
    said = "; ".join(told)
    return f"{said[0].upper()}{said[1:]}." if told else ""


def near_types(row: Mapping[str, Any], job: Job) -> list[int]:
    """The rows of job.types that are written most like the type of `row`, the likest first; not the type itself."""
    names = [type_name(*pair) for pair in job.types.select(TYPE_KEYS).iter_rows()]
    own = type_name(row["call_type_code"], row["call_type"])
    # This way round, what is held in memory is as long as one name, also for ten thousand types.
    shares = likeness(names, [own])[:, 0]
    order = sorted(range(len(names)), key=lambda n: (-shares[n], names[n]))
    return [n for n in order if names[n] != own and shares[n] >= LEAST_LIKE][:NEIGHBOURS]


def neighbours(near: Sequence[int], job: Job, book: Crosswalk) -> list[tuple[str, str, str, str]]:
    """Types that are written alike (rows of job.types): name, calls, category, where that comes from.

    What was signed in the review (`book`) comes before what the run found. Small counts are not shown.
    """
    signed = standing_by_type(book)
    rows = []
    for number in near:
        other = job.types.row(number, named=True)
        here = signed.get((normalise(other["call_type_code"]), normalise(other["call_type"])), [])
        known = "; ".join(decision_words(decision) for decision in here)
        basis = BASIS_LABELS.get(other["basis"], other["basis"])
        if other["basis"] == "model":
            basis += f", {chance(other['probability'])} sure"
        small = 0 < other["calls"] < job.settings.smallest_count
        rows.append(
            (
                type_name(other["call_type_code"], other["call_type"]),
                small_count(job.settings.smallest_count) if small else count(other["calls"]),
                known or category_label(other["category"]),
                "decided in this review" if known else basis,
            )
        )
    return rows


def plausible_of(row: Mapping[str, Any]) -> list[tuple[str, float | None]]:
    """The categories of a queue's row with their probabilities, the likeliest first."""
    parts = [part.rsplit(" ", 1) for part in (row["plausible"] or "").split("|") if part]
    return [(category, float(share)) for category, share in parts]


def _listed(text: str | None) -> str:
    """NO REPORT 81 %|other 19 % → NO REPORT (81%), other (19%)."""
    parts = [part.removesuffix(" %").rpartition(" ") for part in (text or "").split("|") if part]
    return f"{', '.join(f'{name} ({share}%)' for name, _, share in parts)}." if parts else ""
