"""What is known about each call type besides its name: how its calls ended, how urgent, how long on scene.

A reviewer who has to decide what "10-96 AREA" means is helped by "61 % gone on arrival, 9 minutes on scene". Only
counts and shares are shown, never a call; what is rarer than the smallest count that may be shown is pooled.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from app.job import TYPE_KEYS, Job
from classifier.review import review_queue
from officer_time.cells import police_units
from officer_time.measures import median_seconds

MOST_DISPOSITIONS: Final = 3
FACTS: Final = ("on_scene_minutes_median", "dispositions", "priority")


def queue_of(job: Job) -> pl.DataFrame:
    """The review queue of a run, with FACTS behind its own columns: see classifier.review.review_queue."""
    known = job.types.join(type_facts(job), on=TYPE_KEYS, how="left", nulls_equal=True, maintain_order="left")
    return review_queue(known, job.probabilities, job.policy, job.crosswalk)


def type_facts(job: Job) -> pl.DataFrame:
    """One row per call type: TYPE_KEYS and FACTS.

    on_scene_minutes_median: of police units, arrival to clear; null where not measured or of too few calls.
    dispositions: the three most frequent with their share of the calls that have one, "Report 45 %|Gone 20 %|other
    35 %". priority: the most frequent with its share. "" where the export does not say, or of too few calls.
    """
    smallest = max(job.settings.smallest_count, 1)
    enough = (
        job.calls.group_by(TYPE_KEYS)
        .agg(pl.len().alias("_calls"))
        .filter(pl.col("_calls") >= smallest)
        .select(TYPE_KEYS)
        .collect()
        .sort(TYPE_KEYS)
    )
    medians = median_seconds(
        police_units(job.units, job.settings.cap_hours), TYPE_KEYS, ("on_scene",)
    ).select(*TYPE_KEYS, (pl.col("on_scene_median") / 60).round(1).alias(FACTS[0]))
    facts = enough
    for table in (
        medians,
        _shares(job.calls, "disposition", FACTS[1], smallest, MOST_DISPOSITIONS),
        _shares(job.calls, "priority", FACTS[2], smallest, 1),
    ):
        facts = facts.join(table, on=TYPE_KEYS, how="left", nulls_equal=True, maintain_order="left")
    return facts.with_columns(pl.col(FACTS[1:]).fill_null(""))


def _shares(calls: pl.LazyFrame, column: str, name: str, smallest: int, most: int) -> pl.DataFrame:
    """The `most` frequent values of a column per type with their shares, the rest as "other"."""
    counts = (
        calls.filter(pl.col(column).is_not_null())
        .group_by(*TYPE_KEYS, column)
        .agg(pl.len().cast(pl.Int64).alias("n"))
        .collect()
        .sort(*TYPE_KEYS, "n", column, descending=[False, False, True, False])
        .with_columns(
            pl.col("n").sum().over(TYPE_KEYS).alias("all"),
            pl.int_range(pl.len()).over(TYPE_KEYS).alias("place"),
        )
    )
    shown = (pl.col("place") < most) & (pl.col("n") >= smallest)
    percent = (pl.col("n") / pl.col("all") * 100).round(0).cast(pl.Int64).cast(pl.String)
    listed = counts.filter(shown).with_columns((pl.col(column) + " " + percent + " %").alias("said"))
    return (
        listed.group_by(TYPE_KEYS, maintain_order=True)
        .agg(pl.col("said").str.join("|"), pl.col("n").sum(), pl.col("all").first())
        .with_columns(
            pl.when((pl.col("n") < pl.col("all")) & (most > 1))
            .then(
                pl.col("said")
                + "|other "
                + ((pl.col("all") - pl.col("n")) / pl.col("all") * 100)
                .round(0)
                .cast(pl.Int64)
                .cast(pl.String)
                + " %"
            )
            .otherwise("said")
            .alias(name)
        )
        .select(*TYPE_KEYS, name)
    )
